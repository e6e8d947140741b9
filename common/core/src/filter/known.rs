//! The coverage of a control, with facts about the events of CloudTrail.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cover::{Coverage, covers};
use super::lifelike::lifelike;
use super::pattern::{Pattern, PatternKind};
use super::require::Requirement;
use super::syntax::{Expression, Segment};
use super::text::Asterisk;

/// A fact about every event that CloudTrail writes.
#[derive(Debug)]
pub struct KnownFact {
    /// Its name in JSON.
    pub id: &'static str,
    /// The fact as a clause that follows "CloudTrail writes that".
    pub words: &'static str,
    /// The controls to whose events the fact applies.
    controls: &'static [&'static str],
    /// The fact as patterns that all these events match.
    holds: &'static [&'static str],
}

const ALL: &[&str] = &[
    "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13",
    "4.14", "4.15",
];
/// The controls that name their events. Denied calls (4.1) and calls of the root user (4.3) can be
/// reads, and denied calls can be data events.
const NAMED: &[&str] = &[
    "4.2", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13", "4.14", "4.15",
];
const SIGN_IN: &[&str] = &["4.2", "4.6"];

/// The facts. `userAgent`, `requestID` and `recipientAccountId` are documented as optional, and the
/// documentation's own example of a failed sign-in of an IAM user has no ARN.
pub static KNOWN_FACTS: [KnownFact; 7] = [
    // CloudTrail record contents: the fields that are not optional.
    KnownFact {
        id: "every-event",
        words: "each event has a time, a version, an identity with its type, a source, a name, a \
            Region, a source address, an id, a type and a category",
        controls: ALL,
        holds: &[
            "{ $.eventTime = * && $.eventTime != \"\" }",
            "{ $.eventVersion = * && $.eventVersion != \"\" }",
            "{ $.userIdentity.type = * && $.userIdentity.type != \"\" }",
            "{ $.eventSource = * && $.eventSource != \"\" }",
            "{ $.eventName = * && $.eventName != \"\" }",
            "{ $.awsRegion = * && $.awsRegion != \"\" }",
            "{ $.sourceIPAddress = * && $.sourceIPAddress != \"\" }",
            "{ $.eventID = * && $.eventID != \"\" }",
            "{ $.eventType = * && $.eventType != \"\" }",
            "{ $.eventCategory = * && $.eventCategory != \"\" }",
        ],
    },
    // CloudTrail record contents: eventCategory and managementEvent, since event version 1.06.
    KnownFact {
        id: "management-event",
        words: "these calls are management events",
        controls: NAMED,
        holds: &["{ $.eventCategory = Management }", "{ $.managementEvent IS TRUE }"],
    },
    // CloudTrail record contents: readOnly.
    KnownFact {
        id: "read-only",
        words: "readOnly of these calls is false",
        controls: NAMED,
        holds: &["{ $.readOnly IS FALSE }"],
    },
    // CloudTrail user guide: AWS Management Console sign-in events.
    KnownFact {
        id: "console-sign-in",
        words: "a ConsoleLogin comes from signin.amazonaws.com with the type AwsConsoleSignIn",
        controls: SIGN_IN,
        holds: &["{ $.eventSource = signin.amazonaws.com }", "{ $.eventType = AwsConsoleSignIn }"],
    },
    // The same source.
    KnownFact {
        id: "mfa-used",
        words: "MFAUsed of a ConsoleLogin is Yes or No",
        controls: SIGN_IN,
        holds: &["{ $.additionalEventData.MFAUsed = Yes || $.additionalEventData.MFAUsed = No }"],
    },
    // The same source: both occur in each example of a failed sign-in, and in no example of a
    // successful one.
    KnownFact {
        id: "failed-sign-in",
        words: "the error message Failed authentication and the response Failure occur together",
        controls: SIGN_IN,
        holds: &[
            "{ ($.errorMessage = \"Failed authentication\" && $.responseElements.ConsoleLogin = \
             Failure) || (($.errorMessage NOT EXISTS || $.errorMessage != \"Failed \
             authentication\") && $.responseElements.ConsoleLogin = Success) }",
        ],
    },
    // The same source: userIdentity of IAM users. Users whose name contains "assumed-role" are not
    // considered.
    KnownFact {
        id: "user-arn",
        words: "a successful sign-in of an IAM user has the user's ARN and no SAML provider",
        controls: &["4.2"],
        holds: &[
            "{ $.userIdentity.arn = %:iam::[0-9]+:user/% && $.userIdentity.arn != \
             \"*assumed-role*\" }",
            "{ $.additionalEventData.SamlProviderArn NOT EXISTS }",
        ],
    },
];

/// The result for metric filters that have to cover a control.
#[derive(Debug)]
pub struct ControlCoverage {
    /// The verdict. A missed event is one that CloudTrail may write.
    pub coverage: Coverage,
    /// The facts without which the filters would not cover the control.
    pub facts: Vec<&'static KnownFact>,
}

impl Requirement {
    /// Whether patterns cover the control. With `strict`, only the events in the benchmark count.
    /// Otherwise a pattern does not have to match events that CloudTrail does not write. As in
    /// [`super::covers_texts`], a text that is not a pattern matches nothing.
    pub fn coverage<T: AsRef<str>>(&self, candidates: &[T], strict: bool) -> ControlCoverage {
        let (mut patterns, mut error) = (Vec::new(), None);
        for candidate in candidates {
            match Pattern::parse(candidate.as_ref()) {
                Ok(pattern) => patterns.push(pattern),
                Err(wrong) => error = error.or(Some(wrong)),
            }
        }
        match error {
            Some(error) if patterns.is_empty() => {
                let coverage = Coverage::Invalid { position: error.position, what: error.what };
                ControlCoverage { coverage, facts: Vec::new() }
            }
            _ => self.coverage_of(&patterns, strict),
        }
    }

    fn coverage_of(&self, candidates: &[Pattern], strict: bool) -> ControlCoverage {
        let none = |coverage| ControlCoverage { coverage, facts: Vec::new() };
        let baseline = self.baseline();
        let plain = covers(&baseline, candidates);
        if !matches!(plain, Coverage::Misses { .. } | Coverage::Undetermined { .. }) {
            return none(plain);
        }
        let missed = |required: &Pattern, event: &Value| {
            Asterisk::ALL.into_iter().all(|reading| {
                required.matches(event, reading)
                    && !candidates.iter().any(|candidate| candidate.matches(event, reading))
            })
        };
        let shown = |required: &Pattern, coverage| match coverage {
            Coverage::Misses { event } => {
                let keep = |event: &Value| missed(required, event);
                Coverage::Misses { event: lifelike(self, event, candidates, &keep) }
            }
            other => other,
        };
        let facts: Vec<(&KnownFact, Vec<Expression>)> = KNOWN_FACTS
            .iter()
            .filter(|_| !strict)
            .map(|fact| (fact, fact.about(self.id, candidates)))
            .filter(|(_, holds)| !holds.is_empty())
            .collect();
        if facts.is_empty() {
            return none(shown(&baseline, plain));
        }
        let known = with(&baseline, &facts);
        let coverage = covers(&known, candidates);
        if coverage.is_covered() {
            let mut needed = facts;
            for at in (0..needed.len()).rev() {
                let mut fewer = needed.clone();
                fewer.remove(at);
                if covers(&with(&baseline, &fewer), candidates).is_covered() {
                    needed = fewer;
                }
            }
            let facts = needed.into_iter().map(|(fact, _)| fact).collect();
            return ControlCoverage { coverage, facts };
        }
        // A decision that is too complex with the facts may be simple without them.
        if let (Coverage::Undetermined { .. }, Coverage::Misses { event }) = (&coverage, &plain)
            && missed(&known, event)
        {
            return none(shown(&known, plain));
        }
        none(shown(&known, coverage))
    }
}

impl KnownFact {
    /// The fact about the events of a control, as patterns that all of them match.
    pub fn patterns(&self, control: &str) -> impl Iterator<Item = Pattern> {
        let holds = if self.controls.contains(&control) { self.holds } else { &[] };
        holds.iter().filter_map(|text| Pattern::parse(text).ok())
    }

    /// The fact about the members that the candidates test.
    fn about(&self, control: &str, candidates: &[Pattern]) -> Vec<Expression> {
        let mut checked: BTreeSet<&str> = BTreeSet::new();
        let mut anything = false;
        for candidate in candidates {
            candidate.each_atom(&mut |atom| match atom.selector.first() {
                Some(Segment::Key(name)) => {
                    checked.insert(name);
                }
                _ => anything = true,
            });
        }
        let concerns = |pattern: &Pattern| {
            let mut concerns = anything;
            pattern.each_atom(&mut |atom| {
                concerns |= matches!(atom.selector.first(),
                    Some(Segment::Key(name)) if checked.contains(name.as_str()));
            });
            concerns
        };
        self.patterns(control)
            .filter(concerns)
            .filter_map(|pattern| match pattern.kind {
                PatternKind::Json(expression) => Some(expression),
                PatternKind::Everything | PatternKind::Other(_) => None,
            })
            .collect()
    }
}

fn with(baseline: &Pattern, facts: &[(&KnownFact, Vec<Expression>)]) -> Pattern {
    let mut parts: Vec<Expression> = match &baseline.kind {
        PatternKind::Json(expression) => vec![expression.clone()],
        PatternKind::Everything | PatternKind::Other(_) => Vec::new(),
    };
    parts.extend(facts.iter().flat_map(|(_, holds)| holds.iter().cloned()));
    Pattern { kind: PatternKind::Json(Expression::all(parts)) }
}
