//! `aggregator.yaml`: the aggregator of an organization with its queries, for deployments with
//! other tools. With `plumbline deploy`, the stack of the organization has them.

use crate::builders::{Members, equals};
use crate::contract::{AGGREGATOR, ON, QUERIES, REGIONS};
use crate::guardrails::{role_conditions, role_parameters};
use crate::organization::{HAS_AGGREGATOR, HAS_QUERIES, aggregation};
use crate::stack_parameters::organization_parameters;
use crate::template::Template;

/// The template of the aggregator and its queries, without the other parts of `organization.yaml`.
pub const AGGREGATOR_STACK: &str = "aggregator";

/// Creates `aggregator.yaml`.
pub fn aggregator() -> Template {
    let mut parameters = organization_parameters();
    let own = [AGGREGATOR, QUERIES, REGIONS];
    parameters.retain(|parameter| own.contains(&parameter.name()));
    parameters.extend(role_parameters());
    let mut conditions = role_conditions();
    conditions.set(HAS_AGGREGATOR, equals(AGGREGATOR, ON));
    conditions.set(HAS_QUERIES, equals(QUERIES, ON));
    let mut resources = Members::new();
    aggregation(&mut resources);
    Template::new(
        AGGREGATOR_STACK,
        "Plumbline: AWS Config aggregator of the organization, with queries. For the home Region \
         of the deploying account.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}
