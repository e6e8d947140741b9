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
    /// What it looks for.
    pub kind: AnalyzerKind,
    /// Whether its status is `ACTIVE`.
    pub active: bool,
}

/// What an analyzer looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalyzerKind {
    /// Access from outside of the account or of the organization: `ACCOUNT` and `ORGANIZATION`.
    External,
    /// Anything else: access from within, or access that nobody uses.
    Other,
}
