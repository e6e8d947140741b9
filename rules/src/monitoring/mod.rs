//! Section 4: metric filters, alarms and Security Hub.

pub mod alarms;
mod chain;
mod deaf;
pub mod security_hub;
mod situations;
