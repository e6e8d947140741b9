//! `own-roles.yaml`: the roles of functions in each account of an organization. They are separate
//! from the functions, because the functions of all Regions use them: if the rules of the home
//! Region fail, the functions of the other Regions remain.

use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::Value;

use crate::builders::{Members, both, condition, equals, given, logical_id, sub};
use crate::contract::{
    ON, OWN_ROLES, REGISTER, REGISTER_OWNER, REGISTERS, SECURITY_HUB, function_parameters,
};
use crate::guardrails::{
    bucket_key, bucket_key_conditions, role_conditions, role_parameters, use_of_bucket_key,
};
use crate::parameter::TemplateParameter;
use crate::permissions::{
    HAS_ONE_REGISTER, HAS_REGISTER, HAS_REGISTER_OWNER, HAS_REGISTERS, OwnRole, PUBLISHES_FINDINGS,
    logs, reads_and_publishing, register_reads, trust,
};
use crate::registers::{self, EACH, ONE};
use crate::role_names::{with_path, with_prefix};
use crate::template::Template;

/// Returns the name of a control's role in `own-roles.yaml`, with the default prefix. It differs
/// from the name in `functions-global.yaml`, because the roles of both exist during an upgrade.
pub fn own_role_name(control: &Control) -> String {
    format!("plumbline-own-{}", control.id.dashed())
}

/// Returns the ARN of a role in the account of the stack.
pub(crate) fn role_arn(name: &str) -> Value {
    sub(&format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{}", with_path(name)))
}

/// Returns the parameters of the roles.
pub(crate) fn parameters() -> Vec<TemplateParameter> {
    let used = [SECURITY_HUB, REGISTER, REGISTER_OWNER];
    let mut parameters = function_parameters();
    parameters.retain(|parameter| used.contains(&parameter.name()));
    parameters.push(registers::registers());
    parameters.extend(role_parameters());
    parameters.push(bucket_key());
    parameters
}

/// Returns the conditions of the roles, in addition to those on the register.
pub(crate) fn conditions() -> Members {
    let mut conditions = role_conditions().with(bucket_key_conditions());
    conditions.set(PUBLISHES_FINDINGS, equals(SECURITY_HUB, ON));
    conditions.set(HAS_ONE_REGISTER, both(condition(HAS_REGISTER), equals(REGISTERS, ONE)));
    conditions.set(HAS_REGISTERS, both(condition(HAS_REGISTER), equals(REGISTERS, EACH)));
    conditions
}

/// Adds the roles of all controls.
pub(crate) fn add_roles(
    resources: &mut Members,
    name: impl Fn(&Control) -> String,
    exists: Option<&str>,
) {
    for control in CONTROLS {
        let mut statements = reads_and_publishing(&[control]);
        statements.extend(register_reads(HAS_ONE_REGISTER));
        statements.push(use_of_bucket_key(&["kms:Decrypt"]));
        statements.push(logs(&control.function_name()));
        let description = format!(
            "Role of the function for control {} of the CIS AWS Foundations Benchmark 1.5.0",
            control.id
        );
        let role = OwnRole {
            ids: (&logical_id("Role", control), &logical_id("Policy", control)),
            name: sub(&with_prefix(&name(control))),
            description: &description,
            trust: trust(),
            exists,
        };
        role.add(resources, statements);
    }
}

/// Creates `own-roles.yaml`.
pub fn own_roles() -> Template {
    let mut resources = Members::new();
    add_roles(&mut resources, own_role_name, None);
    let mut conditions = conditions();
    for (name, of) in [(HAS_REGISTER, REGISTER), (HAS_REGISTER_OWNER, REGISTER_OWNER)] {
        conditions.set(name, given(of));
    }
    Template::new(
        OWN_ROLES,
        "Plumbline: roles of the functions in all Regions of an account. For the home Region.",
        parameters(),
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}
