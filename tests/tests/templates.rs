//! The templates under `cfn/`: valid, within every limit, exactly what the controls' declarations
//! say; and deployed, their functions decide as the command line does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::aws::{Account, endpoint};
use plumbline_tests::lambda::{Event, Function};
use plumbline_tests::package;
use plumbline_tests::programs::{environment, isolated, json, program};
use plumbline_tests::verdicts::{held, scanned};
use serde_json::{Map, Value, json};

const PACKS: [(&str, Scope, u8); 4] = [
    ("conformance-pack-global-level-1", Scope::Global, 1),
    ("conformance-pack-global-level-2", Scope::Global, 2),
    ("conformance-pack-regional-level-1", Scope::Regional, 1),
    ("conformance-pack-regional-level-2", Scope::Regional, 2),
];
/// What a member's users deploy by hand, so that its text has to fit into a call.
const TOP: [&str; 2] = ["single-account", "organization"];

/// The largest template that a call may carry.
const BODY_LIMIT: usize = 51_200;
/// The largest one that CloudFormation takes from a bucket.
const BUCKET_LIMIT: usize = 1_048_576;
const RESOURCES_LIMIT: usize = 500;
const PARAMETERS_LIMIT: usize = 200;
const PACK_RULES_LIMIT: usize = 130;
const PACK_PARAMETERS_LIMIT: usize = 60;
const INPUT_PARAMETERS_LIMIT: usize = 1_024;
/// AWS Config's queries take rule names of 64 characters, and a pack appends `-conformance-pack-`
/// and nine more.
const RULE_NAME_LIMIT: usize = 36;
const DESCRIPTION_LIMIT: usize = 256;
/// What the inline policies of a role may have together, without white space.
const INLINE_POLICY_LIMIT: usize = 10_240;
/// The filters that an automation rule takes for one field.
const FILTERS_LIMIT: usize = 100;

fn folder() -> PathBuf {
    package().join("../cfn")
}

fn python() -> PathBuf {
    PathBuf::from(
        std::env::var_os("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known: use 'cargo xtask test'"),
    )
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// All templates by name, read as CloudFormation does: by the rules of YAML 1.1.
static TEMPLATES: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let script = "import json, pathlib, sys, yaml\n\
        loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)\n\
        print(json.dumps({file.stem: yaml.load(file.read_text(), loader) for file in pathlib.Path(sys.argv[1]).iterdir()}))";
    let output =
        Command::new(python()).args(["-c", script]).arg(folder()).output().expect("Python starts");
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
});

fn template(name: &str) -> &'static Value {
    TEMPLATES.get(name).unwrap_or_else(|| panic!("no template {name}"))
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

/// The resources of a type, with their ids.
fn resources(template: &'static Value, kind: &str) -> BTreeMap<&'static str, &'static Value> {
    members(&template["Resources"])
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), resource))
        .collect()
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

fn of_scope(scope: Scope) -> BTreeSet<&'static str> {
    CONTROLS
        .into_iter()
        .filter(|control| control.scope == scope)
        .map(|control| control.id.as_str())
        .collect()
}

#[test]
fn the_linter_has_nothing_to_say() {
    let linter = python().with_file_name("cfn-lint");
    let output = Command::new(linter)
        .args(["--format", "parseable", "--"])
        .args(files())
        .output()
        .expect("cfn-lint starts");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output));
}

fn files() -> Vec<PathBuf> {
    std::fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[test]
fn templates_keep_the_limits_of_cloudformation() {
    for (name, template) in TEMPLATES.iter() {
        let size =
            std::fs::metadata(folder().join(format!("{name}.yaml"))).expect("the file").len();
        let limit = if TOP.contains(&name.as_str()) { BODY_LIMIT } else { BUCKET_LIMIT };
        assert!(usize::try_from(size).expect("a size") <= limit, "{name} has {size} bytes");
        let count = |section: &str| {
            template.get(section).map_or(0, |members| members.as_object().expect("an object").len())
        };
        assert!(
            (1..=RESOURCES_LIMIT).contains(&count("Resources"))
                && count("Parameters") <= PARAMETERS_LIMIT,
            "{name}"
        );
        for (parameter, declaration) in template["Parameters"].as_object().into_iter().flatten() {
            assert!(
                declaration["Description"]
                    .as_str()
                    .is_some_and(|doc| !doc.is_empty() && doc.len() <= 4_000),
                "{name}: {parameter}"
            );
        }
    }
}

#[test]
fn no_two_things_have_the_same_name() {
    let property = |kind: &str| match kind {
        "AWS::Config::ConfigRule" => Some("ConfigRuleName"),
        "AWS::IAM::Role" => Some("RoleName"),
        "AWS::Lambda::Function" => Some("FunctionName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        "AWS::CloudWatch::Alarm" => Some("AlarmName"),
        _ => None,
    };
    // Those that one account may have together: its own functions, and with them the central ones'
    // role, or the central functions.
    for together in [
        &["functions-global", "functions-regional", "member-role", "single-account"][..],
        &["central-functions", "member-role", "organization"],
    ] {
        let mut names = BTreeSet::new();
        for name in together {
            let template = template(name);
            for (id, resource) in members(&template["Resources"]) {
                let kind = string(&resource["Type"]);
                if let Some(name) =
                    property(kind).map(|property| resource["Properties"][property].to_string())
                {
                    assert!(
                        names.insert((kind.to_owned(), name.clone())),
                        "{id}: {name} exists already"
                    );
                }
            }
        }
        assert!(names.len() > CONTROLS.len());
    }
}

#[test]
fn packs_keep_the_limits_of_aws_config() {
    for (name, _, _) in PACKS {
        let pack = template(name);
        let size =
            std::fs::metadata(folder().join(format!("{name}.yaml"))).expect("the file").len();
        assert!(usize::try_from(size).expect("a size") <= BODY_LIMIT, "{name} has {size} bytes");
        assert!(
            members(&pack["Resources"]).len() <= PACK_RULES_LIMIT
                && members(&pack["Parameters"]).len() <= PACK_PARAMETERS_LIMIT,
            "{name}"
        );
        let mut names = BTreeSet::new();
        for (id, rule) in members(&pack["Resources"]) {
            assert_eq!(rule["Type"], "AWS::Config::ConfigRule", "{name}: a pack has rules only");
            let properties = &rule["Properties"];
            let rule_name = string(&properties["ConfigRuleName"]);
            assert!(
                rule_name.len() <= RULE_NAME_LIMIT && names.insert(rule_name.to_owned()),
                "{rule_name}"
            );
            assert!(
                (1..=DESCRIPTION_LIMIT).contains(&string(&properties["Description"]).len()),
                "{id}"
            );
            let defaults: Map<String, Value> = members(&properties["InputParameters"])
                .iter()
                .map(|(name, value)| {
                    let from = value
                        .get("Ref")
                        .or_else(|| value.pointer("/Fn::If/1/Ref"))
                        .expect("a parameter of the pack");
                    (name.clone(), pack["Parameters"][string(from)]["Default"].clone())
                })
                .collect();
            assert!(
                json!(defaults).to_string().len() <= INPUT_PARAMETERS_LIMIT / 2,
                "{id}: leave room for longer values"
            );
        }
    }
}

#[test]
fn every_control_is_in_exactly_the_packs_of_its_level_and_scope() {
    for (name, scope, level) in PACKS {
        let pack = template(name);
        let rules: BTreeSet<String> = members(&pack["Resources"])
            .values()
            .map(|rule| string(&rule["Properties"]["ConfigRuleName"]).to_owned())
            .collect();
        let expected: BTreeSet<String> = CONTROLS
            .into_iter()
            .filter(|control| control.scope == scope && control.level <= level)
            .map(Control::rule_name)
            .collect();
        assert_eq!(rules, expected, "{name}");
    }
}

/// The rule of a control, in the pack that has all of its scope.
fn rule(control: &Control) -> (&'static Value, &'static Value) {
    let name = if control.scope == Scope::Global {
        "conformance-pack-global-level-2"
    } else {
        "conformance-pack-regional-level-2"
    };
    let rules = resources(template(name), "AWS::Config::ConfigRule");
    let rule = rules
        .values()
        .find(|rule| rule["Properties"]["ConfigRuleName"] == control.rule_name())
        .expect("a rule");
    (&rule["Properties"], &template(name)["Parameters"])
}

#[test]
fn rules_have_the_triggers_scope_parameters_and_function_of_their_control() {
    for control in CONTROLS {
        let (rule, parameters) = rule(control);
        let triggers: BTreeMap<&str, &Value> = rule["Source"]["SourceDetails"]
            .as_array()
            .expect("triggers")
            .iter()
            .map(|trigger| (string(&trigger["MessageType"]), trigger))
            .collect();
        assert_eq!(
            triggers["ScheduledNotification"]["MaximumExecutionFrequency"], "TwentyFour_Hours",
            "{}",
            control.id
        );
        match control.change_type() {
            Some(change) => {
                let changes = [
                    "ConfigurationItemChangeNotification",
                    "OversizedConfigurationItemChangeNotification",
                ];
                assert!(
                    triggers.len() == 3
                        && changes.iter().all(|change| triggers.contains_key(change)),
                    "{}",
                    control.id
                );
                assert_eq!(
                    rule["Scope"],
                    json!({ "ComplianceResourceTypes": [change] }),
                    "{}",
                    control.id
                );
            }
            None => assert!(
                triggers.len() == 1 && rule.get("Scope").is_none(),
                "{}: a rule without changes must have no scope",
                control.id
            ),
        }
        assert!(triggers.values().all(|trigger| trigger["EventSource"] == "aws.config"));
        assert_eq!(rule["Source"]["Owner"], "CUSTOM_LAMBDA");
        assert!(
            string(&rule["Source"]["SourceIdentifier"]["Fn::Sub"][0])
                .ends_with(&format!(":function:{}", control.function_name())),
            "{}",
            control.id
        );
        let given: BTreeSet<&str> =
            members(&rule["InputParameters"]).keys().map(String::as_str).collect();
        assert_eq!(
            given,
            control.parameters().map(|parameter| parameter.name).collect(),
            "{}",
            control.id
        );
        for parameter in control.parameters() {
            let value = &rule["InputParameters"][parameter.name];
            let (from, optional) = match value.get("Ref") {
                Some(from) => (string(from), false),
                None => (
                    string(&value["Fn::If"][1]["Ref"]),
                    value["Fn::If"][2] == json!({ "Ref": "AWS::NoValue" }),
                ),
            };
            assert_eq!(
                parameters[from]["Default"], parameter.default,
                "{}: {}",
                control.id, parameter.name
            );
            assert_eq!(
                optional,
                parameter.default.is_empty(),
                "{}: AWS Config takes no empty values",
                control.id
            );
        }
    }
}

#[test]
fn one_function_log_and_permission_a_control() {
    let mut functions = BTreeMap::new();
    for (name, scope) in
        [("functions-global", Scope::Global), ("functions-regional", Scope::Regional)]
    {
        let template = template(name);
        let here = resources(template, "AWS::Lambda::Function");
        assert_eq!(here.len(), of_scope(scope).len());
        let permissions = resources(template, "AWS::Lambda::Permission");
        let invoked: BTreeSet<&str> = permissions
            .values()
            .map(|permission| {
                let properties = &permission["Properties"];
                assert_eq!(
                    (&properties["Principal"], &properties["Action"]),
                    (&json!("config.amazonaws.com"), &json!("lambda:InvokeFunction"))
                );
                assert_eq!(properties["SourceAccount"], json!({ "Ref": "AWS::AccountId" }));
                string(&properties["FunctionName"]["Ref"])
            })
            .collect();
        assert_eq!(invoked, here.keys().copied().collect(), "{name}");
        let logs: BTreeSet<&str> = resources(template, "AWS::Logs::LogGroup")
            .values()
            .map(|log| {
                assert!(
                    log["Properties"]["RetentionInDays"].get("Ref").is_some(),
                    "{name}: a log without an end"
                );
                string(&log["Properties"]["LogGroupName"])
            })
            .collect();
        let alarms = resources(template, "AWS::CloudWatch::Alarm");
        for (id, function) in here {
            let properties = function["Properties"].clone();
            let function_name = string(&properties["FunctionName"]).to_owned();
            assert!(
                logs.contains(format!("/aws/lambda/{function_name}").as_str()),
                "{function_name} has no log"
            );
            assert!(
                string(&properties["Description"]).len() <= DESCRIPTION_LIMIT,
                "{function_name}"
            );
            let watches = |alarm: &&&Value| {
                alarm["Properties"]["MetricName"] == "Errors"
                    && alarm["Properties"]["Dimensions"][0]["Value"] == json!({ "Ref": id })
            };
            assert_eq!(alarms.values().filter(watches).count(), 1, "{function_name} has no alarm");
            functions.insert(function_name, (properties, scope));
        }
    }
    for control in CONTROLS {
        let (function, scope) = functions.remove(&control.function_name()).expect("a function");
        assert_eq!((scope, &function["Handler"]), (control.scope, &json!(control.rule_name())));
        assert_eq!(function["Runtime"], "provided.al2023");
    }
    assert!(functions.is_empty(), "functions without a control: {functions:?}");
}

/// Actions with the resources on which a policy allows them. Statements that depend on a parameter
/// count.
fn allowed(role: &Value) -> BTreeSet<(String, String)> {
    let mut allowed = BTreeSet::new();
    let policies = role["Properties"]["Policies"].as_array().expect("policies");
    for statement in policies
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().expect("statements"))
    {
        let statement = statement.pointer("/Fn::If/1").unwrap_or(statement);
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

/// What the functions of controls need in an account.
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

fn policy_size(role: &Value) -> usize {
    let policies = role["Properties"]["Policies"].as_array().expect("policies");
    // Statements that depend on a parameter count here with the words around them: more than IAM
    // sees.
    policies.iter().map(|policy| policy["PolicyDocument"].to_string().len()).sum()
}

#[test]
fn every_functions_role_is_its_controls_permissions() {
    let global = template("functions-global");
    let roles = resources(global, "AWS::IAM::Role");
    assert_eq!(roles.len(), CONTROLS.len());
    for control in CONTROLS {
        let name = control.function_name();
        let (id, role) =
            roles.iter().find(|(_, role)| role["Properties"]["RoleName"] == name).expect("a role");
        let mut expected = needed(&[control]);
        let streams = format!(
            "arn:${{AWS::Partition}}:logs:*:${{AWS::AccountId}}:log-group:/aws/lambda/{name}:log-stream:*"
        );
        expected.extend(
            ["logs:CreateLogStream", "logs:PutLogEvents"]
                .map(|action| (action.to_owned(), streams.clone())),
        );
        expected
            .insert(("s3:GetObject".to_owned(), "arn:${AWS::Partition}:s3:::${Object}".to_owned()));
        assert_eq!(allowed(role), expected, "control {}", control.id);
        assert!(policy_size(role) <= INLINE_POLICY_LIMIT);
        let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust[0]["Principal"], json!({ "Service": "lambda.amazonaws.com" }));
        assert!(
            trust.as_array().is_some_and(|statements| statements.len() == 1)
                && role["Properties"].get("ManagedPolicyArns").is_none()
        );
        // The function runs with it, wherever it is.
        let template =
            if control.scope == Scope::Global { "functions-global" } else { "functions-regional" };
        let functions = resources(self::template(template), "AWS::Lambda::Function");
        let function = functions
            .values()
            .find(|function| function["Properties"]["FunctionName"] == name)
            .expect("a function");
        let expected = match control.scope {
            Scope::Global => json!({ "Fn::GetAtt": [id, "Arn"] }),
            Scope::Regional => {
                json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{name}") })
            }
        };
        assert_eq!(function["Properties"]["Role"], expected, "control {}", control.id);
    }
}

#[test]
fn the_members_role_is_the_permissions_of_all_controls_together() {
    let template = template("member-role");
    let role = &template["Resources"]["Role"];
    assert_eq!(allowed(role), needed(&CONTROLS));
    assert!(policy_size(role) <= INLINE_POLICY_LIMIT, "{}", policy_size(role));
    let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        trust["Principal"],
        json!({ "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${CentralAccountId}:root" } })
    );
    assert_eq!(
        trust["Condition"]["ArnEquals"]["aws:PrincipalArn"],
        json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::${CentralAccountId}:role/plumbline-central" })
    );
    let conditions: Vec<&String> = members(&trust["Condition"]["StringEquals"]).keys().collect();
    assert_eq!(conditions, ["aws:PrincipalOrgID", "sts:ExternalId"]);
    assert!(members(&template["Rules"]).len() == 1, "one of the two has to be given");
}

#[test]
fn central_functions_assume_the_members_role_and_read_nothing_themselves() {
    let template = template("central-functions");
    let role = &template["Resources"]["Role"];
    let expected = [
        (
            "logs:CreateLogStream",
            "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:/aws/lambda/plumbline-*:log-stream:*",
        ),
        (
            "logs:PutLogEvents",
            "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:/aws/lambda/plumbline-*:log-stream:*",
        ),
        ("s3:GetObject", "arn:${AWS::Partition}:s3:::${Object}"),
        ("sts:AssumeRole", "arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"),
    ];
    assert_eq!(
        allowed(role),
        expected.map(|(action, resource)| (action.to_owned(), resource.to_owned())).into()
    );
    for (id, function) in resources(template, "AWS::Lambda::Function") {
        assert_eq!(
            function["Properties"]["Environment"]["Variables"]["PLUMBLINE_ROLE_NAME"],
            json!({ "Ref": "MemberRoleName" }),
            "{id}"
        );
    }
    // A rule invokes a function only where a member was let in, and then every one.
    assert!(resources(template, "AWS::Lambda::Permission").is_empty());
    let permissions = self::template("central-permissions");
    let invoked: BTreeSet<String> = resources(permissions, "AWS::Lambda::Permission")
        .values()
        .map(|permission| {
            assert_eq!(
                permission["Properties"]["SourceAccount"],
                json!({ "Ref": "MemberAccountId" })
            );
            string(&permission["Properties"]["FunctionName"]).to_owned()
        })
        .collect();
    assert_eq!(invoked, CONTROLS.map(Control::function_name).into());
}

#[test]
fn only_what_aws_config_forwards_of_our_rules_is_suppressed() {
    for name in TOP {
        let template = template(name);
        let rules = resources(template, "AWS::SecurityHub::AutomationRule");
        let criteria = &rules["DuplicatesRule"]["Properties"]["Criteria"];
        assert_eq!(criteria["ProductName"], json!([{ "Value": "Config", "Comparison": "EQUALS" }]));
        let titles: BTreeSet<&str> = criteria["Title"]
            .as_array()
            .expect("titles")
            .iter()
            .map(|title| {
                assert_eq!(title["Comparison"], "PREFIX");
                string(&title["Value"])
            })
            .collect();
        assert!(titles.len() <= FILTERS_LIMIT);
        assert_eq!(
            titles,
            CONTROLS.map(Control::rule_name).iter().map(String::as_str).collect(),
            "{name}"
        );
    }
}

/// What AWS documents of the language of queries, and of the lengths that it takes.
#[test]
fn stored_queries_keep_the_limits_of_aws_config() {
    let queries = resources(template("organization"), "AWS::Config::StoredQuery");
    let packs = resources(template("organization"), "AWS::Config::OrganizationConformancePack");
    assert_eq!((queries.len(), packs.len()), (3, 2));
    for query in queries.values().map(|query| &query["Properties"]) {
        let (name, expression) = (string(&query["QueryName"]), string(&query["QueryExpression"]));
        assert!(
            name.len() <= 64
                && expression.len() <= 4_096
                && string(&query["QueryDescription"]).len() <= 256,
            "{name}"
        );
        let words: BTreeSet<&str> = expression.split_whitespace().collect();
        assert!(
            ["ALL", "AS", "DISTINCT", "FROM", "HAVING", "JOIN", "UNION"]
                .iter()
                .all(|word| !words.contains(word)),
            "{name}"
        );
        // Wildcards stand at the end only, behind three characters or more.
        let (_, pattern) = expression.split_once("LIKE '").expect("a pattern");
        let (pattern, _) = pattern.split_once('\'').expect("its end");
        let beginning = pattern.strip_suffix('%').expect("a wildcard");
        assert!(beginning.len() >= 3 && !beginning.contains(['%', '_']), "{name}");
        for pack in packs.values() {
            let in_accounts = format!(
                "OrgConformsPack-{}-",
                string(&pack["Properties"]["OrganizationConformancePackName"])
            );
            assert!(in_accounts.starts_with(beginning), "{name} does not find {in_accounts}");
        }
        // What is ordered by a sum is grouped by one property.
        if let Some((_, groups)) = expression.split_once("GROUP BY ") {
            assert!(
                !groups.split(" ORDER BY ").next().expect("properties").contains(','),
                "{name}"
            );
        }
    }
}

/// A top template hands to each pack what it knows, and all that a control can be given can be
/// given there.
#[test]
fn the_top_templates_hand_on_every_parameter() {
    for top in TOP {
        let resources = &template(top)["Resources"];
        for (pack, scope) in [("PackGlobal", "global"), ("PackRegional", "regional")] {
            let handed = resources[pack]["Properties"]["ConformancePackInputParameters"]
                .as_array()
                .expect("a list");
            for level in [1, 2] {
                let given: BTreeSet<&str> = handed
                    .iter()
                    .filter_map(|given| match given.get("Fn::If") {
                        Some(choice) => (level == 2).then(|| string(&choice[1]["ParameterName"])),
                        None => Some(string(&given["ParameterName"])),
                    })
                    .collect();
                let declared =
                    &template(&format!("conformance-pack-{scope}-level-{level}"))["Parameters"];
                let expected = members(declared)
                    .keys()
                    .map(String::as_str)
                    .filter(|name| *name != "FunctionsAccount")
                    .collect();
                assert_eq!(given, expected, "{top} {pack} {level}");
            }
        }
        for (id, functions) in
            [("FunctionsGlobal", "functions-global"), ("FunctionsRegional", "functions-regional")]
        {
            let given: BTreeSet<&String> =
                members(&resources[id]["Properties"]["Parameters"]).keys().collect();
            assert_eq!(
                given,
                members(&template(functions)["Parameters"]).keys().collect(),
                "{top} {id}"
            );
        }
    }
    for (id, functions) in
        [("StackSetGlobal", "functions-global"), ("StackSetRegional", "functions-regional")]
    {
        let given = template("organization")["Resources"][id]["Properties"]["Parameters"]
            .as_array()
            .expect("a list");
        let given: BTreeSet<&str> =
            given.iter().map(|parameter| string(&parameter["ParameterKey"])).collect();
        assert_eq!(
            given,
            members(&template(functions)["Parameters"]).keys().map(String::as_str).collect(),
            "{id}"
        );
    }
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
            let statements = template["Resources"][format!("{id}Policy")]["Properties"]["PolicyDocument"]["Statement"].as_array().expect("statements");
            assert_eq!(statements[0]["Effect"], "Deny");
            assert_eq!(
                statements[0]["Condition"],
                json!({ "Bool": { "aws:SecureTransport": "false" } })
            );
            for allowed in &statements[1..] {
                assert_eq!(
                    allowed["Condition"]["StringEquals"]["aws:PrincipalOrgID"],
                    json!({ "Ref": "OrganizationId" }),
                    "{name} {id}"
                );
            }
            assert_eq!(statements.len(), if name == "organization" { 2 } else { 1 });
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

/// The policies of all roles by AWS's own table of what actions can be narrowed down to, and by the
/// rules of checkov.
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

/// The check itself finds what it is for.
#[test]
fn wide_policies_are_found() {
    let of = |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": [action], "Resource": resource });
    let rds = "arn:aws:rds:*:111122223333:db:*";
    let statements = [
        of("iam:List*", "*"),
        of("iam:ListEverything", "*"),
        of("kms:DescribeKey", "*"),
        of("kms:DescribeKey", rds),
        of("iam:ListUsers", rds),
    ];
    let policy = json!({ "PolicyName": "p", "PolicyDocument": { "Statement": statements } });
    let folder = tempfile::tempdir().expect("a folder");
    let template = json!({ "Resources": { "Wide": { "Type": "AWS::IAM::Role",
        "Properties": { "Policies": [policy] } } } });
    std::fs::write(folder.path().join("wide.yaml"), template.to_string()).expect("a file");
    let output = narrow(folder.path());
    assert!(!output.status.success());
    let found = text(&output);
    for problem in [
        "iam:List* is not an action",
        "iam:ListEverything is not",
        "kms:DescribeKey on *: AWS can narrow",
        "kms:DescribeKey on arn:aws:rds",
        "iam:ListUsers on arn:aws:rds",
    ] {
        assert!(found.contains(problem), "{problem}: {found}");
    }
}

/// Every function, with the code and the configuration that it was deployed with, decides as the
/// command line does.
#[test]
fn deployed_functions_decide_as_the_command_line() {
    let account = Account::seeded();
    let folder = tempfile::tempdir().expect("a folder");
    let register = folder.path().join("register.json");
    let attested = json!({
        "control": "1.3", "accounts": [account.id], "verdict": "compliant", "by": "Security",
        "on": "2026-01-01", "until": "2199-01-01", "evidence": "ticket"
    });
    std::fs::write(
        &register,
        json!({ "schema": 1, "attestations": [attested], "exceptions": [] }).to_string(),
    )
    .expect("the register");
    let deployed = deploy(&account, &register, folder.path());

    let register = register.display().to_string();
    let mut scan = isolated(program("plumbline"));
    scan.envs(environment(&account, "us-east-1")).args([
        "scan",
        "--format",
        "json",
        "--register",
        &register,
    ]);
    let report = json(&scan.output().expect("plumbline starts"), 0);
    let mut compared = BTreeSet::new();
    for (region, here) in members(&deployed) {
        for (rule_name, rule) in members(&here["rules"]) {
            let control = CONTROLS
                .into_iter()
                .find(|control| {
                    rule_name.starts_with(&format!("{}-conformance-pack-", control.rule_name()))
                })
                .expect("a control");
            let function_name =
                string(&rule["Source"]["SourceIdentifier"]).rsplit(':').next().expect("a name");
            let function = &here["functions"][function_name];
            assert_eq!(
                (function_name, &function["CodeIsTheRelease"]),
                (control.function_name().as_str(), &json!(true))
            );
            let program = PathBuf::from(string(&here["program"]));
            let mut running = Function::deployed(&account, region, program, function);
            let parameters: Value =
                serde_json::from_str(string(&rule["InputParameters"])).expect("JSON");
            let event = Event { parameters, ..Event::of(&account, region, rule_name) };
            running
                .invoke(&event.scheduled())
                .answer
                .unwrap_or_else(|error| panic!("control {} in {region}: {error}", control.id));
            assert_eq!(
                held(&account, region, rule_name),
                scanned(&report, control, region),
                "control {} in {region}",
                control.id
            );
            compared.insert((region.clone(), control.id));
        }
    }
    let expected: BTreeSet<_> = CONTROLS
        .into_iter()
        .flat_map(|control| ["us-east-1", "eu-west-1"].map(|region| (region, control)))
        .filter(|(region, control)| *region == "us-east-1" || control.scope == Scope::Regional)
        .map(|(region, control)| (region.to_owned(), control.id))
        .collect();
    assert_eq!(compared.len(), expected.len());
    assert_eq!(
        scanned(&report, CONTROLS[2], "us-east-1").into_values().collect::<Vec<_>>(),
        ["COMPLIANT"],
        "the register counts"
    );
}

fn deploy(account: &Account, register: &Path, extract: &Path) -> Value {
    let script = package().join("environment/deploy_functions.py");
    let output = Command::new(python())
        .arg(script)
        .args(["--endpoint", &endpoint(), "--account", &account.id, "--bootstrap"])
        .arg(program("bootstrap"))
        .arg("--register")
        .arg(register)
        .arg("--extract")
        .arg(extract)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
