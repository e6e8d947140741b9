//! The zip file with the function code of a deployment.

use std::path::{Path, PathBuf};

use plumbline_aws::download::{DownloadError, download};

use crate::error::{Advise, CliError, INCOMPLETE};
use crate::inputs;
use crate::runtime::block_on;

/// The folder of the zip file in an installation, from the folder of the program.
const INSTALLED: &str = "../share/plumbline";
/// The folder that 'cargo xtask package' writes to.
const PACKAGED: &str = "dist";
/// The zip files, the default processor of functions first.
const NAMES: [&str; 2] = ["bootstrap-x86_64.zip", "bootstrap-arm64.zip"];

/// Reads the zip file from the path or URL that the caller gave, or else finds it. Returns its name
/// and content. The content of a URL is not trusted without a digest.
pub(super) fn read(
    given: Option<&str>,
    digest: Option<&str>,
) -> Result<(String, Vec<u8>), CliError> {
    let (name, content) = match given {
        Some(url) if is_url(url) && digest.is_none() => {
            return Err(CliError::usage(
                format!("'{url}' requires the digest of its content"),
                "Give its line of the file SHA256SUMS: --code-sha256 DIGEST.",
            ));
        }
        Some(url) if is_url(url) => (url.to_owned(), block_on(async { Ok(download(url).await?) })?),
        Some(file) => (file.to_owned(), inputs::code(Path::new(file))?),
        None => {
            let file = find(&folders())?;
            (file.display().to_string(), inputs::code(&file)?)
        }
    };
    let actual = inputs::sha256(&content);
    match digest {
        Some(expected) if !expected.eq_ignore_ascii_case(&actual) => Err(CliError::usage(
            format!("the SHA-256 digest of '{name}' is {actual}, not {expected}"),
            "Give the file that belongs to the digest.",
        )),
        _ => Ok((name, content)),
    }
}

fn is_url(code: &str) -> bool {
    code.contains("://")
}

/// Returns the folders to search. An installed program uses the zip file of its installation only:
/// others may write to the current folder, for example with a pull request. A program that was
/// built from source also uses that of the checkout. The folder of the program is not one of them:
/// no package puts the zip file there, and others may write to it.
fn folders() -> Vec<PathBuf> {
    let program = std::env::current_exe().and_then(|program| program.canonicalize());
    let installed = program.ok().and_then(|program| Some(program.parent()?.join(INSTALLED)));
    match installed {
        Some(installed) if installed.is_dir() => vec![installed],
        installed => installed.into_iter().chain([PathBuf::from(PACKAGED)]).collect(),
    }
}

/// Finds the first zip file in the folders.
fn find(folders: &[PathBuf]) -> Result<PathBuf, CliError> {
    let files = folders.iter().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    files.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        let folders: Vec<_> =
            folders.iter().map(|folder| format!("'{}'", folder.display())).collect();
        CliError::usage(
            format!("found no zip file with the function code in {}", folders.join(", ")),
            "Give the zip file of the release with --code. With pip, install its wheel \
             'plumbline_function'. From source, run 'cargo xtask package'.",
        )
    })
}

impl Advise for DownloadError {
    fn advice(&self) -> String {
        "Check the URL and the proxy in HTTPS_PROXY, or download the file and give its path with \
         --code."
            .to_owned()
    }

    fn code(&self) -> u8 {
        INCOMPLETE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_folder_with_a_zip_file_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let [installed, packaged] = ["installed", "dist"].map(|name| folder.path().join(name));
        for folder in [&installed, &packaged] {
            std::fs::create_dir(folder).expect("a folder");
        }
        let folders = [installed.clone(), packaged.clone()];
        let error = find(&folders).expect_err("no file");
        assert!(error.message.contains("installed") && error.message.contains("dist"), "{error}");

        std::fs::write(packaged.join("bootstrap-x86_64.zip"), "zip").expect("writes");
        assert_eq!(find(&folders).expect("a file"), packaged.join("bootstrap-x86_64.zip"));
        std::fs::write(installed.join("bootstrap-arm64.zip"), "zip").expect("writes");
        assert_eq!(find(&folders).expect("a file"), installed.join("bootstrap-arm64.zip"));
    }

    #[test]
    fn a_digest_of_another_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("code.zip");
        std::fs::write(&file, "abc").expect("writes");
        let name = file.display().to_string();
        let digest = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        assert_eq!(read(Some(&name), Some(digest)).expect("the file").1, b"abc");
        let error = read(Some(&name), Some("00")).expect_err("another file");
        assert!(error.message.contains("7816"), "{error}");
    }
}
