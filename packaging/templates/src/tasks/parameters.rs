//! The parameters of the daily check.

use crate::contract::{SCAN_MEMORY_SIZE, WITHOUT_CONFIG};
use crate::parameter::TemplateParameter as Parameter;

/// Returns the parameters of the daily check. The organization template has them too, so that
/// `plumbline deploy` can store their values.
pub(crate) fn task_parameters() -> Vec<Parameter> {
    vec![
        Parameter::choice(
            WITHOUT_CONFIG,
            "Action where AWS Config has no recorder or no rules. scan: evaluate the controls and \
             import their findings. report: count the account as not covered. off: do nothing",
            &["scan", "report", "off"],
        ),
        Parameter::number(
            SCAN_MEMORY_SIZE,
            "Memory in MB of the function that checks an account",
            1024,
            (256, 10_240),
        ),
        Parameter::number(
            "MaxConcurrency",
            "Number of accounts to check in parallel",
            50,
            (1, 1_000),
        ),
        Parameter::optional(
            "ScheduleExpression",
            "Schedule of the account check, an expression of Amazon EventBridge Scheduler. It \
             starts within 30 minutes of the scheduled time",
            "rate(1 day)",
        )
        .matching("^(rate|cron)\\(.+\\)$"),
        Parameter::number("ResultRetentionDays", "Retention of results in days", 400, (2, 3_653)),
    ]
}
