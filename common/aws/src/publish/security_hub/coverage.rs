//! Publishes findings about the coverage of accounts, in the hub of the account that checks them.

use std::collections::BTreeMap;

use aws_sdk_securityhub::types as hub;
use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::coverage::{
    AccountCoverage, COVERAGE_GENERATOR, CoverageOutcome, CoverageState, coverage_finding,
    coverage_finding_prefix,
};
use plumbline_core::finding::{ComplianceStatus, Finding, RecordState, product_arn};
use plumbline_core::view::Context;
use tokio::time::Instant;

use super::HubAnswer;
use super::batch::{Batch, import_all};
use super::known::{Known, KnownFindingsFailure, equal, list};
use crate::publish::config_rule::Published;
use crate::session::Session;

/// The age at which an unchanged pass is imported again. Security Hub deletes findings after 90
/// days, and charges for each import beyond ten thousand in a month.
const REFRESH_PASS: TimeDelta = TimeDelta::days(30);
/// The age at which an unchanged failure is imported again.
const REFRESH_FAILURE: TimeDelta = TimeDelta::hours(20);

/// Imports a finding for each account if it is new, changed, or due for a refresh. Findings of
/// accounts that left or are skipped are archived.
pub async fn publish(
    session: &Session,
    context: &Context,
    accounts: &[AccountCoverage],
    until: Option<Instant>,
) -> HubAnswer {
    let known = match known(session, context, until).await {
        Ok(known) => known,
        Err(KnownFindingsFailure::NotEnabled) => return HubAnswer::NotEnabled,
        Err(KnownFindingsFailure::Failed(failure)) => {
            let failure = format!(
                "no finding was imported, because the existing findings could not be read: \
                    {failure}"
            );
            return HubAnswer::Published(Published {
                failures: vec![failure],
                ..Published::default()
            });
        }
    };
    let mut published = Published::default();
    let mut batch = Batch::default();
    for finding in due(context, accounts, &known) {
        if let Some(full) = batch.add(finding) {
            import_all(session, &context.region, full, until, &mut published).await;
        }
    }
    import_all(session, &context.region, batch.findings, until, &mut published).await;
    HubAnswer::Published(published)
}

/// The coverage findings in the hub, including archived findings: an account that returns continues
/// its finding.
async fn known(
    session: &Session,
    context: &Context,
    until: Option<Instant>,
) -> Result<BTreeMap<String, Known>, KnownFindingsFailure> {
    let filters = hub::AwsSecurityFindingFilters::builder()
        .product_arn(equal(&product_arn(context)))
        .generator_id(equal(COVERAGE_GENERATOR))
        .aws_account_id(equal(context.account.as_str()))
        .region(equal(&context.region))
        .build();
    let prefix = coverage_finding_prefix(context);
    let found = list(session, (&context.region, &prefix), until, filters, None).await?;
    Ok(found.into_iter().collect())
}

/// The findings to import, failures first.
fn due(
    context: &Context,
    accounts: &[AccountCoverage],
    known: &BTreeMap<String, Known>,
) -> Vec<Finding> {
    let mut made: BTreeMap<String, Finding> = BTreeMap::new();
    for account in accounts {
        let state = match account.outcome {
            CoverageOutcome::Skipped => RecordState::Archived,
            CoverageOutcome::Covered | CoverageOutcome::Failed => RecordState::Active,
        };
        let finding = coverage_finding(context, account, state);
        made.insert(finding.id.clone(), finding);
    }
    let prefix = coverage_finding_prefix(context);
    for id in known.keys().filter(|id| !made.contains_key(*id)).cloned().collect::<Vec<_>>() {
        let account = id.strip_prefix(&prefix).and_then(|id| AccountId::new(id).ok());
        if let Some(account) = account {
            let reason = Some("the account is no longer checked".to_owned());
            let (run, state) = (context.now, CoverageState::Excluded);
            let gone = AccountCoverage::whole(&account, run, context.now, state, reason);
            made.insert(id, coverage_finding(context, &gone, RecordState::Archived));
        }
    }
    let mut due: Vec<Finding> = made
        .into_values()
        .filter_map(|mut finding| {
            let stored = known.get(&finding.id).map(|known| &known.stored);
            let Some(stored) = stored else {
                return (finding.record_state == RecordState::Active).then_some(finding);
            };
            let has_changed = stored.record_state != finding.record_state
                || (finding.record_state == RecordState::Active
                    && (stored.digest.as_deref() != finding.digest()
                        || is_old(&finding, stored.last_observed_at, context.now)));
            has_changed.then(|| {
                finding.continue_from(stored, context.now);
                finding
            })
        })
        .collect();
    due.sort_by_key(|finding| finding.compliance.status != ComplianceStatus::Failed);
    due
}

fn is_old(finding: &Finding, observed: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let refresh = match finding.compliance.status {
        ComplianceStatus::Failed => REFRESH_FAILURE,
        ComplianceStatus::Passed | ComplianceStatus::NotAvailable => REFRESH_PASS,
    };
    now - observed >= refresh
}

#[cfg(test)]
mod tests {
    use plumbline_core::aws::Partition;
    use plumbline_core::finding::Stored;

    use super::*;

    fn context() -> Context {
        Context {
            account: AccountId::new("999988887777").expect("an id"),
            partition: Partition::Aws,
            region: "us-east-1".to_owned(),
            home_region: "us-east-1".to_owned(),
            now: DateTime::from_timestamp(1_800_000_000, 0).expect("a time"),
        }
    }

    fn account(state: CoverageState) -> AccountCoverage {
        let (id, now) = (AccountId::new("111122223333").expect("an id"), context().now);
        AccountCoverage::whole(&id, now, now, state, None)
    }

    fn stored(finding: &Finding, hours: i64, record_state: RecordState) -> BTreeMap<String, Known> {
        let then = context().now - TimeDelta::hours(hours);
        let stored = Stored {
            created_at: then,
            first_observed_at: then,
            updated_at: then,
            last_observed_at: then,
            digest: finding.digest().map(str::to_owned),
            observed: None,
            record_state,
        };
        BTreeMap::from([(finding.id.clone(), Known { stored, arn: None })])
    }

    fn of(state: CoverageState) -> Finding {
        coverage_finding(&context(), &account(state), RecordState::Active)
    }

    fn statuses(findings: &[Finding]) -> Vec<(ComplianceStatus, RecordState)> {
        findings.iter().map(|one| (one.compliance.status, one.record_state)).collect()
    }

    #[test]
    fn findings_are_due_when_something_changed() {
        use ComplianceStatus::{Failed, NotAvailable, Passed};
        use CoverageState::{Covered, Excluded, Stale};
        use RecordState::{Active, Archived};
        let none = BTreeMap::new;
        let cases = [
            ("a new pass", Covered, none(), vec![(Passed, Active)]),
            ("a new failure", Stale, none(), vec![(Failed, Active)]),
            ("skipped, never known", Excluded, none(), vec![]),
            ("an unchanged pass", Covered, stored(&of(Covered), 48, Active), vec![]),
            ("an old pass", Covered, stored(&of(Covered), 24 * 31, Active), vec![(Passed, Active)]),
            (
                "a failure of yesterday",
                Stale,
                stored(&of(Stale), 24, Active),
                vec![(Failed, Active)],
            ),
            ("a fixed one", Covered, stored(&of(Stale), 24, Active), vec![(Passed, Active)]),
            (
                "excluded now",
                Excluded,
                stored(&of(Stale), 24, Active),
                vec![(NotAvailable, Archived)],
            ),
            ("back again", Covered, stored(&of(Covered), 24, Archived), vec![(Passed, Active)]),
        ];
        for (what, state, known, expected) in cases {
            let found = due(&context(), &[account(state)], &known);
            assert_eq!(statuses(&found), expected, "{what}");
        }
    }

    #[test]
    fn accounts_that_left_are_archived_once() {
        let known = stored(&of(CoverageState::Stale), 24, RecordState::Active);
        let found = due(&context(), &[], &known);
        assert_eq!(statuses(&found), [(ComplianceStatus::NotAvailable, RecordState::Archived)]);
        let known = stored(&found[0], 24, RecordState::Archived);
        assert!(due(&context(), &[], &known).is_empty());
    }
}
