//! The value that an alarm evaluates: a metric, a sum of metrics, or a Metrics Insights query.

use plumbline_core::facts::{AlarmQuery, Metric};

/// The maximum depth of expressions that refer to one another.
const DEPTH: u8 = 8;

/// A metric in the value that an alarm evaluates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) metric: Metric,
    /// `Sum`, `Average`, …
    pub(super) statistic: Option<String>,
    /// The unit of the evaluated data points.
    pub(super) unit: Option<String>,
    /// Whether `FILL(…, 0)` replaces missing data.
    pub(super) filled: bool,
}

/// A sum of one or more metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) terms: Vec<Term>,
    /// Whether the sum has a value only while all metrics have data: `m1 + m2`, unlike
    /// `SUM(METRICS())`.
    pub(super) needs_all: bool,
}

/// Returns the sum that the queries of an alarm evaluate, or nothing for unsupported queries.
pub(super) fn compared(queries: &[AlarmQuery]) -> Option<Sum> {
    let mut returned = queries.iter().filter(|query| query.returned);
    let query = returned.next().filter(|_| returned.next().is_none())?;
    of_query(query, queries, DEPTH)
}

fn of_query(query: &AlarmQuery, queries: &[AlarmQuery], depth: u8) -> Option<Sum> {
    let one = |metric, statistic| Sum {
        terms: vec![Term { metric, statistic, unit: query.unit.clone(), filled: false }],
        needs_all: false,
    };
    if let Some(metric) = &query.metric {
        return Some(one(metric.clone(), query.statistic.clone()));
    }
    let expression = query.expression.as_deref()?;
    if let Some((metric, statistic)) = insights(expression) {
        return Some(one(metric, Some(statistic.to_owned())));
    }
    let mut parser = Parser { rest: expression, queries, depth: depth.checked_sub(1)? };
    let sum = parser.sum()?;
    parser.rest.trim().is_empty().then_some(sum)
}

/// Returns the metric and the statistic of `SELECT SUM(metric) FROM namespace`, or `MAX`, or from
/// `SCHEMA(namespace)`. Returns nothing for other queries.
fn insights(query: &str) -> Option<(Metric, &'static str)> {
    let rest = keyword(query, "SELECT")?;
    let (rest, statistic) = match (keyword(rest, "SUM"), keyword(rest, "MAX")) {
        (Some(rest), _) => (rest, "Sum"),
        (_, Some(rest)) => (rest, "Maximum"),
        (None, None) => return None,
    };
    let (name, rest) = name(symbol(rest, "(")?)?;
    let rest = keyword(symbol(rest, ")")?, "FROM")?;
    let schema = keyword(rest, "SCHEMA").and_then(|rest| symbol(rest, "("));
    let (namespace, rest) = self::name(schema.unwrap_or(rest))?;
    let rest = if schema.is_some() { symbol(rest, ")")? } else { rest };
    rest.trim().is_empty().then_some((Metric { namespace, name, dimensions: false }, statistic))
}

/// Returns the text after a keyword.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (start, rest) = text.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    (start.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

fn symbol<'a>(text: &'a str, symbol: &str) -> Option<&'a str> {
    text.trim_start().strip_prefix(symbol)
}

/// Returns a name, with or without double quotes, and the text after it.
fn name(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, rest) = quoted.split_once('"')?;
        return Some((name.to_owned(), rest));
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let end = text.find(|letter| !plain(letter)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    (!name.is_empty()).then(|| (name.to_owned(), rest))
}

struct Parser<'a> {
    rest: &'a str,
    queries: &'a [AlarmQuery],
    depth: u8,
}

impl<'a> Parser<'a> {
    fn take(&mut self, wanted: &str) -> Option<()> {
        self.rest = symbol(self.rest, wanted)?;
        Some(())
    }

    /// Reads the name of a function and the opening parenthesis. Names of functions are in
    /// capitals.
    fn function(&mut self, wanted: &str) -> Option<()> {
        let rest = self.rest.trim_start().strip_prefix(wanted)?;
        self.rest = symbol(rest, "(")?;
        Some(())
    }

    fn sum(&mut self) -> Option<Sum> {
        let mut sum = self.term()?;
        while self.take("+").is_some() {
            let other = self.term()?;
            sum.terms.extend(other.terms);
            sum.needs_all = true;
        }
        Some(sum)
    }

    fn term(&mut self) -> Option<Sum> {
        if self.take("(").is_some() {
            let sum = self.sum()?;
            self.take(")")?;
            return Some(sum);
        }
        if self.function("FILL").is_some() {
            let mut sum = self.sum()?;
            self.take(",")?;
            self.take("0")?;
            self.take(")")?;
            let [term] = sum.terms.as_mut_slice() else { return None };
            term.filled = true;
            return Some(sum);
        }
        if self.function("SUM").is_some() {
            let sum = self.array()?;
            self.take(")")?;
            return Some(sum);
        }
        let (id, rest) = name(self.rest)?;
        self.rest = rest;
        let query = self.queries.iter().find(|query| query.id == id)?;
        of_query(query, self.queries, self.depth)
    }

    /// Reads `METRICS()`, `METRICS("text")` for the metrics whose ids contain the text, or a list.
    fn array(&mut self) -> Option<Sum> {
        let mut sum = Sum::default();
        if self.function("METRICS").is_some() {
            let (argument, rest) = self.rest.split_once(')')?;
            self.rest = rest;
            let argument = argument.trim();
            let quoted = |quote: char| argument.strip_prefix(quote)?.strip_suffix(quote);
            let text = match argument {
                "" => "",
                _ => quoted('"').or_else(|| quoted('\''))?,
            };
            let is_metric = |query: &&AlarmQuery| query.expression.is_none();
            for query in self.queries.iter().filter(is_metric) {
                if query.id.contains(text) {
                    sum.terms.extend(of_query(query, self.queries, self.depth)?.terms);
                }
            }
            return Some(sum);
        }
        self.take("[")?;
        loop {
            let other = self.sum()?;
            sum.needs_all |= other.needs_all;
            sum.terms.extend(other.terms);
            if self.take(",").is_none() {
                break;
            }
        }
        self.take("]")?;
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(id: &str, expression: Option<&str>) -> AlarmQuery {
        AlarmQuery {
            id: id.to_owned(),
            metric: expression.is_none().then(|| Metric {
                namespace: "CIS".to_owned(),
                name: id.to_uppercase(),
                dimensions: false,
            }),
            statistic: expression.is_none().then(|| "Sum".to_owned()),
            expression: expression.map(str::to_owned),
            returned: false,
            unit: None,
        }
    }

    /// Returns the metrics of an expression over `m1` and `m2`, whether it needs both, and which
    /// are filled.
    fn read(expression: &str) -> Option<(Vec<String>, bool, Vec<bool>)> {
        let returned = AlarmQuery { returned: true, ..query("e1", Some(expression)) };
        let queries =
            [query("m1", None), query("m2", None), query("e2", Some("m1 + m2")), returned];
        let Sum { terms, needs_all } = compared(&queries)?;
        let filled = terms.iter().map(|term| term.filled).collect();
        Some((terms.into_iter().map(|term| term.metric.name).collect(), needs_all, filled))
    }

    #[test]
    fn sums() {
        let read_as = |names: &[&str], needs_all, filled: &[bool]| {
            Some((
                names.iter().map(|name| (*name).to_owned()).collect(),
                needs_all,
                filled.to_vec(),
            ))
        };
        let both = ["M1", "M2"];
        assert_eq!(read("m1"), read_as(&["M1"], false, &[false]));
        assert_eq!(read("(m1) + m2"), read_as(&both, true, &[false, false]));
        assert_eq!(read("e2"), read_as(&both, true, &[false, false]));
        assert_eq!(read("FILL(m1, 0) + FILL( m2 ,0)"), read_as(&both, true, &[true, true]));
        assert_eq!(read("SUM(METRICS())"), read_as(&both, false, &[false, false]));
        assert_eq!(read("SUM(METRICS('m2'))"), read_as(&["M2"], false, &[false]));
        assert_eq!(read("SUM([m1, m2])"), read_as(&both, false, &[false, false]));
        for other in [
            "m1 * 0",
            "-m1",
            "m1 AND m2",
            "IF(m1 < 0, 1, 0)",
            "m1 - m2",
            "m3",
            "e1",
            "m1 + 1",
            "FILL(m1, REPEAT)",
            "FILL(m1, 0.5)",
            "MAX(METRICS())",
            "SUM(m1)",
            "SUM(METRICS(m1))",
            "m1 m2",
            "",
            "(m1",
            "RATE(m1)",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn queries_of_metrics_insights() {
        let found = |query: &str| {
            insights(query).map(|(metric, statistic)| {
                format!("{statistic} {} {}", metric.namespace, metric.name)
            })
        };
        for (query, expected) in [
            ("SELECT SUM(count) FROM CIS", "Sum CIS count"),
            (
                "select max( \"count\" ) from SCHEMA(\"CIS Benchmark\")",
                "Maximum CIS Benchmark count",
            ),
        ] {
            assert_eq!(found(query).as_deref(), Some(expected), "{query}");
        }
        for other in [
            "SELECT AVG(count) FROM CIS",
            "SELECT SUM(count) FROM CIS WHERE a = 'b'",
            "SELECT SUM(count) FROM SCHEMA(CIS, a)",
            "SELECT SUM(count) FROM CIS GROUP BY a",
            "SELECT SUM(count)",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
