//! The chain from a trail to subscribers: log group, metric filters, alarms, topics, subscriptions.

use plumbline_core::evaluation::REASON_LIMIT;
use plumbline_core::facts::{Alarms, MetricFilter, MetricFilters, Trail, TrailSettings};
use plumbline_core::filter::{Coverage, Requirement, required};
use plumbline_core::prelude::*;
use plumbline_core::text::shorten;
use serde_json::{Value, json};

use super::Parameters;
use super::delivery::{log_group, missing_delivery, monitored_elsewhere, needed_events};
use super::links::{Chains, Link};
use super::reach::{ALARM, FILTER, Gap, Links, Reach, SUBSCRIPTION, TOPIC, UNKNOWN};
use super::table::AlarmRow;
use crate::shared::names::free_name;
use crate::shared::trails;

/// The status reason codes of AWS for the parts of the chain.
const NO_FILTER: &str = "CLOUDTRAIL_METRIC_FILTER_NOT_VALID";
const NO_ALARM: &str = "CLOUDWATCH_ALARMS_NOT_PRESENT";
const NO_ACTION: &str = "CLOUDWATCH_ALARM_ACTIONS_NOT_VALID";

/// The verdict on the chain of one trail.
struct ChainResult {
    /// The number of complete parts.
    links: u8,
    assessed: Assessed,
}

/// Decides one of 4.1 to 4.15.
pub(super) fn evaluate(
    row: &AlarmRow,
    requires_classic_link: bool,
    parameters: &Parameters,
    view: &View<'_>,
) -> Assessed {
    let id = row.id;
    let wanted = required(id).ok_or_else(|| {
        NotAssessed::Undetermined(format!(
            "no filter pattern is known for {id}. Report this error."
        ))
    })?;
    let wanted = if requires_classic_link { *wanted } else { wanted.without_classic_link() };
    let found = trails::search(
        view,
        "logs the management events of this control in all Regions",
        |selectors| needed_events(row, selectors),
    )?;
    let results: Vec<ChainResult> = found
        .qualifying
        .iter()
        .map(|(trail, remark)| {
            of_trail(trail, (row.slug, &wanted), remark.as_deref(), parameters, view)
        })
        .collect();
    let is_complete =
        |result: &&ChainResult| result.assessed.as_ref().is_ok_and(Verdict::is_compliant);
    if let Some(result) = results.iter().find(is_complete) {
        return result.assessed.clone();
    }
    // The settings of a trail are enough to determine the monitoring account, even if other facts
    // of the trail cannot be read.
    let candidates = found.qualifying.iter().map(|(trail, _)| *trail);
    for trail in candidates.chain(found.unknown.iter().map(|(trail, _)| *trail)) {
        if let Some(verdict) = monitored_elsewhere(trail, parameters, view) {
            return Ok(verdict);
        }
    }
    if found.qualifying.is_empty() {
        return found.none().map(|verdict| {
            verdict.remedy(
                "Create a multi-Region trail that logs read and write management events, start \
                 logging, and configure a log group for the trail (see 3.1 and 3.4)."
                    .to_owned(),
            )
        });
    }
    if let Some(result) = results.iter().find(|result| result.assessed.is_err()) {
        return result.assessed.clone();
    }
    if let Some((_, why)) = found.unknown.into_iter().next() {
        return Err(why);
    }
    let best = results.into_iter().max_by_key(|result| result.links);
    best.map_or_else(
        || Err(NotAssessed::Undetermined("no trail was evaluated. Report this error.".to_owned())),
        |best| best.assessed,
    )
}

fn of_trail(
    trail: &Trail,
    (slug, wanted): (&str, &Requirement),
    on_events: Option<&str>,
    parameters: &Parameters,
    view: &View<'_>,
) -> ChainResult {
    let failed_by = |links, gap: Gap, code, evidence: Value| {
        let remedy = [gap.short.as_deref().unwrap_or(&gap.what), gap.hint].join(" ");
        let mut verdict =
            Verdict::non_compliant(gap.what).code(code).evidence(evidence).remedy(remedy);
        if !gap.command.is_empty() {
            let words = gap.command.iter().map(String::as_str);
            verdict = verdict.command(words).inputs(gap.inputs.iter().copied());
            if !gap.then.is_empty() {
                verdict = verdict.then_command(gap.then.iter().map(String::as_str));
            }
        }
        ChainResult { links, assessed: Ok(verdict) }
    };
    let failed = |reason: String, hint, evidence| {
        failed_by(0, Gap::from(reason).hint(hint), NO_FILTER, evidence)
    };
    let open = |why| ChainResult { links: 0, assessed: Err(why) };
    let settings = match trail.fact::<TrailSettings>(view) {
        Ok(settings) => settings,
        Err(why) => return open(why),
    };
    let evidence = json!({ "trail": trail.arn, "log_group": settings.log_group });
    let Some(arn) = &settings.log_group else {
        let reason = format!("Trail '{}' has no log group.", trail.name);
        return failed(
            reason,
            "Configure a log group for the trail (3.4), and scan again.",
            evidence,
        );
    };
    let Some((region, account, group)) = log_group(arn) else {
        return open(NotAssessed::Undetermined(format!(
            "the log group of trail '{}' has the invalid ARN '{arn}'.",
            trail.name
        )));
    };
    if account != view.context().account.as_str() {
        let why = format!(
            "log group '{group}' of trail '{}' belongs to account {account}. Evaluate the control \
             there, or set monitoringAccount.",
            trail.name
        );
        return open(NotAssessed::Undetermined(why));
    }
    let filters = view.existing::<MetricFilters>(region, group);
    let alarms = view.region_of::<Alarms>(region);
    let undelivered = missing_delivery(trail, group, parameters, view);
    if let Ok(Some(reason)) = undelivered {
        return failed(reason, "Fix the delivery first, and scan again.", evidence);
    }
    let filters = match filters {
        Ok(Some(filters)) => &filters.0,
        Ok(None) => {
            let reason = format!("Log group '{group}' of trail '{}' does not exist.", trail.name);
            return failed(
                reason,
                "Configure an existing log group for the trail (3.4).",
                evidence,
            );
        }
        Err(why) => return open(why),
    };
    let trusted = &parameters.trusted_topics;
    let with_mute_rules = false;
    let mut links = Links { slug, wanted, filters, alarms, region, trusted, with_mute_rules, view };
    let reaches: Vec<Reach> = filters.iter().map(|filter| links.reach(filter)).collect();
    if reaches.contains(&Reach::Unknown(NotAssessed::Missing)) {
        // The engine reads the missing facts and evaluates the control again.
        return open(NotAssessed::Missing);
    }
    let mut chains = Chains::new(wanted, filters, reaches);
    let complete = chains.coverage(SUBSCRIPTION);
    if complete.is_covered() && undelivered.is_ok() {
        // Mute rules change no verdict, so they are read only for chains that pass.
        links.with_mute_rules = true;
        chains.refine(|filter| links.reach(filter));
    }
    let mut evidence =
        json!({ "trail": trail.arn, "log_group": settings.log_group, "filters": chains.shown() });

    if complete.is_covered() {
        if let Err(why) = undelivered {
            return open(why);
        }
        let covering = chains.covering(SUBSCRIPTION);
        let names: Vec<String> =
            covering.iter().map(|link| format!("'{}'", link.filter.name)).collect();
        let remark = covering.iter().find_map(|link| Some(format!(" {}", link.reach.remark()?)));
        let remark_on_filter = match names.as_slice() {
            _ if complete != Coverage::CoversTooMuch => "",
            [_] => {
                " The filter matches almost every event, so the alarm is likely to stay in the \
                 ALARM state."
            }
            _ => {
                " The filters match almost every event, so the alarms are likely to stay in the \
                 ALARM state."
            }
        };
        let remark_on_events = on_events.map_or_else(String::new, |remark| format!(" {remark}"));
        // No subscription of a trusted topic is read.
        let is_trusted = covering.iter().any(|link| matches!(link.reach, Reach::Trusted(_)));
        let end =
            if is_trusted { "an SNS topic as action" } else { "a confirmed SNS subscription" };
        let chain = match names.as_slice() {
            [only] => {
                format!("Metric filter {only} on log group '{group}' has an alarm with {end}.")
            }
            several => format!(
                "Metric filters {} on log group '{group}' have alarms with {end}.",
                several.join(" and ")
            ),
        };
        let reason = format!(
            "{chain}{remark_on_events}{remark_on_filter}{}{}",
            remark_on_facts(wanted, &covering),
            remark.unwrap_or_default()
        );
        return ChainResult {
            links: SUBSCRIPTION + 2,
            assessed: Ok(Verdict::compliant(reason).evidence(evidence)),
        };
    }
    // If unknown facts could complete the chain, the control is not assessed.
    let possible = chains.coverage(UNKNOWN);
    if possible.is_covered() {
        return open(chains.unknown().unwrap_or(NotAssessed::Missing));
    }
    if let Coverage::Undetermined { why } = possible {
        return open(NotAssessed::Undetermined(format!(
            "it is unknown whether the metric filters on log group '{group}' cover the required \
             events: {why}."
        )));
    }
    let all = chains.coverage(FILTER);
    if !all.is_covered() {
        if let (Coverage::Misses { event }, Some(members)) = (&all, evidence.as_object_mut()) {
            // The reason may be too short for the whole event.
            members.insert("missed_event".to_owned(), event.clone());
        }
        let pattern = wanted.remedy();
        let name = free_name(slug, |name| filters.iter().any(|filter| filter.name == name));
        let metric = format!("metricName={slug},metricNamespace=Plumbline,metricValue=1");
        let words =
            ["logs", "put-metric-filter", "--log-group-name", group, "--filter-name", &name];
        let options = ["--metric-transformations", &metric, "--filter-pattern", &pattern];
        let words = [words.as_slice(), &options, &["--region", region]].concat();
        let gap = Gap {
            short: Some(format!("No metric filter on log group '{group}' matches these events.")),
            ..Gap::from(no_filter(group, filters, &all))
                .command(&words, &[])
                .then(links.alarm(slug, "Plumbline"))
        };
        return failed_by(1, gap, NO_FILTER, evidence);
    }
    // The first missing part: the filters whose chains reach the part before it cover the events,
    // and the filters whose chains go further do not.
    let reached = if !chains.coverage(ALARM).is_covered() {
        FILTER
    } else if !chains.coverage(TOPIC).is_covered() {
        ALARM
    } else {
        TOPIC
    };
    let covering = chains.covering(reached);
    let gap = covering
        .iter()
        .find(|link| link.reach.rank() == reached)
        .and_then(|link| link.reach.gap().cloned())
        .unwrap_or_default();
    failed_by(reached + 2, gap, if reached == FILTER { NO_ALARM } else { NO_ACTION }, evidence)
}

/// Returns a remark with the facts about CloudTrail events that the coverage depends on.
fn remark_on_facts(wanted: &Requirement, covering: &[&Link<'_>]) -> String {
    let patterns: Vec<&String> = covering.iter().map(|link| &link.filter.pattern).collect();
    let facts = wanted.coverage(&patterns, false).facts;
    if facts.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = facts.iter().map(|fact| fact.words).collect();
    let filters = if covering.len() == 1 { "The filter misses" } else { "The filters miss" };
    format!(" {filters} only events that CloudTrail does not write: {}.", words.join(", and "))
}

fn no_filter(group: &str, filters: &[MetricFilter], all: &Coverage) -> String {
    match all {
        _ if filters.is_empty() => format!("Log group '{group}' has no metric filter."),
        Coverage::Misses { event } => {
            let whole = format!("No metric filter on log group '{group}' matches {event}.");
            if whole.chars().count() <= REASON_LIMIT {
                return whole;
            }
            // The event is shortened, with the essential members first.
            let group = shorten(group, 60);
            format!(
                "No metric filter on log group '{group}' matches {}.",
                members(event).join(", ")
            )
        }
        Coverage::NeverMatches => {
            format!("The metric filters on log group '{group}' never match an event.")
        }
        Coverage::Invalid { position, what } => {
            format!(
                "The metric filter on log group '{group}' has an invalid pattern: {what} (position \
                 {position})."
            )
        }
        Coverage::Undetermined { why } => {
            format!(
                "No metric filter on log group '{group}' is known to cover the required events: \
                 {why}."
            )
        }
        Coverage::Covers | Coverage::CoversTooMuch => {
            format!("The metric filters on log group '{group}' cover the required events.")
        }
    }
}

/// Returns the members of an event with their values, the most significant ones first.
fn members(event: &Value) -> Vec<String> {
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match value {
                Value::Object(_) => leaves(value, &path, found),
                Value::String(text) => found.push(format!("{path} {text}")),
                other => found.push(format!("{path} {other}")),
            }
        }
    }
    /// Members that every event has come last.
    const LAST: [&str; 5] =
        ["eventSource ", "eventType ", "sourceIPAddress ", "awsRegion ", "eventTime "];
    let mut found = Vec::new();
    leaves(event, "", &mut found);
    found.sort_by_key(|leaf| {
        let is_last = LAST.iter().any(|name| leaf.starts_with(name));
        (is_last, !leaf.starts_with("eventName "), !leaf.starts_with("userIdentity."))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_event_keeps_what_explains_most() {
        let event = json!({ "additionalEventData": { "MFAUsed": "No" }, "eventName": "ConsoleLogin",
            "eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn",
            "responseElements": { "ConsoleLogin": "Success" }, "userIdentity": {
            "arn": "arn:aws:iam::111122223333:user/alice", "type": "IAMUser",
            "userName": "alice" } });
        let filter = MetricFilters(Vec::new());
        let reason =
            no_filter(&"g".repeat(300), &filter.0, &Coverage::Misses { event: event.clone() });
        assert!(reason.contains("has no metric filter"), "{reason}");
        assert_eq!(
            members(&event).join(", "),
            "eventName ConsoleLogin, userIdentity.arn arn:aws:iam::111122223333:user/alice, \
             userIdentity.type IAMUser, userIdentity.userName alice, additionalEventData.MFAUsed \
             No, responseElements.ConsoleLogin Success, eventSource signin.amazonaws.com, \
             eventType AwsConsoleSignIn"
        );
    }
}
