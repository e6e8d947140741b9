//! The central topology, put in place by the very commands of docs/deployment.md, evaluates members
//! as a scan of each does.

use std::path::Path;
use std::process::{Command, Output};

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::config_items::of_control;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, in_a_month};
use plumbline_tests::programs::{
    environment, isolated, json as json_of, program, recorded, stdout,
};
use plumbline_tests::verdicts::{held, scanned};
use serde_json::{Value, json};

const HOME: &str = "us-east-1";
const OTHER: &str = "eu-west-1";
/// Global and regional ones, daily ones and ones that changes trigger too; 1.3 says what the
/// register says.
const CHOSEN: [&str; 5] = ["1.3", "1.12", "1.16", "2.1.3", "5.2"];

/// The section with the commands.
fn section() -> &'static str {
    let document = include_str!("../../../docs/deployment.md");
    let section =
        document.split("\n## ").find(|section| section.starts_with("Central functions\n"));
    section.expect("docs/deployment.md has a section on central functions")
}

/// The commands that follow a text.
fn commands(after: &str) -> &'static str {
    let (_, following) =
        section().split_once(after).unwrap_or_else(|| panic!("the section does not say: {after}"));
    let block = following.split_once("\n```sh\n").and_then(|(_, block)| block.split_once("```"));
    block.unwrap_or_else(|| panic!("no commands after: {after}")).0
}

/// Commands with values of one's own for variables that they set.
fn with(commands: &str, values: &[(&str, &str)]) -> String {
    let mut set = 0;
    let lines: Vec<String> = commands
        .lines()
        .map(|line| match values.iter().find(|(name, _)| line.starts_with(&format!("{name}="))) {
            Some((name, value)) => {
                set += 1;
                format!("{name}='{value}'")
            }
            None => line.to_owned(),
        })
        .collect();
    assert_eq!(set, values.len(), "the commands set other variables:\n{commands}");
    lines.join("\n") + "\n"
}

/// Whoever types the commands: a folder like a checkout after `cargo xtask package`, and the
/// variables.
struct User {
    folder: tempfile::TempDir,
    variables: String,
    external_id: String,
}

impl User {
    fn new(central: &TestAccount, register: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(
            plumbline_tests::package().join("../cfn"),
            folder.path().join("cfn"),
        )
        .expect("a link");
        std::fs::create_dir(folder.path().join("dist")).expect("a folder");
        std::fs::write(folder.path().join("register.json"), register.to_string()).expect("a file");
        let mut user = Self { folder, variables: String::new(), external_id: String::new() };
        user.package(&program("bootstrap"));
        user.variables = with(
            commands("Names that stay the same throughout:"),
            &[
                ("CENTRAL", &central.id),
                ("HOME_REGION", HOME),
                ("REGIONS", &format!("{HOME} {OTHER}")),
                ("PREFIX", &format!("central-{}", central.id)),
            ],
        );
        user.external_id = stdout(&user.run(central, "echo $EXTERNAL_ID"), 0).trim().to_owned();
        assert_eq!(user.external_id.len(), 32);
        user.keep("EXTERNAL_ID", &user.external_id.clone());
        user
    }

    /// Sets a variable for all commands to come.
    fn keep(&mut self, name: &str, value: &str) {
        self.variables = with(&self.variables, &[(name, value)]);
    }

    /// What `cargo xtask package` does.
    fn package(&self, program: &Path) {
        let script = "import pathlib, sys; from deploy_functions import package; \
            pathlib.Path(sys.argv[2]).write_bytes(package(sys.argv[1]))";
        let python = std::env::var_os("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known: use 'cargo xtask test'");
        let mut command = Command::new(python);
        command
            .env("PYTHONPATH", plumbline_tests::package().join("environment"))
            .args(["-c", script])
            .arg(program);
        stdout(
            &command
                .arg(self.folder.path().join("dist/bootstrap-x86_64.zip"))
                .output()
                .expect("Python starts"),
            0,
        );
    }

    /// Runs commands as an account.
    fn run(&self, account: &TestAccount, commands: &str) -> Output {
        let python = std::env::var("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known: use 'cargo xtask test'");
        let programs = Path::new(&python).parent().expect("a folder").display().to_string();
        let mut bash = isolated("bash".into());
        bash.current_dir(self.folder.path())
            .env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap_or_default()))
            .env("AWS_ENDPOINT_URL", endpoint())
            .env("AWS_ACCESS_KEY_ID", account.access_key())
            .env("AWS_SECRET_ACCESS_KEY", "not-checked")
            .args(["-c", &format!("set -euo pipefail\n{}{commands}", self.variables)]);
        bash.output().expect("bash starts")
    }

    /// Runs commands as an account, which have to succeed.
    fn succeed(&self, account: &TestAccount, commands: &str) -> String {
        stdout(&self.run(account, commands), 0)
    }

    /// What a command of the AWS CLI answers.
    fn aws(&self, account: &TestAccount, region: &str, command: &str) -> Value {
        serde_json::from_str(
            &self.succeed(account, &format!("aws --region {region} --output json {command}")),
        )
        .expect("JSON")
    }

    /// Steps 1 to 4 but for the register, for one member.
    fn deploy(&self, central: &TestAccount, member: &TestAccount) {
        self.succeed(central, commands("**1. In the central account:**"));
        self.succeed(central, &self.let_in(member));
        self.succeed(member, commands("**3. In each member:**"));
        self.succeed(member, commands("**4. In each member:**"));
    }

    fn let_in(&self, member: &TestAccount) -> String {
        with(commands("**2. In the central account, for each member:**"), &[("MEMBER", &member.id)])
    }

    /// The packs of an account in a Region: name, state and reason.
    fn packs(&self, account: &TestAccount, region: &str) -> Vec<(String, String, String)> {
        let status = self.aws(account, region, "configservice describe-conformance-pack-status");
        let text = |pack: &Value, name: &str| pack[name].as_str().unwrap_or_default().to_owned();
        let status = status["ConformancePackStatusDetails"].as_array().expect("a list").iter();
        status
            .map(|pack| {
                (
                    text(pack, "ConformancePackName"),
                    text(pack, "ConformancePackState"),
                    text(pack, "ConformancePackStatusReason"),
                )
            })
            .collect()
    }

    /// The rules of an account in a Region.
    fn rules(&self, account: &TestAccount, region: &str) -> Vec<Value> {
        let rules = self.aws(account, region, "configservice describe-config-rules");
        rules["ConfigRules"].as_array().expect("a list").clone()
    }

    /// The configuration of a control's central function in a Region.
    fn function(&self, central: &TestAccount, region: &str, control: &Control) -> Value {
        self.aws(
            central,
            region,
            &format!(
                "lambda get-function-configuration --function-name {}",
                control.function_name()
            ),
        )
    }

    /// The hash of the package, as Lambda writes it.
    fn hash(&self) -> String {
        self.succeed(
            &TestAccount::new(),
            "openssl dgst -sha256 -binary dist/bootstrap-x86_64.zip | base64",
        )
        .trim()
        .to_owned()
    }
}

/// An account with what the demo seeds in two Regions, where AWS Config records and Security Hub
/// hears of findings.
fn seeded() -> TestAccount {
    let account = TestAccount::seeded();
    account.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
    for region in [HOME, OTHER] {
        account.recorder(region);
    }
    account.enable_security_hub(OTHER);
    account.control("cloudformation/at-once", json!({ "at_once": true }));
    account
}

fn central() -> TestAccount {
    let account = TestAccount::new();
    account.control("cloudformation/at-once", json!({ "at_once": true }));
    account
}

fn complete(name: &str, action: &str) -> (String, String, String) {
    (name.to_owned(), format!("{action}_COMPLETE"), String::new())
}

fn chosen() -> impl Iterator<Item = (&'static Control, &'static str)> {
    let controls = CONTROLS.into_iter().filter(|control| CHOSEN.contains(&control.id.as_str()));
    controls
        .flat_map(|control| [HOME, OTHER].map(|region| (control, region)))
        .filter(|(control, region)| *region == HOME || control.scope == Scope::Regional)
}

/// The name under which a member has the rule of a control, and its parameters.
fn rule_of(rules: &[Value], control: &Control) -> (String, Value) {
    let name = |rule: &Value| rule["ConfigRuleName"].as_str().expect("a name").to_owned();
    let rule = rules
        .iter()
        .find(|rule| name(rule).starts_with(&format!("{}-conformance-pack-", control.rule_name())))
        .expect("a rule");
    (
        name(rule),
        serde_json::from_str(rule["InputParameters"].as_str().expect("parameters")).expect("JSON"),
    )
}

#[test]
fn the_commands_of_the_documentation_deploy_functions_that_decide_as_a_scan_of_the_member() {
    let (central, member) = (central(), seeded());
    let attested = json!({
        "control": "1.3", "accounts": [member.id], "verdict": "compliant", "by": "Security",
        "on": "2026-01-01", "until": in_a_month(), "evidence": "ticket"
    });
    let register = json!({ "schema": 1, "attestations": [attested] });
    let user = User::new(&central, &register);
    user.deploy(&central, &member);
    user.succeed(&central, commands("**The register, in the central account:**"));
    let under_way = user.succeed(&member, commands("**5. Look,**"));
    assert_eq!(under_way.matches("CREATE_IN_PROGRESS").count(), 3, "{under_way}");
    assert_eq!(
        user.packs(&member, HOME),
        [complete("plumbline-global", "CREATE"), complete("plumbline-regional", "CREATE")]
    );
    assert_eq!(user.packs(&member, OTHER), [complete("plumbline-regional", "CREATE")]);
    let packs = user.aws(
        &member,
        OTHER,
        "configservice describe-conformance-packs --conformance-pack-names plumbline-regional",
    );
    let given = &packs["ConformancePackDetails"][0]["ConformancePackInputParameters"];
    assert_eq!(
        *given,
        json!([{ "ParameterName": "FunctionsAccount", "ParameterValue": central.id }])
    );

    let mut scan = isolated(program("plumbline"));
    let file = user.folder.path().join("register.json").display().to_string();
    scan.envs(environment(&member, HOME)).args(["scan", "--format", "json", "--register", &file]);
    let report = json_of(
        &scan
            .args(CHOSEN.iter().flat_map(|id| ["--control", id]))
            .output()
            .expect("plumbline starts"),
        0,
    );
    let snapshot = recorded(&member);

    central.forget("calls");
    member.forget("calls");
    let hash = user.hash();
    let rules = [HOME, OTHER].map(|region| user.rules(&member, region));
    let mut by_changes = 0;
    for (control, region) in chosen() {
        let function = user.function(&central, region, control);
        assert_eq!(
            (&function["CodeSha256"], &function["Handler"]),
            (&json!(hash), &json!(control.rule_name()))
        );
        let (rule, parameters) = rule_of(&rules[usize::from(region == OTHER)], control);
        let mut running =
            RunningFunction::deployed(&central, region, program("bootstrap"), &function);
        let event = ConfigEvent { parameters, ..ConfigEvent::of(&member, region, &rule) };
        let expected = scanned(&report, control, region);
        let items = control
            .change_type()
            .map_or_else(Vec::new, |_| of_control(control, &member, &snapshot, region));
        for item in &items {
            running
                .invoke(&event.changed(item))
                .answer
                .unwrap_or_else(|error| panic!("control {} in {region}: {error}", control.id));
            by_changes += 1;
        }
        let of_items = held(&member, region, &rule);
        assert_eq!(of_items.len(), items.len(), "control {} in {region}", control.id);
        assert!(
            of_items.iter().all(|(id, verdict)| expected.get(id) == Some(verdict)),
            "control {} in {region}: {of_items:?} {expected:?}",
            control.id
        );
        running
            .invoke(&event.scheduled())
            .answer
            .unwrap_or_else(|error| panic!("control {} in {region}: {error}", control.id));
        assert_eq!(held(&member, region, &rule), expected, "control {} in {region}", control.id);
        assert!(!expected.is_empty(), "control {} in {region}: nothing was compared", control.id);
    }
    assert!(by_changes > 10, "{by_changes}");
    assert_eq!(
        scanned(&report, CONTROLS[2], HOME).into_values().collect::<Vec<_>>(),
        ["COMPLIANT"],
        "the register counts"
    );

    // The central account reads the register and assumes the role; everything else is done in the
    // member. The test itself looks at the functions' configuration.
    let calls = central.calls();
    let others: Vec<&String> = calls
        .iter()
        .filter(|call| {
            !["sts:AssumeRole", "s3:GetObject", "lambda:GetFunctionConfiguration"]
                .contains(&call.as_str())
        })
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(
        member.calls().contains(&"config:PutEvaluations".to_owned())
            && member.calls().contains(&"securityhub:BatchImportFindings".to_owned())
    );
    for region in [HOME, OTHER] {
        let findings = member.findings(region)["findings"].as_array().expect("a list").clone();
        assert!(
            !findings.is_empty()
                && findings.iter().all(|finding| finding["AwsAccountId"] == member.id.as_str()),
            "{findings:?}"
        );
        assert_eq!(central.findings(region)["findings"], json!([]));
    }
}

#[test]
fn who_is_not_let_in_gets_no_rules_and_a_wrong_external_id_no_verdict() {
    let (central, member) = (central(), seeded());
    let mut user = User::new(&central, &json!({ "schema": 1 }));
    user.succeed(&central, commands("**1. In the central account:**"));
    user.succeed(&central, commands("**The register, in the central account:**"));
    user.succeed(&member, commands("**3. In each member:**"));
    user.succeed(&member, commands("**4. In each member:**"));
    user.succeed(&member, commands("**5. Look,**"));
    for (region, packs) in [(HOME, 2), (OTHER, 1)] {
        let failed = user.packs(&member, region);
        let is_clear = |(_, state, reason): &(String, String, String)| {
            state == "CREATE_FAILED" && reason.contains("cannot be invoked")
        };
        assert!(failed.len() == packs && failed.iter().all(is_clear), "{failed:?}");
        assert_eq!(user.rules(&member, region), Vec::<Value>::new());
    }
    // As the section says: mend it, delete the packs, and put them again.
    let removal = commands("**To remove a member,**");
    let delete_packs =
        removal.rsplit_once("aws cloudformation").expect("the role is deleted last").0;
    user.succeed(&central, &user.let_in(&member));
    user.succeed(&member, delete_packs);
    user.succeed(&member, commands("**5. Look,**"));
    user.succeed(&member, commands("**4. In each member:**"));
    user.succeed(&member, commands("**5. Look,**"));
    assert_eq!(user.packs(&member, OTHER), [complete("plumbline-regional", "CREATE")]);

    let control =
        CONTROLS.into_iter().find(|control| control.id.as_str() == "2.1.3").expect("the control");
    let right = user.function(&central, OTHER, control);
    let (rule, parameters) = rule_of(&user.rules(&member, OTHER), control);
    let event = ConfigEvent { parameters, ..ConfigEvent::of(&member, OTHER, &rule) };
    let mut wrong = right.clone();
    wrong["Environment"]["Variables"]["PLUMBLINE_EXTERNAL_ID"] = json!("guessed");
    let error = RunningFunction::deployed(&central, OTHER, program("bootstrap"), &wrong)
        .invoke(&event.scheduled())
        .answer
        .expect_err("the role trusts another id");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains("sts:AssumeRole was denied"),
        "{error}"
    );
    assert!(held(&member, OTHER, &rule).is_empty());

    // A later release: the functions have its code, and what the register said meanwhile stays.
    let changed = json!({ "schema": 1, "attestations": [] }).to_string();
    central.s3("PUT", &format!("/central-{}-register/register.json", central.id), HOME, &changed);
    user.package(&user.folder.path().join("register.json"));
    user.keep("RELEASE", "2");
    user.deploy(&central, &member);
    user.succeed(&member, commands("**5. Look,**"));
    assert_eq!(
        user.packs(&member, HOME),
        [complete("plumbline-global", "UPDATE"), complete("plumbline-regional", "UPDATE")]
    );
    let later = user.function(&central, OTHER, control);
    assert_eq!(later["CodeSha256"], json!(user.hash()));
    assert_ne!(later["CodeSha256"], right["CodeSha256"]);
    assert_eq!(later["Environment"], right["Environment"]);
    assert_eq!(user.succeed(&central, "aws s3 cp s3://$PREFIX-register/register.json -"), changed);

    // Removal.
    let roles = || {
        user.succeed(
            &member,
            "aws iam list-roles --region $HOME_REGION --query 'Roles[].RoleName' --output text",
        )
    };
    assert!(roles().contains("plumbline-member"));
    user.succeed(&member, removal);
    user.succeed(
        &central,
        &format!("MEMBER={}\n{}", member.id, commands("then in the central account:")),
    );
    user.succeed(&member, commands("**5. Look,**"));
    for region in [HOME, OTHER] {
        assert_eq!(
            (user.packs(&member, region), user.rules(&member, region)),
            (Vec::new(), Vec::new())
        );
    }
    assert!(!roles().contains("plumbline-member"));
    user.succeed(&member, commands("**4. In each member:**"));
    user.succeed(&member, commands("**5. Look,**"));
    assert!(
        user.packs(&member, OTHER)[0].2.contains("cannot be invoked"),
        "the member is not let in any more"
    );
}
