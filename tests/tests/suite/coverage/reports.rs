//! `plumbline report --results`: passes that are no longer renewed, and scanned accounts.

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::coverage::{
    AccountCoverage, COVERAGE_SCHEMA, CoverageCounts, CoverageState, CoverageSummary,
    PlaceCoverage, ScannedControl, StaleRule,
};
use plumbline_core::evaluation::{Compliance, Counts};
use plumbline_rules::registry::find;
use plumbline_tests::checks::assert_valid;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{json as json_of, plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::{HOME, pack_rule, text};

/// A passing result of a control's rule.
fn pass(account: &TestAccount, control: &str) {
    let rule = pack_rule(find(control).expect("a control"));
    let evaluation = json!({ "ComplianceResourceType": "AWS::::Account",
        "ComplianceResourceId": account.id, "ComplianceType": "COMPLIANT",
        "OrderingTimestamp": 1_800_000_000 });
    let body = json!({ "ResultToken": account.token(HOME, &rule), "Evaluations": [evaluation] });
    account.json("config", "StarlingDoveService.PutEvaluations", HOME, &body);
}

fn id(account: &TestAccount) -> AccountId {
    AccountId::new(account.id.clone()).expect("an id")
}

/// Writes the results of a run.
fn write(folder: &std::path::Path, run: DateTime<Utc>, accounts: &[AccountCoverage]) {
    let mut counts = CoverageCounts::default();
    let mut without_scans = accounts.to_vec();
    for account in &mut without_scans {
        counts.add(account);
        let file = folder.join(format!("{}.json", account.account_id));
        std::fs::write(file, serde_json::to_vec(account).expect("JSON")).expect("a file");
        account.places.iter_mut().for_each(|place| place.scanned.clear());
    }
    let summary = CoverageSummary {
        schema: COVERAGE_SCHEMA,
        run,
        finished_at: run,
        account_id: AccountId::new("111122223333").expect("an id"),
        regions: vec![HOME.to_owned()],
        home_region: HOME.to_owned(),
        level: 2,
        counts,
        accounts: without_scans,
        problems: Vec::new(),
    };
    let summary = serde_json::to_value(&summary).expect("JSON");
    assert_valid("coverage", &summary);
    std::fs::write(folder.join("summary.json"), summary.to_string()).expect("a file");
}

/// The status of a control in an account, and when it was last evaluated.
fn cell(matrix: &Value, account: &TestAccount, control: &str) -> (String, Value) {
    let accounts = matrix["accounts"].as_array().expect("accounts");
    let row = accounts
        .iter()
        .find(|row| row["account_id"] == account.id.as_str())
        .unwrap_or_else(|| panic!("{} is not in the report", account.id));
    let controls = row["controls"].as_array().expect("controls");
    let cell = controls.iter().find(|cell| cell["id"] == control).expect("the control");
    (text(&cell["status"]).to_owned(), cell["regions"][0]["evaluated_at"].clone())
}

#[test]
fn a_report_with_results_passes_nothing_that_is_not_renewed() {
    let owner = TestAccount::new();
    let [stale, broken, bare] = [(); 3].map(|()| TestAccount::new());
    for account in [&stale, &broken] {
        pass(account, "1.4");
        pass(account, "1.5");
    }
    let source = json!([{ "AccountIds": [stale.id, broken.id], "AwsRegions": [HOME] }]);
    let target = "StarlingDoveService.PutConfigurationAggregator";
    let body = json!({ "ConfigurationAggregatorName": "all", "AccountAggregationSources": source });
    owner.json("config", target, HOME, &body);
    let report = |more: &[&str]| {
        let report = ["report", "--aggregator", "all", "--control", "1.4,1.5"];
        plumbline_as(&owner, &[&report[..], more].concat())
    };
    let before = json_of(&report(&["--format", "json"]), 0);
    assert_valid("matrix", &before);
    assert_eq!(cell(&before, &broken, "1.4").0, "COMPLIANT", "nothing shows its age");

    let now = Utc::now();
    let old = now - TimeDelta::hours(50);
    let mut of_rule =
        PlaceCoverage::new(HOME, CoverageState::Stale, Some("an old rule".to_owned()));
    of_rule.stale.push(StaleRule {
        control: "1.4".to_owned(),
        rule: "r".to_owned(),
        evaluated_at: Some(old),
        error: None,
    });
    let mut scanned = PlaceCoverage::new(HOME, CoverageState::Scanned, None);
    let outcome = |id: &str, status, counts| ScannedControl { id: id.to_owned(), status, counts };
    scanned.scanned = vec![
        outcome("1.4", Compliance::NonCompliant, Counts { non_compliant: 1, ..Counts::default() }),
        outcome("1.5", Compliance::Compliant, Counts { compliant: 1, ..Counts::default() }),
    ];
    let why = Some("access denied to sts:AssumeRole".to_owned());
    let all = |run| {
        [
            AccountCoverage::of_places(&id(&stale), run, run, vec![of_rule.clone()]),
            AccountCoverage::whole(&id(&broken), run, run, CoverageState::RoleBroken, why.clone()),
            AccountCoverage::of_places(&id(&bare), run, run, vec![scanned.clone()]),
        ]
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    write(folder.path(), now, &all(now));
    let matrix = json_of(&report(&["--results", &path, "--format", "json"]), 0);
    assert_valid("matrix", &matrix);
    let (status, evaluated_at) = cell(&matrix, &stale, "1.4");
    assert_eq!(status, "STALE");
    assert_eq!(text(&evaluated_at).parse::<DateTime<Utc>>().expect("a time"), old);
    assert_eq!(cell(&matrix, &stale, "1.5").0, "COMPLIANT", "its rule is current");
    for control in ["1.4", "1.5"] {
        assert_eq!(cell(&matrix, &broken, control).0, "STALE");
    }
    assert_eq!(cell(&matrix, &bare, "1.4").0, "NON_COMPLIANT", "no aggregator contains it");
    assert_eq!(cell(&matrix, &bare, "1.5").0, "COMPLIANT");

    // Every format shows it.
    for (format, expected) in [
        ("table", "us-east-1 role-broken (access denied to sts:AssumeRole)"),
        ("csv", "role-broken (access denied to sts:AssumeRole)"),
        ("html", "role-broken (access denied to sts:AssumeRole)"),
        ("markdown", "us-east-1 role-broken (access denied to sts:AssumeRole)"),
    ] {
        let shown = stdout(&report(&["--results", &path, "--format", format]), 0);
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_there = match format {
            // A table wraps its lines.
            "table" => expected.split(' ').all(|word| flat.contains(word)),
            _ => flat.contains(expected),
        };
        assert!(is_there, "{format}: {shown}");
    }

    // Files of accounts outside of the run, and missing files, confirm no result.
    let file = folder.path().join(format!("{}.json", bare.id));
    let whole = std::fs::read_to_string(&file).expect("a file");
    let mut changed: Value = serde_json::from_str(&whole).expect("JSON");
    let mut refused = |member: &str, value: Value, expected: &str| {
        let before = std::mem::replace(&mut changed[member], value);
        std::fs::write(&file, changed.to_string()).expect("a file");
        changed[member] = before;
        let output = report(&["--results", &path, "--format", "json"]);
        let error = stderr(&output, 3);
        assert!(
            error.contains(&format!("the result of account {} {expected}", bare.id)),
            "{error}"
        );
        let matrix: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(cell(&matrix, &bare, "1.5").0, "NO_RESULT", "{member}");
    };
    refused("run", json!(old), "belongs to another run");
    refused("account_id", json!(stale.id), "belongs to another run, account");
    refused("complete", json!("no"), "is missing");
    std::fs::write(&file, &whole).expect("a file");

    // An old run confirms no result.
    let yesterday = now - TimeDelta::hours(40);
    write(folder.path(), yesterday, &all(yesterday));
    let output = report(&["--results", &path, "--format", "json"]);
    assert!(stderr(&output, 3).contains("more than 36 hours ago"));
    let matrix: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(cell(&matrix, &stale, "1.5").0, "STALE");
    assert_eq!(cell(&matrix, &bare, "1.5").0, "NO_RESULT");

    for (content, expected) in [("{}", "is not a result of a daily account check"), ("", "EOF")] {
        std::fs::write(folder.path().join("summary.json"), content).expect("a file");
        let error = stderr(&report(&["--results", &path]), 2);
        assert!(error.contains(expected), "{error}");
    }
    let error = stderr(&report(&["--results", "/nonexistent/results"]), 2);
    assert!(error.contains("A run"), "{error}");
}
