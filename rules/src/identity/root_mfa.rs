//! 1.5: MFA for the root user.

use plumbline_core::aws::Partition;
use plumbline_core::facts::AccountSummary;
use plumbline_core::prelude::*;

use crate::shared::root::{self, is_centrally_managed};

plumbline_core::control! {
    /// The root user has MFA enabled
    ///
    /// ## Why
    /// With a stolen or guessed password of the root user, an attacker controls the whole account.
    /// With MFA, the password alone is not enough.
    ///
    /// ## Decision
    /// `AccountMFAEnabled` in the account summary of IAM is 1. A root user with neither a password
    /// nor an access key cannot sign in and is compliant. Central management of root access in AWS
    /// Organizations leads to this state. In AWS GovCloud (US) the root user cannot sign in, and in
    /// China an account has no root user: not applicable.
    ///
    /// ## Remediation
    /// Sign in as the root user, open *Security credentials*, and assign an MFA device, preferably
    /// two, so that a lost device does not lock you out. In an organization, consider removing the
    /// root credentials of member accounts instead.
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
            "Only the root user can assign the device: the holder of the device has to sign in as \
             the root user.",
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
            Example::new("MFA enabled")
                .account(root(Some(1), Some(1), Some(0)))
                .expect(Compliance::Compliant, "has an MFA device"),
            Example::new("MFA disabled")
                .account(root(Some(0), Some(1), Some(0)))
                .expect(Compliance::NonCompliant, "no MFA device"),
            Example::new("MFA disabled, no information about the password")
                .account(root(Some(0), None, Some(0)))
                .expect(Compliance::NonCompliant, "no MFA device"),
            Example::new("a root user with neither password nor access key")
                .account(root(Some(0), Some(0), Some(0)))
                .expect(Compliance::Compliant, "neither a password nor"),
            Example::new("an access key and no password")
                .account(root(Some(0), Some(0), Some(1)))
                .expect(Compliance::NonCompliant, "no MFA device"),
            Example::new("a summary without the MFA status")
                .account(root(None, Some(1), Some(0)))
                .expect(Compliance::NotAssessed, "iam:GetAccountSummary"),
            Example::new("access denied to GetAccountSummary")
                .denied(Key::account(FactKind::AccountSummary))
                .expect(Compliance::NotAssessed, "AccessDenied"),
            Example::new("an account in China, without a root user")
                .partition(Partition::China)
                .account(root(Some(0), Some(1), Some(0)))
                .expect(Compliance::NotApplicable, "China"),
            Example::new("an account in AWS GovCloud (US)")
                .partition(Partition::GovCloud)
                .account(root(Some(0), Some(0), Some(0)))
                .expect(Compliance::NotApplicable, "GovCloud"),
        ]
    }
}
