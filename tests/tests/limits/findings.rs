//! Findings of earlier runs do not fill the memory.

use plumbline_tests::large_account::{Faults, LargeAccount, Resources};
use serde_json::{Value, json};

use crate::function::{Confined, TIMEOUT};

fn archived(at: usize) -> Value {
    let (account, region) = (LargeAccount::ID, LargeAccount::REGION);
    let id =
        format!("plumbline/cis-1.5.0/5.2/{region}/{account}/AWS::EC2::SecurityGroup/gone-{at}");
    json!({
        "Id": id, "RecordState": "ARCHIVED", "SchemaVersion": "2018-10-08",
        "ProductArn": format!("arn:aws:securityhub:{region}:{account}:product/{account}/default"),
        "GeneratorId": "plumbline/cis-aws-foundations/1.5.0/5.2", "AwsAccountId": account,
        "CreatedAt": "2026-01-01T00:00:00.000Z", "UpdatedAt": "2026-01-02T00:00:00.000Z",
        "Severity": { "Label": "INFORMATIONAL" }, "Title": "t", "Description": "d",
        "Resources": [{ "Type": "AwsEc2SecurityGroup", "Id": format!("gone-{at}") }],
        "Compliance": { "Status": "NOT_AVAILABLE" }
    })
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn archived_findings_cost_nothing() {
    let large = LargeAccount::start(
        Resources { groups: 20, ..Resources::default() },
        Faults::default().publishing_rates(),
    );
    large.add_findings((0..8_000).map(archived));
    let run = Confined::start(&large, "5.2", TIMEOUT).run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert!(run.memory < 100, "{run:?}");
    assert!(large.calls()["securityhub:GetFindings"] < 10, "{:?}", large.calls());
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn one_of_many_groups_that_opens_is_reported() {
    const GROUPS: usize = 7_500;
    let large = LargeAccount::start(
        Resources { groups: GROUPS, ..Resources::default() },
        Faults::default().publishing_rates(),
    );
    let mut function = Confined::start(&large, "5.2", TIMEOUT);
    let run = function.run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert_eq!(large.findings().len(), GROUPS);
    large.change(|resources| resources.bad = vec![4_711]);
    let run = function.run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert!(run.memory < 200, "{run:?}");
    assert_eq!(large.evaluations()["sg-004711"].compliance, "NON_COMPLIANT");
    let failed: Vec<String> = large
        .findings()
        .into_iter()
        .filter(|(_, held)| held.status() == "FAILED")
        .map(|(id, _)| id)
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].ends_with("sg-004711"), "{failed:?}");
}
