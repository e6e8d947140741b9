//! Checks of the program's output that several tests share.

use crate::programs::stderr;
use serde_json::Value;

fn schema(name: &str) -> Value {
    let file = crate::package().join(format!("../docs/schema/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).expect("a schema")).expect("JSON")
}

/// Rejects members that a schema does not list, even where it allows additional ones.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") {
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

/// Checks that a document is valid by a schema of `docs/schema` that lists all its members.
pub fn assert_valid(name: &str, document: &Value) {
    let mut schema = schema(name);
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Checks the exit code of a program, and that its error has one line with the cause and one with
/// what to do.
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

/// Writes a file and returns its path.
pub fn file(folder: &tempfile::TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("writes");
    path.display().to_string()
}
