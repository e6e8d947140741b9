//! Facts from AWS Organizations.

use serde::{Deserialize, Serialize};

/// The id of the organization to which the account belongs, source `DescribeOrganization`; nothing
/// when it belongs to none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization(pub Option<String>);
