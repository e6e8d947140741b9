//! The CloudFormation templates and conformance packs under `cfn/`, built from the declarations of
//! controls, and releases of them with the function code. No I/O and no AWS SDK. The generator and
//! the deployment use this package, so all of its items are documented.
#![warn(missing_docs)]

pub mod account;
pub mod aggregator;
mod automation_rule;
mod builders;
pub mod bundle;
pub mod canary;
pub mod central;
pub mod central_rules;
pub mod contract;
pub mod functions;
mod guardrails;
pub mod members;
pub mod organization;
mod own_choices;
pub mod own_roles;
mod pack_scope;
pub mod packs;
mod parameter;
mod permissions;
pub mod protect;
pub mod reconcile;
mod registers;
pub mod release;
mod role_names;
mod stack_packs;
mod stack_parameters;
pub mod tasks;
pub mod template;
mod yaml;
pub mod zip;

pub use self::parameter::{ParameterValues, TemplateParameter, value_or_empty};

use self::packs::PackTemplate;
use self::template::{BucketNames, Template};

/// Returns all templates.
pub fn all() -> Vec<Template> {
    let mut templates = vec![
        own_roles::own_roles(),
        functions::global(),
        functions::regional(),
        account::single_account(&BucketNames::ByParameter),
        organization::organization(&BucketNames::ByParameter),
        central::functions(),
        central::permission_organization(),
        central::member_role(),
        central_rules::global(),
        central_rules::regional(),
        aggregator::aggregator(),
        members::members(),
        protect::template(),
        automation_rule::template(),
        tasks::organization_tasks(&BucketNames::ByParameter),
        reconcile::reconcile(),
    ];
    templates.extend(PackTemplate::all().map(PackTemplate::template));
    templates
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::all;

    #[test]
    fn every_template_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().iter().map(|template| template.name()).collect();
        assert_eq!(names.len(), all().len());
    }
}
