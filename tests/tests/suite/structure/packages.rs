//! The dependencies of packages.

use super::source::{Package, cargo, packages};

/// The workspace packages that a package may depend on. All may depend on `plumbline-core`.
const ARROWS: &[(&str, &[&str])] = &[
    ("plumbline-core", &[]),
    ("plumbline-aws", &[]),
    ("plumbline-rules", &[]),
    ("plumbline-templates", &["plumbline-rules"]),
    ("plumbline-deploy", &["plumbline-templates", "plumbline-aws"]),
    ("plumbline-lambda", &["plumbline-aws", "plumbline-rules"]),
    ("plumbline-cli", &["plumbline-deploy", "plumbline-aws", "plumbline-rules"]),
    ("xtask", &["plumbline-templates", "plumbline-rules"]),
    ("plumbline-tests", &["plumbline-rules", "plumbline-templates"]),
];

/// The dependencies that the program without AWS must not have.
const OPTIONAL: &[(&str, &[&str])] = &[("plumbline-cli", &["plumbline-deploy", "plumbline-aws"])];

/// Packages without an SDK, an async runtime, and network access.
const PURE: &[&str] = &["plumbline-core", "plumbline-rules", "plumbline-templates"];
const NOT_PURE: &[&str] = &["aws-", "tokio", "hyper", "rustls", "lambda_runtime"];

/// The dependencies that are in no table.
fn wrong(packages: &[Package]) -> Vec<String> {
    let listed = |table: &[(&str, &'static [&str])], package: &Package| {
        table.iter().find(|(name, _)| *name == package.name).map(|(_, targets)| *targets)
    };
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut wrong = Vec::new();
    for package in packages {
        let Some(allowed) = listed(ARROWS, package) else {
            wrong.push(format!("{} is in no table", package.name));
            continue;
        };
        let optional = listed(OPTIONAL, package).unwrap_or_default();
        for dependency in package.metadata["dependencies"].as_array().into_iter().flatten() {
            let name = dependency["name"].as_str().unwrap_or_default();
            if is_ours(name) && name != "plumbline-core" && !allowed.contains(&name) {
                wrong.push(format!("{} depends on {name}", package.name));
            }
            if optional.contains(&name) && dependency["optional"] != true {
                wrong.push(format!("{} always depends on {name}", package.name));
            }
        }
    }
    wrong
}

/// The network packages in a tree of dependencies, one per line.
fn impure(tree: &str) -> Vec<&str> {
    tree.lines()
        .filter(|line| NOT_PURE.iter().any(|forbidden| line.starts_with(forbidden)))
        .collect()
}

#[test]
fn packages_depend_on_what_is_allowed() {
    let wrong = wrong(&packages());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn controls_need_neither_an_sdk_nor_a_runtime() {
    for package in PURE {
        let tree =
            cargo(&["tree", "--edges", "normal,build", "--prefix", "none", "--package", package]);
        assert_eq!(impure(&tree), [""; 0], "{package} depends on these");
    }
}

#[test]
fn wrong_dependencies_are_seen() {
    let package = |name: &str, dependencies: serde_json::Value| Package {
        name: name.to_owned(),
        folder: String::new(),
        metadata: serde_json::json!({ "dependencies": dependencies }),
    };
    let on = |name: &str| serde_json::json!({ "name": name, "optional": false });
    let packages = [
        package("plumbline-core", serde_json::json!([on("serde"), on("plumbline-rules")])),
        package("plumbline-rules", serde_json::json!([on("plumbline-core"), on("plumbline-aws")])),
        package("plumbline-aws", serde_json::json!([on("plumbline-core")])),
        package("plumbline-cli", serde_json::json!([on("plumbline-aws"), on("plumbline-rules")])),
        package("plumbline-new", serde_json::json!([])),
    ];
    assert_eq!(
        wrong(&packages),
        [
            "plumbline-core depends on plumbline-rules",
            "plumbline-rules depends on plumbline-aws",
            "plumbline-cli always depends on plumbline-aws",
            "plumbline-new is in no table"
        ]
    );
    assert_eq!(impure("serde v1\naws-config v1\ntokio v1\n"), ["aws-config v1", "tokio v1"]);
}
