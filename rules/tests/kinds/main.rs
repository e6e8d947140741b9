//! Kinds of mistakes that verdicts must not contain, each tested over many situations. The cases in
//! `tests/verdicts` show single mistakes, and the page there lists the test of each kind.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail so")]

mod identity;
mod logging;
mod monitoring;
mod network;
mod policies;
mod storage;
mod waivers;

use std::collections::BTreeMap;

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::example::Example;
use plumbline_rules::registry::find;

/// Returns the evaluations of a control for a situation.
fn evaluations(control: &str, example: &Example) -> Vec<Evaluation> {
    let control = find(control).expect("a control");
    example.run(control).expect("valid parameters").evaluations
}

/// Returns the outcomes by resource.
fn outcomes(control: &str, example: &Example) -> BTreeMap<String, Compliance> {
    let found = evaluations(control, example);
    let by_id: BTreeMap<_, _> =
        found.iter().map(|one| (one.resource.resource_id.clone(), one.compliance)).collect();
    assert_eq!(by_id.len(), found.len(), "{control}: {found:#?}");
    by_id
}

/// Returns the only outcome.
fn outcome(control: &str, example: &Example) -> (Compliance, String) {
    let mut found = evaluations(control, example);
    assert_eq!(found.len(), 1, "{control}: {found:#?}");
    let Evaluation { compliance, reason, .. } = found.remove(0);
    (compliance, reason)
}
