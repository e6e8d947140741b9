//! The parameters of the daily check.

use crate::contract::{SCAN_MEMORY_SIZE, WITHOUT_CONFIG};
use crate::parameter::TemplateParameter as Parameter;

/// Parameters of the daily check of an organization's accounts, which the template of the
/// organization has too, so that `plumbline deploy` remembers them.
pub(crate) fn task_parameters() -> Vec<Parameter> {
    vec![
        Parameter::choice(
            WITHOUT_CONFIG,
            "What is done where AWS Config has no recorder or no rules: scan evaluates the \
             controls and imports their findings, report counts the account as not covered, off \
             does nothing",
            &["scan", "report", "off"],
        ),
        Parameter::number(
            SCAN_MEMORY_SIZE,
            "The memory in MB of the function that checks an account",
            1024,
            (256, 10_240),
        ),
        Parameter::number(
            "MaxConcurrency",
            "How many accounts are checked at the same time",
            50,
            (1, 1_000),
        ),
        Parameter::optional(
            "ScheduleExpression",
            "When accounts are checked, as Amazon EventBridge Scheduler writes it; each starts \
             within half an hour",
            "rate(1 day)",
        )
        .matching("^(rate|cron)\\(.+\\)$"),
        Parameter::number("ResultRetentionDays", "How many days results are kept", 400, (2, 3_653)),
    ]
}
