//! A release: the code and templates to upload, with a name that depends on their content.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::account::single_account;
use crate::aggregator::aggregator;
use crate::bundle::{self, BundleError, VERSION};
use crate::central;
use crate::central_rules;
use crate::contract::{PROGRAM, code_key, template_key};
use crate::functions;
use crate::members;
use crate::organization::organization;
use crate::own_roles::own_roles;
use crate::packs::PackTemplate;
use crate::reconcile::reconcile;
use crate::tasks::organization_tasks;
use crate::template::{BucketNames, Template, YamlError};

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// The version and a digest of the content.
    pub name: String,
    /// The processor architecture of the code: a value of the parameter `Architecture`.
    pub architecture: &'static str,
    /// The keys and contents of all objects to upload.
    pub objects: Vec<(String, Vec<u8>)>,
}

/// The reason why a release cannot be created.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The code is not a valid bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The program is not for the runtime of the functions.
    #[error("'{PROGRAM}' is not a Linux program for x86_64 or arm64")]
    OtherProgram,
    /// A template cannot be written.
    #[error(transparent)]
    Yaml(#[from] YamlError),
}

/// Returns the templates that stacks and packs read from the code bucket, those of `plumbline
/// deploy` and of other tools.
fn uploaded() -> Vec<Template> {
    let packs = PackTemplate::all().map(PackTemplate::template);
    let of_stacks = [
        central::functions(),
        central::permission_organization(),
        own_roles(),
        functions::global(),
        functions::regional(),
        central::member_role(),
        members::members(),
        central_rules::global(),
        central_rules::regional(),
        aggregator(),
        organization_tasks(&BucketNames::ByParameter),
    ];
    packs.chain(of_stacks).collect()
}

impl Release {
    /// Creates the release of a bundle with all templates.
    ///
    /// # Errors
    /// AWS Lambda cannot run the bundle.
    pub fn new(code: Vec<u8>) -> Result<Self, ReleaseError> {
        let architecture = architecture(&bundle::read(&code)?)?;
        let text = |template: Template| Ok((template.name(), template.yaml()?));
        let uploaded = uploaded().into_iter().map(text).collect::<Result<Vec<_>, YamlError>>()?;
        let sent = [single_account, organization]
            .map(|template| template(&BucketNames::ByParameter))
            .into_iter()
            .chain([reconcile()])
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
        let name = format!("{VERSION}-{digest}");
        let objects = uploaded
            .into_iter()
            .map(|(template, content)| (template_key(&name, template), content.into_bytes()))
            .chain([(code_key(&name), code)])
            .collect();
        Ok(Self { name, architecture, objects })
    }
}

/// Returns the processor architecture of a program.
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
