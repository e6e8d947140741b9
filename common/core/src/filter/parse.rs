//! Parses patterns.

use thiserror::Error;

use super::number::Number;
use super::pattern::{Pattern, PatternKind};
use super::regex::Regex;
use super::syntax::{
    Atom, Expression, LONGEST_PATTERN, Operand, Order, Segment, Test, is_name, is_word,
};

/// The maximum number of wildcard selectors (`[*]`, `.*`) in a pattern.
const MOST_WILDCARDS: usize = 3;
/// The maximum number of regular expressions in a pattern.
const MOST_REGEXES: usize = 2;

/// The text is not a filter pattern.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("character {position}: {what}")]
pub struct ParseError {
    /// The position of the error. The first character is 1.
    pub position: usize,
    /// The error, and what is expected instead.
    pub what: String,
}

impl Pattern {
    /// Parses a pattern. Text that does not begin with a brace is kept as it is, and never decided
    /// about unless it is empty.
    ///
    /// # Errors
    /// The first position at which a JSON pattern, or the length of any pattern, violates the rules
    /// of CloudWatch.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse(text)
    }
}

fn parse(text: &str) -> Result<Pattern, ParseError> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > LONGEST_PATTERN {
        let what = format!(
            "a pattern can have at most {LONGEST_PATTERN} characters, but this pattern has {}",
            characters.len()
        );
        return Err(ParseError { position: LONGEST_PATTERN + 1, what });
    }
    let mut parser = Parser { characters, at: 0, wildcards: 0, has_wildcard: false, regexes: 0 };
    parser.skip_space();
    let kind = match parser.peek() {
        None => PatternKind::Everything,
        Some('{') => {
            parser.at += 1;
            PatternKind::Json(parser.expression()?)
        }
        Some(_) => PatternKind::Other(text.to_owned()),
    };
    Ok(Pattern { kind })
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    wildcards: usize,
    /// Whether the current selector has a wildcard.
    has_wildcard: bool,
    regexes: usize,
}

/// What was parsed between two parentheses: the finished parts of the disjunction, and the current
/// conjunction.
#[derive(Default)]
struct Nesting {
    any: Vec<Expression>,
    all: Vec<Expression>,
}

impl Nesting {
    fn end_of_conjunction(&mut self) {
        self.any.push(Expression::all(std::mem::take(&mut self.all)));
    }

    fn end(mut self) -> Expression {
        self.end_of_conjunction();
        Expression::any(self.any)
    }
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn starts_with(&self, text: &str) -> bool {
        self.characters.get(self.at..).is_some_and(|rest| {
            text.chars().enumerate().all(|(at, character)| rest.get(at) == Some(&character))
        })
    }

    fn take(&mut self, text: &str) -> bool {
        let there = self.starts_with(text);
        self.at += if there { text.chars().count() } else { 0 };
        there
    }

    fn run(&self, belongs: fn(char) -> bool) -> String {
        self.characters
            .iter()
            .skip(self.at)
            .copied()
            .take_while(|character| belongs(*character))
            .collect()
    }

    fn fail<T>(&self, what: impl Into<String>) -> Result<T, ParseError> {
        self.fail_at(self.at, what)
    }

    fn fail_at<T>(&self, at: usize, what: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { position: at + 1, what: what.into() })
    }

    /// Parses everything after the opening brace. Parentheses are kept on an explicit stack,
    /// because a pattern can contain five hundred of them.
    fn expression(&mut self) -> Result<Expression, ParseError> {
        let mut outer: Vec<(usize, Nesting)> = Vec::new();
        let mut level = Nesting::default();
        loop {
            self.skip_space();
            if self.take("(") {
                outer.push((self.at - 1, std::mem::take(&mut level)));
                continue;
            }
            level.all.push(Expression::Atom(self.atom()?));
            loop {
                self.skip_space();
                if self.take("&&") {
                    break;
                }
                if self.take("||") {
                    level.end_of_conjunction();
                    break;
                }
                match (self.peek(), outer.pop()) {
                    (Some(')'), Some((_, mut around))) => {
                        self.at += 1;
                        around.all.push(level.end());
                        level = around;
                    }
                    (Some('}'), None) => {
                        self.at += 1;
                        self.skip_space();
                        return match self.peek() {
                            None => Ok(level.end()),
                            Some(_) => self.fail("nothing may follow the closing brace"),
                        };
                    }
                    (Some(')'), None) => return self.fail("')' has no matching '('"),
                    (Some('}') | None, Some((open, _))) => {
                        return self.fail_at(open, "'(' is not closed");
                    }
                    (None, None) => return self.fail("the closing brace is missing"),
                    (Some('&' | '|'), _) => return self.fail("write '&&' or '||'"),
                    (Some(_), Some(_)) => {
                        return self.fail(
                            "expected '&&', '||' or ')'; a value with spaces needs double quotes",
                        );
                    }
                    (Some(_), None) => {
                        return self.fail(
                            "expected '&&', '||' or '}'; a value with spaces needs double quotes",
                        );
                    }
                }
            }
        }
    }

    fn atom(&mut self) -> Result<Atom, ParseError> {
        let selector = self.selector()?;
        let before = self.at;
        self.skip_space();
        let is_apart = self.at > before;
        let start = self.at;
        let test = if self.take("==") {
            return self.fail_at(start, "'==' is not an operator, write '='");
        } else if self.take("!=") {
            Test::Differs(self.operand()?)
        } else if self.take("=") {
            Test::Equals(self.operand()?)
        } else if let Some(order) = self.order() {
            Test::Compares(order, self.number()?)
        } else if !is_apart {
            let what = match self.peek() {
                Some(character) if !is_space(character) => format!(
                    "'{character}' is not allowed in a selector; write a name that contains it as \
                     .['name']"
                ),
                _ => "an operator is missing".to_owned(),
            };
            return self.fail(what);
        } else {
            self.keywords()?
        };
        Ok(Atom { selector, test })
    }

    fn keywords(&mut self) -> Result<Test, ParseError> {
        let start = self.at;
        let mut words = Vec::new();
        for _ in 0..2 {
            self.skip_space();
            let word = self.run(is_name);
            self.at += word.chars().count();
            words.push(word.to_ascii_uppercase());
        }
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["IS", "NULL"] => Ok(Test::IsNull),
            ["IS", "TRUE"] => Ok(Test::IsTrue),
            ["IS", "FALSE"] => Ok(Test::IsFalse),
            ["NOT", "EXISTS"] => Ok(Test::NotExists),
            ["IS", _] => self.fail_at(start, "expected NULL, TRUE or FALSE after IS"),
            _ => self.fail_at(
                start,
                "expected one of =, !=, <, <=, >, >=, IS NULL, IS TRUE, IS FALSE, NOT EXISTS",
            ),
        }
    }

    fn order(&mut self) -> Option<Order> {
        // The longer operators first.
        [("<=", Order::AtMost), (">=", Order::AtLeast), ("<", Order::Less), (">", Order::Greater)]
            .into_iter()
            .find_map(|(operator, order)| self.take(operator).then_some(order))
    }

    fn selector(&mut self) -> Result<Vec<Segment>, ParseError> {
        if !self.take("$") {
            let what = match self.peek() {
                Some('!') => "patterns have no negation; use != or NOT EXISTS".to_owned(),
                _ => "a selector begins with '$.'".to_owned(),
            };
            return self.fail(what);
        }
        let mut steps = Vec::new();
        self.has_wildcard = false;
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    let step = self.member()?;
                    steps.push(step);
                }
                Some('[') if steps.is_empty() => return self.fail("a selector begins with '$.'"),
                Some('[') => {
                    let step = self.element()?;
                    steps.push(step);
                }
                _ if steps.is_empty() => return self.fail("a selector begins with '$.'"),
                _ => return Ok(steps),
            }
        }
    }

    fn wildcard(&mut self, start: usize, step: Segment) -> Result<Segment, ParseError> {
        if self.has_wildcard {
            return self.fail_at(start, "a selector has at most one wildcard");
        }
        self.has_wildcard = true;
        self.wildcards += 1;
        if self.wildcards > MOST_WILDCARDS {
            return self.fail_at(
                start,
                format!("a pattern has at most {MOST_WILDCARDS} wildcard selectors"),
            );
        }
        Ok(step)
    }

    /// Parses a member after the period.
    fn member(&mut self) -> Result<Segment, ParseError> {
        let start = self.at;
        if self.take("*") {
            return self.wildcard(start, Segment::AnyMember);
        }
        if self.take("['") {
            let name = self.run(|character| character != '\'');
            self.at += name.chars().count();
            if !self.take("']") {
                return self
                    .fail("expected \"']\"; a name in brackets cannot contain a single quote");
            }
            return Ok(Segment::Key(name));
        }
        if self.starts_with("[\"") {
            return self.fail_at(self.at + 1, "write a name in brackets in single quotes");
        }
        let name = self.run(is_name);
        if name.is_empty() {
            return self.fail("expected a name of letters, digits, '_' and '-', or ['any name']");
        }
        self.at += name.chars().count();
        Ok(Segment::Key(name))
    }

    /// Parses an element in brackets.
    fn element(&mut self) -> Result<Segment, ParseError> {
        let start = self.at;
        if self.take("[*]") {
            return self.wildcard(start, Segment::AnyElement);
        }
        if self.starts_with("['") || self.starts_with("[\"") {
            return self.fail(
                "write a period before the bracket and single quotes around the name: \
                    .['name']",
            );
        }
        self.at += 1;
        let digits = self.run(|character| character.is_ascii_digit());
        let Some(index) = digits.parse().ok().filter(|_| digits.len() <= 9) else {
            return self.fail("expected the index of an element, from 0, or '*'");
        };
        self.at += digits.len();
        if !self.take("]") {
            return self.fail("expected ']'");
        }
        Ok(Segment::Index(index))
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        self.skip_space();
        match self.peek() {
            Some('"') => self.string().map(Operand::Text),
            Some('%') => self.regex().map(Operand::Regex),
            _ => {
                let start = self.at;
                let word = self.word()?;
                if word == "null" {
                    return self.fail_at(start, "null is not a value; use IS NULL");
                }
                if !has_legal_exponent(&word) {
                    return self.fail_at(start, "the exponent of this number is too large");
                }
                Ok(Number::parse(&word).map_or(Operand::Text(word), Operand::Number))
            }
        }
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some('"' | '%') => self.fail("<, <=, > and >= need an unquoted number"),
            _ => match Number::parse(&self.word()?) {
                Some(number) if !has_legal_exponent(&number.text) => {
                    self.fail_at(start, "the exponent of this number is too large")
                }
                Some(number) => Ok(number),
                None => self.fail_at(start, "<, <=, > and >= need an unquoted number"),
            },
        }
    }

    fn string(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return self.fail_at(start, "this double quote is not closed"),
                Some('"') => break,
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(character @ ('"' | '\\')) => text.push(character),
                        _ => return self.fail("'\\' escapes only '\"' and '\\'"),
                    }
                }
                Some(character) => text.push(character),
            }
            self.at += 1;
        }
        self.at += 1;
        self.end_of_value()?;
        Ok(text)
    }

    fn regex(&mut self) -> Result<Regex, ParseError> {
        let start = self.at;
        self.regexes += 1;
        if self.regexes > MOST_REGEXES {
            return self.fail(format!("a pattern has at most {MOST_REGEXES} regular expressions"));
        }
        self.at += 1;
        let source = self.run(|character| character != '%');
        let after = self.at + source.chars().count();
        if self.characters.get(after) != Some(&'%') {
            return self.fail_at(start, "this '%' is not closed");
        }
        let regex = Regex::parse(&source).or_else(|(at, what)| self.fail_at(self.at + at, what))?;
        self.at = after + 1;
        self.end_of_value()?;
        Ok(regex)
    }

    /// Parses an unquoted word. A plus sign is allowed only within a number.
    fn word(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let word = self.run(|character| is_word(character) || character == '+');
        if word.is_empty() {
            return match self.peek() {
                Some('=' | '<' | '>') => self.fail("the operators are =, !=, <, <=, > and >="),
                Some('\'') => self.fail("write a value in double quotes"),
                _ => self.fail("a value is missing"),
            };
        }
        if word.contains('+') && Number::parse(&word).is_none() {
            let plus = word.chars().take_while(|character| *character != '+').count();
            return self.fail_at(start + plus, "a value with '+' needs double quotes");
        }
        self.at += word.chars().count();
        self.end_of_value()?;
        Ok(word)
    }

    /// Checks that a value ends at a space, at an operator, or at a closing parenthesis or brace.
    fn end_of_value(&self) -> Result<(), ParseError> {
        match self.peek() {
            None | Some('&' | '|' | ')' | '}') => Ok(()),
            Some(character) if is_space(character) => Ok(()),
            Some(character) => self
                .fail(format!("a value with '{character}' needs double quotes around all of it")),
        }
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Whether a number has no exponent, or an exponent that AWS accepts: 32 bits, as recorded by a
/// public project.
fn has_legal_exponent(word: &str) -> bool {
    let exponent = word.split_once(['e', 'E']).filter(|_| Number::parse(word).is_some());
    exponent.is_none_or(|(_, exponent)| exponent.parse::<i32>().is_ok())
}

#[cfg(test)]
mod tests {
    use crate::filter::Pattern;

    #[test]
    fn prints_one_form_for_what_is_the_same() {
        let table = [
            ("{$.a=b}", r#"{ $.a = "b" }"#),
            ("{ $.['a'] = \"b\" }", r#"{ $.a = "b" }"#),
            (" {\n ( ( $.a\t= b ) ) } \n", r#"{ $.a = "b" }"#),
            ("{ $.a = 1 && $.b = 2 || $.c = 3 }", "{ (($.a = 1) && ($.b = 2)) || ($.c = 3) }"),
            ("{ $.a = 1 && ($.b = 2 || $.c = 3) }", "{ ($.a = 1) && (($.b = 2) || ($.c = 3)) }"),
            ("{ $.a = 1 || ($.b = 2 || $.c = 3) }", "{ ($.a = 1) || ($.b = 2) || ($.c = 3) }"),
            ("{ $.a=1&&($.b=2)&&$.c=3 }", "{ ($.a = 1) && ($.b = 2) && ($.c = 3) }"),
            (
                "{ $.a Is Null && $.b not exists && $.c is true && $.d IS false }",
                "{ ($.a IS NULL) && ($.b NOT EXISTS) && ($.c IS TRUE) && ($.d IS FALSE) }",
            ),
            ("{ $.a[0].b[*].c != %^x[0-9]{2}$% }", "{ $.a[0].b[*].c != %^x[0-9]{2}$% }"),
            ("{ $.['a b'].c < -1.50e+3 }", "{ $.['a b'].c < -1.50e+3 }"),
            (r#"{ $.a = "say \"\\\"" }"#, r#"{ $.a = "say \"\\\"" }"#),
            ("{ $.a = 123.123.* && $.b >= 5 }", r#"{ ($.a = "123.123.*") && ($.b >= 5) }"#),
            (r#"{ $.a = "5" && $.b = 5 }"#, r#"{ ($.a = "5") && ($.b = 5) }"#),
            ("{ $.a = NULL }", r#"{ $.a = "NULL" }"#),
            ("{ $.a = * }", r#"{ $.a = "*" }"#),
            ("{ $.a = \"\" }", r#"{ $.a = "" }"#),
            ("{ $.a-b_C9 <= 0 && $.d > 1 }", "{ ($.a-b_C9 <= 0) && ($.d > 1) }"),
            ("", ""),
            (" \n", ""),
            ("[ip, user, status = 4*]", "[ip, user, status = 4*]"),
            ("ERROR -Exiting", "ERROR -Exiting"),
        ];
        for (text, printed) in table {
            let pattern = Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(pattern.to_string(), printed, "{text}");
            assert_eq!(Pattern::parse(printed).unwrap(), pattern, "{text}");
        }
    }

    #[test]
    fn says_where_and_what_is_wrong() {
        let table = [
            ("{", 2, "begins with '$.'"),
            ("{}", 2, "begins with '$.'"),
            ("{ $.a = b", 10, "closing brace"),
            ("{ $.a = b } x", 13, "nothing may follow"),
            ("{ $.a = b }}", 12, "nothing may follow"),
            ("{ $.a == b }", 7, "'=='"),
            ("{ $.a = = b }", 9, "the operators are"),
            ("{ $.a =< 5 }", 8, "the operators are"),
            ("{ $.a ! b }", 7, "expected one of"),
            ("{ !($.a = b) }", 3, "no negation"),
            ("{ ($.a = b }", 3, "is not closed"),
            ("{ $.a = b) }", 10, "has no matching"),
            ("{ $.a = b & $.c = d }", 11, "'&&'"),
            ("{ $.a = b | $.c = d }", 11, "'||'"),
            ("{ $.a = b && }", 14, "begins with '$.'"),
            ("{ $.a = b $.c = d }", 11, "expected '&&'"),
            ("{ ($.errorMessage = Failed authentication) }", 28, "double quotes"),
            ("{ $.a = Failed\nauthentication }", 16, "double quotes"),
            ("{ $.a = arn:aws }", 12, "':'"),
            ("{ $.a = a/b }", 10, "'/'"),
            ("{ $.a = a@b }", 10, "'@'"),
            ("{ $.a = 'b' }", 9, "double quotes"),
            ("{ $.a = \"b }", 9, "is not closed"),
            (r#"{ $.a = "a\nb" }"#, 12, "escapes only"),
            ("{ $.a = \"b\"c }", 12, "'c'"),
            ("{ $.a > \"5\" }", 9, "unquoted number"),
            ("{ $.a > abc }", 9, "unquoted number"),
            ("{ $.a > 4* }", 9, "unquoted number"),
            ("{ $.a < %4% }", 9, "unquoted number"),
            ("{ $.a = %(a)% }", 10, "no groups"),
            ("{ $.a = %a }", 9, "is not closed"),
            ("{ $.a = %a!% }", 11, "not supported"),
            ("{ $.a = a+b }", 10, "'+'"),
            ("{ $.a }", 7, "expected one of"),
            ("{ $.a IS }", 7, "after IS"),
            ("{ $.a[*].* = x }", 10, "at most one wildcard"),
            ("{ $.a = null }", 9, "null is not a value"),
            ("{ $.a != 1e2147483648 }", 10, "the exponent"),
            ("{ $.a < 1e-2147483649 }", 9, "the exponent"),
            ("{ $.a IS NOT NULL }", 7, "after IS"),
            ("{ $.a EXISTS }", 7, "expected one of"),
            ("{ $.a NOT NULL }", 7, "expected one of"),
            ("{ $ = b }", 4, "begins with '$.'"),
            ("{ $[0] = b }", 4, "begins with '$.'"),
            ("{ $a = b }", 4, "begins with '$.'"),
            ("{ a = b }", 3, "begins with '$.'"),
            ("{ $. = b }", 5, "a name"),
            ("{ $.a:b = c }", 6, "':'"),
            ("{ $.a['b'] = c }", 6, "a period before"),
            ("{ $.[\"b\"] = c }", 6, "single quotes"),
            ("{ $.['b\"] = c }", 16, "single quote"),
            ("{ $.a[-1] = c }", 7, "index of an element"),
            ("{ $.a[1 = c }", 8, "']'"),
            ("{ $.a[*] = 1 || $.b[*] = 1 || $.*.c = 1 || $.d.* = 1 }", 48, "at most 3"),
            ("{ $.a = %b% || $.a = %c% || $.a = %d% }", 35, "at most 2"),
        ];
        for (text, position, what) in table {
            let error = Pattern::parse(text).expect_err(text);
            assert_eq!(error.position, position, "{text}: {error}");
            assert!(error.what.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        let of_length = |length: usize| format!("{{ $.a = \"{}\" }}", "é".repeat(length - 12));
        assert!(Pattern::parse(&of_length(1_024)).is_ok());
        assert_eq!(Pattern::parse(&of_length(1_025)).unwrap_err().position, 1_025);
        assert_eq!(Pattern::parse(&"x".repeat(1_025)).unwrap_err().position, 1_025);
    }

    #[test]
    fn five_hundred_parentheses_do_not_overflow() {
        let deep = format!("{{{}$.a=b{}}}", "(".repeat(500), ")".repeat(500));
        assert_eq!(Pattern::parse(&deep).unwrap().to_string(), "{ $.a = \"b\" }");
        let nested = format!("{{{}$.a=b{}}}", "$.a=b&&($.a=b||(".repeat(50), "))".repeat(50));
        let pattern = Pattern::parse(&nested).unwrap();
        assert_eq!(Pattern::parse(&pattern.to_string()).unwrap(), pattern);
        assert!(Pattern::parse(&format!("{{{}", "(".repeat(1_000))).is_err());
    }

    #[test]
    fn the_longest_patterns_can_be_printed_and_read_again() {
        let words = vec!["$.a=b"; 145].join("||");
        let pattern = Pattern::parse(&format!("{{{words}}}")).unwrap();
        assert!(pattern.to_string().chars().count() <= 1_024);
        assert_eq!(Pattern::parse(&pattern.to_string()).unwrap(), pattern);
    }
}
