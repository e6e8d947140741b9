//! The modules of Terraform: form, arguments, variables, parameters and values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use plumbline_templates::bundle::VERSION;
use serde_json::{Value, json};

use super::{check_parameters, folder, module, texts};

const MODULES: [&str; 3] = ["central", "own", "single-account"];
const ACCOUNT: &str = "111122223333";

fn release() -> String {
    format!("{VERSION}-{}", "0123456789abcdef".repeat(2))
}

/// The values of required variables.
fn required(name: &str) -> Value {
    let mut values = json!({
        "release": release(),
        "code_bucket_prefix": "plumbline-1",
        "home_region": "us-east-1",
        "regions": ["us-east-1", "eu-west-1"]
    });
    if name != "single-account" {
        values["organization_id"] = json!("o-abcdefghij");
        values["organizational_unit_ids"] = json!(["r-abcd", "ou-abcd-11111111"]);
    }
    if name == "own" {
        values.as_object_mut().expect("an object").remove("organization_id");
    }
    values
}

fn without_prefix(address: &Value) -> String {
    let address = address.as_str().expect("a text");
    address.trim_start_matches("aws_cloudformation_").to_owned()
}

/// The addresses of deployments, and those that each depends on, directly or not.
fn dependencies(read: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let deployments = read["deployments"].as_array().expect("a list").iter();
    let with_others = deployments.map(|one| {
        let others = one["after"].as_array().expect("a list").iter();
        (without_prefix(&one["address"]), others.map(without_prefix).collect())
    });
    with_others.collect()
}

#[test]
fn stacks_have_the_parameters_of_their_templates() {
    for name in MODULES {
        let read = module(name, ACCOUNT, &required(name));
        let deployments = read["deployments"].as_array().expect("a list");
        for one in deployments.iter().filter(|one| one["template_url"].is_string()) {
            let url = one["template_url"].as_str().expect("a text");
            let region = one["region"].as_str().expect("a text");
            let bucket =
                format!("https://plumbline-1-{region}.s3.{region}.amazonaws.com/{}/", release());
            let template = url.strip_prefix(&bucket).expect("in the bucket of the Region");
            let template = template.strip_suffix(".yaml").expect("a template");
            check_parameters(template, &texts(&one["parameters"]));
        }
    }
}

#[test]
fn each_region_has_subnets_of_its_own() {
    let mut values = required("central");
    let parameters = |values: &Value, region: &str| {
        let read = module("central", ACCOUNT, values);
        let deployments = read["deployments"].as_array().expect("a list").clone();
        let mut found = deployments
            .into_iter()
            .filter(|one| one["name"] == "plumbline-central" && one["region"] == region);
        found.next().expect("the functions")["parameters"].clone()
    };
    assert_eq!(parameters(&values, "us-east-1")["NetworkInterfaces"], "off");
    let subnets = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];
    values["subnet_ids"] = json!({ "eu-west-1": subnets });
    values["security_group_ids"] = json!({ "eu-west-1": ["sg-0123456789abcdef0"] });
    let (home, other) = (parameters(&values, "us-east-1"), parameters(&values, "eu-west-1"));
    assert_eq!((&home["SubnetIds"], &home["NetworkInterfaces"]), (&json!(""), &json!("on")));
    assert_eq!(other["SubnetIds"], subnets.join(","));
    assert_eq!(other["SecurityGroupIds"], "sg-0123456789abcdef0");
}

/// A delegated administrator gets no stacks of its own rules: stack sets deploy to it.
#[test]
fn what_stack_sets_leave_out_is_deployed_here() {
    for name in ["central", "own"] {
        let mut values = required(name);
        let here = |values: &Value| {
            let read = module(name, ACCOUNT, values);
            let deployments = read["deployments"].as_array().expect("a list").iter();
            deployments.filter(|one| without_prefix(&one["address"]).ends_with("_here")).count()
        };
        assert_eq!(here(&values), 4, "{name}: role or roles, and rules or functions by Region");
        values["packs_here"] = json!("off");
        assert_eq!(here(&values), if name == "central" { 1 } else { 4 }, "{name}");
        values["call_as"] = json!("DELEGATED_ADMIN");
        assert_eq!(here(&values), 0, "{name}");
    }
}

#[test]
fn rules_come_after_functions_permission_and_role() {
    for (name, before, then) in [
        ("central", "stack.functions_home", "stack.functions"),
        ("central", "stack.functions_home", "stack.permission_home"),
        ("central", "stack.functions", "stack.permission"),
        ("central", "stack.functions_home", "stack_instances.member_role"),
        ("central", "stack.permission_home", "stack_instances.rules_global"),
        ("central", "stack.permission", "stack_instances.rules_regional"),
        ("central", "stack_instances.member_role", "stack_set.rules_global"),
        ("central", "stack_instances.member_role", "stack_set.rules_regional"),
        ("central", "stack.permission", "stack.rules_regional_here"),
        ("central", "stack.member_role_here", "stack.rules_global_here"),
        ("central", "stack_instances.rules_regional", "stack.tasks"),
        ("own", "stack_instances.roles", "stack_instances.functions_global"),
        ("own", "stack_instances.roles", "stack_instances.functions_regional"),
        ("own", "stack.roles_here", "stack.functions_regional_here"),
        ("single-account", "stack.functions_global", "stack.functions_regional"),
    ] {
        let after = dependencies(&module(name, ACCOUNT, &required(name)));
        assert!(after[then].contains(before), "{name}: {then} after {before}: {after:?}");
    }
}

/// Runs Terraform, if the machine has it.
fn terraform(folder: &Path, arguments: &[&str]) -> Option<(bool, String)> {
    let mut command = Command::new("terraform");
    command.current_dir(folder).args(arguments).env_remove("TF_CLI_CONFIG_FILE");
    let output = match command.env("CHECKPOINT_DISABLE", "1").output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: this machine has no terraform, so {arguments:?} was not checked");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn files_have_the_format_of_terraform() {
    let arguments = ["fmt", "-check", "-diff", "-recursive"];
    if let Some((is_formatted, said)) = terraform(&folder("terraform"), &arguments) {
        assert!(is_formatted, "{said}");
    }
}

/// Copies variables and parameters of a module, without the resources that require the provider.
fn without_resources(name: &str, values: &Value) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for file in ["variables.tf", "parameters.tf"] {
        let from = folder("terraform").join(name).join(file);
        std::fs::copy(from, copy.path().join(file)).expect("copied");
    }
    let read = module(name, ACCOUNT, &required(name));
    let maps = read["locals"].as_object().expect("an object").iter();
    let maps: Vec<String> = maps
        .filter(|(_, value)| {
            value.get("CodeBucketPrefix").is_some() || value.get("Level").is_some()
        })
        .map(|(name, _)| format!("{name} = local.{name}"))
        .collect();
    assert!(!maps.is_empty());
    let text = format!(
        "locals {{\n  account_id = \"{ACCOUNT}\"\n}}\n\
         output \"maps\" {{\n  value = {{\n{}\n  }}\n}}\n",
        maps.join("\n")
    );
    std::fs::write(copy.path().join("test.tf"), text).expect("written");
    let file = copy.path().join("test.auto.tfvars.json");
    std::fs::write(file, values.to_string()).expect("written");
    copy
}

/// Terraform itself accepts the variables, and gives the parameters the values that the other tests
/// check. `terraform validate` would require the provider.
#[test]
fn terraform_evaluates_the_parameters() {
    for name in MODULES {
        let copy = without_resources(name, &required(name));
        let plan = ["plan", "-input=false", "-no-color", "-out=plan"];
        let Some((is_valid, said)) = terraform(copy.path(), &plan) else { return };
        assert!(is_valid, "{name}: {said}");
        let shown = terraform(copy.path(), &["show", "-json", "plan"]).expect("terraform").1;
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        let maps = &shown["planned_values"]["outputs"]["maps"]["value"];
        let read = module(name, ACCOUNT, &required(name));
        for (map, parameters) in maps.as_object().expect("an object") {
            let without_digest = |values: &Value| {
                let mut values: BTreeMap<String, String> = texts(values);
                if let Some(digest) = values.remove("Settings") {
                    assert_eq!(digest.len(), 16, "{name}: {map}");
                }
                values
            };
            let expected = without_digest(&read["locals"][map]);
            assert_eq!(without_digest(parameters), expected, "{name}: {map}");
        }
    }
}

#[test]
fn terraform_rejects_what_the_templates_reject() {
    for (variable, value, message) in [
        ("log_retention_days", json!(31), "log_retention_days must be one of"),
        ("memory_size", json!(64), "memory_size must be a number from 128 to 10240"),
        ("home_region", json!("nowhere"), "must be the name of a Region"),
        ("organizational_unit_ids", json!(["banana"]), "Each value of organizational_unit_ids"),
        ("regions", json!(["cn-north-1"]), "no AWS::Lambda::ResourcePolicy"),
        ("release", json!("0.0.1-0123456789abcdef0123456789abcdef"), "must be of version"),
        ("max_access_key_age", json!("never"), "max_access_key_age must match"),
    ] {
        let mut values = required("central");
        values[variable] = value;
        let copy = without_resources("central", &values);
        let plan = ["plan", "-input=false", "-no-color"];
        let Some((is_valid, said)) = terraform(copy.path(), &plan) else { return };
        let said =
            said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(!is_valid && said.contains(message), "{variable}: {said}");
    }
}
