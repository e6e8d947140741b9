//! ShellCheck, which finds mistakes in scripts.

use std::io::Write;
use std::process::{Command, Stdio};

/// The Debian package.
const PACKAGE: &str = "shellcheck";

fn is_there() -> bool {
    Command::new(PACKAGE).arg("--version").output().is_ok()
}

/// The findings of ShellCheck in a script; nothing if it is missing and cannot be installed, which
/// is an error in CI.
pub fn findings(script: &str) -> Option<String> {
    if !is_there() {
        let install = ["install", "-y", "--no-install-recommends", PACKAGE];
        let _ = Command::new("apt-get").args(install).output();
    }
    if !is_there() {
        assert!(std::env::var_os("CI").is_none(), "CI has no ShellCheck");
        println!("skipped: no ShellCheck; apt-get install {PACKAGE}");
        return None;
    }
    let mut child = Command::new(PACKAGE)
        .args(["--format", "gcc", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ShellCheck starts");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(script.as_bytes()).expect("ShellCheck reads");
    drop(input);
    let output = child.wait_with_output().expect("ShellCheck ends");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
