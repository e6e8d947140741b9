//! The longest and most difficult patterns are decided or abandoned, and never hang. Nothing is
//! timed here: `cargo bench --package plumbline-core` does that.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail so, in its helpers too"
)]

mod nasty;

use plumbline_core::filter::{Asterisk, Coverage, covers};

#[test]
fn nothing_hangs() {
    for (what, required, candidates) in nasty::cases() {
        match covers(&required, &candidates) {
            Coverage::Undetermined { why } => println!("{what}: {why}"),
            Coverage::Misses { event } => {
                for reading in Asterisk::ALL {
                    assert!(
                        required.matches(&event, reading)
                            && !candidates
                                .iter()
                                .any(|candidate| candidate.matches(&event, reading)),
                        "{what}: {event}"
                    );
                }
            }
            other => println!("{what}: {}", other.as_str()),
        }
    }
}

#[test]
fn what_is_long_but_plain_is_decided() {
    let verdict = |what: &str| {
        let (_, required, candidates) =
            nasty::cases().into_iter().find(|(name, ..)| *name == what).unwrap();
        covers(&required, &candidates)
    };
    for what in [
        "infixes of a listed name",
        "many members",
        "seven of two",
        "many filters",
        "parentheses",
        "many filters on many members",
    ] {
        assert_eq!(verdict(what).as_str(), "misses", "{what}");
    }
    assert_eq!(verdict("truisms").as_str(), "misses", "an object passes none of the tests");
}
