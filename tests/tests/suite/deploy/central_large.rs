//! Central functions for 300 accounts with four Regions.

use std::time::Instant;

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::{Code, functions, known_prefix, regional, rules};

const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2"];

#[test]
fn three_hundred_accounts_have_one_set_of_functions_and_a_role_each() {
    let management = TestAccount::new();
    let made = management.control(
        "organization/generate",
        json!({ "management": management.id, "accounts": 300, "regions": REGIONS }),
    );
    let account = |value: &Value| TestAccount::of(value.as_str().expect("an account"));
    let (audit, spare) = (account(&made["audit"]), account(&made["spare"]));
    let members = made["members"].as_array().expect("a list");
    let member = account(&members[members.len() / 2]);
    let unit = made["unit"].as_str().expect("a unit");
    let code = Code::new("1");
    let (file, prefix) = (code.file.display().to_string(), known_prefix(&audit));
    let deploy = |more: &[&str]| {
        let given = [
            "deploy",
            "--organization",
            "--functions",
            "central",
            "--organizational-unit",
            unit,
            "--code",
            &file,
            "--parameter-overrides",
            &prefix,
        ];
        plumbline_as(&audit, &[&given[..], more].concat())
    };
    let refused = stderr(&deploy(&["--apply"]), 2);
    assert!(refused.contains(&format!("--region {}", "us-east-1")), "{refused}");

    let begin = Instant::now();
    let result = stdout(&deploy(&["--region", "governed", "--apply", "--format", "json"]), 0);
    eprintln!("deploy --apply: {:?}", begin.elapsed());
    let result: Value = serde_json::from_str(&result).expect("JSON");
    assert_eq!(result["functions"], "central");
    assert_eq!(
        result["accounts"],
        json!({ "total": 302, "covered": 300, "scanned": 0, "not_checked": 0, "failed": 0,
            "skipped": { "excluded": 1, "management-account": 1 } })
    );
    let of_central = REGIONS.map(|region| functions(&audit, region).len());
    // Two of them check all accounts every day.
    assert_eq!(of_central, [CONTROLS.len() + 2, regional(), regional(), regional()]);
    let of_member =
        REGIONS.map(|region| (functions(&member, region).len(), rules(&member, region)));
    assert_eq!(of_member, [(0, CONTROLS.len()), (0, regional()), (0, regional()), (0, regional())]);
    assert_eq!(rules(&spare, REGIONS[0]), 0);
    let roles = member.iam(&[("Action", "ListRoles")]);
    assert_eq!(roles.matches("<RoleName>plumbline").count(), 1);

    audit.forget("calls");
    let begin = Instant::now();
    let again = stdout(&deploy(&["--apply"]), 0);
    eprintln!("deploy --apply again: {:?}", begin.elapsed());
    assert!(again.contains("Nothing to do"), "{again}");
    let reads = [":Describe", ":Get", ":List", ":Head", "sts:", ":Select"];
    let others: Vec<String> = audit
        .calls()
        .into_iter()
        .filter(|call| !reads.iter().any(|read| call.contains(read)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
