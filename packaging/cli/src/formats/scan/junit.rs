//! A scan as JUnit XML for CI systems, with one suite per account and one case per resource check.

use std::fmt::Display;

use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountReport, ScanReport};
use plumbline_core::text::escaped;
use plumbline_core::time::seconds;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::found::{Found, of_account};
use super::states::{account_state, with_baseline};
use crate::error::{CliError, PLEASE_REPORT};
use crate::formats::markdown::plain;

/// Formats a report.
pub(crate) fn report(report: &ScanReport) -> Result<String, CliError> {
    let mut xml = Report::new(report.benchmark);
    for account in &report.accounts {
        xml.add_test_suite(suite(report, account));
    }
    let skipped: usize = xml.test_suites.iter().map(|suite| suite.skipped).sum();
    let text = xml.to_string().map_err(not_xml)?;
    // The schema of Jenkins does not allow this attribute in the root element. The suites have it.
    let text = text.replacen(&format!(" skipped=\"{skipped}\""), "", 1);
    Ok(format!("{}\n", text.trim_end()))
}

fn not_xml(error: impl Display) -> CliError {
    CliError::usage(format!("the result cannot be written as XML: {error}"), PLEASE_REPORT)
}

fn suite(report: &ScanReport, account: &AccountReport) -> TestSuite {
    let mut suite = TestSuite::new(account.account_id.as_str());
    suite.set_timestamp(report.generated_at.fixed_offset());
    let controls = &account.summary.controls;
    let run = &report.run;
    let mut properties = vec![
        ("benchmark", report.benchmark.to_owned()),
        ("tool", report.tool.to_owned()),
        ("generated_at", seconds(report.generated_at)),
        ("regions", account.regions.join(", ")),
        ("controls_passing", format!("{} of {}", controls.compliant, controls.applicable())),
        ("full_benchmark", run.full_benchmark.to_string()),
        ("complete", run.complete.to_string()),
        ("rules_digest", run.rules_digest.clone()),
    ];
    let read = run.accounts.iter().find(|run| run.account_id == account.account_id);
    properties.extend(account.names.name.clone().map(|name| ("account_name", name)));
    properties.extend(account.names.alias.clone().map(|alias| ("account_alias", alias)));
    properties.extend(read.map(|run| ("state", account_state(run))));
    properties.extend(run.config.as_ref().map(|file| ("config", file.path.clone())));
    properties.extend(run.baseline.as_ref().map(|used| ("baseline", used.file.path.clone())));
    properties.extend(run.banners().into_iter().map(|banner| ("banner", banner)));
    for (name, value) in properties {
        suite.add_property(Property::new(name, escaped(&value).as_ref()));
    }
    suite.add_test_cases(of_account(account).map(|found| case(&found)));
    suite
}

fn case(found: &Found<'_>) -> TestCase {
    let Found { control, evaluation, .. } = found;
    let mut status = match evaluation.compliance {
        Compliance::Compliant => TestCaseStatus::success(),
        Compliance::NonCompliant => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Compliance::NotAssessed if evaluation.code.as_deref() != Some("ATTESTATION_MISSING") => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Compliance::NotAssessed | Compliance::Waived | Compliance::NotApplicable => {
            TestCaseStatus::skipped()
        }
    };
    let has_message = !matches!(evaluation.compliance, Compliance::Compliant);
    if has_message {
        status.set_message(escaped(&with_baseline(evaluation, &evaluation.reason)).as_ref());
        status.set_type(control.severity.as_str());
        if evaluation.compliance == Compliance::NonCompliant {
            let first = control.remediation.text.split("\n\n").next().unwrap_or_default();
            status.set_description(plain(first));
        }
    }
    let name =
        format!("{} {} {}", control.id, evaluation.display_name(), evaluation.resource.region);
    let mut case = TestCase::new(escaped(&name).as_ref(), status);
    case.set_classname(format!("{} {}", control.id, control.slug));
    case
}
