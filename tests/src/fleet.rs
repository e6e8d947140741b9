//! Functions as AWS Lambda runs them for asynchronous events. Each event in progress has an
//! environment, which later events of the same function reuse. A failed event is retried.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::environment::TestAccount;
use crate::lambda_runtime::RunningFunction;

/// How functions run.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The most environments at the same time. Further events wait.
    pub concurrency: usize,
    /// When AWS Lambda ends a function.
    pub timeout: Duration,
    /// The wait before each retry of a failed event.
    pub retries: Vec<Duration>,
}

impl Default for Fleet {
    /// As AWS documents: 1,000 at the same time, and a failed event is retried after one minute,
    /// and again after two.
    fn default() -> Self {
        Self {
            concurrency: 1_000,
            timeout: Duration::from_secs(300),
            retries: vec![Duration::from_secs(60), Duration::from_secs(120)],
        }
    }
}

/// A planned event.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The handler of its function.
    pub handler: String,
    /// The event.
    pub event: Value,
    /// How long after the start it arrives.
    pub at: Duration,
}

/// The result of an event.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The handler of its function.
    pub handler: String,
    /// Each attempt: how long after the arrival it ended, and the answer or the error.
    pub attempts: Vec<(Duration, Result<Value, Value>)>,
    /// How long the longest attempt took.
    pub longest: Duration,
}

impl Ran {
    /// Whether it succeeded in the end.
    pub fn is_done(&self) -> bool {
        self.attempts.last().is_some_and(|(_, answer)| answer.is_ok())
    }
}

/// The running environments.
#[derive(Default)]
struct Environments {
    idle: BTreeMap<String, Vec<RunningFunction>>,
    busy: usize,
}

struct Running<'a, Make> {
    fleet: &'a Fleet,
    account: &'a TestAccount,
    make: Make,
    environments: Mutex<Environments>,
    freed: Condvar,
}

impl Fleet {
    /// Runs all events to their end. `make` returns the command of a handler's function for the
    /// address of its runtime.
    pub fn run(
        &self,
        account: &TestAccount,
        events: &[Planned],
        make: impl Fn(&str, &str) -> Command + Sync,
    ) -> Vec<Ran> {
        let running = Running {
            fleet: self,
            account,
            make,
            environments: Mutex::default(),
            freed: Condvar::new(),
        };
        let started = Instant::now();
        std::thread::scope(|scope| {
            let events: Vec<_> = events
                .iter()
                .map(|planned| scope.spawn(|| running.see_to(planned, started)))
                .collect();
            events.into_iter().map(|event| event.join().expect("an event ends")).collect()
        })
    }
}

impl<Make: Fn(&str, &str) -> Command> Running<'_, Make> {
    fn see_to(&self, planned: &Planned, started: Instant) -> Ran {
        let arrival = started + planned.at;
        sleep(arrival.saturating_duration_since(Instant::now()));
        let mut ran =
            Ran { handler: planned.handler.clone(), attempts: Vec::new(), longest: Duration::ZERO };
        for attempt in 0..=self.fleet.retries.len() {
            let mut function = self.take(&planned.handler);
            let begun = Instant::now();
            let answer = function.try_invoke(&planned.event);
            ran.longest = ran.longest.max(begun.elapsed());
            let (answer, function) = match answer {
                Ok(invocation) => (invocation.answer, Some(function)),
                Err(ended) => (Err(Value::from(ended)), None),
            };
            let is_done = answer.is_ok();
            ran.attempts.push((arrival.elapsed(), answer));
            self.give_back(&planned.handler, function);
            match self.fleet.retries.get(attempt) {
                Some(wait) if !is_done => sleep(*wait),
                _ => break,
            }
        }
        ran
    }

    fn take(&self, handler: &str) -> RunningFunction {
        let mut environments = self.environments.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(function) = environments.idle.get_mut(handler).and_then(Vec::pop) {
                environments.busy += 1;
                return function;
            }
            let idle: usize = environments.idle.values().map(Vec::len).sum();
            if environments.busy < self.fleet.concurrency {
                // An environment of another function is stopped instead.
                if environments.busy + idle >= self.fleet.concurrency {
                    environments.idle.values_mut().find_map(Vec::pop);
                }
                environments.busy += 1;
                drop(environments);
                return RunningFunction::serve(self.account, self.fleet.timeout, |address| {
                    (self.make)(handler, address)
                });
            }
            environments = self.freed.wait(environments).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, handler: &str, function: Option<RunningFunction>) {
        let mut environments = self.environments.lock().unwrap_or_else(PoisonError::into_inner);
        environments.busy -= 1;
        if let Some(function) = function {
            environments.idle.entry(handler.to_owned()).or_default().push(function);
        }
        self.freed.notify_one();
    }
}
