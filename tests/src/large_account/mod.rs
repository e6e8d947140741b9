//! A large account, which generates its answers on request and stores only what the function
//! publishes. It applies the rate limits that AWS documents, and the faults that a test plans.

mod call;
mod config;
mod faults;
mod hub;
mod organization;
mod resources;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use serde_json::Value;

use crate::http_server::{HttpAnswer, HttpRequest, HttpServer, ListenerOptions, Reply};

pub use self::call::Call;
pub use self::config::StoredEvaluation;
pub use self::faults::{Breakage, Faults, Rate};
pub use self::hub::StoredFinding;
pub use self::resources::{Resources, denies_http};

/// Controls, each with the operations that read its facts for a run over all resources.
pub const CONTROLS: [(&str, &[&str]); 4] = [
    ("5.2", &["ec2:DescribeSecurityGroups"]),
    ("2.1.2", &["s3:ListBuckets", "s3:GetBucketPolicy"]),
    ("2.1.3", &["s3:ListBuckets", "s3:GetBucketVersioning"]),
    ("3.8", &["kms:ListKeys", "kms:DescribeKey", "kms:GetKeyRotationStatus"]),
];

/// The operations with which every run publishes.
pub const PUBLISHING: [&str; 4] = [
    "config:GetComplianceDetailsByConfigRule",
    "config:PutEvaluations",
    "securityhub:GetFindings",
    "securityhub:BatchImportFindings",
];

/// What was published, and how often each operation was called.
#[derive(Debug, Default)]
pub(crate) struct State {
    evaluations: config::Evaluations,
    findings: BTreeMap<String, StoredFinding>,
    calls: BTreeMap<String, u64>,
}

struct Account {
    resources: Mutex<Resources>,
    faults: Faults,
    state: Mutex<State>,
}

/// A large account on loopback.
pub struct LargeAccount {
    account: Arc<Account>,
    server: HttpServer,
}

impl LargeAccount {
    /// Its id.
    pub const ID: &'static str = call::ID;
    /// Its only Region.
    pub const REGION: &'static str = call::REGION;

    /// Starts to serve requests.
    pub fn start(resources: Resources, faults: Faults) -> Self {
        Self::serve(resources, faults, ListenerOptions::default())
    }

    /// Starts to serve requests over a kind of connections.
    pub fn serve(resources: Resources, faults: Faults, connections: ListenerOptions) -> Self {
        let account =
            Arc::new(Account { resources: Mutex::new(resources), faults, state: Mutex::default() });
        let answering = Arc::clone(&account);
        let server = HttpServer::start(connections, move |request| answering.reply(&request));
        Self { account, server }
    }

    /// Its endpoint.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The token with which a rule reports its results.
    pub fn token(rule: &str) -> String {
        format!("{}{rule}", config::TOKEN)
    }

    /// The faults.
    pub fn faults(&self) -> &Faults {
        &self.account.faults
    }

    /// Makes everything in AWS Config and Security Hub older.
    pub fn age(&self, by: TimeDelta) {
        let mut state = self.account.state();
        config::age(&mut state.evaluations, by);
        hub::age(&mut state.findings, by);
    }

    /// Changes the resources.
    pub fn change(&self, change: impl FnOnce(&mut Resources)) {
        change(&mut self.account.resources());
    }

    /// Deletes everything that was published.
    pub fn forget(&self) {
        *self.account.state() = State::default();
    }

    /// The results in AWS Config by the resource's id, for accounts with one rule.
    pub fn evaluations(&self) -> BTreeMap<String, StoredEvaluation> {
        let state = self.account.state();
        state.evaluations.iter().map(|((_, id), held)| (id.clone(), held.clone())).collect()
    }

    /// The results of a rule in AWS Config, by the resource's id.
    pub fn evaluations_of(&self, rule: &str) -> BTreeMap<String, StoredEvaluation> {
        let state = self.account.state();
        let of_rule = state.evaluations.iter().filter(|((of, _), _)| of == rule);
        of_rule.map(|((_, id), held)| (id.clone(), held.clone())).collect()
    }

    /// The findings of the control in Security Hub, by the finding's id.
    pub fn findings(&self) -> BTreeMap<String, StoredFinding> {
        self.account.state().findings.clone()
    }

    /// Adds findings.
    pub fn add_findings(&self, findings: impl IntoIterator<Item = Value>) {
        let mut state = self.account.state();
        for finding in findings {
            let (id, stored) = StoredFinding::of(finding);
            state.findings.insert(id, stored);
        }
    }

    /// How often each operation was called, throttled requests included.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.account.state().calls.clone()
    }
}

impl Account {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resources(&self) -> MutexGuard<'_, Resources> {
        self.resources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, request: &HttpRequest) -> Reply {
        let call = Call::of(request);
        *self.state().calls.entry(call.operation.clone()).or_default() += 1;
        match self.faults.throttle(&call.operation) {
            Some(answer) => Reply::Whole(answer),
            None => {
                std::thread::sleep(self.faults.latency);
                self.faults.reply(&call.operation, self.answer(&call))
            }
        }
    }

    fn answer(&self, call: &Call) -> HttpAnswer {
        match call.operation.as_str() {
            "config:PutEvaluations" => config::put(&mut self.state().evaluations, call),
            "config:GetComplianceDetailsByConfigRule" => {
                config::details(&self.state().evaluations, call)
            }
            "securityhub:GetFindings" => hub::get(&self.state().findings, call),
            "securityhub:BatchImportFindings" => hub::import(&mut self.state().findings, call),
            _ => {
                let resources = self.resources();
                organization::answer(resources.members, call)
                    .unwrap_or_else(|| resources.answer(call))
            }
        }
    }
}
