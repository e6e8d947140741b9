//! Counters in the embedded metric format of CloudWatch: one line of JSON that CloudWatch Logs turns into metrics.

use plumbline_aws::publish::security_hub::HubAnswer;
use plumbline_aws::rule::Done;
use serde_json::json;

/// Prints the counters of an invocation.
#[expect(clippy::print_stdout, reason = "Lambda takes metrics from standard output")]
pub(crate) fn print(control: &str, done: &Done) {
    let hub_failures = match &done.hub {
        Some(HubAnswer::Published(published)) => published.failures.len(),
        None | Some(HubAnswer::NotEnabled) => 0,
    };
    let metric = |name: &str| json!({ "Name": name, "Unit": "Count" });
    println!(
        "{}",
        json!({
            "_aws": {
                "Timestamp": chrono::Utc::now().timestamp_millis(),
                "CloudWatchMetrics": [{
                    "Namespace": "Plumbline",
                    "Dimensions": [["Control"], []],
                    "Metrics": [metric("Evaluations"), metric("NotAssessed"), metric("FailedPublishes")]
                }]
            },
            "Control": control,
            "Account": done.account,
            "Evaluations": done.outcome.evaluations.len(),
            "NotAssessed": done.unreadable,
            "FailedPublishes": done.config.failures.len() + hub_failures
        })
    );
}
