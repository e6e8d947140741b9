//! Rules, packs and functions match the declarations of the controls.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use super::{DESCRIPTION_LIMIT, PACKS, TOP, members, resources, rule, string, template};

/// The maximum number of filters of an automation rule for one field.
const FILTERS_LIMIT: usize = 100;

fn of_scope(scope: Scope) -> BTreeSet<&'static str> {
    CONTROLS
        .into_iter()
        .filter(|control| control.scope == scope)
        .map(|control| control.id.as_str())
        .collect()
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

#[test]
fn only_what_aws_config_forwards_of_our_rules_is_suppressed() {
    let rules = resources(template("automation-rule"), "AWS::SecurityHub::AutomationRule");
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
    assert_eq!(titles, CONTROLS.map(Control::rule_name).iter().map(String::as_str).collect());
}

/// The name of an input of a pack, unless it belongs to level 2 only. Inputs without a value are
/// conditional as well.
fn input_of(given: &Value, level: u8) -> Option<&str> {
    match given.get("Fn::If") {
        Some(choice) if choice[0] == "IsLevel2" && level == 1 => None,
        Some(choice) => input_of(&choice[1], level),
        None => Some(string(&given["ParameterName"])),
    }
}

/// The stack of own functions has the same rules as the uploaded packs, with the ARNs of its own
/// functions, after all permissions to invoke them.
#[test]
fn rules_of_own_functions_follow_their_permissions_in_the_same_stack() {
    for scope in ["global", "regional"] {
        let template = template(&format!("functions-{scope}"));
        let pack = &template["Resources"]["Pack"];
        let after: BTreeSet<&str> =
            pack["DependsOn"].as_array().expect("a list").iter().map(string).collect();
        let permissions = resources(template, "AWS::Lambda::Permission");
        assert_eq!(after, permissions.keys().copied().collect(), "{scope}");
        assert!(permissions.values().all(|permission| permission.get("Condition").is_none()));
        let body = &pack["Properties"]["TemplateBody"]["Fn::If"];
        assert_eq!(body[0], "IsLevel2");
        for (level, text) in [(2, &body[1]), (1, &body[2])] {
            let text = string(&text["Fn::Sub"]);
            let inline: Value = serde_json::from_str(text).expect("JSON");
            let uploaded = self::template(&format!("conformance-pack-{scope}-level-{level}"));
            let (inline, uploaded) = (members(&inline["Resources"]), &uploaded["Resources"]);
            assert_eq!(inline.len(), members(uploaded).len(), "{scope} {level}");
            for (id, rule) in inline {
                let mut expected = uploaded[id].clone();
                let source = &mut expected["Properties"]["Source"]["SourceIdentifier"];
                let function = string(&source["Fn::Sub"][0]);
                *source = json!(function.replace("${Account}", "${AWS::AccountId}"));
                assert_eq!(*rule, expected, "{scope} {level} {id}");
            }
        }
    }
}

/// Functions of new accounts wait for the roles only. If those of other Regions waited for the home
/// Region, an account without a recorder there would get none.
#[test]
fn functions_of_accounts_that_join_wait_for_the_roles() {
    let resources = &template("organization")["Resources"];
    let waits = |id: &str| &resources[id]["Properties"]["AutoDeployment"]["DependsOn"];
    assert!(waits("StackSetRoles").is_null());
    for id in ["StackSetGlobal", "StackSetRegional"] {
        let arns = waits(id).as_array().expect("a list");
        assert_eq!(arns.len(), 1, "{id}");
        let arn = string(&arns[0]["Fn::Sub"][0]);
        assert!(arn.ends_with("stackset/${StackSetRoles.StackSetId}"), "{id}: {arn}");
    }
}

/// A parent template passes its parameters to each pack, and has every parameter of a control.
#[test]
fn the_top_templates_hand_on_every_parameter() {
    for (top, pack, scope) in [
        ("single-account", "PackGlobal", "global"),
        ("single-account", "PackRegional", "regional"),
        ("functions-global", "Pack", "global"),
        ("functions-regional", "Pack", "regional"),
    ] {
        let properties = &template(top)["Resources"][pack]["Properties"];
        let handed = properties["ConformancePackInputParameters"].as_array().expect("a list");
        for level in [1, 2] {
            let given: BTreeSet<&str> =
                handed.iter().filter_map(|given| input_of(given, level)).collect();
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
    for top in TOP {
        let resources = &template(top)["Resources"];
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
    for (id, functions) in [
        ("StackSetRoles", "own-roles"),
        ("StackSetGlobal", "functions-global"),
        ("StackSetRegional", "functions-regional"),
    ] {
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
