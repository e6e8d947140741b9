//! Facts from AWS Organizations.

use serde::{Deserialize, Serialize};

/// The id of the organization of the account, source `DescribeOrganization`; `None` when the
/// account belongs to no organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization(pub Option<String>);
