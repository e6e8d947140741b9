//! A function within limits.

use std::time::{Duration, Instant};

use plumbline_tests::confinement::{Confinement, Limits};
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{RunningFunction, configured, now};
use plumbline_tests::large_account::LargeAccount;
use plumbline_tests::programs::release_program;
use serde_json::{Value, json};

/// When AWS Lambda ends a function.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);

/// A control's function, confined as a deployed one.
pub(crate) struct Confined {
    function: RunningFunction,
    control: &'static str,
    // The group ends after its process.
    _confinement: Confinement,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    /// The answer, or the error.
    pub(crate) answer: Result<Value, Value>,
    pub(crate) took: Duration,
    /// The most memory so far, in MiB.
    pub(crate) memory: u64,
}

impl Confined {
    /// Starts the function of a control.
    pub(crate) fn start(large: &LargeAccount, control: &'static str, timeout: Duration) -> Self {
        let confinement = Confinement::new(Limits::FUNCTION).expect("a control group");
        let account = TestAccount { id: LargeAccount::ID.to_owned() };
        let program = release_program("bootstrap");
        let function = RunningFunction::serve(&account, timeout, |address| {
            let variables =
                [("AWS_ENDPOINT_URL", large.endpoint()), ("RUST_LOG", "error".to_owned())];
            let variables: Vec<(&str, &str)> =
                variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
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
        let answer = self.function.invoke(&scheduled(self.control)).answer;
        let memory = self.function.peak_memory() / 1_024;
        let run = Run { answer, took: started.elapsed(), memory };
        eprintln!(
            "{}: {:.1} s, {} MiB, {}",
            self.control,
            run.took.as_secs_f64(),
            run.memory,
            run.answer.as_ref().map_or_else(Value::to_string, Value::to_string)
        );
        run
    }
}

fn scheduled(control: &str) -> Value {
    let (id, region) = (LargeAccount::ID, LargeAccount::REGION);
    json!({
        "version": "1.0",
        "invokingEvent": json!({ "awsAccountId": id, "notificationCreationTime": now(),
            "messageType": "ScheduledNotification", "recordVersion": "1.0" }).to_string(),
        "ruleParameters": "{}",
        "resultToken": "a-token",
        "configRuleArn": format!("arn:aws:config:{region}:{id}:config-rule/config-rule-abc123"),
        "configRuleName": control,
        "configRuleId": "config-rule-abc123",
        "accountId": id
    })
}
