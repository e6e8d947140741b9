//! `organization.yaml`: buckets, stack sets for the functions and rules of all accounts, and an
//! aggregator with queries.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use serde_json::{Value, json};

use crate::account::{
    DEPLOYS_HOME, HAS_OWN_FUNCTIONS, IS_HOME, SHARES_REGISTER, buckets, conditions,
    function_inputs_by_account, nested, outputs, parameters, template_url,
};
use crate::builders::{
    Members, after, attribute, both, condition, equals, given, is_list_given, only_when, reference,
    resource, resource_when, sub, when,
};
use crate::canary::{canary_outputs, canary_parameters};
use crate::contract::{
    AGGREGATOR, CALL_AS, EXCLUDE_ACCOUNT, EXCLUDE_ORGANIZATIONAL_UNIT, EXCLUDED_ACCOUNTS,
    FUNCTIONS, FUNCTIONS_GLOBAL, FUNCTIONS_HERE, FUNCTIONS_REGIONAL, HOME_REGION,
    MANAGEMENT_ACCOUNT_ID, MEMBER_ROLE_NAME, OFF, ON, ORGANIZATION, ORGANIZATIONAL_UNIT_IDS, OWN,
    OWN_ROLES, PACKS, PACKS_HERE, QUERIES, REGIONS, RELEASE, RELEASE_HERE, SHARED_REGISTER,
    operation_preferences, stack_set,
};
use crate::guardrails::{boundary, path, role_conditions};
use crate::parameter::TemplateParameter;
use crate::reconcile::{reconcile_outputs, reconcile_parameters};
use crate::role_names::with_prefix;
use crate::stack_parameters::organization_parameters;
use crate::tasks::task_parameters;
use crate::template::{BucketNames, Template};

const DEPLOYS_OWN_HOME: &str = "DeploysOwnHome";
const HAS_RELEASE_HERE: &str = "HasReleaseHere";
const DEPLOYS_HOME_HERE: &str = "DeploysHomeHere";
const HERE_GLOBAL: &str = "FunctionsHereGlobal";
const HERE_REGIONAL: &str = "FunctionsHereRegional";
const HAS_PACKS_HERE: &str = "HasPacksHere";
const HAS_MANAGEMENT: &str = "HasManagementAccountId";
pub(crate) const HAS_AGGREGATOR: &str = "HasAggregator";
pub(crate) const HAS_QUERIES: &str = "HasQueries";
pub(crate) const HAS_EXCLUDED_ACCOUNTS: &str = "HasExcludedAccounts";
const EXCLUDES_BY_ACCOUNT: &str = "ExcludesByAccount";
const EXCLUDES_BY_UNIT: &str = "ExcludesByOrganizationalUnit";

/// Returns the conditions: those of the single-account template, unless the organization has its
/// own.
fn organization_conditions() -> Members {
    let mut conditions = conditions().with(role_conditions());
    conditions.set(HAS_RELEASE_HERE, given(RELEASE_HERE));
    conditions.set(DEPLOYS_HOME_HERE, both(condition(HAS_RELEASE_HERE), condition(IS_HOME)));
    conditions.set(HAS_OWN_FUNCTIONS, equals(FUNCTIONS, OWN));
    conditions
        .set(SHARES_REGISTER, both(condition(HAS_OWN_FUNCTIONS), equals(SHARED_REGISTER, ON)));
    conditions.set(DEPLOYS_OWN_HOME, both(condition(DEPLOYS_HOME), condition(HAS_OWN_FUNCTIONS)));
    conditions.set(
        HERE_REGIONAL,
        json!({ "Fn::And": [condition(HAS_RELEASE_HERE), equals(FUNCTIONS_HERE, "true"),
            condition(HAS_OWN_FUNCTIONS)] }),
    );
    conditions.set(HERE_GLOBAL, both(condition(HERE_REGIONAL), condition(IS_HOME)));
    conditions.set(HAS_MANAGEMENT, given(MANAGEMENT_ACCOUNT_ID));
    conditions.set(HAS_PACKS_HERE, both(equals(PACKS, ON), equals(PACKS_HERE, ON)));
    conditions.set(HAS_AGGREGATOR, both(condition(DEPLOYS_HOME_HERE), equals(AGGREGATOR, ON)));
    conditions.set(HAS_QUERIES, both(condition(DEPLOYS_HOME_HERE), equals(QUERIES, ON)));
    for (name, list) in [
        (HAS_EXCLUDED_ACCOUNTS, EXCLUDED_ACCOUNTS),
        (EXCLUDES_BY_ACCOUNT, EXCLUDE_ACCOUNT),
        (EXCLUDES_BY_UNIT, EXCLUDE_ORGANIZATIONAL_UNIT),
    ] {
        conditions.set(name, is_list_given(list));
    }
    conditions
}

/// Creates `organization.yaml`.
pub fn organization(names: &BucketNames) -> Template {
    let mut parameters = parameters();
    parameters.extend(organization_parameters());
    parameters.extend(task_parameters());
    parameters.extend(canary_parameters());
    parameters.extend(reconcile_parameters());
    let mut resources = Members::new();
    buckets(&mut resources, names, true);
    let home = || json!([reference(HOME_REGION)]);
    let mut roles = functions_in_accounts(OWN_ROLES, home());
    // The functions of a new release must be allowed to read the register.
    after(&mut roles, &[("RegisterBucketPolicy", IS_HOME)]);
    resources.set("StackSetRoles", roles);
    let owner = when(HAS_MANAGEMENT, reference(MANAGEMENT_ACCOUNT_ID), reference("AWS::AccountId"));
    let arn = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${Owner}:\
        stackset/${StackSetRoles.StackSetId}";
    for (id, template, regions) in [
        ("StackSetGlobal", FUNCTIONS_GLOBAL, home()),
        ("StackSetRegional", FUNCTIONS_REGIONAL, reference(REGIONS)),
    ] {
        let mut functions = functions_in_accounts(template, regions);
        // Otherwise a new account would get all at the same time. Functions of both templates need
        // only the roles: where the rules of the home Region fail, those of other Regions must not
        // wait for them.
        functions["Properties"]["AutoDeployment"]["DependsOn"] =
            json!([{ "Fn::Sub": [arn, { "Owner": owner }] }]);
        resources.set(id, functions);
    }
    resources.set("RolesHere", functions_here(OWN_ROLES, HERE_GLOBAL));
    let mut global = functions_here(FUNCTIONS_GLOBAL, HERE_GLOBAL);
    after(&mut global, &[("RolesHere", HERE_GLOBAL)]);
    resources.set("FunctionsGlobal", global);
    let mut regional = functions_here(FUNCTIONS_REGIONAL, HERE_REGIONAL);
    after(&mut regional, &[("RolesHere", HERE_GLOBAL), ("FunctionsGlobal", HERE_GLOBAL)]);
    resources.set("FunctionsRegional", regional);
    aggregation(&mut resources);
    let (mut conditions, mut outputs) = (organization_conditions(), organization_outputs());
    canary_outputs(&mut conditions, &mut outputs);
    reconcile_outputs(&mut conditions, &mut outputs);
    Template::new(
        ORGANIZATION,
        "Plumbline in an organization, from its management account or a delegated administrator: \
         one stack per Region, the home Region first. Deploy each stack twice: without a release \
         for the buckets, then with a release.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources), ("Outputs", &outputs)],
    )
}

/// Returns the outputs. They include the exclusions, because every parameter must be used.
fn organization_outputs() -> Members {
    let mut outputs = outputs();
    // These parameters belong to separate stacks: central functions and daily check.
    let remembered = task_parameters();
    for name in remembered.iter().map(TemplateParameter::name).chain([MEMBER_ROLE_NAME]) {
        outputs.set(name, json!({ "Value": reference(name) }));
    }
    for (name, condition, description) in [
        (EXCLUDE_ACCOUNT, EXCLUDES_BY_ACCOUNT, "Excluded accounts"),
        (EXCLUDE_ORGANIZATIONAL_UNIT, EXCLUDES_BY_UNIT, "Excluded organizational units"),
    ] {
        let value = json!({ "Fn::Join": [",", reference(name)] });
        outputs.set(
            name,
            json!({ "Description": description, "Condition": condition, "Value": value }),
        );
    }
    outputs
}

/// Creates the functions in this account, which is the management account.
fn functions_here(name: &str, exists: &str) -> Value {
    let mut inputs = function_inputs_by_account(name);
    if inputs.0.contains_key(PACKS) {
        inputs.set(PACKS, when(HAS_PACKS_HERE, json!(ON), json!(OFF)));
    }
    nested(name, exists, RELEASE_HERE, inputs)
}

/// Creates the functions in all accounts, including accounts that join later.
fn functions_in_accounts(name: &'static str, regions: Value) -> Value {
    let mut made =
        stack_set_of(name, "Plumbline's functions", regions, function_inputs_by_account(name));
    made["Condition"] = json!(DEPLOYS_OWN_HOME);
    made
}

/// Creates a stack set of a template for all accounts of the organizational units, including
/// accounts that join later, without excluded accounts. The template has the condition
/// [`HAS_EXCLUDED_ACCOUNTS`].
pub(crate) fn stack_set_of(
    name: &'static str,
    description: &str,
    regions: Value,
    inputs: Members,
) -> Value {
    let given: Vec<Value> = inputs
        .into_iter()
        .map(|(name, value)| json!({ "ParameterKey": name, "ParameterValue": value }))
        .collect();
    resource(
        "AWS::CloudFormation::StackSet",
        json!({
            "StackSetName": stack_set(name),
            "Description": description,
            "PermissionModel": "SERVICE_MANAGED",
            "CallAs": reference(CALL_AS),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "AutoDeployment": { "Enabled": true, "RetainStacksOnAccountRemoval": false },
            "ManagedExecution": { "Active": true },
            "OperationPreferences": {
                "RegionConcurrencyType": operation_preferences::REGION_CONCURRENCY_TYPE,
                "MaxConcurrentPercentage": operation_preferences::MAX_CONCURRENT_PERCENTAGE,
                "FailureTolerancePercentage": operation_preferences::FAILURE_TOLERANCE_PERCENTAGE,
                "ConcurrencyMode": operation_preferences::CONCURRENCY_MODE
            },
            "StackInstancesGroup": [{
                "DeploymentTargets": {
                    "OrganizationalUnitIds": reference(ORGANIZATIONAL_UNIT_IDS),
                    "AccountFilterType": only_when(HAS_EXCLUDED_ACCOUNTS, json!("DIFFERENCE")),
                    "Accounts": only_when(HAS_EXCLUDED_ACCOUNTS, reference(EXCLUDED_ACCOUNTS))
                },
                "Regions": regions
            }],
            "TemplateURL": template_url(name, RELEASE),
            "Parameters": given
        }),
    )
}

/// Adds the aggregator, its role and its queries. The template has the conditions
/// [`HAS_AGGREGATOR`] and [`HAS_QUERIES`].
pub(crate) fn aggregation(resources: &mut Members) {
    resources.set(
        "AggregatorRole",
        resource_when(
            HAS_AGGREGATOR,
            "AWS::IAM::Role",
            json!({
                "RoleName": sub(&with_prefix("plumbline-aggregator")),
                "Path": path(),
                "PermissionsBoundary": boundary(),
                "Description": "Role with which AWS Config lists the accounts of the organization",
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Effect": "Allow",
                    "Principal": { "Service": "config.amazonaws.com" },
                    "Action": "sts:AssumeRole" }]
                },
                "ManagedPolicyArns": [sub(
                    "arn:${AWS::Partition}:iam::aws:policy/service-role/\
                    AWSConfigRoleForOrganizations"
                )]
            }),
        ),
    );
    resources.set(
        "OrganizationAggregator",
        resource_when(
            HAS_AGGREGATOR,
            "AWS::Config::ConfigurationAggregator",
            json!({
                "ConfigurationAggregatorName": "plumbline",
                "OrganizationAggregationSource": { "RoleArn": attribute("AggregatorRole", "Arn"),
                "AwsRegions": reference(REGIONS) }
            }),
        ),
    );
    // The item of a pack has only the results of its own rules. In the accounts, packs of stacks
    // have their own name, and AWS Config assigns another one to an organization's packs. Query
    // language:
    // https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html, with
    // query-components.html and example-query.html. Properties:
    // https://github.com/awslabs/aws-config-resource-schema,
    // AWS::Config::ConformancePackCompliance.
    const OURS: &str = "resourceType = 'AWS::Config::ConformancePackCompliance' AND (resourceName \
        LIKE 'plumbline-%' OR resourceName LIKE 'OrgConformsPack-plumbline-%')";
    let queries = [
        (
            "plumbline-by-control",
            "Rules (one per control) and their compliance, for each account, Region and pack",
            format!(
                "SELECT accountId, awsRegion, resourceName, \
                 configuration.configRuleList.configRuleName, \
                 configuration.configRuleList.complianceType WHERE {OURS}"
            ),
        ),
        (
            "plumbline-by-account",
            "Number of compliant and non-compliant controls, for each account, Region and pack. \
             The total includes controls without results",
            format!(
                "SELECT accountId, awsRegion, resourceName, configuration.complianceType, \
                 configuration.compliantRuleCount, configuration.nonCompliantRuleCount, \
                 configuration.totalRuleCount WHERE {OURS} ORDER BY accountId"
            ),
        ),
        (
            "plumbline-worst-offenders",
            "Accounts by number of non-compliant controls, counted once per Region. Only the first \
             page, because AWS Config does not paginate results that are ordered by a sum",
            format!(
                "SELECT accountId, SUM(configuration.nonCompliantRuleCount) WHERE {OURS} GROUP BY \
                 accountId \
                 ORDER BY SUM(configuration.nonCompliantRuleCount) DESC"
            ),
        ),
    ];
    for (id, (name, doc, expression)) in
        ["QueryByControl", "QueryByAccount", "QueryWorstOffenders"].into_iter().zip(queries)
    {
        resources.set(
            id,
            resource_when(
                HAS_QUERIES,
                "AWS::Config::StoredQuery",
                json!({ "QueryName": name, "QueryDescription": doc,
                    "QueryExpression": expression }),
            ),
        );
    }
}
