//! The functions with logs, roles and alarms, one set per control.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use std::collections::BTreeMap;

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use crate::builders::{
    Members, attribute, code_bucket_name, equals, given, in_this_region, logical_id, only_when,
    placeholder, reference, resource, resource_when, sub, when,
};
use crate::contract::{
    DOCS_URL, FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL, HOME_REGION, ON, PACKS, PackScope, RELEASE,
    ROLES, SECURITY_HUB, code_key, function_parameters,
};
use crate::guardrails::{bucket_key, name_parameters, role_parameters};
use crate::own_choices::{roles, rule_parameters};
use crate::own_roles::{self, add_roles, own_role_name, role_arn};
use crate::packs::{PackLevel, PackTemplate, pack_parameter};
use crate::parameter::TemplateParameter;
use crate::permissions::{HAS_REGISTER, HAS_REGISTER_OWNER};
use crate::registers;
use crate::stack_packs::{PackBody, pack_conditions, stack_pack};
use crate::template::Template;

/// The prefix of the function names in an account with its own functions.
const OWN_PREFIX: &str = "plumbline";

const HAS_PACK: &str = "HasPack";
/// Whether `functions-global.yaml` has the roles: in a single account, and during an upgrade.
const HAS_FORMER_ROLES: &str = "HasFormerRoles";
pub(crate) const HAS_DOCS_URL: &str = "HasDocsUrl";
pub(crate) const HAS_LOG_KEY: &str = "HasLogKey";
pub(crate) const HAS_RESERVED_CONCURRENCY: &str = "HasReservedConcurrency";
pub(crate) const HAS_ALARM_TOPIC: &str = "HasAlarmTopic";
const IS_SCANNED_ONCE: &str = "IsScannedOnce";

/// The tags of a function that Amazon Inspector does not scan.
/// Source: <https://docs.aws.amazon.com/inspector/latest/user/scanning-lambda.html>
const INSPECTOR_EXCLUSIONS: [(&str, &str); 2] = [
    ("InspectorExclusion", "LambdaStandardScanning"),
    ("InspectorCodeExclusion", "LambdaCodeScanning"),
];

/// Five minutes. AWS can take one minute to create a credential report, and large accounts take
/// long. A long timeout costs nothing if a function ends earlier.
const TIMEOUT_SECONDS: u16 = 300;

/// Returns the conditions of templates with functions.
pub(crate) fn conditions() -> Members {
    let mut conditions = Members::new();
    for (name, of) in [
        (HAS_REGISTER, "Register"),
        (HAS_REGISTER_OWNER, "RegisterOwner"),
        (HAS_DOCS_URL, DOCS_URL),
        (HAS_LOG_KEY, "LogKmsKeyArn"),
        (HAS_RESERVED_CONCURRENCY, "ReservedConcurrency"),
        (HAS_ALARM_TOPIC, "AlarmTopicArn"),
    ] {
        conditions.set(name, given(of));
    }
    conditions.set(IS_SCANNED_ONCE, equals("InspectorScanning", "once"));
    conditions
}

/// The common settings of the functions in a template.
pub(crate) struct Functions<'a> {
    /// The prefix of the names, before a dash and the control ID.
    pub(crate) prefix: &'static str,
    /// The role of a control's function.
    pub(crate) role: &'a dyn Fn(&Control) -> Value,
    /// Additional environment variables.
    pub(crate) variables: Members,
    /// The VPC of the functions.
    pub(crate) vpc: Value,
    /// Whether rules of the functions' own account invoke them.
    pub(crate) own_account: bool,
    /// The condition under which a control's function exists, in addition to those of the template.
    pub(crate) exists: &'a dyn Fn(&Control) -> Option<&'static str>,
}

impl Functions<'_> {
    /// Creates a control's function with log group, permission and alarm.
    pub(crate) fn of(&self, control: &'static Control) -> Members {
        let function = logical_id("Function", control);
        let name = format!("{}-{}", self.prefix, control.id.dashed());
        let mut resources = Members::new();
        resources.set(
            &logical_id("Log", control),
            json!({
                "Type": "AWS::Logs::LogGroup",
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {
                    "LogGroupName": sub(&format!("/aws/lambda/{name}")),
                    "RetentionInDays": reference("LogRetentionDays"),
                    "KmsKeyId": only_when(HAS_LOG_KEY, in_this_region("kms", "LogKmsKeyArn"))
                }
            }),
        );
        let mut made = resource(
            "AWS::Lambda::Function",
            json!({
                "FunctionName": sub(&name),
                "Description": format!("CIS AWS Foundations 1.5.0, {}: {}", control.id,
                control.title),
                "Runtime": "provided.al2023",
                "Handler": control.rule_name(),
                "Architectures": [reference("Architecture")],
                "Code": { "S3Bucket": sub(&code_bucket_name()),
                "S3Key": sub(&code_key(&placeholder(RELEASE))) },
                "Role": (self.role)(control),
                "MemorySize": reference("MemorySize"),
                "Timeout": TIMEOUT_SECONDS,
                "ReservedConcurrentExecutions": only_when(HAS_RESERVED_CONCURRENCY,
                reference("ReservedConcurrency")),
                "VpcConfig": self.vpc,
                "Tags": self.tags(control),
                "Environment": { "Variables": Value::Object(self.all_variables(control).0) }
            }),
        );
        // Otherwise Lambda would create a log group without retention.
        made["DependsOn"] = json!([logical_id("Log", control)]);
        resources.set(&function, made);
        if self.own_account {
            resources.set(
                &logical_id("Permission", control),
                permission(reference(&function), reference("AWS::AccountId")),
            );
        }
        resources.set(&logical_id("Alarm", control), errors_alarm(control, &name, &function));
        if let Some(condition) = (self.exists)(control) {
            for (name, resource) in &mut resources.0 {
                // The alarm already has a condition, and refers to its function.
                let condition = if name.starts_with("Alarm") {
                    format!("{condition}{HAS_ALARM_TOPIC}")
                } else {
                    condition.to_owned()
                };
                resource["Condition"] = json!(condition);
            }
        }
        resources
    }

    /// Returns the tags with which Amazon Inspector excludes all functions except the first. All
    /// functions run the same code, and Inspector charges for each function.
    fn tags(&self, control: &Control) -> Value {
        if CONTROLS.first().is_some_and(|first| first.id == control.id) {
            return reference("AWS::NoValue");
        }
        let tag = |(key, value)| json!({ "Key": key, "Value": value });
        let excluded = json!(INSPECTOR_EXCLUSIONS.map(tag));
        only_when(IS_SCANNED_ONCE, excluded)
    }

    fn all_variables(&self, control: &Control) -> Members {
        let mut variables = self.variables.clone();
        variables.set("PLUMBLINE_HOME_REGION", reference(HOME_REGION));
        variables.set("PLUMBLINE_REGISTER", only_when(HAS_REGISTER, reference("Register")));
        variables.set(
            "PLUMBLINE_REGISTER_OWNER",
            only_when(HAS_REGISTER_OWNER, reference("RegisterOwner")),
        );
        variables.set("PLUMBLINE_PARAMETERS", parameters_of(control));
        variables.set("PLUMBLINE_DOCS_URL", only_when(HAS_DOCS_URL, reference(DOCS_URL)));
        variables.set("PLUMBLINE_SECURITY_HUB", reference(SECURITY_HUB));
        variables.set("PLUMBLINE_PUBLISH", reference("Publish"));
        variables.set("PLUMBLINE_METRICS", reference("Metrics"));
        variables
    }
}

/// Returns the parameters of the control's rule as a JSON object. Only rules with these parameters
/// import findings.
fn parameters_of(control: &Control) -> Value {
    let members: Vec<String> = control
        .parameters()
        .map(|parameter| {
            let value = placeholder(&pack_parameter(parameter));
            format!("\"{}\":\"{value}\"", parameter.name)
        })
        .collect();
    sub(&format!("{{{}}}", members.join(",")))
}

/// Returns the parameters of a template of functions: its own, and those of the rules that invoke
/// the functions.
pub(crate) fn parameters(scopes: &[PackScope]) -> Vec<TemplateParameter> {
    let of_rules: BTreeMap<String, TemplateParameter> = scopes
        .iter()
        .flat_map(|scope| PackTemplate::new(*scope, PackLevel::Two).template_parameters())
        .map(|parameter| (parameter.name().to_owned(), parameter))
        .collect();
    function_parameters().into_iter().chain(of_rules.into_values()).collect()
}

/// Allows the rules of an account to invoke a function.
pub(crate) fn permission(function: Value, account: Value) -> Value {
    resource(
        "AWS::Lambda::Permission",
        json!({ "FunctionName": function, "Action": "lambda:InvokeFunction",
            "Principal": "config.amazonaws.com", "SourceAccount": account }),
    )
}

fn errors_alarm(control: &Control, name: &str, function: &str) -> Value {
    let doc =
        format!("The function of control {} failed, so its results can be outdated", control.id);
    let dimensions = json!([{ "Name": "FunctionName", "Value": reference(function) }]);
    alarm(&format!("{name}-errors"), &doc, "AWS/Lambda", "Errors", &dimensions)
}

/// Creates an alarm that goes into the ALARM state when a counter is above zero within an hour.
fn alarm(name: &str, doc: &str, namespace: &str, metric: &str, dimensions: &Value) -> Value {
    resource_when(
        HAS_ALARM_TOPIC,
        "AWS::CloudWatch::Alarm",
        json!({
            "AlarmName": sub(name),
            "AlarmDescription": doc,
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
            "Statistic": "Sum",
            "Period": 3600,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [in_this_region("sns", "AlarmTopicArn")]
        }),
    )
}

/// Creates the alarm on resources that could not be read, for all functions of the Region. Its name
/// has the prefix of the functions.
pub(crate) fn not_assessed_alarm(prefix: &str) -> Value {
    let doc = "Resources could not be assessed because calls to AWS failed. The function logs list \
        the calls";
    let name = format!("{prefix}-not-assessed");
    alarm(&name, doc, "Plumbline", "NotAssessed", &json!([]))
}

/// Returns the controls of a scope.
pub(crate) fn of_scope(scope: Scope) -> impl Iterator<Item = &'static Control> {
    CONTROLS.into_iter().filter(move |control| control.scope == scope)
}

/// Returns the role of a control's function. `here` is the ARN of the role in
/// `functions-global.yaml`.
fn role_of(control: &Control, here: Value) -> Value {
    when(HAS_FORMER_ROLES, here, role_arn(&own_role_name(control)))
}

/// Returns the parameters of `functions-global.yaml` or `functions-regional.yaml`.
pub(crate) fn own_parameters(scope: PackScope) -> Vec<TemplateParameter> {
    let mut parameters = parameters(&[scope]);
    parameters.extend(rule_parameters());
    parameters.push(roles());
    match scope {
        PackScope::Global => {
            parameters.extend([registers::registers(), bucket_key()]);
            parameters.extend(role_parameters());
        }
        PackScope::Regional => parameters.extend(name_parameters()),
    }
    parameters
}

/// Adds the rules of the functions, after the permissions to invoke them. The rules belong to the
/// same stack, so that no account has rules without functions.
fn add_pack(resources: &mut Members, scope: PackScope) {
    let permissions: Vec<String> =
        resources.0.keys().filter(|id| id.starts_with("Permission")).cloned().collect();
    let mut pack = stack_pack(scope, Some(HAS_PACK), PackBody::Inline);
    pack["DependsOn"] = json!(permissions);
    resources.set("Pack", pack);
}

/// Returns the conditions of `functions-global.yaml` or `functions-regional.yaml`.
fn own_conditions(scope: PackScope) -> Members {
    let mut conditions = conditions().with(pack_conditions(&[scope]));
    conditions.set(HAS_PACK, equals(PACKS, ON));
    conditions.set(HAS_FORMER_ROLES, equals(ROLES, FUNCTIONS_GLOBAL));
    conditions
}

/// Creates `functions-global.yaml`: the functions of global controls with their rules. In a single
/// account, and in an organization during an upgrade, it also has the roles of all controls.
pub fn global() -> Template {
    let mut resources = Members::new();
    add_roles(&mut resources, Control::function_name, Some(HAS_FORMER_ROLES));
    let functions = Functions {
        prefix: OWN_PREFIX,
        role: &|control| role_of(control, attribute(&logical_id("Role", control), "Arn")),
        variables: Members::new(),
        vpc: reference("AWS::NoValue"),
        own_account: true,
        exists: &|_| None,
    };
    for control in of_scope(Scope::Global) {
        resources = resources.with(functions.of(control));
    }
    add_pack(&mut resources, PackScope::Global);
    let conditions = own_conditions(PackScope::Global).with(own_roles::conditions());
    Template::new(
        FUNCTIONS_GLOBAL,
        "Plumbline: functions of the global controls with their rules. For the home Region. In a \
         single account, also the roles of all controls.",
        own_parameters(PackScope::Global),
        &[("Conditions", &conditions), ("Resources", &resources)],
    )
}

/// Creates `functions-regional.yaml`: the functions of regional controls with their rules.
pub fn regional() -> Template {
    let functions = Functions {
        prefix: OWN_PREFIX,
        role: &|control| role_of(control, role_arn(&control.function_name())),
        variables: Members::new(),
        vpc: reference("AWS::NoValue"),
        own_account: true,
        exists: &|_| None,
    };
    let mut resources = Members::new();
    for control in of_scope(Scope::Regional) {
        resources = resources.with(functions.of(control));
    }
    resources.set("AlarmNotAssessed", not_assessed_alarm(OWN_PREFIX));
    add_pack(&mut resources, PackScope::Regional);
    Template::new(
        FUNCTIONS_REGIONAL,
        "Plumbline: functions of the regional controls with their rules. own-roles creates the \
         roles in the home Region, or functions-global in a single account.",
        own_parameters(PackScope::Regional),
        &[("Conditions", &own_conditions(PackScope::Regional)), ("Resources", &resources)],
    )
}
