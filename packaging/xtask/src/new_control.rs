//! `cargo xtask new-control`.

use anyhow::{Context, bail, ensure};

use crate::root;

/// The folder of a section of the benchmark.
fn section(id: &str) -> Option<&'static str> {
    match id.split('.').next()? {
        "1" => Some("identity"),
        "2" => Some("storage"),
        "3" => Some("logging"),
        "4" => Some("monitoring"),
        "5" => Some("network"),
        _ => None,
    }
}

/// `root-mfa` as a type's name, `RootMfa`.
fn type_name(slug: &str) -> String {
    let capitalized = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    slug.split('-').map(capitalized).collect()
}

fn parts(id: &str) -> Option<Vec<u32>> {
    id.split('.').map(|part| part.parse().ok()).collect()
}

/// The file of a new control: it compiles, and its tests fail until it decides something.
pub(crate) fn source(id: &str, slug: &str) -> String {
    let name = type_name(slug);
    format!(
        r#"//! {id}: what it is about, in a few words.

use plumbline_core::prelude::*;

plumbline_core::control! {{
    /// What holds when the control is compliant, in one sentence.
    ///
    /// ## Why
    /// What goes wrong without it.
    ///
    /// ## Decision
    /// What is read, and what decides.
    ///
    /// ## Remediation
    /// What to do, with commands.
    pub(crate) struct {name}: AccountControl;
    id: ControlId::new("{id}"),
    slug: "{slug}",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &[],
    safeguards_v7: &[],
    facts: &[],
}}

impl AccountControl for {name} {{
    type Parameters = NoParameters;

    fn evaluate(_: &View<'_>, _: &NoParameters) -> Assessed {{
        Err(NotAssessed::Undetermined("the control is not written yet.".to_owned()))
    }}

    fn examples() -> Vec<Example> {{
        Vec::new()
    }}
}}
"#
    )
}

/// The registry with one more control, at its place in the benchmark's order.
pub(crate) fn registered(
    registry: &str,
    ids: &[&str],
    id: &str,
    slug: &str,
) -> anyhow::Result<String> {
    let section = section(id).context("the number is not one of the benchmark: 1.x to 5.x")?;
    let line = format!("    &{section}::{}::CONTROL,", slug.replace('-', "_"));
    let before = ids.iter().filter(|known| parts(known) < parts(id)).count();
    let mut lines: Vec<String> = registry.lines().map(str::to_owned).collect();
    let start = lines
        .iter()
        .position(|line| line.starts_with("pub static CONTROLS"))
        .context("the registry has no CONTROLS")?;
    if let Some(declaration) = lines.get_mut(start) {
        *declaration =
            declaration.replace(&format!("; {}]", ids.len()), &format!("; {}]", ids.len() + 1));
    }
    lines.insert(start + 1 + before, line);
    Ok(lines.join("\n") + "\n")
}

/// A section's list of modules with one more, in alphabetical order.
pub(crate) fn with_module(module: &str, name: &str) -> String {
    let mut lines: Vec<String> = module.lines().map(str::to_owned).collect();
    let line = format!("pub(crate) mod {name};");
    let is_later = |other: &String| other.starts_with("pub(crate) mod ") && *other > line;
    let at = lines.iter().position(is_later).unwrap_or(lines.len());
    lines.insert(at, line);
    lines.join("\n") + "\n"
}

/// Writes the file of a new control and registers it.
pub(crate) fn write(id: &str, slug: &str) -> anyhow::Result<()> {
    ensure!(
        parts(id).is_some_and(|parts| parts.len() >= 2),
        "'{id}' is not a recommendation's number: give one like 1.5 or 2.1.4"
    );
    ensure!(
        slug.split('-').all(|word| !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())),
        "'{slug}' is not a slug: give lower-case words with dashes"
    );
    let section = section(id).context("the number is not one of the benchmark: 1.x to 5.x")?;
    let controls = plumbline_rules::registry::CONTROLS;
    if let Some(taken) =
        controls.iter().find(|control| control.id.as_str() == id || control.slug == slug)
    {
        bail!("there is already {} {}", taken.id, taken.slug);
    }
    let ids: Vec<&str> = controls.iter().map(|control| control.id.as_str()).collect();
    let rules = root()?.join("rules/src");
    let name = slug.replace('-', "_");
    let file = rules.join(section).join(format!("{name}.rs"));
    let (registry, module) = (rules.join("registry.rs"), rules.join(section).join("mod.rs"));
    let registry_text = registered(&std::fs::read_to_string(&registry)?, &ids, id, slug)?;
    let module_text = with_module(
        &std::fs::read_to_string(&module)
            .with_context(|| format!("there is no {}", module.display()))?,
        &name,
    );
    std::fs::write(&file, source(id, slug))?;
    std::fs::write(&registry, registry_text)?;
    std::fs::write(&module, module_text)?;
    println!(
        "wrote {} and registered it. Next: its text, facts, decision and examples; then 'cargo \
         test -p plumbline-rules' and 'cargo xtask generate'.",
        file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_stays_in_order() {
        let registry = "pub static CONTROLS: [&Control; 2] = [\n    &identity::a::CONTROL,\n    \
            &network::b::CONTROL,\n];\n";
        let more = registered(registry, &["1.4", "5.2"], "1.12", "new-one").expect("a section");
        assert_eq!(
            more,
            "pub static CONTROLS: [&Control; 3] = [\n    &identity::a::CONTROL,\n    \
             &identity::new_one::CONTROL,\n    &network::b::CONTROL,\n];\n"
        );
        assert!(registered(registry, &["1.4", "5.2"], "9.1", "x").is_err());
    }

    #[test]
    fn modules_stay_in_order() {
        assert_eq!(
            with_module("//! Doc.\n\npub(crate) mod b;\npub(crate) mod d;\n", "c"),
            "//! Doc.\n\npub(crate) mod b;\npub(crate) mod c;\npub(crate) mod d;\n"
        );
        assert_eq!(
            with_module("//! Doc.\n\npub(crate) mod b;\n", "z"),
            "//! Doc.\n\npub(crate) mod b;\npub(crate) mod z;\n"
        );
    }

    /// What it writes compiles: a copy of the rules with a new control passes `cargo check`.
    #[test]
    fn a_new_control_compiles() {
        let root = root().expect("the root");
        let copy =
            std::env::temp_dir().join(format!("plumbline-new-control-{}", std::process::id()));
        let rules = copy.join("rules");
        copy_folder(&root.join("rules"), &rules);
        let ids: Vec<&str> =
            plumbline_rules::registry::CONTROLS.iter().map(|control| control.id.as_str()).collect();
        let registry = rules.join("src/registry.rs");
        let text = std::fs::read_to_string(&registry).expect("the registry");
        std::fs::write(
            &registry,
            registered(&text, &ids, "1.999", "brand-new").expect("a section"),
        )
        .expect("writes");
        let module = rules.join("src/identity/mod.rs");
        std::fs::write(
            &module,
            with_module(&std::fs::read_to_string(&module).expect("the module"), "brand_new"),
        )
        .expect("writes");
        std::fs::write(rules.join("src/identity/brand_new.rs"), source("1.999", "brand-new"))
            .expect("writes");
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
        let members =
            manifest.lines().find(|line| line.starts_with("members = ")).expect("members");
        let core = format!("plumbline-core = {{ path = {:?} }}", root.join("common/core"));
        let manifest = manifest
            .replace(members, "members = [\"rules\"]")
            .replace("plumbline-core = { path = \"common/core\" }", &core);
        std::fs::write(copy.join("Cargo.toml"), manifest).expect("writes");
        std::fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).expect("copies");
        let output = std::process::Command::new(env!("CARGO"))
            .args(["check", "--offline", "--package", "plumbline-rules"])
            .current_dir(&copy)
            .output()
            .expect("cargo");
        let _ = std::fs::remove_dir_all(&copy);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder").flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy_folder(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), target).expect("copies");
            }
        }
    }
}
