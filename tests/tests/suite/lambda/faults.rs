//! Every call fails in every way: the function keeps running, and no resource passes that it could
//! not read.

use std::time::Duration;

use chrono::TimeDelta;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{RunningFunction, command, scheduled_with};
use plumbline_tests::large_account::{
    Breakage, CONTROLS, Faults, LargeAccount, PUBLISHING, Resources, denies_http,
};

use super::REGION;

/// Paginated operations.
const LISTS: [&str; 5] = [
    "ec2:DescribeSecurityGroups",
    "s3:ListBuckets",
    "kms:ListKeys",
    "config:GetComplianceDetailsByConfigRule",
    "securityhub:GetFindings",
];

/// The timeout of the function here.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The number of resources. Between two runs, the first one becomes non-compliant.
const RESOURCES: usize = 3;

struct World {
    large: LargeAccount,
    function: RunningFunction,
    control: &'static str,
}

impl World {
    fn new(control: &'static str) -> Self {
        let large = LargeAccount::start(
            Resources {
                keys: RESOURCES,
                buckets: RESOURCES,
                groups: RESOURCES,
                policy: Some(denies_http),
                register: Some(r#"{"schema":1}"#.to_owned()),
                ..Resources::default()
            },
            Faults::default(),
        );
        let function = function(&large, control, TIMEOUT);
        Self { large, function, control }
    }

    /// Runs for a scheduled event; returns nothing if the function ended.
    fn run(&mut self) -> Option<bool> {
        let event = scheduled_with(LargeAccount::ID, REGION, self.control);
        self.function.try_invoke(&event).ok().map(|invocation| invocation.answer.is_ok())
    }

    /// The number of compliant resources in AWS Config, and of passed ones in Security Hub.
    fn passes(&self) -> (usize, usize) {
        let findings = self.large.findings();
        (
            self.in_config("COMPLIANT"),
            findings.values().filter(|held| held.status() == "PASSED").count(),
        )
    }

    fn in_config(&self, compliance: &str) -> usize {
        self.large.evaluations().values().filter(|held| held.compliance == compliance).count()
    }

    fn in_hub(&self, status: &str) -> usize {
        self.large.findings().values().filter(|held| held.status() == status).count()
    }

    /// Runs one case: everything passes, then one resource fails its control while an operation
    /// fails, then the operation works again. Returns the expectations that were not met.
    fn case(&mut self, operation: &str, breakage: Breakage, times: Option<u32>) -> Vec<String> {
        let what = format!("{} {operation} {breakage:?} {times:?}", self.control);
        let mut wrong = Vec::new();
        let mut expect = |holds: bool, expectation: &str| {
            if !holds {
                wrong.push(format!("{what}: {expectation}"));
            }
        };
        self.large.forget();
        self.large.change(|resources| resources.bad.clear());
        let first = self.run();
        expect(first == Some(true), "the run before succeeds");
        expect(self.passes() == (RESOURCES, RESOURCES), "everything passes before");
        self.large.age(TimeDelta::days(1));

        self.large.change(|resources| resources.bad = vec![0]);
        self.large.faults().breaks(operation, breakage, times);
        let broken = self.run();
        let is_read = !PUBLISHING.contains(&operation);
        if broken.is_none() {
            expect(false, "the function keeps running");
            self.function = function(&self.large, self.control, TIMEOUT);
        } else if times.is_none() && is_read {
            expect(self.passes() == (0, 0), "nothing passes that was not read");
        } else if times.is_none() {
            expect(broken == Some(false), "the run ends in an error");
            let config =
                operation == "config:PutEvaluations" || self.in_config("NON_COMPLIANT") == 1;
            expect(config, "AWS Config has the failure");
            let hub = operation.starts_with("securityhub") || self.in_hub("FAILED") == 1;
            expect(hub, "Security Hub has the failure");
        } else {
            let bad = self.large.evaluations();
            let bad = bad.iter().find(|(id, _)| id.ends_with("-000000"));
            expect(
                bad.is_some_and(|(_, held)| held.compliance != "COMPLIANT"),
                "what fails once does not keep a pass",
            );
        }

        self.large.faults().mended();
        let mended = self.run();
        expect(mended == Some(true), "the run after succeeds");
        expect(self.passes() == (RESOURCES - 1, RESOURCES - 1), "the good ones pass afterwards");
        expect(self.in_config("NON_COMPLIANT") == 1, "the bad one fails in AWS Config");
        expect(self.in_hub("FAILED") == 1, "the bad one fails in Security Hub");
        wrong
    }
}

fn function(large: &LargeAccount, control: &str, timeout: Duration) -> RunningFunction {
    let account = TestAccount { id: LargeAccount::ID.to_owned() };
    RunningFunction::serve(&account, timeout, |address| {
        let endpoint = large.endpoint();
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("PLUMBLINE_ATTEMPT_TIMEOUT_MS", "1000"),
            ("PLUMBLINE_REGISTER", "s3://register/register.json"),
            ("RUST_LOG", "off"),
        ];
        command(&account, REGION, control, address, &variables)
    })
}

#[test]
fn whatever_call_fails_in_whatever_way_nothing_unread_passes() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for (control, reads) in CONTROLS {
            for operation in reads.iter().chain(&PUBLISHING) {
                workers.push(scope.spawn(move || {
                    let mut world = World::new(control);
                    let mut wrong = Vec::new();
                    for breakage in Breakage::ALL {
                        if breakage == Breakage::EndlessPages && !LISTS.contains(operation) {
                            continue;
                        }
                        for times in [None, Some(1)] {
                            wrong.extend(world.case(operation, breakage, times));
                        }
                    }
                    wrong
                }));
            }
        }
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
    });
    assert!(wrong.is_empty(), "{} expectations:\n{}", wrong.len(), wrong.join("\n"));
}

/// All versions of the register hang: the results still arrive, within the time limit of a deployed
/// function.
#[test]
fn a_register_that_stalls_leaves_time_for_the_results() {
    let mut workers = Vec::new();
    for breakage in [Breakage::Trickle, Breakage::Hang, Breakage::Cut, Breakage::Html] {
        workers.push(std::thread::spawn(move || {
            let mut world = World::new("2.1.3");
            world.function = function(&world.large, "2.1.3", Duration::from_secs(300));
            world.large.change(|resources| resources.bad = vec![0]);
            world.large.faults().breaks("s3:GetObject", breakage, None);
            let ran = world.run();
            assert!(ran.is_some(), "{breakage:?}: the function ends by itself");
            assert_eq!(world.in_config("NON_COMPLIANT"), 1, "{breakage:?}");
            assert_eq!(world.in_hub("FAILED"), 1, "{breakage:?}");
        }));
    }
    for worker in workers {
        worker.join().expect("a worker ends");
    }
}
