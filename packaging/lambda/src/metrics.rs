//! Counters in the CloudWatch embedded metric format: one line of JSON that CloudWatch Logs turns
//! into metrics.

use plumbline_aws::handler::Handled;
use plumbline_aws::publish::security_hub::HubAnswer;
use serde_json::{Value, json};

const NAMESPACE: &str = "Plumbline";
const ACCOUNTS_NOT_COVERED: &str = "AccountsNotCovered";

/// `PLUMBLINE_METRICS`: the counters that become metrics. CloudWatch charges for each metric and
/// hour with data. The log contains all counters in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metrics {
    /// What could not be assessed or published, only if there is any: the metrics that alarms need.
    Problems,
    /// All counters, at every run.
    All,
}

/// The counters of an invocation.
#[derive(Clone, Copy)]
struct Counters {
    evaluations: usize,
    not_assessed: usize,
    failed_publishes: usize,
    future_observations: usize,
    foreign_rules: usize,
    register_fallbacks: usize,
    invalid_entries: usize,
}

impl Counters {
    fn of(done: &Handled) -> Self {
        let (hub_failures, future_observations) = match &done.hub {
            Some(HubAnswer::Published(published)) => (published.failures.len(), published.future),
            None | Some(HubAnswer::NotEnabled) => (0, 0),
        };
        Self {
            evaluations: done.outcome.evaluations.len(),
            not_assessed: done.unreadable,
            failed_publishes: done.config.failures.len() + hub_failures,
            future_observations,
            foreign_rules: usize::from(done.is_foreign),
            register_fallbacks: usize::from(done.register.is_fallback()),
            invalid_entries: done.register.problems().len(),
        }
    }

    /// The line, if there is anything to report.
    fn line(self, metrics: Metrics, control: &str, account: &str) -> Option<Value> {
        let mut counted =
            vec![("NotAssessed", self.not_assessed), ("FailedPublishes", self.failed_publishes)];
        match metrics {
            Metrics::Problems => counted.retain(|(_, count)| *count > 0),
            Metrics::All => counted.push(("Evaluations", self.evaluations)),
        }
        // Counters that should be zero: the line contains them only if they are not.
        let unusual = [
            ("FutureObservation", self.future_observations),
            ("ForeignRule", self.foreign_rules),
            ("RegisterFallback", self.register_fallbacks),
            ("InvalidRegisterEntry", self.invalid_entries),
        ];
        counted.extend(unusual.into_iter().filter(|(_, count)| *count > 0));
        if counted.is_empty() {
            return None;
        }
        let declared: Vec<Value> =
            counted.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" })).collect();
        let directive = json!({
            "Timestamp": chrono::Utc::now().timestamp_millis(),
            // Alarms use the sum over all controls.
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["Control"], []],
            "Metrics": declared }]
        });
        let others =
            [("_aws", directive), ("Control", json!(control)), ("Account", json!(account))];
        Some(
            others
                .into_iter()
                .chain(counted.into_iter().map(|(name, count)| (name, json!(count))))
                .collect(),
        )
    }
}

/// Prints the counters of an invocation.
#[expect(clippy::print_stdout, reason = "Lambda takes metrics from standard output")]
pub(crate) fn print(metrics: Metrics, control: &str, done: &Handled) {
    if let Some(line) = Counters::of(done).line(metrics, control, done.account.as_str()) {
        println!("{line}");
    }
}

/// Prints the number of accounts of the organization that are not covered. It is printed even if
/// the number is 0, so that an alarm detects a missing run.
#[expect(clippy::print_stdout, reason = "Lambda takes metrics from standard output")]
pub(crate) fn print_not_covered(accounts: usize) {
    println!("{}", not_covered(accounts));
}

fn not_covered(accounts: usize) -> Value {
    json!({
        "_aws": {
            "Timestamp": chrono::Utc::now().timestamp_millis(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [[]],
                "Metrics": [{ "Name": ACCOUNTS_NOT_COVERED, "Unit": "Count" }] }]
        },
        ACCOUNTS_NOT_COVERED: accounts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Counters = Counters {
        evaluations: 7,
        not_assessed: 0,
        failed_publishes: 0,
        future_observations: 0,
        foreign_rules: 0,
        register_fallbacks: 0,
        invalid_entries: 0,
    };

    /// The metrics that CloudWatch creates from the line, with their values.
    fn made(counters: Counters, metrics: Metrics) -> Vec<(String, u64)> {
        let Some(line) = counters.line(metrics, "5.2", "111122223333") else {
            return Vec::new();
        };
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("metrics");
        declared
            .iter()
            .map(|metric| metric["Name"].as_str().expect("a name"))
            .map(|name| (name.to_owned(), line[name].as_u64().expect(name)))
            .collect()
    }

    #[test]
    fn nothing_is_charged_while_nothing_is_wrong() {
        assert_eq!(made(WELL, Metrics::Problems), []);
    }

    #[test]
    fn problems_are_printed_alone() {
        let pair = |name: &str, count| (name.to_owned(), count);
        assert_eq!(
            made(Counters { not_assessed: 2, ..WELL }, Metrics::Problems),
            [pair("NotAssessed", 2)]
        );
        assert_eq!(
            made(Counters { failed_publishes: 1, ..WELL }, Metrics::Problems),
            [pair("FailedPublishes", 1)]
        );
        assert_eq!(
            made(Counters { future_observations: 3, ..WELL }, Metrics::Problems),
            [pair("FutureObservation", 3)]
        );
        assert_eq!(
            made(Counters { foreign_rules: 1, ..WELL }, Metrics::Problems),
            [pair("ForeignRule", 1)]
        );
        assert_eq!(
            made(Counters { register_fallbacks: 1, ..WELL }, Metrics::Problems),
            [pair("RegisterFallback", 1)]
        );
        assert_eq!(
            made(Counters { invalid_entries: 2, ..WELL }, Metrics::Problems),
            [pair("InvalidRegisterEntry", 2)]
        );
    }

    #[test]
    fn all_counters_are_printed_on_request() {
        let expected = [("NotAssessed", 0), ("FailedPublishes", 0), ("Evaluations", 7)]
            .map(|(name, count)| (name.to_owned(), count));
        assert_eq!(made(WELL, Metrics::All), expected);
    }

    #[test]
    fn accounts_that_are_not_covered_are_a_metric_even_when_there_are_none() {
        for accounts in [0, 3] {
            let line = not_covered(accounts);
            let metric = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(metric["Namespace"], "Plumbline");
            assert_eq!(metric["Metrics"][0]["Name"], "AccountsNotCovered");
            assert_eq!(line["AccountsNotCovered"], accounts);
        }
    }
}
