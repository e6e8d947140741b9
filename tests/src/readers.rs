//! Third-party programs that read the output of the program.

use std::path::Path;
use std::process::Command;

/// The output of a Python script that reads a file, `sys.argv[1]`.
pub fn read_by_python(script: &str, file: &Path) -> String {
    let python = std::env::var_os("PLUMBLINE_READERS_PYTHON")
        .expect("no PLUMBLINE_READERS_PYTHON: use 'cargo xtask test'");
    let output = Command::new(python)
        .args(["-c", script])
        .arg(file)
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
