//! What a plan says, as snapshots.

use plumbline_tests::programs::stdout;
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
