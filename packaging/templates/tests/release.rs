//! Compares bundles and releases with files and with the reader of another program.

use std::path::Path;
use std::process::Command;

use plumbline_templates::bundle;
use plumbline_templates::release::Release;
use sha2::{Digest, Sha256};

/// Python's zip reader reads name, mode, time and content.
#[test]
fn others_can_read_a_bundle() {
    let content = "#!/bin/sh\n".repeat(1000);
    let zip = bundle::write(content.as_bytes()).expect("a zip");
    assert!(zip.len() < 1000);
    let file = std::env::temp_dir().join(format!("plumbline-zip-test-{}.zip", std::process::id()));
    std::fs::write(&file, &zip).expect("writes");
    let script = "import sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        print([(i.filename, oct(i.external_attr >> 16), i.date_time, i.file_size) \
        for i in z.infolist()])";
    let output = Command::new("python3").args(["-c", script]).arg(&file).output().expect("Python");
    std::fs::remove_file(&file).expect("removes");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        text.trim(),
        concat!(
            "[('bootstrap', '0o100755', (1980, 1, 1, 0, 0, 0), 10000), ",
            "('VERSION', '0o100644', (1980, 1, 1, 0, 0, 0), 6)]"
        ),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The digest covers the files under `cfn/` and the code, so that a release has the same name for
/// every deploying program.
#[test]
fn the_digest_is_over_the_generated_files() {
    // Tests run in the folder of their package. The path at compile time may belong to another
    // checkout.
    let folder = Path::new("../../cfn");
    // The head of a program for Linux on x86_64.
    let mut program = vec![0; 64];
    program[..6].copy_from_slice(b"\x7fELF\x02\x01");
    program[18] = 62;
    let code = bundle::write(&program).expect("a zip");
    let mut content = Vec::new();
    for name in [
        "conformance-pack-global-level-1.yaml",
        "conformance-pack-global-level-2.yaml",
        "conformance-pack-regional-level-1.yaml",
        "conformance-pack-regional-level-2.yaml",
        "central-functions.yaml",
        "central-permission-organization.yaml",
        "own-roles.yaml",
        "functions-global.yaml",
        "functions-regional.yaml",
        "member-role.yaml",
        "members.yaml",
        "central-rules-global.yaml",
        "central-rules-regional.yaml",
        "aggregator.yaml",
        "organization-tasks.yaml",
        "single-account.yaml",
        "organization.yaml",
        "reconcile.yaml",
    ] {
        let file = std::fs::read(folder.join(name)).expect("a generated file");
        content.extend(format!("{name} {}\n", file.len()).into_bytes());
        content.extend(file);
    }
    content.extend(&code);
    let digest: String =
        Sha256::digest(content).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let release = Release::new(code.clone()).expect("a release");
    assert_eq!(release.name, format!("{}-{digest}", env!("CARGO_PKG_VERSION")));
    let (key, uploaded) = release.objects.last().expect("the code");
    assert_eq!((key, uploaded), (&format!("{}/bootstrap.zip", release.name), &code));
    for (key, uploaded) in release.objects.iter().take(15) {
        let name = key.strip_prefix(&format!("{}/", release.name)).expect("the folder");
        assert_eq!(std::fs::read(folder.join(name)).expect("a generated file"), *uploaded);
    }
}
