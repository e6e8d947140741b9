//! `--functions central`: one set of functions in the deploying account for the rules of all
//! accounts.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::{HOME, OTHER, Organization, SERVICES, functions, regional, rules};

/// The functions and rules of an account that has its own functions.
fn own() -> [(usize, usize); 2] {
    [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())]
}

/// The functions and rules of an account whose rules invoke central functions.
fn served() -> [(usize, usize); 2] {
    own().map(|(_, rules)| (0, rules))
}

/// The functions and rules of the deploying account: in the home Region, two functions check all
/// accounts.
fn deploying() -> [(usize, usize); 2] {
    let [(home, rules), other] = own();
    [(home + 2, rules), other]
}

/// An organization with an AWS Config recorder in all accounts.
pub(crate) fn organization() -> Organization {
    let organization = Organization { functions: None, ..Organization::new() };
    for region in [HOME, OTHER] {
        organization.members[1].recorder(region);
    }
    organization
}

/// Makes an account a delegated administrator.
pub(crate) fn delegate(organization: &Organization, account: &TestAccount) {
    for service in SERVICES {
        organization.management.organizations(
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": account.id, "ServicePrincipal": service }),
        );
    }
}

/// The names of Plumbline's roles in an account.
pub(crate) fn roles(account: &TestAccount) -> Vec<String> {
    // During a move, an account has more roles than a page has by default.
    let answer = account.iam(&[("Action", "ListRoles"), ("MaxItems", "1000")]);
    let names = answer.split("<RoleName>").skip(1).filter_map(|part| part.split('<').next());
    // The second prefix is that of organizations that demand names.
    let is_ours = |name: &&str| name.starts_with("plumbline") || name.starts_with("acme-audit");
    names.filter(is_ours).map(str::to_owned).collect()
}

/// Whether an account has functions with a name prefix in a Region.
fn names_begin(account: &TestAccount, begin: &str) -> bool {
    let mut names = [HOME, OTHER].iter().flat_map(|region| functions(account, region));
    names.any(|name| name.starts_with(begin))
}

#[test]
fn one_set_of_functions_serves_the_rules_of_all_accounts() {
    let organization = organization();
    let Organization { management, members: [audit, other], code, .. } = &organization;
    delegate(&organization, audit);
    // This is the default of a new deployment.
    let plan = stdout(&organization.deploy_as(audit, code, &["--dry-run"]), 0);
    for expected in [
        "stack 'plumbline-central': will be created with the functions",
        "stack 'plumbline-central-permission': will be created with the permission for the \
         organization",
        "stack 'plumbline-members': will be created with the role of the member accounts",
        "stack 'plumbline-organization-tasks': will be created with the daily check of all \
         accounts",
        "gets no functions or rules. Deploy cfn/member-role.yaml there",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    // No function reads a register of an account.
    assert!(!plan.contains("accounts read their own"), "{plan}");
    assert!(!plan.contains("this is the management account"), "{plan}");
    let report = stdout(&organization.deploy_as(audit, code, &["--apply"]), 0);
    assert!(
        report.contains("Accounts: 3, of which 2 covered, 1 skipped, 0 failed"),
        "the management account is not reached: {report}"
    );
    assert_eq!(
        [audit, other, management].map(Organization::counts),
        [deploying(), served(), [(0, 0); 2]]
    );
    assert!(!names_begin(audit, "plumbline-1-"));
    assert_eq!(roles(other), ["plumbline-member"]);

    // The topology is detected, and nothing is deployed again.
    for account in [audit, management] {
        account.forget("calls");
    }
    let again = stdout(&organization.deploy_where_it_is(audit, code, &["--apply"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");
    let calls = audit.calls();
    let changes = [":Put", ":Create", ":Update", ":Delete", ":Execute"];
    assert!(
        !calls.iter().any(|call| changes.iter().any(|change| call.contains(change))),
        "{calls:?}"
    );

    // AWS deploys the role and the rules to an account that joins.
    let joined = Organization::join(management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    management.control("organization/settle", json!({}));
    assert_eq!(Organization::counts(&joined), served());
    assert_eq!(roles(&joined), ["plumbline-member"]);

    // An excluded account loses its rules and its role. Included again, it has them again.
    let exclude =
        organization.deploy_where_it_is(audit, code, &["--exclude-account", &other.id, "--apply"]);
    stdout(&exclude, 0);
    assert_eq!((Organization::counts(other), roles(other)), ([(0, 0); 2], Vec::new()));
    assert_eq!(Organization::counts(&joined), served());
    let include = ["--exclude-account", "none", "--apply"];
    // Users report this for delegated administrators: the status of the pack stays in progress.
    audit.control("config/stuck-packs", json!({ "stuck": true }));
    let report = stdout(&organization.deploy_where_it_is(audit, code, &include), 0);
    assert!(report.contains("pack 'plumbline-global' is in all accounts after"), "{report}");
    let again = stdout(&organization.deploy_where_it_is(audit, code, &["--dry-run"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");
    audit.control("config/stuck-packs", json!({ "stuck": false }));
    assert_eq!((Organization::counts(other), roles(other).len()), (served(), 1));

    // A Region that is removed.
    let remove = ["--remove-region", OTHER, "--apply"];
    stdout(&organization.deploy_where_it_is(audit, code, &remove), 0);
    assert_eq!(Organization::counts(other), [served()[0], (0, 0)]);
    assert_eq!(Organization::counts(audit), [deploying()[0], (0, 0)]);

    let destroy = |mode: &str| plumbline_as(audit, &["destroy", "--organization", mode]);
    let plan = stdout(&destroy("--dry-run"), 0);
    for stack in ["plumbline-members", "plumbline-central-permission", "plumbline-central"] {
        assert!(plan.contains(&format!("stack '{stack}' (")), "{stack}\n{plan}");
    }
    let pack =
        "organization pack 'plumbline-global': will be deleted with the rules of all accounts";
    assert!(plan.contains(pack), "{plan}");
    let report = stdout(&destroy("--apply"), 0);
    let at = |what: &str| report.find(what).unwrap_or_else(|| panic!("{what}\n{report}"));
    assert!(
        at("pack 'plumbline-regional' is deleted") < at("deleting stack 'plumbline-central'"),
        "rules before functions: {report}"
    );
    for account in [audit, other, &joined] {
        assert_eq!((Organization::counts(account), roles(account)), ([(0, 0); 2], Vec::new()));
    }
}

#[test]
fn the_management_account_is_served_where_it_deploys() {
    let organization = organization();
    let Organization { management, members, .. } = &organization;
    stdout(&organization.deploy(&["--functions", "central", "--apply"]), 0);
    let json = stdout(&organization.deploy(&["--dry-run", "--format", "json"]), 0);
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(plan["functions"], "central");
    let steps = plan["steps"].as_array().expect("a list");
    let is_there = |what: &str| steps.iter().any(|step| step["what"] == what);
    assert!(is_there("stack plumbline-central") && is_there("stack plumbline-members"), "{json}");
    assert!(steps.iter().all(|step| step["action"] == "nothing"), "{json}");
    assert_eq!(Organization::counts(management), deploying());
    assert!(members.iter().all(|member| Organization::counts(member) == served()));
    let roles = roles(management);
    assert!(roles.contains(&"plumbline-member".to_owned()), "{roles:?}");
    let again = stdout(&organization.deploy(&["--apply"]), 0);
    let warning = "this is the management account, and AWS advises against workloads there";
    assert!(again.contains("Nothing to do") && again.contains(warning), "{again}");
}

#[test]
fn accounts_move_to_central_functions_and_back_and_keep_their_rules() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let deploy =
        |functions: &str, mode: &str| organization.deploy(&["--functions", functions, mode]);
    stdout(&organization.deploy(&["--apply", "--functions", "own"]), 0);
    assert_eq!([management, first, second].map(Organization::counts), [own(); 3]);

    let plan = stdout(&deploy("central", "--dry-run"), 0);
    assert!(
        plan.contains(
            "stack sets: the functions of the accounts will be deleted after all rules invoke the \
             central functions"
        ),
        "{plan}"
    );
    // A conflicting role exists: the rules keep their functions, and the other accounts are not
    // affected.
    let role = [("RoleName", "plumbline-member")];
    second.iam(
        &[&[("Action", "CreateRole"), ("AssumeRolePolicyDocument", "{}")], &role[..]].concat(),
    );
    let error = stderr(&deploy("central", "--apply"), 3);
    assert!(
        error.contains(
            "rules invoke the functions of their accounts until every account has the role for \
             central functions; --exclude-account excludes an account"
        ),
        "{error}"
    );
    // The cause comes before what follows from it.
    let cause = format!("error: account {}, {HOME}: plumbline-member-role is FAILED", second.id);
    assert!(error.starts_with(&cause), "{error}");
    assert!(error.contains("is still deployed but should be deleted"), "{error}");
    assert_eq!([first, second].map(Organization::counts), [own(); 2]);
    second.iam(&[&[("Action", "DeleteRole")], &role[..]].concat());
    stdout(&deploy("central", "--apply"), 0);
    assert_eq!(
        [management, first, second].map(Organization::counts),
        [deploying(), served(), served()]
    );
    assert!(!names_begin(management, "plumbline-1-"));
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));

    let plan = stdout(&deploy("own", "--dry-run"), 0);
    assert!(
        plan.contains(
            "stack 'plumbline-central': will be deleted after all rules invoke the functions of \
             their accounts"
        ),
        "{plan}"
    );
    stdout(&deploy("own", "--apply"), 0);
    assert_eq!([management, first, second].map(Organization::counts), [own(); 3]);
    assert!(!names_begin(management, "plumbline-central-"));
    assert!(!roles(first).contains(&"plumbline-member".to_owned()));
    assert_eq!(rules(second, HOME), CONTROLS.len());
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));
}

#[test]
fn what_a_member_changes_is_found_and_made_again() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let checked = |mode: &str| {
        organization.deploy(&["--functions", "central", "--check-drift", mode, "--format", "json"])
    };
    let document = |output: &std::process::Output, code: i32| -> Value {
        serde_json::from_str(&stdout(output, code)).expect("JSON")
    };
    let drift = document(&checked("--apply"), 0)["drift"].clone();
    assert_eq!(drift, json!({ "checked_at": null, "places": [] }), "nothing was there to check");
    let drift = document(&checked("--dry-run"), 0)["drift"].clone();
    assert!(drift["checked_at"].is_string() && drift["places"] == json!([]), "{drift}");

    let policy = format!("arn:aws:iam::{}:policy/plumbline-member", first.id);
    let detach = [("Action", "DetachRolePolicy"), ("RoleName", "plumbline-member")];
    first.iam(&[&detach[..], &[("PolicyArn", &policy)]].concat());
    // AWS detects drift only on request.
    let unchecked = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(unchecked.contains("Nothing to do"), "{unchecked}");
    let plan = document(&checked("--dry-run"), 3);
    let places = plan["drift"]["places"].as_array().expect("a list");
    assert_eq!(places.len(), 1, "{plan}");
    assert_eq!(
        (&places[0]["account"], &places[0]["what"], &places[0]["state"]),
        (&json!(first.id), &json!("plumbline-member-role"), &json!("drifted"))
    );
    assert_eq!(plan["accounts"]["failed"], 1);

    // Drift that was found is remembered and reverted. The other account is not changed.
    second.forget("calls");
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(
        report.contains(
            "deleting 'plumbline-member-role' in 1 account of us-east-1 to create it again"
        ),
        "{report}"
    );
    assert_eq!(second.calls(), Vec::<String>::new());
    let attached = first.iam(&[("Action", "ListAttachedRolePolicies"), detach[1]]);
    assert!(attached.contains(&policy), "{attached}");
    document(&checked("--dry-run"), 0);

    // The role itself, and a function in accounts that have their own functions.
    first.iam(&[&detach[..], &[("PolicyArn", &policy)]].concat());
    first.iam(&[("Action", "DeleteRole"), detach[1]]);
    assert_eq!(document(&checked("--dry-run"), 3)["accounts"]["failed"], 1);
    document(&checked("--apply"), 0);
    assert_eq!(roles(first), ["plumbline-member"]);
    stdout(&organization.deploy(&["--functions", "own", "--apply"]), 0);
    let name = format!("{}/2015-03-31/functions/plumbline-5-2", endpoint());
    ureq::delete(&name)
        .header("Authorization", second.authorization("lambda", OTHER))
        .call()
        .expect("a function is deleted");
    let error = stderr(&organization.deploy(&["--check-drift", "--dry-run"]), 3);
    let expected =
        format!("account {}, {OTHER}: plumbline-functions-regional is DRIFTED", second.id);
    assert!(error.contains(&expected), "{error}");
    stdout(&organization.deploy(&["--apply"]), 0);
    assert_eq!([management, first, second].map(Organization::counts), [own(); 3]);
    assert!(functions(second, OTHER).contains(&"plumbline-5-2".to_owned()));
}
