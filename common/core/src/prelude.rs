//! What almost every control needs.

pub use crate::answer::{Cause, ReadError};
pub use crate::assess::{AccountControl, ResourceControl};
pub use crate::benchmark::{Assessment, ControlId, Scope, Severity};
pub use crate::control::Run;
pub use crate::evaluation::{Assessed, Compliance, NotAssessed, Verdict};
pub use crate::example::{ACCOUNT_ID, Example, REGION, days_ago};
pub use crate::fact::Key;
pub use crate::facts::FactKind;
pub use crate::fix::{Failure, Fix, FixEffect};
pub use crate::parameters::NoParameters;
pub use crate::resources::Subject;
pub use crate::view::View;
