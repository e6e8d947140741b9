//! The files for tools of others: Terraform, Landing Zone Accelerator on AWS and Customizations for
//! AWS Control Tower. They have a valid form, and deploy the same as `plumbline deploy`.

mod deployed;
mod landing_zone;
mod terraform;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use plumbline_templates::template::Template;
use plumbline_tests::package;
use plumbline_tests::readers::read_by_python;
use serde_json::{Value, json};

/// The folder of the generated files.
fn folder(name: &str) -> PathBuf {
    package().join("../packaging").join(name)
}

/// Reads, checks and evaluates a module with values of its variables.
fn module(name: &str, account: &str, variables: &Value) -> Value {
    let input = tempfile::NamedTempFile::new().expect("a file");
    let given = json!({
        "folder": folder("terraform").join(name), "account": account, "variables": variables
    });
    std::fs::write(input.path(), given.to_string()).expect("written");
    let read = read_by_python(include_str!("module.py"), input.path());
    serde_json::from_str(&read).expect("JSON")
}

/// Checks the parameters of a deployment against its template: all exist and have valid values, and
/// no required one is missing.
fn check_parameters(template: &str, given: &BTreeMap<String, String>) {
    let templates = plumbline_templates::all();
    let template: &Template = templates
        .iter()
        .find(|one| one.name() == template)
        .unwrap_or_else(|| panic!("no template {template}"));
    let known: BTreeSet<&str> = template.parameters().map(|one| one.name()).collect();
    for name in given.keys() {
        assert!(known.contains(name.as_str()), "{} has no parameter {name}", template.name());
    }
    for parameter in template.parameters() {
        match given.get(parameter.name()) {
            Some(value) => {
                let accepted = parameter.accepts(value);
                assert_eq!(accepted, Ok(()), "{}: {}={value}", template.name(), parameter.name());
            }
            None => {
                let name = parameter.name();
                assert!(parameter.default().is_some(), "{}: {name} is required", template.name());
            }
        }
    }
}

/// The parameters of a deployment as texts.
fn texts(parameters: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = parameters.as_object().expect("an object");
    members.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
