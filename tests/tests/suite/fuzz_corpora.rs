//! The committed inputs of the fuzz targets, with the targets' own functions.

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a library of its own elsewhere")]
mod targets;

/// Passes each input to a target. A failure is reproducible and named by its file.
fn replay(corpus: &str, target: fn(&[u8])) {
    let folder = plumbline_tests::package().join("fuzz/corpus").join(corpus);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("a corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(files.len() >= 24, "{} has {} inputs", folder.display(), files.len());
    for file in files {
        println!("{}", file.display());
        target(&std::fs::read(&file).expect("an input"));
    }
}

#[test]
fn filters() {
    replay("filter", targets::filter);
}

#[test]
fn coverages() {
    replay("coverage", targets::coverage::coverage);
}

#[test]
fn policies() {
    replay("policy", targets::policy);
}

#[test]
fn events() {
    replay("event", targets::event);
}

#[test]
fn credential_reports() {
    replay("credential_report", targets::credential_report);
}

#[test]
fn registers() {
    replay("register", targets::register);
}

#[test]
fn snapshots() {
    replay("snapshot", targets::snapshot);
}

#[test]
fn evaluations() {
    replay("evaluation", targets::evaluation);
}

#[test]
fn outputs() {
    replay("output", targets::output);
}
