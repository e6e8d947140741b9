//! Central functions: functions in the deploying account for the rules of all accounts, and a role
//! in each member account that they assume.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use crate::builders::{
    Members, attribute, both, condition, equals, given, is_home_region, logical_id, only_when,
    placeholder, reference, resource, sub, when,
};
use crate::contract::{
    ACCOUNT_PATTERN, CANARY_SET, CENTRAL_ACCOUNT_ID, CENTRAL_FUNCTIONS,
    CENTRAL_PERMISSION_ORGANIZATION, CENTRAL_SET, FUNCTION_SET, MEMBER_ROLE, OFF, ON,
    ORGANIZATION_ID, ORGANIZATION_ROLE, PackScope, RELEASE, SECURITY_HUB, SETTINGS,
    member_role_name, organization_id, security_hub, settings,
};
use crate::functions::{Functions, conditions, not_assessed_alarm, of_scope, parameters};
use crate::guardrails::{
    bucket_key, bucket_key_conditions, network_conditions, network_interfaces, network_parameters,
    network_statements, role_conditions, role_parameters, use_of_bucket_key, vpc,
};
use crate::parameter::TemplateParameter;
use crate::permissions::{
    OwnRole, PUBLISHES_FINDINGS, coverage, logs, reads_and_publishing, register, trust,
};
use crate::role_names::{
    arn_of_member_role, arn_of_set, member_role_conditions, name_of_member_role, name_of_set,
    path_and_name_of_member_role, with_path,
};
use crate::template::Template;

/// The prefix of function names.
const PREFIX: &str = "${FunctionSet}";
/// The beginnings of the names of Regions in which AWS CloudFormation lacks
/// `AWS::Lambda::ResourcePolicy`, so that central functions are not possible. Source: the resource
/// specifications of AWS CloudFormation in cfn-lint.
pub const WITHOUT_RESOURCE_POLICIES: [&str; 3] = ["me-central-1", "us-gov-", "cn-"];

const IS_HOME: &str = "IsHome";
const HAS_EXTERNAL_ID: &str = "HasExternalId";
const HAS_SETTINGS: &str = "HasSettings";
const HAS_RELEASE: &str = "HasRelease";

/// Returns the parameter with the set of central functions.
pub(crate) fn function_set() -> TemplateParameter {
    TemplateParameter::choice(
        FUNCTION_SET,
        "Set of functions, and prefix of the names of functions, logs and alarms. The name of the \
         role begins with NamePrefix instead of plumbline",
        &[CENTRAL_SET, CANARY_SET],
    )
}

/// Returns the parameters of both sides of the trust.
pub(crate) fn trust_parameters() -> [TemplateParameter; 3] {
    [
        member_role_name(),
        TemplateParameter::optional(
            "ExternalId",
            "External ID that the functions give to assume the role. Empty: no external ID",
            "",
        )
        .matching("^([A-Za-z0-9+=,.@:/_-]{2,1224})?$"),
        organization_id(),
    ]
}

/// Returns the parameter with the account of the central functions.
pub(crate) fn central_account_id() -> TemplateParameter {
    TemplateParameter::required(
        CENTRAL_ACCOUNT_ID,
        "Account of the central functions",
        ACCOUNT_PATTERN,
        "must be an account ID of twelve digits",
    )
}

/// Whether the stack is in the home Region, for templates that do not compare Regions.
fn global_controls() -> TemplateParameter {
    TemplateParameter::choice(
        "GlobalControls",
        "This is the home Region, which also has the functions of the global controls",
        &[ON, OFF],
    )
}

/// Returns the ARN of a control's function in the account and Region of the stack.
fn function_arn(control: &Control) -> Value {
    sub(&format!(
        "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{PREFIX}-{}",
        control.id.dashed()
    ))
}

/// Creates `central-functions.yaml`: all functions in one account, and their role in the home
/// Region.
pub fn functions() -> Template {
    let mut variables = Members::new();
    variables.set("PLUMBLINE_ROLE_NAME", path_and_name_of_member_role());
    variables.set("PLUMBLINE_EXTERNAL_ID", only_when(HAS_EXTERNAL_ID, reference("ExternalId")));
    let functions = Functions {
        prefix: PREFIX,
        role: &|control| {
            let made_here = attribute("Role", "Arn");
            let made_at_home = arn_of_set();
            if control.scope == Scope::Global {
                made_here
            } else {
                when(IS_HOME, made_here, made_at_home)
            }
        },
        variables,
        vpc: vpc(),
        own_account: false,
        exists: &|control: &Control| (control.scope == Scope::Global).then_some(IS_HOME),
    };
    let mut resources = Members::new();
    for control in CONTROLS {
        resources = resources.with(functions.of(control));
    }
    resources.set("AlarmNotAssessed", not_assessed_alarm(PREFIX));
    // Outside of the home Region, some parameters are not used in any resource. CloudFormation does
    // not update parameters if no resource changes.
    if let Some(control) = of_scope(Scope::Regional).next() {
        let tag = json!({ "Key": "plumbline:settings", "Value": reference(SETTINGS) });
        let log = resources.0.get_mut(&logical_id("Log", control));
        if let Some(properties) = log.and_then(|log| log.get_mut("Properties")) {
            properties["Tags"] = only_when(HAS_SETTINGS, json!([tag]));
        }
    }
    // The caller supplies the account of an event, so the role can only assume roles within the
    // organization.
    let assume = json!({
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": arn_of_member_role(),
        "Condition": { "StringEquals": { "aws:ResourceOrgID": reference(ORGANIZATION_ID) } }
    });
    let all = format!("{PREFIX}-*");
    let mut statements = vec![assume, logs(&all)];
    statements.extend(register());
    statements.push(use_of_bucket_key(&["kms:Decrypt"]));
    statements.extend(network_statements(&all));
    let description =
        "Role of Plumbline's central functions, which assume a role in the account of the rule";
    let role = OwnRole {
        ids: ("Role", "Policy"),
        name: name_of_set(),
        description,
        trust: trust(),
        exists: Some(IS_HOME),
    };
    role.add(&mut resources, statements);
    let mut conditions = conditions()
        .with(role_conditions())
        .with(member_role_conditions())
        .with(bucket_key_conditions())
        .with(network_conditions());
    conditions.set(HAS_EXTERNAL_ID, given("ExternalId"));
    conditions.set(HAS_SETTINGS, given(SETTINGS));
    conditions.set(IS_HOME, is_home_region());
    conditions.set("IsHomeHasAlarmTopic", both(condition(IS_HOME), condition("HasAlarmTopic")));
    let mut declared = parameters(&PackScope::ALL);
    declared.extend(trust_parameters());
    declared.extend([function_set(), settings(), bucket_key(), network_interfaces()]);
    declared.extend(role_parameters());
    declared.extend(network_parameters());
    Template::new(
        CENTRAL_FUNCTIONS,
        "Plumbline: functions of all controls for the rules of an organization's accounts. Deploy \
         to the home Region first, which creates their role, then to the other Regions.",
        declared,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}

/// Creates `central-permission-organization.yaml`, which allows only the rules of the
/// organization's accounts to invoke the central functions of a Region. `aws:SourceOrgID` is the
/// organization of the account for whose resource AWS Config calls, so joining or leaving accounts
/// take effect immediately. Each policy is the complete policy of its function, so that no other
/// permission exists.
///
/// Source: `aws:SourceOrgID` in the global condition keys of the IAM User Guide.
pub fn permission_organization() -> Template {
    let mut conditions = Members::new();
    conditions.set(IS_HOME, equals("GlobalControls", ON));
    let mut resources = Members::new();
    for control in CONTROLS {
        let arn = function_arn(control);
        let statement = json!({
            "Sid": "ConfigOfTheOrganization",
            "Effect": "Allow",
            "Principal": { "Service": "config.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": { "StringEquals": { "aws:SourceOrgID": reference(ORGANIZATION_ID) } }
        });
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let properties = json!({ "ResourceArn": arn, "PolicyDocument": document });
        let mut policy = resource("AWS::Lambda::ResourcePolicy", properties);
        if control.scope == Scope::Global {
            policy["Condition"] = json!(IS_HOME);
        }
        resources.set(&logical_id("Policy", control), policy);
    }
    // Another release can have other functions. The parameter makes this a change of the template's
    // inputs.
    let release = TemplateParameter::optional(RELEASE, "Release of the functions", "")
        .matching("^[A-Za-z0-9.+-]*$");
    let mut outputs = Members::new();
    outputs.set(RELEASE, json!({ "Condition": HAS_RELEASE, "Value": reference(RELEASE) }));
    conditions.set(HAS_RELEASE, given(RELEASE));
    Template::new(
        CENTRAL_PERMISSION_ORGANIZATION,
        "Plumbline: allows the rules of the organization's accounts to invoke the central \
         functions. One stack in each Region with central-functions.",
        vec![organization_id(), function_set(), global_controls(), release],
        &[("Conditions", &conditions), ("Resources", &resources), ("Outputs", &outputs)],
    )
}

/// Creates `member-role.yaml`: the role that the central functions assume, with the permissions of
/// all controls.
pub fn member_role() -> Template {
    let mut parameters = trust_parameters().to_vec();
    parameters.push(central_account_id());
    parameters.push(security_hub());
    parameters.extend(role_parameters());
    let mut conditions = role_conditions().with(member_role_conditions());
    conditions.set(HAS_EXTERNAL_ID, given("ExternalId"));
    conditions.set(PUBLISHES_FINDINGS, equals(SECURITY_HUB, ON));
    // The ARNs of the roles are in a condition, because a principal must exist when the trust
    // policy is created.
    let roles = [CENTRAL_SET, CANARY_SET, ORGANIZATION_ROLE].map(|role| {
        let account = placeholder(CENTRAL_ACCOUNT_ID);
        sub(&format!("arn:${{AWS::Partition}}:iam::{account}:role{}", with_path(role)))
    });
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": sub("arn:${AWS::Partition}:iam::${CentralAccountId}:root") },
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnEquals": { "aws:PrincipalArn": roles },
                "StringEquals": {
                    "aws:PrincipalOrgID": reference(ORGANIZATION_ID),
                    "sts:ExternalId": only_when(HAS_EXTERNAL_ID, reference("ExternalId"))
                }
            }
        }]
    });
    let mut resources = Members::new();
    let name = name_of_member_role();
    let description = "Plumbline's central functions use this role to read and publish";
    let statements = reads_and_publishing(&CONTROLS).into_iter().chain(coverage()).collect();
    let role = OwnRole { ids: ("Role", "Policy"), name, description, trust, exists: None };
    role.add(&mut resources, statements);
    Template::new(
        MEMBER_ROLE,
        "Plumbline: role in a member account that the central functions assume. One stack per \
         account.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}
