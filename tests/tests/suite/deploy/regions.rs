//! `--organization`: the Regions of a deployment.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::checks::assert_valid;
use plumbline_tests::programs::{stderr, stdout};
use serde_json::{Value, json};

use super::{HOME, OTHER, Organization, json_call, regional, status};

/// Enabled in the management account; AWS Config is not in use there.
const UNUSED: &str = "sa-east-1";

/// The functions and rules of a member in both Regions.
fn all() -> [(usize, usize); 2] {
    [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())]
}

/// An organization that could be deployed to three Regions.
fn organization() -> Organization {
    let organization = Organization::new();
    let regions = json!({ "regions": [HOME, OTHER, UNUSED] });
    organization.management.control("ec2/regions", regions);
    for region in [HOME, OTHER] {
        organization.members[1].recorder(region);
    }
    organization
}

#[test]
fn a_first_deployment_states_where_aws_config_is_in_use_and_deploys_nowhere() {
    let organization = organization();
    let Organization { management, members: [first, _], code, .. } = &organization;
    for mode in ["--dry-run", "--apply"] {
        let error = stderr(&organization.deploy_where_it_is(management, code, &[mode]), 2);
        for expected in [
            "nothing is deployed, and no Region is given",
            "\n  us-east-1: an AWS Config recorder in this account\n",
            "\n  eu-west-1: an AWS Config recorder in this account\n",
            "\n  sa-east-1: AWS Config not found\n",
            "plumbline deploy --organization --region us-east-1,eu-west-1 --dry-run",
        ] {
            assert!(error.contains(expected), "{expected}\n{error}");
        }
    }
    assert_eq!(Organization::counts(first), [(0, 0); 2]);

    let at = |more: &[&str]| organization.deploy_where_it_is(management, code, more);
    let error = stderr(&at(&["--region", OTHER, "--dry-run"]), 2);
    assert!(error.contains("the home Region us-east-1 is not among the given Regions"), "{error}");
    let error = stderr(&at(&["--region", "governed,eu-west-1", "--dry-run"]), 2);
    assert!(error.contains("--region governed requires --organization"), "{error}");

    // Exactly the governed Regions, and later the deployed ones.
    stdout(&at(&["--region", "governed", "--apply"]), 0);
    assert_eq!(Organization::counts(first), all());
    let plan = stdout(&at(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do"), "{plan}");
    assert!(plan.contains(OTHER) && !plan.contains(UNUSED), "{plan}");
}

#[test]
fn an_aggregator_of_the_organization_shows_regions_that_members_use() {
    let organization = organization();
    let Organization { management, members: [first, _], code, .. } = &organization;
    let aggregate = |name: &str, source: serde_json::Value| {
        let body = json!({ "ConfigurationAggregatorName": name,
            "OrganizationAggregationSource": source });
        json_call(
            management,
            HOME,
            "config",
            "StarlingDoveService.PutConfigurationAggregator",
            &body,
        );
    };
    let role = "arn:aws:iam::111122223333:role/aggregator";
    aggregate("every", json!({ "RoleArn": role, "AllAwsRegions": true }));
    first.control("config/recorded", json!({ "region": UNUSED }));
    let at = |more: &[&str]| organization.deploy_where_it_is(management, code, more);
    let error = stderr(&at(&["--dry-run"]), 2);
    assert!(
        error.contains("\n  sa-east-1: resources in the organization aggregator 'every'\n"),
        "{error}"
    );
    aggregate("some", json!({ "RoleArn": role, "AwsRegions": [OTHER] }));
    let error = stderr(&at(&["--dry-run"]), 2);
    assert!(error.contains("listed in the organization aggregator 'some'"), "{error}");
    let plan = stdout(&at(&["--region", "governed", "--dry-run"]), 0);
    assert!(plan.contains(UNUSED), "{plan}");

    // A Region that cannot be read is reported, and proves nothing.
    management.fault(
        "config",
        "DescribeConfigurationRecorderStatus",
        "denied",
        json!({ "region": OTHER }),
    );
    let error = stderr(&at(&["--dry-run"]), 2);
    assert!(error.contains("cannot read recorders (AccessDeniedException)"), "{error}");
}

#[test]
fn a_region_is_removed_with_its_rules_functions_and_stack() {
    let organization = organization();
    let Organization { management, members: [first, second], code, .. } = &organization;
    let at = |more: &[&str]| organization.deploy_where_it_is(management, code, more);
    stdout(&at(&["--region", "governed", "--apply"]), 0);
    let error = stderr(&at(&["--remove-region", HOME, "--dry-run"]), 2);
    assert!(error.contains("the home Region us-east-1 cannot be removed"), "{error}");
    let error = stderr(&at(&["--region", OTHER, "--remove-region", OTHER, "--dry-run"]), 2);
    assert!(error.contains("is given with both --region and --remove-region"), "{error}");

    let plan = stdout(&at(&["--remove-region", OTHER, "--dry-run"]), 0);
    assert!(
        plan.contains("eu-west-1: will be removed")
            && plan.contains(
                "stack sets: the functions of all accounts will be deleted with their rules and \
                 results"
            ),
        "{plan}"
    );
    assert_eq!(Organization::counts(first), all());
    let report = stdout(&at(&["--remove-region", OTHER, "--apply"]), 0);
    assert!(report.contains("eu-west-1: deleting the stack"), "{report}");
    let home_only = [all()[0], (0, 0)];
    assert_eq!([management, first, second].map(Organization::counts), [home_only; 3]);
    assert_eq!(status(management, OTHER), None);
    let plan = stdout(&at(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do") && !plan.contains(OTHER), "{plan}");
    // The Region can be added again.
    stdout(&at(&["--region", OTHER, "--apply"]), 0);
    assert_eq!([management, first, second].map(Organization::counts), [all(); 3]);

    // A policy now denies the Region to the deploying account.
    management.fault("cloudformation", "DescribeStacks", "denied", json!({ "region": OTHER }));
    let error = stderr(&at(&["--dry-run"]), 3);
    assert!(
        error.contains("plumbline deploy --organization --remove-region eu-west-1 --apply"),
        "{error}"
    );
    let report = stdout(&at(&["--remove-region", OTHER, "--apply"]), 0);
    assert!(
        report.contains("cannot check for stack 'plumbline'") && report.contains("Done:"),
        "{report}"
    );
    assert_eq!([first, second].map(Organization::counts), [home_only; 2]);
    let plan = stdout(&at(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do"), "{plan}");
    management.forget("faults");
    let plan = stdout(&at(&["--dry-run"]), 0);
    assert!(
        plan.contains(
            "will not change, because the Region is not given. To remove it, give --remove-region"
        ),
        "{plan}"
    );
    stdout(&at(&["--remove-region", OTHER, "--apply"]), 0);
    assert_eq!(status(management, OTHER), None);
}

#[test]
fn plan_and_result_are_documents_too() {
    let organization = Organization::new();
    let Organization { management, members: [_, second], code, .. } = &organization;
    let at = |more: &[&str]| organization.deploy_where_it_is(management, code, more);
    let regions = ["--region", "governed", "--format", "json"];
    let document = |text: &str| {
        let document: Value = serde_json::from_str(text).expect("JSON");
        assert_valid("deployment", &document);
        document
    };
    let plan = document(&stdout(&at(&[&regions[..], &["--dry-run"]].concat()), 0));
    assert_eq!(plan["kind"], "plan");
    assert_eq!(plan["accounts"]["total"], 3);
    assert_eq!(plan["accounts"]["covered"], 0);
    assert_eq!(plan["steps"][0]["action"], "create");

    let output = at(&[&regions[..], &["--apply"]].concat());
    assert!(stderr(&output, 0).contains("Done:"), "texts go to standard error");
    let result = document(&stdout(&output, 0));
    assert_eq!(result["kind"], "result");
    assert_eq!(result["regions"], json!([HOME, OTHER]));
    let counts = json!({ "total": 3, "covered": 2, "scanned": 0, "not_checked": 0,
        "skipped": { "no-recorder": 1 }, "failed": 0 });
    assert_eq!(result["accounts"], counts);
    assert_eq!(result["places"][0]["account"], second.id);
    let done = |step: &Value| step["state"] == "done";
    assert!(result["steps"].as_array().expect("steps").iter().all(done), "{result}");

    // Into a file, with the failures of a strict run.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.json");
    let format = format!("json={}", file.display());
    let error = stderr(&at(&["--strict", "--dry-run", "--format", &format]), 3);
    assert!(error.contains("plumbline-functions-global is FAILED"), "{error}");
    let plan = document(&std::fs::read_to_string(&file).expect("the plan"));
    assert_eq!(plan["accounts"], counts);
}
