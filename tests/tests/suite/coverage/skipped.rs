//! Accounts and Regions without coverage: they are counted, and are no failures.

use serde_json::json;

use super::{CoveredOrganization, HOME, OTHER, both, of, states, without_recorder};

#[test]
fn places_without_coverage_are_skipped() {
    let organization = CoveredOrganization::new(2);
    let CoveredOrganization { management, audit, members, spare, .. } = &organization;
    let [denied, small] = members.as_slice() else { panic!("two members") };
    small.control("ec2/regions", json!({ "regions": [HOME] }));
    for account in [audit, denied, small] {
        for region in [HOME, OTHER] {
            without_recorder(account, region);
        }
    }
    management.organizations("CloseAccount", &json!({ "AccountId": spare.id }));
    let off = ["WithoutConfig=off".to_owned(), "Packs=off".to_owned()];
    organization.deploy(&[audit, denied, small], &off);
    management.control("organization/scp", json!({ "target": denied.id, "regions": [OTHER] }));

    let summary = organization.run();
    assert_eq!(states(&summary, audit), both("no-recorder", "no-recorder"));
    assert_eq!(states(&summary, denied), both("region-denied", "no-recorder"));
    assert_eq!(states(&summary, small), both("region-not-enabled", "no-recorder"));
    assert_eq!(of(&summary, spare)["state"], "suspended");
    assert_eq!(of(&summary, management)["state"], "management-account");
    assert_eq!(summary["counts"]["failed"], 0, "{summary}");
    assert_eq!(summary["counts"]["skipped"], 5, "{summary}");
    assert_eq!(organization.finding(denied), None, "nothing is said of what is skipped");
}

#[test]
fn an_account_without_a_recorder_is_reported_where_nothing_scans_it() {
    let organization = CoveredOrganization::new(1);
    let CoveredOrganization { audit, members, unit, .. } = &organization;
    let [member] = members.as_slice() else { panic!("a member") };
    without_recorder(member, HOME);
    without_recorder(member, OTHER);
    let parameters = [
        format!("OrganizationalUnitIds={unit}"),
        format!("ExcludedAccounts={}", audit.id),
        "WithoutConfig=report".to_owned(),
    ];
    organization.deploy(&[member], &parameters);
    let summary = organization.run();
    assert_eq!(states(&summary, member), both("no-recorder", "no-recorder"));
    assert_eq!(summary["counts"]["failed"], 1);
    assert_eq!(summary["problems"], json!([]));
    let (status, reason) = organization.finding(member).expect("a finding");
    assert_eq!(status, "FAILED");
    assert!(reason.contains("AWS Config has no recorder"), "{reason}");
}
