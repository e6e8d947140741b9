//! The shell commands of the documentation site that take an AWS account, in the test environment.
//! `plumbline_tests::pages` describes how blocks are marked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use chrono::{Days, Utc};
use plumbline_templates::bundle;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::package;
use plumbline_tests::pages::{self, Block, Identity};
use plumbline_tests::programs::{environment, isolated, program};
use serde_json::json;

const HOME: &str = "us-east-1";
const OTHER: &str = "eu-west-1";

/// Pages whose commands run in an organization, from a member that is to be the delegated
/// administrator. The others run in the demo account.
const ORGANIZATION: &[&str] = &["docs/tutorials/organization.md"];

/// An account in which commands of a page run, and what stands for its placeholders.
struct Setting {
    account: TestAccount,
    management: Option<TestAccount>,
    placeholders: Vec<(&'static str, String)>,
}

impl Setting {
    /// The demo account, in one Region of which AWS Config records.
    fn account() -> Self {
        let account = TestAccount::seeded();
        Self { account, management: None, placeholders: dates() }
    }

    /// An organization with an account to deploy from, and one in a unit.
    fn organization() -> Self {
        let management = TestAccount::new();
        management.create_organization();
        let (audit, pilot) = (management.create_member("audit"), management.create_member("pilot"));
        let root = management.organizations("ListRoots", &json!({}));
        let root = root["Roots"][0]["Id"].as_str().expect("an id").to_owned();
        let unit = json!({ "ParentId": root, "Name": "pilot" });
        let unit = management.organizations("CreateOrganizationalUnit", &unit);
        let unit = unit["OrganizationalUnit"]["Id"].as_str().expect("an id").to_owned();
        management.organizations(
            "MoveAccount",
            &json!({ "AccountId": pilot.id, "SourceParentId": root, "DestinationParentId": unit }),
        );
        for account in [&management, &audit, &pilot] {
            account.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
        }
        for account in [&audit, &pilot] {
            for region in [HOME, OTHER] {
                account.recorder(region);
            }
        }
        let mut placeholders = dates();
        placeholders.extend([("ACCOUNT", audit.id.clone()), ("UNIT", unit), ("ROOT", root)]);
        Self { account: audit, management: Some(management), placeholders }
    }

    /// Runs the blocks of a page in a folder.
    fn run(&self, path: &str, blocks: &[Block], folder: &Path) {
        let others: Vec<Identity<'_>> = self
            .management
            .iter()
            .map(|account| ("management", environment(account, HOME)))
            .collect();
        let script = pages::script(blocks, &self.placeholders, &others);
        let tools = PathBuf::from(
            std::env::var_os("PLUMBLINE_TEST_PYTHON")
                .expect("the Python of the test environment is not known"),
        );
        let plumbline = program("plumbline");
        let mut search = plumbline.parent().expect("a folder").as_os_str().to_owned();
        for more in [tools.parent().expect("a folder").as_os_str().to_owned()]
            .into_iter()
            .chain(std::env::var_os("PATH"))
        {
            search.push(":");
            search.push(more);
        }
        let mut child = isolated("bash".into())
            .current_dir(folder)
            .envs(environment(&self.account, HOME))
            .env("AWS_DEFAULT_REGION", HOME)
            .env("PATH", search)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(script.as_bytes()).expect("bash reads");
        drop(input);
        let output = child.wait_with_output().expect("bash ends");
        assert!(
            output.status.success(),
            "{path}, {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// What stands for dates of a register.
fn dates() -> Vec<(&'static str, String)> {
    let today = Utc::now().date_naive();
    vec![("UNTIL", (today + Days::new(300)).to_string()), ("ON", today.to_string())]
}

/// A folder as a checkout has it after `cargo xtask package`: the code of functions, which nothing
/// here runs.
fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = vec![0; 20];
    program[..6].copy_from_slice(b"\x7fELF\x02\x01");
    program[18] = 62;
    std::fs::create_dir(folder.path().join("dist")).expect("a folder");
    let zip = bundle::write(&program).expect("a bundle");
    std::fs::write(folder.path().join("dist/bootstrap-x86_64.zip"), zip).expect("the bundle");
    let templates = package().join("../cfn").canonicalize().expect("the templates");
    std::os::unix::fs::symlink(templates, folder.path().join("cfn")).expect("a link");
    folder
}

#[test]
fn blocks_of_pages_run() {
    let mut pages_with_aws = 0;
    std::thread::scope(|scope| {
        for (path, text) in pages::pages(&package().join("..")) {
            let blocks = pages::blocks(&text);
            if !blocks.iter().any(|block| block.is_shell() && block.has("aws")) {
                continue;
            }
            pages_with_aws += 1;
            scope.spawn(move || {
                let setting = if ORGANIZATION.contains(&path.as_str()) {
                    Setting::organization()
                } else {
                    Setting::account()
                };
                setting.run(&path, &blocks, checkout().path());
            });
        }
    });
    assert!(pages_with_aws > ORGANIZATION.len(), "there are such pages");
}
