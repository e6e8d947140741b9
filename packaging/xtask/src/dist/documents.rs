//! The documents of a distribution about its contents: license texts, the list of components
//! (SBOM), and the statement about its origin (provenance).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::program::DistTarget;
use super::source::DistSource;
use crate::action_list::ActionList;
use crate::license_texts::license_texts;
use crate::linked_library::LinkedLibrary;
use crate::package::sha256;
use crate::release::VERSION;
use crate::root;
use crate::third_party::{self, LinkedProgram, Name, Packages};

/// The documents of a target about the packages in its programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Documents {
    /// The packages with their declared licenses, as a page.
    pub(crate) packages: String,
    /// The texts of licenses and notices.
    pub(crate) licenses: String,
    /// The software bill of materials.
    pub(crate) sbom: String,
}

impl Documents {
    /// Creates the documents of the command line for the target, and of the function that it
    /// deploys. `libraries` are linked into the programs besides packages.
    pub(crate) fn create(
        of: DistTarget,
        source: &DistSource,
        libraries: &[LinkedLibrary],
    ) -> anyhow::Result<Self> {
        let packages = third_party::packages(&[
            LinkedProgram::function(of.architecture().target()),
            LinkedProgram::command_line(&of.triple()),
        ])?;
        let subject = format!("The programs for {} contain", of.triple());
        let mut page = third_party::page_of(&subject, "Both programs contain", &packages);
        for library in libraries {
            page.push_str(&library.paragraph());
        }
        let actions = ActionList::read()?;
        page.push_str(&actions.paragraph());
        let texts = libraries.iter().flat_map(LinkedLibrary::found_texts);
        let texts: Vec<_> = texts.chain([actions.license_text()]).collect();
        Ok(Self {
            packages: page,
            licenses: license_texts(&packages, &texts)?,
            sbom: sbom(of, &packages, libraries, source)?,
        })
    }
}

/// Returns the software bill of materials in the format CycloneDX 1.5, without a serial number,
/// which would differ each time.
fn sbom(
    of: DistTarget,
    packages: &Packages,
    libraries: &[LinkedLibrary],
    source: &DistSource,
) -> anyhow::Result<String> {
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
    components.extend(libraries.iter().map(library_component));
    components.push(ActionList::read()?.component());
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
                "properties": [
                    { "name": "plumbline:target", "value": of.triple() },
                    { "name": "plumbline:commit", "value": source.commit },
                ],
            },
        },
        "components": components,
    });
    Ok(format!("{document:#}\n"))
}

/// Returns the component of a library that is linked into programs.
fn library_component(library: &LinkedLibrary) -> Value {
    let version = library.version.as_deref().map(|version| format!("@{version}"));
    let url = format!("pkg:generic/{}{}", library.name, version.unwrap_or_default());
    let programs = library.programs.iter();
    let mut properties: Vec<Value> =
        programs.map(|name| json!({ "name": "plumbline:program", "value": name })).collect();
    properties.push(json!({ "name": "plumbline:linked", "value": "static" }));
    let mut component = json!({
        "type": "library",
        "bom-ref": url,
        "name": library.name,
        "licenses": [{ "expression": library.license }],
        "purl": url,
        "properties": properties,
    });
    if let (Some(version), Some(members)) = (&library.version, component.as_object_mut()) {
        members.insert("version".to_owned(), version.as_str().into());
    }
    component
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
/// `materials` are the files that determine the packages, and files from outside of the source.
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
