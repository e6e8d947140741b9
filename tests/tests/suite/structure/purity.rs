//! Controls, core and templates read neither the clock nor the environment nor files.

use super::source::{SourceFile, sources};

const FOLDERS: &[&str] = &["common/core/src", "rules/src", "packaging/templates/src"];

const FORBIDDEN: &[&str] = &[
    "std::env",
    "std::fs",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "Utc::now",
    "SystemTime",
    "Instant::now",
];

fn impure(source: &SourceFile) -> Vec<String> {
    let uses = FORBIDDEN.iter().filter(|forbidden| source.text.contains(**forbidden));
    uses.map(|forbidden| format!("{} uses {forbidden}", source.path)).collect()
}

#[test]
fn controls_are_pure() {
    let sources = FOLDERS.iter().flat_map(|folder| sources(folder));
    let impure: Vec<String> = sources.flat_map(|source| impure(&source)).collect();
    assert!(impure.is_empty(), "{}", impure.join("\n"));
}

#[test]
fn what_is_impure_is_seen() {
    let source = SourceFile::new("src/a.rs", "use std::fs::File;\nfn f() { Utc::now() }");
    assert_eq!(impure(&source), ["src/a.rs uses std::fs", "src/a.rs uses Utc::now"]);
}
