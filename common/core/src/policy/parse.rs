//! Parses policy documents.

use serde_json::Value;

use super::condition::Condition;
use super::document::{
    Effect, Patterns, Policy, Principal, PrincipalKind, Principals, Statement, StatementName,
    UnknownStatement,
};
use super::error::PolicyError;
use super::json::{self, Json};
use crate::text::shorten;

type PolicyResult<T> = Result<T, PolicyError>;

impl Policy {
    /// Parses a document from a text: JSON, JSON within a JSON string, or either of them
    /// URL-encoded. A statement that is not understood is kept as unknown. A document that is not a
    /// policy is an error.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        match json::unwrapped(text)? {
            Some(document) => policy(&document),
            None => Err(wrong("policy", "the text has too many nested encodings".to_owned())),
        }
    }

    /// Parses a document, or the output of the AWS CLI that contains one: `get-bucket-policy`,
    /// `get-policy-version`, `get-role-policy` and similar commands.
    pub fn parse_output(text: &str) -> Result<Self, PolicyError> {
        match json::unwrapped(text)? {
            Some(output) => match inner_document(&output) {
                Some(document) => match document.text() {
                    Some(text) => Self::parse(text),
                    None => policy(document),
                },
                None => policy(&output),
            },
            None => Self::parse(text),
        }
    }

    /// Parses a document from a JSON value: an object, or a string in the form of
    /// [`Policy::parse`]. A JSON value has already lost duplicate elements: parse the text if it is
    /// available.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        match value {
            Value::String(inner) => Self::parse(inner),
            document => policy(&document.into()),
        }
    }
}

/// The document in the response of an operation.
fn inner_document(output: &Json) -> Option<&Json> {
    fn members(json: &Json) -> Option<Elements<'_>> {
        Elements::of("policy", json).ok()
    }
    let output = members(output).filter(|output| output.get("Statement").is_none())?;
    let version = output.get("PolicyVersion").and_then(members);
    let version = version.as_ref().unwrap_or(&output);
    ["Policy", "PolicyDocument", "Document"].into_iter().find_map(|name| version.get(name))
}

fn wrong(place: &str, problem: String) -> PolicyError {
    PolicyError::Form { place: place.to_owned(), problem }
}

fn quoted(text: &str) -> String {
    format!("'{}'", shorten(text, 64))
}

/// The elements of an object, with the location of the object for errors.
struct Elements<'a> {
    place: &'a str,
    members: &'a [(String, Json)],
}

impl<'a> Elements<'a> {
    fn of(place: &'a str, document: &'a Json) -> PolicyResult<Self> {
        match document {
            Json::Object(members) => Ok(Self { place, members }),
            other => Err(wrong(place, format!("expected an object, found {}", other.kind()))),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Json> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn wrong(&self, problem: String) -> PolicyError {
        wrong(self.place, problem)
    }

    /// Checks that no name is given twice.
    fn once(&self) -> PolicyResult<()> {
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair.first() == pair.last()) {
            Some([name, ..]) => Err(self.wrong(format!("{} is given twice", quoted(name)))),
            _ => Ok(()),
        }
    }

    /// Checks that each name is one of these, and is given once.
    fn known(&self, names: &[&str]) -> PolicyResult<()> {
        self.once()?;
        match self.members.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(self.wrong(format!(
                "unknown element {}; valid elements are {}",
                quoted(name),
                names.join(", ")
            ))),
        }
    }

    fn text(&self, name: &str) -> PolicyResult<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.text().map(Some).ok_or_else(|| {
                self.wrong(format!("{name} must be a string, not {}", value.kind()))
            }),
        }
    }

    /// The element or its negation, whichever exists, with its name.
    fn either(
        &self,
        name: &'static str,
        negation: &'static str,
    ) -> PolicyResult<Option<(bool, &'static str, &'a Json)>> {
        match (self.get(name), self.get(negation)) {
            (None, None) => Ok(None),
            (Some(value), None) => Ok(Some((false, name, value))),
            (None, Some(value)) => Ok(Some((true, negation, value))),
            (Some(_), Some(_)) => {
                Err(self.wrong(format!("{name} and {negation} exclude each other")))
            }
        }
    }

    fn patterns(
        &self,
        name: &'static str,
        negation: &'static str,
    ) -> PolicyResult<Option<Patterns>> {
        let Some((negated, name, value)) = self.either(name, negation)? else { return Ok(None) };
        Ok(Some(Patterns { negated, patterns: self.texts(name, value)? }))
    }

    /// A string, or a list of strings.
    fn texts(&self, name: &str, value: &Json) -> PolicyResult<Vec<String>> {
        let text = |item: &Json| {
            item.text().map(str::to_owned).ok_or_else(|| {
                self.wrong(format!(
                    "{name} must be a string or a list of strings, not {}",
                    item.kind()
                ))
            })
        };
        value.items().iter().map(text).collect()
    }
}

fn policy(document: &Json) -> PolicyResult<Policy> {
    let elements = Elements::of("policy", document)?;
    elements.known(&["Version", "Id", "Statement"])?;
    match elements.get("Version") {
        None => {}
        Some(version) if matches!(version.text(), Some("2012-10-17" | "2008-10-17")) => {}
        Some(_) => {
            return Err(elements.wrong("Version must be '2012-10-17' or '2008-10-17'".to_owned()));
        }
    }
    elements.text("Id")?;
    let Some(statements) = elements.get("Statement") else {
        return Err(elements.wrong("Statement is missing".to_owned()));
    };
    let mut policy = Policy { statements: Vec::new(), unknown: Vec::new() };
    for (statement, position) in statements.items().iter().zip(1..) {
        match read_statement(statement, position) {
            Ok(statement) => policy.statements.push(statement),
            Err(unknown) => policy.unknown.push(unknown),
        }
    }
    Ok(policy)
}

const STATEMENT_ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn read_statement(document: &Json, position: usize) -> Result<Statement, UnknownStatement> {
    let place = format!("statement {position}");
    let unknown = |effect| move |problem| UnknownStatement { effect, problem };
    let elements = Elements::of(&place, document).map_err(unknown(None))?;
    let effect = read_effect(&elements);
    let read = |effect: Effect| {
        elements.known(STATEMENT_ELEMENTS)?;
        let name = match elements.text("Sid")? {
            Some(sid) if !sid.trim().is_empty() => StatementName::Sid(sid.to_owned()),
            _ => StatementName::Position(position),
        };
        let mut actions = elements
            .patterns("Action", "NotAction")?
            .ok_or_else(|| elements.wrong("Action is missing".to_owned()))?;
        actions.patterns.iter_mut().for_each(|action| action.make_ascii_lowercase());
        let resources = elements.patterns("Resource", "NotResource")?;
        let (principals, conditions) = (principals(&elements), conditions(&elements));
        Ok(Statement { name, effect, principals, actions, resources, conditions })
    };
    match effect {
        Ok(effect) => read(effect).map_err(unknown(Some(effect))),
        Err(problem) => Err(unknown(None)(problem)),
    }
}

fn read_effect(elements: &Elements<'_>) -> PolicyResult<Effect> {
    if elements.members.iter().filter(|(name, _)| name == "Effect").count() > 1 {
        return Err(elements.wrong("'Effect' is given twice".to_owned()));
    }
    match elements.text("Effect")? {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        Some(other) => {
            Err(elements.wrong(format!("Effect must be 'Allow' or 'Deny', not {}", quoted(other))))
        }
        None => Err(elements.wrong("Effect is missing".to_owned())),
    }
}

/// The principals, with an error if some of them are not understood.
fn principals(elements: &Elements<'_>) -> Option<Principals> {
    let (negated, name, value) = match elements.either("Principal", "NotPrincipal") {
        Ok(Some(found)) => found,
        Ok(None) => return None,
        Err(problem) => {
            let problem = Some(problem);
            return Some(Principals { negated: false, members: Vec::new(), problem });
        }
    };
    let mut members = Vec::new();
    let problem = match value {
        Json::Object(kinds) => {
            let kinds = Elements { place: elements.place, members: kinds };
            let mut problem = kinds.once().err();
            for (kind, names) in kinds.members {
                match read_principals(elements, name, kind, names) {
                    Ok(read) => members.extend(read),
                    Err(error) => problem = problem.or(Some(error)),
                }
            }
            problem
        }
        all if all.text() == Some("*") => {
            members.push(Principal { kind: PrincipalKind::Aws, name: "*".to_owned() });
            None
        }
        _ => {
            Some(elements.wrong(format!("{name} must be '*' or an object such as {{\"AWS\": …}}")))
        }
    };
    Some(Principals { negated, members, problem })
}

/// Parses the principals of one kind.
fn read_principals(
    elements: &Elements<'_>,
    name: &str,
    kind: &str,
    names: &Json,
) -> PolicyResult<impl Iterator<Item = Principal>> {
    let principal_kind = match kind {
        "AWS" => PrincipalKind::Aws,
        "Service" | "Federated" | "CanonicalUser" => PrincipalKind::Other,
        other => {
            return Err(elements.wrong(format!(
                "{name} has an unknown kind {}; valid kinds are AWS, Service, Federated, \
                 CanonicalUser",
                quoted(other)
            )));
        }
    };
    let names = elements.texts(&format!("{name} {kind}"), names)?;
    Ok(names.into_iter().map(move |name| Principal { kind: principal_kind, name }))
}

fn conditions(elements: &Elements<'_>) -> Vec<Condition> {
    let Some(value) = elements.get("Condition") else { return Vec::new() };
    let Json::Object(operators) = value else {
        let problem = format!("Condition must be an object, not {}", value.kind());
        return vec![Condition::unknown("Condition", "", elements.wrong(problem))];
    };
    let operators = Elements { place: elements.place, members: operators };
    let twice = operators.once().err();
    let mut conditions: Vec<Condition> =
        twice.into_iter().map(|problem| Condition::unknown("Condition", "", problem)).collect();
    for (operator, keys) in operators.members {
        conditions.extend(of_operator(elements, operator, keys));
    }
    conditions
}

/// Parses the conditions of one operator.
fn of_operator(elements: &Elements<'_>, operator: &str, keys: &Json) -> Vec<Condition> {
    let unknown = |key: &str, problem| vec![Condition::unknown(operator, key, problem)];
    if !Condition::is_operator(operator) {
        let key = match keys {
            Json::Object(keys) => keys.first().map_or("", |(key, _)| key.as_str()),
            _ => "",
        };
        let problem = format!("unknown condition operator {}", quoted(operator));
        return unknown(key, elements.wrong(problem));
    }
    let Json::Object(keys) = keys else {
        let problem =
            format!("Condition {} must contain an object, not {}", quoted(operator), keys.kind());
        return unknown("", elements.wrong(problem));
    };
    let keys = Elements { place: elements.place, members: keys };
    if let Err(problem) = keys.once() {
        return unknown("", problem);
    }
    let of_key = |(key, values): &(String, Json)| {
        let text = |value: &Json| match value {
            Json::Scalar(Value::String(text)) => Ok(text.clone()),
            Json::Scalar(value @ (Value::Bool(_) | Value::Number(_))) => Ok(value.to_string()),
            other => Err(elements.wrong(format!(
                "the values of condition key {} must be strings, numbers or booleans, not {}",
                quoted(key),
                other.kind()
            ))),
        };
        match values.items().iter().map(text).collect() {
            Ok(values) => Condition::new(operator, key, values),
            Err(problem) => Condition::unknown(operator, key, problem),
        }
    };
    keys.members.iter().map(of_key).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::json::WRAPPINGS;
    use super::*;

    fn error(document: Value) -> String {
        Policy::from_value(&document).expect_err("refused").to_string()
    }

    /// The error of a statement next to one that is understood.
    fn problem(statement: Value) -> String {
        let fine = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        problem_of(&json!({"Statement": [fine, statement]}).to_string())
    }

    fn problem_of(text: &str) -> String {
        let policy = Policy::parse(text).expect("a policy");
        let unknown = policy.unknown.iter().map(|statement| &statement.problem);
        let problems: Vec<_> =
            unknown.chain(policy.statements.iter().filter_map(Statement::problem)).collect();
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        problems[0].to_string()
    }

    #[test]
    fn an_empty_list_is_understood() {
        let policy = Policy::from_value(&json!({"Statement": [
            {"Effect": "Allow", "Action": [], "Resource": "*"},
            {"Effect": "Allow", "NotAction": [], "Resource": []},
            {"Effect": "Deny", "Principal": {"AWS": []}, "Action": "*", "NotResource": []},
            {"Effect": "Deny", "NotPrincipal": {}, "Action": "*", "Condition": {"Bool": {}}},
        ]}));
        let policy = policy.expect("a policy");
        assert_eq!(policy.statements.len(), 4);
        assert!(policy.statements.iter().all(|statement| statement.problem().is_none()));
        assert!(!policy.statements[2].possibly_for_everyone());
        assert!(policy.statements[3].possibly_for_everyone());
    }

    #[test]
    fn what_is_not_understood_has_its_place() {
        for (statement, expected) in [
            (json!({"Action": "*", "Resource": "*"}), "statement 2: Effect is missing"),
            (
                json!({"Effect": "allow", "Action": "*", "Resource": "*"}),
                "statement 2: Effect must be 'Allow' or 'Deny', not 'allow'",
            ),
            (
                json!({"Effect": true, "Action": "*"}),
                "statement 2: Effect must be a string, not a boolean",
            ),
            (json!({"Effect": "Allow", "Resource": "*"}), "statement 2: Action is missing"),
            (
                json!({"Effect": "Allow", "Action": "*", "NotAction": "*"}),
                "statement 2: Action and NotAction exclude each other",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}),
                "statement 2: Resource and NotResource exclude each other",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Principal": "*", "NotPrincipal": "*"}),
                "statement 2: Principal and NotPrincipal exclude each other",
            ),
            (
                json!({"Effect": "Allow", "Action": [1]}),
                "statement 2: Action must be a string or a list of strings, not a number",
            ),
            (
                json!({"Effect": "Allow", "Action": [["*"]]}),
                "statement 2: Action must be a string or a list of strings, not a list",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Resource": null}),
                "statement 2: Resource must be a string or a list of strings, not null",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Sid": 1}),
                "statement 2: Sid must be a string, not a number",
            ),
            (
                json!({"Effect": "Allow", "action": "*"}),
                "statement 2: unknown element 'action'; valid elements are Sid, Effect, Principal",
            ),
            (
                json!({"Effect": "Allow", "Action": "*",
                    "Principal": "arn:aws:iam::111122223333:root"}),
                "statement 2: Principal must be '*' or an object",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Principal": {"aws": "*"}}),
                "statement 2: Principal has an unknown kind 'aws'",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": []}),
                "statement 2: Condition must be an object, not a list",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}),
                "statement 2: Condition 'Bool' must contain an object, not a string",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": null}}}),
                "statement 2: the values of condition key 'k' must be",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": [["x"]]}}}),
                "statement 2: the values of condition key 'k' must be",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Equals": {"k": "v"}}}),
                "statement 2: unknown condition operator 'Equals'",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Equals": {}}}),
                "statement 2: unknown condition operator 'Equals'",
            ),
            (
                json!({"Effect": "Allow", "Action": "*",
                    "Condition": {"NullIfExists": {"k": "v"}}}),
                "statement 2: unknown condition operator",
            ),
            (json!("x"), "statement 2: expected an object, found a string"),
            (json!(null), "statement 2: expected an object, found null"),
        ] {
            let problem = problem(statement.clone());
            assert!(problem.starts_with(expected), "{statement}: {problem}");
        }
        assert_eq!(
            problem_of(r#"{"Statement": null}"#),
            "statement 1: expected an object, found null"
        );
        for (document, expected) in [
            (json!([]), "policy: expected an object, found a list"),
            (json!(null), "policy: expected an object, found null"),
            (json!({}), "policy: Statement is missing"),
            (
                json!({"statement": []}),
                "policy: unknown element 'statement'; valid elements are Version, Id, Statement",
            ),
            (json!({"Version": "2012-10-18", "Statement": []}), "policy: Version must be"),
            (json!({"Version": 2012, "Statement": []}), "policy: Version must be"),
            (json!({"Statement": [], "Id": 3}), "policy: Id must be a string"),
        ] {
            let error = error(document.clone());
            assert!(error.starts_with(expected), "{document}: {error}");
        }
    }

    const PLAIN: &str = r#"{"Version":"2012-10-17","Statement":{"Sid":"A+B 1","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/%2F"}}"#;

    #[test]
    fn wrappings_come_off() {
        let expected = Policy::parse(PLAIN).expect("plain");
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let encoded = encode(PLAIN);
        let in_text = serde_json::to_string(PLAIN).expect("text");
        for (name, text) in [
            ("white space", format!(" \n\t{PLAIN}\r\n")),
            ("byte order mark", format!("\u{feff}{PLAIN}")),
            ("byte order mark and white space", format!("\u{feff} \n{PLAIN}")),
            ("URL-encoded", encoded.clone()),
            ("URL-encoded in lower case", encoded.to_ascii_lowercase().replace("a%2bb", "A%2BB")),
            ("URL-encoded twice", encode(&encoded)),
            ("URL-encoded with a byte order mark", encode(&format!("\u{feff}{PLAIN}"))),
            ("JSON in a text", in_text.clone()),
            ("JSON in a text, twice", serde_json::to_string(&in_text).expect("text")),
            ("URL-encoded in a text", serde_json::to_string(&encoded).expect("text")),
            ("a text, URL-encoded", encode(&in_text)),
        ] {
            let read = Policy::parse(&text);
            if name == "URL-encoded in lower case" {
                // The letters of the document itself are in lower case too.
                assert!(read.is_err(), "{name}");
            } else {
                assert_eq!(read.as_ref(), Ok(&expected), "{name}");
                assert_eq!(
                    Policy::from_value(&Value::String(text)).as_ref(),
                    Ok(&expected),
                    "{name}"
                );
            }
        }
        assert_eq!(
            Policy::from_value(&serde_json::from_str(PLAIN).expect("value")).as_ref(),
            Ok(&expected)
        );
    }

    #[test]
    fn what_the_aws_cli_prints_is_read() {
        let expected = Policy::parse(PLAIN).expect("plain");
        let document: Value = serde_json::from_str(PLAIN).expect("JSON");
        for output in [
            document.clone(),
            json!({"Policy": PLAIN}),
            json!({"PolicyVersion": {"Document": document, "VersionId": "v1",
                "IsDefaultVersion": true}}),
            json!({"Document": document, "VersionId": "v1"}),
            json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": document}),
            json!({"PolicyDocument": percent_encoding::utf8_percent_encode(PLAIN,
                percent_encoding::NON_ALPHANUMERIC).to_string()}),
        ] {
            assert_eq!(Policy::parse_output(&output.to_string()), Ok(expected.clone()), "{output}");
        }
        for other in [json!({}), json!({"Role": {}}), json!({"Policy": {}}), json!([])] {
            assert!(Policy::parse_output(&other.to_string()).is_err(), "{other}");
        }
    }

    #[test]
    fn forms_encode_spaces_as_plus() {
        let spaced = PLAIN
            .replace(':', ": ")
            .replace("arn: aws: s3: : : b", "arn:aws:s3:::b")
            .replace("s3: *", "s3:*");
        let encoded =
            percent_encoding::utf8_percent_encode(&spaced, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
                .replace("%20", "+");
        assert_eq!(Policy::parse(&encoded), Policy::parse(PLAIN));
    }

    #[test]
    fn an_element_given_twice_is_not_understood() {
        for (text, twice) in [
            (r#"{"Effect":"Deny","Effect":"Allow","Action":"*"}"#, "Effect"),
            (
                r#"{"Effect":"Deny","Action":"*","Condition":{"Bool":{"k":"a"},"Bool":{"k":"b"}}}"#,
                "Bool",
            ),
            (r#"{"Effect":"Deny","Action":"*","Condition":{"Bool":{"k":"a","k":"b"}}}"#, "k"),
            (r#"{"Effect":"Deny","Action":"*","\u0041ction":"s3:*"}"#, "Action"),
            (r#"{"Effect":"Deny","Action":"*","Principal":{"AWS":"b","AWS":"a"}}"#, "AWS"),
        ] {
            assert_eq!(
                problem_of(&format!(r#"{{"Statement":{text}}}"#)),
                format!("statement 1: '{twice}' is given twice")
            );
        }
        let twice = r#"{"Statement":[],"Statement":[]}"#;
        let error = Policy::parse(twice).expect_err("refused").to_string();
        assert_eq!(error, "policy: 'Statement' is given twice");
        assert!(Policy::from_value(&Value::String(twice.to_owned())).is_err());
    }

    #[test]
    fn an_unknown_statement_keeps_its_effect() {
        let effects = |statement: Value| {
            let policy = Policy::from_value(&json!({"Statement": statement})).expect("a policy");
            [Effect::Allow, Effect::Deny]
                .map(|effect| policy.possibly_with_effect(effect).is_some())
        };
        assert_eq!(effects(json!({"Effect": "Allow", "actions": "*"})), [true, false]);
        assert_eq!(effects(json!({"Effect": "Deny", "Action": 1})), [false, true]);
        assert_eq!(effects(json!({"Effect": "deny", "Action": "*"})), [true, true]);
        assert_eq!(effects(json!("x")), [true, true]);
        assert_eq!(effects(json!({"Effect": "Allow", "Action": "*"})), [false, false]);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            " ",
            "x",
            "{",
            "{}",
            "[]",
            "null",
            "\"\"",
            "\"x\"",
            "%",
            "%7B",
            "%ff",
            "%7B%7D",
            "100%",
            "{\"Statement\":[]} x",
            "1e999",
            "\u{feff}",
        ] {
            assert!(Policy::parse(text).is_err(), "{text:?}");
        }
        assert!(
            Policy::parse(r#"{"Statement":[]}"#).is_ok(),
            "a policy without statements says nothing"
        );
        let mut wrapped = PLAIN.to_owned();
        for _ in 0..WRAPPINGS {
            wrapped = serde_json::to_string(&wrapped).expect("text");
        }
        assert!(Policy::parse(&wrapped).is_err());
    }

    #[test]
    fn depth_does_no_harm() {
        for (open, close) in [("[", "]"), ("{\"Statement\":", "}"), ("{\"a\":[", "]}")] {
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            assert!(Policy::parse(&deep).is_err());
        }
        let mut deep = json!("x");
        for _ in 0..1000 {
            deep = json!([deep]);
        }
        let deep = Policy::from_value(&json!({"Statement": deep})).expect("a policy");
        assert_eq!(deep.unknown.len(), 1);
    }
}
