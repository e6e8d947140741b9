//! `reconcile.yaml`: deploys to the accounts of an organization again, on a schedule and when
//! accounts change. A project of AWS CodeBuild runs the command line that is in the code bucket.
//!
//! The project runs unattended, so its role can correct the accounts of a deployment and nothing
//! else: it cannot create or change roles, policies, functions or code, and cannot delete stacks or
//! packs. The command line itself rejects another release and other settings.

use plumbline_core::operation::{config, organizations, s3, securityhub};
use serde_json::{Value, json};

use crate::builders::{
    Members, attribute, equals, given, in_this_region, only_when, placeholder, reference, resource,
    sub, when,
};
use crate::contract::{
    CODE_BUCKET_PREFIX, OFF, ON, RELEASE, SETTINGS, code_bucket, function_parameters, settings,
};
use crate::functions::{HAS_ALARM_TOPIC, HAS_LOG_KEY};
use crate::guardrails::{
    bucket_key, bucket_key_conditions, reads_with_bucket_keys, role_conditions, role_parameters,
};
use crate::parameter::TemplateParameter;
use crate::permissions::{OwnRole, allow, trust_of_service};
use crate::role_names::{with_path, with_prefix};
use crate::template::Template;

/// The template, and the end of the names of the stack and its resources.
pub const RECONCILE_TEMPLATE: &str = "reconcile";
/// The stack in the home Region, its project, and its role with the default prefix.
pub const RECONCILE_STACK: &str = "plumbline-reconcile";
/// Whether an organization's deployment is reconciled: [`ON`] or [`OFF`].
pub const RECONCILE: &str = "Reconcile";
/// The SHA-256 digest of the command line that the project runs.
pub const RECONCILE_PROGRAM: &str = "ReconcileProgram";
/// The processor architecture of this program.
pub const RECONCILE_ARCHITECTURE: &str = "ReconcileArchitecture";

/// The Regions without AWS CodeBuild. Source: the resource specifications of AWS CloudFormation in
/// cfn-lint.
pub const WITHOUT_CODEBUILD: [&str; 3] = ["ap-east-2", "ca-west-1", "mx-central-1"];

/// The architectures of the program. The first is the default.
pub const PROGRAM_ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

const HAS_SETTINGS: &str = "HasSettings";
const IS_ARM: &str = "IsArm";

/// The CloudTrail events of AWS Organizations and AWS Control Tower after which accounts lack parts
/// of the deployment, or have parts that they should not have.
/// Sources: the chapters on CloudTrail in the AWS Organizations User Guide, and
/// <https://docs.aws.amazon.com/controltower/latest/userguide/lifecycle-events.html>.
const EVENTS: [&str; 6] = [
    "CreateAccountResult",
    "AcceptHandshake",
    "MoveAccount",
    "CloseAccountResult",
    "RemoveAccountFromOrganization",
    "CreateManagedAccount",
];

/// Minutes after which a run is stopped. The next scheduled run continues.
const TIMEOUT_MINUTES: u16 = 240;

/// Hours without a successful run after which the alarm goes into the ALARM state: two scheduled
/// runs and an hour.
const ALARM_HOURS: u16 = 13;

/// The commands of a run. Nothing of an event is in them: events only start the project.
const BUILDSPEC: [&str; 5] = [
    "aws s3 cp --no-progress s3://${CodeBucketPrefix}-${AWS::Region}/${Release}/\
     plumbline-${ReconcileProgram} plumbline",
    "echo '${ReconcileProgram}  plumbline' | sha256sum --check --strict",
    "chmod 755 plumbline",
    "aws s3 cp --no-progress s3://${CodeBucketPrefix}-${AWS::Region}/${Release}/bootstrap.zip \
     bootstrap.zip",
    "./plumbline deploy --organization --as-deployed --home-region ${AWS::Region} \
     --code bootstrap.zip --apply --format json",
];

/// Returns the key of the command line in the code bucket of the home Region.
pub fn program_key(release: &str, digest: &str) -> String {
    format!("{release}/plumbline-{digest}")
}

/// Returns the parameters that store the settings in the stack of an organization.
pub(crate) fn reconcile_parameters() -> Vec<TemplateParameter> {
    let [program, architecture] = program_parameters();
    vec![
        TemplateParameter::choice(
            RECONCILE,
            "Run plumbline deploy again on a schedule and when accounts change",
            &[OFF, ON],
        )
        .derived("use --reconcile instead"),
        program.or("").derived("use --reconcile-program instead"),
        architecture.derived("use --reconcile-program instead"),
    ]
}

fn program_parameters() -> [TemplateParameter; 2] {
    [
        TemplateParameter::required(
            RECONCILE_PROGRAM,
            "SHA-256 digest of the command line in the folder of the release",
            "^([0-9a-f]{64})?$",
            "must be a SHA-256 digest in hexadecimal digits",
        ),
        TemplateParameter::choice(
            RECONCILE_ARCHITECTURE,
            "Processor architecture of the command line",
            &PROGRAM_ARCHITECTURES,
        ),
    ]
}

/// Adds outputs with the values of the parameters, because every parameter must be used.
pub(crate) fn reconcile_outputs(conditions: &mut Members, outputs: &mut Members) {
    const IS_RECONCILED: &str = "IsReconciled";
    conditions.set(IS_RECONCILED, equals(RECONCILE, ON));
    for name in [RECONCILE, RECONCILE_PROGRAM, RECONCILE_ARCHITECTURE] {
        outputs.set(name, json!({ "Condition": IS_RECONCILED, "Value": reference(name) }));
    }
}

/// Creates `reconcile.yaml`.
pub fn reconcile() -> Template {
    let shared = [RELEASE, CODE_BUCKET_PREFIX, "LogRetentionDays", "LogKmsKeyArn", "AlarmTopicArn"];
    let mut parameters = function_parameters();
    parameters.retain(|parameter| shared.contains(&parameter.name()));
    parameters.extend(program_parameters());
    parameters.extend([settings(), bucket_key()]);
    parameters.extend(role_parameters());
    let mut conditions = role_conditions().with(bucket_key_conditions());
    conditions.set(HAS_LOG_KEY, given("LogKmsKeyArn"));
    conditions.set(HAS_ALARM_TOPIC, given("AlarmTopicArn"));
    conditions.set(HAS_SETTINGS, given(SETTINGS));
    conditions.set(IS_ARM, equals(RECONCILE_ARCHITECTURE, "arm64"));
    let mut resources = Members::new();
    let tag = json!({ "Key": "plumbline:settings", "Value": reference(SETTINGS) });
    resources.set(
        "Log",
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": format!("/aws/codebuild/{RECONCILE_STACK}"),
                "RetentionInDays": reference("LogRetentionDays"),
                "KmsKeyId": only_when(HAS_LOG_KEY, in_this_region("kms", "LogKmsKeyArn")),
                "Tags": only_when(HAS_SETTINGS, json!([tag]))
            }
        }),
    );
    let role = OwnRole {
        ids: ("Role", "Policy"),
        name: sub(&with_prefix(RECONCILE_STACK)),
        description: "Role with which Plumbline deploys to the accounts of the organization again",
        trust: trust_of_service("codebuild.amazonaws.com"),
        exists: None,
    };
    role.add(&mut resources, statements());
    resources.set("Project", project());
    let start = OwnRole {
        ids: ("StartRole", "StartPolicy"),
        name: sub(&with_prefix("plumbline-reconcile-start")),
        description: "Role with which Amazon EventBridge starts Plumbline's project",
        trust: trust_of_service("events.amazonaws.com"),
        exists: None,
    };
    start.add(
        &mut resources,
        vec![allow(
            ["codebuild:StartBuild"],
            &format!(
                "arn:${{AWS::Partition}}:codebuild:${{AWS::Region}}:${{AWS::AccountId}}:project/\
                {RECONCILE_STACK}"
            ),
        )],
    );
    resources.set("Rule", rule());
    for (id, alarm) in alarms() {
        resources.set(id, alarm);
    }
    Template::new(
        RECONCILE_TEMPLATE,
        "Plumbline: deploys to the accounts of an organization again, every six hours and when \
         accounts change. In the home Region of the deploying account.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}

fn project() -> Value {
    let commands: String =
        BUILDSPEC.iter().map(|command| format!("      - {}\n", json!(command))).collect();
    let buildspec = format!("version: 0.2\nphases:\n  build:\n    commands:\n{commands}");
    resource(
        "AWS::CodeBuild::Project",
        json!({
            "Name": RECONCILE_STACK,
            "Description": "Deploys to the accounts of the organization again",
            "ServiceRole": attribute("Role", "Arn"),
            "Source": { "Type": "NO_SOURCE", "BuildSpec": sub(&buildspec) },
            "Artifacts": { "Type": "NO_ARTIFACTS" },
            "Environment": {
                "Type": when(IS_ARM, json!("ARM_CONTAINER"), json!("LINUX_CONTAINER")),
                "Image": when(
                    IS_ARM,
                    json!("aws/codebuild/amazonlinux-aarch64-standard:3.0"),
                    json!("aws/codebuild/amazonlinux-x86_64-standard:5.0"),
                ),
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "PrivilegedMode": false
            },
            "LogsConfig": {
                "CloudWatchLogs": { "Status": "ENABLED", "GroupName": reference("Log") }
            },
            // A second run would wait for the stacks of the first.
            "ConcurrentBuildLimit": 1,
            "TimeoutInMinutes": TIMEOUT_MINUTES,
            "Visibility": "PRIVATE"
        }),
    )
}

/// The rule that starts the project. The input is constant, so that no event changes the build.
fn rule() -> Value {
    let pattern = json!({
        "source": ["aws.organizations", "aws.controltower"],
        "detail-type": ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"],
        "detail": { "eventName": EVENTS }
    });
    resource(
        "AWS::Events::Rule",
        json!({
            "Name": RECONCILE_STACK,
            "Description": "Starts Plumbline's project every six hours and when accounts change",
            "ScheduleExpression": "rate(6 hours)",
            "EventPattern": pattern,
            "State": "ENABLED",
            "Targets": [{
                "Id": "project",
                "Arn": attribute("Project", "Arn"),
                "RoleArn": attribute("StartRole", "Arn"),
                "Input": "{}",
                // While a run is in progress, another one cannot start. A lost event is made up for
                // by the schedule.
                "RetryPolicy": { "MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 30 }
            }]
        }),
    )
}

fn alarms() -> [(&'static str, Value); 2] {
    let alarm = |name: &str, doc: &str, metric: &str, hours: u16, comparison: Value| {
        let mut properties = json!({
            "AlarmName": format!("{RECONCILE_STACK}-{name}"),
            "AlarmDescription": doc,
            "Namespace": "AWS/CodeBuild",
            "MetricName": metric,
            "Dimensions": [{ "Name": "ProjectName", "Value": reference("Project") }],
            "Statistic": "Sum",
            "Period": 3600,
            "EvaluationPeriods": hours,
            "AlarmActions": only_when(
                HAS_ALARM_TOPIC,
                json!([in_this_region("sns", "AlarmTopicArn")]),
            )
        });
        if let (Some(properties), Value::Object(comparison)) =
            (properties.as_object_mut(), comparison)
        {
            properties.extend(comparison);
        }
        resource("AWS::CloudWatch::Alarm", properties)
    };
    let failed = json!({ "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching" });
    let missing = json!({ "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching" });
    let doc = "plumbline deploy did not complete in all accounts. The log group \
        /aws/codebuild/plumbline-reconcile has the reasons";
    [
        ("AlarmFailed", alarm("failed", doc, "FailedBuilds", 1, failed)),
        (
            "AlarmMissing",
            alarm(
                "missing",
                "plumbline deploy did not complete in any run of the last hours",
                "SucceededBuilds",
                ALARM_HOURS,
                missing,
            ),
        ),
    ]
}

/// Returns the permissions of a run: those of a dry run, and those to change what depends on the
/// accounts of the organization.
fn statements() -> Vec<Value> {
    let own = |service: &str, rest: &str| {
        format!("arn:${{AWS::Partition}}:{service}:*:${{AWS::AccountId}}:{rest}")
    };
    let below = |rest: &str| format!("arn:${{AWS::Partition}}:organizations::*:{rest}");
    let mut statements = vec![
        allow(
            [
                "ec2:DescribeRegions",
                organizations::DESCRIBE_ORGANIZATION.action,
                organizations::LIST_ACCOUNTS.action,
                "organizations:ListAWSServiceAccessForOrganization",
                "organizations:ListDelegatedAdministrators",
                "organizations:ListRoots",
                "cloudformation:DescribeOrganizationsAccess",
                // Of a template that no stack set has yet.
                "cloudformation:GetTemplateSummary",
                config::DESCRIBE_CONFIGURATION_RECORDER_STATUS.action,
                "config:DescribeOrganizationConformancePackStatuses",
                "config:DescribeOrganizationConformancePacks",
                "lambda:ListFunctions",
                "logs:DescribeIndexPolicies",
                "logs:DescribeLogGroups",
            ],
            "*",
        ),
        allow(["account:ListRegions"], "arn:${AWS::Partition}:account::*:account/o-*/*"),
        allow(["organizations:ListDelegatedServicesForAccount"], &below("account/o-*/*")),
        allow(
            [
                "config:GetOrganizationConformancePackDetailedStatus",
                "config:PutOrganizationConformancePack",
            ],
            &own("config", "organization-conformance-pack/plumbline-*"),
        ),
        allow([securityhub::DESCRIBE_HUB.action], &own("securityhub", "hub/default")),
        allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            &own("logs", &format!("log-group:/aws/codebuild/{RECONCILE_STACK}:log-stream:*")),
        ),
        allow(
            [
                "logs:GetDataProtectionPolicy",
                "logs:ListTagsForResource",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            &own("logs", "log-group:/aws/lambda/plumbline-*"),
        ),
        allow(
            [
                "states:DescribeStateMachine",
                "states:ListTagsForResource",
                "states:UpdateStateMachine",
            ],
            &own("states", "stateMachine:plumbline-organization"),
        ),
    ];
    for unit in ["root/o-*/r-*", "ou/o-*/ou-*"] {
        let actions = [
            organizations::LIST_ACCOUNTS_FOR_PARENT.action,
            organizations::LIST_ORGANIZATIONAL_UNITS_FOR_PARENT.action,
        ];
        statements.push(allow(actions, &below(unit)));
    }
    for stack in ["stack/plumbline/*", "stack/plumbline-*/*"] {
        statements.push(allow(
            [
                "cloudformation:CreateChangeSet",
                "cloudformation:DeleteChangeSet",
                "cloudformation:DescribeChangeSet",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStacks",
                "cloudformation:ExecuteChangeSet",
                "cloudformation:UpdateStack",
            ],
            &own("cloudformation", stack),
        ));
    }
    // The stack sets of a delegated administrator belong to the management account.
    let changes = [
        "cloudformation:CreateStackInstances",
        "cloudformation:DeleteStackInstances",
        "cloudformation:UpdateStackInstances",
        "cloudformation:UpdateStackSet",
    ];
    let reads = [
        "cloudformation:DescribeStackInstance",
        "cloudformation:DescribeStackSet",
        "cloudformation:DescribeStackSetOperation",
        "cloudformation:ListStackInstances",
        "cloudformation:ListStackSetOperationResults",
    ];
    let sets = |rest: &str| format!("arn:${{AWS::Partition}}:cloudformation:*:*:{rest}");
    statements.push(allow(reads.into_iter().chain(changes), &sets("stackset/plumbline-*:*")));
    statements.push(allow(changes, &sets("stackset-target/plumbline-*")));
    let bucket = code_bucket(&placeholder(CODE_BUCKET_PREFIX), "*");
    for (actions, on) in [
        (BUCKET_ACTIONS.as_slice(), bucket.clone()),
        (&[s3::GET_OBJECT.action], format!("{bucket}/*")),
    ] {
        let mut statement =
            allow(actions.iter().copied(), &format!("arn:${{AWS::Partition}}:s3:::{on}"));
        restrict(&mut statement, "aws:ResourceAccount", reference("AWS::AccountId"));
        statements.push(statement);
    }
    statements.push(reads_with_bucket_keys());
    let states = with_path("plumbline-organization-states");
    let mut pass = allow(
        ["iam:PassRole"],
        &format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{states}"),
    );
    restrict(&mut pass, "iam:PassedToService", json!("states.amazonaws.com"));
    // AWS Config enables its own access when a pack is deployed.
    let mut enable = allow(["organizations:EnableAWSServiceAccess"], "*");
    let service = json!("config-multiaccountsetup.amazonaws.com");
    restrict(&mut enable, "organizations:ServicePrincipal", service);
    statements.extend([pass, enable]);
    statements
}

/// The actions on buckets with which AWS CloudFormation reads a bucket and changes its tags.
const BUCKET_ACTIONS: [&str; 10] = [
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:PutBucketTagging",
];

/// Adds a condition to a statement.
fn restrict(statement: &mut Value, key: &str, value: Value) {
    if let Some(members) = statement.as_object_mut() {
        members.insert("Condition".to_owned(), json!({ "StringEquals": { key: value } }));
    }
}
