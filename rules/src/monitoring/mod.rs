//! Controls of section 4: metric filters, alarms and Security Hub CSPM.

pub(crate) mod alarms;
pub(crate) mod security_hub;
