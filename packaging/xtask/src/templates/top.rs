//! The templates that users deploy: one account, or an organization.

use std::collections::BTreeMap;

use plumbline_core::control::Control;
use plumbline_core::parameters::Parameter;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use super::packs::{Pack, PackScope};
use super::{
    Members, REGION_PATTERN, after, attribute, both, choice, condition, equals, given, handed_on,
    matching, needed, only_when, parameter, reference, resource, resource_when, sub, template,
    when,
};

const IS_HOME: &str = "IsHome";
const HAS_RELEASE: &str = "HasRelease";
const DEPLOYS_HOME: &str = "DeploysHome";
const HAS_PACKS: &str = "HasPacks";
const HAS_GLOBAL_PACK: &str = "HasGlobalPack";
const IS_LEVEL_2: &str = "IsLevel2";
const SUPPRESSES: &str = "SuppressesDuplicates";
const SETTINGS: &str = "Settings";
const RELEASE: &str = "Release";
/// The release of what an organization's stack has besides the stack sets.
const RELEASE_HERE: &str = "ReleaseHere";
const HAS_RELEASE_HERE: &str = "HasReleaseHere";
const DEPLOYS_HOME_HERE: &str = "DeploysHomeHere";
const HAS_SETTINGS: &str = "HasSettings";

const NESTED: &str = "AWS::CloudFormation::Stack";
const STACK_SET: &str = "AWS::CloudFormation::StackSet";

/// The parameters that both templates have besides those of the functions.
fn parameters() -> Members {
    let mut parameters = super::functions::parameters();
    // Made here, so not a parameter.
    parameters.0.remove("Register");
    parameters.set(
        "Release",
        matching(
            parameter(
                "The release to deploy: a folder in the code buckets. Empty makes the \
                 buckets only, so that it can be uploaded",
                "",
            ),
            "^[A-Za-z0-9.+-]*$",
        ),
    );
    parameters.set("Level", choice("The benchmark's level; 2 contains 1", &["2", "1"]));
    parameters.set(
        "Packs",
        choice("Whether the rules are deployed, or the functions only", &["on", "off"]),
    );
    parameters.set(
        SETTINGS,
        matching(
            parameter(
                "A digest of all parameters, set by plumbline deploy: a change of any \
                 parameter is a change of the stack then",
                "",
            ),
            "^[0-9a-f]*$",
        ),
    );
    parameters.set(
        "AutomationRule",
        choice(
            "Whether Security Hub suppresses the findings that AWS Config makes of the same \
             evaluations. Only Security Hub's administrator can, where it is enabled",
            &["off", "on"],
        ),
    );
    let of_packs: BTreeMap<String, &Parameter> = Pack::all().flat_map(Pack::parameters).collect();
    for (name, declared) in of_packs {
        parameters.set(
            &name,
            matching(parameter(declared.doc.trim(), declared.default), declared.pattern),
        );
    }
    parameters
}

fn conditions() -> Members {
    let mut conditions = Members::new();
    conditions
        .set(IS_HOME, json!({ "Fn::Equals": [reference("AWS::Region"), reference("HomeRegion")] }));
    conditions.set(HAS_RELEASE, given("Release"));
    conditions.set(HAS_SETTINGS, given(SETTINGS));
    conditions.set(DEPLOYS_HOME, both(condition(HAS_RELEASE), condition(IS_HOME)));
    conditions.set(HAS_PACKS, both(condition(HAS_RELEASE), equals("Packs", "on")));
    conditions.set(HAS_GLOBAL_PACK, both(condition(HAS_PACKS), condition(IS_HOME)));
    conditions.set(IS_LEVEL_2, equals("Level", "2"));
    conditions.set(
        SUPPRESSES,
        json!({ "Fn::And": [condition(HAS_RELEASE), equals("AutomationRule", "on"),
            equals("SecurityHub", "on")] }),
    );
    conditions
}

/// A bucket that stays when its stack goes, with a policy that denies plain HTTP and allows what
/// else is said.
fn bucket(
    resources: &mut Members,
    id: &str,
    name: &str,
    exists: Option<&str>,
    allowed: Option<Value>,
    tag: Option<Value>,
) {
    let mut bucket = resource(
        "AWS::S3::Bucket",
        json!({
            "BucketName": sub(name),
            "VersioningConfiguration": { "Status": "Enabled" },
            "BucketEncryption": { "ServerSideEncryptionConfiguration": [{ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }] },
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
    let statements: Vec<Value> = [Some(deny_http), allowed].into_iter().flatten().collect();
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

const CODE_BUCKET: &str = "${CodeBucketPrefix}-${AWS::Region}";
const REGISTER_BUCKET: &str = "${CodeBucketPrefix}-register";
/// The register's key in its bucket.
const REGISTER_KEY: &str = "register.json";

/// The buckets. An organization's accounts read them.
fn buckets(resources: &mut Members, of_organization: bool) {
    let allowed = |objects: &str, condition: Value| {
        of_organization.then(|| {
            json!({ "Effect": "Allow", "Principal": "*",
            "Action": "s3:GetObject", "Resource": sub(objects), "Condition": condition })
        })
    };
    let organization = json!({ "aws:PrincipalOrgID": reference("OrganizationId") });
    let code = allowed(
        &format!("arn:${{AWS::Partition}}:s3:::{CODE_BUCKET}/*"),
        json!({ "StringEquals": organization }),
    );
    let tag = only_when(
        HAS_SETTINGS,
        json!({ "Key": "plumbline:settings", "Value": reference(SETTINGS) }),
    );
    bucket(resources, "CodeBucket", CODE_BUCKET, None, code, Some(tag));
    let functions =
        json!({ "aws:PrincipalArn": sub("arn:${AWS::Partition}:iam::*:role/plumbline-*") });
    let register = allowed(
        &format!("arn:${{AWS::Partition}}:s3:::{REGISTER_BUCKET}/{REGISTER_KEY}"),
        json!({ "StringEquals": organization, "ArnLike": functions }),
    );
    bucket(resources, "RegisterBucket", REGISTER_BUCKET, Some(IS_HOME), register, None);
}

fn outputs() -> Members {
    let mut outputs = Members::new();
    outputs.set(
        "CodeBucket",
        json!({ "Description": "Where the code and the templates of this Region are", "Value": reference("CodeBucket") }),
    );
    outputs.set(
        "RegisterBucket",
        json!({ "Description": "Where the register is", "Condition": IS_HOME,
            "Value": reference("RegisterBucket") }),
    );
    outputs
}

/// Where a template of a release is, for CloudFormation.
fn template_url(name: &str, release: &str) -> Value {
    sub(&format!(
        "https://{CODE_BUCKET}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/${{{release}}}/{name}.yaml"
    ))
}

/// What the templates of functions are given.
fn function_parameters() -> Members {
    let all = super::functions::parameters();
    let mut given = handed_on(all.names());
    given.set("Register", sub(&format!("s3://{REGISTER_BUCKET}/{REGISTER_KEY}")));
    given
}

/// A template of functions as a stack of its own, of the release that a parameter names.
fn nested(name: &str, exists: &str, release: &str) -> Value {
    let mut given = function_parameters();
    given.set(RELEASE, reference(release));
    resource_when(
        exists,
        NESTED,
        json!({ "TemplateURL": template_url(name, release), "Parameters": given.0 }),
    )
}

/// A conformance pack of the chosen level.
fn pack(
    kind: PackScope,
    exists: &str,
    resource_type: &str,
    name_property: &str,
    others: &[(&str, &str)],
) -> Value {
    let name = match kind {
        PackScope::Global => "global",
        PackScope::Regional => "regional",
    };
    let of_level = |level| Pack { kind, level }.parameters();
    let level_1 = of_level(1);
    let given: Vec<Value> = of_level(2)
        .keys()
        .map(|name| {
            let given = json!({ "ParameterName": name, "ParameterValue": reference(name) });
            // The pack of level 1 does not know the others.
            if level_1.contains_key(name) { given } else { only_when(IS_LEVEL_2, given) }
        })
        .collect();
    let mut pack = resource_when(
        exists,
        resource_type,
        json!({
            "TemplateS3Uri": sub(&format!("s3://{CODE_BUCKET}/${{Release}}/conformance-pack-{name}-level-${{Level}}.yaml")),
            "ConformancePackInputParameters": given
        }),
    );
    pack["Properties"][name_property] = json!(format!("plumbline-{name}"));
    after(&mut pack, others);
    pack
}

/// AWS Config forwards every custom rule's evaluations to Security Hub under the rule's name, as
/// findings without reasons. Those of our rules repeat ours.
fn automation_rule() -> Value {
    let ours: Vec<Value> = CONTROLS
        .into_iter()
        .map(Control::rule_name)
        .map(|name| json!({ "Value": name, "Comparison": "PREFIX" }))
        .collect();
    resource_when(
        SUPPRESSES,
        "AWS::SecurityHub::AutomationRule",
        json!({
            "RuleName": "plumbline-duplicates",
            "RuleOrder": 100,
            "RuleStatus": "ENABLED",
            "Description": "Suppresses what AWS Config forwards of Plumbline's rules: Plumbline's \
                own findings say the same with reasons.",
            "Criteria": { "ProductName": [{ "Value": "Config", "Comparison": "EQUALS" }],
            "Title": ours },
            "Actions": [{
                "Type": "FINDING_FIELDS_UPDATE",
                "FindingFieldsUpdate": {
                    "Workflow": { "Status": "SUPPRESSED" },
                    "Note": { "Text": "Plumbline's finding of the same control and resource has \
                        the reason.", "UpdatedBy": "plumbline" }
                }
            }]
        }),
    )
}

/// `single-account.yaml`.
pub(super) fn single_account() -> Value {
    let mut resources = Members::new();
    buckets(&mut resources, false);
    resources.set("FunctionsGlobal", nested("functions-global", DEPLOYS_HOME, RELEASE));
    let mut regional = nested("functions-regional", HAS_RELEASE, RELEASE);
    after(&mut regional, &[("FunctionsGlobal", DEPLOYS_HOME)]);
    resources.set("FunctionsRegional", regional);
    let (kind, name) = ("AWS::Config::ConformancePack", "ConformancePackName");
    resources.set(
        "PackGlobal",
        pack(PackScope::Global, HAS_GLOBAL_PACK, kind, name, &[("FunctionsGlobal", DEPLOYS_HOME)]),
    );
    resources.set(
        "PackRegional",
        pack(PackScope::Regional, HAS_PACKS, kind, name, &[("FunctionsRegional", HAS_RELEASE)]),
    );
    resources.set("DuplicatesRule", automation_rule());
    template(
        "Plumbline in one account: one stack in each Region, the home Region first. Twice: without \
         a release for the buckets, and with one.",
        &[
            ("Parameters", &parameters()),
            ("Conditions", &conditions()),
            ("Resources", &resources),
            ("Outputs", &outputs()),
        ],
    )
}

/// `organization.yaml`.
pub(super) fn organization() -> Value {
    const HERE_GLOBAL: &str = "FunctionsHereGlobal";
    const HERE_REGIONAL: &str = "FunctionsHereRegional";
    const HAS_MANAGEMENT: &str = "HasManagementAccountId";
    let mut parameters = parameters();
    let list = |doc: &str| json!({ "Type": "CommaDelimitedList", "Description": doc });
    parameters.set(
        "OrganizationId",
        needed(
            "The organization's id",
            "^o-[a-z0-9]{10,32}$",
            "An organization's id like o-a1b2c3d4e5",
        ),
    );
    let mut units =
        list("The roots or organizational units whose accounts get the functions, with commas");
    units["AllowedPattern"] = json!("^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$");
    parameters.set("OrganizationalUnitIds", units);
    let mut regions = list("All Regions, with commas, the home Region too");
    regions["AllowedPattern"] = json!(REGION_PATTERN);
    parameters.set("Regions", regions);
    parameters.set(
        "PacksByStack",
        choice(
            "Whether this stack makes the organization's conformance packs; one that fails in a \
             single account takes the stack's change back. plumbline deploy puts them itself, \
             account by account",
            &["true", "false"],
        ),
    );
    let mut excluded = list(
        "Accounts that get no rules, with commas. Where this stack makes the packs, those without \
         functions are to be named too",
    );
    excluded["Default"] = json!("");
    excluded["AllowedPattern"] = json!("^([0-9]{12})?$");
    parameters.set("ExcludedAccounts", excluded);
    parameters.set(
        "FunctionsHere",
        choice(
            "Whether this account gets the functions by this stack: the management account, \
             which stack sets leave out",
            &["false", "true"],
        ),
    );
    parameters.set(
        RELEASE_HERE,
        matching(
            parameter(
                "The release of this account's own functions, and with any the aggregator, queries \
                 and automation rule: apart from Release, so that what fails here is not taken \
                 back \
                 from all accounts",
                "",
            ),
            "^[A-Za-z0-9.+-]*$",
        ),
    );
    parameters.set(
        "CallAs",
        choice(
            "Whether this is the management account, or a delegated administrator of stack sets",
            &["SELF", "DELEGATED_ADMIN"],
        ),
    );
    parameters.set(
        "ManagementAccountId",
        matching(
            parameter(
                "The management account, to which a delegated administrator's stack \
                 sets belong; this account when empty",
                "",
            ),
            "^([0-9]{12})?$",
        ),
    );
    parameters.set(
        "Aggregator",
        choice("Whether an aggregator of AWS Config over the organization is made", &["on", "off"]),
    );
    parameters
        .set("Queries", choice("Whether queries for the aggregator are stored", &["on", "off"]));

    let mut conditions = conditions();
    conditions.set(HAS_RELEASE_HERE, given(RELEASE_HERE));
    conditions.set(DEPLOYS_HOME_HERE, both(condition(HAS_RELEASE_HERE), condition(IS_HOME)));
    conditions.set(
        SUPPRESSES,
        json!({ "Fn::And": [condition(HAS_RELEASE_HERE), equals("AutomationRule", "on"),
            equals("SecurityHub", "on")] }),
    );
    conditions
        .set(HERE_REGIONAL, both(condition(HAS_RELEASE_HERE), equals("FunctionsHere", "true")));
    conditions.set(HERE_GLOBAL, both(condition(HERE_REGIONAL), condition(IS_HOME)));
    conditions.set(HAS_MANAGEMENT, given("ManagementAccountId"));
    conditions.set(
        HAS_PACKS,
        json!({ "Fn::And": [condition(HAS_RELEASE), equals("Packs", "on"),
            equals("PacksByStack", "true")] }),
    );
    conditions.set("HasAggregator", both(condition(DEPLOYS_HOME_HERE), equals("Aggregator", "on")));
    conditions.set("HasQueries", both(condition(DEPLOYS_HOME_HERE), equals("Queries", "on")));
    conditions.set(
        "HasExcludedAccounts",
        json!({ "Fn::Not": [{ "Fn::Equals": [{ "Fn::Join": ["", reference("ExcludedAccounts")] },
            ""] }] }),
    );

    let mut resources = Members::new();
    buckets(&mut resources, true);
    resources
        .set("StackSetGlobal", stack_set("functions-global", json!([reference("HomeRegion")])));
    let mut regional = stack_set("functions-regional", reference("Regions"));
    let owner = when(HAS_MANAGEMENT, reference("ManagementAccountId"), reference("AWS::AccountId"));
    let arn = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${Owner}:stackset/${StackSetGlobal.StackSetId}";
    // A new account gets both at once otherwise, and the roles are in the first.
    regional["Properties"]["AutoDeployment"]["DependsOn"] =
        json!([{ "Fn::Sub": [arn, { "Owner": owner }] }]);
    resources.set("StackSetRegional", regional);
    resources.set("FunctionsGlobal", nested("functions-global", HERE_GLOBAL, RELEASE_HERE));
    let mut here = nested("functions-regional", HERE_REGIONAL, RELEASE_HERE);
    after(&mut here, &[("FunctionsGlobal", HERE_GLOBAL)]);
    resources.set("FunctionsRegional", here);

    let (kind, name) =
        ("AWS::Config::OrganizationConformancePack", "OrganizationConformancePackName");
    for (id, mut pack) in [
        (
            "PackGlobal",
            pack(
                PackScope::Global,
                HAS_GLOBAL_PACK,
                kind,
                name,
                &[("StackSetGlobal", DEPLOYS_HOME), ("FunctionsGlobal", HERE_GLOBAL)],
            ),
        ),
        (
            "PackRegional",
            pack(
                PackScope::Regional,
                HAS_PACKS,
                kind,
                name,
                &[("StackSetRegional", DEPLOYS_HOME), ("FunctionsRegional", HERE_REGIONAL)],
            ),
        ),
    ] {
        pack["Properties"]["ExcludedAccounts"] =
            only_when("HasExcludedAccounts", reference("ExcludedAccounts"));
        resources.set(id, pack);
    }
    resources.set("DuplicatesRule", automation_rule());
    aggregation(&mut resources);
    template(
        "Plumbline in an organization, from its management account or a delegated administrator: \
         one stack in each Region, the home Region first. Twice: without a release for the \
         buckets, \
         and with one.",
        &[
            ("Parameters", &parameters),
            ("Conditions", &conditions),
            ("Resources", &resources),
            ("Outputs", &outputs()),
        ],
    )
}

/// Functions in all accounts, and in those that come later.
fn stack_set(name: &str, regions: Value) -> Value {
    let given: Vec<Value> = function_parameters()
        .into_iter()
        .map(|(name, value)| json!({ "ParameterKey": name, "ParameterValue": value }))
        .collect();
    resource_when(
        DEPLOYS_HOME,
        STACK_SET,
        json!({
            "StackSetName": format!("plumbline-{name}"),
            "Description": "Plumbline's functions",
            "PermissionModel": "SERVICE_MANAGED",
            "CallAs": reference("CallAs"),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "AutoDeployment": { "Enabled": true, "RetainStacksOnAccountRemoval": false },
            "ManagedExecution": { "Active": true },
            // One account that cannot be deployed to must not take the others back: it is reported.
            "OperationPreferences": {
                "RegionConcurrencyType": "PARALLEL", "MaxConcurrentPercentage": 25,
                "FailureTolerancePercentage": 100, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"
            },
            "StackInstancesGroup": [{ "DeploymentTargets": { "OrganizationalUnitIds": reference("OrganizationalUnitIds") }, "Regions": regions }],
            "TemplateURL": template_url(name, RELEASE),
            "Parameters": given
        }),
    )
}

/// The aggregator, its role and the queries for it.
fn aggregation(resources: &mut Members) {
    resources.set(
        "AggregatorRole",
        resource_when(
            "HasAggregator",
            "AWS::IAM::Role",
            json!({
                "RoleName": "plumbline-aggregator",
                "Description": "AWS Config lists the organization's accounts with this role",
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Effect": "Allow",
                    "Principal": { "Service": "config.amazonaws.com" },
                    "Action": "sts:AssumeRole" }]
                },
                "ManagedPolicyArns": [sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSConfigRoleForOrganizations")]
            }),
        ),
    );
    resources.set(
        "OrganizationAggregator",
        resource_when(
            "HasAggregator",
            "AWS::Config::ConfigurationAggregator",
            json!({
                "ConfigurationAggregatorName": "plumbline",
                "OrganizationAggregationSource": { "RoleArn": attribute("AggregatorRole", "Arn"),
                "AwsRegions": reference("Regions") }
            }),
        ),
    );
    // A pack's item has the results of its rules, so nobody else's rules are in it. The names are
    // those that AWS Config gives an organization's packs in its accounts. What the language can:
    // https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html and
    // query-components.html, example-query.html beside it; the properties:
    // https://github.com/awslabs/aws-config-resource-schema,
    // AWS::Config::ConformancePackCompliance.
    const OURS: &str = "resourceType = 'AWS::Config::ConformancePackCompliance' AND resourceName \
        LIKE 'OrgConformsPack-plumbline-%'";
    let queries = [
        (
            "plumbline-by-control",
            "For each account, Region and pack: its rules, one for each control, and whether all \
             their resources comply",
            format!(
                "SELECT accountId, awsRegion, resourceName, \
                 configuration.configRuleList.configRuleName, \
                 configuration.configRuleList.complianceType WHERE {OURS}"
            ),
        ),
        (
            "plumbline-by-account",
            "How many controls comply and how many do not, for each account, Region and pack. The \
             total counts those without results too",
            format!(
                "SELECT accountId, awsRegion, resourceName, configuration.complianceType, \
                 configuration.compliantRuleCount, configuration.nonCompliantRuleCount, \
                 configuration.totalRuleCount WHERE {OURS} ORDER BY accountId"
            ),
        ),
        (
            "plumbline-worst-offenders",
            "Accounts by the controls that do not comply, counted once in each Region; the first \
             page only, as AWS Config does not page what is ordered by a sum",
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
                "HasQueries",
                "AWS::Config::StoredQuery",
                json!({ "QueryName": name, "QueryDescription": doc,
                    "QueryExpression": expression }),
            ),
        );
    }
}
