//! Compares the decision of coverage with the evaluator of events, with random input. Patterns and
//! events share a small alphabet, so that they often match.

#![allow(clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::filter::{Asterisk, Coverage, Pattern, covers};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A pattern that can be written in several orders.
#[derive(Clone, Debug)]
enum Tree {
    Atom(String),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    fn body(&self) -> String {
        let join = |parts: &[Tree], operator: &str| {
            parts.iter().map(|part| format!("({})", part.body())).collect::<Vec<_>>().join(operator)
        };
        match self {
            Self::Atom(text) => text.clone(),
            Self::All(parts) => join(parts, " && "),
            Self::Any(parts) => join(parts, " || "),
        }
    }

    fn text(&self) -> String {
        format!("{{ {} }}", self.body())
    }

    fn reversed(&self) -> Self {
        let reverse = |parts: &[Tree]| parts.iter().rev().map(Tree::reversed).collect();
        match self {
            Self::Atom(_) => self.clone(),
            Self::All(parts) => Self::All(reverse(parts)),
            Self::Any(parts) => Self::Any(reverse(parts)),
        }
    }

    fn wildcards(&self) -> usize {
        self.body().matches("[*]").count() + self.body().matches(".*").count()
    }

    fn pattern(&self) -> Pattern {
        Pattern::parse(&self.text()).unwrap_or_else(|error| panic!("{}: {error}", self.text()))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Alphabet {
    /// Everything.
    All,
    /// Patterns that are always decided: no asterisks inside a value, no two wildcards in a
    /// selector, no numbers by notation and by value.
    Exact,
    /// Many conditions on few places.
    Narrow,
}

fn tree(alphabet: Alphabet) -> impl Strategy<Value = Tree> {
    let mut selectors = vec!["$.a", "$.a", "$.b", "$.a.x", "$.b.x", "$.a[0]", "$.a[1]"];
    let mut tests = vec![
        "= p",
        "= q",
        "!= p",
        "!= q",
        "= pq",
        "= p*",
        "!= p*",
        "= *q",
        "= *p*",
        "!= *p*",
        "= *",
        "!= *",
        "= 1",
        "!= 1",
        "= 2",
        "< 1",
        "<= 2",
        "> 1",
        ">= 2",
        "IS NULL",
        "IS TRUE",
        "IS FALSE",
        "NOT EXISTS",
        "NOT EXISTS",
    ];
    match alphabet {
        Alphabet::All => {
            selectors.extend(["$.a[*]", "$.a.*", "$.*", "$.*.x", "$.a[*].x", "$.b[*][0]"]);
            tests.extend([
                "= p*q",
                "!= p*q",
                "= *p*q",
                "= \"1\"",
                "!= \"1\"",
                "= 1*",
                "= %^p%",
                "!= %[pq]$%",
                "= %1|q%",
            ]);
        }
        Alphabet::Exact => selectors.extend(["$.a[*]", "$.*", "$.a[*].x", "$.*.x"]),
        Alphabet::Narrow => {
            selectors = vec!["$.a", "$.a.x"];
            tests.extend([
                "= p*q",
                "!= p*q",
                "= \"1\"",
                "= 1*",
                "= %^p%",
                "= %q$|^$%",
                "> 1",
                "< 2",
                ">= 1.5",
                "< 1.5",
                "!= 1.5",
                "> 0",
                "< 0",
                "= -0.0",
            ]);
        }
    }
    let atom = (select(selectors), select(tests))
        .prop_map(|(selector, test)| Tree::Atom(format!("{selector} {test}")));
    atom.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Tree::All),
            vec(inner, 2..4).prop_map(Tree::Any)
        ]
    })
    .prop_filter("at most three wildcards, two regular expressions", |tree| {
        tree.wildcards() <= 3 && tree.body().matches('%').count() <= 4
    })
}

fn value() -> impl Strategy<Value = Value> {
    let texts = ["p", "q", "pq", "p*q", "pxq", "qp", "", "1", "10", "xpx", "z"];
    let leaf = prop_oneof![
        4 => select(texts.to_vec()).prop_map(Value::from),
        2 => select(vec![json!(0), json!(1), json!(1.0), json!(1.5), json!(2), json!(10),
            json!(-3)]),
        1 => select(vec![json!(null), json!(true), json!(false)]),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner)]
    })
}

fn object(inner: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    vec((select(vec!["a", "b", "x", "y"]), inner), 0..4).prop_map(|members| {
        Value::Object(
            members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>(),
        )
    })
}

fn events() -> impl Strategy<Value = Vec<Value>> {
    vec(object(value()), 60)
}

fn trees(alphabet: Alphabet) -> impl Strategy<Value = (Tree, Vec<Tree>)> {
    (tree(alphabet), vec(tree(alphabet), 1..3)).prop_flat_map(|(required, candidates)| {
        // Often a candidate is built to cover the pattern, or almost.
        let wider =
            Tree::Any(std::iter::once(required.clone()).chain(candidates.clone()).collect());
        let narrower =
            Tree::All(std::iter::once(required.clone()).chain(candidates.clone()).collect());
        let choices = [candidates, vec![wider], vec![narrower]].into_iter().filter(|choice| {
            choice.iter().all(|tree| tree.wildcards() <= 3 && tree.body().matches('%').count() <= 4)
        });
        (Just(required), select(choices.collect::<Vec<_>>()))
    })
}

fn check(
    required: &Tree,
    candidates: &[Tree],
    events: &[Value],
) -> Result<Coverage, TestCaseError> {
    let wanted = required.pattern();
    let patterns: Vec<Pattern> = candidates.iter().map(Tree::pattern).collect();
    let verdict = covers(&wanted, &patterns);
    let is_missed = |event: &Value, reading| {
        wanted.matches(event, reading)
            && !patterns.iter().any(|pattern| pattern.matches(event, reading))
    };
    match &verdict {
        Coverage::Covers | Coverage::CoversTooMuch => {
            for event in events {
                for reading in Asterisk::ALL {
                    prop_assert!(!is_missed(event, reading), "{event} is missed, {reading:?}");
                }
            }
        }
        Coverage::Misses { event } => {
            for reading in Asterisk::ALL {
                prop_assert!(is_missed(event, reading), "{event} is no witness, {reading:?}");
            }
        }
        Coverage::NeverMatches => {
            for event in events {
                for reading in Asterisk::ALL {
                    prop_assert!(
                        !patterns.iter().any(|pattern| pattern.matches(event, reading)),
                        "{event} matches, {reading:?}"
                    );
                }
            }
        }
        Coverage::Undetermined { .. } => {}
        Coverage::Invalid { .. } => prop_assert!(false, "all are patterns"),
    }
    Ok(verdict)
}

proptest! {
    // `PROPTEST_CASES` sets another number of cases.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_agrees_with_the_evaluator((required, candidates) in trees(Alphabet::All),
        events in events()) {
        check(&required, &candidates, &events)?;
    }

    #[test]
    fn about_few_places_too((required, candidates) in trees(Alphabet::Narrow), events in events()) {
        check(&required, &candidates, &events)?;
    }

    #[test]
    fn what_can_be_decided_is_decided((required, candidates) in trees(Alphabet::Exact),
        events in events()) {
        let verdict = check(&required, &candidates, &events)?;
        let is_decided = !matches!(verdict, Coverage::Undetermined { .. });
        prop_assert!(is_decided, "{verdict:?}");
        // The order of operands, and of candidates, makes no difference.
        let candidates: Vec<Tree> = candidates.iter().rev().map(Tree::reversed).collect();
        let other = check(&required.reversed(), &candidates, &events)?;
        prop_assert_eq!(verdict.as_str(), other.as_str());
    }

    #[test]
    fn a_pattern_covers_itself_and_what_is_narrower((required, others) in trees(Alphabet::Exact)) {
        let mut narrower = Tree::All([vec![required.clone()], others].concat());
        if narrower.wildcards() > 3 {
            narrower = Tree::All(vec![required.clone(), Tree::Atom("$.b = p*".to_owned())]);
        }
        let verdict = covers(&narrower.pattern(), &[required.pattern()]);
        prop_assert!(matches!(verdict,
            Coverage::Covers | Coverage::CoversTooMuch | Coverage::NeverMatches), "{verdict:?}");
    }

    #[test]
    fn a_printed_pattern_is_the_same_pattern(tree in tree(Alphabet::All), events in events()) {
        let pattern = tree.pattern();
        let printed = pattern.to_string();
        let again = Pattern::parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(&again, &pattern);
        prop_assert_eq!(again.to_string(), printed);
        for event in &events {
            prop_assert_eq!(pattern.matches(event, Asterisk::Wildcard),
                pattern.matches_line(&event.to_string(), Asterisk::Wildcard));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"\{[ $.a\[\]*'"%0-9<>=!&|()ISNULLTRUEXOT\\{}^+-]{0,60}\}?"#,
        other in ".{0,40}") {
        for text in [&text, &other] {
            if let Ok(pattern) = Pattern::parse(text) {
                prop_assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern.clone()));
                covers(&pattern, std::slice::from_ref(&pattern));
                pattern.matches_line(text, Asterisk::Literal);
            }
        }
    }
}
