//! Whether the results of an organization's accounts are renewed: what of each account is covered
//! by rules that AWS Config evaluates, what is scanned instead, and what is neither.
//!
//! A result that nobody renews is not a pass. AWS Config keeps results for ever, so that somebody
//! has to look at their age.

mod document;
mod finding;
mod functions;
mod place;
mod state;

pub use self::document::{
    AccountCoverage, AccountRound, COVERAGE_ROUNDS, COVERAGE_SCHEMA, CoverageCounts, CoverageRun,
    CoverageSummary, PlaceCoverage, Remaining, ScannedControl, StaleRule, account_key, folder,
    summary_key,
};
pub use self::finding::{COVERAGE_GENERATOR, coverage_finding, coverage_finding_prefix};
pub use self::functions::{
    ExpectedControl, RuleFunction, ServingFunctions, pack_rule, pack_rule_name,
};
pub use self::place::{
    CURRENT_HOURS, PlaceDecision, PlaceFacts, RecorderState, RuleStatus, unassumable,
};
pub use self::state::{CoverageOutcome, CoverageState, WithoutConfig};
