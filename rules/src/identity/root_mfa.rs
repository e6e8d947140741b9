//! 1.5: a second factor for root.

use plumbline_core::aws::Partition;
use plumbline_core::facts::AccountSummary;
use plumbline_core::prelude::*;

use crate::shared::root::{self, is_centrally_managed};

plumbline_core::control! {
    /// The root user has MFA enabled
    ///
    /// ## Why
    /// A stolen or guessed password of the root user is the whole account. With MFA it is not
    /// enough.
    ///
    /// ## Decision
    /// `AccountMFAEnabled` in the account summary of IAM is 1. A root user that has neither a
    /// password nor an access key, as central management of root access in AWS Organizations leaves
    /// it, cannot sign in and is compliant. In AWS GovCloud (US) root cannot sign in at all, and in
    /// China there is no root user: not applicable.
    ///
    /// ## Remediation
    /// Sign in as root, open *Security credentials*, and assign an MFA device; better two, so that
    /// a lost one does not lock you out. In an organization, consider removing the root credentials
    /// of member accounts instead.
    ///
    /// ```sh
    /// aws iam get-account-summary --query SummaryMap.AccountMFAEnabled
    /// ```
    pub(crate) struct RootMfa: AccountControl;
    id: ControlId::new("1.5"),
    slug: "root-mfa",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Critical,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["6.5"],
    safeguards_v7: &["4.5"],
    since: "0.1.0",
    facts: &[FactKind::AccountSummary],
    fix: |_| {
        Fix::by_hand(
            "Only root can assign the device: whoever holds it signs in as root.",
        )
    },
}

impl AccountControl for RootMfa {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let partition = view.context().partition;
        if partition == Partition::GovCloud {
            return Ok(Verdict::not_applicable(root::NO_SIGN_IN));
        }
        let summary = view.account::<AccountSummary>()?;
        let evidence = root::evidence(summary);
        match summary.root_mfa {
            _ if is_centrally_managed(summary) => {
                Ok(Verdict::compliant(root::CENTRALLY_MANAGED).evidence(evidence))
            }
            Some(1) => {
                Ok(Verdict::compliant("The root user has an MFA device.").evidence(evidence))
            }
            Some(_) if partition == Partition::China => {
                Ok(Verdict::not_applicable(root::NONE_IN_CHINA).evidence(evidence))
            }
            Some(_) => {
                Ok(Verdict::non_compliant("The root user has no MFA device.").evidence(evidence))
            }
            None => Err(root::no_mfa_total()),
        }
    }

    fn examples() -> Vec<Example> {
        let root = |mfa, password, keys| AccountSummary {
            root_access_keys: keys,
            root_mfa: mfa,
            root_password: password,
        };
        vec![
            Example::new("MFA is on")
                .account(root(Some(1), Some(1), Some(0)))
                .expect(Compliance::Compliant, "has an MFA device"),
            Example::new("MFA is off")
                .account(root(Some(0), Some(1), Some(0)))
                .expect(Compliance::NonCompliant, "no MFA device"),
            Example::new("MFA is off, and nobody knows whether there is a password")
                .account(root(Some(0), None, Some(0)))
                .expect(Compliance::NonCompliant, "no MFA device"),
            Example::new("neither password nor key")
                .account(root(Some(0), Some(0), Some(0)))
                .expect(Compliance::Compliant, "neither a password nor"),
            Example::new("no password, but a key")
                .account(root(Some(0), Some(0), Some(1)))
                .expect(Compliance::NonCompliant, "no MFA device"),
            Example::new("the summary leaves MFA out")
                .account(root(None, Some(1), Some(0)))
                .expect(Compliance::NotAssessed, "iam:GetAccountSummary"),
            Example::new("the summary may not be read")
                .denied(Key::account(FactKind::AccountSummary))
                .expect(Compliance::NotAssessed, "AccessDenied"),
            Example::new("an account in China, where there is no root user")
                .partition(Partition::China)
                .account(root(Some(0), Some(1), Some(0)))
                .expect(Compliance::NotApplicable, "China"),
            Example::new("an account in GovCloud")
                .partition(Partition::GovCloud)
                .account(root(Some(0), Some(0), Some(0)))
                .expect(Compliance::NotApplicable, "GovCloud"),
        ]
    }
}
