//! What nearly every control needs.

pub use crate::control::{Account, Assessment, ControlId, Each, Run, Scope, Severity};
pub use crate::engine::View;
pub use crate::evaluation::{Assessed, Compliance, NotAssessed, Verdict};
pub use crate::example::{ACCOUNT_ID, Example, REGION, days_ago};
pub use crate::fact::{Cause, Key, Unread};
pub use crate::facts::Kind;
pub use crate::parameters::NoParameters;
