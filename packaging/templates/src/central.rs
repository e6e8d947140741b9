//! The central topology: functions in one account, and a role in each member that they assume.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::json;

use crate::builders::{
    Members, attribute, both, condition, equals, given, is_home_region, logical_id, only_when,
    reference, resource, resource_when, sub, when,
};
use crate::contract::{
    ACCOUNT_PATTERN, OFF, ON, ORGANIZATION_ID, SECURITY_HUB, function_parameters, security_hub,
};
use crate::functions::{Functions, conditions, not_assessed_alarm, permission, register, trust};
use crate::parameter::TemplateParameter;
use crate::permissions::{PUBLISHES_FINDINGS, logs, managed, reads_and_publishing};
use crate::template::Template;

/// The role that all central functions run with. In the member, what they ask for distinguishes
/// them, not who they are.
const CENTRAL_ROLE: &str = "plumbline-central";
const IS_HOME: &str = "IsHome";
const HAS_EXTERNAL_ID: &str = "HasExternalId";
const HAS_ORGANIZATION: &str = "HasOrganization";

fn trust_parameters() -> [TemplateParameter; 3] {
    [
        TemplateParameter::optional(
            "MemberRoleName",
            "The name of the role in the members",
            "plumbline-member",
        )
        .matching("^[A-Za-z0-9+=,.@_-]{1,64}$"),
        TemplateParameter::optional(
            "ExternalId",
            "What the functions have to know to assume the role; nothing when empty",
            "",
        )
        .matching("^([A-Za-z0-9+=,.@:/_-]{2,1224})?$")
        .secret(),
        TemplateParameter::optional(
            ORGANIZATION_ID,
            "The organization to which both accounts belong; any when empty",
            "",
        )
        .matching("^(o-[a-z0-9]{10,32})?$"),
    ]
}

fn trust_conditions() -> Members {
    let mut conditions = Members::new();
    conditions.set(HAS_EXTERNAL_ID, given("ExternalId"));
    conditions.set(HAS_ORGANIZATION, given(ORGANIZATION_ID));
    conditions
}

/// `central-functions.yaml`: all functions in one account, and in its home Region their role.
pub(crate) fn functions() -> Template {
    let mut variables = Members::new();
    variables.set("PLUMBLINE_ROLE_NAME", reference("MemberRoleName"));
    variables.set("PLUMBLINE_EXTERNAL_ID", only_when(HAS_EXTERNAL_ID, reference("ExternalId")));
    let functions = Functions {
        role: &|control| {
            let made_here = attribute("Role", "Arn");
            let made_at_home = sub(&format!(
                "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{CENTRAL_ROLE}"
            ));
            if control.scope == Scope::Global {
                made_here
            } else {
                when(IS_HOME, made_here, made_at_home)
            }
        },
        variables,
        own_account: false,
        exists: &|control: &Control| (control.scope == Scope::Global).then_some(IS_HOME),
    };
    let mut resources = Members::new();
    for control in CONTROLS {
        resources = resources.with(functions.of(control));
    }
    resources.set("AlarmNotAssessed", not_assessed_alarm());
    let assume = json!({
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": sub("arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"),
        "Condition": only_when(HAS_ORGANIZATION,
        json!({ "StringEquals": { "aws:ResourceOrgID": reference(ORGANIZATION_ID) } }))
    });
    let statements = [assume, logs("plumbline-*")].into_iter().chain(register()).collect();
    let description =
        "Plumbline's central functions: they assume a role in the account of the rule";
    let mut policy = managed(json!(CENTRAL_ROLE), description, statements);
    policy["Condition"] = json!(IS_HOME);
    resources.set("Policy", policy);
    resources.set(
        "Role",
        resource_when(
            IS_HOME,
            "AWS::IAM::Role",
            json!({
                "RoleName": CENTRAL_ROLE,
                "Description": description,
                "AssumeRolePolicyDocument": trust(),
                "ManagedPolicyArns": [reference("Policy")]
            }),
        ),
    );
    let mut conditions = conditions().with(trust_conditions());
    conditions.set(IS_HOME, is_home_region());
    conditions.set("IsHomeHasAlarmTopic", both(condition(IS_HOME), condition("HasAlarmTopic")));
    let mut parameters = function_parameters();
    parameters.extend(trust_parameters());
    Template::new(
        "central-functions",
        "Plumbline: the functions of all controls for the rules of other accounts. The home Region \
         first, which makes their role; then the other Regions.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}

/// `central-permissions.yaml`: lets the rules of one member invoke the central functions of a
/// Region.
pub(crate) fn permissions() -> Template {
    let parameters = vec![
        TemplateParameter::required(
            "MemberAccountId",
            "The account whose rules invoke the functions",
            ACCOUNT_PATTERN,
            "Twelve digits",
        ),
        TemplateParameter::choice(
            "GlobalControls",
            "Whether this is the home Region, where the functions of global controls are too",
            &[ON, OFF],
        ),
    ];
    let mut conditions = Members::new();
    conditions.set(IS_HOME, equals("GlobalControls", ON));
    let mut resources = Members::new();
    for control in CONTROLS {
        let mut made = permission(json!(control.function_name()), reference("MemberAccountId"));
        if control.scope == Scope::Global {
            made["Condition"] = json!(IS_HOME);
        }
        resources.set(&logical_id("Permission", control), made);
    }
    Template::new(
        "central-permissions",
        "Plumbline: one member's rules may invoke the central functions. One stack for each member \
         in each Region, beside central-functions.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}

/// `member-role.yaml`: the role that the central functions assume, with the permissions of all
/// controls together.
pub(crate) fn member_role() -> Template {
    let mut parameters = trust_parameters().to_vec();
    parameters.push(TemplateParameter::required(
        "CentralAccountId",
        "The account of the central functions",
        ACCOUNT_PATTERN,
        "Twelve digits",
    ));
    parameters.push(security_hub());
    let mut rules = Members::new();
    rules.set(
        "TrustIsNarrow",
        json!({ "Assertions": [{
            "Assert": { "Fn::Or": [given("ExternalId"), given(ORGANIZATION_ID)] },
            "AssertDescription": "Give ExternalId or OrganizationId, or both"
        }] }),
    );
    let mut conditions = trust_conditions();
    conditions.set(PUBLISHES_FINDINGS, equals(SECURITY_HUB, ON));
    // The role's ARN as a condition and not as the principal: a principal has to exist when the
    // trust is written.
    let central_role =
        format!("arn:${{AWS::Partition}}:iam::${{CentralAccountId}}:role/{CENTRAL_ROLE}");
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": sub("arn:${AWS::Partition}:iam::${CentralAccountId}:root") },
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnEquals": { "aws:PrincipalArn": sub(&central_role) },
                "StringEquals": {
                    "sts:ExternalId": only_when(HAS_EXTERNAL_ID, reference("ExternalId")),
                    "aws:PrincipalOrgID": only_when(HAS_ORGANIZATION, reference(ORGANIZATION_ID))
                }
            }
        }]
    });
    let mut resources = Members::new();
    let name = reference("MemberRoleName");
    let description = "Plumbline's central functions read and publish with this role";
    let statements = reads_and_publishing(&CONTROLS);
    resources.set("Policy", managed(name.clone(), description, statements));
    resources.set(
        "Role",
        resource(
            "AWS::IAM::Role",
            json!({
                "RoleName": name,
                "Description": description,
                "AssumeRolePolicyDocument": trust,
                "ManagedPolicyArns": [reference("Policy")]
            }),
        ),
    );
    Template::new(
        "member-role",
        "Plumbline: the role in a member that the central functions assume. Once an account.",
        parameters,
        &[("Rules", &rules), ("Conditions", &conditions), ("Resources", &resources)],
    )
}
