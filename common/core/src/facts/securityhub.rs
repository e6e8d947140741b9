//! Facts from AWS Security Hub.

use serde::{Deserialize, Serialize};

/// Security Hub in a Region, source `DescribeHub`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityHub {
    /// The hub's ARN; absent when the account is not subscribed.
    pub hub: Option<String>,
}
