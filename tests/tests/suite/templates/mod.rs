//! The templates under `cfn/`: valid, within every limit, and consistent with the controls'
//! declarations. Deployed functions have the same results as the command line.

mod deployed_functions;
mod limits;
mod reconcile;
mod roles;
mod rules;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Output;
use std::sync::LazyLock;

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_tests::package;
use serde_json::{Map, Value};

const PACKS: [(&str, Scope, u8); 4] = [
    ("conformance-pack-global-level-1", Scope::Global, 1),
    ("conformance-pack-global-level-2", Scope::Global, 2),
    ("conformance-pack-regional-level-1", Scope::Regional, 1),
    ("conformance-pack-regional-level-2", Scope::Regional, 2),
];

/// The template that users deploy manually in a member account. Its text must fit into a call.
const TOP: [&str; 2] = ["single-account", "organization"];

const DESCRIPTION_LIMIT: usize = 256;

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

/// All templates by name, parsed as CloudFormation does: by the rules of YAML 1.1.
static TEMPLATES: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let read = |file: PathBuf| {
        let name = file.file_stem().and_then(OsStr::to_str).expect("a name").to_owned();
        (name, parsed(&std::fs::read_to_string(file).expect("a text")))
    };
    files().into_iter().map(read).collect()
});

/// The files of templates; the folder also has a policy, `protect.scp.json`.
fn files() -> Vec<PathBuf> {
    std::fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|file| file.extension() == Some(OsStr::new("yaml")))
        .collect()
}

/// A document by the rules of YAML 1.1 where they differ from YAML 1.2: `on` is `true`, and `0755`
/// is octal.
fn parsed(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: false, legacy_octal_numbers: true };
    serde_saphyr::from_str_with_options(text, options).expect("YAML")
}

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
