//! What holds for the shape of the code.

use std::path::Path;
use std::process::Command;

fn tree(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--package",
            package,
        ])
        .current_dir(plumbline_tests::package().join(".."))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a text")
}

#[test]
fn controls_need_neither_an_sdk_nor_a_runtime() {
    for package in ["plumbline-core", "plumbline-rules"] {
        let tree = tree(package);
        for forbidden in ["aws-", "tokio", "hyper", "rustls", "lambda_runtime"] {
            assert!(
                !tree.lines().any(|line| line.starts_with(forbidden)),
                "{package} depends on {forbidden}"
            );
        }
    }
}

#[test]
fn dependencies_point_one_way() {
    let depends =
        |package: &str, on: &str| tree(package).lines().skip(1).any(|line| line.starts_with(on));
    assert!(!depends("plumbline-core", "plumbline-"));
    assert!(!depends("plumbline-aws", "plumbline-rules"));
    assert!(!depends("plumbline-rules", "plumbline-aws"));
}

/// Controls and core read neither the clock nor the environment nor files.
#[test]
fn controls_are_pure() {
    for folder in ["common/core/src", "rules/src"] {
        each_file(&plumbline_tests::package().join("..").join(folder), &mut |path, text| {
            for forbidden in [
                "std::env",
                "std::fs",
                "TcpStream",
                "UdpSocket",
                "ToSocketAddrs",
                "std::process",
                "Utc::now",
                "SystemTime",
                "Instant::now",
            ] {
                assert!(!text.contains(forbidden), "{} uses {forbidden}", path.display());
            }
        });
    }
}

fn each_file(folder: &Path, check: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            each_file(&path, check);
        } else {
            check(&path, &std::fs::read_to_string(&path).expect("a text"));
        }
    }
}
