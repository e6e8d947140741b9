//! The calls that a control takes in a large account are those that `docs/performance.md` records.

use std::collections::BTreeMap;
use std::fmt::Write;

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::Account;
use plumbline_tests::programs::{plumbline_as, stdout};

/// What every scan asks first, whatever the controls.
const PREAMBLE: [&str; 2] = ["sts:GetCallerIdentity", "ec2:DescribeRegions"];

/// The recorded numbers by control: the first two columns of the table.
fn recorded() -> BTreeMap<String, usize> {
    let page = std::fs::read_to_string(plumbline_tests::package().join("../docs/performance.md"))
        .expect("the page");
    let (_, section) = page.split_once("## Calls").expect("the section");
    let rows = section.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        Some((cells.get(1)?.to_string(), cells.get(2)?.replace(',', "").parse().ok()?))
    });
    rows.collect()
}

#[test]
fn a_large_account_takes_the_recorded_calls() {
    let account = Account::large();
    let mut table = String::new();
    let mut measured = BTreeMap::new();
    for control in CONTROLS {
        account.forget("calls");
        stdout(
            &plumbline_as(
                &account,
                &[
                    "scan",
                    "--format",
                    "json",
                    "--control",
                    control.id.as_str(),
                    "--region",
                    "us-east-1",
                    "--region",
                    "eu-west-1",
                ],
            ),
            0,
        );
        let mut calls: BTreeMap<String, usize> = BTreeMap::new();
        for call in account.calls().into_iter().filter(|call| !PREAMBLE.contains(&call.as_str())) {
            *calls.entry(call).or_default() += 1;
        }
        let sum: usize = calls.values().sum();
        writeln!(table, "{} {sum} {calls:?}", control.id).expect("a text");
        measured.insert(control.id.to_string(), sum);
    }
    assert_eq!(
        recorded(),
        measured,
        "docs/performance.md differs from what was measured:\n{table}"
    );
}
