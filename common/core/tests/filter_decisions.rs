//! Tables of coverage decisions for single selectors, and for selectors that depend on each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::filter::{Asterisk, Coverage, Pattern, covers};

/// `⊆`: covers; `⊄`: misses; `∅`: never matches; `?`: undetermined. Bodies without braces; several
/// candidates are separated by `;`.
fn check(table: &[(&str, &str, &str)]) {
    let parse = |body: &str| {
        Pattern::parse(&format!("{{ {body} }}")).unwrap_or_else(|error| panic!("{body}: {error}"))
    };
    for (required, expected, candidates) in table {
        let (wanted, patterns) =
            (parse(required), candidates.split(';').map(parse).collect::<Vec<_>>());
        let verdict = covers(&wanted, &patterns);
        let sign = match &verdict {
            Coverage::Covers | Coverage::CoversTooMuch => "⊆",
            Coverage::Misses { event } => {
                for reading in Asterisk::ALL {
                    assert!(
                        wanted.matches(event, reading)
                            && !patterns.iter().any(|pattern| pattern.matches(event, reading)),
                        "{required} {candidates}: {event}"
                    );
                }
                "⊄"
            }
            Coverage::NeverMatches => "∅",
            _ => "?",
        };
        assert_eq!(sign, *expected, "{required} {expected} {candidates}: {verdict:?}");
    }
}

#[test]
fn numbers() {
    check(&[
        ("$.a > 1", "⊄", "$.a >= 2"),
        ("$.a > 1", "⊆", "$.a >= 1"),
        ("$.a > 1 && $.a < 2", "⊄", "$.a = 1.5"),
        ("$.a > 1 && $.a < 2", "⊆", "$.a != 1"),
        ("$.a >= 1 && $.a <= 1", "⊆", "$.a = 1"),
        ("$.a = 1", "⊄", "$.a >= 1"),
        ("$.a = 1", "⊆", "$.a >= 1; $.a = \"1\""),
        ("$.a = 1", "⊄", "$.a = \"1\""),
        ("$.a = 1 && $.a < 9", "⊄", "$.a = \"1\""),
        ("$.a = \"1\"", "⊆", "$.a = 1"),
        ("$.a = \"1.0\"", "⊄", "$.a = 1"),
        ("$.a = \"1.0\" && $.a > 0", "⊆", "$.a = 1"),
        ("$.a < 1", "⊆", "$.a < 1.0000000000000000000001"),
        ("$.a < 1.0000000000000000000001", "⊄", "$.a < 1"),
        ("$.a > 1 && $.a < 1.0000000000000000000001", "?", "$.b = 1"),
        ("$.a <= 9007199254740993", "⊄", "$.a <= 9007199254740992"),
        ("$.a <= 1 || $.a > 1", "⊆", "$.a < 5; $.a > 4"),
        ("$.a <= 1 || $.a > 1", "⊄", "$.a < 5; $.a > 5"),
        ("$.a > 1", "∅", "$.a > 1 && $.a < 0"),
        ("$.a > 1", "∅", "$.a > 1 && $.a = text"),
        ("$.a > 1", "∅", "$.a = 1 && $.a = 2"),
        ("$.a = 4*", "⊄", "$.a >= 400 && $.a < 500"),
        ("$.a > 1", "⊆", "$.a = *"),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("$.a = Create*", "⊆", "$.a = Cr*"),
        ("$.a = Cr*", "⊄", "$.a = Create*"),
        ("$.a = Cr*", "⊆", "$.a = Create*; $.a != Create*"),
        ("$.a = *x*", "⊄", "$.a = x*; $.a = *x"),
        ("$.a = ab", "⊆", "$.a = a* && $.a = *b"),
        ("$.a = a* && $.a = *b", "?", "$.a = a*b; $.a != *q*"),
        ("$.a = ab*ba", "⊄", "$.a = aba"),
        ("$.a = a*b", "⊄", "$.a = ab"),
        ("$.a = a*b", "⊆", "$.a = a* && $.a = *b"),
        ("$.a = a* && $.a = *b", "?", "$.a = a*b"),
        ("$.a = a*b", "⊆", "$.a = a*b"),
        ("$.a = aba && $.a = *ab", "⊆", "$.b = c"),
        ("$.a = *aa* && $.a = %^a.?a?$%", "⊆", "$.a = aa; $.a = aaa; $.a = aba; $.a = *aa"),
        ("$.a = %^[ab]{2}$%", "⊆", "$.a = aa; $.a = ab; $.a = b*"),
        ("$.a = %^[ab]{2}$%", "⊄", "$.a = aa; $.a = ab; $.a = ba"),
        ("$.a = %^\\d+$% && $.a != *0* && $.a = \"1*\"", "⊆", "$.a = %1%"),
        ("$.a = \"\"", "⊆", "$.a != x"),
        ("$.a = *", "⊆", "$.a = x; $.a != x"),
        ("$.a != x", "⊆", "$.a = *"),
        ("$.a != x", "∅", "$.a != *"),
        ("$.a = x", "∅", "$.a = x && $.a = X"),
        ("$.a = \"é\"", "⊆", "$.a = %.%"),
    ]);
}

#[test]
fn kinds() {
    check(&[
        ("$.a NOT EXISTS", "⊄", "$.a != x"),
        ("$.a IS NULL", "⊄", "$.a NOT EXISTS"),
        ("$.a IS NULL", "⊆", "$.a IS NULL || $.a = x"),
        ("$.a IS TRUE", "⊄", "$.a = true"),
        ("$.a = true", "⊄", "$.a IS TRUE"),
        ("$.b = 1", "⊄", "$.a NOT EXISTS; $.a IS NULL; $.a IS TRUE; $.a IS FALSE; $.a = *"),
        (
            "$.b = 1 && ($.a = * || $.a NOT EXISTS)",
            "⊆",
            "$.a NOT EXISTS; $.a IS NULL; $.a IS TRUE; $.a IS FALSE; $.a = *",
        ),
        ("$.a = x", "∅", "$.a = x && $.a NOT EXISTS"),
        ("$.a = x", "∅", "$.a IS NULL && $.a IS TRUE"),
    ]);
}

#[test]
fn selectors_that_depend_on_each_other() {
    check(&[
        ("$.a.b = 1", "∅", "$.a.b = 1 && $.a = 1"),
        ("$.a.b = 1", "∅", "$.a.b IS NULL && $.a IS NULL"),
        ("$.a.b = 1", "∅", "$.a.b = 1 && $.a[0] = 1"),
        ("$.a.b = 1", "∅", "$.a.b = 1 && $.a NOT EXISTS"),
        ("$.a[1] = 1", "∅", "$.a[1] = 1 && $.a[0] NOT EXISTS"),
        ("$.a[7] = 1", "⊄", "$.a[2] NOT EXISTS || $.a[2] = *"),
        ("$.a.b.c = 1 && $.a = x || $.d = 1", "⊆", "$.d = 1"),
        ("$.a.b = 1", "⊆", "$.['a'].['b'] = 1"),
        ("$.a[0] IS NULL", "⊄", "$.a[0] = x"),
        ("$.a[0] IS NULL", "⊄", "$.a IS NULL && $.b = 1"),
        ("$.a[1] IS NULL && $.a[0] = x", "⊄", "$.a IS NULL"),
        ("$.a IS NULL && $.a[0] = x", "⊄", "$.a[1] IS NULL"),
        ("$.a IS NULL && $.a[1] NOT EXISTS && $.a[0] = *", "⊆", "$.b = 1"),
    ]);
}

#[test]
fn wildcards() {
    check(&[
        ("$.a[0] = x", "⊆", "$.a[*] = x"),
        ("$.a.k = x", "⊆", "$.a[*] = x"),
        ("$.a[*] = x", "⊄", "$.a[0] = x"),
        ("$.a[*] = x", "⊆", "$.a.* = x"),
        ("$.a[*].b = x", "⊄", "$.a[*].b = y"),
        ("$.a[*] = x && $.a[*] = y", "⊄", "$.a[0] = x; $.a[0] = y; $.a[1] = x; $.a[1] = y"),
        ("$.a[*] != x", "⊄", "$.a[0] != x"),
        ("$.a[*] != x", "∅", "$.a[*] != x && $.a[3] = x"),
        ("$.a[*] != x", "∅", "$.a[*] != x && $.a NOT EXISTS"),
        ("$.a[*] NOT EXISTS", "∅", "$.a[*] NOT EXISTS && $.a.b = x"),
        ("$.a[*] != x", "⊆", "$.a[*] NOT EXISTS; $.a[*] != x"),
        ("$.*.b = x", "⊄", "$.a.b = x"),
        ("$.*.b = x && $.a.b = x", "⊆", "$.a.b = x"),
        ("$.a.b = x", "⊆", "$.*.b = x"),
        ("$.a[*] IS NULL", "⊄", "$.a IS NULL"),
        ("$.a[*] IS NULL && $.a[0] = *", "⊆", "$.a IS NULL"),
        ("$.a IS NULL && $.a[0] = *", "⊆", "$.a[*] IS NULL"),
        ("$.a[*] IS NULL", "⊆", "$.a[*] IS NULL"),
        ("$.a[0] IS NULL", "⊄", "$.a[*] IS NULL"),
        ("$.a[*] != x", "⊄", "$.a[*] != x && $.a != x"),
        ("$.a = y", "⊆", "$.a[*] != x"),
    ]);
}

#[test]
fn readings() {
    check(&[
        ("$.a = Ev*ent", "⊆", "$.a = Ev*ent"),
        ("$.a = \"Event\"", "?", "$.a = Ev*ent"),
        ("$.a = Ev*ent", "⊆", "$.a = Ev*"),
        ("$.a = Ev*ent", "⊄", "$.a = Event"),
        ("$.a = x", "⊄", "$.a = Ev*ent"),
        ("$.a = x", "⊄", "$.a = Ev*ent && $.a = Event"),
        ("$.a = x", "∅", "$.a = Ev*ent && $.a = Evil"),
    ]);
}
