//! Coverage of a control with what is known of CloudTrail's events.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::cover::{Coverage, covers};
use super::pattern::{Pattern, PatternKind};
use super::require::Requirement;
use super::syntax::{Atom, Expression, Operand, Segment, Test};
use super::text::Asterisk;

/// Something that holds for every event that CloudTrail writes.
#[derive(Debug)]
pub struct KnownFact {
    /// Its name in JSON.
    pub id: &'static str,
    /// What holds, to follow "CloudTrail writes that".
    pub words: &'static str,
    /// The controls whose events it is about.
    controls: &'static [&'static str],
    /// What holds, each a pattern that all these events match.
    holds: &'static [&'static str],
}

const ALL: &[&str] = &[
    "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13",
    "4.14", "4.15",
];
/// Those that name their events. Refused calls (4.1) and calls of root (4.3) can be reads, and
/// refused calls data events.
const NAMED: &[&str] = &[
    "4.2", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13", "4.14", "4.15",
];
const SIGN_IN: &[&str] = &["4.2", "4.6"];

/// What is known. `userAgent`, `requestID` and `recipientAccountId` are documented as optional, and
/// a failed sign-in of an IAM user has no ARN in the documentation's own example.
pub static KNOWN_FACTS: [KnownFact; 7] = [
    // CloudTrail record contents: the fields that are not optional.
    KnownFact {
        id: "every-event",
        words: "each event has a time, a version, an identity with its type, a source, a name, a \
            Region, a source address, an id, a type and a category",
        controls: ALL,
        holds: &[
            "{ $.eventTime = * }",
            "{ $.eventVersion = * }",
            "{ $.userIdentity.type = * }",
            "{ $.eventSource = * }",
            "{ $.eventName = * }",
            "{ $.awsRegion = * }",
            "{ $.sourceIPAddress = * }",
            "{ $.eventID = * }",
            "{ $.eventType = * }",
            "{ $.eventCategory = * }",
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
    // The same.
    KnownFact {
        id: "mfa-used",
        words: "MFAUsed of a ConsoleLogin is Yes or No",
        controls: SIGN_IN,
        holds: &["{ $.additionalEventData.MFAUsed = Yes || $.additionalEventData.MFAUsed = No }"],
    },
    // The same: both stand in each example of a failed sign-in, and in none of a successful one.
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
    // The same: userIdentity of IAM users. A user whose name contains "assumed-role" is left aside.
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

/// What is known about metric filters that are to cover a control.
#[derive(Debug)]
pub struct ControlCoverage {
    /// The verdict. A missed event is one that CloudTrail may write.
    pub coverage: Coverage,
    /// The facts without which the filters would not cover.
    pub facts: Vec<&'static KnownFact>,
}

impl Requirement {
    /// Whether patterns cover the control. With `strict`, only what the benchmark names counts;
    /// otherwise a pattern need not match events that CloudTrail does not write. As for
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
        let lifelike = |required: &Pattern, coverage| match coverage {
            Coverage::Misses { event } => {
                let keep = |event: &Value| missed(required, event);
                Coverage::Misses { event: self.lifelike(event, candidates, &keep) }
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
            return none(lifelike(&baseline, plain));
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
        // What is too complicated with the facts may be simple without them.
        if let (Coverage::Undetermined { .. }, Coverage::Misses { event }) = (&coverage, &plain)
            && missed(&known, event)
        {
            return none(lifelike(&known, plain));
        }
        none(lifelike(&known, coverage))
    }

    /// An event with the members that every event has, and with those whose values explain why the
    /// candidates do not match it, as far as it stays missed.
    fn lifelike(
        &self,
        mut event: Value,
        candidates: &[Pattern],
        is_missed: &dyn Fn(&Value) -> bool,
    ) -> Value {
        let mut set = |path: &[&str], value: &str| {
            let mut richer = event.clone();
            if insert(&mut richer, path, value) && is_missed(&richer) {
                event = richer;
            }
        };
        let name = self.names().first().copied().unwrap_or("DescribeInstances");
        let service = if name == "ConsoleLogin" { "signin" } else { self.service_or("ec2") };
        set(&["eventName"], name);
        set(&["eventSource"], &format!("{service}.amazonaws.com"));
        for kind in ["IAMUser", "AssumedRole", "Root"] {
            set(&["userIdentity", "type"], kind);
        }
        let mut excluded = Vec::new();
        for candidate in candidates {
            each_atom(candidate, &mut |atom| {
                if let (Test::Differs(Operand::Text(text)), Some(path)) =
                    (&atom.test, keys(&atom.selector))
                {
                    excluded.push((path, text.replace('*', "")));
                }
            });
        }
        for (path, value) in excluded {
            set(&path, &value);
        }
        event
    }
}

impl KnownFact {
    /// What it states about the events of a control, each a pattern that all of them match.
    pub fn patterns(&self, control: &str) -> impl Iterator<Item = Pattern> {
        let holds = if self.controls.contains(&control) { self.holds } else { &[] };
        holds.iter().filter_map(|text| Pattern::parse(text).ok())
    }

    /// What it states about members that the candidates look at.
    fn about(&self, control: &str, candidates: &[Pattern]) -> Vec<Expression> {
        let mut looked_at: BTreeSet<&str> = BTreeSet::new();
        let mut anything = false;
        for candidate in candidates {
            each_atom(candidate, &mut |atom| match atom.selector.first() {
                Some(Segment::Key(name)) => {
                    looked_at.insert(name);
                }
                _ => anything = true,
            });
        }
        let concerns = |pattern: &Pattern| {
            let mut concerns = anything;
            each_atom(pattern, &mut |atom| {
                concerns |= matches!(atom.selector.first(),
                    Some(Segment::Key(name)) if looked_at.contains(name.as_str()));
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

fn each_atom<'a>(pattern: &'a Pattern, visit: &mut dyn FnMut(&'a Atom)) {
    fn walk<'a>(expression: &'a Expression, visit: &mut dyn FnMut(&'a Atom)) {
        match expression {
            Expression::Atom(atom) => visit(atom),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| walk(part, visit))
            }
        }
    }
    if let PatternKind::Json(expression) = &pattern.kind {
        walk(expression, visit);
    }
}

/// The names of a selector without wildcards and indices.
fn keys(selector: &[Segment]) -> Option<Vec<&str>> {
    let key = |segment| match segment {
        &Segment::Key(ref name) => Some(name.as_str()),
        _ => None,
    };
    selector.iter().map(key).collect()
}

/// Adds a member where there is none, with the objects around it; `false` where there is one.
fn insert(event: &mut Value, path: &[&str], value: &str) -> bool {
    let Some((name, above)) = path.split_last() else { return false };
    let mut holder = event;
    for name in above {
        let Some(members) = holder.as_object_mut() else { return false };
        holder = members.entry(*name).or_insert_with(|| Value::Object(Map::new()));
    }
    match holder.as_object_mut() {
        Some(members) if !members.contains_key(*name) => {
            members.insert((*name).to_owned(), json!(value));
            true
        }
        _ => false,
    }
}
