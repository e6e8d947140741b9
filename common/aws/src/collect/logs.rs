//! Facts from Amazon CloudWatch Logs.

use aws_sdk_cloudwatchlogs::operation::describe_metric_filters::DescribeMetricFiltersOutput;
use aws_sdk_cloudwatchlogs::types::{self, StandardUnit};
use plumbline_core::answer::Answer;
use plumbline_core::facts::{FilterMetric, Metric, MetricFilter, MetricFilters};
use plumbline_core::operation::logs;

use super::not_found_when;
use crate::session::Session;

/// The maximum page size of CloudWatch Logs for metric filters.
const FILTERS_A_PAGE: i32 = 50;

pub(super) async fn metric_filters(
    session: &Session,
    region: &str,
    log_group: &str,
) -> Answer<MetricFilters> {
    let client = session.logs(region);
    let page = |token| {
        client
            .describe_metric_filters()
            .log_group_name(log_group)
            .limit(FILTERS_A_PAGE)
            .set_next_token(token)
            .send()
    };
    let filters = session
        .list(
            logs::DESCRIBE_METRIC_FILTERS,
            page,
            DescribeMetricFiltersOutput::next_token,
            filters_of,
        )
        .await;
    filters.map(MetricFilters).map_err(not_found_when("ResourceNotFoundException"))
}

fn filters_of(page: DescribeMetricFiltersOutput) -> Answer<Vec<MetricFilter>> {
    logs::DESCRIBE_METRIC_FILTERS
        .require(page.metric_filters, "the metric filters")?
        .into_iter()
        .map(filter_of)
        .collect()
}

/// An absent pattern would count as an empty one, which matches everything.
fn filter_of(filter: types::MetricFilter) -> Answer<MetricFilter> {
    let name = logs::DESCRIBE_METRIC_FILTERS.require_text(filter.filter_name, "a filter's name")?;
    let selection = filter.field_selection_criteria.filter(|criteria| !criteria.is_empty());
    let transformed =
        filter.apply_on_transformed_logs.then(|| MetricFilter::TRANSFORMED.to_owned());
    let has_fields = filter.emit_system_field_dimensions.is_some_and(|fields| !fields.is_empty());
    let metric = |metric: types::MetricTransformation| FilterMetric {
        metric: Metric {
            namespace: metric.metric_namespace,
            name: metric.metric_name,
            dimensions: has_fields
                || metric.dimensions.is_some_and(|dimensions| !dimensions.is_empty()),
        },
        value: Some(metric.metric_value).filter(|value| !value.is_empty()),
        default: metric.default_value,
        unit: Some(metric.unit.as_ref().map_or("None", StandardUnit::as_str).to_owned()),
    };
    Ok(MetricFilter {
        pattern: logs::DESCRIBE_METRIC_FILTERS
            .require(filter.filter_pattern, &format!("the pattern of {name}"))?,
        metrics: filter.metric_transformations.into_iter().flatten().map(metric).collect(),
        narrowed_by: transformed.or(selection.map(|criteria| format!("it selects {criteria}"))),
        name,
    })
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn filters_have_a_pattern() {
        let filter = || types::MetricFilter::builder().filter_name("f");
        let read = filter_of(filter().filter_pattern("{ $.a = 1 }").build()).expect("a filter");
        assert_eq!((read.pattern.as_str(), read.narrowed_by), ("{ $.a = 1 }", None));
        assert!(
            filter_of(filter().filter_pattern("").apply_on_transformed_logs(true).build())
                .expect("a filter")
                .narrowed_by
                .is_some()
        );
        assert_eq!(filter_of(filter().build()).expect_err("no pattern").cause, Cause::Malformed);
        assert_eq!(
            filters_of(DescribeMetricFiltersOutput::builder().build()).expect_err("no list").cause,
            Cause::Malformed
        );
    }
}
