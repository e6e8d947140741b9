//! A release: the code and the templates that are uploaded, under a name that follows from their
//! content.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::account::single_account;
use crate::bundle::{self, BundleError};
use crate::central;
use crate::contract::{PROGRAM, code_key, template_key};
use crate::functions;
use crate::members;
use crate::organization::organization;
use crate::packs::PackTemplate;
use crate::tasks::organization_tasks;
use crate::template::{BucketNames, Template, YamlError};

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// The version, and a digest of everything that is in it.
    pub name: String,
    /// The processor that the code is for: a value of the parameter `Architecture`.
    pub architecture: &'static str,
    /// Everything that is uploaded: keys and contents.
    pub objects: Vec<(String, Vec<u8>)>,
}

/// Why something is no release.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The code is no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The program is for something else than the functions' runtime.
    #[error("'{PROGRAM}' is not a Linux program for x86_64 or arm64")]
    OtherProgram,
    /// A template cannot be written.
    #[error(transparent)]
    Yaml(#[from] YamlError),
}

/// The templates that stacks and packs take from the code bucket, in the order of their names.
fn uploaded() -> Vec<Template> {
    let packs = PackTemplate::all().map(PackTemplate::template);
    let of_stacks = [
        central::functions(),
        central::permission_organization(),
        functions::global(),
        functions::regional(),
        central::member_role(),
        members::members(),
    ];
    packs.chain(of_stacks).collect()
}

impl Release {
    /// The release of a bundle with all templates.
    ///
    /// # Errors
    /// AWS Lambda could not run the bundle.
    pub fn new(code: Vec<u8>) -> Result<Self, ReleaseError> {
        let architecture = architecture(&bundle::read(&code)?)?;
        let text = |template: Template| Ok((template.name(), template.yaml()?));
        let uploaded = uploaded().into_iter().map(text).collect::<Result<Vec<_>, YamlError>>()?;
        let sent = [single_account, organization, organization_tasks]
            .map(|template| template(&BucketNames::ByParameter))
            .into_iter()
            .map(text)
            .collect::<Result<Vec<_>, YamlError>>()?;
        let mut digest = Sha256::new();
        for (name, content) in uploaded.iter().chain(&sent) {
            digest.update(format!("{name}.yaml {}\n", content.len()));
            digest.update(content);
        }
        digest.update(&code);
        let digest: String =
            digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("{}-{digest}", env!("CARGO_PKG_VERSION"));
        let objects = uploaded
            .into_iter()
            .map(|(template, content)| (template_key(&name, template), content.into_bytes()))
            .chain([(code_key(&name), code)])
            .collect();
        Ok(Self { name, architecture, objects })
    }
}

/// The processor that a program is for.
fn architecture(program: &[u8]) -> Result<&'static str, ReleaseError> {
    let is_elf = program.starts_with(b"\x7fELF\x02\x01");
    match program.get(18..20) {
        Some([62, 0]) if is_elf => Ok("x86_64"),
        Some([183, 0]) if is_elf => Ok("arm64"),
        _ => Err(ReleaseError::OtherProgram),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::stored;
    use crate::contract::ARCHITECTURE;

    fn elf(machine: u8) -> Vec<u8> {
        let mut content = vec![0; 64];
        content[..6].copy_from_slice(b"\x7fELF\x02\x01");
        content[18] = machine;
        content
    }

    fn release(program: &[u8]) -> Result<Release, ReleaseError> {
        Release::new(stored(PROGRAM, 0o100_755, program))
    }

    #[test]
    fn the_architecture_is_that_of_the_program() {
        let template = functions::global();
        let parameter = template.parameter(ARCHITECTURE).expect("a parameter");
        for (machine, expected) in [(62, "x86_64"), (183, "arm64")] {
            let architecture = release(&elf(machine)).expect("a release").architecture;
            assert_eq!(architecture, expected);
            assert_eq!(parameter.accepts(architecture), Ok(()));
        }
    }

    #[test]
    fn what_lambda_could_not_run_is_refused() {
        for program in [b"#!/bin/sh".as_slice(), &elf(40), &[]] {
            assert!(matches!(release(program), Err(ReleaseError::OtherProgram)), "{program:?}");
        }
        assert!(matches!(
            Release::new(b"PK".to_vec()),
            Err(ReleaseError::Bundle(BundleError::NoZip))
        ));
    }

    #[test]
    fn a_release_is_named_after_its_content() {
        let name = |content: &[u8]| release(content).expect("a release").name;
        let (one, other) = (elf(62), elf(183));
        assert_eq!(name(&one), name(&one));
        assert_ne!(name(&one), name(&other));
        assert!(name(&one).starts_with(concat!(env!("CARGO_PKG_VERSION"), "-")), "{}", name(&one));
    }
}
