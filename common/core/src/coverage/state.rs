//! The states of an account and of its Regions.

use serde::{Deserialize, Serialize};

/// The state of an account, or of one of its Regions. Later variants are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageState {
    /// The account is excluded.
    Excluded,
    /// The account is closed.
    Suspended,
    /// It is the management account, another account deploys, and the role does not exist.
    ManagementAccount,
    /// The account has not enabled the Region.
    RegionNotEnabled,
    /// A service control policy denies the Region.
    RegionDenied,
    /// AWS Config has no recorder or records nothing, and no scan replaces it.
    NoRecorder,
    /// AWS Config evaluates all rules.
    Covered,
    /// There are no rules, and the controls were evaluated by a scan.
    Scanned,
    /// Rules are missing although AWS Config records.
    PackMissing,
    /// Results are not renewed.
    Stale,
    /// Deployed resources were changed.
    Drifted,
    /// The role cannot be assumed, or lacks permissions.
    RoleBroken,
    /// An operation failed.
    Failed,
}

/// The outcome of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CoverageOutcome {
    /// By configuration, nothing needs to be covered.
    Skipped,
    /// The results are current.
    Covered,
    /// The results are not current.
    Failed,
}

impl CoverageState {
    /// All states, the best first.
    pub const ALL: [Self; 13] = [
        Self::Excluded,
        Self::Suspended,
        Self::ManagementAccount,
        Self::RegionNotEnabled,
        Self::RegionDenied,
        Self::NoRecorder,
        Self::Covered,
        Self::Scanned,
        Self::PackMissing,
        Self::Stale,
        Self::Drifted,
        Self::RoleBroken,
        Self::Failed,
    ];

    /// The word in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Suspended => "suspended",
            Self::ManagementAccount => "management-account",
            Self::RegionNotEnabled => "region-not-enabled",
            Self::RegionDenied => "region-denied",
            Self::NoRecorder => "no-recorder",
            Self::Covered => "covered",
            Self::Scanned => "scanned",
            Self::PackMissing => "pack-missing",
            Self::Stale => "stale",
            Self::Drifted => "drifted",
            Self::RoleBroken => "role-broken",
            Self::Failed => "failed",
        }
    }

    /// The outcome, unless the configuration sets another one.
    pub fn outcome(self) -> CoverageOutcome {
        match self {
            Self::Excluded
            | Self::Suspended
            | Self::ManagementAccount
            | Self::RegionNotEnabled
            | Self::RegionDenied => CoverageOutcome::Skipped,
            Self::Covered | Self::Scanned => CoverageOutcome::Covered,
            Self::NoRecorder
            | Self::PackMissing
            | Self::Stale
            | Self::Drifted
            | Self::RoleBroken
            | Self::Failed => CoverageOutcome::Failed,
        }
    }
}

/// The action where AWS Config evaluates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutConfig {
    /// Evaluate the controls, and import their findings.
    #[default]
    Scan,
    /// Count the Region as not covered.
    Report,
    /// Skip the Region.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_results() {
        for state in CoverageState::ALL {
            let word = serde_json::to_value(state).expect("JSON");
            assert_eq!(word, state.as_str());
        }
        assert!(CoverageState::ALL.is_sorted());
    }

    #[test]
    fn nothing_that_is_not_renewed_counts_as_covered() {
        let covered: Vec<&str> = CoverageState::ALL
            .into_iter()
            .filter(|state| state.outcome() == CoverageOutcome::Covered)
            .map(CoverageState::as_str)
            .collect();
        assert_eq!(covered, ["covered", "scanned"]);
    }
}
