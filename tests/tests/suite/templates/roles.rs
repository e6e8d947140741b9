//! Roles allow what the controls read, and buckets are closed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_templates::contract::role_name;
use plumbline_templates::own_roles::own_role_name;
use plumbline_tests::package;
use serde_json::{Value, json};

use super::{TOP, folder, members, resources, string, template, text};

/// The permissions of a function on the register, on the register of its account and that of
/// others, and on previous versions.
const REGISTER: [(&str, &str); 7] = [
    ("s3:GetObject", "arn:${AWS::Partition}:s3:::${Object}"),
    ("s3:GetObjectVersion", "arn:${AWS::Partition}:s3:::${Object}"),
    ("s3:GetObject", "arn:${AWS::Partition}:s3:::${Object}${AWS::AccountId}.json"),
    ("s3:GetObjectVersion", "arn:${AWS::Partition}:s3:::${Object}${AWS::AccountId}.json"),
    ("s3:GetObject", "arn:${AWS::Partition}:s3:::${Object}default.json"),
    ("s3:GetObjectVersion", "arn:${AWS::Partition}:s3:::${Object}default.json"),
    ("s3:ListBucketVersions", "arn:${AWS::Partition}:s3:::${Bucket}"),
];

/// The size limit of a managed policy, without white space.
const MANAGED_POLICY_LIMIT: usize = 6_144;

/// The policy of a role: the only one, managed by the same template.
pub(super) fn policy<'a>(template: &'a Value, role: &Value) -> &'a Value {
    assert!(role["Properties"].get("Policies").is_none(), "an inline policy");
    let attached = role["Properties"]["ManagedPolicyArns"].as_array().expect("managed policies");
    assert_eq!(attached.len(), 1);
    let policy = &template["Resources"][string(&attached[0]["Ref"])];
    assert_eq!(policy["Type"], "AWS::IAM::ManagedPolicy");
    assert_eq!(policy["Properties"]["ManagedPolicyName"], role["Properties"]["RoleName"]);
    assert_eq!(policy.get("Condition"), role.get("Condition"));
    &policy["Properties"]["PolicyDocument"]
}

/// The key of the register's bucket.
const BUCKET_KEY: (&str, &str) =
    ("kms:Decrypt", "arn:${AWS::Partition}:kms:${AWS::Region}:${Account}:${Name}");

/// The actions of functions in a VPC.
const NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// The actions that a policy allows, with their resources. Statements that depend on a parameter
/// are included.
pub(super) fn allowed(policy: &Value) -> BTreeSet<(String, String)> {
    let mut allowed = BTreeSet::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        let statement = statement.pointer("/Fn::If/1").unwrap_or(statement);
        if statement["Effect"] == "Deny" {
            // Only AWS Lambda can use the permissions for network interfaces.
            let condition = &statement["Condition"]["ArnLike"]["lambda:SourceFunctionArn"];
            assert!(condition.is_object(), "{statement}");
            continue;
        }
        assert_eq!(statement["Effect"], "Allow");
        let resource = match &statement["Resource"] {
            Value::String(resource) => resource.clone(),
            resource => resource["Fn::Sub"]
                .as_str()
                .or_else(|| resource["Fn::Sub"][0].as_str())
                .expect("a text")
                .to_owned(),
        };
        for action in statement["Action"].as_array().expect("actions") {
            assert!(
                allowed.insert((string(action).to_owned(), resource.clone())),
                "{action} is there twice"
            );
        }
    }
    allowed
}

/// The permissions that the functions of controls need in an account.
fn needed(controls: &[&Control]) -> BTreeSet<(String, String)> {
    let of_account = |resource: &str| {
        resource
            .replace("{partition}", "${AWS::Partition}")
            .replace("{account}", "${AWS::AccountId}")
    };
    let mut needed: BTreeSet<(String, String)> = controls
        .iter()
        .flat_map(|control| control.reads())
        .map(|read| (read.action.to_owned(), of_account(read.resource)))
        .collect();
    let mut publishing = vec![
        ("config:PutEvaluations", "*"),
        (
            "config:GetComplianceDetailsByConfigRule",
            "arn:{partition}:config:*:{account}:config-rule/*",
        ),
        (
            "securityhub:BatchImportFindings",
            "arn:{partition}:securityhub:*:{account}:product/{account}/default",
        ),
        ("securityhub:GetFindings", "arn:{partition}:securityhub:*:{account}:hub/default"),
    ];
    if controls.iter().any(|control| control.change_triggered) {
        publishing.push(("config:GetResourceConfigHistory", "*"));
    }
    needed.extend(
        publishing.into_iter().map(|(action, resource)| (action.to_owned(), of_account(resource))),
    );
    needed
}

/// Statements that depend on a parameter are counted with their condition, which is more than IAM
/// counts.
pub(super) fn policy_size(policy: &Value) -> usize {
    policy.to_string().len()
}

/// Returns the name of a role in a template, or with `path` in an ARN, whose prefix is a parameter.
fn prefixed(path: &str, name: &str) -> Value {
    json!({ "Fn::Sub": format!("{path}{}", role_name("${NamePrefix}", name)) })
}

/// Checks the roles of a template. `name` is the name of a control's role.
fn assert_roles(template_name: &str, name: impl Fn(&Control) -> String) {
    let template = template(template_name);
    let roles = resources(template, "AWS::IAM::Role");
    assert_eq!(roles.len(), CONTROLS.len());
    for control in CONTROLS {
        let role_name = prefixed("", &name(control));
        let is_role = |role: &&&Value| role["Properties"]["RoleName"] == role_name;
        let role = roles.values().find(is_role).expect("a role");
        let name = control.function_name();
        let mut expected = needed(&[control]);
        let streams = format!(
            "arn:${{AWS::Partition}}:logs:*:${{AWS::AccountId}}:\
             log-group:/aws/lambda/{name}:log-stream:*"
        );
        expected.extend(
            ["logs:CreateLogStream", "logs:PutLogEvents"]
                .map(|action| (action.to_owned(), streams.clone())),
        );
        expected.extend(REGISTER.map(|(action, on)| (action.to_owned(), on.to_owned())));
        expected.insert((BUCKET_KEY.0.to_owned(), BUCKET_KEY.1.to_owned()));
        let policy = policy(template, role);
        assert_eq!(allowed(policy), expected, "control {}", control.id);
        assert!(policy_size(policy) <= MANAGED_POLICY_LIMIT);
        let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust[0]["Principal"], json!({ "Service": "lambda.amazonaws.com" }));
        assert!(trust.as_array().is_some_and(|statements| statements.len() == 1));
    }
}

#[test]
fn every_functions_role_is_its_controls_permissions() {
    assert_roles("own-roles", own_role_name);
    assert_roles("functions-global", Control::function_name);
    let roles = resources(template("functions-global"), "AWS::IAM::Role");
    let is_conditional = |role: &&Value| role["Condition"] == "HasFormerRoles";
    assert!(roles.values().all(is_conditional));
    let arn =
        |name: &str| prefixed("arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}", name);
    for control in CONTROLS {
        let name = control.function_name();
        let role_name = prefixed("", &name);
        let is_role = |(_, role): &(&&str, &&Value)| role["Properties"]["RoleName"] == role_name;
        let (id, _) = roles.iter().find(is_role).expect("a role");
        // The function runs with this role in every topology.
        let template =
            if control.scope == Scope::Global { "functions-global" } else { "functions-regional" };
        let functions = resources(self::template(template), "AWS::Lambda::Function");
        let function = functions
            .values()
            .find(|function| function["Properties"]["FunctionName"] == name)
            .expect("a function");
        let former = match control.scope {
            Scope::Global => json!({ "Fn::GetAtt": [id, "Arn"] }),
            Scope::Regional => arn(&name),
        };
        let own = arn(&own_role_name(control));
        let expected = json!({ "Fn::If": ["HasFormerRoles", former, own] });
        assert_eq!(function["Properties"]["Role"], expected, "control {}", control.id);
    }
}

#[test]
fn the_members_role_is_the_permissions_of_all_controls_together() {
    let template = template("member-role");
    let role = &template["Resources"]["Role"];
    let policy = policy(template, role);
    let mut expected = needed(&CONTROLS);
    // The permissions to check the account.
    expected.extend(
        [
            ("config:DescribeConfigRules", "*"),
            ("config:DescribeConfigRuleEvaluationStatus", "*"),
            (
                "config:StartConfigRulesEvaluation",
                "arn:${AWS::Partition}:config:*:${AWS::AccountId}:config-rule/aws-service-rule/\
                 config-conforms.amazonaws.com/*",
            ),
        ]
        .map(|(action, on)| (action.to_owned(), on.to_owned())),
    );
    assert_eq!(allowed(policy), expected);
    assert!(policy_size(policy) <= MANAGED_POLICY_LIMIT, "{}", policy_size(policy));
    let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        trust["Principal"],
        json!({ "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${CentralAccountId}:root" } })
    );
    let roles = ["central", "canary", "organization"].map(|role| {
        let arn = "arn:${AWS::Partition}:iam::${CentralAccountId}:role${RolePath}";
        prefixed(arn, &format!("plumbline-{role}"))
    });
    assert_eq!(trust["Condition"]["ArnEquals"]["aws:PrincipalArn"], json!(roles));
    let conditions = members(&trust["Condition"]["StringEquals"]);
    assert_eq!(conditions.keys().collect::<Vec<_>>(), ["aws:PrincipalOrgID", "sts:ExternalId"]);
    // The organization is always required.
    assert_eq!(conditions["aws:PrincipalOrgID"], json!({ "Ref": "OrganizationId" }));
    assert!(template["Parameters"]["OrganizationId"].get("Default").is_none());
}

#[test]
fn central_functions_assume_the_members_role_and_read_nothing_themselves() {
    let template = template("central-functions");
    let role = &template["Resources"]["Role"];
    let expected = [
        (
            "logs:CreateLogStream",
            "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:\
             log-group:/aws/lambda/${FunctionSet}-*:log-stream:*",
        ),
        (
            "logs:PutLogEvents",
            "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:\
             log-group:/aws/lambda/${FunctionSet}-*:log-stream:*",
        ),
        ("sts:AssumeRole", "arn:${AWS::Partition}:iam::*:role${RolePath}${Role}"),
        BUCKET_KEY,
    ];
    assert_eq!(
        allowed(policy(template, role)),
        expected
            .into_iter()
            .chain([REGISTER[0], REGISTER[1], REGISTER[6]])
            .chain(NETWORK.map(|action| (action, "*")))
            .map(|(action, resource)| (action.to_owned(), resource.to_owned()))
            .collect()
    );
    let name = json!({ "Fn::If": ["HasMemberRoleName", { "Ref": "MemberRoleName" },
        prefixed("", "plumbline-member")] });
    for (id, function) in resources(template, "AWS::Lambda::Function") {
        let with_path = json!({ "Fn::Sub": ["${RolePath}${Role}", { "Role": name }] });
        assert_eq!(
            function["Properties"]["Environment"]["Variables"]["PLUMBLINE_ROLE_NAME"],
            json!({ "Fn::If": ["HasRolePath", with_path, name] }),
            "{id}"
        );
    }
    let policy = policy(template, role);
    let statements = policy["Statement"].as_array().expect("statements");
    let assume = statements.iter().find(|one| one["Action"][0] == "sts:AssumeRole");
    assert_eq!(
        assume.expect("a statement")["Condition"],
        json!({ "StringEquals": { "aws:ResourceOrgID": { "Ref": "OrganizationId" } } })
    );
    // All rules of the organization, and only these, can invoke a function.
    assert!(resources(template, "AWS::Lambda::Permission").is_empty());
    let permissions = self::template("central-permission-organization");
    let invoked: BTreeSet<String> = resources(permissions, "AWS::Lambda::ResourcePolicy")
        .values()
        .map(|permission| {
            let properties = &permission["Properties"];
            let statements = &properties["PolicyDocument"]["Statement"];
            assert_eq!(statements.as_array().map(Vec::len), Some(1));
            assert_eq!(
                (&statements[0]["Principal"], &statements[0]["Condition"]),
                (
                    &json!({ "Service": "config.amazonaws.com" }),
                    &json!({ "StringEquals": { "aws:SourceOrgID": { "Ref": "OrganizationId" } } })
                )
            );
            string(&properties["ResourceArn"]["Fn::Sub"]).to_owned()
        })
        .collect();
    let arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
    assert_eq!(
        invoked,
        CONTROLS.map(|control| format!("{arn}${{FunctionSet}}-{}", control.id.dashed())).into()
    );
}

#[test]
fn buckets_stay_and_are_closed() {
    for name in TOP {
        let template = template(name);
        let buckets = resources(template, "AWS::S3::Bucket");
        assert_eq!(buckets.keys().copied().collect::<Vec<_>>(), ["CodeBucket", "RegisterBucket"]);
        for (id, bucket) in buckets {
            assert_eq!(
                (&bucket["DeletionPolicy"], &bucket["UpdateReplacePolicy"]),
                (&json!("Retain"), &json!("Retain")),
                "{name} {id}"
            );
            let properties = &bucket["Properties"];
            assert!(
                members(&properties["PublicAccessBlockConfiguration"])
                    .values()
                    .all(|value| value == true)
            );
            assert_eq!(properties["VersioningConfiguration"]["Status"], "Enabled");
            let rules = &properties["BucketEncryption"]["ServerSideEncryptionConfiguration"];
            assert_eq!(
                rules[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"],
                json!({ "Fn::If": ["HasBucketKmsKey", "aws:kms", "AES256"] })
            );
            let policy = &template["Resources"][format!("{id}Policy")]["Properties"];
            let statements = policy["PolicyDocument"]["Statement"].as_array().expect("statements");
            assert_eq!(statements[0]["Effect"], "Deny");
            assert_eq!(
                statements[0]["Condition"],
                json!({ "Bool": { "aws:SecureTransport": "false" } })
            );
            for allowed in &statements[1..] {
                // Members read their registers where they have functions of their own.
                let allowed = match &allowed["Fn::If"] {
                    Value::Null => allowed,
                    choice => {
                        let known = ["HasOwnFunctions", "SharesRegister"];
                        assert!(known.contains(&string(&choice[0])) && id == "RegisterBucket");
                        &choice[1]
                    }
                };
                assert_eq!(
                    allowed["Condition"]["StringEquals"]["aws:PrincipalOrgID"],
                    json!({ "Ref": "OrganizationId" }),
                    "{name} {id}"
                );
            }
            let expected = match (name, id) {
                ("organization", "RegisterBucket") => 6,
                ("organization", _) => 2,
                _ => 1,
            };
            assert_eq!(statements.len(), expected, "{name} {id}");
        }
    }
}

fn policy_checks(program: &str) -> Command {
    let python = std::env::var_os("PLUMBLINE_POLICY_PYTHON")
        .expect("the Python of the policy checks is not known: use 'cargo xtask test'");
    Command::new(PathBuf::from(python).with_file_name(program))
}

fn narrow(folder: &Path) -> Output {
    policy_checks("python")
        .arg(package().join("policies/narrow.py"))
        .arg(folder)
        .output()
        .expect("Python starts")
}

/// The policies of all roles, checked with AWS's Service Authorization Reference and with checkov.
#[test]
fn policies_are_as_narrow_as_aws_allows() {
    let output = narrow(&folder());
    assert!(output.status.success(), "{}", text(&output));
    let output = policy_checks("checkov")
        .args(["--framework", "cloudformation", "--quiet", "--compact", "--config-file"])
        .arg(package().join("policies/checkov.yaml"))
        .arg("--directory")
        .arg(folder())
        .output()
        .expect("checkov starts");
    assert!(output.status.success(), "{}", text(&output));
}

/// The check itself finds violations.
#[test]
fn wide_policies_are_found() {
    let of =
        |action: &str, on: &str| json!({ "Effect": "Allow", "Action": [action], "Resource": on });
    let rds = "arn:aws:rds:*:111122223333:db:*";
    let statements = [
        of("iam:List*", "*"),
        of("iam:ListEverything", "*"),
        of("kms:DescribeKey", "*"),
        of("kms:DescribeKey", rds),
        of("iam:ListUsers", rds),
    ];
    let policy = json!({ "PolicyName": "p", "PolicyDocument": { "Statement": statements } });
    let managed = json!({ "PolicyDocument": { "Statement": [of("iam:List*", "*")] } });
    let folder = tempfile::tempdir().expect("a folder");
    let template = json!({ "Resources": {
        "Wide": { "Type": "AWS::IAM::Role", "Properties": { "Policies": [policy] } },
        "Managed": { "Type": "AWS::IAM::ManagedPolicy", "Properties": managed }
    } });
    std::fs::write(folder.path().join("wide.yaml"), template.to_string()).expect("a file");
    let output = narrow(folder.path());
    assert!(!output.status.success());
    let found = text(&output);
    for problem in [
        "Managed: iam:List* is not an action",
        "iam:List* is not an action",
        "iam:ListEverything is not",
        "kms:DescribeKey on *: AWS can narrow",
        "kms:DescribeKey on arn:aws:rds",
        "iam:ListUsers on arn:aws:rds",
    ] {
        assert!(found.contains(problem), "{problem}: {found}");
    }
}
