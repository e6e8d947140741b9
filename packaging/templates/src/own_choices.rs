//! The parameters that select the rules and roles of own functions.

use crate::parameter::TemplateParameter;

/// The value of an enabled part.
pub const ON: &str = "on";
/// The value of a disabled part.
pub const OFF: &str = "off";
/// The level of the benchmark.
pub const LEVEL: &str = "Level";
/// Whether the rules are deployed: [`ON`] or [`OFF`].
pub const PACKS: &str = "Packs";
/// Whether the functions of the deploying account have rules: [`ON`] or [`OFF`].
pub const PACKS_HERE: &str = "PacksHere";
/// The template of the roles of functions in each account of an organization.
pub const OWN_ROLES: &str = "own-roles";
/// The template of the functions of global controls, with roles in a single account.
pub const FUNCTIONS_GLOBAL: &str = "functions-global";
/// The template that creates the roles of functions: [`OWN_ROLES`] or [`FUNCTIONS_GLOBAL`].
pub const ROLES: &str = "Roles";

/// Returns the parameter with the level of the benchmark.
pub(crate) fn level() -> TemplateParameter {
    let doc = "Level of the benchmark. Level 2 includes level 1";
    TemplateParameter::choice(LEVEL, doc, &["2", "1"])
}

/// Returns the parameters that select the rules.
pub(crate) fn rule_parameters() -> [TemplateParameter; 2] {
    let doc = "Deploy the rules (on), or only the functions (off)";
    [level(), TemplateParameter::choice(PACKS, doc, &[ON, OFF])]
}

/// Returns the parameter that selects the rules of the deploying account.
pub(crate) fn packs_here() -> TemplateParameter {
    let doc =
        "Also deploy the rules of this account and Region, which require an AWS Config recorder";
    TemplateParameter::choice(PACKS_HERE, doc, &[ON, OFF])
}

/// Returns the parameter with the template of the roles.
pub(crate) fn roles() -> TemplateParameter {
    let values = [OWN_ROLES, FUNCTIONS_GLOBAL];
    TemplateParameter::choice(ROLES, "Template that creates the roles of the functions", &values)
}
