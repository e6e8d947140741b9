//! Compares a scan with the report of an earlier scan.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::evaluation::Compliance;
use plumbline_core::parameters::ParameterEffect;
use plumbline_core::scan_report::{AccountReport, BaselineState, SCHEMA};
use plumbline_rules::registry::{CONTROLS, find};
use serde::Serialize;

use self::read::Outcomes;
pub(crate) use self::read::{ReadReport, ResultKey, read, read_with_sha256};

/// A changed outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    #[serde(flatten)]
    pub(crate) key: ResultKey,
    /// The display name of the resource.
    pub(crate) name: String,
    /// Absent if the resource was not in the older scan.
    pub(crate) old: Option<Compliance>,
    /// Absent if the resource is not in the newer scan.
    pub(crate) new: Option<Compliance>,
    /// The newer reason, or the last reason of a deleted resource.
    pub(crate) reason: String,
}

/// The kind of a change, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Did not fail before, and fails now.
    Broken,
    /// Failed or was waived, and passes now.
    Fixed,
    /// Is waived now.
    Waived,
    /// Was waived, and fails now.
    WaiverEnded,
    /// Any other pair, such as a failure that is not assessed now.
    Changed,
    /// The resource was not in the older scan.
    New,
    /// The resource is not in the newer scan.
    Gone,
}

impl Class {
    fn of(old: Option<Compliance>, new: Option<Compliance>) -> Option<Self> {
        use Compliance::{Compliant, NonCompliant, Waived};
        match (old?, new) {
            (_, None) => Some(Self::Gone),
            (old, Some(new)) if old == new => None,
            (Waived, Some(NonCompliant)) => Some(Self::WaiverEnded),
            (_, Some(NonCompliant)) => Some(Self::Broken),
            (_, Some(Waived)) => Some(Self::Waived),
            (NonCompliant | Waived, Some(Compliant)) => Some(Self::Fixed),
            _ => Some(Self::Changed),
        }
    }
}

/// The changes between two scans. Accounts, controls and Regions of only one scan are not compared.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) schema: u32,
    pub(crate) old_generated_at: String,
    pub(crate) new_generated_at: String,
    /// Parameters that differ, for controls in both scans.
    pub(crate) other_rules: Vec<String>,
    /// Scans that do not list their parameters: `OLD` and `NEW`.
    pub(crate) rules_not_stated: Vec<&'static str>,
    pub(crate) broken: Vec<Change>,
    pub(crate) fixed: Vec<Change>,
    pub(crate) waived: Vec<Change>,
    pub(crate) waivers_ended: Vec<Change>,
    pub(crate) changed: Vec<Change>,
    pub(crate) new: Vec<Change>,
    pub(crate) gone: Vec<Change>,
    /// The accounts, controls and Regions of only one scan.
    pub(crate) not_compared: Vec<String>,
}

impl Difference {
    /// Returns the kinds of changes in list order, each with its name and changes.
    pub(crate) fn classes(&self) -> [(&'static str, &[Change]); 7] {
        let one = self.waivers_ended.len() == 1;
        let ended = if one { "exception ended" } else { "exceptions ended" };
        [
            ("broken", &self.broken),
            ("fixed", &self.fixed),
            ("waived", &self.waived),
            (ended, &self.waivers_ended),
            ("changed", &self.changed),
            ("new", &self.new),
            ("gone", &self.gone),
        ]
    }

    /// States that the scans used different parameters, and lists them.
    pub(crate) fn used_other_rules(&self) -> String {
        format!("the scans used different parameters: {}", self.other_rules.join("; "))
    }

    /// Returns warnings to show above the changes.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.other_rules.is_empty() {
            warnings.push(self.used_other_rules());
        }
        let not_stated = self.rules_not_stated.iter();
        warnings.extend(
            not_stated.map(|name| format!("{name} does not list its parameters (report schema 1)")),
        );
        warnings
    }

    fn list(&mut self, class: Class) -> &mut Vec<Change> {
        match class {
            Class::Broken => &mut self.broken,
            Class::Fixed => &mut self.fixed,
            Class::Waived => &mut self.waived,
            Class::WaiverEnded => &mut self.waivers_ended,
            Class::Changed => &mut self.changed,
            Class::New => &mut self.new,
            Class::Gone => &mut self.gone,
        }
    }
}

/// An earlier scan with known failures.
#[derive(Debug)]
pub(crate) struct Baseline {
    failures: BTreeSet<ResultKey>,
    parameters: Outcomes,
}

impl Baseline {
    pub(crate) fn new(report: ReadReport) -> Self {
        let mut outcomes = Outcomes::of(report);
        let by_key = std::mem::take(&mut outcomes.by_key).into_iter();
        let failures = by_key
            .filter(|(_, outcome)| outcome.compliance == Compliance::NonCompliant)
            .map(|(key, _)| key)
            .collect();
        Self { failures, parameters: outcomes }
    }

    /// Marks the failures of an account as known or new.
    ///
    /// # Errors
    /// The parameters that differ from those of the baseline.
    pub(crate) fn mark(&self, account: &mut AccountReport) -> Result<(), String> {
        let mut now = Outcomes::default();
        for control in &account.controls {
            let key = (account.account_id.to_string(), control.id.to_string());
            now.parameters.insert(key, control.parameters.clone());
        }
        let other = other_rules(&self.parameters, &now);
        if !other.is_empty() {
            return Err(other.join("; "));
        }
        for control in &mut account.controls {
            for evaluation in &mut control.evaluations {
                let resource = &evaluation.resource;
                let key = ResultKey {
                    account_id: account.account_id.to_string(),
                    control: control.id.to_string(),
                    region: resource.region.clone(),
                    resource_type: resource.resource_type.clone(),
                    resource_id: resource.resource_id.clone(),
                };
                let is_known = self.failures.contains(&key);
                evaluation.baseline = (evaluation.compliance == Compliance::NonCompliant)
                    .then_some(if is_known { BaselineState::Known } else { BaselineState::New });
            }
        }
        Ok(())
    }
}

/// Compares two scans.
pub(crate) fn difference(old: ReadReport, new: ReadReport) -> Difference {
    let states_rules = [("OLD", &old), ("NEW", &new)];
    let mut difference = Difference {
        schema: SCHEMA,
        old_generated_at: old.generated_at.clone(),
        new_generated_at: new.generated_at.clone(),
        rules_not_stated: states_rules
            .into_iter()
            .filter(|(_, report)| !report.states_rules())
            .map(|(name, _)| name)
            .collect(),
        ..Difference::default()
    };
    let (old, new) = (Outcomes::of(old), Outcomes::of(new));
    difference.other_rules = other_rules(&old, &new);
    difference.not_compared = not_compared(&old, &new);
    for (key, outcome) in &new.by_key {
        let before = old.by_key.get(key).map(|outcome| outcome.compliance);
        let class = match before {
            None => covers(&old, &new, key).then_some(Class::New),
            before => Class::of(before, Some(outcome.compliance)),
        };
        if let Some(class) = class {
            difference.list(class).push(Change {
                key: key.clone(),
                name: outcome.name.clone(),
                old: before,
                new: Some(outcome.compliance),
                reason: outcome.reason.clone(),
            });
        }
    }
    for (key, outcome) in &old.by_key {
        if !new.by_key.contains_key(key) && covers(&new, &old, key) {
            difference.gone.push(Change {
                key: key.clone(),
                name: outcome.name.clone(),
                old: Some(outcome.compliance),
                new: None,
                reason: outcome.reason.clone(),
            });
        }
    }
    difference
}

/// Lists the parameters that differ, for controls in both scans: `5.2 adminPorts 22,3389 → 5432
/// (looser)`.
fn other_rules(old: &Outcomes, new: &Outcomes) -> Vec<String> {
    let mut texts = BTreeSet::new();
    for (key, before) in &old.parameters {
        let Some(now) = new.parameters.get(key) else { continue };
        let (_, id) = key;
        let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        for name in names {
            let declared = find(id).and_then(|control| {
                control.parameters().find(|parameter| parameter.name == name.as_str())
            });
            let default = declared.map_or("", |parameter| parameter.default);
            let value = |values: &BTreeMap<String, String>| {
                values.get(name).map_or(default, String::as_str).to_owned()
            };
            let (before, now) = (value(before), value(now));
            let effect = match declared {
                Some(parameter) => parameter.looser_by.effect(&before, &now),
                None => (before != now).then_some(ParameterEffect::Other),
            };
            if let Some(effect) = effect {
                let shown = |text: String| if text.is_empty() { "none".to_owned() } else { text };
                let (before, now) = (shown(before), shown(now));
                texts.insert(format!("{id} {name} {before} → {now} ({})", effect.as_str()));
            }
        }
    }
    texts.into_iter().collect()
}

/// Lists the accounts, controls and Regions of only one scan.
fn not_compared(old: &Outcomes, new: &Outcomes) -> Vec<String> {
    let mut texts = Vec::new();
    let accounts: BTreeSet<&String> = old.accounts.keys().chain(new.accounts.keys()).collect();
    for account in accounts {
        match (old.accounts.get(account), new.accounts.get(account)) {
            (Some((old_controls, old_regions)), Some((new_controls, new_regions))) => {
                let mut controls: Vec<&str> =
                    old_controls.symmetric_difference(new_controls).map(String::as_str).collect();
                controls
                    .sort_by_key(|id| CONTROLS.iter().position(|known| known.id.as_str() == *id));
                match controls.as_slice() {
                    [] => {}
                    [one] => texts.push(format!("control {one} in account {account}")),
                    more => texts.push(format!(
                        "{} controls in account {account}: {}",
                        more.len(),
                        more.join(", ")
                    )),
                }
                texts.extend(
                    old_regions
                        .symmetric_difference(new_regions)
                        .map(|region| format!("Region {region} of account {account}")),
                );
            }
            _ => texts.push(format!("account {account}")),
        }
    }
    texts
}

/// Whether a scan covers the control and Region of a result. The Region of a global control is the
/// home Region, regardless of the given Regions.
fn covers(scan: &Outcomes, other: &Outcomes, key: &ResultKey) -> bool {
    let Some((controls, regions)) = scan.accounts.get(&key.account_id) else { return false };
    let elsewhere = other
        .accounts
        .get(&key.account_id)
        .is_some_and(|(_, regions)| !regions.contains(&key.region));
    controls.contains(&key.control) && (regions.contains(&key.region) || elsewhere)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(regions: &[&str], controls: Value) -> ReadReport {
        let accounts =
            json!([{ "account_id": "111122223333", "regions": regions, "controls": controls }]);
        serde_json::from_value(
            json!({ "schema": 2, "generated_at": "2026-11-01T00:00:00Z", "accounts": accounts }),
        )
        .expect("a report")
    }

    fn control(id: &str, outcomes: &[(&str, &str, &str)]) -> Value {
        let evaluation = |(region, id, compliance): &(&str, &str, &str)| {
            json!({ "resource_type": "T", "resource_id": id, "region": region,
                "compliance": compliance, "reason": "r" })
        };
        json!({ "id": id, "evaluations": outcomes.iter().map(evaluation).collect::<Vec<_>>() })
    }

    fn between(old: Value, new: Value) -> Difference {
        difference(report(&["us-east-1"], json!([old])), report(&["us-east-1"], json!([new])))
    }

    #[test]
    fn every_pair_of_outcomes_has_its_class() {
        const OUTCOMES: [&str; 5] =
            ["COMPLIANT", "NON_COMPLIANT", "NOT_ASSESSED", "WAIVED", "NOT_APPLICABLE"];
        // Lines are the older outcome, columns the newer outcome, in this order.
        const CLASSES: [[&str; 5]; 5] = [
            ["", "broken", "changed", "waived", "changed"],
            ["fixed", "", "changed", "waived", "changed"],
            ["changed", "broken", "", "waived", "changed"],
            ["fixed", "exception ended", "changed", "", "changed"],
            ["changed", "broken", "changed", "waived", ""],
        ];
        for (before, classes) in OUTCOMES.into_iter().zip(CLASSES) {
            for (now, class) in OUTCOMES.into_iter().zip(classes) {
                let one = |compliance| control("2.1.3", &[("us-east-1", "a", compliance)]);
                let difference = between(one(before), one(now));
                let found: Vec<&str> = difference
                    .classes()
                    .into_iter()
                    .filter(|(_, changes)| !changes.is_empty())
                    .map(|(name, _)| name)
                    .collect();
                assert_eq!(found.concat(), class, "{before} → {now}");
            }
        }
    }

    #[test]
    fn resources_come_and_go() {
        let old = control("2.1.3", &[("us-east-1", "a", "COMPLIANT")]);
        let new = control("2.1.3", &[("us-east-1", "b", "NON_COMPLIANT")]);
        let difference = between(old, new);
        assert_eq!(difference.new[0].key.resource_id, "b");
        assert_eq!(difference.gone[0].key.resource_id, "a");
        assert!(difference.broken.is_empty() && difference.not_compared.is_empty());
    }

    #[test]
    fn what_one_scan_left_out_is_not_gone() {
        let old = json!([
            control("1.4", &[("us-east-1", "x", "COMPLIANT")]),
            control("5.2", &[("us-east-1", "y", "COMPLIANT"), ("eu-west-1", "z", "COMPLIANT")])
        ]);
        let new = json!([control("5.2", &[("us-east-1", "y", "COMPLIANT")])]);
        let difference =
            difference(report(&["us-east-1", "eu-west-1"], old), report(&["us-east-1"], new));
        assert!(difference.gone.is_empty(), "{:?}", difference.gone);
        assert_eq!(
            difference.not_compared,
            ["control 1.4 in account 111122223333", "Region eu-west-1 of account 111122223333"]
        );
    }

    /// The given Regions need not include the home Region of a global control.
    #[test]
    fn global_controls_are_compared_wherever_home_is() {
        let old = json!([control("1.10", &[("us-east-1", "user", "COMPLIANT")])]);
        let new = json!([control("1.10", &[])]);
        let difference = difference(report(&["eu-west-1"], old), report(&["eu-west-1"], new));
        assert_eq!(difference.gone.len(), 1);
    }

    #[test]
    fn other_parameters_are_other_rules() {
        let with = |ports: &str| {
            let mut one = control("5.2", &[]);
            one["parameters"] = json!({ "adminPorts": ports });
            one
        };
        assert!(between(with("22,3389"), with("3389, 22")).other_rules.is_empty());
        let difference = between(with("22,3389"), with("5432"));
        assert_eq!(difference.other_rules, ["5.2 adminPorts 22,3389 → 5432 (looser)"]);
    }
}
