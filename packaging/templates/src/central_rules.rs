//! `central-rules-global.yaml` and `central-rules-regional.yaml`: the rules of one account that
//! invoke the central functions. `plumbline deploy` uses organization packs instead. These
//! templates are for stack sets of other tools, in which a pack that fails in one account does not
//! fail the others.

use crate::builders::Members;
use crate::central::{central_account_id, function_set};
use crate::contract::PackScope;
use crate::own_choices::level;
use crate::packs::{PackLevel, PackTemplate};
use crate::stack_packs::{PackBody, pack_conditions, stack_pack};
use crate::template::Template;

/// The template of an account's rules of global controls.
pub const CENTRAL_RULES_GLOBAL: &str = "central-rules-global";
/// The template of an account's rules of regional controls.
pub const CENTRAL_RULES_REGIONAL: &str = "central-rules-regional";

/// Creates `central-rules-global.yaml`.
pub fn global() -> Template {
    rules(
        CENTRAL_RULES_GLOBAL,
        "Plumbline: rules of the global controls that invoke the central functions. For the home \
         Region of an account.",
        PackScope::Global,
    )
}

/// Creates `central-rules-regional.yaml`.
pub fn regional() -> Template {
    rules(
        CENTRAL_RULES_REGIONAL,
        "Plumbline: rules of the regional controls that invoke the central functions. For each \
         Region of an account.",
        PackScope::Regional,
    )
}

fn rules(name: &'static str, description: &str, scope: PackScope) -> Template {
    let mut parameters = vec![central_account_id(), function_set(), level()];
    parameters.extend(PackTemplate::new(scope, PackLevel::Two).template_parameters());
    let mut resources = Members::new();
    resources.set("Pack", stack_pack(scope, None, PackBody::InlineCentral));
    let sections = [("Conditions", &pack_conditions(&[scope])), ("Resources", &resources)];
    Template::new(name, description, parameters, &sections)
}
