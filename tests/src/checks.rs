//! What several tests check of what the program prints.

use crate::programs::stderr;
use serde_json::Value;

fn schema(name: &str) -> Value {
    let file = crate::package().join(format!("../docs/schema/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).expect("a schema")).expect("JSON")
}

/// A document of a program is valid by a schema of `docs/schema`.
pub fn assert_valid(name: &str, document: &Value) {
    let validator = jsonschema::validator_for(&schema(name)).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A program ends with a code, and says one line of what is wrong and one of what to do.
pub fn assert_error(output: &std::process::Output, code: i32, expected: &str) {
    let text = stderr(output, code);
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(" WARN ")).collect();
    assert!(
        lines.len() == 2 && lines[0].starts_with("error: ") && lines[1].starts_with("  "),
        "{text}"
    );
    assert!(text.contains(expected), "{text}");
    assert!(output.stdout.is_empty(), "nothing on standard output");
}

/// Writes a file and answers its path.
pub fn file(folder: &tempfile::TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("writes");
    path.display().to_string()
}
