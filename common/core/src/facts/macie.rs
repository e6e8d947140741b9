//! Facts from Amazon Macie.

use serde::{Deserialize, Serialize};

/// Whether Macie is at work in a Region, source `GetMacieSession`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacieSession {
    /// Absent where it was never enabled, or was disabled again.
    pub status: Option<MacieStatus>,
}

/// The state of Macie where it is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MacieStatus {
    /// It works.
    Enabled,
    /// It is suspended.
    Paused,
}

/// Whether Macie looks for sensitive data of the account on its own, source
/// `ListAutomatedDiscoveryAccounts`, or `GetAutomatedDiscoveryConfiguration` where that is denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacieDiscovery {
    /// Whether it does.
    pub enabled: bool,
}

/// The jobs that look for sensitive data, source `ListClassificationJobs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacieJobs {
    /// Those that were not cancelled.
    pub live: usize,
    /// Those that were.
    pub cancelled: usize,
}
