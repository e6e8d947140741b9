//! Finds the Regions in which AWS Config is in use, as far as the deploying account can see. A
//! first deployment to an organization uses them.

use std::fmt;

use plumbline_aws::aggregator::{aggregators, regions_with_resources};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::config::DESCRIBE_CONFIGURATION_RECORDER_STATUS;
use tokio::task::JoinSet;

use crate::error::DeployError;

/// The use of AWS Config in a Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigUse {
    pub(crate) region: String,
    /// Whether the deploying account has a recorder there.
    has_recorder: bool,
    /// The organization aggregators that list the Region.
    named_by: Vec<String>,
    /// The organization aggregators over all Regions that contain resources of the Region.
    held_by: Vec<String>,
    /// Failed reads.
    unread: Vec<String>,
}

impl ConfigUse {
    /// Whether AWS Config is in use there.
    pub(crate) fn is_governed(&self) -> bool {
        self.has_recorder || !self.named_by.is_empty() || !self.held_by.is_empty()
    }
}

impl fmt::Display for ConfigUse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut found = Vec::new();
        if self.has_recorder {
            found.push("an AWS Config recorder in this account".to_owned());
        }
        let named = self.named_by.iter();
        found.extend(named.map(|name| format!("listed in the organization aggregator '{name}'")));
        let held = self.held_by.iter();
        found.extend(held.map(|name| format!("resources in the organization aggregator '{name}'")));
        if found.is_empty() {
            found.push("AWS Config not found".to_owned());
        }
        found.extend(self.unread.iter().cloned());
        write!(formatter, "{}: {}", self.region, found.join("; "))
    }
}

/// An organization aggregator.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FoundAggregator {
    name: String,
    /// The Regions of the aggregator. Empty means all Regions.
    names: Vec<String>,
    /// The Regions with resources, if the aggregator covers all Regions.
    holds: Vec<String>,
}

/// Rejects the selection of Regions if some could not be read, because a Region that is missing now
/// would be missing in all later runs.
pub(crate) fn check_all_read(found: &[ConfigUse]) -> Result<(), DeployError> {
    let unread: Vec<String> = found
        .iter()
        .filter(|one| !one.is_governed() && !one.unread.is_empty())
        .map(ToString::to_string)
        .collect();
    if unread.is_empty() { Ok(()) } else { Err(DeployError::UnreadUse(unread)) }
}

/// Reads all Regions in parallel. The results have the order of the Regions.
pub(crate) async fn config_use(
    session: &Session,
    regions: &[String],
) -> Result<Vec<ConfigUse>, DeployError> {
    let mut tasks = JoinSet::new();
    for region in regions {
        let (session, region) = (session.clone(), region.clone());
        tasks.spawn(async move { of_region(&session, &region).await });
    }
    let (mut found, mut all) = (Vec::new(), Vec::new());
    while let Some(task) = tasks.join_next().await {
        let (of_region, aggregators) = task?;
        found.push(of_region);
        all.extend(aggregators);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(regions
        .iter()
        .filter_map(|region| {
            let of_region = found.iter().find(|found| found.region == *region)?.clone();
            Some(with_aggregators(of_region, &all))
        })
        .collect())
}

/// Adds the results of aggregators in all Regions to a Region.
fn with_aggregators(mut found: ConfigUse, all: &[FoundAggregator]) -> ConfigUse {
    let having = |regions: fn(&FoundAggregator) -> &[String]| -> Vec<String> {
        let has = |one: &&FoundAggregator| regions(one).contains(&found.region);
        all.iter().filter(has).map(|one| one.name.clone()).collect()
    };
    let (named_by, held_by) = (having(|one| &one.names), having(|one| &one.holds));
    (found.named_by, found.held_by) = (named_by, held_by);
    found
}

/// Reads the use within a Region. A failed read counts as no use, and is reported.
async fn of_region(session: &Session, region: &str) -> (ConfigUse, Vec<FoundAggregator>) {
    let mut found = ConfigUse { region: region.to_owned(), ..ConfigUse::default() };
    let recorders = session.config(region).describe_configuration_recorder_status().send();
    match session.send(DESCRIBE_CONFIGURATION_RECORDER_STATUS, recorders).await {
        Ok(answer) => found.has_recorder = !answer.configuration_recorders_status().is_empty(),
        Err(error) => found.unread.push(format!("cannot read recorders ({})", error.code)),
    }
    let mut of_organization = Vec::new();
    match aggregators(session, region).await {
        Ok(all) => {
            for one in all.into_iter().filter(|one| one.is_of_organization) {
                let mut holds = Vec::new();
                if one.regions.is_empty() {
                    match regions_with_resources(session, region, &one.name, None).await {
                        Ok(regions) => holds = regions,
                        Err(AwsError(error)) => found.unread.push(format!(
                            "cannot read the aggregator '{}' ({})",
                            one.name, error.code
                        )),
                    }
                }
                of_organization.push(FoundAggregator { name: one.name, names: one.regions, holds });
            }
        }
        Err(AwsError(error)) => {
            found.unread.push(format!("cannot read aggregators ({})", error.code));
        }
    }
    (found, of_organization)
}

/// Creates the error for a first deployment without Regions.
pub(crate) fn not_named(found: &[ConfigUse], home_region: &str) -> DeployError {
    let mut governed: Vec<String> =
        found.iter().filter(|one| one.is_governed()).map(|one| one.region.clone()).collect();
    // The home Region is always included, as the first one.
    governed.retain(|region| region != home_region);
    governed.insert(0, home_region.to_owned());
    DeployError::NoRegions { found: found.iter().map(ToString::to_string).collect(), governed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_governed_where_aws_config_is_in_use() {
        let found = |region: &str, has_recorder| ConfigUse {
            region: region.to_owned(),
            has_recorder,
            ..ConfigUse::default()
        };
        let aggregator = |name: &str, names: &[&str], holds: &[&str]| {
            let list = |regions: &[&str]| regions.iter().map(|one| (*one).to_owned()).collect();
            FoundAggregator { name: name.to_owned(), names: list(names), holds: list(holds) }
        };
        let all = [aggregator("some", &["r", "s"], &[]), aggregator("every", &[], &["s"])];
        let with = |region: &str, has_recorder| with_aggregators(found(region, has_recorder), &all);
        assert_eq!(
            [with("q", true), with("r", false), with("s", true), with("t", false)]
                .map(|one| (one.is_governed(), one.to_string())),
            [
                (true, "q: an AWS Config recorder in this account".to_owned()),
                (true, "r: listed in the organization aggregator 'some'".to_owned()),
                (
                    true,
                    "s: an AWS Config recorder in this account; listed in the organization \
                     aggregator 'some'; resources in the organization aggregator 'every'"
                        .to_owned()
                ),
                (false, "t: AWS Config not found".to_owned()),
            ]
        );
    }
}
