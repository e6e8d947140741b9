//! `cargo xtask new-control`: creates the file of a control, and its lines in the lists of
//! controls.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;

use crate::environment::cargo;
use crate::resource_types::ResourceTypes;
use crate::root;
use crate::skeleton::Declaration;

/// The maximum length of a rule name, to which AWS Config appends a suffix in a conformance pack.
const RULE_NAME_LIMIT: usize = 36;

/// The file that lists the calls of each control.
const CALLS: &str = "tests/calls.toml";

/// A new control.
#[derive(Args)]
pub(crate) struct NewControl {
    /// Number of the recommendation, such as 2.3.4
    id: String,
    /// Slug, such as rds-deletion-protection
    slug: String,
    #[command(flatten)]
    shape: Shape,
    /// Level of the benchmark
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    level: u8,
    /// Severity of a failure
    #[arg(long, value_enum, default_value_t = SeverityName::Medium)]
    severity: SeverityName,
    /// Scope [default: the scope of other controls of the resource type; global for an account]
    #[arg(long, value_enum)]
    scope: Option<ScopeName>,
}

/// The resource to evaluate.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Shape {
    /// Evaluate each resource of this type, such as AWS::RDS::DBInstance
    #[arg(long, value_name = "TYPE")]
    resource: Option<String>,
    /// Evaluate the account, or one Region of it
    #[arg(long)]
    account: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum SeverityName {
    Low,
    Medium,
    High,
    Critical,
}

impl SeverityName {
    fn variant(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum ScopeName {
    /// Once per account, in the home Region
    Global,
    /// In every Region
    Regional,
}

/// Returns the folder of a benchmark section.
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

/// Returns the numbers of an ID, which has no leading zeros.
fn parts(id: &str) -> Option<Vec<u32>> {
    let parts: Vec<u32> = id.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let written: Vec<String> = parts.iter().map(ToString::to_string).collect();
    (written.join(".") == id).then_some(parts)
}

/// Returns the next free number in the group of an ID: 2.3.4 for 2.3.1.
fn free_id(id: &str) -> String {
    let prefix = id.rsplit_once('.').map_or("", |(prefix, _)| prefix);
    let last = CONTROLS
        .iter()
        .filter_map(|control| control.id.as_str().rsplit_once('.'))
        .filter(|(of, _)| *of == prefix)
        .filter_map(|(_, last)| last.parse::<u32>().ok())
        .max();
    format!("{prefix}.{}", last.unwrap_or_default() + 1)
}

/// Returns the ID of a control in the same group or section: 2.1.1 for 2.
fn beside(group: &str) -> &'static str {
    let section = group.split('.').next().unwrap_or_default();
    let below = |prefix: &str| {
        let prefix = format!("{prefix}.");
        CONTROLS.iter().map(|control| control.id.as_str()).find(|id| id.starts_with(&prefix))
    };
    below(group).or_else(|| below(section)).unwrap_or("1.1")
}

/// Adds a control to the registry in the order of the benchmark.
fn registered(registry: &str, ids: &[&str], id: &str, slug: &str) -> anyhow::Result<String> {
    let section =
        section(id).context("the number is not in the benchmark, which has 1.x to 5.x")?;
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

/// Adds a module to the list of a section in alphabetical order.
fn with_module(module: &str, name: &str) -> String {
    let mut lines: Vec<String> = module.lines().map(str::to_owned).collect();
    let line = format!("pub(crate) mod {name};");
    let is_later = |other: &String| other.starts_with("pub(crate) mod ") && *other > line;
    let at = lines.iter().position(is_later).unwrap_or(lines.len());
    lines.insert(at, line);
    lines.join("\n") + "\n"
}

/// Adds a control to the list of calls, without measured numbers.
fn with_calls(calls: &str, id: &str) -> String {
    const MARK: &str = "[[control]]\n";
    let mut entries = calls.split(MARK).map(str::trim_end);
    let head = entries.next().unwrap_or_default().to_owned();
    let mut entries: Vec<String> = entries.map(str::to_owned).collect();
    let is_later = |entry: &String| {
        let of = entry.lines().find_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
        of.and_then(parts) > parts(id)
    };
    let at = entries.iter().position(is_later).unwrap_or(entries.len());
    entries.insert(at, format!("id = \"{id}\"\ncalls = 0\nleast = 0\nmade_of = \"\""));
    let entries: String = entries.iter().map(|entry| format!("\n\n{MARK}{entry}")).collect();
    format!("{}\n", format!("{head}{entries}").trim_start())
}

impl NewControl {
    /// Rejects input that would fail later.
    fn validate(&self) -> anyhow::Result<&'static str> {
        let Self { id, slug, .. } = self;
        ensure!(
            parts(id).is_some_and(|parts| (2..=3).contains(&parts.len())),
            "'{id}' is not the number of a recommendation\nGive a number such as 1.22 or 2.3.4."
        );
        let section = section(id).with_context(|| {
            format!("'{id}' is in no section of the benchmark\nGive a number from 1.x to 5.x.")
        })?;
        ensure!(
            slug.starts_with(|first: char| first.is_ascii_lowercase())
                && slug.split('-').all(|word| !word.is_empty()
                    && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
                && syn::parse_str::<syn::Ident>(&slug.replace('-', "_")).is_ok(),
            "'{slug}' is not a slug\nGive lower-case words with dashes, such as root-mfa. It must \
             not be a Rust keyword, because it is also the name of the file."
        );
        let group = id.rsplit_once('.').map_or("", |(group, _)| group);
        let in_group = |control: &&Control| {
            control.id.as_str().rsplit_once('.').is_some_and(|(of, _)| of == group)
        };
        ensure!(
            CONTROLS.iter().any(in_group),
            "the benchmark has no recommendations {group}.x\nGive a number in an existing group, \
             such as {}.",
            free_id(beside(group))
        );
        if let Some(taken) = CONTROLS.iter().find(|control| control.id.as_str() == id) {
            bail!(
                "control {id} already exists: {}\nGive a free number, such as {}.",
                taken.slug,
                free_id(id)
            );
        }
        if let Some(taken) = CONTROLS.iter().find(|control| control.slug == slug) {
            bail!("control {} already has the slug '{slug}'\nGive another slug.", taken.id);
        }
        let rule = format!("cis-{}-{slug}", id.replace('.', "-"));
        ensure!(
            rule.len() <= RULE_NAME_LIMIT,
            "the rule name '{rule}' has {} characters, but the maximum is {RULE_NAME_LIMIT}\n\
             Shorten the slug by {} characters.",
            rule.len(),
            rule.len() - RULE_NAME_LIMIT
        );
        Ok(section)
    }

    /// Returns the file of the control.
    fn source(&self, root: &Path) -> anyhow::Result<String> {
        let resource = self.shape.resource.as_deref();
        let of_type = |control: &&&Control| Some(control.run.resource_type) == resource;
        let scope = match (self.scope, CONTROLS.iter().find(of_type)) {
            (Some(ScopeName::Global), _) => "Global",
            (Some(ScopeName::Regional), _) => "Regional",
            (None, Some(alike)) if alike.scope == Scope::Global => "Global",
            (None, None) if resource.is_none() => "Global",
            (None, _) => "Regional",
        };
        let declaration = Declaration {
            id: &self.id,
            slug: &self.slug,
            level: self.level,
            severity: self.severity.variant(),
            scope,
            change_triggered: CONTROLS
                .iter()
                .any(|control| resource.is_some() && control.change_type() == resource),
        };
        Ok(match resource {
            Some(resource) => {
                let types = ResourceTypes::read(root)?;
                declaration.over_resource(&types, types.find(resource)?)
            }
            None => declaration.over_account(),
        })
    }

    /// Writes the file and its lines in the lists of a checkout, and returns the written files. It
    /// writes nothing if the input is rejected.
    fn write_below(&self, root: &Path, ids: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
        let section = self.validate()?;
        let name = self.slug.replace('-', "_");
        let rules = root.join("rules/src");
        let file = rules.join(section).join(format!("{name}.rs"));
        ensure!(
            !file.exists() && !file.with_extension("").exists(),
            "the module '{name}' already exists in {}\nGive another slug.",
            rules.join(section).display()
        );
        let read = |path: &Path| {
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let (registry, module) = (rules.join("registry.rs"), rules.join(section).join("mod.rs"));
        let calls = root.join(CALLS);
        let mut written = vec![
            (file, self.source(root)?),
            (module.clone(), with_module(&read(&module)?, &name)),
            (registry.clone(), registered(&read(&registry)?, ids, &self.id, &self.slug)?),
        ];
        if calls.exists() {
            written.push((calls.clone(), with_calls(&read(&calls)?, &self.id)));
        }
        for (path, text) in &written {
            std::fs::write(path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(written.into_iter().map(|(path, _)| path).collect())
    }
}

/// Writes a new control, and lists its missing parts.
pub(crate) fn write(control: &NewControl) -> anyhow::Result<()> {
    let root = root()?;
    let ids: Vec<&str> = CONTROLS.iter().map(|control| control.id.as_str()).collect();
    let written = control.write_below(&root, &ids)?;
    for path in &written {
        println!("wrote {}", path.strip_prefix(&root).unwrap_or(path).display());
    }
    if let Some(file) = written.first() {
        format_file(file)?;
    }
    println!("compiling the control for 'cargo xtask check-control {}':\n", control.id);
    // This program does not include the new control. The check succeeds even if many parts are
    // missing.
    cargo(&["run", "--quiet", "--package", "xtask", "--", "check-control", &control.id])?
        .status()
        .context("cannot start cargo")?;
    Ok(())
}

/// Formats a file of the workspace.
fn format_file(file: &Path) -> anyhow::Result<()> {
    let status = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .arg(file)
        .status()
        .context("cannot start rustfmt: install it with 'rustup component add rustfmt'")?;
    ensure!(status.success(), "rustfmt rejects {}", file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        control: NewControl,
    }

    fn parse(arguments: &[&str]) -> NewControl {
        let all = std::iter::once(&"new-control").chain(arguments);
        CommandLine::try_parse_from(all).expect("valid arguments").control
    }

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

    #[test]
    fn calls_stay_in_order() {
        let entry = |id: &str, calls: u32| {
            format!(
                "[[control]]\nid = \"{id}\"\ncalls = {calls}\nleast = {calls}\nmade_of = \"\"\n"
            )
        };
        let join = |entries: &[String]| format!("# Head.\n\n{}", entries.join("\n"));
        let (first, last) = (entry("1.9", 3), entry("1.12", 4));
        let before = join(&[first.clone(), last.clone()]);
        assert_eq!(
            with_calls(&before, "1.10"),
            join(&[first.clone(), entry("1.10", 0), last.clone()])
        );
        assert_eq!(with_calls(&before, "2.1"), join(&[first, last, entry("2.1", 0)]));
    }

    #[test]
    fn what_would_not_work_is_refused_at_once() {
        // Numbers that are never used by a control.
        for (id, slug, expected) in [
            (
                "1.5",
                "some-name",
                "control 1.5 already exists: root-mfa\nGive a free number, such as 1.",
            ),
            ("2.3.2", "some-name", "Give a free number, such as 2.3."),
            ("1.98", "root-mfa", "control 1.5 already has the slug 'root-mfa'"),
            (
                "2.3.98",
                "rds-deletion-protection-of-all",
                "has 41 characters, but the maximum is 36\nShorten the slug by 5 characters.",
            ),
            ("1", "some-name", "'1' is not the number of a recommendation"),
            ("1.02", "some-name", "'1.02' is not the number"),
            ("6.1", "some-name", "'6.1' is in no section"),
            (
                "1.99.3",
                "some-name",
                "no recommendations 1.99.x\nGive a number in an existing group",
            ),
            ("2.9", "some-name", "no recommendations 2.x"),
            ("1.98", "Some-Name", "'Some-Name' is not a slug"),
            ("1.98", "some--name", "'some--name' is not a slug"),
            ("1.98", "2fa", "'2fa' is not a slug"),
            ("1.98", "type", "'type' is not a slug"),
        ] {
            let control = parse(&[id, slug, "--account"]);
            let error = control.validate().expect_err("refused").to_string();
            assert!(error.contains(expected), "{id} {slug}: {error}");
        }
        assert_eq!(
            parse(&["2.3.98", "rds-deletion-protection-x", "--account"]).validate().expect("valid"),
            "storage"
        );
        for arguments in [
            &["new-control", "2.3.98", "x"][..],
            &["new-control", "2.3.98", "x", "--account", "--resource", "AWS::S3::Bucket"],
        ] {
            assert!(CommandLine::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
    }

    /// The path of the core package in the manifest of the workspace.
    const CORE_PATH: &str = "path = \"common/core\"";

    /// The written file compiles without a warning: in a copy of the rules, a control for the
    /// account and a control for each resource type pass `cargo check`.
    #[test]
    fn new_controls_compile() {
        let root = root().expect("the root");
        let copy = tempfile::tempdir().expect("a folder");
        for folder in ["rules", "common/core/src/facts", "common/core/src/resources"] {
            copy_folder(&root.join(folder), &copy.path().join(folder));
        }
        if root.join(CALLS).exists() {
            std::fs::create_dir(copy.path().join("tests")).expect("a folder");
            std::fs::copy(root.join(CALLS), copy.path().join(CALLS)).expect("copies");
        }
        let mut ids: Vec<String> = CONTROLS.iter().map(|control| control.id.to_string()).collect();
        let mut write = |arguments: &[&str]| {
            let known: Vec<&str> = ids.iter().map(String::as_str).collect();
            let control = parse(arguments);
            let written = control.write_below(copy.path(), &known).expect("writes");
            let text = std::fs::read_to_string(&written[0]).expect("the file");
            syn::parse_file(&text).expect("Rust");
            for path in written.iter().filter(|path| path.ends_with(CALLS)) {
                let text = std::fs::read_to_string(path).expect("the calls");
                assert!(text.contains(&format!("id = \"{}\"", control.id)), "{text}");
            }
            ids.push(control.id);
        };
        write(&["1.901", "of-account", "--account", "--level", "2", "--severity", "critical"]);
        let types = ResourceTypes::read(&root).expect("the sources");
        for (at, of) in types.all().iter().enumerate() {
            let (id, slug) = (format!("5.{}", 900 + at), format!("of-{}-{at}", of.variable()));
            write(&[&id, &slug, "--resource", &of.config_type]);
        }
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
        let members =
            manifest.lines().find(|line| line.starts_with("members = ")).expect("members");
        let core = format!("path = {:?}", root.join("common/core"));
        assert!(manifest.contains(CORE_PATH), "{manifest}");
        let manifest = manifest.replace(members, "members = [\"rules\"]").replace(CORE_PATH, &core);
        std::fs::write(copy.path().join("Cargo.toml"), manifest).expect("writes");
        std::fs::copy(root.join("Cargo.lock"), copy.path().join("Cargo.lock")).expect("copies");
        // A separate directory is used, because cargo would take the results of the copy for those
        // of the original.
        let target = crate::environment::target().expect("a folder");
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--package", "plumbline-rules"])
            .env("CARGO_TARGET_DIR", target.join("new-control"))
            .current_dir(copy.path())
            .output()
            .expect("cargo");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("warning"), "{said}");
    }

    fn copy_folder(from: &Path, to: &Path) {
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
