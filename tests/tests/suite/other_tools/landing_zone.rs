//! The customizations of Landing Zone Accelerator on AWS, and the manifest of Customizations for
//! AWS Control Tower: required keys, names, and parameters of the templates.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{check_parameters, folder};

/// Reads a file without the types of YAML 1.1, so that a version remains a text.
fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(folder(path)).expect("a file");
    serde_saphyr::from_str(&text).expect("YAML")
}

fn check(schema: &Value, document: &Value) {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// An object with exactly these members, of which some are required.
fn object(required: &[&str], members: Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": required,
        "properties": members })
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "minItems": 1, "items": items })
}

/// An example of each stored value.
fn example(setting: &str) -> &'static str {
    match setting {
        "release" => "0.1.0-0123456789abcdef0123456789abcdef",
        "codebucketprefix" => "plumbline-1",
        "register" => "s3://plumbline-1-register/register.json",
        "architecture" => "arm64",
        "organizationid" => "o-abcdefghij",
        "centralaccountid" => "111122223333",
        other => panic!("no setting {other}"),
    }
}

/// Replaces a stored value between its marks by an example.
fn settled(value: &str, marks: (&str, &str)) -> String {
    let name = value.strip_prefix(marks.0).and_then(|rest| rest.strip_suffix(marks.1));
    name.map_or_else(
        || value.to_owned(),
        |name| example(&name.replace('-', "").to_lowercase()).to_owned(),
    )
}

/// The names of stacks and the templates, which the folder `cfn` has.
fn check_part(template: &str, prefix: &str, given: &BTreeMap<String, String>) {
    let name = template.strip_prefix(prefix).and_then(|name| name.strip_suffix(".yaml"));
    let name = name.unwrap_or_else(|| panic!("{template} is not in {prefix}"));
    check_parameters(name, given);
}

fn members<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is not a list"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is not a text"))
}

#[test]
fn the_customizations_have_the_form_of_landing_zone_accelerator() {
    // Source of keys: source/packages/@aws-accelerator/config/lib/schemas of
    // awslabs/landing-zone-accelerator-on-aws.
    let string = json!({ "type": "string", "minLength": 1 });
    let targets = json!({ "accounts": list(&string), "organizationalUnits": list(&string) });
    let common = json!({
        "name": { "type": "string", "pattern": "^[^ ]+$" },
        "description": string, "template": string, "regions": list(&string),
        "deploymentTargets": object(&[], targets),
        "parameters": list(&object(&["name", "value"], json!({ "name": string, "value": string })))
    });
    let with = |more: Value| {
        let mut members = common.clone();
        let more = more.as_object().expect("an object").clone();
        members.as_object_mut().expect("an object").extend(more);
        members
    };
    let stack = object(
        &["deploymentTargets", "name", "regions", "runOrder", "template", "terminationProtection"],
        with(json!({ "runOrder": { "type": "integer", "minimum": 1 },
            "terminationProtection": { "type": "boolean" } })),
    );
    let set = object(
        &["deploymentTargets", "name", "regions", "template"],
        with(json!({ "capabilities": list(&json!({ "enum": ["CAPABILITY_NAMED_IAM"] })),
            "dependsOn": list(&string) })),
    );
    let customizations =
        json!({ "cloudFormationStacks": list(&stack), "cloudFormationStackSets": list(&set) });
    let schema =
        object(&["customizations"], json!({ "customizations": object(&[], customizations) }));
    let document = yaml("lza/customizations-config.yaml");
    check(&schema, &document);

    let replacement = object(
        &["key", "type"],
        json!({ "key": string, "type": { "const": "String" }, "value": string }),
    );
    let replacements = yaml("lza/replacements-config.yaml");
    check(
        &object(&["globalReplacements"], json!({ "globalReplacements": list(&replacement) })),
        &replacements,
    );
    let stored = members(&replacements, "globalReplacements").iter();
    let stored: BTreeSet<String> =
        stored.map(|one| format!("{{{{{}}}}}", text(one, "key"))).collect();

    let customizations = &document["customizations"];
    let stacks = members(customizations, "cloudFormationStacks");
    let sets = members(customizations, "cloudFormationStackSets");
    let (mut names, mut used) = (BTreeSet::new(), BTreeSet::new());
    for part in stacks.iter().chain(sets) {
        assert!(names.insert(text(part, "name")), "{names:?}");
        let mut given = BTreeMap::new();
        for parameter in members(part, "parameters") {
            let value = text(parameter, "value");
            used.extend(stored.get(value).cloned());
            assert!(!value.contains('{') || stored.contains(value), "{value} is not stored");
            given.insert(text(parameter, "name").to_owned(), settled(value, ("{{Plumbline", "}}")));
        }
        check_part(text(part, "template"), "plumbline/", &given);
        for before in part["dependsOn"].as_array().into_iter().flatten() {
            assert!(names.contains(before.as_str().expect("a text")), "{before}");
        }
    }
    assert_eq!(used, stored, "every stored value is used");
    let orders: Vec<i64> = stacks.iter().filter_map(|stack| stack["runOrder"].as_i64()).collect();
    assert!(orders.is_sorted(), "{orders:?}");
}

#[test]
fn the_manifest_has_the_form_of_control_tower() {
    // Source of keys: source/src/cfct/validation/manifest-v2.schema.yaml of
    // aws-solutions/aws-control-tower-customizations.
    let string = json!({ "type": "string", "minLength": 1 });
    let parameter = object(
        &["parameter_key", "parameter_value"],
        json!({ "parameter_key": string, "parameter_value": string }),
    );
    let targets = json!({ "accounts": list(&string), "organizational_units": list(&string) });
    let resource = object(
        &["name", "resource_file", "deployment_targets", "deploy_method"],
        json!({
            "name": string, "description": string, "resource_file": string,
            "deployment_targets": object(&[], targets), "parameters": list(&parameter),
            "deploy_method": { "enum": ["scp", "stack_set"] }, "regions": list(&string)
        }),
    );
    let schema = object(
        &["region", "version", "resources"],
        json!({ "region": string, "version": { "const": "2021-03-15" },
            "resources": list(&resource) }),
    );
    let document = yaml("cfct/manifest.yaml");
    check(&schema, &document);

    let (sets, policies): (Vec<&Value>, Vec<&Value>) =
        members(&document, "resources").iter().partition(|one| one["deploy_method"] == "stack_set");
    let mut names = BTreeSet::new();
    for part in &sets {
        assert!(names.insert(text(part, "name")), "{names:?}");
        let given = members(part, "parameters").iter().map(|parameter| {
            let value =
                settled(text(parameter, "parameter_value"), ("$[alfred_ssm_/plumbline/", "]"));
            (text(parameter, "parameter_key").to_owned(), value)
        });
        check_part(text(part, "resource_file"), "templates/plumbline/", &given.collect());
    }
    // The stack sets of Control Tower deploy with a role of their own, in the order of the file.
    let [policy] = policies.as_slice() else { panic!("one policy: {policies:?}") };
    let file = text(policy, "resource_file").strip_prefix("policies/plumbline/").expect("a file");
    let content = std::fs::read_to_string(folder("cfct").join(file)).expect("the policy");
    assert!(content.contains("role/AWSControlTowerExecution"), "{content}");
    assert!(!content.contains("stacksets-exec"), "{content}");
    let own = std::fs::read_to_string(folder("../cfn/protect.scp.json")).expect("the policy");
    // Control Tower begins the names of its stack sets in its own way.
    let own = own
        .replace("stacksets-exec-*", "AWSControlTowerExecution")
        .replace("StackSet-plumbline-*", "StackSet-CustomControlTower-plumbline-*");
    assert_eq!(own, content);
    let at = |name: &str| sets.iter().position(|one| one["name"] == name).expect("exists");
    for pair in [
        ["plumbline-central-home", "plumbline-central"],
        ["plumbline-central", "plumbline-central-permission"],
        ["plumbline-central-permission", "plumbline-member-role"],
        ["plumbline-member-role", "plumbline-central-rules-global"],
        ["plumbline-central-rules-regional", "plumbline-organization-tasks"],
    ] {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?}");
    }
}
