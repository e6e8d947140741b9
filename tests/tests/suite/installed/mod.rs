//! The files of a release, installed as users install them: without Rust, with an empty
//! environment, and with coreutils and Python only in `PATH`.
//!
//! The tests create the files from the program of the tests. With `PLUMBLINE_DIST`, they use the
//! files of 'cargo xtask dist' in that folder.

mod static_program;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use plumbline_rules::registry::CONTROLS;
use plumbline_templates::bundle;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{environment, json, plumbline_as, program, stdout};
use serde_json::{Value, json};

/// The programs of coreutils that the installation uses.
const TOOLS: [&str; 4] = ["cat", "env", "ls", "mkdir"];

/// The folder with the files of a release.
static FILES: LazyLock<Files> = LazyLock::new(Files::find);

struct Files {
    folder: PathBuf,
    _created: Option<tempfile::TempDir>,
}

impl Files {
    fn find() -> Self {
        match std::env::var_os("PLUMBLINE_DIST") {
            Some(folder) => Self { folder: folder.into(), _created: None },
            None => Self::create(),
        }
    }

    /// Creates the files from the program of the tests.
    fn create() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // These tests do not run the function: any program for the processor serves.
        let any = python("import shutil; print(shutil.which('true'))");
        let code = folder.path().join("code.zip");
        let zip = bundle::write(&std::fs::read(any).expect("a program")).expect("a zip");
        std::fs::write(&code, zip).expect("writes");
        // Names of functions make the program several times as large.
        let small = folder.path().join("plumbline");
        let mut strip = Command::new("strip");
        run(strip.arg("-o").arg(&small).arg(program("plumbline")));
        let out = folder.path().join("dist");
        let mut dist = Command::new(program("xtask"));
        // The task finds the checkout by this variable, which names the package of the tests here.
        dist.env(
            "CARGO_MANIFEST_DIR",
            plumbline_tests::package().with_file_name("packaging").join("xtask"),
        );
        dist.args(["dist", "--allow-changes", "--binary"]).arg(&small);
        run(dist.arg("--code").arg(&code).arg("--out").arg(&out));
        Self { folder: out, _created: Some(folder) }
    }

    /// Returns the file of the release whose name ends in this way.
    fn file(&self, end: &str) -> PathBuf {
        let files = std::fs::read_dir(&self.folder).expect("the files");
        let found = files.map(|file| file.expect("a file").path());
        found
            .filter(|file| file.to_string_lossy().ends_with(end))
            .max()
            .unwrap_or_else(|| panic!("{} has no {end}", self.folder.display()))
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the command starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
    output
}

/// A machine of a user: its home folder, and a `PATH` with coreutils and Python.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        let path = machine.path().join("path");
        std::fs::create_dir(&path).expect("a folder");
        for tool in TOOLS {
            let found = python(&format!("import shutil; print(shutil.which('{tool}'))"));
            symlink(found, path.join(tool)).expect("a link");
        }
        // A python3 in PATH can be a script, which needs more programs.
        let found = python("import os, sys; print(os.path.realpath(sys.executable))");
        symlink(found, path.join("python3")).expect("a link");
        machine
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A command on this machine. It does not see the environment of the tests.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(self.path()).env_clear();
        command.env("HOME", self.path()).env("PATH", self.path().join("path"));
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn python(&self, arguments: &[&Path]) {
        run(self.command(self.path().join("path/python3")).args(arguments));
    }

    /// Installs the archive and returns the program.
    fn archive(&self) -> PathBuf {
        let archive = FILES.file(".tar.gz");
        self.python(&[Path::new("-m"), Path::new("tarfile"), Path::new("-e"), &archive]);
        let name = archive.file_name().expect("a name").to_string_lossy().into_owned();
        self.path().join(name.trim_end_matches(".tar.gz")).join("bin/plumbline")
    }

    /// Installs the wheels of program and function, and returns the program.
    fn wheel(&self) -> PathBuf {
        let environment = self.path().join("venv");
        self.python(&[Path::new("-m"), Path::new("venv"), &environment]);
        let mut pip = self.command(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-index"]);
        run(pip.arg("--find-links").arg(&FILES.folder).arg("plumbline[deploy]"));
        environment.join("bin/plumbline")
    }
}

/// Returns what a script prints in the Python of the tests.
fn python(script: &str) -> String {
    let output = run(Command::new("python3").args(["-c", script]));
    String::from_utf8(output.stdout).expect("a text").trim().to_owned()
}

/// The numbers of results by verdict.
fn counts(report: &Value) -> &Value {
    &report["accounts"][0]["summary"]
}

/// The sample account, a scan, and a deployment, with a program that is installed.
fn uses(machine: &Machine, plumbline: &Path) {
    let run = |arguments: &[&str]| machine.command(plumbline).args(arguments).output();
    let version = stdout(&run(&["--version"]).expect("it starts"), 0);
    assert!(version.starts_with(concat!("plumbline ", env!("CARGO_PKG_VERSION"))), "{version}");
    let sample = stdout(&run(&["scan", "--sample", "--summary"]).expect("it starts"), 0);
    assert!(sample.contains("63"), "{sample}");

    let account = TestAccount::seeded();
    account.control("ec2/regions", json!({ "regions": ["us-east-1"] }));
    account.recorder("us-east-1");
    let live = |arguments: &[&str]| {
        let variables = environment(&account, "us-east-1");
        machine.command(plumbline).envs(variables).args(arguments).output().expect("it starts")
    };
    let scan = ["scan", "--format", "json", "--region", "us-east-1"];
    let (installed, built) = (json(&live(&scan), 0), json(&plumbline_as(&account, &scan), 0));
    assert!(counts(&installed).is_object(), "{installed}");
    assert_eq!(counts(&installed), counts(&built));

    let plan = stdout(&live(&["deploy", "--single-account", "--dry-run"]), 0);
    assert!(plan.contains("share/plumbline/bootstrap-"), "{plan}");
    let applied = stdout(&live(&["deploy", "--single-account", "--apply"]), 0);
    assert!(applied.contains("Done: release"), "{applied}");
    assert_eq!(crate::deploy::functions(&account, "us-east-1").len(), CONTROLS.len());
    let again = stdout(&live(&["deploy", "--single-account", "--dry-run"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");
}

#[test]
fn the_archive_scans_and_deploys_without_rust() {
    let machine = Machine::new();
    uses(&machine, &machine.archive());
}

#[test]
fn the_wheels_scan_and_deploy_without_rust() {
    let machine = Machine::new();
    uses(&machine, &machine.wheel());
}
