//! The sample account, several times.

use serde_json::{Value, json};

/// A snapshot of several accounts, each with the facts of the built-in sample account.
pub fn sample_accounts(count: usize) -> Value {
    let sample = crate::package().join("../packaging/cli/sample");
    let mut facts: Vec<Value> = Vec::new();
    for section in ["identity", "storage", "logging", "monitoring", "network"] {
        let text = std::fs::read(sample.join(section).with_extension("json")).expect("the sample");
        facts.extend(serde_json::from_slice::<Vec<Value>>(&text).expect("JSON"));
    }
    let facts = json!(facts).to_string();
    let account = |place: usize| {
        let id = format!("{:012}", 200_000_000_000 + place);
        let facts: Value = serde_json::from_str(&facts.replace("111122223333", &id)).expect("JSON");
        json!({ "account_id": id, "partition": "aws", "home_region": "us-east-1",
            "regions": ["eu-central-1", "us-east-1"], "facts": facts })
    };
    let accounts: Vec<Value> = (0..count).map(account).collect();
    json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": accounts })
}

/// A snapshot of an account with several security groups. Every second group opens SSH to
/// 0.0.0.0/0.
pub fn security_groups(count: usize) -> Value {
    let group = |place: usize| {
        let source = if place.is_multiple_of(2) { "0.0.0.0/0" } else { "10.0.0.0/8" };
        json!({ "id": format!("sg-{place:017x}"), "name": format!("group-{place}"),
            "owner": "111122223333", "region": "us-east-1", "vpc": "vpc-0a000000000000001",
            "ingress": [{ "protocol": "tcp", "from_port": 22, "to_port": 22, "ipv4": [source],
                "ipv6": [], "groups": [], "prefix_lists": [] }],
            "egress": [] })
    };
    let groups: Vec<Value> = (0..count).map(group).collect();
    json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [{
        "account_id": "111122223333", "partition": "aws", "home_region": "us-east-1",
        "regions": ["us-east-1"],
        "facts": [{ "fact": "SecurityGroups", "region": "us-east-1", "value": groups }] }] })
}
