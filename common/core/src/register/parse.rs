//! Parses a register, and checks every entry against the controls.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::entries::{Accounts, Attestation, Exception, Register, RegisterError, SCHEMA, covers};
use super::exceptions;
use crate::benchmark::ControlId;
use crate::document::{other_value, parse_error};

/// The maximum number of days until the expiry date of an entry: a year, and time to renew it.
pub const LONGEST_TERM: u64 = 400;

/// The document with its unparsed entries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(borrow, default)]
    attestations: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    exceptions: Vec<&'a RawValue>,
    #[serde(rename = "schema")]
    _schema: u32,
}

/// A register, and the problems with the entries that it had to omit.
#[derive(Debug)]
pub struct ValidEntries {
    /// The valid entries.
    pub register: Register,
    /// The problems with the other entries, one line each.
    pub problems: Vec<String>,
}

impl Register {
    /// Parses a register in which every entry must be valid. `controls` are the existing controls,
    /// each with whether it can be attested. `today` is the date in UTC.
    ///
    /// # Errors
    /// The document is not a register, or an entry is invalid.
    pub fn parse(
        text: &[u8],
        controls: impl IntoIterator<Item = (ControlId, bool)>,
        today: NaiveDate,
    ) -> Result<Self, RegisterError> {
        let ValidEntries { register, problems } = Self::parse_valid(text, controls, today)?;
        if problems.is_empty() { Ok(register) } else { Err(RegisterError::Entries(problems)) }
    }

    /// Parses a register without its invalid entries. An error in an exception affects no other
    /// entry. An error in an attestation also removes the other attestations of its control, or all
    /// attestations if it names no control: it may be the one that found a failure.
    ///
    /// # Errors
    /// The document is not a register.
    pub fn parse_valid(
        text: &[u8],
        controls: impl IntoIterator<Item = (ControlId, bool)>,
        today: NaiveDate,
    ) -> Result<ValidEntries, RegisterError> {
        let controls: Vec<(ControlId, bool)> = controls.into_iter().collect();
        if text.iter().all(u8::is_ascii_whitespace) {
            return Err(RegisterError::Other("it is empty"));
        }
        check_schema(&serde_json::from_slice(text)?)?;
        let document: Document<'_> = serde_json::from_slice(text)?;
        let last_day = today.checked_add_days(Days::new(LONGEST_TERM)).unwrap_or(NaiveDate::MAX);
        let check = Check { controls: &controls, last_day };
        let mut problems = Vec::new();
        let attestations = entries(
            "attestations",
            &document.attestations,
            |place, entry| check.attestation(place, entry),
            &mut problems,
        );
        let (contradicting, contradictions) = contradictions(&attestations);
        problems.extend(contradictions);
        let right: BTreeSet<usize> = attestations
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| !contradicting.contains(at))
            .collect();
        // The invalid entry may be the latest attestation of its control. No earlier one replaces
        // it.
        let doubtful: Vec<Option<String>> = document
            .attestations
            .iter()
            .enumerate()
            .filter(|(at, _)| !right.contains(at))
            .map(|(_, written)| control(written))
            .collect();
        let is_certain = |entry: &Attestation| {
            doubtful.iter().all(|of| of.as_ref().is_some_and(|of| *of != entry.control))
        };
        let attestations =
            attestations.into_iter().map(|(_, entry)| entry).filter(is_certain).collect();
        let exceptions = entries(
            "exceptions",
            &document.exceptions,
            |place, entry| check.exception(place, entry),
            &mut problems,
        );
        let exceptions = exceptions.into_iter().map(|(_, entry)| entry).collect();
        Ok(ValidEntries { register: Self::new(attestations, exceptions), problems })
    }
}

/// Rejects JSON that is not a register of this schema.
fn check_schema(document: &Value) -> Result<(), RegisterError> {
    if let Some(what) = other_value(document) {
        return Err(RegisterError::Other(what));
    }
    match document.get("schema").and_then(Value::as_u64) {
        Some(schema) if schema != u64::from(SCHEMA) => Err(RegisterError::Schema(schema)),
        _ => Ok(()),
    }
}

/// The valid entries, each with its position.
fn entries<T: DeserializeOwned>(
    list: &str,
    written: &[&RawValue],
    check: impl Fn(&str, &T) -> Vec<String>,
    problems: &mut Vec<String>,
) -> Vec<(usize, T)> {
    let mut valid = Vec::new();
    for (at, written) in written.iter().enumerate() {
        let place = place(list, at, written);
        match serde_json::from_str(written.get()) {
            Ok(entry) => {
                let wrong = check(&place, &entry);
                if wrong.is_empty() {
                    valid.push((at, entry));
                }
                problems.extend(wrong);
            }
            Err(error) => problems.push(format!("{place}: {}", without_position(&error))),
        }
    }
    valid
}

/// The control of an entry, whatever else is wrong with it; `None` if the control is invalid.
fn control(written: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        control: String,
    }
    serde_json::from_str::<Named>(written.get()).ok().map(|named| named.control)
}

/// `exceptions[2] (2.1.3)`.
fn place(list: &str, at: usize, written: &RawValue) -> String {
    match control(written) {
        Some(control) => format!("{list}[{at}] ({control})"),
        None => format!("{list}[{at}]"),
    }
}

/// The error message, without line and column within the entry.
fn without_position(error: &serde_json::Error) -> String {
    let text = parse_error(&error.to_string());
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// The data against which every entry is checked.
struct Check<'a> {
    controls: &'a [(ControlId, bool)],
    last_day: NaiveDate,
}

impl Check<'_> {
    fn attestation(&self, place: &str, entry: &Attestation) -> Vec<String> {
        let mut problems = self.shared(place, &entry.control, &entry.accounts, entry.until);
        problems.extend(empty_texts(place, &[("by", &entry.by), ("evidence", &entry.evidence)]));
        if entry.until < entry.on {
            problems.push(format!("{place}: until {} is before on {}", entry.until, entry.on));
        }
        if self.attestable(&entry.control) == Some(false) {
            problems.push(format!(
                "{place}: the control is decided from AWS data only; waive a failure with an \
                 exception instead"
            ));
        }
        problems
    }

    fn exception(&self, place: &str, entry: &Exception) -> Vec<String> {
        let mut problems = self.shared(place, &entry.control, &entry.accounts, entry.until);
        problems.extend(empty_texts(
            place,
            &[("reason", &entry.reason), ("approved_by", &entry.approved_by)],
        ));
        if entry.resources.is_empty()
            || entry.resources.iter().any(|pattern| pattern.trim().is_empty())
        {
            problems.push(format!(
                "{place}: resources must contain ids, ARNs or patterns; write \"*\" for all \
                 resources of an account"
            ));
        }
        problems.extend(exceptions::limits(place, entry));
        problems
    }

    fn shared(
        &self,
        place: &str,
        control: &str,
        accounts: &[Accounts],
        until: NaiveDate,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        if self.attestable(control).is_none() {
            problems.push(format!(
                "{place}: no control has this id; 'plumbline controls' lists the controls"
            ));
        }
        if accounts.is_empty() {
            problems
                .push(format!("{place}: accounts is empty; list account ids, or \"*\" for all"));
        }
        if until > self.last_day {
            problems.push(format!(
                "{place}: until {until} is more than {LONGEST_TERM} days ahead; give a date up to \
                 {}, and renew the entry before it",
                self.last_day
            ));
        }
        problems
    }

    /// Whether a control can be attested; `None` if no control has this id.
    fn attestable(&self, id: &str) -> Option<bool> {
        self.controls
            .iter()
            .find(|(control, _)| control.as_str() == id)
            .map(|(_, attestable)| *attestable)
    }
}

fn empty_texts(place: &str, texts: &[(&str, &String)]) -> Vec<String> {
    let empty = texts.iter().filter(|(_, text)| text.trim().is_empty());
    empty.map(|(name, _)| format!("{place}: {name} is empty")).collect()
}

/// Attestations that disagree although neither is newer. No one can know which counts, so neither
/// counts. Returns their positions and the problems.
fn contradictions(attestations: &[(usize, Attestation)]) -> (BTreeSet<usize>, Vec<String>) {
    let mut alike: BTreeMap<_, Vec<(usize, &Attestation)>> = BTreeMap::new();
    for (at, entry) in attestations {
        alike.entry((&entry.control, entry.on, entry.until)).or_default().push((*at, entry));
    }
    let overlap = |one: &Attestation, other: &Attestation| {
        one.accounts.iter().any(|account| match account {
            Accounts::All => true,
            Accounts::One(id) => covers(&other.accounts, id),
        }) || other.accounts.contains(&Accounts::All)
    };
    let (mut places, mut problems) = (BTreeSet::new(), Vec::new());
    for entries in alike.values() {
        for (place, (at, entry)) in entries.iter().enumerate() {
            let others = entries
                .iter()
                .take(place)
                .filter(|(_, earlier)| earlier.verdict != entry.verdict && overlap(earlier, entry));
            for (other, _) in others {
                places.extend([*at, *other]);
                problems.push(format!(
                    "attestations[{at}] ({}): contradicts attestations[{other}], which has the \
                     same on and until; remove the incorrect entry",
                    entry.control
                ));
            }
        }
    }
    (places, problems)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CONTACT: ControlId = ControlId::new("1.1");
    const BUCKETS: ControlId = ControlId::new("2.1.3");

    fn read(document: &Value) -> Result<ValidEntries, RegisterError> {
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
        let controls = [(CONTACT, true), (BUCKETS, false)];
        let text = document.to_string();
        let strict = Register::parse(text.as_bytes(), controls, today);
        let valid = Register::parse_valid(text.as_bytes(), controls, today);
        let is_right = valid.as_ref().is_ok_and(|valid| valid.problems.is_empty());
        assert_eq!(strict.is_ok(), is_right, "{strict:?}");
        valid
    }

    fn exception(changes: &Value) -> Value {
        let mut entry = json!({ "control": "2.1.3", "accounts": ["*"], "resources": ["a"],
            "reason": "r", "approved_by": "CISO", "until": "2027-04-06" });
        for (name, value) in changes.as_object().expect("members") {
            entry[name] = value.clone();
        }
        entry
    }

    fn attestation(verdict: &str) -> Value {
        json!({ "control": "1.1", "accounts": ["*"], "verdict": verdict, "by": "b",
            "on": "2026-01-01", "until": "2026-12-31", "evidence": "e" })
    }

    #[test]
    fn an_entry_that_is_wrong_takes_no_other_one_away() {
        for (changes, expected) in [
            (json!({ "control": "9.9" }), "exceptions[1] (9.9): no control has this id"),
            (json!({ "until": "2027-04-07" }), "is more than 400 days ahead; give a date up to"),
            (json!({ "until": "+12000-01-01" }), "exceptions[1] (2.1.3): until +12000-01-01 is"),
            (json!({ "until": "soon" }), "exceptions[1] (2.1.3): "),
            (json!({ "reason": " " }), "exceptions[1] (2.1.3): reason is empty"),
            (json!({ "resources": [] }), "resources must contain"),
            (json!({ "accounts": [] }), "accounts is empty"),
            (json!({ "more": 1 }), "exceptions[1] (2.1.3): unknown member 'more'"),
            (json!({ "control": 1 }), "exceptions[1]: "),
        ] {
            let entries = [json!({}), changes.clone(), json!({})].map(|one| exception(&one));
            let valid = read(&json!({ "schema": 1, "exceptions": entries })).expect("a register");
            assert_eq!(valid.register.exceptions.len(), 2, "{changes}");
            assert!(valid.problems[0].contains(expected), "{changes}: {:?}", valid.problems);
            assert!(!valid.problems[0].contains(" at line "), "{:?}", valid.problems);
        }
    }

    #[test]
    fn members_that_are_given_twice_are_refused() {
        let entry = exception(&json!({})).to_string();
        let twice = entry.replacen('{', "{\"resources\":[\"*\"],", 1);
        let text = format!("{{\"schema\":1,\"exceptions\":[{twice}]}}");
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
        let valid = Register::parse_valid(text.as_bytes(), [(BUCKETS, false)], today);
        let valid = valid.expect("a register");
        assert!(valid.register.exceptions.is_empty());
        assert!(valid.problems[0].contains("'resources' is given twice"), "{:?}", valid.problems);
    }

    #[test]
    fn no_earlier_attestation_stands_in_for_one_that_is_wrong() {
        let counting = |changes: &Value| {
            let mut later = attestation("non-compliant");
            later["on"] = json!("2026-02-01");
            for (name, value) in changes.as_object().expect("members") {
                later[name] = value.clone();
            }
            let entries = [attestation("compliant"), later];
            let valid = read(&json!({ "schema": 1, "attestations": entries })).expect("a register");
            valid.register.attestations.len()
        };
        assert_eq!(counting(&json!({})), 2);
        assert_eq!(counting(&json!({ "evidence": " " })), 0);
        assert_eq!(counting(&json!({ "verdict": "failed" })), 0);
        assert_eq!(counting(&json!({ "control": 1.1 })), 0, "which control is not known");
        assert_eq!(counting(&json!({ "control": "9.9" })), 1);
    }

    #[test]
    fn of_attestations_that_contradict_each_other_none_counts() {
        let entries = ["compliant", "non-compliant"].map(attestation);
        let valid = read(&json!({ "schema": 1, "attestations": entries })).expect("a register");
        assert!(valid.register.attestations.is_empty());
        assert_eq!(valid.problems.len(), 1, "{:?}", valid.problems);
        let entries = ["compliant", "compliant"].map(attestation);
        let valid = read(&json!({ "schema": 1, "attestations": entries })).expect("a register");
        assert_eq!((valid.register.attestations.len(), valid.problems.len()), (2, 0));
    }

    #[test]
    fn what_is_no_register_is_wrong_as_a_whole() {
        for (document, expected) in [
            (json!([]), "this is not a register: it is a JSON array"),
            (json!(1), "this is not a register: it is not a JSON object"),
            (json!({}), "this is not a register: it has no \"schema\""),
            (json!({ "schema": "1" }), "its \"schema\" is not a number"),
            (json!({ "schema": 2, "waivers": [] }), "the register has schema 2"),
            (json!({ "schema": 1, "waivers": [] }), "unknown member 'waivers'"),
            (json!({ "schema": 1, "exceptions": {} }), "found an object, expected a list"),
        ] {
            let error = read(&document).expect_err("no register").to_string();
            assert!(error.contains(expected), "{document}: {error}");
        }
    }
}
