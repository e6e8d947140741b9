//! Section 4: metric filters, alarms and Security Hub.

pub(crate) mod alarms;
pub(crate) mod security_hub;
