//! The test environment: a Python virtual environment with moto, and the server that simulates AWS.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use crate::root;

/// The environment variables with which tests find the server and the Python interpreters for
/// seeding accounts, checking policies and reading output files.
const ENDPOINT_VARIABLE: &str = "PLUMBLINE_TEST_ENDPOINT";
const PYTHON_VARIABLE: &str = "PLUMBLINE_TEST_PYTHON";
const POLICY_PYTHON_VARIABLE: &str = "PLUMBLINE_POLICY_PYTHON";
const READERS_PYTHON_VARIABLE: &str = "PLUMBLINE_READERS_PYTHON";

/// The folder of the program that asks AWS.
const VERIFICATION: &str = "tests/aws-real";

/// The folder of the program that compares the test environment with another emulator.
const SECOND_OPINION: &str = "tests/second-opinion";

/// The server. It ends when this value is dropped or this process ends.
struct Server {
    process: Child,
    endpoint: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command and waits for its end.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().display());
    Ok(())
}

/// Returns the target directory.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    Ok(std::env::var_os("CARGO_TARGET_DIR").map_or(root()?.join("target"), PathBuf::from))
}

/// Returns the Python interpreter of the test environment.
fn python() -> anyhow::Result<PathBuf> {
    virtual_environment("test-venv", "tests/environment/requirements.txt")
}

/// Returns the Python interpreter of the policy checks, whose requirements conflict with those of
/// the test environment.
fn policy_python() -> anyhow::Result<PathBuf> {
    virtual_environment("policy-venv", "tests/policies/requirements.txt")
}

/// Returns the Python interpreter that reads output files in the same way as other programs.
fn readers_python() -> anyhow::Result<PathBuf> {
    virtual_environment("readers-venv", "tests/readers/requirements.txt")
}

/// Returns the Python interpreter of a virtual environment. It creates the environment if it is
/// missing or its requirements changed. Only one of several processes creates it, and the others
/// wait.
#[expect(clippy::print_stderr, reason = "standard output belongs to the program that runs in it")]
pub(crate) fn virtual_environment(name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    let file = root()?.join(requirements);
    let text = std::fs::read(&file).with_context(|| format!("cannot read {requirements}"))?;
    let hash: String =
        Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let folder = target()?.join(format!("{name}-{hash}"));
    let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
    std::fs::create_dir_all(target()?)?;
    let lock = std::fs::File::create(folder.with_extension("lock"))?;
    lock.lock()?;
    if !ready.exists() {
        // Standard output can be the report of `verify-on-aws`.
        eprintln!("creating the virtual environment of {requirements} in {}", folder.display());
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
            .context("Python 3.11 or newer with the venv module is required")?;
        run(Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&file))?;
        std::fs::write(&ready, "")?;
    }
    Ok(python)
}

/// Starts the server. With `checks`, it compares each response with the model of its service. This
/// takes time, so benchmarks omit it.
fn start(port: u16, checks: bool) -> anyhow::Result<Server> {
    let mut process = Command::new(python()?)
        .arg(root()?.join("tests/environment/server.py"))
        .args(["--port", &port.to_string(), "--exit-with-parent"])
        .args(checks.then_some("--check-answers"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = process.stdout.take().context("the server has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let Some(endpoint) = line.trim().strip_prefix("endpoint ").map(str::to_owned) else {
        let _ = process.kill();
        let _ = process.wait();
        bail!("the test environment did not start on port {port}; see its message above");
    };
    Ok(Server { process, endpoint })
}

/// Creates a cargo command in the root.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command =
        Command::new(std::env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")));
    command.args(arguments).current_dir(root()?);
    Ok(command)
}

/// Runs all tests.
pub(crate) fn test(arguments: &[String]) -> anyhow::Result<()> {
    let server = start(0, true)?;
    // Programs and tests are built together. Dev-dependencies change the features of common
    // dependencies, which would otherwise be compiled twice.
    run(&mut cargo(&["build", "--workspace", "--bins", "--tests"])?)?;
    let tests = run(cargo(&["test", "--workspace"])?
        .args(arguments)
        .env(ENDPOINT_VARIABLE, &server.endpoint)
        .env(PYTHON_VARIABLE, python()?)
        .env(POLICY_PYTHON_VARIABLE, policy_python()?)
        .env(READERS_PYTHON_VARIABLE, readers_python()?));
    let answers = run(Command::new(python()?)
        .arg(root()?.join("tests/environment/check_answers.py"))
        .args(["--endpoint", &server.endpoint]))
    .context("the test environment returned responses that AWS does not return");
    tests.and(answers)
}

/// Runs the release build of the function within the limits of a deployed function.
pub(crate) fn test_limits(nightly: bool, arguments: &[String]) -> anyhow::Result<()> {
    let server = start(0, false)?;
    run(&mut cargo(&["build", "--release", "--package", "plumbline-lambda"])?)?;
    let mut command = cargo(&["test", "--package", "plumbline-tests", "--test", "limits", "--"])?;
    // The tests run sequentially, because each measures the machine.
    command.args(["--ignored", "--nocapture", "--test-threads", "1"]).args(arguments);
    if !nightly {
        command.args(["--skip", "_nightly"]);
    }
    run(command.env(ENDPOINT_VARIABLE, &server.endpoint).env(PYTHON_VARIABLE, python()?))
}

/// Checks the test environment itself, and the programs that ask AWS and another emulator: lints,
/// format and tests.
pub(crate) fn check() -> anyhow::Result<()> {
    let python = python()?;
    for name in ["tests/environment", VERIFICATION, SECOND_OPINION] {
        let folder = root()?.join(name);
        for tool in [&["ruff", "check", "."][..], &["ruff", "format", "--check", "."], &["pytest"]]
        {
            run(Command::new(&python).arg("-m").args(tool).current_dir(&folder))
                .with_context(|| format!("in {name}: {}", tool.join(" ")))?;
        }
    }
    Ok(())
}

/// Runs the program that compares the test environment with another emulator.
pub(crate) fn second_opinion(arguments: &[String]) -> anyhow::Result<()> {
    let program = root()?.join(SECOND_OPINION).join("second_opinion.py");
    run(Command::new(python()?).arg(program).args(arguments))
}

/// Runs the program that asks AWS. On Unix it replaces this process, so that Ctrl-C reaches only
/// the program, which then removes what it created.
pub(crate) fn verify_on_aws(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut command = Command::new(python()?);
    command.arg(root()?.join(VERIFICATION).join("verify.py")).args(arguments);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        Err(command.exec()).context("cannot start Python")
    }
    #[cfg(not(unix))]
    {
        let status = command.status().context("cannot start Python")?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
    }
}

/// Runs the benchmarks with the release build.
pub(crate) fn bench() -> anyhow::Result<()> {
    let server = start(0, false)?;
    // The programs are built separately. Otherwise the function would contain the CloudFormation
    // SDK of the command line.
    for package in ["plumbline-lambda", "plumbline-cli"] {
        run(&mut cargo(&["build", "--release", "--package", package])?)?;
    }
    run(cargo(&["bench", "--package", "plumbline-core", "--package", "plumbline-tests"])?
        .env(ENDPOINT_VARIABLE, &server.endpoint)
        .env(PYTHON_VARIABLE, python()?))
}

/// Starts the server with a seeded account and waits until it is stopped.
pub(crate) fn up(port: u16) -> anyhow::Result<()> {
    let mut server = start(port, false)?;
    seed(&server.endpoint)?;
    println!(
        "moto simulates AWS at {endpoint}. Stop it with Ctrl-C. In another shell:\n\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-east-1 \
         AWS_ACCESS_KEY_ID=AKIA111122223333TEST AWS_SECRET_ACCESS_KEY=any\n  \
         cargo run --package plumbline-cli -- scan --region us-east-1 --region eu-central-1",
        endpoint = server.endpoint
    );
    // Waiting would close the standard input of the server, which would end it, so the input is
    // held.
    let held = server.process.stdin.take();
    server.process.wait()?;
    drop(held);
    Ok(())
}

fn seed(endpoint: &str) -> anyhow::Result<()> {
    let script: PathBuf = root()?.join("tests/environment/seed_demo.py");
    run(Command::new(python()?)
        .arg(Path::new(&script))
        .args(["--endpoint", endpoint])
        .stdout(Stdio::null()))
}
