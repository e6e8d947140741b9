//! The meaning of metric filter patterns: the truth table, selectors, values, log lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::filter::{Asterisk, Pattern};
use serde_json::{Value, json};

fn matches(pattern: &str, event: &Value) -> bool {
    let pattern = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let answer = pattern.matches(event, Asterisk::Wildcard);
    assert_eq!(
        answer,
        pattern.matches_line(&event.to_string(), Asterisk::Wildcard),
        "{pattern} on the line {event}"
    );
    answer
}

#[test]
fn the_truth_table() {
    // Tests on $.a, one in each column; rows are nodes.
    let tests = [
        "= 5",
        "!= 5",
        "= \"5\"",
        "!= \"5\"",
        "= text",
        "!= text",
        "< 6",
        "<= 5",
        "> 4",
        ">= 6",
        "= *",
        "!= *",
        "IS NULL",
        "IS TRUE",
        "IS FALSE",
        "NOT EXISTS",
    ];
    let rows = [
        (json!({}), "---------------x"),
        (json!({"a": null}), "------------x---"),
        (json!({"a": true}), "-------------x--"),
        (json!({"a": false}), "--------------x-"),
        (json!({"a": 5}), "x-x--xxxx-x-----"),
        (json!({"a": 7}), "-x-x-x--xxx-----"),
        (json!({"a": "5"}), "x-x--x----x-----"),
        (json!({"a": "text"}), "-x-xx-----x-----"),
        (json!({"a": ""}), "-x-x-x----x-----"),
        (json!({"a": {}}), "----------------"),
        (json!({"a": {"b": null}}), "----------------"),
        (json!({"a": []}), "----------------"),
        (json!({"a": [5, "text"]}), "----------------"),
        (json!({"a": [5, null]}), "------------x---"),
        (json!({"a": [[null]]}), "----------------"),
    ];
    for (event, row) in rows {
        for (test, expected) in tests.iter().zip(row.chars()) {
            assert_eq!(
                matches(&format!("{{ $.a {test} }}"), &event),
                expected == 'x',
                "$.a {test} on {event}"
            );
        }
    }
}

#[test]
fn numbers_and_texts() {
    let table = [
        ("= 5", json!(5.0), true),
        ("= \"5\"", json!(5.0), false),
        ("= \"5.0\"", json!(5.0), true),
        ("= 5.0", json!(5), true),
        ("= 5.0", json!("5"), false),
        ("= 5.0", json!("5.0"), true),
        ("= 5e0", json!(5), true),
        ("= 050", json!(50), true),
        ("= 050", json!("050"), true),
        ("= 9007199254740993", json!(9_007_199_254_740_993_u64), true),
        ("= 9007199254740992", json!(9_007_199_254_740_993_u64), false),
        ("> 9007199254740992", json!(9_007_199_254_740_993_u64), true),
        ("= 0.1", json!(0.1), true),
        ("< -1.5", json!(-2), true),
        ("> 5", json!("7"), false),
        ("= 4*", json!(404), true),
        ("!= 4*", json!(404), false),
        ("!= 4*", json!(500), true),
        ("= 123.123.*", json!("123.123.1.2"), true),
        ("= Text", json!("text"), false),
        ("= \"*\"", json!(""), true),
        ("= \"a*\"", json!("abc"), true),
        ("= \"*c\"", json!("abc"), true),
        ("= \"*b*\"", json!("abc"), true),
        ("= \"b*\"", json!("abc"), false),
        ("= true", json!(true), false),
        ("= true", json!("true"), true),
        ("IS NULL", json!([[null]]), false),
        ("= %^[ab]%", json!("bcd"), true),
        ("!= %^[ab]%", json!("bcd"), false),
        ("!= %^[ab]%", json!(true), false),
        ("= %^40[0-9]$%", json!(404), true),
    ];
    for (test, value, expected) in table {
        assert_eq!(
            matches(&format!("{{ $.a {test} }}"), &json!({"a": value})),
            expected,
            "{value} {test}"
        );
    }
}

#[test]
fn an_inner_asterisk_has_two_readings() {
    let pattern = Pattern::parse("{ $.a = Ev*ent && $.b != x*y }").unwrap();
    for (event, wildcard, literal) in [
        (json!({"a": "Ev*ent", "b": "z"}), true, true),
        (json!({"a": "Event", "b": "z"}), true, false),
        (json!({"a": "Ev*ent", "b": "xy"}), false, true),
        (json!({"a": "Ev*ent", "b": "x*y"}), false, false),
    ] {
        assert_eq!(pattern.matches(&event, Asterisk::Wildcard), wildcard, "{event}");
        assert_eq!(pattern.matches(&event, Asterisk::Literal), literal, "{event}");
    }
}

#[test]
fn selectors() {
    let event = json!({
        "a": {"b": 1, "c d": 2, "x": [10, {"y": 20}, [30]]}, "list": [{"k": "v"}, {"k": 7}, 3],
        "o": {"p": "q", "r": null}, "empty": [], "none": {}, "text": "t"
    });
    let table = [
        ("$.a.b = 1", true),
        ("$.a.['b'] = 1", true),
        ("$.['a'].['c d'] = 2", true),
        ("$.a.x[0] = 10", true),
        ("$.a.x[1].y = 20", true),
        ("$.a.x[2][0] = 30", true),
        ("$.a.x[3] NOT EXISTS", true),
        ("$.a.x.y NOT EXISTS", true),
        ("$.a[0] NOT EXISTS", true),
        ("$.text.length NOT EXISTS", true),
        ("$.list.k = v", false),
        // Wildcards: some element equals.
        ("$.list[*].k = v", true),
        ("$.list[*].k > 6", true),
        ("$.list[*] = 3", true),
        ("$.list[*] = 4", false),
        ("$.list.* = 3", true),
        ("$.o[*] = q", true),
        ("$.o.* IS NULL", true),
        ("$.* = t", true),
        ("$.*.p = q", true),
        // No element is equal, and there is something to search.
        ("$.list[*].k != v", false),
        ("$.list[*].k != w", true),
        ("$.list[*].zzz != w", true),
        ("$.empty[*] != w", true),
        ("$.none.* != w", true),
        ("$.text[*] != w", true),
        ("$.text[*] != t", true),
        ("$.nothing[*] != w", false),
        ("$.list[*] NOT EXISTS", false),
        ("$.list[*].zzz NOT EXISTS", true),
        ("$.empty[*] NOT EXISTS", true),
        ("$.nothing[*] NOT EXISTS", true),
        // An array of arrays.
        ("$.*[0] = 3", false),
        ("$.*[2] = 3", true),
    ];
    for (test, expected) in table {
        assert_eq!(matches(&format!("{{ {test} }}"), &event), expected, "{test}");
    }
}

#[test]
fn connectives() {
    let event = json!({"a": 1, "b": 2});
    let table = [
        ("{ $.a = 1 || $.b = 9 && $.c = 9 }", true),
        ("{ ($.a = 1 || $.b = 9) && $.c = 9 }", false),
        ("{ $.a = 1 && $.b = 2 }", true),
        ("{ $.a = 9 && $.b = 2 || $.b = 2 }", true),
    ];
    for (pattern, expected) in table {
        assert_eq!(matches(pattern, &event), expected, "{pattern}");
    }
}

#[test]
fn only_one_json_object_is_an_event() {
    let absent = Pattern::parse("{ $.a NOT EXISTS }").unwrap();
    for line in [
        "",
        "{",
        "text",
        "5",
        "null",
        "\"{}\"",
        "[]",
        "[{}]",
        "{} {}",
        "{}{}",
        "{} x",
        "{a: 1}",
        "{\"b\": 01}",
        "{\"b\": \"\\q\"}",
    ] {
        assert!(!absent.matches_line(line, Asterisk::Wildcard), "{line}");
        assert!(Pattern::parse(" ").unwrap().matches_line(line, Asterisk::Wildcard), "{line}");
    }
    for line in ["{}", " {} ", "{\"b\": 1}\n"] {
        assert!(absent.matches_line(line, Asterisk::Wildcard), "{line}");
    }
    let deep = format!("{{\"b\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!absent.matches_line(&deep, Asterisk::Wildcard));
    for value in [json!([]), json!(null), json!("{}"), json!(1)] {
        assert!(!absent.matches(&value, Asterisk::Wildcard));
        assert!(Pattern::default().matches(&value, Asterisk::Wildcard));
    }
}

#[test]
fn a_line_keeps_its_numbers() {
    let matches = |pattern: &str, line: &str| {
        Pattern::parse(pattern).unwrap().matches_line(line, Asterisk::Wildcard)
    };
    assert!(matches("{ $.a = 12345678901234567890123 }", r#"{"a": 12345678901234567890123}"#));
    assert!(!matches("{ $.a = 12345678901234567890124 }", r#"{"a": 12345678901234567890123}"#));
    assert!(matches("{ $.a = \"1e2\" && $.a = 100 }", r#"{"a": 1e2}"#));
    assert!(matches("{ $.a > 1e400 }", r#"{"a": 1e401}"#));
    assert!(matches("{ $.a = 2 }", r#"{"a": 1, "a": 2}"#));
}

#[test]
fn other_patterns_are_kept_and_match_nothing() {
    for text in ["[ip, user]", "ERROR", "\"two words\"", "%regex%", "?a ?b"] {
        let pattern = Pattern::parse(text).unwrap();
        assert!(!pattern.is_understood());
        assert!(
            !pattern.matches(&json!({}), Asterisk::Wildcard)
                && !pattern.matches_line("ERROR", Asterisk::Wildcard)
        );
        assert_eq!(pattern.to_string(), text);
    }
}
