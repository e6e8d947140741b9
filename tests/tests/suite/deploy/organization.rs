//! `--organization`: plans, updates and delegated administrators.

use plumbline_core::benchmark::Scope;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::{Code, HOME, OTHER, Organization, SERVICES, account, regional};

#[test]
fn an_organization_is_planned_by_those_who_may_deploy_to_it() {
    let Organization { management, members: [member, _], code, .. } = &Organization::new();
    let file = code.file.display().to_string();
    let arguments = ["deploy", "--organization", "--region", HOME, "--code", &file, "--dry-run"];
    let error = stderr(&plumbline_as(&account(), &arguments), 2);
    assert!(error.contains("is not a member of an organization"), "{error}");
    let error = stderr(
        &plumbline_as(management, &[&arguments[..], &["--organizational-unit", "banana"]].concat()),
        2,
    );
    assert!(
        error.contains("invalid value 'banana' of parameter 'OrganizationalUnitIds'"),
        "{error}"
    );
    management.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "DeactivateOrganizationsAccess")],
    );
    let error = stderr(&plumbline_as(management, &arguments), 2);
    assert!(
        error.contains(&format!(
            "the management account {}: aws cloudformation activate-organizations-access",
            management.id
        )),
        "{error}"
    );
    management.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "ActivateOrganizationsAccess")],
    );
    let plan = stdout(&plumbline_as(management, &arguments), 0);
    for expected in [
        "from its management account",
        "Functions and rules will be deployed to 3 of 3 active accounts below r-",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    assert!(!plan.contains("trusted access"), "{plan}");

    let error = stderr(&plumbline_as(member, &arguments), 2);
    assert!(
        error.contains("aws organizations register-delegated-administrator --account-id")
            && error.contains(&management.id),
        "{error}"
    );
    for service in SERVICES {
        management.organizations(
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": member.id, "ServicePrincipal": service }),
        );
    }
    let plan = stdout(&plumbline_as(member, &arguments), 0);
    assert!(
        plan.contains("from a delegated administrator")
            && plan.contains(&format!(
                "The management account {} gets no functions or rules",
                management.id
            )),
        "{plan}"
    );
    for service in &SERVICES[1..] {
        management
            .organizations("DisableAWSServiceAccess", &json!({ "ServicePrincipal": service }));
    }
    let warning = |service: &str| format!("trusted access for {service} is not enabled");
    let plan = stdout(&plumbline_as(management, &arguments), 0);
    assert!(plan.contains(&warning(SERVICES[1])) && plan.contains(&warning(SERVICES[2])), "{plan}");
    let own = [&arguments[..], &["--functions", "own"]].concat();
    let plan = stdout(&plumbline_as(management, &own), 0);
    assert!(!plan.contains(&warning(SERVICES[1])), "without organization packs: {plan}");
    assert!(!plan.contains("organization pack"), "the stacks have the rules: {plan}");
}

#[test]
fn an_organization_gets_all_and_a_failure_in_one_account_is_reported_and_retried() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];

    // An account without a recorder is a state, not a failure.
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    let skipped = "Accounts: 3, of which 2 covered, 1 skipped, 0 failed\n  no-recorder: 1 in \
        eu-west-1, 1 in us-east-1\n";
    assert!(report.contains(skipped), "{report}");
    assert_eq!(
        [management, first].map(Organization::counts),
        [all, all],
        "a failure in one account does not affect the others"
    );
    assert_eq!(Organization::counts(second), [(0, 0); 2], "functions and rules, or neither");
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains(skipped) && plan.contains("Nothing to do"), "{plan}");
    let error = stderr(&organization.deploy(&["--dry-run", "--strict"]), 3);
    for (region, set) in [(HOME, "global"), (HOME, "regional"), (OTHER, "regional")] {
        let expected = format!(
            "account {}, {region}: plumbline-functions-{set} is FAILED: ResourceLogicalId:Pack",
            second.id
        );
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    assert_eq!(error.matches("error: ").count(), 3, "nothing else failed: {error}");

    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let report = stdout(&organization.deploy(&["--apply", "--strict"]), 0);
    assert!(
        report.contains("retrying 'plumbline-functions-global' in 1 stack instance")
            && report.contains("Done:"),
        "{report}"
    );
    assert_eq!(Organization::counts(second), all);
    // Rules do not run here: each control of each account has no result, and none is a pass.
    let matrix = stdout(
        &plumbline_as(management, &["report", "--aggregator", "plumbline", "--format", "json"]),
        0,
    );
    let matrix: Value = serde_json::from_str(&matrix).expect("JSON");
    assert_eq!(matrix["accounts"].as_array().map(Vec::len), Some(3), "{matrix}");
    assert!(!matrix.to_string().contains("\"COMPLIANT\""), "{matrix}");
    management.forget("calls");
    for mode in ["--dry-run", "--apply"] {
        let again = stdout(&organization.deploy(&[mode]), 0);
        assert!(again.contains("Nothing to do"), "{again}");
    }
    let calls = management.calls();
    assert!(
        !calls.iter().any(|call| call.contains(":Put") || call.contains(":Create")),
        "{calls:?}"
    );

    // AWS automatically deploys to an account that joins.
    let joined = Organization::join(management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    management.control("organization/settle", json!({}));
    assert_eq!(Organization::counts(&joined), all);
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));

    // The stack sets are deleted outside of the program.
    management.fault(
        "cloudformation",
        "ListStackInstances",
        "code",
        json!({ "code": "StackSetNotFoundException", "status": 404 }),
    );
    let error = stderr(&organization.deploy(&["--dry-run"]), 3);
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: plumbline-functions-global has not been deployed there",
            first.id
        )),
        "{error}"
    );
    management.forget("faults");

    // A Region that is denied now must be neither forgotten nor left behind: both commands fail.
    management.fault("cloudformation", "DescribeStacks", "denied", json!({ "region": OTHER }));
    let destroy = plumbline_as(management, &["destroy", "--organization", "--apply"]);
    for output in [organization.deploy(&["--region", HOME, "--apply"]), destroy] {
        assert!(
            stderr(&output, 3).contains("the stack sets also deploy to eu-west-1"),
            "{}",
            stderr(&output, 3)
        );
    }
    assert_eq!(Organization::counts(first), all);
}

#[test]
fn what_is_set_for_an_organization_stays_until_it_is_set_otherwise() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let units = management.organizations("ListRoots", &json!({}))["Roots"][0]["Id"]
        .as_str()
        .expect("a root")
        .to_owned();
    let unit = management
        .organizations("CreateOrganizationalUnit", &json!({ "ParentId": units, "Name": "unit" }));
    let unit = unit["OrganizationalUnit"]["Id"].as_str().expect("a unit").to_owned();
    management.organizations(
        "MoveAccount",
        &json!({ "AccountId": first.id, "SourceParentId": units, "DestinationParentId": unit }),
    );

    let level_1 = |regional: bool| {
        CONTROLS
            .iter()
            .filter(|control| control.level == 1 && (!regional || control.scope == Scope::Regional))
            .count()
    };
    let some = [(CONTROLS.len(), level_1(false)), (regional(), level_1(true))];
    let plan = stdout(
        &organization.deploy(&[
            "--organizational-unit",
            &unit,
            "--level",
            "1",
            "--parameter-overrides",
            "MaxAccessKeyAge=60",
            "--apply",
        ]),
        0,
    );
    let outside = format!("Outside of these units: 1 account ({})", second.id);
    assert!(plan.contains(&outside), "{plan}");
    assert_eq!([management, first].map(Organization::counts), [some, some]);
    assert_eq!(Organization::counts(second), [(0, 0), (0, 0)], "it is in no unit");
    assert!(
        stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"),
        "all of it stays as it was set"
    );

    // The rules change with the stacks.
    let report = stdout(
        &organization.deploy(&["--level", "2", "--exclude-account", &management.id, "--apply"]),
        0,
    );
    assert!(report.contains("Level 1 -> 2"), "{report}");
    assert_eq!(
        Organization::counts(first),
        [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())]
    );
    assert_eq!(Organization::counts(management), [(0, 0), (0, 0)], "an exclusion counts for all");
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));

    let next = Code::new("2");
    stdout(&organization.deploy_as(management, &next, &["--apply"]), 0);
    let without = ["--parameter-overrides", "Packs=off"];
    let plan = organization.deploy_as(management, &next, &[&without[..], &["--dry-run"]].concat());
    assert!(stdout(&plan, 0).contains("will be updated: Packs on -> off"));
    stdout(&organization.deploy_as(management, &next, &[&without[..], &["--apply"]].concat()), 0);
    assert_eq!(Organization::counts(first), [(CONTROLS.len(), 0), (regional(), 0)]);

    // A closed account is not a failure.
    stdout(
        &organization.deploy_as(
            management,
            &next,
            &["--organizational-unit", &units, "--parameter-overrides", "Packs=on", "--apply"],
        ),
        0,
    );
    management.organizations("CloseAccount", &json!({ "AccountId": second.id }));
    // It does not vanish from plans, also before stack sets find out.
    let plan = organization.deploy_as(management, &next, &["--dry-run", "--format", "json"]);
    let plan: Value = serde_json::from_str(&stdout(&plan, 0)).expect("JSON");
    assert_eq!(plan["accounts"]["skipped"]["suspended"], 1, "{plan}");
    let report = stdout(&organization.deploy_as(management, &Code::new("3"), &["--apply"]), 0);
    assert!(report.contains("suspended: 1 in all Regions\n"), "{report}");
    let instances = management.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "ListStackInstances"), ("StackSetName", "plumbline-functions-global")],
    );
    assert!(instances.contains("SKIPPED_SUSPENDED_ACCOUNT"), "{instances}");
}

#[test]
fn a_delegated_administrator_deploys_and_removes() {
    let organization = Organization::new();
    let Organization { management, members: [administrator, other], code, .. } = &organization;
    for region in [HOME, OTHER] {
        other.recorder(region);
    }
    for service in SERVICES {
        management.organizations(
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": administrator.id, "ServicePrincipal": service }),
        );
    }
    // A conflicting role exists: the roles of that account fail, and functions and rules with them.
    let role = [("RoleName", "plumbline-own-1-4")];
    other.iam(
        &[&[("Action", "CreateRole"), ("AssumeRolePolicyDocument", "{}")], &role[..]].concat(),
    );
    let error = stderr(&organization.deploy_as(administrator, code, &["--apply"]), 3);
    for expected in [
        format!("account {}, {HOME}: plumbline-own-roles is FAILED: ", other.id),
        format!("account {}, {HOME}: plumbline-functions-global is FAILED: ", other.id),
    ] {
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    assert_eq!(Organization::counts(administrator), all);
    assert_eq!(Organization::counts(other), [(0, 0); 2]);
    assert_eq!(Organization::counts(management), [(0, 0), (0, 0)], "stack sets leave it out");
    other.iam(&[&[("Action", "DeleteRole")], &role[..]].concat());
    let report = stdout(&organization.deploy_as(administrator, code, &["--apply"]), 0);
    assert!(
        report.contains("retrying 'plumbline-functions-global' in 1 stack instance"),
        "{report}"
    );
    assert_eq!(Organization::counts(other), all);
    let again = stdout(&organization.deploy_as(administrator, code, &["--dry-run"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");

    let destroy =
        |mode: &str| stdout(&plumbline_as(administrator, &["destroy", "--organization", mode]), 0);
    assert!(destroy("--dry-run").contains("stack 'plumbline' (UPDATE_COMPLETE, release"));
    assert_eq!(Organization::counts(other), all);
    assert!(destroy("--apply").contains("deleting stack 'plumbline'"));
    assert_eq!([administrator, other].map(Organization::counts), [[(0, 0); 2]; 2]);
    assert!(destroy("--apply").contains("Nothing to do"));
}
