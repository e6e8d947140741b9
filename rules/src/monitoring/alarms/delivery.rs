//! The first parts of the chain: the events that a trail logs, and their delivery to its log group.

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::facts::{Trail, TrailSelectors, TrailSettings, TrailStatus};
use plumbline_core::filter::{Requirement, required};
use plumbline_core::parameters::{Hours, MaybeAccount};
use plumbline_core::prelude::*;
use plumbline_core::time::seconds;
use serde_json::json;

use super::Parameters;
use super::table::{AlarmRow, EXCLUDABLE, Excludable};
use crate::shared::trails::selectors::ManagementEvents;

/// Checks that selectors log the events of a control. Returns a remark, or the unmet requirement.
pub(super) fn needed_events(
    row: &AlarmRow,
    selectors: &TrailSelectors,
) -> Result<Option<String>, String> {
    let events = ManagementEvents::of(selectors);
    if !events.reads_and_writes() {
        return Err("does not log all management events".to_owned());
    }
    // CloudTrail supports the exclusion of AWS KMS and the RDS Data API only. Any other exclusion
    // counts too.
    let own = required(row.id).and_then(Requirement::source);
    let is_needed = |source: &&str| match &own {
        Some(own) => own == source && events.excludes(source, false),
        None => true,
    };
    let excluded = events.excluded();
    let others = excluded.iter().copied().filter(|source| !EXCLUDABLE.contains(source));
    let others: Vec<&str> = others.filter(is_needed).collect();
    if !others.is_empty() {
        return Err(format!(
            "excludes {}, whose events this control requires",
            others.join(" and ")
        ));
    }
    let excluded = |lost: &&Excludable| events.excludes(lost.source, lost.reads);
    let lost: Vec<&Excludable> = row.excludable.iter().filter(excluded).collect();
    let sources = || lost.iter().map(|lost| lost.source).collect::<Vec<_>>().join(" and ");
    let events = || lost.iter().map(|lost| lost.events).collect::<Vec<_>>().join(" and ");
    match lost.first() {
        None => Ok(None),
        Some(first) if first.breaks => {
            Err(format!("excludes {} and therefore does not log {}", sources(), events()))
        }
        Some(_) => {
            Ok(Some(format!("The trail excludes {}: it does not log {}.", sources(), events())))
        }
    }
}

/// Returns the verdict if the log group of a trail belongs to the monitoring account of the
/// organization. Returns nothing otherwise, or if the settings of the trail cannot be read.
pub(super) fn monitored_elsewhere(
    trail: &Trail,
    parameters: &Parameters,
    view: &View<'_>,
) -> Option<Verdict> {
    let MaybeAccount(Some(monitoring)) = &parameters.monitoring_account else { return None };
    let arn = trail.fact::<TrailSettings>(view).ok()?.log_group.as_ref()?;
    let (_, account, group) = log_group(arn)?;
    if account != monitoring.as_str() || *monitoring == view.context().account {
        return None;
    }
    let reason = format!(
        "Log group '{group}' belongs to account {account}, which monitors the organization \
         (monitoringAccount)."
    );
    let evidence = json!({ "trail": trail.arn, "log_group": arn });
    Some(Verdict::not_applicable(reason).evidence(evidence))
}

/// Returns a sentence with the reason if a trail has no recent delivery to its log group, or
/// nothing if it has.
pub(super) fn missing_delivery(
    trail: &Trail,
    group: &str,
    parameters: &Parameters,
    view: &View<'_>,
) -> Result<Option<String>, NotAssessed> {
    let TrailStatus { log_group_delivery, started, .. } = trail.fact::<TrailStatus>(view)?;
    let Hours(limit) = parameters.max_delivery_age;
    let age = |time: DateTime<Utc>| view.now() - time;
    Ok(match (log_group_delivery, started) {
        (Some(delivered), _) if age(*delivered) <= TimeDelta::hours(limit) => None,
        (Some(delivered), _) => Some(format!(
            "The latest delivery of trail '{}' to log group '{group}' was at {}, which exceeds the \
             maximum age of {limit} hours (maxDeliveryAgeHours, see 3.4).",
            trail.name,
            seconds(*delivered)
        )),
        (None, Some(started)) if age(*started) >= TimeDelta::hours(1) => Some(format!(
            "Trail '{}' has not delivered to log group '{group}' since its start at {} (see 3.4).",
            trail.name,
            seconds(*started)
        )),
        (None, Some(_)) => {
            return Err(NotAssessed::Undetermined(format!(
                "trail '{}' was started less than an hour ago and has not delivered to log group \
                 '{group}' yet (see 3.4).",
                trail.name
            )));
        }
        (None, None) => {
            return Err(NotAssessed::Undetermined(format!(
                "trail '{}' has not delivered to log group '{group}' (see 3.4), and its start time \
                 is not recorded.",
                trail.name
            )));
        }
    })
}

/// Returns the Region, account and name in the ARN of a log group.
pub(super) fn log_group(arn: &str) -> Option<(&str, &str, &str)> {
    let fields: Vec<&str> = arn.split(':').collect();
    match fields.as_slice() {
        ["arn", _, "logs", region, account, "log-group", name, ..] if !name.is_empty() => {
            Some((region, account, name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_arns() {
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:CloudTrail/logs:*";
        assert_eq!(log_group(arn), Some(("eu-west-1", "111122223333", "CloudTrail/logs")));
        assert_eq!(log_group("arn:aws:s3:::bucket"), None);
    }
}
