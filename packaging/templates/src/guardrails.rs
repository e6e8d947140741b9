//! The parameters for organizations whose guardrails restrict what accounts can create: names, path
//! and permissions boundary of roles, the key of buckets, and the VPC of central functions.

use serde_json::{Value, json};

use crate::builders::{
    Members, equals, given, in_this_region, is_list_given, only_when, part, reference, sub,
};
use crate::contract::{
    BUCKET_KMS_KEY_ARN, NETWORK_INTERFACES, OFF, ON, PERMISSIONS_BOUNDARY, ROLE_PATH,
    SECURITY_GROUP_IDS, SUBNET_IDS,
};
use crate::parameter::TemplateParameter;
use crate::role_names::{HAS_ROLE_PATH, name_prefix};

const HAS_BOUNDARY: &str = "HasPermissionsBoundary";
const HAS_BUCKET_KEY: &str = "HasBucketKmsKey";
const HAS_SUBNETS: &str = "HasSubnets";
const HAS_NETWORK_INTERFACES: &str = "HasNetworkInterfaces";

/// The actions with which AWS Lambda connects functions to a VPC, as in the managed policy
/// `AWSLambdaVPCAccessExecutionRole`.
const NETWORK_ACTIONS: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// Returns the parameters of templates that name roles: prefix and path.
pub(crate) fn name_parameters() -> [TemplateParameter; 2] {
    let path = TemplateParameter::optional(
        ROLE_PATH,
        "Path of roles and managed policies, such as /security/. It must be the same in all stacks \
         of a deployment",
        "/",
    );
    [name_prefix(), path.matching("^/([A-Za-z0-9+=,.@_-]+/)*$")]
}

/// Returns the parameters of templates that create roles.
pub(crate) fn role_parameters() -> [TemplateParameter; 3] {
    let boundary = TemplateParameter::optional(
        PERMISSIONS_BOUNDARY,
        "Managed policy that is the permissions boundary of all roles: its name, with a path if it \
         has one. The account of each role must have it. Empty: no permissions boundary",
        "",
    );
    let [prefix, path] = name_parameters();
    [prefix, path, boundary.matching("^([A-Za-z0-9+=,.@_-]+(/[A-Za-z0-9+=,.@_-]+)*)?$")]
}

/// Returns the conditions of templates that create roles.
pub(crate) fn role_conditions() -> Members {
    let mut conditions = Members::new();
    let is_default = json!({ "Fn::Equals": [reference(ROLE_PATH), "/"] });
    conditions.set(HAS_ROLE_PATH, json!({ "Fn::Not": [is_default] }));
    conditions.set(HAS_BOUNDARY, given(PERMISSIONS_BOUNDARY));
    conditions
}

/// Returns the path of a role or policy. CloudFormation would replace the resources of earlier
/// releases if they got the default path as a property.
pub(crate) fn path() -> Value {
    only_when(HAS_ROLE_PATH, reference(ROLE_PATH))
}

/// Returns the permissions boundary of a role.
pub(crate) fn boundary() -> Value {
    let arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${PermissionsBoundary}";
    only_when(HAS_BOUNDARY, sub(arn))
}

/// Returns the parameter with the key of the buckets.
pub(crate) fn bucket_key() -> TemplateParameter {
    TemplateParameter::optional(
        BUCKET_KMS_KEY_ARN,
        "ARN of a multi-Region KMS key that encrypts the buckets, with a replica in each Region. \
         Empty: Amazon S3 encrypts them with its own keys (SSE-S3)",
        "",
    )
    .matching("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$")
}

/// Returns the condition of templates with buckets, or with roles that use them.
pub(crate) fn bucket_key_conditions() -> Members {
    let mut conditions = Members::new();
    conditions.set(HAS_BUCKET_KEY, given(BUCKET_KMS_KEY_ARN));
    conditions
}

/// Returns the default encryption of a bucket.
pub(crate) fn bucket_encryption() -> Value {
    let algorithm = json!({ "Fn::If": [HAS_BUCKET_KEY, "aws:kms", "AES256"] });
    let key = only_when(HAS_BUCKET_KEY, in_this_region("kms", BUCKET_KMS_KEY_ARN));
    json!({ "ServerSideEncryptionConfiguration": [{
        "BucketKeyEnabled": only_when(HAS_BUCKET_KEY, json!(true)),
        "ServerSideEncryptionByDefault": { "SSEAlgorithm": algorithm, "KMSMasterKeyID": key }
    }] })
}

/// Allows the use of the key of the buckets in the home Region, through Amazon S3. Objects are
/// written with `kms:GenerateDataKey`, in parts also with `kms:Decrypt`.
pub(crate) fn use_of_bucket_key(actions: &[&str]) -> Value {
    only_when(
        HAS_BUCKET_KEY,
        json!({
            "Effect": "Allow",
            "Action": actions,
            "Resource": in_this_region("kms", BUCKET_KMS_KEY_ARN),
            "Condition": { "StringEquals": {
                "kms:ViaService": sub("s3.${AWS::Region}.${AWS::URLSuffix}")
            } }
        }),
    )
}

/// Allows reading with the key of the buckets in every Region, through Amazon S3.
pub(crate) fn reads_with_bucket_keys() -> Value {
    let key = "arn:${AWS::Partition}:kms:*:${Account}:${Key}";
    let parts =
        json!({ "Account": part(BUCKET_KMS_KEY_ARN, 4), "Key": part(BUCKET_KMS_KEY_ARN, 5) });
    only_when(
        HAS_BUCKET_KEY,
        json!({
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": { "Fn::Sub": [key, parts] },
            "Condition": { "StringLike": { "kms:ViaService": sub("s3.*.${AWS::URLSuffix}") } }
        }),
    )
}

/// Returns the parameters of functions that can be in a VPC.
pub(crate) fn network_parameters() -> [TemplateParameter; 2] {
    let list =
        |name, description, pattern| TemplateParameter::list(name, description, pattern).or("");
    [
        list(
            SUBNET_IDS,
            "Comma-separated subnets of the functions in this Region, from which they reach the \
             AWS services. Empty: the functions are not in a VPC",
            "^(subnet-[0-9a-f]{8,17})?$",
        ),
        list(
            SECURITY_GROUP_IDS,
            "Comma-separated security groups of the functions in this Region, if they have subnets",
            "^(sg-[0-9a-f]{8,17})?$",
        ),
    ]
}

/// Returns the parameter of a role that functions of several Regions use.
pub(crate) fn network_interfaces() -> TemplateParameter {
    TemplateParameter::choice(
        NETWORK_INTERFACES,
        "Allow the role to manage network interfaces, also for functions with subnets in other \
         Regions, and after the functions had subnets",
        &[OFF, ON],
    )
}

/// Returns the conditions of templates with [`network_parameters`] and [`network_interfaces`].
pub(crate) fn network_conditions() -> Members {
    let mut conditions = Members::new();
    conditions.set(HAS_SUBNETS, is_list_given(SUBNET_IDS));
    let either = [json!({ "Condition": HAS_SUBNETS }), equals(NETWORK_INTERFACES, ON)];
    conditions.set(HAS_NETWORK_INTERFACES, json!({ "Fn::Or": either }));
    conditions
}

/// Returns the VPC of a function.
pub(crate) fn vpc() -> Value {
    only_when(
        HAS_SUBNETS,
        json!({ "SubnetIds": reference(SUBNET_IDS),
            "SecurityGroupIds": reference(SECURITY_GROUP_IDS) }),
    )
}

/// Allows AWS Lambda to connect functions to their VPC, and denies the code of the functions the
/// same actions. `functions` is the pattern of their names.
///
/// Source: `lambda:SourceFunctionArn` in the AWS Lambda documentation on VPCs.
pub(crate) fn network_statements(functions: &str) -> [Value; 2] {
    let code = format!("arn:${{AWS::Partition}}:lambda:*:${{AWS::AccountId}}:function:{functions}");
    [
        json!({ "Effect": "Allow", "Action": NETWORK_ACTIONS, "Resource": "*" }),
        json!({ "Effect": "Deny", "Action": NETWORK_ACTIONS, "Resource": "*",
            "Condition": { "ArnLike": { "lambda:SourceFunctionArn": sub(&code) } } }),
    ]
    .map(|statement| only_when(HAS_NETWORK_INTERFACES, statement))
}
