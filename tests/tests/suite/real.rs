//! `cargo xtask verify-on-aws`: what a person runs in a sandbox organization runs here against the
//! test environment, so that the program itself is known to work.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use plumbline_rules::registry::CONTROLS;
use plumbline_templates::bundle;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::{environment, isolated, json, program, stderr, stdout};
use serde_json::{Value, json};

use crate::deploy::functions;

const REGION: &str = "us-east-1";

/// What everything is named that a run creates.
const NAME: &str = "plumbline-verify";

/// An organization with recorders, whose functions AWS Config invokes.
struct Sandbox {
    management: TestAccount,
    member: TestAccount,
    spare: TestAccount,
    unit: String,
}

impl Sandbox {
    fn new() -> Self {
        let management = TestAccount::new();
        let made = management.control(
            "organization/generate",
            json!({ "management": management.id, "accounts": 2, "regions": [REGION] }),
        );
        let account = |value: &Value| TestAccount::of(value.as_str().expect("an account"));
        let (member, spare) = (account(&made["members"][1]), account(&made["spare"]));
        let given = json!({ "ParentId": made["root"], "Name": "verify" });
        let unit = &management.organizations("CreateOrganizationalUnit", &given);
        let unit = unit["OrganizationalUnit"]["Id"].as_str().expect("a unit").to_owned();
        for account in [&management, &member, &spare] {
            account.control("config/invocations", json!({ "enabled": true }));
            account.control("config/start-interval", json!({ "seconds": 0 }));
            // Functions wait at random before they read the account.
            let variables = json!({ "PLUMBLINE_JITTER_MS": "0" });
            account.control("lambda/variables", json!({ "variables": variables }));
        }
        Self { management, member, spare, unit }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let xtask = program("xtask");
        let target = xtask.ancestors().nth(2).expect("the target directory").to_owned();
        let checkout = plumbline_tests::package().with_file_name("packaging").join("xtask");
        let mut command = isolated(xtask);
        command.envs(environment(&self.management, REGION));
        command.env("CARGO_TARGET_DIR", target).env("CARGO_MANIFEST_DIR", checkout);
        command.arg("verify-on-aws").args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Starts a run that asks about the member account.
    fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(&["--yes", "--member", &self.member.id]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let messages = BufReader::new(process.stderr.take().expect("messages"));
        Running { process, messages }
    }

    /// Does what AWS does by itself after accounts moved, for as long as a run takes.
    fn settling<T>(&self, run: impl FnOnce() -> T) -> T {
        let ended = AtomicBool::new(false);
        scope(|threads| {
            threads.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    self.management.control("organization/settle", json!({}));
                    sleep(Duration::from_millis(500));
                }
            });
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
            ended.store(true, Ordering::Relaxed);
            result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// The kinds of resources of a run that still exist.
    fn left(&self) -> Vec<String> {
        let Self { management, member, spare, .. } = self;
        let mut shown = Vec::new();
        for account in [management, member, spare] {
            shown.push(("roles", account.iam(&[("Action", "ListRoles")])));
            let rules = "StarlingDoveService.DescribeConfigRules";
            shown.push(("rules", account.json("config", rules, REGION, &json!({})).to_string()));
        }
        let stacks = [("Action", "DescribeStacks")];
        let stacks = management.query("cloudformation", "2010-05-15", REGION, &stacks);
        assert!(!stacks.contains("<StackName>plumbline</StackName>"), "{stacks}");
        shown.push(("stacks", stacks));
        shown.push(("stack sets", stack_sets(management).concat()));
        for (kind, service, target) in [
            ("packs", "config", "StarlingDoveService.DescribeOrganizationConformancePacks"),
            ("log groups", "logs", "Logs_20140328.DescribeLogGroups"),
        ] {
            let found = management.json(service, target, REGION, &json!({}));
            shown.push((kind, found.to_string()));
        }
        shown.push(("functions", functions(management, REGION).join(" ")));
        shown.push(("buckets", buckets(management)));
        let is_left = |(_, text): &(&str, String)| text.contains(NAME);
        shown.into_iter().filter(is_left).map(|(kind, _)| kind.to_owned()).collect()
    }

    /// Where the spare account is in the organization.
    fn parent_of_spare(&self) -> Value {
        let given = json!({ "ChildId": self.spare.id });
        self.management.organizations("ListParents", &given)["Parents"][0]["Id"].take()
    }
}

fn buckets(account: &TestAccount) -> String {
    let answer =
        ureq::get(endpoint()).header("Authorization", account.authorization("s3", REGION)).call();
    answer.expect("buckets").body_mut().read_to_string().expect("a text")
}

/// The stack sets of a run that exist.
fn stack_sets(account: &TestAccount) -> Vec<String> {
    let names = ["member", "control", "unit", "excluded"].map(|name| format!("{NAME}-{name}"));
    let exists = |name: &String| {
        let form = [("Version", "2010-05-15"), ("Action", "ListStackInstances")];
        let form = form.into_iter().chain([("StackSetName", name.as_str())]);
        let request = ureq::post(endpoint())
            .header("Authorization", account.authorization("cloudformation", REGION));
        request.send_form(form).is_ok()
    };
    names.into_iter().filter(exists).collect()
}

/// A run that writes its messages.
struct Running {
    process: Child,
    messages: BufReader<ChildStderr>,
}

impl Running {
    /// Waits for a message.
    fn until(&mut self, text: &str) {
        let mut seen = String::new();
        while self.messages.read_line(&mut seen).expect("a message") > 0 {
            if seen.contains(text) {
                return;
            }
        }
        panic!("'{text}' was not reached: {seen}");
    }

    fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(kill.expect("kill starts").success());
    }

    fn end(mut self) -> Output {
        let mut stderr = Vec::new();
        self.messages.read_to_end(&mut stderr).expect("messages");
        Output { stderr, ..self.process.wait_with_output().expect("the program ends") }
    }
}

/// The answers of a report by the numbers of their questions.
fn answers(report: &Value) -> Value {
    let found = report["answers"].as_array().expect("a list").iter();
    let pairs = found.map(|one| {
        let number = one["question"].as_str().expect("a number").to_owned();
        (number, one["answer"].clone())
    });
    Value::Object(pairs.collect())
}

/// Packages a program as `cargo xtask package` does, whose compression takes minutes in a build of
/// the tests.
const ZIP: &str = "
import sys, zipfile
program, version, file = sys.argv[1:]
with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
    entry = zipfile.ZipInfo('bootstrap')
    entry.external_attr, entry.compress_type = 0o100755 << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, open(program, 'rb').read())
    archive.writestr('VERSION', version)
";

/// The zip file of the functions.
static CODE: LazyLock<Code> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let (stripped, file) = (folder.path().join("bootstrap"), folder.path().join("code.zip"));
    // Names of functions make the program several times as large.
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&stripped).arg(program("bootstrap"));
    assert!(strip.status().expect("strip starts").success());
    let python = std::env::var_os("PLUMBLINE_TEST_PYTHON")
        .expect("the Python of the test environment is not known: use 'cargo xtask test'");
    let mut zip = Command::new(python);
    zip.args(["-c", ZIP]).arg(&stripped).arg(bundle::VERSION).arg(&file);
    assert!(zip.status().expect("Python starts").success());
    Code { file: file.display().to_string(), _folder: folder }
});

struct Code {
    file: String,
    _folder: tempfile::TempDir,
}

#[test]
fn a_plan_and_a_run_without_a_yes_create_nothing() {
    let sandbox = Sandbox::new();
    let Sandbox { management, member, spare, unit } = &sandbox;
    let given = ["--member", &member.id, "--spare-account", &spare.id, "--spare-unit", unit];
    let plan = stdout(&sandbox.run(&[&given[..], &["--plan"]].concat()), 0);
    for expected in [
        format!("Deploying account {}, member account {}", management.id, member.id),
        "- config:PutOrganizationConformancePack plumbline-verify-results: two rules".to_owned(),
        format!("- organizations:MoveAccount {} [management account]: to {unit}", spare.id),
        "- iam:DeleteRole plumbline-verify-condition".to_owned(),
        "Cost: about 0.13 USD at most".to_owned(),
        "Question 0 is not asked: give --plumbline and --code.".to_owned(),
    ] {
        assert!(plan.contains(&expected), "{expected}\n{plan}");
    }
    let error = stderr(&sandbox.run(&given), 2);
    assert!(error.ends_with("Use --yes to create without a question.\n"), "{error}");
    let is_read = |call: &String| {
        let name = call.split(':').nth(1).unwrap_or_default();
        ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb))
    };
    management.forget("calls");
    stdout(&sandbox.run(&[&given[..], &["--plan"]].concat()), 0);
    let calls = management.calls();
    assert!(!calls.is_empty() && calls.iter().all(is_read), "{calls:?}");
    assert_eq!(sandbox.left(), [""; 0]);
}

#[test]
fn all_questions_are_answered_as_simulated_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    let before = sandbox.parent_of_spare();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let format = format!("json={}", file.display());
    let given = ["--yes", "--member", &sandbox.member.id, "--minutes", "0.2"];
    let more = ["--spare-account", &sandbox.spare.id, "--spare-unit", &sandbox.unit];
    let formats = ["--format", "table", "--format", &format];
    let table = sandbox.settling(|| sandbox.run(&[&given[..], &more, &formats].concat()));
    let table = stdout(&table, 0);
    let report: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("the report")).expect("JSON");
    let mut found = answers(&report);
    // Whether the stack set or the pack is first depends on when this test settles the accounts.
    let first = found["6"].take();
    assert!(first == "yes" || first == "no", "{report}");
    assert_eq!(
        found,
        json!({ "0": "not asked", "1": "yes", "2.1": "yes", "2.2": "yes", "2.3": "yes",
            "3": "yes", "4": "no", "5": "yes", "6": null, "7": "not asked", "8": "yes",
            "9.1": "yes", "9.2": "yes", "9.3": "yes", "9.4": "yes", "9.5": "yes" })
    );
    assert_eq!((&report["simulated"], &report["leftovers"]), (&json!(true), &json!([])));
    assert_eq!(table.matches("(as simulated)**: ").count(), 14, "{table}");
    assert!(table.contains("a simulation answered, not AWS"), "{table}");
    for evidence in report["answers"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|one| one["evidence"].as_array().expect("a list"))
    {
        let id = evidence["request_id"].as_str().expect("a text");
        assert!(table.contains(id) && id != "no request ID", "{evidence}");
    }
    assert_eq!(sandbox.left(), [""; 0]);
    assert_eq!(sandbox.parent_of_spare(), before);
}

#[test]
fn one_account_is_deployed_scanned_evaluated_and_removed() {
    let sandbox = Sandbox::new();
    let plumbline = program("plumbline").display().to_string();
    // Without Security Hub in the member account, no question waits for something that does not
    // happen, so the time can be long.
    disable_security_hub(&sandbox.member);
    let given = ["--yes", "--member", &sandbox.member.id, "--minutes", "4", "--format", "json"];
    let run =
        sandbox.run(&[&given[..], &["--plumbline", &plumbline, "--code", &CODE.file]].concat());
    let report = json(&run, 3);
    let found = answers(&report);
    assert_eq!(
        (&found["0"], &found["1"], &found["4"]),
        (&json!("yes"), &json!("yes"), &json!("could not be determined")),
        "{report}"
    );
    let reason = report["answers"][0]["reason"].as_str().expect("a text");
    let rules = CONTROLS.iter().filter(|control| control.level.to_string() == "1").count();
    let expected = format!("AWS Config: {rules} of {rules} rules evaluated; removed");
    assert!(reason.starts_with("scan: ") && reason.ends_with(&expected), "{reason}");
    assert_eq!((report["leftovers"].clone(), sandbox.left()), (json!([]), vec![]));
}

fn disable_security_hub(account: &TestAccount) {
    let answer = ureq::delete(format!("{}/accounts", endpoint()))
        .header("Authorization", account.authorization("securityhub", REGION))
        .call();
    answer.expect("Security Hub is disabled");
}

#[test]
fn an_interrupted_run_removes_what_it_created() {
    let sandbox = Sandbox::new();
    let plumbline = program("plumbline").display().to_string();
    disable_security_hub(&sandbox.member);
    let mut run =
        sandbox.start(&["--minutes", "1", "--plumbline", &plumbline, "--code", &CODE.file]);
    run.until("asking 0");
    // In the middle of the deployment.
    let begun = Instant::now();
    while !buckets(&sandbox.management).contains(NAME) {
        assert!(begun.elapsed() < Duration::from_secs(120), "the program creates no bucket");
        sleep(Duration::from_millis(100));
    }
    run.signal("-INT");
    let output = run.end();
    let table = stdout(&output, 130);
    assert!(table.contains("| **could not be determined (as simulated)**: the run was interr"));
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(messages.contains("removing deployment of plumbline"), "{messages}");
    assert!(!messages.contains("not removed"), "{messages}");
    assert_eq!(sandbox.left(), [""; 0]);
}

#[test]
fn clean_removes_what_a_killed_run_left() {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start(&["--minutes", "1"]);
    run.until("asking 5");
    run.signal("-KILL");
    assert_eq!(run.end().status.code(), None);
    let kinds = ["roles", "rules", "stacks", "stack sets", "packs", "log groups", "functions"];
    let left = sandbox.left();
    assert!(kinds.iter().all(|kind| left.iter().any(|one| one == kind)), "{left:?}");
    let messages = stderr(&sandbox.run(&["--clean", "--yes"]), 0);
    assert!(messages.contains("removing organization pack plumbline-verify-results"), "{messages}");
    assert_eq!(sandbox.left(), [""; 0]);
    assert_eq!(stderr(&sandbox.run(&["--clean"]), 0), "Nothing is left.\n");
}
