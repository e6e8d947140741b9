//! The formats of a scan: all have the same results, and third-party programs can read them.

use std::path::PathBuf;

use plumbline_tests::checks::file;
use plumbline_tests::programs::{plumbline, stdout};
use plumbline_tests::readers::read_by_python;
use plumbline_tests::sample::sample_accounts;
use serde_json::{Value, json};

/// Spreadsheets, pages and data lake files have the same results as the report.
#[test]
fn other_formats_have_the_same_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let formats =
        ["json", "csv", "html", "ocsf"].map(|format| format!("{format}={}", path(format)));
    let arguments = formats.iter().flat_map(|format| ["--format", format]);
    stdout(&plumbline(&["scan", "--sample"].into_iter().chain(arguments).collect::<Vec<_>>()), 0);
    let read = |name: &str| std::fs::read_to_string(path(name)).expect("a file");
    let report: Value = serde_json::from_str(&read("json")).expect("JSON");
    let evaluations: Vec<&Value> = report["accounts"][0]["controls"]
        .as_array()
        .expect("controls")
        .iter()
        .flat_map(|control| control["evaluations"].as_array().expect("evaluations"))
        .collect();
    let mut table = csv::Reader::from_path(path("csv")).expect("a table");
    let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), evaluations.len());
    for (row, evaluation) in rows.iter().zip(&evaluations) {
        assert_eq!(
            [row[9].trim_start_matches('\''), &row[4], &row[12]],
            [&evaluation["resource_id"], &evaluation["compliance"], &evaluation["reason"]]
                .map(|v| v.as_str().expect("a text"))
        );
    }
    let page = read("html");
    assert_eq!(page.matches("class=\"finding\"").count(), evaluations.len());
    let findings: Vec<Value> = serde_json::from_str(&read("ocsf")).expect("JSON");
    let of = |status: u32| {
        let failed = findings.iter().filter(|finding| finding["compliance"]["status_id"] == 3);
        failed.filter(|finding| finding["status_id"] == status).count()
    };
    assert_eq!(json!(of(1)), report["summary"]["non_compliant"]);
    assert_eq!(json!(of(3)), report["summary"]["waived"]);
    assert!(
        findings
            .iter()
            .all(|finding| finding["class_uid"] == 2003 && finding["type_uid"] == 200_301)
    );
}

/// Values from AWS are text: no element in a page, and no formula in a spreadsheet.
#[test]
fn names_are_escaped() {
    let folder = tempfile::tempdir().expect("a folder");
    let nasty = "=cmd|' /C calc'!A0<script>alert(1)</script>";
    let facts = json!([
        { "fact": "Buckets", "value": [{ "name": nasty, "region": "us-east-1" }] },
        { "fact": "BucketVersioning", "region": "us-east-1", "id": nasty,
            "value": { "status": null, "mfa_delete": null } }
    ]);
    let account = json!({ "account_id": "111122223333", "partition": "aws",
        "home_region": "us-east-1", "regions": ["us-east-1"], "facts": facts });
    let snapshot = file(
        &folder,
        "snapshot.json",
        &json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [account] })
            .to_string(),
    );
    let scan = |format: &str| {
        stdout(
            &plumbline(&[
                "scan",
                "--snapshot",
                &snapshot,
                "--control",
                "2.1.3",
                "--format",
                format,
            ]),
            0,
        )
    };
    let page = scan("html");
    assert!(page.contains("&lt;script&gt;") && page.matches("<script").count() == 1, "{page}");
    let table = scan("csv");
    assert!(table.contains(",'=cmd|") && !table.contains(",=cmd|"), "{table}");
}

/// Writes the sample in a format.
fn written(folder: &tempfile::TempDir, format: &str, arguments: &[&str]) -> PathBuf {
    let file = folder.path().join(format!("scan.{format}"));
    let output = format!("{format}={}", file.display());
    stdout(&plumbline(&[&["scan", "--sample", "--format", &output], arguments].concat()), 0);
    file
}

fn readers() -> PathBuf {
    plumbline_tests::package().join("readers")
}

/// The official schema accepts the results for code scanning, and each has a file, because GitHub
/// rejects results without one.
#[test]
fn sarif_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = readers().join("sarif-2.1.0.json");
    let script = format!(
        "import sys, json, jsonschema\n\
         validator = jsonschema.Draft7Validator(json.load(open({schema:?}, encoding='utf-8')))\n\
         document = json.load(open(sys.argv[1], encoding='utf-8'))\n\
         for error in validator.iter_errors(document): print(list(error.path), error.message)"
    );
    for arguments in [&[][..], &["--exclude", "1.1", "--sarif-artifact", "aws/account.tf"]] {
        let file = written(&folder, "sarif", arguments);
        assert_eq!(read_by_python(&script, &file), "", "{arguments:?}");
        let document: Value =
            serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
        let run = &document["runs"][0];
        let results = run["results"].as_array().expect("a list");
        let artifact = arguments.last().unwrap_or(&"plumbline.toml");
        for result in results {
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(&place["artifactLocation"]["uri"], artifact);
            let rule = result["ruleIndex"].as_u64().expect("a number") as usize;
            assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
            assert_eq!(result["kind"] == "open", result["level"] == "none", "{result}");
        }
        let of = |kind: &str| results.iter().filter(|result| result["kind"] == kind).count();
        let suppressed = results.iter().filter(|result| result["suppressions"].is_array()).count();
        let not_assessed = 7 - arguments.len() / 4;
        assert_eq!((of("fail"), of("open"), suppressed), (63, not_assessed, 2));
        let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
        assert_eq!(notes.contains("Not the full benchmark"), !arguments.is_empty(), "{notes}");
    }
}

/// The schema of Jenkins's reader accepts the test results, and another reader finds the same
/// numbers.
#[test]
fn junit_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(&folder, "junit", &["--exclude", "1.1"]);
    let schema = readers().join("junit-10.xsd");
    let script = format!(
        "import sys, xmlschema, junitparser\n\
         for error in xmlschema.XMLSchema({schema:?}).iter_errors(sys.argv[1]): print(error)\n\
         for suite in junitparser.JUnitXml.fromfile(sys.argv[1]):\n \
         print(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped)\n \
         print(sorted(p.name for p in suite.properties()))"
    );
    let read = read_by_python(&script, &file);
    let lines: Vec<&str> = read.lines().collect();
    assert_eq!(lines[0], "111122223333 142 61 6 2", "{read}");
    assert!(lines.len() == 2 && lines[1].contains("'banner', 'benchmark'"), "{read}");
}

/// The OCSF schema accepts the findings for data lakes.
#[test]
fn ocsf_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(&folder, "ocsf", &[]);
    let script = "import sys, json, jsonschema, collections, ocsf_json_schema as ocsf\n\
         schema = ocsf.OcsfJsonSchemaEmbedded(ocsf.get_ocsf_schema('1.5.0'))\n\
         schema = schema.get_class_schema('compliance_finding', ['cloud'])\n\
         validator = jsonschema.Draft202012Validator(schema)\n\
         findings = json.load(open(sys.argv[1], encoding='utf-8'))\n\
         for finding in findings:\n \
         for error in validator.iter_errors(finding): print(list(error.path), error.message)\n\
         of = collections.Counter((f['status'], f['compliance']['status']) for f in findings)\n\
         for (status, compliance), count in sorted(of.items()): print(status, compliance, count)";
    assert_eq!(
        read_by_python(script, &file),
        "New Fail 61\nNew Pass 73\nNew Warning 7\nSuppressed Fail 2\n"
    );
    let findings: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    let waived = findings.as_array().expect("a list").iter().find(|one| one["status_id"] == 3);
    let waived = waived.expect("a waived failure");
    assert!(waived["comment"].as_str().is_some_and(|text| text.contains("approved by CISO")));
    assert_eq!(waived["severity"], "Medium", "it keeps the severity of the control");
}

/// Files that Security Hub accepts: at most 100 findings of one account and Region.
#[test]
fn findings_go_into_a_folder_in_pieces() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(written(&folder, "asff", &[])).expect("a file");
    let whole: Vec<Value> = serde_json::from_slice(&whole).expect("JSON");
    let pieces = folder.path().join("pieces");
    let output = format!("asff={}/", pieces.display());
    stdout(&plumbline(&["scan", "--sample", "--format", &output]), 0);
    let mut names: Vec<String> = std::fs::read_dir(&pieces)
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "111122223333-eu-central-1-0001.json",
            "111122223333-us-east-1-0001.json",
            "111122223333-us-east-1-0002.json"
        ]
    );
    let mut ids = Vec::new();
    for name in &names {
        let piece = std::fs::read(pieces.join(name)).expect("a file");
        let piece: Vec<Value> = serde_json::from_slice(&piece).expect("JSON");
        assert!((1..=100).contains(&piece.len()), "{name}: {}", piece.len());
        for finding in piece {
            let place = [&finding["AwsAccountId"], &finding["Region"]];
            let place = place.map(|one| one.as_str().expect("a text")).join("-");
            assert!(name.starts_with(&format!("{place}-")), "{name}: {place}");
            ids.push(finding["Id"].clone());
        }
    }
    assert_eq!(ids.len(), 143);
    assert!(whole.iter().all(|finding| ids.contains(&finding["Id"])));
    // Files of an earlier scan would look like those of this one.
    let again = plumbline(&["scan", "--sample", "--format", &output]);
    plumbline_tests::checks::assert_error(&again, 2, "is not empty");
    let other = format!("csv={}/", folder.path().join("other").display());
    let other = plumbline(&["scan", "--sample", "--format", &other]);
    plumbline_tests::checks::assert_error(&other, 2, "is a directory");
}

/// Values that spreadsheets could read as numbers, dates or formulas stay text.
#[test]
fn the_table_for_spreadsheets_has_texts_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(&folder, "csv", &[]);
    // The reader of Python's standard library, and each cell as the most permissive reader would
    // parse it.
    let script = "import sys, csv, datetime\n\
         rows = list(csv.DictReader(open(sys.argv[1], encoding='utf-8', newline='')))\n\
         print(len(rows), all(row['control'].startswith('CIS ') for row in rows))\n\
         days = (datetime.date.fromisoformat, datetime.datetime.fromisoformat)\n\
         def is_read(cell):\n \
         for read in (float, int, *days):\n  \
         try: read(cell); return True\n  \
         except ValueError: pass\n \
         return cell[:1] in tuple('=+-@')\n\
         print([cell for row in rows for cell in row.values() if is_read(cell)])";
    assert_eq!(read_by_python(script, &file), "143 True\n[]\n");
}

/// Another reader finds the sheets of the workbook, in which all values from AWS are text.
#[test]
fn the_workbook_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let nasty = json!({ "schema": 1, "exceptions": [{ "control": "5.2", "accounts": ["*"],
        "resources": ["*"], "reason": "=1+1", "approved_by": "@SUM(A1)\u{202e}",
        "until": "2026-12-31" }] });
    let register = file(&folder, "register.json", &nasty.to_string());
    let file = written(&folder, "xlsx", &["--exclude", "1.1", "--register", &register]);
    let script = "import sys, openpyxl\n\
         book = openpyxl.load_workbook(sys.argv[1])\n\
         for sheet in book: print(sheet.title, sheet.max_row, sheet.freeze_panes)\n\
         cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]\n\
         print(sorted({cell.data_type for cell in cells if cell.value is not None}))\n\
         print(sum(cell.value == '=1+1' for cell in cells))\n\
         print(book['Summary']['A2'].value)\n\
         first = book['Controls']['A4']\n\
         print(first.value, book['Findings'][first.hyperlink.location.split('!')[1]].value)\n\
         print([cell.value for cell in book['Findings'][1]])\n\
         account = [row for row in book['Summary'].values if str(row[0]).startswith('Account')]\n\
         print(account[0][0], account[0][7])";
    let read = read_by_python(script, &file);
    let lines: Vec<&str> = read.lines().collect();
    assert_eq!(lines[..2], ["Summary 15 A2", "Findings 143 A2"], "{read}");
    let names = lines[2..5].iter().filter_map(|line| line.rsplitn(3, ' ').nth(2));
    assert_eq!(names.collect::<Vec<_>>(), ["Controls", "Waived and attested", "Run"], "{read}");
    assert_eq!(lines[5], "['n', 's']", "neither formulas nor dates: {read}");
    assert_eq!(lines[6], "4", "the reason of two exceptions, in two sheets: {read}");
    assert_eq!(lines[7], "Not the full benchmark: 1 of 63 controls left out (--exclude 1.1)");
    assert_eq!(lines[8], "CIS 1.4 CIS 1.4", "{read}");
    let table = std::fs::read_to_string(written(&folder, "csv", &[])).expect("a table");
    let columns = table.lines().next().expect("a heading").replace(',', "', '");
    assert_eq!(lines[9], format!("['{columns}']"), "the columns of the other table");
    assert_eq!(lines[10], "Account 111122223333 partially read: 3 calls failed", "{read}");
}

/// The job summary is never longer than GitHub allows.
#[test]
fn markdown_has_an_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let many = file(&folder, "many.json", &sample_accounts(60).to_string());
    let scan = ["scan", "--snapshot", &many, "--details", "--format", "markdown"];
    let text = stdout(&plumbline(&scan), 0);
    assert!((900_000..1_024_000).contains(&text.len()), "{}", text.len());
    let last = text.lines().last().expect("a line");
    let listed = text.lines().filter(|line| {
        ["critical", "high", "medium", "low"]
            .iter()
            .any(|one| line.starts_with(&format!("| {one} |")))
    });
    let left_out: usize =
        last.split(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    assert_eq!(listed.count() + left_out, 60 * 143, "{last}");
    let failures = stdout(
        &plumbline(&["scan", "--sample", "--severity", "critical", "--format", "markdown"]),
        0,
    );
    assert_eq!(failures.matches("\n| critical |").count(), 4);
    assert!(!failures.contains("\n| high |"), "{failures}");
}
