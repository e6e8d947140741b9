//! The cases of `tests/verdicts`: small inputs with the verdicts that follow from the semantics of
//! AWS.

use std::process::Command;

use plumbline_tests::programs::program;

#[test]
fn all_cases_agree() {
    let python = std::env::var("PLUMBLINE_TEST_PYTHON")
        .expect("the Python of the test environment is not known: use 'cargo xtask test'");
    let runner = plumbline_tests::package().join("environment/run_verdicts.py");
    let output =
        Command::new(python).arg(runner).arg(program("plumbline")).output().expect("Python starts");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
