//! Resources that are not read in time are not assessed, and the next run begins with them.

use std::collections::BTreeSet;
use std::time::Duration;

use plumbline_tests::large_account::{Faults, LargeAccount, Resources};

use crate::function::{Confined, TIMEOUT};

/// The number of keys, and of keys that AWS Config reports as compliant.
fn compliant(large: &LargeAccount) -> usize {
    large.evaluations().values().filter(|held| held.compliance == "COMPLIANT").count()
}

/// More keys than can be read within the time, at this number of reads per second.
fn keys_beyond_the_deadline(keys: usize, rate: f64, timeout: Duration) {
    let reads = ["kms:DescribeKey", "kms:GetKeyRotationStatus"];
    let large = LargeAccount::start(
        Resources { keys, ..Resources::default() },
        Faults::default().rate(&reads, rate, rate).publishing_rates(),
    );
    let mut function = Confined::start(&large, "3.8", timeout);
    let run = function.run();
    assert!(run.took < timeout, "{run:?}");
    let evaluations = large.evaluations();
    let first = compliant(&large);
    assert!(first > keys / 4, "{first} keys were assessed");
    let open = evaluations.values().filter(|held| held.compliance == "NOT_APPLICABLE").count();
    assert_eq!(first + open, keys, "every key is reported");
    let codes = large
        .findings()
        .values()
        .filter(|held| {
            held.finding["Compliance"]["StatusReasons"][0]["ReasonCode"] == "OUT_OF_TIME"
        })
        .count();
    // A few reads in progress were throttled to the end.
    assert!(codes <= open && codes + 20 > open, "{codes} of {open} are out of time");

    let assessed: BTreeSet<String> = evaluations
        .iter()
        .filter(|(_, held)| held.compliance == "COMPLIANT")
        .map(|(id, _)| id.clone())
        .collect();
    let run = function.run();
    assert!(run.took < timeout, "{run:?}");
    let again = large.evaluations();
    let never = evaluations
        .keys()
        .filter(|id| !assessed.contains(*id) && again[*id].compliance != "COMPLIANT")
        .count();
    assert!(
        first + compliant(&large) < keys || never == 0,
        "{never} keys have not been assessed in two runs"
    );
    assert!(compliant(&large) > keys / 4, "{}", compliant(&large));
    assert!(run.memory < 240, "{run:?}");
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn keys_beyond_the_deadline_come_first_in_the_next_run() {
    keys_beyond_the_deadline(900, 20.0, Duration::from_secs(90));
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn thousands_of_keys_beyond_the_deadline_come_first_in_the_next_run_nightly() {
    keys_beyond_the_deadline(3_000, 20.0, TIMEOUT);
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn a_list_that_does_not_end_in_time_is_not_a_pass() {
    let large = LargeAccount::start(
        Resources { keys: 10, ..Resources::default() },
        Faults::default().latency(Duration::from_secs(12)),
    );
    let mut function = Confined::start(&large, "3.8", Duration::from_secs(40));
    let run = function.run();
    assert!(run.answer.is_err(), "{run:?}");
    assert_eq!(compliant(&large), 0);
}
