//! Many buckets over TLS, with servers that close idle connections early: a function has few file
//! descriptors, and publishing needs some of them.

use std::time::Duration;

use plumbline_tests::http_server::{Certificate, ListenerOptions};
use plumbline_tests::large_account::{Faults, LargeAccount, Resources, denies_http};

use crate::function::{Confined, TIMEOUT};

fn buckets_over_tls(buckets: usize, idle: Duration) {
    let certificate = Certificate::new();
    let trusted = certificate.file();
    let large = LargeAccount::serve(
        Resources { buckets, policy: Some(denies_http), ..Resources::default() },
        Faults::default().latency(Duration::from_millis(20)).publishing_rates(),
        ListenerOptions { certificate: Some(certificate), idle },
    );
    let trusted = trusted.to_str().expect("a path");
    let run = Confined::start_with(&large, "2.1.2", TIMEOUT, &[("SSL_CERT_FILE", trusted)]).run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert!(run.open_files < 512, "{run:?}");
    let evaluations = large.evaluations();
    assert_eq!(evaluations.len(), buckets);
    assert!(evaluations.values().all(|held| held.compliance == "COMPLIANT"));
    let findings = large.findings();
    assert_eq!(findings.values().filter(|held| held.status() == "PASSED").count(), buckets);
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn many_buckets_over_tls_take_few_descriptors() {
    buckets_over_tls(1_200, Duration::from_secs(5));
    buckets_over_tls(1_200, Duration::from_secs(20));
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn thousands_of_buckets_over_tls_take_few_descriptors_nightly() {
    buckets_over_tls(3_000, Duration::from_secs(5));
    buckets_over_tls(3_000, Duration::from_secs(20));
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn a_certificate_that_is_not_trusted_reads_nothing() {
    let connections =
        ListenerOptions { certificate: Some(Certificate::new()), idle: Duration::from_secs(5) };
    let resources = Resources { buckets: 3, policy: Some(denies_http), ..Resources::default() };
    let large = LargeAccount::serve(resources, Faults::default(), connections);
    let run = Confined::start(&large, "2.1.2", Duration::from_secs(60)).run();
    assert!(run.answer.is_err(), "{run:?}");
    assert!(large.calls().is_empty(), "{:?}", large.calls());
}
