//! Facts from Amazon Macie.

use serde::{Deserialize, Serialize};

/// The status of Macie in a Region, source `GetMacieSession`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacieSession {
    /// Absent if it was never enabled, or was disabled again.
    pub status: Option<MacieStatus>,
}

/// The status of Macie where it is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MacieStatus {
    /// Macie is enabled.
    Enabled,
    /// Macie is suspended.
    Paused,
}

/// Whether automated sensitive data discovery is enabled for the account, source
/// `ListAutomatedDiscoveryAccounts`, or `GetAutomatedDiscoveryConfiguration` where that is denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacieDiscovery {
    /// Whether it is enabled.
    pub enabled: bool,
}

/// The sensitive data discovery jobs, source `ListClassificationJobs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacieJobs {
    /// The number of jobs that were not cancelled.
    pub live: usize,
    /// The number of cancelled jobs.
    pub cancelled: usize,
}
