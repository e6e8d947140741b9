//! Plans as snapshots.

use plumbline_tests::programs::{stderr, stdout};
use serde_json::{Value, json};

use super::{Code, Organization, account};

/// Compares a plan with a file in `plans`, except for the release and for ids, which are
/// replaced in the order given. `SNAPSHOTS=overwrite` accepts changes.
fn assert_plan(plan: &str, file: &str, ids: &[(&str, &str)]) {
    let (_, release) = plan.split_once("release ").expect("a release");
    let (release, _) = release.split_once(' ').expect("its end");
    let plan = ids
        .iter()
        .chain(&[(release, "[RELEASE]")])
        .fold(plan.to_owned(), |plan, (id, placeholder)| plan.replace(id, placeholder));
    let expected = plumbline_tests::package().join("tests/suite/deploy/plans").join(file);
    snapbox::assert_data_eq!(plan, snapbox::Data::read_from(&expected, None));
}

#[test]
fn plans_read_as_they_did() {
    let (account, code) = (account(), Code::new("1"));
    let plan = stdout(&code.deploy(&account, &["--dry-run"]), 0);
    assert_plan(&plan, "single_account.txt", &[(&account.id, "[ACCOUNT]")]);

    let organization = Organization::new();
    let management = &organization.management;
    let described = management.organizations("DescribeOrganization", &json!({}));
    let roots = management.organizations("ListRoots", &json!({}));
    let id = |value: &Value| value.as_str().expect("an id").to_owned();
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert_plan(
        &plan,
        "organization.txt",
        &[
            (&management.id, "[MANAGEMENT]"),
            (&id(&described["Organization"]["Id"]), "[ORGANIZATION]"),
            (&id(&roots["Roots"][0]["Id"]), "[ROOT]"),
        ],
    );
}

/// The text is stored as printed, the JSON next to it without the text.
#[test]
fn plans_go_into_files() {
    let (account, code) = (account(), Code::new("1"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan");
    let write = |format: &str| {
        let format = format!("{format}={}", file.display());
        let printed = stdout(&code.deploy(&account, &["--dry-run", "--format", &format]), 0);
        (printed, std::fs::read_to_string(&file).expect("a file"))
    };
    let (printed, written) = write("text");
    assert_eq!(printed, written);
    assert!(written.contains("stack 'plumbline': will be created"), "{written}");
    let (printed, written) = write("json");
    assert!(printed.contains("stack 'plumbline': will be created"), "{printed}");
    assert!(serde_json::from_str::<Value>(&written).expect("JSON").is_object());
    let absent = format!("text={}", folder.path().join("absent/plan").display());
    let refused = stderr(&code.deploy(&account, &["--dry-run", "--format", &absent]), 2);
    assert!(refused.contains("cannot write"), "{refused}");
}

/// A plan is rejected if a function would not accept its parameters, or if a parameter is given
/// twice.
#[test]
fn parameters_of_controls_are_checked_before_the_plan() {
    let (account, code) = (account(), Code::new("1"));
    for (given, expected) in [
        (
            &["AdminPorts=99999"][..],
            "invalid value '99999' of parameter 'adminPorts' (5.1, 5.2, 5.3)\n  Give port numbers",
        ),
        (
            &["MaxAccessKeyAge=9999"],
            "invalid value '9999' of parameter 'maxAccessKeyAge' (1.14)\n  Give a whole",
        ),
        (
            &["MaxAccessKeyAge=80", "MaxAccessKeyAge=70"],
            "'MaxAccessKeyAge' is given more than once",
        ),
        (
            &["MaxAccessKeyAge=80", "MaxAccessKeyAge=80"],
            "'MaxAccessKeyAge' is given more than once",
        ),
    ] {
        let mut arguments = vec!["--dry-run"];
        for one in given {
            arguments.extend(["--parameter-overrides", one]);
        }
        let refused = code.deploy(&account, &arguments);
        assert!(stdout(&refused, 2).is_empty(), "{given:?}");
        assert!(stderr(&refused, 2).contains(expected), "{given:?}: {}", stderr(&refused, 2));
    }
}
