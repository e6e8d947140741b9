//! What nearly every control needs.

pub use crate::control::{
    AccountControl, Assessment, ControlId, ResourceControl, Run, Scope, Severity,
};
pub use crate::engine::View;
pub use crate::evaluation::{Assessed, Compliance, NotAssessed, Verdict};
pub use crate::example::{ACCOUNT_ID, Example, REGION, days_ago};
pub use crate::fact::{Cause, Key, ReadError};
pub use crate::facts::FactKind;
pub use crate::parameters::NoParameters;
