//! The project that deploys to accounts again has few permissions, and takes nothing from events.

use serde_json::{Value, json};

use super::roles::{allowed, policy, policy_size};
use super::template;

#[test]
fn a_run_changes_accounts_and_nothing_that_gives_permissions() {
    let template = template("reconcile");
    let role = &template["Resources"]["Role"];
    let policy = policy(template, role);
    assert!(policy_size(policy) <= 6_144, "{} characters", policy_size(policy));
    for (action, on) in allowed(policy) {
        let (service, name) = action.split_once(':').expect("an action");
        let reads = ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb));
        let changes = match service {
            "cloudformation" => [
                "CreateChangeSet",
                "DeleteChangeSet",
                "ExecuteChangeSet",
                "UpdateStack",
                "UpdateStackSet",
                "CreateStackInstances",
                "DeleteStackInstances",
                "UpdateStackInstances",
            ]
            .contains(&name),
            "config" => name == "PutOrganizationConformancePack",
            "iam" => {
                let states = "role${RolePath}${NamePrefix}-organization-states";
                name == "PassRole" && on.ends_with(states)
            }
            "logs" => {
                name.starts_with("Tag")
                    || name.starts_with("Untag")
                    || on.contains("/aws/codebuild/plumbline-reconcile:")
            }
            // Objects of a bucket with a key are read through Amazon S3.
            "kms" => name == "Decrypt",
            "organizations" => name == "EnableAWSServiceAccess",
            "s3" => name == "PutBucketTagging",
            "states" => name == "UpdateStateMachine",
            _ => false,
        };
        assert!(reads || changes, "{action} on {on}");
        assert!(reads || on != "*" || service == "organizations", "{action} on {on}");
    }
    let conditions: Vec<&Value> = policy["Statement"]
        .as_array()
        .expect("statements")
        .iter()
        .filter(|one| {
            ["iam:PassRole", "organizations:EnableAWSServiceAccess"]
                .iter()
                .any(|action| one["Action"][0] == **action)
        })
        .map(|one| &one["Condition"]["StringEquals"])
        .collect();
    assert_eq!(
        conditions,
        [
            &json!({ "iam:PassedToService": "states.amazonaws.com" }),
            &json!({ "organizations:ServicePrincipal":
                "config-multiaccountsetup.amazonaws.com" })
        ]
    );
}

#[test]
fn events_start_the_project_and_pass_nothing_to_it() {
    let resources = &template("reconcile")["Resources"];
    let rule = &resources["Rule"]["Properties"];
    let targets = rule["Targets"].as_array().expect("a list");
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0]["Input"], "{}");
    assert!(targets[0].get("InputPath").is_none() && targets[0].get("InputTransformer").is_none());
    assert_eq!(rule["ScheduleExpression"], "rate(6 hours)");
    let events = rule["EventPattern"]["detail"]["eventName"].as_array().expect("a list");
    for event in ["CreateAccountResult", "MoveAccount", "CreateManagedAccount"] {
        assert!(events.contains(&json!(event)), "{event}");
    }
    let project = &resources["Project"]["Properties"];
    assert_eq!(project["ConcurrentBuildLimit"], 1);
    assert_eq!(project["Environment"]["PrivilegedMode"], false);
    assert!(project["Environment"].get("EnvironmentVariables").is_none());
    let start = policy(template("reconcile"), &resources["StartRole"]);
    let allowed: Vec<String> = allowed(start).into_iter().map(|(action, _)| action).collect();
    assert_eq!(allowed, ["codebuild:StartBuild"]);
}
