//! The Terraform configuration is valid for all names of resources.

use plumbline_tests::programs::{plumbline, stdout};
use plumbline_tests::readers::read_by_python;
use serde_json::Value;

use super::{NAMES, path, rename, sample};

/// Reads a configuration, and prints references to objects that it does not contain.
const READER: &str = r#"
import re
import sys
import hcl2
with open(sys.argv[1], encoding="utf-8") as file:
    read = hcl2.load(file)
unquoted = lambda text: text.strip('"')
known = {
    f"{unquoted(kind)}.{unquoted(name)}"
    for resource in read.get("resource", [])
    for kind, of_kind in resource.items()
    for name in of_kind
}
known |= {"var." + unquoted(name) for one in read.get("variable", []) for name in one}
known |= {"aws." + unquoted(one['"aws"']["alias"]) for one in read.get("provider", [])}
text = str(read.get("resource", [])) + str(read.get("import", []))
asked = set(re.findall(r"\$\{((?:aws|var|aws_[a-z0-9_]+)\.[a-z0-9_]+)", text))
print(len(read.get("resource", [])), *sorted(asked - known))
"#;

#[test]
fn configurations_are_whole() {
    let (folder, file) = sample();
    let report = std::fs::read_to_string(&file).expect("a report");
    for name in std::iter::once("plain").chain(NAMES) {
        let mut hostile: Value = serde_json::from_str(&report).expect("JSON");
        if name != "plain" {
            rename(&mut hostile, name);
        }
        let file = folder.path().join("hostile.json");
        std::fs::write(&file, hostile.to_string()).expect("written");
        for more in [None, Some("--include-disruptive")] {
            let mut arguments = vec!["fix", "--as", "terraform", path(&file)];
            arguments.extend(more);
            let text = stdout(&plumbline(&arguments), 0);
            let target = folder.path().join("fix.tf");
            std::fs::write(&target, &text).expect("written");
            let read = read_by_python(READER, &target);
            let count: u32 = read.trim().parse().unwrap_or_else(|_| panic!("{name:?}: {read}"));
            assert!(count > 0, "{name:?}: {text}");
        }
    }
}
