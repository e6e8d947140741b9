//! `members.yaml`: deploys the role for central functions to the member accounts.

use serde_json::json;

use crate::account::template_url;
use crate::builders::{Members, equals, is_list_given, reference, resource_when};
use crate::central::trust_parameters;
use crate::contract::{
    CENTRAL_ACCOUNT_ID, EXCLUDED_ACCOUNTS, HOME_REGION, MEMBER_ROLE, MEMBER_ROLE_HERE, MEMBERS,
    RELEASE, SECURITY_HUB, call_as, excluded_accounts, function_parameters, organizational_units,
    security_hub,
};
use crate::guardrails::role_parameters;
use crate::organization::{HAS_EXCLUDED_ACCOUNTS, stack_set_of};
use crate::parameter::TemplateParameter;
use crate::template::Template;

const IS_HERE: &str = "IsHere";

/// Creates `members.yaml`: the role in all accounts of the organizational units with a stack set,
/// and in a deploying management account with a nested stack.
pub fn members() -> Template {
    let mut parameters: Vec<TemplateParameter> = function_parameters()
        .into_iter()
        .filter(|parameter| [RELEASE, "CodeBucketPrefix", HOME_REGION].contains(&parameter.name()))
        .collect();
    parameters.extend(trust_parameters());
    parameters.extend(role_parameters());
    parameters.extend([
        security_hub(),
        organizational_units(),
        excluded_accounts(),
        call_as(),
        TemplateParameter::choice(
            MEMBER_ROLE_HERE,
            "Also create the role in this account. Required in the management account, to which \
             stack sets do not deploy",
            &["false", "true"],
        ),
    ]);
    let mut inputs = Members::new();
    for parameter in trust_parameters().into_iter().chain(role_parameters()) {
        inputs.set(parameter.name(), reference(parameter.name()));
    }
    inputs.set(SECURITY_HUB, reference(SECURITY_HUB));
    inputs.set(CENTRAL_ACCOUNT_ID, reference("AWS::AccountId"));
    let mut conditions = Members::new();
    conditions.set(IS_HERE, equals(MEMBER_ROLE_HERE, "true"));
    conditions.set(HAS_EXCLUDED_ACCOUNTS, is_list_given(EXCLUDED_ACCOUNTS));
    let mut resources = Members::new();
    let description = "Plumbline's role in the member accounts";
    let regions = json!([reference(HOME_REGION)]);
    resources
        .set("StackSetMemberRole", stack_set_of(MEMBER_ROLE, description, regions, inputs.clone()));
    resources.set(
        "RoleHere",
        resource_when(
            IS_HERE,
            "AWS::CloudFormation::Stack",
            json!({ "TemplateURL": template_url(MEMBER_ROLE, RELEASE), "Parameters": inputs.0 }),
        ),
    );
    Template::new(
        MEMBERS,
        "Plumbline: role in all accounts that the central functions assume. In the home Region of \
         the deploying account.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}
