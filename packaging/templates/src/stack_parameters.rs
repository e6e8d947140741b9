//! The parameters of the stacks that users deploy.

use crate::contract::{
    AGGREGATOR, CENTRAL, EXCLUDE_ACCOUNT, EXCLUDE_ORGANIZATIONAL_UNIT, EXCLUDED_ACCOUNTS,
    FUNCTIONS, FUNCTIONS_HERE, MANAGEMENT_ACCOUNT_ID, OFF, ON, OWN, QUERIES, REGION_PATTERN,
    REGIONS, REGISTER, REGISTER_OWNER, RELEASE, RELEASE_HERE, SHARED_REGISTER, call_as,
    function_parameters, member_role_name, organization_id, organizational_units, settings,
};
use crate::guardrails::{bucket_key, role_parameters};
use crate::own_choices::{packs_here, roles, rule_parameters};
use crate::parameter::TemplateParameter;

/// Returns the parameters of the stack that users deploy, without those of the packs.
pub(crate) fn stack_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    // The stack creates the register bucket, and can have no release yet.
    let mut parameters = function_parameters();
    let given = [RELEASE, REGISTER, REGISTER_OWNER];
    parameters.retain(|parameter| !given.contains(&parameter.name()));
    let [level, packs] = rule_parameters();
    parameters.extend([
        Parameter::optional(
            RELEASE,
            "Release to deploy: a folder in the code buckets. Empty: create only the buckets, to \
             which the release can then be uploaded",
            "",
        )
        .matching("^[A-Za-z0-9.+-]*$")
        .derived("its value comes from the code and templates"),
        level.derived("use --level instead"),
        packs,
        settings(),
        bucket_key(),
    ]);
    parameters.extend(role_parameters());
    parameters
}

/// Returns the additional parameters of an organization's stack.
pub(crate) fn organization_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    vec![
        organization_id().derived("its value comes from the organization"),
        organizational_units().derived("use --organizational-unit instead"),
        Parameter::list(
            REGIONS,
            "Comma-separated Regions to deploy to, including the home Region",
            REGION_PATTERN,
        )
        .derived("use --region instead"),
        Parameter::choice(
            FUNCTIONS,
            "Place of the functions: in each account (own), or in this account for all accounts \
             (central)",
            &[OWN, CENTRAL],
        )
        .derived("use --functions instead"),
        member_role_name(),
        roles().derived("its value comes from the deployed release"),
        Parameter::list(
            EXCLUDED_ACCOUNTS,
            "Comma-separated accounts without functions and rules",
            "^([0-9]{12})?$",
        )
        .or("")
        .derived("use --exclude-account or --exclude-organizational-unit instead"),
        Parameter::list(
            EXCLUDE_ACCOUNT,
            "Comma-separated accounts of --exclude-account. plumbline deploy stores them here and \
             excludes the accounts of ExcludedAccounts",
            "^([0-9]{12})?$",
        )
        .or("")
        .derived("use --exclude-account instead"),
        Parameter::list(
            EXCLUDE_ORGANIZATIONAL_UNIT,
            "Comma-separated organizational units of --exclude-organizational-unit. plumbline \
             deploy stores them here and excludes the accounts of ExcludedAccounts",
            "^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})?$",
        )
        .or("")
        .derived("use --exclude-organizational-unit instead"),
        Parameter::choice(
            SHARED_REGISTER,
            "Also allow the accounts to read the common register, which earlier releases require",
            &[OFF, ON],
        )
        .derived("its value comes from the deployed release"),
        Parameter::choice(
            FUNCTIONS_HERE,
            "Deploy the functions of this account with this stack. Required in the management \
             account, to which stack sets do not deploy",
            &["false", "true"],
        )
        .derived("its value comes from the credentials"),
        packs_here().derived("its value comes from AWS Config"),
        Parameter::optional(
            RELEASE_HERE,
            "Release of the functions in this account. With any value, the stack also has the \
             aggregator and queries. Separate from Release, so that a failure here does not roll \
             back all accounts",
            "",
        )
        .matching("^[A-Za-z0-9.+-]*$")
        .derived("its value comes from the code and templates"),
        call_as().derived("its value comes from the credentials"),
        Parameter::optional(
            MANAGEMENT_ACCOUNT_ID,
            "Management account, which owns the stack sets of a delegated administrator. Empty: \
             this account",
            "",
        )
        .matching("^([0-9]{12})?$")
        .derived("its value comes from the organization"),
        Parameter::choice(
            AGGREGATOR,
            "Create an AWS Config aggregator for the organization",
            &[ON, OFF],
        ),
        Parameter::choice(QUERIES, "Create stored queries for the aggregator", &[ON, OFF]),
    ]
}
