//! Accounts with more resources than fit into memory.

use plumbline_tests::large_account::{Faults, LargeAccount, Resources, denies_http};

use crate::function::{Confined, TIMEOUT};

/// The number of reported resources, and of compliant ones.
fn reported(large: &LargeAccount) -> (usize, usize) {
    let evaluations = large.evaluations();
    let compliant = evaluations.values().filter(|held| held.compliance == "COMPLIANT").count();
    (evaluations.len(), compliant)
}

fn run(control: &'static str, resources: Resources) -> (usize, usize) {
    let large = LargeAccount::start(resources, Faults::default().publishing_rates());
    let run = Confined::start(&large, control, TIMEOUT).run();
    assert!(run.took < TIMEOUT && run.memory < 240, "{run:?}");
    let (all, compliant) = reported(&large);
    eprintln!("{control}: {all} reported, {compliant} compliant");
    assert!(compliant > 1_000, "{compliant} of {all}");
    (all, compliant)
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn a_hundred_thousand_buckets_nightly() {
    run("2.1.2", Resources { buckets: 100_000, policy: Some(denies_http), ..Resources::default() });
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn forty_thousand_keys_nightly() {
    run("3.8", Resources { keys: 40_000, ..Resources::default() });
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn a_hundred_thousand_users_nightly() {
    let (all, compliant) = run("1.15", Resources { users: 100_000, ..Resources::default() });
    assert_eq!((all, compliant), (100_000, 100_000));
}
