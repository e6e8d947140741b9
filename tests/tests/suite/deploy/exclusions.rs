//! `--organization`: excluded accounts, and Regions to which nothing can be deployed.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{stderr, stdout};
use serde_json::json;

use super::{HOME, OTHER, Organization, regional};

/// The functions and rules of an account in both Regions.
fn all() -> [(usize, usize); 2] {
    [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())]
}

const NOTHING: [(usize, usize); 2] = [(0, 0); 2];

/// An organization without obstacles to a deployment.
fn organization() -> Organization {
    let organization = Organization::new();
    for region in [HOME, OTHER] {
        organization.members[1].recorder(region);
    }
    organization
}

/// Moves an account into a new organizational unit below the root. Returns the unit and the root.
fn into_unit(management: &TestAccount, account: &str) -> (String, String) {
    let text = |value: &serde_json::Value| value.as_str().expect("an id").to_owned();
    let root = text(&management.organizations("ListRoots", &json!({}))["Roots"][0]["Id"]);
    let unit = management
        .organizations("CreateOrganizationalUnit", &json!({ "ParentId": root, "Name": "unit" }));
    let unit = text(&unit["OrganizationalUnit"]["Id"]);
    management.organizations(
        "MoveAccount",
        &json!({ "AccountId": account, "SourceParentId": root, "DestinationParentId": unit }),
    );
    (unit, root)
}

#[test]
fn an_exclusion_takes_functions_and_rules_away_until_it_ends() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let counts = || [management, first, second].map(Organization::counts);
    stdout(&organization.deploy(&["--apply"]), 0);
    assert_eq!(counts(), [all(); 3]);
    let report = stdout(&organization.deploy(&["--exclude-account", &second.id, "--apply"]), 0);
    assert!(report.contains(&format!("Excluded: 1 account ({})", second.id)), "{report}");
    assert_eq!(counts(), [all(), all(), NOTHING]);
    // The exclusion is stored, and automatic deployment excludes the account as well.
    management.control("organization/settle", json!({}));
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do") && plan.contains("1 skipped"), "{plan}");
    assert_eq!(counts(), [all(), all(), NOTHING]);
    // An additional organizational unit.
    let (unit, root) = into_unit(management, &first.id);
    stdout(&organization.deploy(&["--exclude-organizational-unit", &unit, "--apply"]), 0);
    assert_eq!(counts(), [all(), NOTHING, NOTHING]);
    // A new list replaces the previous one. Units are expanded at each run.
    stdout(&organization.deploy(&["--exclude-account", "none", "--apply"]), 0);
    assert_eq!(counts(), [all(), NOTHING, all()]);
    management.organizations(
        "MoveAccount",
        &json!({ "AccountId": first.id, "SourceParentId": unit, "DestinationParentId": root }),
    );
    stdout(&organization.deploy(&["--apply"]), 0);
    assert_eq!(counts(), [all(); 3]);
    let error = stderr(&organization.deploy(&["--exclude-account", "none,1", "--dry-run"]), 2);
    assert!(error.contains("'none' is given together with IDs"), "{error}");
    let error = stderr(&organization.deploy(&["--exclude-account", "", "--dry-run"]), 2);
    assert!(error.contains("an ID to exclude is empty"), "{error}");
    // A unit that does not exist; one that an earlier run excluded, and that was deleted since.
    let absent = "ou-abcd-99999999";
    for option in ["--organizational-unit", "--exclude-organizational-unit"] {
        let error = stderr(&organization.deploy(&[option, absent, "--dry-run"]), 2);
        let expected = format!("the organizational unit '{absent}' does not exist");
        assert!(error.contains(&expected) && error.contains(&format!("{option} ID")), "{error}");
    }
    management.organizations("DeleteOrganizationalUnit", &json!({ "OrganizationalUnitId": unit }));
    let error = stderr(&organization.deploy(&["--dry-run"]), 2);
    assert!(
        error.contains(&format!("the organizational unit '{unit}' does not exist"))
            && error.contains("--exclude-organizational-unit none"),
        "{error}"
    );
    let none = ["--exclude-organizational-unit", "none", "--dry-run"];
    stdout(&organization.deploy(&none), 0);
    let error = stderr(&organization.deploy(&["--exclude-account", "banana", "--dry-run"]), 2);
    assert!(error.contains("invalid value 'banana' of parameter 'ExcludeAccount'"), "{error}");
}

#[test]
fn a_region_that_a_policy_denies_is_a_state() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let denied =
        management.control("organization/scp", json!({ "target": second.id, "regions": [OTHER] }));
    assert!(denied["id"].is_string(), "{denied}");
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(
        report.contains("Accounts: 3, of which 2 covered, 1 skipped, 0 failed")
            && report.contains("region-denied: 1 in eu-west-1"),
        "{report}"
    );
    assert_eq!(Organization::counts(first), all());
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do"), "{plan}");
    let error = stderr(&organization.deploy(&["--dry-run", "--strict"]), 3);
    assert!(error.contains("explicit deny in a service control policy"), "{error}");
}

/// Nothing is skipped because a policy denies one action: an administrator has to allow it.
#[test]
fn an_action_that_a_policy_denies_is_a_failure() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let denied = json!({ "target": second.id, "actions": ["lambda:CreateFunction"] });
    management.control("organization/scp", denied);
    let error = stderr(&organization.deploy(&["--apply"]), 3);
    for set in ["plumbline-functions-global", "plumbline-functions-regional"] {
        assert!(error.contains(&format!("account {}, {HOME}: {set} is", second.id)), "{error}");
    }
    assert_eq!(Organization::counts(first), all());
    let plan = stderr(&organization.deploy(&["--dry-run"]), 3);
    assert!(!plan.contains("Nothing to do") && !plan.contains("region-denied"), "{plan}");
}

/// The home Region is never skipped: everything depends on it.
#[test]
fn a_denied_home_region_is_a_failure() {
    let organization = organization();
    let Organization { management, members: [_, second], .. } = &organization;
    let denied = json!({ "target": second.id, "regions": [HOME] });
    management.control("organization/scp", denied);
    let error = stderr(&organization.deploy(&["--apply"]), 3);
    assert!(
        error.contains(&format!("account {}, {HOME}: plumbline-functions-global", second.id)),
        "{error}"
    );
}

#[test]
fn a_region_that_a_member_has_not_enabled_is_a_state_where_it_can_be_asked_for() {
    let organization = organization();
    let Organization { management, members: [_, second], .. } = &organization;
    second.control("ec2/regions", json!({ "regions": [HOME] }));
    let error = stderr(&organization.deploy(&["--apply"]), 3);
    assert!(
        error.contains(&format!("account {}, {OTHER}: plumbline-functions-regional", second.id)),
        "{error}"
    );
    let trusted = json!({ "ServicePrincipal": "account.amazonaws.com" });
    management.organizations("EnableAWSServiceAccess", &trusted);
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(
        plan.contains("region-not-enabled: 1 in eu-west-1") && plan.contains("Nothing to do"),
        "{plan}"
    );
}
