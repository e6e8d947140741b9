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

use crate::package::{self, sha256};
use crate::release::VERSION;
use crate::root;

use self::program::{Program, Target};
use self::source::Source;
use self::tar::FileEntry;

/// The arguments of the task.
#[derive(Args)]
pub(crate) struct Dist {
    /// Target [default: this machine]; other systems than this one require the task to run there
    #[arg(long, value_enum)]
    target: Option<Target>,
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
pub(crate) struct Formula {
    /// URL of the directory from which the archives are downloaded
    #[arg(long)]
    url: String,
    /// Directory with the archives of all targets
    #[arg(long, value_name = "DIR", default_value = "dist")]
    dir: PathBuf,
}

/// A file of a release: its name and content.
type Named = (String, Vec<u8>);

/// Creates all files for the target, and prints their sizes and digests.
pub(crate) fn dist(arguments: &Dist) -> anyhow::Result<()> {
    let of = match arguments.target {
        Some(target) => target,
        None => Target::native()?,
    };
    let source = Source::find(arguments.allow_changes)?;
    let program = Program::read(of, arguments.binary.as_deref(), &source)?;
    let code = match &arguments.code {
        Some(file) => file.clone(),
        None => package::package(of.architecture(), None)?,
    };
    let code = std::fs::read(&code).with_context(|| format!("cannot read {}", code.display()))?;
    ensure!(
        bundle::version(&code).as_deref() == Some(VERSION),
        "the zip file of the function is not of version {VERSION}. Create it again: \
         'cargo xtask package'"
    );
    let sbom = documents::sbom(&source)?;
    let tree = tree(of, &program, &code, &sbom)?;
    let mut files = vec![archive(of, &tree, &source)?];
    files.push((wheel::name(of, program.glibc), wheel::wheel(of, program.glibc, &tree)?));
    let mut materials = Vec::new();
    if of.is_linux() {
        files.push((format!("bootstrap-{}.zip", of.architecture().name()), code));
        let package = debian::package(of, program.glibc, &tree, source.time)?;
        files.push((debian::name(of), package));
        if program.glibc.is_none() {
            let certificates = std::fs::read(&arguments.certificates)
                .with_context(|| format!("cannot read {}", arguments.certificates.display()))?;
            let image = image::image(of, &program, &tree, &certificates, &source)?;
            files.push((image::name(of), image));
            materials.push(("ca-certificates.crt".to_owned(), certificates));
        } else {
            println!("no image: the program requires a C library, and an image has none");
        }
    }
    let triple = of.triple();
    files.push((format!("plumbline-{VERSION}-{triple}.cdx.json"), sbom.into_bytes()));
    let provenance = documents::provenance(&triple, &source, &files, &materials)?;
    files.push((format!("plumbline-{VERSION}-{triple}.intoto.json"), provenance.into_bytes()));
    files.sort();
    files.push((format!("SHA256SUMS-{triple}"), sums(&files).into_bytes()));
    write(&arguments.out, &files)
}

/// Returns the files that a distribution installs, below `bin` and `share`.
fn tree(of: Target, program: &Program, code: &[u8], sbom: &str) -> anyhow::Result<Vec<FileEntry>> {
    let mut tree = program.printed.clone();
    tree.push(FileEntry::executable(format!("bin/{}", of.program()), program.content.clone()));
    let architecture = of.architecture().name();
    tree.push(FileEntry::readable(format!("share/plumbline/bootstrap-{architecture}.zip"), code));
    for name in ["LICENSE", "NOTICE", "THIRD-PARTY.md", "README.md"] {
        let text = std::fs::read(root()?.join(name))?;
        tree.push(FileEntry::readable(format!("share/doc/plumbline/{name}"), text));
    }
    tree.push(FileEntry::readable(
        "share/doc/plumbline/THIRD-PARTY-LICENSES.txt",
        documents::license_texts()?,
    ));
    tree.push(FileEntry::readable("share/doc/plumbline/sbom.cdx.json", sbom));
    for entry in std::fs::read_dir(root()?.join("cfn"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("share/plumbline/cfn/{name}");
        tree.push(FileEntry::readable(path, std::fs::read(entry.path())?));
    }
    tree.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(tree)
}

/// Returns the archive of a tree, with one folder at the top.
fn archive(of: Target, tree: &[FileEntry], source: &Source) -> anyhow::Result<Named> {
    let folder = format!("plumbline-{VERSION}-{}", of.triple());
    let content = tar::gzip(&tar::tar(&format!("{folder}/"), tree, &[], source.time)?)?;
    Ok((format!("{folder}.tar.gz"), content))
}

/// Returns the digests in the format of `sha256sum`.
fn sums(files: &[Named]) -> String {
    let mut text = String::new();
    for (name, content) in files {
        let _ = writeln!(text, "{}  {name}", sha256(content));
    }
    text
}

fn write(folder: &std::path::Path, files: &[Named]) -> anyhow::Result<()> {
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
pub(crate) fn formula(arguments: &Formula) -> anyhow::Result<()> {
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
