//! The documents of a distribution about its contents: license texts, the list of components
//! (SBOM), and the statement about its origin (provenance).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::source::DistSource;
use crate::environment::cargo;
use crate::package::sha256;
use crate::release::VERSION;
use crate::root;
use crate::third_party::{self, Name, Package};

/// The beginnings of the names of files with license texts and notices, in lowercase.
const LICENSE_FILES: [&str; 6] =
    ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// The documents that are the same for every target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Documents {
    /// The texts of licenses and notices.
    pub(crate) licenses: String,
    /// The software bill of materials.
    pub(crate) sbom: String,
}

impl Documents {
    /// Creates the documents.
    pub(crate) fn create(source: &DistSource) -> anyhow::Result<Self> {
        let packages = third_party::packages()?;
        Ok(Self { licenses: license_texts(&packages)?, sbom: sbom(&packages, source)? })
    }
}

/// Returns the texts of licenses and notices of all packages in the programs, each text once, with
/// the packages that contain it.
///
/// # Errors
/// The source of a package is missing.
fn license_texts(packages: &BTreeMap<Name, Package>) -> anyhow::Result<String> {
    let folders = folders()?;
    let mut texts = BTreeMap::<String, BTreeSet<String>>::new();
    let mut without = Vec::new();
    for (name, package) in packages {
        let shown = format!("{} {}", name.0, name.1);
        let folder = folders.get(name).with_context(|| format!("no source of {shown}"))?;
        let files = license_files(folder)?;
        if files.is_empty() {
            without.push(format!("{shown}: {}, {}", package.license, package.repository));
        }
        for file in files {
            let text = String::from_utf8_lossy(&std::fs::read(&file)?).replace("\r\n", "\n");
            texts.entry(text.trim().to_owned()).or_default().insert(shown.clone());
        }
    }
    let mut page = "License texts and notices of the packages in the programs. Each text follows \
                    the packages whose source contains it.\n"
        .to_owned();
    if !without.is_empty() {
        page.push_str(
            "\nThe sources of these packages contain no text. Their declared licenses are among \
             the texts below:\n",
        );
        for line in without {
            let _ = writeln!(page, "  {line}");
        }
    }
    let mut listed: Vec<_> = texts.into_iter().collect();
    listed.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    for (text, packages) in listed {
        let packages: Vec<String> = packages.into_iter().collect();
        let _ = write!(page, "\n{}\n{}\n\n{text}\n", "-".repeat(80), packages.join(", "));
    }
    Ok(page)
}

/// Returns the folder of each package's source.
fn folders() -> anyhow::Result<BTreeMap<Name, PathBuf>> {
    let output = cargo(&["metadata", "--locked", "--format-version", "1"])?
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let folder = |package: &Value| {
        let text = |member| Some(package.get(member)?.as_str()?.to_owned());
        let manifest = PathBuf::from(text("manifest_path")?);
        Some(((text("name")?, text("version")?), manifest.parent()?.to_owned()))
    };
    Ok(packages.iter().filter_map(folder).collect())
}

/// Lists the files with license texts in a package's source, by name.
fn license_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let is_license = LICENSE_FILES.iter().any(|start| name.starts_with(start));
        if is_license && entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the software bill of materials in the format CycloneDX 1.5, without a serial number,
/// which would differ each time.
fn sbom(packages: &BTreeMap<Name, Package>, source: &DistSource) -> anyhow::Result<String> {
    let digests = digests()?;
    let mut components = Vec::new();
    for (name, package) in packages {
        let url = format!("pkg:cargo/{}@{}", name.0, name.1);
        let mut component = json!({
            "type": "library",
            "bom-ref": url,
            "name": name.0,
            "version": name.1,
            "licenses": [{ "expression": package.license.replace('/', " OR ") }],
            "purl": url,
            "properties": package.programs.iter()
                .map(|program| json!({ "name": "plumbline:program", "value": program }))
                .collect::<Vec<_>>(),
        });
        let repository = Some(&package.repository).filter(|url| !url.is_empty());
        let more = [
            repository.map(|url| ("externalReferences", json!([{ "type": "vcs", "url": url }]))),
            digests
                .get(name)
                .map(|digest| ("hashes", json!([{ "alg": "SHA-256", "content": digest }]))),
        ];
        if let Some(members) = component.as_object_mut() {
            members
                .extend(more.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
        }
        components.push(component);
    }
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": source.timestamp()?,
            "component": {
                "type": "application",
                "bom-ref": format!("plumbline@{VERSION}"),
                "name": "plumbline",
                "version": VERSION,
                "licenses": [{ "license": { "id": "Apache-2.0" } }],
            },
        },
        "components": components,
    });
    Ok(format!("{document:#}\n"))
}

/// Returns the digests of packages in `Cargo.lock`.
fn digests() -> anyhow::Result<BTreeMap<Name, String>> {
    let lock = std::fs::read_to_string(root()?.join("Cargo.lock"))?;
    let package = |block: &str| {
        let value = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")))?;
            Some(line.strip_suffix('"')?.to_owned())
        };
        Some(((value("name")?, value("version")?), value("checksum")?))
    };
    Ok(lock.split("[[package]]").filter_map(package).collect())
}

/// Returns the provenance of files as an in-toto statement with a SLSA 1.0 predicate, unsigned.
/// `materials` are files from outside of the source.
pub(crate) fn provenance(
    target: &str,
    source: &DistSource,
    files: &[(String, Vec<u8>)],
    materials: &[(String, Vec<u8>)],
) -> anyhow::Result<String> {
    let digest = |content: &[u8]| json!({ "sha256": sha256(content) });
    let subjects: Vec<Value> = files
        .iter()
        .map(|(name, content)| json!({ "name": name, "digest": digest(content) }))
        .collect();
    let mut dependencies = vec![json!({
        "uri": "git+plumbline",
        "digest": { "gitCommit": source.commit },
    })];
    dependencies.extend(
        materials.iter().map(|(name, content)| json!({ "name": name, "digest": digest(content) })),
    );
    let document = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:plumbline:cargo-xtask-dist:1",
                "externalParameters": { "target": target, "version": VERSION },
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": { "id": "urn:plumbline:cargo-xtask-dist" },
                "metadata": { "finishedOn": source.timestamp()? },
            },
        },
    });
    Ok(format!("{document:#}\n"))
}
