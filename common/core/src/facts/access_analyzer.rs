//! Facts from IAM Access Analyzer.

use serde::{Deserialize, Serialize};

/// A Region's analyzers, source `ListAnalyzers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analyzers(pub Vec<Analyzer>);

/// An analyzer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analyzer {
    /// Its name.
    pub name: String,
    /// The kind of access that it analyzes.
    pub kind: AnalyzerKind,
    /// Whether its status is `ACTIVE`.
    pub active: bool,
}

/// The kind of access that an analyzer analyzes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalyzerKind {
    /// External access, from outside of the account or the organization: `ACCOUNT` and
    /// `ORGANIZATION`.
    External,
    /// Internal or unused access.
    Other,
}
