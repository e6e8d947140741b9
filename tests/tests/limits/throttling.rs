//! Throttling caused by other callers costs time, but no results.

use std::time::Duration;

use plumbline_tests::large_account::{Faults, LargeAccount, Resources, denies_http};

use crate::function::{Confined, TIMEOUT};

fn run(buckets: usize, share: f64, seed: u64) -> (LargeAccount, Duration) {
    let large = LargeAccount::start(
        Resources { buckets, policy: Some(denies_http), ..Resources::default() },
        Faults::seeded(seed)
            .latency(Duration::from_millis(20))
            .share("s3:GetBucketPolicy", share)
            .publishing_rates(),
    );
    let run = Confined::start(&large, "2.1.2", TIMEOUT).run();
    assert!(run.answer.is_ok(), "{run:?}");
    let took = run.took;
    (large, took)
}

fn assert_all_pass(large: &LargeAccount, buckets: usize) {
    let evaluations = large.evaluations();
    let open: Vec<_> =
        evaluations.iter().filter(|(_, held)| held.compliance != "COMPLIANT").collect();
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(evaluations.len(), buckets);
    assert_eq!(large.findings().len(), buckets);
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn a_share_of_throttled_calls_costs_little() {
    const BUCKETS: usize = 1_000;
    let (large, without) = run(BUCKETS, 0.0, 1);
    assert_all_pass(&large, BUCKETS);
    for share in [0.01, 0.03, 0.10] {
        for seed in 1..=3 {
            let (large, took) = run(BUCKETS, share, seed);
            assert_all_pass(&large, BUCKETS);
            let times = took.as_secs_f64() / without.as_secs_f64();
            eprintln!("{:.0} % throttled, seed {seed}: {times:.1} times as long", share * 100.0);
            assert!(times < 4.0, "{times}");
        }
    }
}

/// A rate limit for this function alone, which the function does not know.
fn within_a_rate(rate: f64) {
    const BUCKETS: usize = 1_000;
    let large = LargeAccount::start(
        Resources { buckets: BUCKETS, policy: Some(denies_http), ..Resources::default() },
        Faults::default().rate(&["s3:GetBucketPolicy"], rate, rate).publishing_rates(),
    );
    let run = Confined::start(&large, "2.1.2", TIMEOUT).run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert_all_pass(&large, BUCKETS);
    let most = 1.5 * BUCKETS as f64 / rate + 10.0;
    assert!(run.took.as_secs_f64() < most, "{run:?}: {most} s at most");
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn a_rate_of_fifty_a_second_costs_its_time() {
    within_a_rate(50.0);
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn rates_of_twenty_and_five_a_second_cost_their_time_nightly() {
    within_a_rate(20.0);
    within_a_rate(5.0);
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn many_buckets_and_much_throttling_end_in_time() {
    const BUCKETS: usize = 3_000;
    let large = LargeAccount::start(
        Resources { buckets: BUCKETS, policy: Some(denies_http), ..Resources::default() },
        Faults::seeded(5)
            .latency(Duration::from_millis(20))
            .share("s3:GetBucketPolicy", 0.2)
            .publishing_rates(),
    );
    let run = Confined::start(&large, "2.1.2", TIMEOUT).run();
    assert!(run.took < TIMEOUT, "{run:?}");
    let evaluations = large.evaluations();
    assert_eq!(evaluations.len(), BUCKETS);
    assert!(evaluations.values().all(|held| held.compliance != "NON_COMPLIANT"));
}
