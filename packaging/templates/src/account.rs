//! `single-account.yaml`, and its common parts with the template of an organization.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use std::collections::BTreeMap;

use plumbline_core::operation::s3;
use plumbline_core::parameters::Parameter;
use serde_json::{Value, json};

use crate::builders::{
    Members, after, both, code_bucket_name, condition, equals, given, is_home_region, only_when,
    placeholder, reference, register_bucket_name, resource, resource_when, sub,
};
use crate::contract::{
    FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL, OFF, ON, ORGANIZATION_ID, OWN_ROLES, PACKS, PackScope,
    REGISTER_FOLDER, REGISTER_KEY, REGISTERS, RELEASE, ROLES, SETTINGS, SINGLE_ACCOUNT,
    account_register_key, code_bucket, register_bucket, template_key,
};
use crate::functions::own_parameters;
use crate::guardrails::{bucket_encryption, bucket_key_conditions};
use crate::own_roles;
use crate::packs::{PackTemplate, of_rules};
use crate::parameter::TemplateParameter;
use crate::registers::{EACH, ONE};
use crate::role_names::with_path;
use crate::stack_packs::{PackBody, pack_conditions, stack_pack};
use crate::stack_parameters::stack_parameters;
use crate::template::{BucketNames, Template};

pub(crate) const IS_HOME: &str = "IsHome";
pub(crate) const HAS_RELEASE: &str = "HasRelease";
pub(crate) const DEPLOYS_HOME: &str = "DeploysHome";
const HAS_PACKS: &str = "HasPacks";
const HAS_GLOBAL_PACK: &str = "HasGlobalPack";
/// Whether each account of the organization has its own functions, which read the buckets.
pub(crate) const HAS_OWN_FUNCTIONS: &str = "HasOwnFunctions";
/// Whether the accounts also read the common register.
pub(crate) const SHARES_REGISTER: &str = "SharesRegister";
const HAS_SETTINGS: &str = "HasSettings";

/// Returns the parameters of both templates: those of the stack and of the packs.
pub(crate) fn parameters() -> Vec<TemplateParameter> {
    let mut parameters = stack_parameters();
    let of_packs: BTreeMap<String, &Parameter> =
        PackTemplate::all().flat_map(PackTemplate::parameters).collect();
    parameters.extend(of_packs.iter().map(|(name, declared)| of_rules(name, declared)));
    parameters
}

pub(crate) fn conditions() -> Members {
    let mut conditions = bucket_key_conditions();
    conditions.set(IS_HOME, is_home_region());
    conditions.set(HAS_RELEASE, given(RELEASE));
    conditions.set(HAS_SETTINGS, given(SETTINGS));
    conditions.set(DEPLOYS_HOME, both(condition(HAS_RELEASE), condition(IS_HOME)));
    conditions
}

/// A bucket that is retained when its stack is deleted.
struct RetainedBucket<'a> {
    id: &'a str,
    /// The name with parameters.
    name: &'a str,
    /// The name in the template.
    written_name: String,
    /// The condition under which the bucket exists. `None` means always.
    exists: Option<&'a str>,
    /// The allow statements of the bucket policy.
    allowed: Vec<Value>,
    tag: Option<Value>,
}

/// Adds a bucket with a policy that denies plain HTTP.
fn bucket(resources: &mut Members, bucket: RetainedBucket<'_>) {
    let RetainedBucket { id, name, written_name, exists, allowed, tag } = bucket;
    let mut bucket = resource(
        "AWS::S3::Bucket",
        json!({
            "BucketName": sub(&written_name),
            "VersioningConfiguration": { "Status": "Enabled" },
            "BucketEncryption": bucket_encryption(),
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "PublicAccessBlockConfiguration": { "BlockPublicAcls": true, "BlockPublicPolicy": true,
            "IgnorePublicAcls": true, "RestrictPublicBuckets": true }
        }),
    );
    if let Some(tag) = tag {
        bucket["Properties"]["Tags"] = json!([tag]);
    }
    bucket["DeletionPolicy"] = json!("Retain");
    bucket["UpdateReplacePolicy"] = json!("Retain");
    let arn = format!("arn:${{AWS::Partition}}:s3:::{name}");
    let deny_http = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [sub(&arn), sub(&format!("{arn}/*"))],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } }
    });
    let statements: Vec<Value> = [deny_http].into_iter().chain(allowed).collect();
    let mut policy = resource(
        "AWS::S3::BucketPolicy",
        json!({ "Bucket": reference(id), "PolicyDocument": { "Version": "2012-10-17",
            "Statement": statements } }),
    );
    if let Some(condition) = exists {
        bucket["Condition"] = json!(condition);
        policy["Condition"] = json!(condition);
    }
    resources.set(id, bucket);
    resources.set(&format!("{id}Policy"), policy);
}

/// Adds a bucket that only this account uses.
pub(crate) fn private_bucket(resources: &mut Members, id: &str, name: &str, written_name: String) {
    let allowed = Vec::new();
    bucket(resources, RetainedBucket { id, name, written_name, exists: None, allowed, tag: None });
}

/// Adds the buckets. The accounts of an organization read the code, and also the register if they
/// have their own functions.
pub(crate) fn buckets(resources: &mut Members, names: &BucketNames, of_organization: bool) {
    let allowed = |actions: &[&str], on: &str, condition: &Value| {
        of_organization.then(|| {
            json!({ "Effect": "Allow", "Principal": "*",
            "Action": actions, "Resource": sub(on), "Condition": condition })
        })
    };
    let organization = json!({ "aws:PrincipalOrgID": reference(ORGANIZATION_ID) });
    let (code_name, register_name) = (code_bucket_name(), register_bucket_name());
    let (written_code_name, written_register_name) = match names {
        BucketNames::ByParameter => (code_name.clone(), register_name.clone()),
        BucketNames::Written { prefix, region } => {
            (code_bucket(prefix, region), register_bucket(prefix))
        }
    };
    let code = allowed(
        &[s3::GET_OBJECT.action],
        &format!("arn:${{AWS::Partition}}:s3:::{code_name}/*"),
        &json!({ "StringEquals": organization }),
    );
    let tag = only_when(
        HAS_SETTINGS,
        json!({ "Key": "plumbline:settings", "Value": reference(SETTINGS) }),
    );
    bucket(
        resources,
        RetainedBucket {
            id: "CodeBucket",
            name: &code_name,
            written_name: written_code_name,
            exists: None,
            allowed: code.into_iter().collect(),
            tag: Some(tag),
        },
    );
    let roles = format!("arn:${{AWS::Partition}}:iam::*:role{}", with_path("plumbline-*"));
    let functions = json!({ "aws:PrincipalArn": sub(&roles) });
    let of_functions = json!({ "StringEquals": organization, "ArnLike": functions });
    let register_bucket = format!("arn:${{AWS::Partition}}:s3:::{register_name}");
    let read = [s3::GET_OBJECT.action, s3::GET_OBJECT_VERSION.action];
    let list = [s3::LIST_OBJECT_VERSIONS.action];
    // Principals of different accounts read different objects. The key has a policy variable, not a
    // variable of the template.
    let keys = [Some("${aws:PrincipalAccount}"), None].map(account_register_key);
    let mut of_account = of_functions.clone();
    of_account["StringEquals"]["s3:prefix"] = json!(keys);
    let own_objects = keys.each_ref().map(|key| {
        let key = key.replace("${aws:", "${!aws:");
        allowed(&read, &format!("{register_bucket}/{key}"), &of_functions)
    });
    let own_list = allowed(&list, &register_bucket, &of_account);
    let own = own_objects.into_iter().chain([own_list]).flatten();
    let shared = [
        allowed(&read, &format!("{register_bucket}/{REGISTER_KEY}"), &of_functions),
        allowed(&list, &register_bucket, &of_functions),
    ];
    let shared = shared.into_iter().flatten();
    let register = own
        .map(|statement| only_when(HAS_OWN_FUNCTIONS, statement))
        .chain(shared.map(|statement| only_when(SHARES_REGISTER, statement)));
    bucket(
        resources,
        RetainedBucket {
            id: "RegisterBucket",
            name: &register_name,
            written_name: written_register_name,
            exists: Some(IS_HOME),
            allowed: register.collect(),
            tag: None,
        },
    );
}

pub(crate) fn outputs() -> Members {
    let mut outputs = Members::new();
    outputs.set(
        "CodeBucket",
        json!({ "Description": "Bucket with the code and templates of this Region",
            "Value": reference("CodeBucket") }),
    );
    outputs.set(
        "RegisterBucket",
        json!({ "Description": "Bucket with the register", "Condition": IS_HOME,
            "Value": reference("RegisterBucket") }),
    );
    outputs
}

/// Returns the URL of a template in a release. `release` is the parameter with the name of the
/// release.
pub(crate) fn template_url(name: &str, release: &str) -> Value {
    let key = template_key(&placeholder(release), name);
    sub(&format!("https://{}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/{key}", code_bucket_name()))
}

/// Returns the inputs of a template of functions or of their roles, with the parameters of the same
/// name.
fn own_inputs(template: &str) -> Members {
    let declared = match template {
        OWN_ROLES => own_roles::parameters(),
        FUNCTIONS_GLOBAL => own_parameters(PackScope::Global),
        _ => own_parameters(PackScope::Regional),
    };
    let mut inputs = Members::new();
    for parameter in declared {
        inputs.set(parameter.name(), reference(parameter.name()));
    }
    inputs.set("RegisterOwner", reference("AWS::AccountId"));
    inputs
}

/// Returns the inputs in a single account. Its stack has the packs, because CloudFormation cannot
/// move a pack of an earlier release into a nested stack.
fn function_inputs(template: &str) -> Members {
    let mut inputs = own_inputs(template);
    inputs.set("Register", sub(&format!("s3://{}/{REGISTER_KEY}", register_bucket_name())));
    inputs.set(ROLES, json!(FUNCTIONS_GLOBAL));
    inputs.set(PACKS, json!(OFF));
    if template == FUNCTIONS_GLOBAL {
        inputs.set(REGISTERS, json!(ONE));
    }
    inputs
}

/// Returns the inputs in an organization, in which each account has its own register.
pub(crate) fn function_inputs_by_account(template: &str) -> Members {
    let mut inputs = own_inputs(template);
    inputs.set("Register", sub(&format!("s3://{}/{REGISTER_FOLDER}", register_bucket_name())));
    if template == FUNCTIONS_REGIONAL {
        inputs.set(ROLES, json!(OWN_ROLES));
    } else {
        inputs.set(REGISTERS, json!(EACH));
    }
    inputs
}

/// Creates a nested stack with a template of functions. A parameter names its release.
pub(crate) fn nested(name: &str, exists: &str, release: &str, mut inputs: Members) -> Value {
    if inputs.0.contains_key(RELEASE) {
        inputs.set(RELEASE, reference(release));
    }
    resource_when(
        exists,
        "AWS::CloudFormation::Stack",
        json!({ "TemplateURL": template_url(name, release), "Parameters": inputs.0 }),
    )
}

/// Creates `single-account.yaml`.
pub fn single_account(names: &BucketNames) -> Template {
    let mut resources = Members::new();
    buckets(&mut resources, names, false);
    resources.set(
        "FunctionsGlobal",
        nested(FUNCTIONS_GLOBAL, DEPLOYS_HOME, RELEASE, function_inputs(FUNCTIONS_GLOBAL)),
    );
    let mut regional =
        nested(FUNCTIONS_REGIONAL, HAS_RELEASE, RELEASE, function_inputs(FUNCTIONS_REGIONAL));
    after(&mut regional, &[("FunctionsGlobal", DEPLOYS_HOME)]);
    resources.set("FunctionsRegional", regional);
    for (id, scope, exists, functions) in [
        ("PackGlobal", PackScope::Global, HAS_GLOBAL_PACK, ("FunctionsGlobal", DEPLOYS_HOME)),
        ("PackRegional", PackScope::Regional, HAS_PACKS, ("FunctionsRegional", HAS_RELEASE)),
    ] {
        let mut pack = stack_pack(scope, Some(exists), PackBody::Uploaded);
        after(&mut pack, &[functions]);
        resources.set(id, pack);
    }
    let mut conditions = conditions().with(pack_conditions(&PackScope::ALL));
    conditions.set(HAS_PACKS, both(condition(HAS_RELEASE), equals(PACKS, ON)));
    conditions.set(HAS_GLOBAL_PACK, both(condition(HAS_PACKS), condition(IS_HOME)));
    Template::new(
        SINGLE_ACCOUNT,
        "Plumbline in one account: one stack per Region, the home Region first. Deploy each stack \
         twice: without a release for the buckets, then with a release.",
        parameters(),
        &[("Conditions", &conditions), ("Resources", &resources), ("Outputs", &outputs())],
    )
}
