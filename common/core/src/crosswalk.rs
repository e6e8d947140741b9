//! The controls in other versions of the benchmark and in other catalogs. `data/crosswalk.json` has
//! the data with its sources.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::benchmark::ControlId;

/// The counterparts of a control in other catalogs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crosswalk {
    /// The recommendations of other versions of CIS AWS Foundations, by version.
    pub cis: BTreeMap<String, Vec<String>>,
    /// The controls of AWS Security Hub.
    pub security_hub: Vec<SecurityHubControl>,
    /// The managed rules of AWS Config that check the same or a part of it.
    pub config_rules: Vec<String>,
    /// Managed rules that AWS assigns to the control, but that are narrower, wider or only similar.
    pub config_rules_near: Vec<String>,
    /// The controls of NIST SP 800-53 revision 5 to which AWS maps its controls.
    pub nist_800_53_r5: Vec<String>,
    /// The controls of NIST SP 800-53 to which MITRE maps the control.
    pub nist_800_53_mitre: Vec<String>,
    /// An additional note.
    #[serde(default)]
    pub note: Option<String>,
}

/// A control of AWS Security Hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityHubControl {
    /// `IAM.4`.
    pub id: String,
    /// Whether AWS maps it to a CIS recommendation with this meaning. Otherwise it checks the same
    /// setting or a part of it.
    pub related_by_aws: bool,
}

#[derive(Deserialize)]
struct CrosswalkFile {
    controls: Vec<CrosswalkEntry>,
}

#[derive(Deserialize)]
struct CrosswalkEntry {
    id: String,
    #[serde(flatten)]
    crosswalk: Crosswalk,
}

static CROSSWALKS: LazyLock<BTreeMap<String, Crosswalk>> = LazyLock::new(|| {
    let document: Option<CrosswalkFile> =
        serde_json::from_str(include_str!("../data/crosswalk.json")).ok();
    let entries = document.map(|document| document.controls).unwrap_or_default();
    entries.into_iter().map(|entry| (entry.id, entry.crosswalk)).collect()
});

static NONE: LazyLock<Crosswalk> = LazyLock::new(Crosswalk::default);

/// The counterparts of a control in other catalogs.
pub fn crosswalk(id: ControlId) -> &'static Crosswalk {
    CROSSWALKS.get(id.as_str()).unwrap_or(&NONE)
}

impl Crosswalk {
    /// The catalogs that contain the control, by name, each with its identifiers there.
    pub fn catalogs(&self) -> Vec<(&'static str, Vec<String>)> {
        let security_hub = self.security_hub.iter().map(|control| control.id.clone()).collect();
        let all = [
            ("CIS AWS Foundations", self.versions()),
            ("AWS Security Hub", security_hub),
            ("Managed rules of AWS Config", self.config_rules.clone()),
            ("Managed rules near it", self.config_rules_near.clone()),
            ("NIST SP 800-53 revision 5", self.nist_800_53_r5.clone()),
            ("NIST SP 800-53 by MITRE", self.nist_800_53_mitre.clone()),
        ];
        all.into_iter().filter(|(_, found)| !found.is_empty()).collect()
    }

    /// The versions of the benchmark that contain the control, each with its numbers there:
    /// `2.0.0: 2.1.1`.
    fn versions(&self) -> Vec<String> {
        let known = self.cis.iter().filter(|(_, numbers)| !numbers.is_empty());
        known.map(|(version, numbers)| format!("{version}: {}", numbers.join(", "))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read_and_has_the_form_of_each_catalog() {
        assert_eq!(CROSSWALKS.len(), 63);
        let is_number = |text: &str| {
            text.split('.').count() >= 2
                && text.split('.').all(|part| part.parse::<u8>().is_ok_and(|part| part > 0))
        };
        for (id, crosswalk) in CROSSWALKS.iter() {
            assert_eq!(crosswalk.cis.len(), 10, "{id}");
            assert!(crosswalk.cis.values().flatten().all(|number| is_number(number)), "{id}");
            for SecurityHubControl { id: control, .. } in &crosswalk.security_hub {
                let (service, number) = control.split_once('.').expect("a service and a number");
                assert!(!service.is_empty() && number.parse::<u8>().is_ok(), "{id}: {control}");
            }
            for rule in crosswalk.config_rules.iter().chain(&crosswalk.config_rules_near) {
                let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                assert!(rule.chars().all(is_part), "{id}: {rule}");
            }
            for control in crosswalk.nist_800_53_r5.iter().chain(&crosswalk.nist_800_53_mitre) {
                assert!(control.get(2..3) == Some("-") && control.len() <= 10, "{id}: {control}");
            }
        }
        assert_eq!(CROSSWALKS.get("5.2").map(|of| of.cis["1.2.0"].len()), Some(2));
    }
}
