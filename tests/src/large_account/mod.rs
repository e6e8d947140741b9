//! A large account, whose answers are made as they are asked for: nothing is held but what the
//! function publishes. It keeps AWS's documented rates, and fails as a test plans it.

mod call;
mod config;
mod faults;
mod hub;
mod resources;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tiny_http::{Header, Request, Response, Server};

use self::call::{Call, HttpAnswer, call_of};

pub use self::config::StoredEvaluation;
pub use self::faults::{Faults, Rate};
pub use self::hub::StoredFinding;
pub use self::resources::Resources;

/// How many requests are answered at the same time.
const WORKERS: usize = 64;

/// What has been published, and how often what was asked.
#[derive(Debug, Default)]
pub(crate) struct State {
    evaluations: BTreeMap<String, StoredEvaluation>,
    findings: BTreeMap<String, StoredFinding>,
    calls: BTreeMap<String, u64>,
}

struct Account {
    resources: Mutex<Resources>,
    faults: Faults,
    state: Mutex<State>,
    ends: AtomicBool,
}

/// A large account on loopback.
pub struct LargeAccount {
    account: Arc<Account>,
    server: Arc<Server>,
    workers: Vec<JoinHandle<()>>,
}

impl LargeAccount {
    /// Its id.
    pub const ID: &'static str = call::ID;
    /// Its only Region.
    pub const REGION: &'static str = call::REGION;

    /// Starts answering.
    pub fn start(resources: Resources, faults: Faults) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port"));
        let account = Arc::new(Account {
            resources: Mutex::new(resources),
            faults,
            state: Mutex::default(),
            ends: AtomicBool::new(false),
        });
        let workers = (0..WORKERS)
            .map(|_| {
                let (server, account) = (Arc::clone(&server), Arc::clone(&account));
                std::thread::spawn(move || {
                    while !account.ends.load(Ordering::Relaxed) {
                        if let Ok(Some(request)) = server.recv_timeout(Duration::from_millis(200)) {
                            account.serve(request);
                        }
                    }
                })
            })
            .collect();
        Self { account, server, workers }
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.server_addr())
    }

    /// Changes what there is.
    pub fn change(&self, change: impl FnOnce(&mut Resources)) {
        change(&mut self.account.resources());
    }

    /// What AWS Config holds, by the resource's id.
    pub fn evaluations(&self) -> BTreeMap<String, StoredEvaluation> {
        self.account.state().evaluations.clone()
    }

    /// What Security Hub holds of each resource of the control, by the finding's id.
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

    /// How often each operation was asked for, throttled requests included.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.account.state().calls.clone()
    }
}

impl Drop for LargeAccount {
    fn drop(&mut self) {
        self.account.ends.store(true, Ordering::Relaxed);
        self.server.unblock();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Account {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resources(&self) -> MutexGuard<'_, Resources> {
        self.resources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut request: Request) {
        let mut body = String::new();
        let _ = request.as_reader().read_to_string(&mut body);
        let call = call_of(&request, &body);
        *self.state().calls.entry(call.operation.clone()).or_default() += 1;
        let answer = match self.faults.throttle(&call.operation) {
            Some(answer) => answer,
            None => {
                std::thread::sleep(self.faults.latency);
                self.answer(&call)
            }
        };
        let header = Header::from_bytes("Content-Type", answer.content_type).expect("a header");
        let response =
            Response::from_string(answer.body).with_status_code(answer.status).with_header(header);
        let _ = request.respond(response);
    }

    fn answer(&self, call: &Call) -> HttpAnswer {
        match call.operation.as_str() {
            "config:PutEvaluations" => config::put(&mut self.state().evaluations, call),
            "config:GetComplianceDetailsByConfigRule" => {
                config::details(&self.state().evaluations, call)
            }
            "securityhub:GetFindings" => hub::get(&self.state().findings, call),
            "securityhub:BatchImportFindings" => hub::import(&mut self.state().findings, call),
            _ => self.resources().answer(call),
        }
    }
}
