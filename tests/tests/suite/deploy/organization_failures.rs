//! `--organization`: conflicting accounts, buckets and stacks.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::json;

use super::{Code, HOME, OTHER, Organization, SERVICES, account, regional, status};

#[test]
fn an_account_that_aws_forgot_is_found_and_served() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    stdout(&organization.deploy(&["--apply"]), 0);
    // AWS deployed nothing automatically to this account.
    let joined = Organization::join(management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    let output = organization.deploy(&["--dry-run"]);
    let (plan, error) = (stdout(&output, 3), stderr(&output, 3));
    assert!(!plan.contains("Nothing to do"), "{plan}");
    for expected in [
        format!(
            "error: account {}, {OTHER}: plumbline-functions-regional has not been deployed there",
            joined.id
        ),
        format!(
            "error: account {}, {HOME}: plumbline-own-roles has not been deployed there",
            joined.id
        ),
    ] {
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    stdout(&organization.deploy(&["--apply"]), 0);
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    assert_eq!([first, second, &joined].map(Organization::counts), [all; 3]);

    // A Region that is not named is updated as well, because a stack set has one release for all.
    let report = stdout(
        &organization.deploy_as(management, &Code::new("2"), &["--region", HOME, "--apply"]),
        0,
    );
    assert!(
        report.contains(&format!("{OTHER}: 16 files uploaded"))
            && report.contains("deployed in 2 Regions"),
        "{report}"
    );

    // The stacks of functions contain the rules.
    for region in [OTHER, HOME] {
        management.query(
            "cloudformation",
            "2010-05-15",
            region,
            &[("Action", "DeleteStack"), ("StackName", "plumbline")],
        );
    }
    management.control("work/settle", json!({}));
    assert_eq!(Organization::counts(first), [(0, 0), (0, 0)]);
    let report = stdout(&plumbline_as(management, &["destroy", "--organization", "--apply"]), 0);
    assert!(report.contains("Nothing to do"), "{report}");
}

#[test]
fn what_fails_in_the_deploying_account_takes_nothing_from_the_others() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], code, .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let role = [("RoleName", "plumbline-own-1-4")];
    management.iam(
        &[&[("Action", "CreateRole"), ("AssumeRolePolicyDocument", "{}")], &role[..]].concat(),
    );
    let error = stderr(&organization.deploy(&["--exclude-account", "000000000001", "--apply"]), 3);
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: UPDATE_ROLLBACK_COMPLETE: AWS::IAM::Role",
            management.id
        )),
        "{error}"
    );
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    assert_eq!([first, second].map(Organization::counts), [all; 2]);
    management.iam(&[&[("Action", "DeleteRole")], &role[..]].concat());
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(
        report.contains("excluded, but not active accounts of the organization: 000000000001"),
        "{report}"
    );
    assert_eq!(Organization::counts(management), all);

    // Another account does not see these stacks, and must not deploy beside them.
    for service in SERVICES {
        management.organizations(
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": first.id, "ServicePrincipal": service }),
        );
    }
    let error = stderr(&organization.deploy_as(first, code, &["--dry-run"]), 2);
    assert!(
        error.contains(&format!(
            "the stack sets exist, but account {} did not create them",
            first.id
        )),
        "{error}"
    );
}

#[test]
fn a_bucket_of_another_account_stops_an_organization_and_is_reported() {
    let organization = Organization::new();
    let (management, squatter) = (&organization.management, TestAccount::new());
    squatter.bucket(&format!("plumbline-{}-{OTHER}", management.id), OTHER);
    let error = stderr(&organization.deploy(&["--apply"]), 3);
    assert!(
        error.contains(&format!(
            "account {}, {OTHER}: ROLLBACK_COMPLETE: AWS::S3::Bucket",
            management.id
        )),
        "{error}"
    );
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: the remaining steps did not run: stack sets require the code",
            management.id
        )),
        "{error}"
    );
}

#[test]
fn a_stack_of_another_program_is_not_changed() {
    let (account, code) = (account(), Code::new("1"));
    let template = json!({ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }).to_string();
    account.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "CreateStack"), ("StackName", "plumbline"), ("TemplateBody", &template)],
    );
    for output in [
        code.deploy(&account, &["--apply"]),
        plumbline_as(&account, &["destroy", "--single-account", "--apply"]),
    ] {
        assert!(
            stderr(&output, 2)
                .contains("stack 'plumbline' in us-east-1 was not created by Plumbline"),
            "{}",
            stderr(&output, 2)
        );
    }
    assert_eq!(status(&account, HOME).as_deref(), Some("CREATE_COMPLETE"));
}
