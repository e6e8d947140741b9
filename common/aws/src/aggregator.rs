//! The contents of an AWS Config aggregator: the results of rules for each account and Region, and
//! their age.

use aws_sdk_config::operation::describe_aggregate_compliance_by_config_rules::DescribeAggregateComplianceByConfigRulesOutput;
use aws_sdk_config::operation::describe_configuration_aggregator_sources_status::DescribeConfigurationAggregatorSourcesStatusOutput;
use aws_sdk_config::operation::describe_configuration_aggregators::DescribeConfigurationAggregatorsOutput;
use aws_sdk_config::operation::get_aggregate_discovered_resource_counts::GetAggregateDiscoveredResourceCountsOutput;
use aws_sdk_config::types::{
    AggregateComplianceByConfigRule, AggregatedSourceStatus, AggregatedSourceStatusType,
    AggregatedSourceType, ComplianceType, ConfigurationAggregator, ResourceCountFilters,
    ResourceCountGroupKey,
};
use chrono::{DateTime, Utc};
use plumbline_core::answer::Answer;
use plumbline_core::aws::AccountId;
use plumbline_core::operation::{Operation, config};

use crate::error::AwsError;
use crate::session::Session;
use crate::time::from_sdk;

/// The page size of `DescribeAggregateComplianceByConfigRules`.
const RULES_PAGE: i32 = 1000;

/// The configuration of an aggregator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregator {
    /// Its name.
    pub name: String,
    /// The accounts that it names. Empty if its source is the organization.
    pub accounts: Vec<AccountId>,
    /// The Regions that it names. Empty if it aggregates all Regions.
    pub regions: Vec<String>,
    /// Whether its source is the organization.
    pub is_of_organization: bool,
}

/// How the last update from a source ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The account; `None` for the organization itself.
    pub account: Option<AccountId>,
    /// The Region, if AWS names one.
    pub region: Option<String>,
    /// The status: `SUCCEEDED`, `FAILED` or `OUTDATED`.
    pub status: String,
    /// When the update ended.
    pub updated: Option<DateTime<Utc>>,
    /// Code and message of the last failure.
    pub error: Option<String>,
}

impl Source {
    /// Whether the aggregated data of the source is current.
    pub fn is_current(&self) -> bool {
        self.status == AggregatedSourceStatusType::Succeeded.as_str()
    }
}

/// The aggregate result of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleCompliance {
    /// No resource is non-compliant.
    Compliant,
    /// At least one resource is non-compliant.
    NonCompliant,
    /// There are no results, or all of them are not applicable. Values that Plumbline does not know
    /// are treated in the same way.
    InsufficientData,
}

/// The compliance of a rule in one Region of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule's name.
    pub rule: String,
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: String,
    /// The worst result.
    pub compliance: RuleCompliance,
    /// The number of non-compliant resources, up to the limit of AWS Config.
    pub failing: Option<u32>,
    /// Whether there are more non-compliant resources.
    pub is_capped: bool,
}

/// The aggregators of the session's account in a Region; source `DescribeConfigurationAggregators`.
pub async fn aggregators(session: &Session, region: &str) -> Result<Vec<Aggregator>, AwsError> {
    let client = session.config(region);
    let call = |token| client.describe_configuration_aggregators().set_next_token(token).send();
    let items = |page: DescribeConfigurationAggregatorsOutput| {
        config::DESCRIBE_CONFIGURATION_AGGREGATORS
            .require(page.configuration_aggregators, "the aggregators")?
            .into_iter()
            .map(aggregator)
            .collect()
    };
    Ok(session
        .list(config::DESCRIBE_CONFIGURATION_AGGREGATORS, call, |page| page.next_token(), items)
        .await?)
}

fn aggregator(aggregator: ConfigurationAggregator) -> Answer<Aggregator> {
    let name = config::DESCRIBE_CONFIGURATION_AGGREGATORS
        .require_text(aggregator.configuration_aggregator_name.clone(), "an aggregator's name")?;
    let mut regions = Vec::new();
    let mut accounts = Vec::new();
    // AWS accepts only one source of accounts. With several sources, only the Regions in all of
    // them would count. In that case no Regions are returned.
    if let [source] = aggregator.account_aggregation_sources() {
        regions = if source.all_aws_regions() { Vec::new() } else { source.aws_regions().to_vec() };
    }
    for account in
        aggregator.account_aggregation_sources().iter().flat_map(|source| source.account_ids())
    {
        accounts.push(account_id(config::DESCRIBE_CONFIGURATION_AGGREGATORS, account)?);
    }
    if let Some(source) = aggregator.organization_aggregation_source() {
        regions = if source.all_aws_regions() { Vec::new() } else { source.aws_regions().to_vec() };
    }
    Ok(Aggregator {
        name,
        accounts,
        regions,
        is_of_organization: aggregator.organization_aggregation_source.is_some(),
    })
}

/// The status of each source; source `DescribeConfigurationAggregatorSourcesStatus`.
pub async fn sources(
    session: &Session,
    region: &str,
    aggregator: &str,
) -> Result<Vec<Source>, AwsError> {
    let client = session.config(region);
    let call = |token| {
        client
            .describe_configuration_aggregator_sources_status()
            .configuration_aggregator_name(aggregator)
            .set_next_token(token)
            .send()
    };
    let items = |page: DescribeConfigurationAggregatorSourcesStatusOutput| {
        config::DESCRIBE_CONFIGURATION_AGGREGATOR_SOURCES_STATUS
            .require(page.aggregated_source_status_list, "the sources")?
            .into_iter()
            .map(source)
            .collect()
    };
    Ok(session
        .list(
            config::DESCRIBE_CONFIGURATION_AGGREGATOR_SOURCES_STATUS,
            call,
            |page| page.next_token(),
            items,
        )
        .await?)
}

fn source(source: AggregatedSourceStatus) -> Answer<Source> {
    let account = match source.source_type {
        Some(AggregatedSourceType::Organization) => None,
        _ => Some(account_id(
            config::DESCRIBE_CONFIGURATION_AGGREGATOR_SOURCES_STATUS,
            source.source_id().unwrap_or_default(),
        )?),
    };
    let error: Vec<&str> = source
        .last_error_code()
        .into_iter()
        .chain(source.last_error_message())
        .filter(|text| !text.is_empty())
        .collect();
    Ok(Source {
        account,
        error: Some(error.join(": ")).filter(|error| !error.is_empty()),
        status: source
            .last_update_status
            .as_ref()
            .map_or("UNKNOWN", |status| status.as_str())
            .to_owned(),
        updated: source.last_update_time().and_then(from_sdk),
        region: source.aws_region.filter(|region| !region.is_empty()),
    })
}

/// The results of the rules with these names; source `DescribeAggregateComplianceByConfigRules`.
///
/// AWS omits rules without results. An omitted rule may not exist, may never have run, or may have
/// only results that are not applicable.
pub async fn rule_results(
    session: &Session,
    region: &str,
    aggregator: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<RuleResult>, AwsError> {
    let client = session.config(region);
    let call = |token| {
        client
            .describe_aggregate_compliance_by_config_rules()
            .configuration_aggregator_name(aggregator)
            .limit(RULES_PAGE)
            .set_next_token(token)
            .send()
    };
    let items = |page: DescribeAggregateComplianceByConfigRulesOutput| {
        let rules = config::DESCRIBE_AGGREGATE_COMPLIANCE_BY_CONFIG_RULES
            .require(page.aggregate_compliance_by_config_rules, "the rules")?;
        rules
            .into_iter()
            .filter(|rule| rule.config_rule_name().is_none_or(&is_wanted))
            .map(rule_result)
            .collect()
    };
    Ok(session
        .list(
            config::DESCRIBE_AGGREGATE_COMPLIANCE_BY_CONFIG_RULES,
            call,
            |page| page.next_token(),
            items,
        )
        .await?)
}

fn rule_result(rule: AggregateComplianceByConfigRule) -> Answer<RuleResult> {
    let compliance = match rule.compliance().and_then(|compliance| compliance.compliance_type()) {
        Some(ComplianceType::Compliant) => RuleCompliance::Compliant,
        Some(ComplianceType::NonCompliant) => RuleCompliance::NonCompliant,
        _ => RuleCompliance::InsufficientData,
    };
    let count = rule.compliance().and_then(|compliance| compliance.compliance_contributor_count());
    Ok(RuleResult {
        compliance,
        failing: count
            .and_then(|count| u32::try_from(count.capped_count()).ok())
            .filter(|_| compliance == RuleCompliance::NonCompliant),
        is_capped: count.is_some_and(|count| count.cap_exceeded()),
        account: account_id(
            config::DESCRIBE_AGGREGATE_COMPLIANCE_BY_CONFIG_RULES,
            rule.account_id().unwrap_or_default(),
        )?,
        rule: config::DESCRIBE_AGGREGATE_COMPLIANCE_BY_CONFIG_RULES
            .require_text(rule.config_rule_name, "a rule's name")?,
        region: config::DESCRIBE_AGGREGATE_COMPLIANCE_BY_CONFIG_RULES
            .require_text(rule.aws_region, "a rule's Region")?,
    })
}

/// The accounts with resources in the aggregator; source `GetAggregateDiscoveredResourceCounts`.
pub async fn accounts_with_resources(
    session: &Session,
    region: &str,
    aggregator: &str,
) -> Result<Vec<AccountId>, AwsError> {
    let groups =
        groups(session, region, aggregator, ResourceCountGroupKey::AccountId, None).await?;
    Ok(groups
        .iter()
        .map(|group| account_id(config::GET_AGGREGATE_DISCOVERED_RESOURCE_COUNTS, group))
        .collect::<Answer<_>>()?)
}

/// The Regions with resources in the aggregator, of one account or of all accounts; source
/// `GetAggregateDiscoveredResourceCounts`.
pub async fn regions_with_resources(
    session: &Session,
    region: &str,
    aggregator: &str,
    account: Option<&AccountId>,
) -> Result<Vec<String>, AwsError> {
    let filters =
        account.map(|account| ResourceCountFilters::builder().account_id(account.as_str()).build());
    Ok(groups(session, region, aggregator, ResourceCountGroupKey::AwsRegion, filters).await?)
}

async fn groups(
    session: &Session,
    region: &str,
    aggregator: &str,
    key: ResourceCountGroupKey,
    filters: Option<ResourceCountFilters>,
) -> Answer<Vec<String>> {
    let client = session.config(region);
    let call = |token| {
        let call = client
            .get_aggregate_discovered_resource_counts()
            .configuration_aggregator_name(aggregator)
            .group_by_key(key.clone());
        call.set_filters(filters.clone()).set_next_token(token).send()
    };
    let items = |page: GetAggregateDiscoveredResourceCountsOutput| {
        let groups = config::GET_AGGREGATE_DISCOVERED_RESOURCE_COUNTS
            .require(page.grouped_resource_counts, "the groups")?;
        Ok(groups
            .into_iter()
            .filter(|group| group.resource_count > 0)
            .map(|group| group.group_name)
            .collect())
    };
    session
        .list(
            config::GET_AGGREGATE_DISCOVERED_RESOURCE_COUNTS,
            call,
            |page| page.next_token(),
            items,
        )
        .await
}

fn account_id(operation: Operation, text: &str) -> Answer<AccountId> {
    AccountId::new(text).map_err(|error| operation.malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::types::Compliance;

    use super::*;

    fn rule(compliance: Option<ComplianceType>) -> AggregateComplianceByConfigRule {
        let compliance = Compliance::builder().set_compliance_type(compliance).build();
        AggregateComplianceByConfigRule::builder()
            .config_rule_name("r")
            .account_id("111122223333")
            .aws_region("us-east-1")
            .compliance(compliance)
            .build()
    }

    #[test]
    fn only_compliant_is_compliant() {
        for (given, expected) in [
            (Some(ComplianceType::Compliant), RuleCompliance::Compliant),
            (Some(ComplianceType::NonCompliant), RuleCompliance::NonCompliant),
            (Some(ComplianceType::NotApplicable), RuleCompliance::InsufficientData),
            (Some(ComplianceType::InsufficientData), RuleCompliance::InsufficientData),
            (Some(ComplianceType::from("SOMETHING_NEW")), RuleCompliance::InsufficientData),
            (None, RuleCompliance::InsufficientData),
        ] {
            assert_eq!(rule_result(rule(given)).map(|result| result.compliance), Ok(expected));
        }
        assert!(
            rule_result(AggregateComplianceByConfigRule::builder().config_rule_name("r").build())
                .is_err(),
            "of no account"
        );
    }

    #[test]
    fn only_a_source_that_succeeded_is_current() {
        let with = |status: Option<&str>| {
            let status = status.map(AggregatedSourceStatusType::from);
            let status = AggregatedSourceStatus::builder()
                .source_id("111122223333")
                .set_last_update_status(status)
                .last_error_code("C")
                .last_error_message("m");
            source(status.build()).expect("a source")
        };
        assert!(with(Some("SUCCEEDED")).is_current());
        for status in [Some("FAILED"), Some("OUTDATED"), Some("SOMETHING_NEW"), None] {
            assert!(!with(status).is_current(), "{status:?}");
        }
        assert_eq!(with(Some("FAILED")).error.as_deref(), Some("C: m"));
        assert!(
            source(AggregatedSourceStatus::builder().source_id("o-1").build()).is_err(),
            "no account, and not said to be an organization"
        );
    }
}
