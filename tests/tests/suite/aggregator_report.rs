//! `plumbline report`: the results of an AWS Config aggregator by account and control.

use std::path::Path;

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::checks::assert_valid;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::ConfigEvent;
use plumbline_tests::programs::{json, plumbline, plumbline_as, stderr, stdout};
use plumbline_tests::readers::read_by_python;
use serde_json::{Value, json};

const EAST: &str = "us-east-1";
const WEST: &str = "eu-west-1";
const KEY: &str = "cis-1-4-root-access-key";
const SSH: &str = "cis-5-2-sg-admin-ports-ipv4";
/// The suffix that AWS Config adds to the names of a pack's rules.
const PACK: &str = "-conformance-pack-a1b2c3d4e";

/// Reports results of a rule: this number of each compliance.
fn put(account: &TestAccount, region: &str, rule: &str, results: &[(&str, usize)]) {
    let evaluation = |compliance: &str, number: usize| {
        json!({ "ComplianceResourceType": "AWS::EC2::SecurityGroup",
        "ComplianceResourceId": format!("{compliance}-{number}"), "ComplianceType": compliance,
        "OrderingTimestamp": 1_800_000_000 })
    };
    let evaluations: Vec<Value> = results
        .iter()
        .flat_map(|(compliance, count)| (0..*count).map(|number| evaluation(compliance, number)))
        .collect();
    let body = json!({ "ResultToken": account.token(region, rule), "Evaluations": evaluations });
    account.json("config", "StarlingDoveService.PutEvaluations", region, &body);
}

/// An account with an aggregator `all` over accounts, in all Regions.
fn aggregator(accounts: &[&TestAccount]) -> TestAccount {
    let owner = TestAccount::new();
    let ids: Vec<&String> = accounts.iter().map(|account| &account.id).collect();
    make(
        &owner,
        "all",
        json!({ "AccountAggregationSources": [{ "AccountIds": ids, "AllAwsRegions": true }] }),
    );
    owner
}

fn make(owner: &TestAccount, name: &str, mut sources: Value) {
    sources["ConfigurationAggregatorName"] = json!(name);
    owner.json("config", "StarlingDoveService.PutConfigurationAggregator", EAST, &sources);
}

/// The matrix of the aggregator `all`, checked against the committed schema.
fn matrix(owner: &TestAccount, arguments: &[&str]) -> Value {
    let matrix = json(
        &plumbline_as(
            owner,
            &[&["report", "--aggregator", "all", "--format", "json"], arguments].concat(),
        ),
        0,
    );
    assert_valid("matrix", &matrix);
    matrix
}

fn row<'a>(matrix: &'a Value, account: &TestAccount) -> &'a Value {
    matrix["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .find(|row| row["account_id"] == json!(account.id))
        .expect("the account")
}

fn cell<'a>(matrix: &'a Value, account: &TestAccount, control: &str) -> &'a Value {
    row(matrix, account)["controls"]
        .as_array()
        .expect("controls")
        .iter()
        .find(|cell| cell["id"] == control)
        .expect("the control")
}

fn status<'a>(matrix: &'a Value, account: &TestAccount, control: &str) -> &'a str {
    cell(matrix, account, control)["status"].as_str().expect("a status")
}

/// Three accounts: one with rules in two Regions, one with rules in one of its two, one without
/// any.
struct Three {
    owner: TestAccount,
    one: TestAccount,
    two: TestAccount,
    three: TestAccount,
}

fn three() -> Three {
    let (one, two, three) = (TestAccount::new(), TestAccount::new(), TestAccount::new());
    put(&one, EAST, &format!("{KEY}{PACK}"), &[("COMPLIANT", 1)]);
    put(&one, EAST, &format!("{SSH}{PACK}"), &[("COMPLIANT", 3), ("NOT_APPLICABLE", 1)]);
    put(&one, WEST, &format!("{SSH}{PACK}"), &[("COMPLIANT", 1), ("NON_COMPLIANT", 30)]);
    put(&two, EAST, KEY, &[("NON_COMPLIANT", 2)]);
    put(&two, EAST, SSH, &[("COMPLIANT", 1)]);
    put(&two, EAST, &format!("cis-5-3-sg-admin-ports-ipv6{PACK}"), &[("NOT_APPLICABLE", 1)]);
    two.control("config/recorded", json!({ "region": WEST }));
    three.control("config/recorded", json!({ "region": EAST }));
    Three { owner: aggregator(&[&one, &two, &three]), one, two, three }
}

#[test]
fn the_matrix_distinguishes_accounts_and_regions() {
    let Three { owner, one, two, three } = three();
    let matrix = matrix(&owner, &[]);
    assert_eq!(matrix["controls"].as_array().expect("controls").len(), CONTROLS.len());
    let of = |account: &TestAccount| {
        ["1.4", "5.2", "5.3", "1.5"].map(|control| status(&matrix, account, control))
    };
    assert_eq!(of(&one), ["COMPLIANT", "NON_COMPLIANT", "NO_RESULT", "NO_RESULT"]);
    // 5.2 passes in one Region, and has no rule in the other one.
    assert_eq!(of(&two), ["NON_COMPLIANT", "NO_RESULT", "NO_RESULT", "NO_RESULT"]);
    assert_eq!(of(&three), ["NO_RESULT"; 4]);
    let in_region = |account, control, region| {
        cell(&matrix, account, control)["regions"]
            .as_array()
            .expect("Regions")
            .iter()
            .find(|cell| cell["region"] == region)
            .expect("the Region")
    };
    assert_eq!(in_region(&one, "5.2", EAST)["status"], "COMPLIANT");
    let west = in_region(&one, "5.2", WEST);
    assert_eq!(
        (&west["status"], &west["failing"], &west["is_capped"]),
        (&json!("NON_COMPLIANT"), &json!(25), &json!(true))
    );
    assert_eq!(west["rules"], json!([format!("{SSH}{PACK}")]));
    assert_eq!(in_region(&two, "5.2", EAST)["status"], "COMPLIANT");
    assert_eq!(in_region(&two, "5.2", WEST)["status"], "NO_RESULT");
    assert_eq!(in_region(&two, "5.3", EAST)["status"], "INSUFFICIENT_DATA");
    // A global control has its rule in the home Region only.
    assert_eq!(cell(&matrix, &one, "1.4")["regions"].as_array().expect("Regions").len(), 1);
    assert_eq!(
        matrix["summary"],
        json!({ "compliant": 1, "non_compliant": 2, "stale": 0, "no_result": 3 * CONTROLS.len() - 3,
            "insufficient_data": 0 })
    );

    let selected = self::matrix(
        &owner,
        &["--control", "1.4", "--account", &one.id, "--account", "999988887777"],
    );
    assert_eq!(
        selected["summary"],
        json!({ "compliant": 1, "non_compliant": 0, "stale": 0, "no_result": 1,
            "insufficient_data": 0 }),
        "an account that is not there"
    );
    let elsewhere =
        self::matrix(&owner, &["--control", "1.4", "--home-region", WEST, "--account", &one.id]);
    assert_eq!(
        status(&elsewhere, &one, "1.4"),
        "NO_RESULT",
        "a global rule outside of the home Region does not replace the one there"
    );
}

#[test]
fn rules_of_others_do_not_count() {
    let one = TestAccount::new();
    for name in [
        "cis-1-4",
        "cis-1-4-root-access-key-of-somebody",
        "root-access-key",
        "my-cis-1-4-root-access-key",
        "cis-1-4-root-access-key-conformance-pack-",
    ] {
        put(&one, EAST, name, &[("COMPLIANT", 1)]);
    }
    // 1.1 is not 1.10, and between the rules of Plumbline are more rules than fit on a page.
    put(&one, EAST, &format!("cis-1-10-console-user-mfa{PACK}"), &[("NON_COMPLIANT", 1)]);
    for number in 0..40 {
        put(&one, EAST, &format!("cis-1-4-{number:02}-of-somebody"), &[("NON_COMPLIANT", 1)]);
    }
    put(&one, EAST, "cis-5-4-default-sg-closed", &[("COMPLIANT", 1)]);
    let owner = aggregator(&[&one]);
    let matrix = matrix(&owner, &[]);
    assert_eq!(
        ["1.1", "1.4", "1.10", "5.4"].map(|control| status(&matrix, &one, control)),
        ["NO_RESULT", "NO_RESULT", "NON_COMPLIANT", "COMPLIANT"]
    );
    let pages = owner
        .calls()
        .iter()
        .filter(|call| *call == "config:DescribeAggregateComplianceByConfigRules")
        .count();
    assert!(pages > 4, "{pages} pages");
}

/// A result that is not current is not a pass, and states why.
#[test]
fn stale_sources_are_told() {
    let Three { owner, one, two, .. } = three();
    one.control(
        "config/source-status",
        json!({ "region": EAST, "status": "FAILED", "message": "not authorized" }),
    );
    two.control("config/source-status", json!({ "region": EAST, "status": null }));
    let report = matrix(&owner, &[]);
    assert_eq!(
        ["1.4", "5.2", "1.5"].map(|control| status(&report, &one, control)),
        ["STALE", "NON_COMPLIANT", "STALE"]
    );
    assert_eq!(
        ["1.4", "5.2"].map(|control| status(&report, &two, control)),
        ["NON_COMPLIANT", "STALE"],
        "no source is listed"
    );
    let regions = |account| row(&report, account)["regions"].as_array().expect("Regions").clone();
    assert_eq!(regions(&one)[1]["source"], "FAILED");
    assert_eq!(regions(&one)[1]["error"], "AggregationFailure: not authorized");
    assert_eq!(regions(&two)[1]["source"], "NOT_LISTED");
    let table = stdout(&plumbline_as(&owner, &["report", "--aggregator", "all"]), 0);
    assert!(table.contains("us-east-1 FAILED (AggregationFailure: not authorized)"), "{table}");
    one.control("config/source-status", json!({ "region": EAST, "status": "OUTDATED" }));
    assert_eq!(status(&matrix(&owner, &[]), &one, "1.4"), "STALE");
}

#[test]
fn an_organization_shows_its_silent_accounts() {
    let owner = TestAccount::new();
    owner.create_organization();
    let (one, silent) = (owner.create_member("one"), owner.create_member("silent"));
    let role = format!("arn:aws:iam::{}:role/aggregator", owner.id);
    make(
        &owner,
        "all",
        json!({ "OrganizationAggregationSource": { "RoleArn": role, "AllAwsRegions": true } }),
    );
    put(&one, EAST, &format!("{KEY}{PACK}"), &[("COMPLIANT", 1)]);
    put(&one, EAST, &format!("{SSH}{PACK}"), &[("COMPLIANT", 1)]);
    let report = matrix(&owner, &["--control", "1.4", "--control", "5.2"]);
    assert_eq!(
        report["accounts"].as_array().expect("accounts").len(),
        3,
        "the management account too"
    );
    assert_eq!(row(&report, &silent)["name"], "silent", "the organization has the names");
    assert_eq!(
        [
            status(&report, &one, "1.4"),
            status(&report, &silent, "1.4"),
            status(&report, &silent, "5.2")
        ],
        ["COMPLIANT", "NO_RESULT", "NO_RESULT"]
    );

    // Regions with resources and without rules, where AWS lists no source of the account.
    one.control("config/source-status", json!({ "region": EAST, "status": null }));
    one.control("config/recorded", json!({ "region": WEST }));
    one.control("config/source-status", json!({ "region": WEST, "status": null }));
    let report = matrix(&owner, &[]);
    assert_eq!(
        [status(&report, &one, "1.4"), status(&report, &one, "5.2")],
        ["COMPLIANT", "NO_RESULT"],
        "the organization vouches, and a Region lacks a rule"
    );

    owner.control(
        "config/source-status",
        json!({ "status": "FAILED", "message": "the organization cannot be read" }),
    );
    assert_eq!(status(&matrix(&owner, &[]), &one, "1.4"), "STALE");
    owner.control("config/source-status", json!({ "status": "SUCCEEDED" }));

    owner.fault("organizations", "ListAccounts", "denied", json!({}));
    let output = plumbline_as(&owner, &["report", "--aggregator", "all", "--format", "json"]);
    assert!(stderr(&output, 3).contains("access denied to organizations:ListAccounts"));
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report all the same");
    assert_valid("matrix", &report);
    assert_eq!(
        (report["accounts"].as_array().expect("accounts").len(), status(&report, &one, "1.4")),
        (1, "COMPLIANT")
    );
    assert!(report["unread"][0].as_str().expect("a text").contains("may be missing"));
    assert_eq!(
        status(&matrix(&owner, &["--account", &silent.id]), &silent, "1.4"),
        "NO_RESULT",
        "whose accounts are given needs no list"
    );
}

#[test]
fn a_function_s_results_arrive() {
    let one = TestAccount::new();
    let owner = aggregator(&[&one]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("event.json").display().to_string();
    let rule = format!("{KEY}{PACK}");
    let run = |code: i32| {
        std::fs::write(&file, ConfigEvent::of(&one, EAST, &rule).scheduled().to_string())
            .expect("writes");
        stdout(&plumbline_as(&one, &["invoke", "--control", "1.4", "--event", &file]), code);
        matrix(&owner, &["--control", "1.4"])
    };
    assert_eq!(status(&run(0), &one, "1.4"), "COMPLIANT");
    one.control("iam/root", json!({ "access_keys_present": true }));
    assert_eq!(status(&run(0), &one, "1.4"), "NON_COMPLIANT");
    // A result that could not be read is not a pass here either.
    one.fault("iam", "GetAccountSummary", "denied", json!({}));
    assert_eq!(status(&run(3), &one, "1.4"), "INSUFFICIENT_DATA");
}

#[test]
fn formats_have_the_same_results_and_escape() {
    let Three { owner, one, two, three } = three();
    let nasty = "=cmd|' /C calc'!A0<script>alert(1)</script>\u{1b}[31m";
    one.control(
        "config/source-status",
        json!({ "region": WEST, "status": "FAILED", "message": nasty }),
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = |format: &str| folder.path().join(format!("report.{format}")).display().to_string();
    let formats =
        ["json", "csv", "html", "xlsx"].map(|format| format!("{format}={}", path(format)));
    let arguments = formats.iter().flat_map(|format| ["--format", format]);
    let all: Vec<&str> = ["report", "--aggregator", "all", "--format", "table"]
        .into_iter()
        .chain(arguments)
        .collect();
    let table = stdout(&plumbline_as(&owner, &all), 0);
    let read = |name: &str| std::fs::read_to_string(path(name)).expect("a file");
    let matrix: Value = serde_json::from_str(&read("json")).expect("JSON");
    assert_valid("matrix", &matrix);

    let mut lines = csv::Reader::from_path(path("csv")).expect("a table");
    let heading: Vec<String> =
        lines.headers().expect("a heading").iter().map(str::to_owned).collect();
    let column = |name: &str| heading.iter().position(|cell| cell == name).expect("a column");
    let lines: Vec<csv::StringRecord> = lines.records().map(|line| line.expect("a line")).collect();
    let of =
        |line: &csv::StringRecord, account: &TestAccount| line[0] == format!("aws:{}", account.id);
    for account in [&one, &two, &three] {
        let overall =
            lines.iter().find(|line| of(line, account) && &line[2] == "all").expect("a line");
        for control in CONTROLS {
            assert_eq!(
                &overall[column(&format!("CIS {}", control.id))],
                status(&matrix, account, control.id.as_str())
            );
        }
    }
    let west = lines.iter().find(|line| of(line, &one) && &line[2] == WEST).expect("a line");
    assert_eq!(
        [&west[column("CIS 1.4")], &west[column("CIS 5.2")], &west[column("source")]],
        ["NOT_EXPECTED", "NON_COMPLIANT", "FAILED"]
    );

    let script = "import sys, openpyxl\n\
         book = openpyxl.load_workbook(sys.argv[1])\n\
         print([sheet.title for sheet in book], book['Accounts and controls'].max_row)\n\
         print([cell.value for cell in book['Accounts and controls'][1]][:7])\n\
         cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]\n\
         print(sorted({cell.data_type for cell in cells if cell.value is not None}))";
    assert_eq!(
        read_by_python(script, Path::new(&path("xlsx"))),
        format!(
            "['Summary', 'Controls', 'Accounts', 'Accounts and controls', 'Source'] {}\n\
             ['account', 'account_name', 'region', 'source', 'updated_at', 'error', 'coverage']\n\
             ['n', 's']\n",
            lines.len() + 1
        )
    );

    let page = read("html");
    assert!(page.contains("&lt;script&gt;") && page.matches("<script").count() == 1, "{page}");
    assert_eq!(page.matches("<td class=\"NON_COMPLIANT\" data-name=").count(), 2);
    assert!(page.contains("eu-west-1 non-compliant (25+ resources)"), "{page}");
    assert!(
        !table.contains('\u{1b}') && table.contains("stores no results that are not assessed"),
        "{table}"
    );
    assert!(table.contains(&format!("{} (25+)", one.id)), "{table}");
}

#[test]
fn what_cannot_be_reported_is_an_error() {
    let Three { owner, one, .. } = three();
    let error = stderr(&plumbline_as(&owner, &["report", "--aggregator", "none"]), 2);
    assert!(
        error.contains("aggregator 'none' was not found in us-east-1")
            && error.contains("Use one of all,"),
        "{error}"
    );
    let error =
        stderr(&plumbline_as(&owner, &["report", "--aggregator", "all", "--region", WEST]), 2);
    assert!(error.contains("in eu-west-1") && error.contains("--region"), "{error}");
    assert_eq!(
        plumbline_as(&owner, &["report", "--aggregator", "all", "--format", "asff"]).status.code(),
        Some(2)
    );
    assert_eq!(plumbline(&["report"]).status.code(), Some(2));
    for (operation, mode, expected) in [
        (
            "DescribeConfigurationAggregators",
            "denied",
            "access denied to config:DescribeConfigurationAggregators",
        ),
        (
            "DescribeConfigurationAggregatorSourcesStatus",
            "denied",
            "access denied to config:DescribeConfigurationAggregatorSourcesStatus",
        ),
        (
            "DescribeAggregateComplianceByConfigRules",
            "denied",
            "access denied to config:DescribeAggregateComplianceByConfigRules",
        ),
        (
            "DescribeAggregateComplianceByConfigRules",
            "truncated",
            "config:DescribeAggregateComplianceByConfigRules",
        ),
    ] {
        owner.fault("config", operation, mode, json!({}));
        let output = plumbline_as(&owner, &["report", "--aggregator", "all"]);
        assert!(
            stderr(&output, 3).contains(expected) && output.stdout.is_empty(),
            "{operation} {mode}"
        );
        owner.forget("faults");
    }
    one.control("config/source-status", json!({ "region": EAST, "status": null }));
    one.control("config/source-status", json!({ "region": WEST, "status": null }));
    owner.fault("config", "GetAggregateDiscoveredResourceCounts", "denied", json!({}));
    let output = plumbline_as(&owner, &["report", "--aggregator", "all", "--format", "json"]);
    assert!(
        stderr(&output, 3).contains("access denied to config:GetAggregateDiscoveredResourceCounts")
            && output.stdout.is_empty()
    );
}
