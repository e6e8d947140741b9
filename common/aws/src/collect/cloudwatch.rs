//! Facts from Amazon CloudWatch.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::operation::list_alarm_mute_rules::ListAlarmMuteRulesOutput;
use aws_sdk_cloudwatch::types::{
    self, AlarmMuteRuleStatus, AlarmMuteRuleSummary, AlarmType, Dimension, MetricAlarm,
    MetricDataQuery, Statistic,
};
use plumbline_core::answer::Answer;
use plumbline_core::aws::AccountId;
use plumbline_core::facts::{
    Alarm, AlarmCondition, AlarmMuteRules, AlarmQuery, Alarms, CompositeAlarm, CompositeAlarms,
    Metric, MuteRules,
};
use plumbline_core::operation::cloudwatch;

use crate::session::Session;

/// The maximum page size of CloudWatch for alarms.
const ALARMS_A_PAGE: i32 = 100;

pub(super) async fn alarms(session: &Session, account: &AccountId, region: &str) -> Answer<Alarms> {
    let client = session.cloudwatch(region);
    let page = |token| {
        client
            .describe_alarms()
            .alarm_types(AlarmType::MetricAlarm)
            .max_records(ALARMS_A_PAGE)
            .set_next_token(token)
            .send()
    };
    session
        .list(cloudwatch::DESCRIBE_ALARMS, page, DescribeAlarmsOutput::next_token, |page| {
            alarms_of(page, account)
        })
        .await
        .map(Alarms)
}

pub(super) async fn composite_alarms(session: &Session, region: &str) -> Answer<CompositeAlarms> {
    let client = session.cloudwatch(region);
    let page = |token| {
        client
            .describe_alarms()
            .alarm_types(AlarmType::CompositeAlarm)
            .max_records(ALARMS_A_PAGE)
            .set_next_token(token)
            .send()
    };
    session
        .list(cloudwatch::DESCRIBE_ALARMS, page, DescribeAlarmsOutput::next_token, composites_of)
        .await
        .map(CompositeAlarms)
}

pub(super) async fn mute_rules(session: &Session, region: &str) -> Answer<MuteRules> {
    rules_of(session, region, None).await.map(MuteRules)
}

pub(super) async fn alarm_mute_rules(
    session: &Session,
    region: &str,
    alarm: &str,
) -> Answer<AlarmMuteRules> {
    rules_of(session, region, Some(alarm)).await.map(AlarmMuteRules)
}

/// The names of the mute rules that have not expired: all of them, or those of an alarm.
async fn rules_of(session: &Session, region: &str, alarm: Option<&str>) -> Answer<Vec<String>> {
    let client = session.cloudwatch(region);
    let page = |token| {
        client
            .list_alarm_mute_rules()
            .set_alarm_name(alarm.map(str::to_owned))
            .set_next_token(token)
            .send()
    };
    session
        .list(
            cloudwatch::LIST_ALARM_MUTE_RULES,
            page,
            ListAlarmMuteRulesOutput::next_token,
            unexpired_rules,
        )
        .await
}

fn unexpired_rules(page: ListAlarmMuteRulesOutput) -> Answer<Vec<String>> {
    let rules = cloudwatch::LIST_ALARM_MUTE_RULES
        .require(page.alarm_mute_rule_summaries, "the mute rules")?;
    let name = |rule: AlarmMuteRuleSummary| {
        let arn = cloudwatch::LIST_ALARM_MUTE_RULES
            .require_text(rule.alarm_mute_rule_arn, "a mute rule's ARN")?;
        Ok(arn.rsplit(':').next().unwrap_or(&arn).to_owned())
    };
    rules
        .into_iter()
        .filter(|rule| rule.status != Some(AlarmMuteRuleStatus::Expired))
        .map(name)
        .collect()
}

/// Without composite alarms the response may lack their list.
fn composites_of(page: DescribeAlarmsOutput) -> Answer<Vec<CompositeAlarm>> {
    let composite = |alarm: types::CompositeAlarm| {
        let name = cloudwatch::DESCRIBE_ALARMS
            .require_text(alarm.alarm_name, "a composite alarm's name")?;
        Ok(CompositeAlarm {
            rule: cloudwatch::DESCRIBE_ALARMS
                .require_text(alarm.alarm_rule, &format!("the rule of {name}"))?,
            actions_enabled: alarm.actions_enabled.unwrap_or(false),
            actions: alarm.alarm_actions.unwrap_or_default(),
            suppressor: alarm.actions_suppressor.filter(|alarm| !alarm.is_empty()),
            name,
        })
    };
    page.composite_alarms.into_iter().flatten().map(composite).collect()
}

fn alarms_of(page: DescribeAlarmsOutput, account: &AccountId) -> Answer<Vec<Alarm>> {
    let alarms = cloudwatch::DESCRIBE_ALARMS.require(page.metric_alarms, "the metric alarms")?;
    let alarms =
        alarms.into_iter().map(|alarm| alarm_of(alarm, account)).collect::<Answer<Vec<_>>>()?;
    Ok(alarms.into_iter().filter_map(relevant).collect())
}

/// An alarm that may watch the metric of a filter unchanged. Other alarms are kept only if they may
/// be in the ALARM state without events, which matters if a composite alarm depends on them.
fn relevant(alarm: Alarm) -> Option<Alarm> {
    let is_query = |query: &AlarmQuery| query.expression.as_deref().is_some_and(is_insights);
    if !alarm.metrics.is_empty() || alarm.queries.iter().flatten().any(is_query) {
        return Some(alarm);
    }
    let may_rest = alarm.condition.as_ref().is_none_or(AlarmCondition::may_rest_in_alarm);
    may_rest.then(|| Alarm { queries: Some(Vec::new()), ..alarm })
}

/// Whether an expression is a query of Metrics Insights over custom metrics.
fn is_insights(expression: &str) -> bool {
    let expression = expression.trim_start();
    expression.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
        && !expression.contains("AWS/")
}

/// What an alarm evaluates: its queries, or its metric.
fn queries_of(alarm: &MetricAlarm, account: &AccountId) -> Vec<AlarmQuery> {
    let query = |query: &MetricDataQuery| {
        // A metric of another account is a different metric.
        let is_own = query.account_id().is_none_or(|id| id.is_empty() || id == account.as_str());
        let stat = query.metric_stat().filter(|_| is_own);
        let named = stat.and_then(|stat| stat.metric());
        AlarmQuery {
            id: query.id().unwrap_or_default().to_owned(),
            metric: named.and_then(|found| {
                metric(found.namespace(), found.metric_name(), Some(found.dimensions()))
            }),
            statistic: stat.and_then(|stat| stat.stat()).map(str::to_owned),
            unit: stat.and_then(|stat| stat.unit()).map(|unit| unit.as_str().to_owned()),
            expression: query.expression().filter(|_| is_own).map(str::to_owned),
            returned: query.return_data.unwrap_or(true),
        }
    };
    let plain = metric(
        alarm.namespace.as_deref(),
        alarm.metric_name.as_deref(),
        alarm.dimensions.as_deref(),
    );
    let plain = plain.map(|metric| AlarmQuery {
        metric: Some(metric),
        statistic: statistic(alarm).map(str::to_owned),
        unit: alarm.unit.as_ref().map(|unit| unit.as_str().to_owned()),
        returned: true,
        ..AlarmQuery::default()
    });
    alarm.metrics().iter().map(query).chain(plain).collect()
}

/// The statistic of an alarm on one metric.
fn statistic(alarm: &MetricAlarm) -> Option<&str> {
    alarm.statistic.as_ref().map(Statistic::as_str).or(alarm.extended_statistic.as_deref())
}

fn alarm_of(alarm: MetricAlarm, account: &AccountId) -> Answer<Alarm> {
    let (condition, queries) = (condition(&alarm), queries_of(&alarm, account));
    let name = cloudwatch::DESCRIBE_ALARMS.require_text(alarm.alarm_name, "an alarm's name")?;
    let mut metrics: BTreeSet<Metric> =
        alarm.metrics.iter().flat_map(|queries| watched(queries, account)).collect();
    metrics.extend(metric(
        alarm.namespace.as_deref(),
        alarm.metric_name.as_deref(),
        alarm.dimensions.as_deref(),
    ));
    Ok(Alarm {
        metrics: metrics
            .into_iter()
            .filter(|metric| !metric.namespace.starts_with("AWS/"))
            .collect(),
        // An alarm without the flag counts as one without actions.
        actions_enabled: alarm.actions_enabled.unwrap_or(false),
        actions: alarm.alarm_actions.unwrap_or_default(),
        condition,
        queries: Some(queries),
        name,
    })
}

/// When an alarm goes into the ALARM state; `None` if it does not evaluate a metric.
fn condition(alarm: &MetricAlarm) -> Option<AlarmCondition> {
    // A metric math alarm that watches a metric unchanged has the settings here that an alarm on a
    // metric has there.
    let watched = alarm
        .metrics()
        .iter()
        .find(|query| query.return_data.unwrap_or(true))
        .and_then(|query| query.metric_stat());
    let statistic = statistic(alarm);
    Some(AlarmCondition {
        comparison: alarm.comparison_operator.as_ref()?.as_str().to_owned(),
        threshold: alarm.threshold,
        statistic: statistic.or(watched.and_then(|stat| stat.stat.as_deref())).map(str::to_owned),
        period: alarm.period.or(watched.and_then(|stat| stat.period)),
        datapoints: alarm.datapoints_to_alarm.or(alarm.evaluation_periods).unwrap_or(1),
        missing_breaches: alarm.treat_missing_data.as_deref() == Some("breaching"),
        missing: Some(
            alarm
                .treat_missing_data
                .as_deref()
                .filter(|how| !how.is_empty())
                .unwrap_or("missing")
                .to_owned(),
        ),
    })
}

fn metric(
    namespace: Option<&str>,
    name: Option<&str>,
    dimensions: Option<&[Dimension]>,
) -> Option<Metric> {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Metric {
        namespace: text(namespace)?,
        name: text(name)?,
        dimensions: dimensions.is_some_and(|dimensions| !dimensions.is_empty()),
    })
}

/// The metrics on which the evaluated query of a metric math alarm depends: the query that returns
/// data.
fn watched(queries: &[MetricDataQuery], account: &AccountId) -> BTreeSet<Metric> {
    let by_id: BTreeMap<&str, &MetricDataQuery> =
        queries.iter().filter_map(|query| Some((query.id()?, query))).collect();
    let mut open: Vec<&str> = by_id
        .iter()
        .filter(|(_, query)| query.return_data.unwrap_or(true))
        .map(|(id, _)| *id)
        .collect();
    let (mut seen, mut metrics) = (BTreeSet::new(), BTreeSet::new());
    while let Some(id) = open.pop() {
        let Some(query) = by_id.get(id).filter(|_| seen.insert(id)) else { continue };
        // A metric of another account is a different metric.
        let is_own = query.account_id().is_none_or(|id| id.is_empty() || id == account.as_str());
        if let Some(found) = query.metric_stat().and_then(|stat| stat.metric()).filter(|_| is_own) {
            metrics.extend(metric(
                found.namespace(),
                found.metric_name(),
                Some(found.dimensions()),
            ));
        }
        if let Some(expression) = query.expression() {
            for part in whole_requests(expression) {
                open.extend(
                    by_id
                        .iter()
                        .filter(|(id, query)| query.metric_stat.is_some() && id.contains(part))
                        .map(|(id, _)| *id),
                );
            }
            // Text in quotes does not name a query.
            let outside = expression.split(['"', '\'']).step_by(2);
            let words = outside.flat_map(|text| {
                text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            });
            open.extend(words.filter_map(|word| by_id.get_key_value(word).map(|(id, _)| *id)));
        }
    }
    metrics
}

/// What the ids of metrics must contain for each `METRICS(…)` of an expression: nothing for
/// `METRICS()`, which selects all metrics, else the text in parentheses. An argument of another
/// form selects none.
fn whole_requests(expression: &str) -> impl Iterator<Item = &str> {
    expression.split("METRICS").skip(1).filter_map(|after| {
        let (argument, _) = after.trim_start().strip_prefix('(')?.split_once(')')?;
        let argument = argument.trim();
        let quoted = |quote: char| argument.strip_prefix(quote)?.strip_suffix(quote);
        if argument.is_empty() { Some("") } else { quoted('"').or_else(|| quoted('\'')) }
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricStat};
    use plumbline_core::answer::Cause;

    use super::*;

    fn account() -> AccountId {
        AccountId::new("111122223333").expect("an id")
    }

    fn read(alarm: MetricAlarm) -> Vec<Alarm> {
        alarms_of(DescribeAlarmsOutput::builder().metric_alarms(alarm).build(), &account())
            .expect("alarms")
    }

    #[test]
    fn alarms_on_metrics_of_filters() {
        let alarm = || {
            MetricAlarm::builder()
                .alarm_name("a")
                .namespace("Trail")
                .metric_name("Root")
                .threshold(1.0)
        };
        let alarms = read(
            alarm().comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold).build(),
        );
        assert_eq!(
            alarms[0].metrics,
            [Metric { namespace: "Trail".into(), name: "Root".into(), dimensions: false }]
        );
        assert!(!alarms[0].actions_enabled);
        let plain = AlarmCondition {
            comparison: "GreaterThanOrEqualToThreshold".into(),
            threshold: Some(1.0),
            statistic: None,
            period: None,
            datapoints: 1,
            missing_breaches: false,
            missing: Some("missing".into()),
        };
        assert_eq!(alarms[0].condition, Some(plain.clone()));
        let slow = alarm()
            .statistic(Statistic::Sum)
            .period(300)
            .evaluation_periods(5)
            .datapoints_to_alarm(3)
            .treat_missing_data("breaching");
        let slow = read(
            slow.comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold).build(),
        );
        let expected = AlarmCondition {
            statistic: Some("Sum".into()),
            period: Some(300),
            datapoints: 3,
            missing_breaches: true,
            missing: Some("breaching".into()),
            ..plain.clone()
        };
        assert_eq!(slow[0].condition, Some(expected));
        let stat = MetricStat::builder()
            .metric(types::Metric::builder().namespace("Trail").metric_name("Root").build())
            .period(60)
            .stat("p99");
        let queries = MetricAlarm::builder()
            .alarm_name("a")
            .threshold(1.0)
            .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        let queries = read(
            queries
                .metrics(
                    MetricDataQuery::builder()
                        .id("m")
                        .metric_stat(stat.build())
                        .return_data(true)
                        .build(),
                )
                .build(),
        );
        assert_eq!(
            queries[0].condition,
            Some(AlarmCondition { statistic: Some("p99".into()), period: Some(60), ..plain })
        );
        assert_eq!(read(alarm().build())[0].condition, None);
        // Of alarms on AWS metrics, those remain that may be in the ALARM state without events.
        let at = |threshold| {
            let alarm = alarm().namespace("AWS/EC2").threshold(threshold).evaluation_periods(1);
            let alarm = alarm.statistic(Statistic::Sum);
            read(alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).build())
        };
        assert!(at(0.0).is_empty());
        let at_rest = at(-1.0);
        assert_eq!((at_rest.len(), at_rest[0].metrics.len()), (1, 0));
        assert_eq!(at_rest[0].queries, Some(Vec::new()));
        assert_eq!(read(alarm().namespace("AWS/EC2").build()).len(), 1, "no condition is known");
        assert_eq!(
            alarms_of(DescribeAlarmsOutput::builder().build(), &account())
                .expect_err("no list")
                .cause,
            Cause::Malformed
        );
        assert_eq!(
            alarm_of(MetricAlarm::builder().build(), &account()).expect_err("no name").cause,
            Cause::Malformed
        );
    }

    #[test]
    fn metric_math() {
        let metric = |name: &str| {
            MetricStat::builder()
                .metric(types::Metric::builder().namespace("Trail").metric_name(name).build())
                .build()
        };
        let of = |id: &str, name: &str| {
            MetricDataQuery::builder().id(id).metric_stat(metric(name)).return_data(false).build()
        };
        let sum = |expression: &str| {
            MetricDataQuery::builder().id("e").expression(expression).return_data(true).build()
        };
        let names = |queries: &[MetricDataQuery]| {
            watched(queries, &account()).into_iter().map(|metric| metric.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[of("m1", "A"), of("m2", "B"), sum("m1 + 1")]), ["A"]);
        assert_eq!(names(&[of("m1", "A"), of("m2", "B"), sum("SUM(METRICS())")]), ["A", "B"]);
        assert_eq!(
            names(&[of("m1", "A"), of("errors2", "B"), sum("SUM(METRICS(\"errors\"))")]),
            ["B"]
        );
        assert_eq!(names(&[of("m1", "A"), of("m2", "B"), sum("SUM( METRICS( 'm1' ) )")]), ["A"]);
        assert_eq!(names(&[of("m1", "A"), of("m2", "B"), sum("SUM(METRICS(m2))")]), ["B"]);
        let elsewhere = |id: &str| {
            MetricDataQuery::builder().id("m").metric_stat(metric("A")).account_id(id).build()
        };
        assert_eq!(
            [
                names(&[elsewhere("111122223333")]),
                names(&[elsewhere("")]),
                names(&[elsewhere("999988887777")])
            ],
            [vec!["A"], vec!["A"], vec![]]
        );
        assert_eq!(names(&[of("m1", "A"), sum("1 + 1")]), [""; 0]);
        assert_eq!(names(&[sum("e + e")]), [""; 0]);
    }
}
