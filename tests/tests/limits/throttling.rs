//! Throttling by neighbors costs time, and no results.

use std::time::Duration;

use plumbline_tests::large_account::{Faults, LargeAccount, Resources};

use crate::function::{Confined, TIMEOUT};

/// A policy that denies plain HTTP.
fn denies_http(bucket: usize) -> Option<String> {
    Some(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::bucket-{bucket:06}","arn:aws:s3:::bucket-{bucket:06}/*"],"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}]}}"#
    ))
}

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
    for (share, seed) in [(0.01, 1), (0.03, 2), (0.10, 3)] {
        let (large, took) = run(BUCKETS, share, seed);
        assert_all_pass(&large, BUCKETS);
        let times = took.as_secs_f64() / without.as_secs_f64();
        eprintln!("{:.0} % throttled: {times:.1} times as long", share * 100.0);
        assert!(times < 4.0, "{times}");
    }
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
