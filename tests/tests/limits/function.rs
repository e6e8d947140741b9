//! A function within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use plumbline_tests::confinement::{Confinement, Limits};
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{RunningFunction, configured, scheduled_with};
use plumbline_tests::large_account::LargeAccount;
use plumbline_tests::programs::release_program;
use serde_json::Value;

/// The timeout of AWS Lambda.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);

/// A control's function with the limits of a deployed one.
pub(crate) struct Confined {
    function: RunningFunction,
    control: &'static str,
    // The group is removed after its process ended.
    _confinement: Confinement,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Run {
    /// The answer, or the error.
    pub(crate) answer: Result<Value, Value>,
    pub(crate) took: Duration,
    /// The peak memory so far, in MiB.
    pub(crate) memory: u64,
    /// The highest number of open files.
    pub(crate) open_files: usize,
}

impl Confined {
    /// Starts the function of a control.
    pub(crate) fn start(large: &LargeAccount, control: &'static str, timeout: Duration) -> Self {
        Self::start_with(large, control, timeout, &[])
    }

    /// The same with environment variables.
    pub(crate) fn start_with(
        large: &LargeAccount,
        control: &'static str,
        timeout: Duration,
        variables: &[(&str, &str)],
    ) -> Self {
        let confinement = Confinement::new(Limits::FUNCTION).expect("a control group");
        let account = TestAccount { id: LargeAccount::ID.to_owned() };
        let program = release_program("bootstrap");
        let function = RunningFunction::serve(&account, timeout, |address| {
            let endpoint = large.endpoint();
            let own = [("AWS_ENDPOINT_URL", endpoint.as_str()), ("RUST_LOG", "error")];
            let variables = [&own, variables].concat();
            let command = confinement.command(&program);
            let mut command =
                configured(command, &account, LargeAccount::REGION, control, address, &variables);
            command.env_remove("AWS_MAX_ATTEMPTS");
            command
        });
        Self { function, control, _confinement: confinement }
    }

    /// Runs it for a scheduled event.
    pub(crate) fn run(&mut self) -> Run {
        let started = Instant::now();
        let (ends, files) = (Arc::new(AtomicBool::new(false)), self.function.process_id());
        let watched = Arc::clone(&ends);
        let watch = std::thread::spawn(move || {
            let mut most = 0;
            while !watched.load(Ordering::Relaxed) {
                let open = std::fs::read_dir(format!("/proc/{files}/fd"));
                most = most.max(open.map_or(0, Iterator::count));
                std::thread::sleep(Duration::from_millis(50));
            }
            most
        });
        let answer = self
            .function
            .invoke(&scheduled_with(LargeAccount::ID, LargeAccount::REGION, self.control))
            .answer;
        let memory = self.function.peak_memory() / 1_024;
        let took = started.elapsed();
        ends.store(true, Ordering::Relaxed);
        let open_files = watch.join().expect("the watch ends");
        let run = Run { answer, took, memory, open_files };
        eprintln!(
            "{}: {:.1} s, {} MiB, {} open files, {}",
            self.control,
            run.took.as_secs_f64(),
            run.memory,
            run.open_files,
            run.answer.as_ref().map_or_else(Value::to_string, Value::to_string)
        );
        run
    }
}
