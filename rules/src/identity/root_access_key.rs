//! 1.4: access keys of the root user.

use plumbline_core::facts::AccountSummary;
use plumbline_core::operation::iam;
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// The root user has no access keys
    ///
    /// ## Why
    /// No policy of the account limits the root user. An attacker with an access key of the root
    /// user controls the account, without a password and without MFA.
    ///
    /// ## Decision
    /// `AccountAccessKeysPresent` in the account summary of IAM is 0. Inactive keys count too,
    /// because they can be activated again.
    ///
    /// ## Remediation
    /// Sign in as the root user, open *Security credentials*, deactivate the access key, check that
    /// no workload breaks, and delete the key. Use IAM roles for workloads.
    ///
    /// ```sh
    /// aws iam get-account-summary --query SummaryMap.AccountAccessKeysPresent
    /// ```
    pub(crate) struct RootAccessKey: AccountControl;
    id: ControlId::new("1.4"),
    slug: "root-access-key",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Critical,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.3", "5.4"],
    safeguards_v7: &["4.3"],
    since: "0.1.0",
    facts: &[FactKind::AccountSummary],
    fix: fix,
}

fn fix(_: &Failure<'_>) -> Fix {
    Fix::by_hand(
        "Only the root user can delete the key: sign in as the root user. If root access to member \
         accounts is managed centrally, the management account can also delete the key: \
         sts:AssumeRoot with the task policy IAMDeleteRootUserCredentials.",
    )
}

impl AccountControl for RootAccessKey {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let keys = view.account::<AccountSummary>()?.root_access_keys;
        let evidence = json!({ "AccountAccessKeysPresent": keys });
        match keys {
            Some(0) => {
                Ok(Verdict::compliant("The root user has no access key.").evidence(evidence))
            }
            Some(_) => {
                Ok(Verdict::non_compliant("The root user has an access key.").evidence(evidence))
            }
            None => Err(ReadError::malformed(
                iam::GET_ACCOUNT_SUMMARY.name,
                "the summary has no AccountAccessKeysPresent",
            )
            .into()),
        }
    }

    fn examples() -> Vec<Example> {
        let keys = |count| AccountSummary {
            root_access_keys: count,
            root_mfa: Some(1),
            root_password: Some(1),
        };
        vec![
            Example::new("no key")
                .account(keys(Some(0)))
                .expect(Compliance::Compliant, "no access key"),
            Example::new("one key")
                .account(keys(Some(1)))
                .expect(Compliance::NonCompliant, "has an access key"),
            Example::new("a summary without the number of keys")
                .account(keys(None))
                .expect(Compliance::NotAssessed, iam::GET_ACCOUNT_SUMMARY.name),
            Example::new("access denied to GetAccountSummary")
                .denied(Key::account(FactKind::AccountSummary))
                .expect(Compliance::NotAssessed, "AccessDenied"),
        ]
    }
}
