//! A control sends the number of calls in a large account that `tests/calls.toml` records.
//! `PLUMBLINE_ACCEPT=1` records what was measured.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::calls_of_a_scan;
use toml::{Table, Value};

fn file() -> PathBuf {
    plumbline_tests::package().join("calls.toml")
}

/// The recorded entries of controls, by id.
fn recorded(text: &str) -> BTreeMap<String, Table> {
    let Value::Array(entries) = &text.parse::<Table>().expect("TOML")["control"] else {
        panic!("no list of controls");
    };
    let entries = entries.iter().map(|entry| {
        let entry = entry.as_table().expect("a table");
        (entry["id"].as_str().expect("an id").to_owned(), entry.clone())
    });
    entries.collect()
}

/// Writes the measured numbers. The comment at the beginning of the file and the texts about
/// controls stay.
fn accept(text: &str, measured: &BTreeMap<String, i64>) {
    let mut entries = recorded(text);
    let controls = CONTROLS.iter().map(|control| {
        let (id, calls) = (control.id.to_string(), measured[control.id.as_str()]);
        let mut entry = entries.remove(&id).unwrap_or_else(|| {
            Table::from_iter([
                ("id".to_owned(), id.into()),
                ("calls".to_owned(), calls.into()),
                ("least".to_owned(), calls.into()),
                ("made_of".to_owned(), "".into()),
            ])
        });
        entry.insert("calls".to_owned(), calls.into());
        Value::Table(entry)
    });
    let table = Table::from_iter([("control".to_owned(), controls.collect::<Vec<_>>().into())]);
    let head = text.split("[[control]]").next().expect("what comes before the first entry");
    let entries = toml::to_string(&table).expect("TOML");
    std::fs::write(file(), format!("{head}{entries}")).expect("the file is written");
}

#[test]
fn a_large_account_takes_the_recorded_calls() {
    let account = TestAccount::large();
    let mut details = String::new();
    let mut measured = BTreeMap::new();
    for control in CONTROLS {
        let mut calls: BTreeMap<String, i64> = BTreeMap::new();
        for call in calls_of_a_scan(&account, control.id.as_str()) {
            *calls.entry(call).or_default() += 1;
        }
        let sum: i64 = calls.values().sum();
        writeln!(details, "{} {sum} {calls:?}", control.id).expect("a text");
        measured.insert(control.id.to_string(), sum);
    }
    let text = std::fs::read_to_string(file()).expect("the recorded calls");
    if std::env::var_os("PLUMBLINE_ACCEPT").is_some_and(|value| value == "1") {
        return accept(&text, &measured);
    }
    let recorded: BTreeMap<String, i64> = recorded(&text)
        .into_iter()
        .map(|(id, entry)| (id, entry["calls"].as_integer().expect("a number")))
        .collect();
    assert_eq!(
        recorded, measured,
        "tests/calls.toml differs from what was measured. PLUMBLINE_ACCEPT=1 records it.\n{details}"
    );
}
