//! The finding about an account's coverage, in the account that checks the organization.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::document::AccountCoverage;
use super::state::CoverageOutcome;
use crate::evaluation::REASON_LIMIT;
use crate::finding::{
    ComplianceStatus, Finding, FindingCompliance, FindingResource, ProviderFields, Recommendation,
    RecordState, Remediation, SeverityLabel, StatusReason, product_arn,
};
use crate::text::shorten;
use crate::time::milliseconds;
use crate::view::Context;

/// The generator id of these findings.
pub const COVERAGE_GENERATOR: &str = "plumbline/coverage";
const COVERAGE_TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";
const DESCRIPTION_LIMIT: usize = 1_024;

/// The common start of the ids of these findings in an account and Region. It ends with `/`.
pub fn coverage_finding_prefix(context: &Context) -> String {
    format!("{COVERAGE_GENERATOR}/{}/{}/", context.region, context.account)
}

/// The finding about an account, for the hub of `context`: passed if its results are current, not
/// available if nothing needs to be covered, else failed. The finding of an account that left is
/// archived.
pub fn coverage_finding(
    context: &Context,
    account: &AccountCoverage,
    record_state: RecordState,
) -> Finding {
    let id = &account.account_id;
    let (status, severity, code) = match account.outcome {
        CoverageOutcome::Covered => (ComplianceStatus::Passed, "INFORMATIONAL", "COVERED"),
        CoverageOutcome::Skipped => (ComplianceStatus::NotAvailable, "INFORMATIONAL", "SKIPPED"),
        CoverageOutcome::Failed => (ComplianceStatus::Failed, "HIGH", "NOT_COVERED"),
    };
    let reasons = account.reasons().join("; ");
    let reason = if reasons.is_empty() {
        format!("The account is {}.", account.state.as_str())
    } else {
        reasons
    };
    let now = milliseconds(context.now);
    let severity = SeverityLabel { label: severity };
    let types = vec![COVERAGE_TYPE];
    let mut finding = Finding {
        schema_version: "2018-10-08",
        id: format!("{}{id}", coverage_finding_prefix(context)),
        product_arn: product_arn(context),
        product_name: "Plumbline",
        company_name: "Plumbline",
        region: context.region.clone(),
        generator_id: COVERAGE_GENERATOR.to_owned(),
        aws_account_id: context.account.to_string(),
        types: types.clone(),
        first_observed_at: now.clone(),
        last_observed_at: now.clone(),
        created_at: now.clone(),
        updated_at: now,
        severity: severity.clone(),
        title: format!("The results of account {id} are current"),
        description: shorten(&reason, DESCRIPTION_LIMIT),
        remediation: Remediation {
            recommendation: Recommendation {
                text:
                    "Run 'plumbline deploy --organization' to list what is missing, then run the \
                    same command with --apply to fix it. The results of the daily check list every \
                    Region of the account. Until then, results of this account are not evidence."
                        .to_owned(),
                url: None,
            },
        },
        product_fields: BTreeMap::from([(
            "plumbline/State".to_owned(),
            account.state.as_str().to_owned(),
        )]),
        resources: vec![FindingResource {
            r#type: "AwsAccount".to_owned(),
            id: format!("AWS::::Account:{id}"),
            partition: context.partition.as_str(),
            region: context.region.clone(),
        }],
        compliance: FindingCompliance {
            status,
            related_requirements: Vec::new(),
            status_reasons: vec![StatusReason {
                reason_code: Cow::Borrowed(code),
                description: shorten(&reason, REASON_LIMIT),
            }],
            associated_standards: Vec::new(),
            security_control_parameters: Vec::new(),
        },
        record_state,
        finding_provider_fields: ProviderFields { severity, types },
    };
    finding.seal(None);
    finding
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::aws::{AccountId, Partition};
    use crate::coverage::{CoverageState, PlaceCoverage};

    fn context() -> Context {
        Context {
            account: AccountId::new("999988887777").expect("an id"),
            partition: Partition::Aws,
            region: "eu-west-1".to_owned(),
            home_region: "eu-west-1".to_owned(),
            now: DateTime::UNIX_EPOCH,
        }
    }

    fn found(state: CoverageState, reason: Option<&str>) -> Finding {
        let account = AccountId::new("111122223333").expect("an id");
        let place = PlaceCoverage::new("us-east-1", state, reason.map(str::to_owned));
        let (run, now) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        let coverage = AccountCoverage::of_places(&account, run, now, vec![place]);
        coverage_finding(&context(), &coverage, RecordState::Active)
    }

    #[test]
    fn an_account_is_the_resource_and_the_importer_the_owner() {
        let finding = found(CoverageState::RoleBroken, Some("access denied to sts:AssumeRole"));
        assert_eq!(finding.id, "plumbline/coverage/eu-west-1/999988887777/111122223333");
        assert_eq!(finding.aws_account_id, "999988887777");
        assert_eq!(finding.resources[0].id, "AWS::::Account:111122223333");
        assert_eq!(
            (finding.compliance.status, finding.severity.label),
            (ComplianceStatus::Failed, "HIGH")
        );
        assert_eq!(finding.description, "us-east-1 role-broken: access denied to sts:AssumeRole");
    }

    #[test]
    fn a_fixed_account_passes_and_differs() {
        let (broken, mended) =
            (found(CoverageState::Stale, Some("old")), found(CoverageState::Covered, None));
        assert_eq!(
            (mended.compliance.status, mended.severity.label),
            (ComplianceStatus::Passed, "INFORMATIONAL")
        );
        assert_ne!(broken.digest(), mended.digest());
        assert_eq!(mended.digest(), found(CoverageState::Covered, None).digest());
    }
}
