//! The texts of licenses and notices of the packages in programs, from the sources of the packages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::environment::cargo;
use crate::third_party::{Name, Packages};

/// The beginnings of the names of files with license texts and notices, in lowercase.
const LICENSE_FILES: [&str; 6] =
    ["license", "licence", "copying", "copyright", "notice", "unlicense"];
/// The types of such files; other files with these names are code.
const LICENSE_TYPES: [&str; 3] = ["md", "txt", "rst"];
/// Folders whose files are not in a program.
const NOT_LINKED: [&str; 3] = ["benches", "examples", "tests"];

/// Returns the texts of licenses and notices of packages, each text once, with the packages that
/// contain it. `others` are more texts, with what they belong to.
///
/// # Errors
/// The source of a package is missing.
pub(crate) fn license_texts(
    packages: &Packages,
    others: &[(String, String)],
) -> anyhow::Result<String> {
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
    for (name, text) in others {
        texts.entry(text.trim().to_owned()).or_default().insert(name.clone());
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

/// Lists the files with license texts in a package's source, by path. Sources of other projects
/// that a package contains have their texts in folders below.
fn license_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_LINKED.contains(&name.as_str()) {
            files.extend(license_files(&path)?);
        } else if kind.is_file() && is_license(&name) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file has a license text or notice, by its name in lowercase.
fn is_license(name: &str) -> bool {
    let is_text = match name.rsplit_once('.') {
        // The end of a name such as license-2.0 is not a type.
        Some((_, kind)) => {
            LICENSE_TYPES.contains(&kind) || !kind.bytes().all(|byte| byte.is_ascii_lowercase())
        }
        None => true,
    };
    is_text && LICENSE_FILES.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::third_party::{LinkedProgram, packages};

    #[test]
    fn names_of_license_files() {
        for name in ["license", "license-mit", "license.md", "copying.txt", "license-apache-2.0"] {
            assert!(is_license(name), "{name}");
        }
        for name in ["license.rs", "copyright.c", "readme.md", "licenses.toml"] {
            assert!(!is_license(name), "{name}");
        }
    }

    #[test]
    fn every_declared_license_has_a_text() {
        let programs =
            ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"]
                .map(LinkedProgram::command_line);
        let packages = packages(&programs).expect("packages");
        let texts = license_texts(&packages, &[]).expect("texts");
        // A phrase of each license. Of several licenses to choose from, one is enough.
        let phrases = [
            ("Apache-2.0", "Apache License"),
            ("MIT", "Permission is hereby granted, free of charge"),
            ("BSD-3-Clause", "Neither the name of"),
            ("ISC", "Permission to use, copy, modify, and/or distribute"),
            ("Zlib", "This software is provided 'as-is'"),
            ("Unicode-3.0", "UNICODE LICENSE V3"),
            ("0BSD", "Permission to use, copy, modify, and/or distribute"),
            ("CDLA-Permissive-2.0", "Community Data License Agreement"),
            ("BlueOak-1.0.0", "Blue Oak Model License"),
        ];
        for (name, package) in &packages {
            for license in package.license.replace(['(', ')'], "").split(" AND ") {
                let has_text = license.replace('/', " OR ").split(" OR ").any(|license| {
                    let found = phrases.iter().find(|(id, _)| *id == license.trim());
                    found.is_some_and(|(_, phrase)| texts.contains(phrase))
                });
                assert!(has_text, "{name:?}: no text of {license}");
            }
        }
    }
}
