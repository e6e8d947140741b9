//! The sample account, several times.

use serde_json::{Value, json};

/// A snapshot of as many accounts as wanted, each as the built-in sample account.
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
