//! The reconciliation of an organization's deployment: a project of AWS CodeBuild runs
//! `deploy --as-deployed`. This module decides about its stack and its program, and which runs are
//! those of the project.

use std::path::{Path, PathBuf};

use plumbline_templates::contract::{CODE_BUCKET_PREFIX, OFF, ON, RELEASE, SETTINGS, code_bucket};
pub(crate) use plumbline_templates::reconcile::RECONCILE_STACK;
use plumbline_templates::reconcile::{
    PROGRAM_ARCHITECTURES, RECONCILE, RECONCILE_ARCHITECTURE, RECONCILE_PROGRAM, WITHOUT_CODEBUILD,
    program_key, reconcile,
};
use plumbline_templates::{ParameterValues, value_or_empty};
use sha2::{Digest as _, Sha256};

use crate::aws::buckets;
use crate::aws::cloudformation::{CloudFormation, TemplateSource};
use crate::central::CentralStack;
use crate::error::{DeployError, RegionError};
use crate::guardrails::tags::StackTags;
use crate::stack::{Stack, StackAction};
use crate::target::DeployTarget;

/// The given settings of the reconciliation.
#[derive(Clone, Debug, Default)]
pub struct ReconcileOptions {
    /// Whether to reconcile. `None` keeps the deployed setting.
    pub is_wanted: Option<bool>,
    /// The given program for the project.
    pub program: Option<PathBuf>,
    /// The program of this process, which is used by default.
    pub own_program: Option<PathBuf>,
    /// Whether this run corrects accounts only: it changes neither the release nor the settings.
    pub is_as_deployed: bool,
}

/// A program that runs on every Linux of its architecture.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LinuxProgram {
    content: Vec<u8>,
    /// Its SHA-256 digest.
    digest: String,
    architecture: &'static str,
}

impl LinuxProgram {
    /// Checks a program: it must not require a dynamic linker, because the image of the project has
    /// other libraries than the system on which it was built.
    fn new(content: Vec<u8>) -> Result<Self, &'static str> {
        let not_linux = "it is not a program for Linux on x86-64 or 64-bit Arm";
        if !content.starts_with(b"\x7fELF\x02\x01") {
            return Err(not_linux);
        }
        let [x86, arm] = PROGRAM_ARCHITECTURES;
        let architecture = match number(&content, 18, 2) {
            Some(62) => x86,
            Some(183) => arm,
            _ => return Err(not_linux),
        };
        if has_interpreter(&content).ok_or("its headers are damaged")? {
            return Err("it is not static: it requires the C library of its system");
        }
        let digest = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { content, digest, architecture })
    }

    fn read(file: &Path) -> Result<Self, DeployError> {
        let rejected =
            |what: String| DeployError::ReconcileProgram { file: file.display().to_string(), what };
        let content = std::fs::read(file).map_err(|error| rejected(error.to_string()))?;
        Self::new(content).map_err(|what| rejected(what.to_owned()))
    }
}

/// Whether an ELF program has a program header of the type `PT_INTERP`.
fn has_interpreter(content: &[u8]) -> Option<bool> {
    const INTERPRETER: usize = 3;
    let (start, size, count) =
        (number(content, 32, 8)?, number(content, 54, 2)?, number(content, 56, 2)?);
    for at in 0..count {
        let header = size.checked_mul(at)?.checked_add(start)?;
        if number(content, header, 4)? == INTERPRETER {
            return Some(true);
        }
    }
    Some(false)
}

/// Returns a little-endian number.
fn number(content: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = content.get(at..at.checked_add(length)?)?;
    bytes
        .iter()
        .rev()
        .try_fold(0_usize, |number, byte| number.checked_mul(256)?.checked_add(usize::from(*byte)))
}

/// Sets the parameters of the reconciliation. `home` is the deployed stack of the home Region.
/// Returns the program if it has to be uploaded.
pub(crate) fn set(
    options: &ReconcileOptions,
    home_region: &str,
    home: Option<&Stack>,
    parameters: &mut ParameterValues,
) -> Result<Option<LinuxProgram>, DeployError> {
    let none = ParameterValues::new();
    let held = home.map_or(&none, |home| &home.parameters);
    let was_on = value_or_empty(held, RECONCILE) == ON;
    if !options.is_wanted.unwrap_or(was_on) {
        if let Some(program) = &options.program {
            return Err(DeployError::NoProject(program.display().to_string()));
        }
        parameters.insert(RECONCILE.to_owned(), OFF.to_owned());
        parameters.insert(RECONCILE_PROGRAM.to_owned(), String::new());
        parameters.remove(RECONCILE_ARCHITECTURE);
        return Ok(None);
    }
    if WITHOUT_CODEBUILD.contains(&home_region) {
        return Err(DeployError::NoCodeBuild(home_region.to_owned()));
    }
    let recorded = value_or_empty(held, RECONCILE_PROGRAM);
    let is_same = was_on && value_or_empty(held, RELEASE) == value_or_empty(parameters, RELEASE);
    let program = match (&options.program, &options.own_program) {
        (Some(given), _) => LinuxProgram::read(given)?,
        (None, own) if is_same && !recorded.is_empty() => {
            // The upload of an earlier run can have failed.
            let own = own.as_ref().and_then(|own| LinuxProgram::read(own).ok());
            return Ok(own.filter(|own| own.digest == recorded));
        }
        (None, Some(own)) => LinuxProgram::read(own)?,
        (None, None) => {
            return Err(DeployError::ReconcileProgram {
                file: "plumbline".to_owned(),
                what: "its path is not known".to_owned(),
            });
        }
    };
    parameters.insert(RECONCILE.to_owned(), ON.to_owned());
    parameters.insert(RECONCILE_PROGRAM.to_owned(), program.digest.clone());
    parameters.insert(RECONCILE_ARCHITECTURE.to_owned(), program.architecture.to_owned());
    Ok(Some(program))
}

/// Rejects a run of the project with another release than that which is deployed.
pub(crate) fn check_release(
    options: &ReconcileOptions,
    release: &str,
    home: Option<&Stack>,
) -> Result<(), DeployError> {
    let deployed = home.and_then(Stack::release);
    if options.is_as_deployed && deployed != Some(release) {
        return Err(DeployError::NotAsDeployed {
            release: release.to_owned(),
            deployed: deployed.map(str::to_owned),
        });
    }
    Ok(())
}

/// The stack of the reconciliation, and the program for it.
#[derive(Default)]
pub(crate) struct Reconciliation {
    /// The wanted stack.
    pub(crate) stack: Option<CentralStack>,
    /// Whether the stack exists but is not wanted.
    pub(crate) is_former: bool,
    program: Option<LinuxProgram>,
}

impl Reconciliation {
    /// Reads the stack. `parameters` are those of the complete deployment.
    pub(crate) async fn read(
        target: &DeployTarget,
        parameters: &ParameterValues,
        program: Option<LinuxProgram>,
        tags: &StackTags,
    ) -> Result<Self, DeployError> {
        let cloudformation = CloudFormation::new(&target.session, &target.home_region);
        let held = cloudformation.stack(RECONCILE_STACK).await?;
        if value_or_empty(parameters, RECONCILE) != ON {
            let is_former = held.as_ref().is_some_and(is_ours);
            return Ok(Self { stack: None, is_former, program: None });
        }
        if held.as_ref().is_some_and(|held| !is_ours(held)) {
            return Err(DeployError::ForeignCentralStack {
                name: RECONCILE_STACK,
                region: target.home_region.clone(),
            });
        }
        let cause = match &held {
            Some(stack) if !stack.is_complete() && !stack.is_in_progress() => {
                Some(cloudformation.cause(stack).await)
            }
            _ => None,
        };
        let stack = CentralStack {
            name: RECONCILE_STACK,
            what: "the project that deploys to the accounts again",
            template: TemplateSource::Body(
                reconcile().yaml().map_err(|error| DeployError::Template(error.to_string()))?,
            ),
            keeps_template: false,
            parameters: of_stack(parameters),
            held,
            tags: tags.clone(),
            cause,
        };
        Ok(Self { stack: Some(stack), is_former: false, program })
    }

    /// Whether the stack is up to date.
    pub(crate) fn is_done(&self) -> bool {
        let is_current = |stack: &CentralStack| stack.action() == StackAction::Nothing;
        !self.is_former && self.stack.as_ref().is_none_or(is_current)
    }

    /// Uploads the program to the code bucket of the home Region, if it is missing there.
    pub(crate) async fn upload(
        &self,
        target: &DeployTarget,
        parameters: &ParameterValues,
    ) -> Result<bool, RegionError> {
        let Some(program) = &self.program else { return Ok(false) };
        let (session, account, region) = (&target.session, &target.account, &target.home_region);
        let bucket = code_bucket(value_or_empty(parameters, CODE_BUCKET_PREFIX), region);
        let key = program_key(value_or_empty(parameters, RELEASE), &program.digest);
        let held = buckets::held_checksum(session, account, region, &bucket, &key).await?;
        if held.as_deref() == Some(buckets::checksum(&program.content).as_str()) {
            return Ok(false);
        }
        buckets::put(session, account, region, &bucket, &key, &program.content).await?;
        Ok(true)
    }
}

/// Whether Plumbline created a stack.
pub(crate) fn is_ours(stack: &Stack) -> bool {
    stack.status == "REVIEW_IN_PROGRESS" || stack.parameters.contains_key(RECONCILE_PROGRAM)
}

/// Returns the parameters of the stack.
fn of_stack(all: &ParameterValues) -> ParameterValues {
    let template = reconcile();
    let mut parameters = all.clone();
    parameters.retain(|name, _| name != SETTINGS && template.parameter(name).is_some());
    template.settle(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF program with program headers of some types.
    fn elf(machine: u8, headers: &[u8]) -> Vec<u8> {
        let mut content = vec![0; 64 + headers.len() * 56];
        content[..6].copy_from_slice(b"\x7fELF\x02\x01");
        content[18] = machine;
        content[32] = 64;
        content[54] = 56;
        content[56] = u8::try_from(headers.len()).expect("few");
        for (at, kind) in headers.iter().enumerate() {
            content[64 + at * 56] = *kind;
        }
        content
    }

    #[test]
    fn only_static_programs_for_linux_are_accepted() {
        for (machine, architecture) in [(62, "x86_64"), (183, "arm64")] {
            let program = LinuxProgram::new(elf(machine, &[1, 1, 2])).expect("a program");
            assert_eq!((program.architecture, program.digest.len()), (architecture, 64));
        }
        for (content, expected) in [
            (elf(62, &[6, 3, 1]), "not static"),
            (elf(40, &[1]), "not a program for Linux"),
            (b"MZ".to_vec(), "not a program for Linux"),
            (elf(62, &[1])[..70].to_vec(), ""),
            (elf(62, &[1, 1])[..100].to_vec(), "damaged"),
        ] {
            let found = LinuxProgram::new(content).err();
            match expected {
                "" => assert_eq!(found, None),
                expected => {
                    assert!(found.is_some_and(|found| found.contains(expected)), "{expected}")
                }
            }
        }
    }

    fn parameters(values: &[(&str, &str)]) -> ParameterValues {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_setting_and_the_program_stay_as_deployed() {
        let digest = "a".repeat(64);
        let held = parameters(&[(RECONCILE, ON), (RELEASE, "1"), (RECONCILE_PROGRAM, &digest)]);
        let held = Stack { parameters: held, ..Stack::default() };
        let mut wanted = held.parameters.clone();
        let options = ReconcileOptions::default();
        assert!(set(&options, "us-east-1", Some(&held), &mut wanted).expect("settings").is_none());
        assert_eq!(wanted, held.parameters);
        // Another release has another program, which is not known here.
        wanted.insert(RELEASE.to_owned(), "2".to_owned());
        assert!(set(&options, "us-east-1", Some(&held), &mut wanted).is_err());
        // Nothing is reconciled by default.
        let mut none = parameters(&[(RELEASE, "1")]);
        assert!(set(&options, "ca-west-1", None, &mut none).expect("settings").is_none());
        assert_eq!(value_or_empty(&none, RECONCILE), OFF);
        let on = ReconcileOptions { is_wanted: Some(true), ..options };
        let error = set(&on, "ca-west-1", None, &mut none).err().expect("no CodeBuild");
        assert!(error.to_string().contains("ca-west-1"), "{error}");
        let off = ReconcileOptions { is_wanted: Some(false), ..on };
        let unused = ReconcileOptions { program: Some("plumbline".into()), ..off.clone() };
        assert!(set(&unused, "us-east-1", None, &mut none).is_err(), "a program for no project");
        let mut wanted = held.parameters.clone();
        assert!(set(&off, "us-east-1", Some(&held), &mut wanted).expect("settings").is_none());
        assert_eq!(
            (value_or_empty(&wanted, RECONCILE), value_or_empty(&wanted, RECONCILE_PROGRAM)),
            (OFF, "")
        );
    }

    #[test]
    fn a_run_of_the_project_keeps_the_release() {
        let run = ReconcileOptions { is_as_deployed: true, ..ReconcileOptions::default() };
        let home = Stack { parameters: parameters(&[(RELEASE, "1")]), ..Stack::default() };
        assert!(check_release(&run, "1", Some(&home)).is_ok());
        assert!(check_release(&run, "2", Some(&home)).is_err());
        assert!(check_release(&run, "1", None).is_err(), "nothing is deployed");
        assert!(check_release(&ReconcileOptions::default(), "2", Some(&home)).is_ok());
    }
}
