//! `protect`: a service control policy that denies member accounts changes to Plumbline's
//! resources, as a document and as a template.
//!
//! Service control policies do not affect service-linked roles
//! (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>).
//! AWS Config can therefore still create packs, and stack sets their roles.

use serde_json::{Value, json};

use crate::builders::{Members, placeholder, reference, resource, sub};
use crate::contract::{NAME_PREFIX, PackScope, STACK};
use crate::parameter::TemplateParameter;
use crate::role_names::name_prefix;
use crate::template::Template;

/// The name of the policy and its files.
pub const PROTECT: &str = "protect";

/// The roles with which service-managed stack sets deploy to member accounts.
const ROLES_OF_STACK_SETS: &str = "arn:*:iam::*:role/stacksets-exec-*";

/// The statement about the attachment of policies.
const ATTACHMENTS: &str = "Attachments";

const TARGET_IDS: &str = "TargetIds";
const EXEMPT_ROLES: &str = "ExemptRoles";

/// Returns the policy as a document, for other tools that manage the policies of an organization.
/// It protects roles and policies with the default prefix.
pub fn document() -> Value {
    document_with_exempt(&[ROLES_OF_STACK_SETS])
}

/// Returns the policy as a document with other exempt roles, for tools that deploy with roles of
/// their own.
pub fn document_with_exempt(roles: &[&str]) -> Value {
    policy(&json!(roles), STACK)
}

/// Creates `protect.yaml`: the policy, with targets, exempt roles and the prefix of names as
/// parameters.
pub(crate) fn template() -> Template {
    let parameters = vec![
        TemplateParameter::list(
            TARGET_IDS,
            "Comma-separated roots, organizational units and accounts to protect. They must not \
             include the account that deploys Plumbline, unless its role is exempt",
            "^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|[0-9]{12})$",
        ),
        TemplateParameter::list(
            EXEMPT_ROLES,
            "Comma-separated ARNs of the roles that can change the protected resources. Other \
             principals cannot create or change these roles",
            "^arn:([*]|aws[a-z-]*):iam::([*]|[0-9]{12}):role/[A-Za-z0-9+=.@_/*-]+$",
        )
        .or(ROLES_OF_STACK_SETS),
        name_prefix(),
    ];
    let mut resources = Members::new();
    resources.set(
        "Policy",
        resource(
            "AWS::Organizations::Policy",
            json!({
                "Name": "plumbline-protect",
                "Description": "Denies member accounts changes to the resources of Plumbline",
                "Type": "SERVICE_CONTROL_POLICY",
                "TargetIds": reference(TARGET_IDS),
                "Content": policy(&reference(EXEMPT_ROLES), &placeholder(NAME_PREFIX))
            }),
        ),
    );
    Template::new(
        PROTECT,
        "Plumbline: service control policy that denies member accounts changes to roles, \
         functions, logs, stacks and packs of Plumbline. One stack per organization, in its \
         management account or a delegated administrator of its policies.",
        parameters,
        &[("Resources", &resources)],
    )
}

/// Returns the policy. `prefix` is that of the names of roles and managed policies.
fn policy(exempt: &Value, prefix: &str) -> Value {
    let packs = PackScope::ALL.map(PackScope::pack_name);
    let packs = packs.iter().flat_map(|pack| {
        // In member accounts, organization packs have a name that AWS Config assigns.
        [format!("{pack}/*"), format!("OrgConformsPack-{pack}-*/*")]
    });
    let of_functions = [format!("arn:*:lambda:*:*:function:{STACK}-*"), log_groups()]
        .into_iter()
        .chain(packs.map(|pack| format!("arn:*:config:*:*:conformance-pack/{pack}")));
    let statements = [
        Denial {
            id: "Roles",
            resources: identities(&["role", "policy"], prefix),
            actions: &[
                "iam:AttachRolePolicy",
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                "iam:CreateRole",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:DeleteRole",
                "iam:DeleteRolePermissionsBoundary",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:SetDefaultPolicyVersion",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
            ],
        },
        // Otherwise a member account could create an exempt role.
        Denial {
            id: "ExemptRoles",
            resources: exempt.clone(),
            actions: &[
                "iam:AttachRolePolicy",
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
            ],
        },
        Denial {
            id: "Stacks",
            resources: json!([
                format!("arn:*:cloudformation:*:*:stack/StackSet-{STACK}-*/*"),
                // AWS Config creates these stacks for packs.
                "arn:*:cloudformation:*:*:stack/awsconfigconforms-*/*"
            ]),
            actions: &[
                "cloudformation:CancelUpdateStack",
                "cloudformation:ContinueUpdateRollback",
                "cloudformation:CreateChangeSet",
                "cloudformation:DeleteStack",
                "cloudformation:ExecuteChangeSet",
                "cloudformation:RollbackStack",
                "cloudformation:SetStackPolicy",
                "cloudformation:UpdateStack",
                "cloudformation:UpdateTerminationProtection",
            ],
        },
        Denial {
            id: "FunctionsAndPacks",
            resources: of_functions.collect(),
            actions: &[
                "config:DeleteConformancePack",
                "config:PutConformancePack",
                "lambda:AddPermission",
                "lambda:CreateFunction",
                "lambda:Delete*",
                "lambda:Put*",
                "lambda:RemovePermission",
                "lambda:TagResource",
                "lambda:UntagResource",
                "lambda:Update*",
                "logs:DeleteLogGroup",
                "logs:DeleteLogStream",
                "logs:DeleteRetentionPolicy",
                "logs:PutRetentionPolicy",
            ],
        },
    ];
    let mut statements: Vec<Value> =
        statements.into_iter().map(|denial| denial.statement(exempt)).collect();
    statements.push(attachments(exempt, prefix));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The denial to attach the policies of Plumbline to other identities: AWS CloudFormation cannot
/// delete a policy that is attached elsewhere, and its stack stays behind.
fn attachments(exempt: &Value, prefix: &str) -> Value {
    json!({
        "Sid": format!("Plumbline{ATTACHMENTS}"),
        "Effect": "Deny",
        "Action": ["iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy"],
        "Resource": ["*"],
        "Condition": {
            "ArnNotLike": { "aws:PrincipalArn": exempt },
            "ArnLike": { "iam:PolicyARN": identities(&["policy"], prefix) }
        }
    })
}

/// The ARNs of roles or policies, without and with a path.
fn identities(kinds: &[&str], prefix: &str) -> Value {
    let arns = kinds.iter().flat_map(|kind| {
        ["", "*/"].map(|path| sub(&format!("arn:*:iam::*:{kind}/{path}{prefix}-*")))
    });
    arns.collect()
}

fn log_groups() -> String {
    format!("arn:*:logs:*:*:log-group:/aws/lambda/{STACK}-*")
}

/// Actions that are denied to all principals except the exempt roles.
struct Denial {
    id: &'static str,
    resources: Value,
    actions: &'static [&'static str],
}

impl Denial {
    fn statement(self, exempt: &Value) -> Value {
        json!({
            "Sid": format!("Plumbline{}", self.id),
            "Effect": "Deny",
            "Action": self.actions,
            "Resource": self.resources,
            "Condition": { "ArnNotLike": { "aws:PrincipalArn": exempt } }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumbline_core::control::Control;
    use plumbline_rules::registry::CONTROLS;

    use super::*;
    use crate::contract::{FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL, stack_set};

    /// The maximum size of a service control policy in bytes, including white space:
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>.
    const POLICY_LIMIT: usize = 5_120;

    fn texts(value: &Value) -> Vec<&str> {
        value.as_array().expect("a list").iter().map(|one| one.as_str().expect("a text")).collect()
    }

    fn statements() -> Vec<Value> {
        document()["Statement"].as_array().expect("statements").clone()
    }

    #[test]
    fn the_document_is_small_enough() {
        let longest = "x".repeat(42);
        for document in [document(), policy(&json!([ROLES_OF_STACK_SETS]), &longest)] {
            let size = format!("{document:#}\n").len();
            assert!(size <= POLICY_LIMIT, "{size} bytes");
        }
    }

    #[test]
    fn the_template_protects_names_with_its_prefix() {
        let content: Value = serde_json::from_str(&template().json()).expect("JSON");
        let content = content["Resources"]["Policy"]["Properties"]["Content"].to_string();
        let of_names = ["role", "policy"].map(|kind| format!(":iam::*:{kind}/${{NamePrefix}}-*"));
        assert!(of_names.iter().all(|pattern| content.contains(pattern)), "{content}");
        assert!(!content.contains("role/plumbline") && !content.contains("policy/plumbline"));
        assert!(content.contains("function:plumbline-*"), "functions keep their names");
    }

    /// The table of all actions has a line for each service.
    #[test]
    fn every_action_exists() {
        let table = include_str!("../../../common/core/src/policy/actions.txt");
        let services: BTreeMap<&str, Vec<&str>> = table
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(' '))
            .map(|(service, names)| (service, names.split(' ').collect()))
            .collect();
        for statement in statements() {
            for action in texts(&statement["Action"]) {
                let (service, name) = action.split_once(':').expect("a service");
                let beginning = name.strip_suffix('*');
                let is_one = |known: &&str| match beginning {
                    Some(beginning) => known.starts_with(beginning),
                    None => *known == name,
                };
                assert!(services[service].iter().any(is_one), "{action}");
            }
        }
    }

    /// The names of a template's resources in member accounts are protected.
    #[test]
    fn all_that_members_have_is_protected() {
        let statements = statements();
        let by_resource = |one: &&Value| one["Sid"] != format!("Plumbline{ATTACHMENTS}");
        let resources: Vec<&str> = statements
            .iter()
            .filter(by_resource)
            .flat_map(|statement| texts(&statement["Resource"]))
            .collect();
        let is_protected = |arn: &str| {
            resources.iter().any(|pattern| {
                let parts = pattern.split('*').map(regex_lite::escape);
                let pattern = format!("^{}$", parts.collect::<Vec<_>>().join(".*"));
                regex_lite::Regex::new(&pattern).expect("a pattern").is_match(arn)
            })
        };
        let place = "eu-west-1:444455556666";
        let functions = CONTROLS.into_iter().map(Control::function_name);
        let of_functions = functions.flat_map(|name| {
            [
                format!("arn:aws:lambda:{place}:function:{name}"),
                format!("arn:aws:logs:{place}:log-group:/aws/lambda/{name}"),
                format!("arn:aws:logs:{place}:log-group:/aws/lambda/{name}:log-stream:1"),
                format!("arn:aws:iam::444455556666:role/{name}"),
                format!("arn:aws:iam::444455556666:policy/{name}"),
            ]
        });
        let of_stack_sets = [FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL].map(stack_set).map(|name| {
            format!("arn:aws-us-gov:cloudformation:{place}:stack/StackSet-{name}-0a1b/0a1b")
        });
        let of_packs = PackScope::ALL.map(PackScope::pack_name);
        let of_packs = of_packs.iter().flat_map(|name| {
            let arn = format!("arn:aws:config:{place}:conformance-pack");
            [format!("{arn}/{name}/pack-1"), format!("{arn}/OrgConformsPack-{name}-0a1b/pack-1")]
        });
        let others = [
            "arn:aws:iam::444455556666:role/plumbline-member".to_owned(),
            "arn:aws:iam::444455556666:role/security/plumbline/plumbline-member".to_owned(),
            "arn:aws:iam::444455556666:policy/security/plumbline-member".to_owned(),
            "arn:aws:iam::444455556666:policy/plumbline-member".to_owned(),
            "arn:aws:iam::444455556666:role/stacksets-exec-0a1b".to_owned(),
        ];
        for arn in of_functions.chain(of_stack_sets).chain(of_packs).chain(others) {
            assert!(is_protected(&arn), "{arn}");
        }
        for arn in [
            "arn:aws:iam::444455556666:role/administrator",
            "arn:aws:iam::444455556666:role/x/plumbline",
            "arn:aws:lambda:eu-west-1:444455556666:function:orders",
        ] {
            assert!(!is_protected(arn), "{arn}");
        }
    }

    #[test]
    fn every_statement_exempts_the_same_roles_and_none_else() {
        for statement in statements() {
            assert_eq!(statement["Effect"], "Deny");
            let mut conditions = statement["Condition"].as_object().expect("conditions").clone();
            let exempt = conditions.remove("ArnNotLike");
            assert_eq!(exempt, Some(json!({ "aws:PrincipalArn": [ROLES_OF_STACK_SETS] })));
            let is_of_attachments = statement["Sid"] == format!("Plumbline{ATTACHMENTS}");
            assert_eq!(conditions.is_empty(), !is_of_attachments, "{statement}");
        }
        let template = template();
        let parameter = template.parameter(EXEMPT_ROLES).expect("a parameter");
        for (value, is_accepted) in [
            (ROLES_OF_STACK_SETS, true),
            ("arn:aws:iam::*:role/AWSControlTowerExecution,arn:aws:iam::1:role/deploy", false),
            ("arn:aws:iam::*:role/AWSControlTowerExecution", true),
            ("arn:aws:iam::111122223333:role/ci/deploy", true),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(parameter.accepts(value).is_ok(), is_accepted, "{value}");
        }
    }
}
