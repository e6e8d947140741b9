//! What the controls over the root user share.

use plumbline_core::answer::ReadError;
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::facts::AccountSummary;
use plumbline_core::operation::iam;
use serde_json::{Value, json};

/// The reason in AWS GovCloud (US).
pub(crate) const NO_SIGN_IN: &str = "In AWS GovCloud (US) nobody can sign in as the root user.";

/// The reason in the Regions in China, where AWS documents that there is no root user and no
/// hardware MFA. What an account shows of root counts all the same. Source:
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html>.
pub(crate) const NONE_IN_CHINA: &str =
    "In the Regions in China accounts have no root user: every user is an IAM user.";

/// The reason where root has no credentials.
pub(crate) const CENTRALLY_MANAGED: &str =
    "The root user has neither a password nor an access key, so nobody can sign in as root.";

/// Whether root has neither a password nor an access key. What the summary leaves out counts as
/// there.
pub(crate) fn is_centrally_managed(summary: &AccountSummary) -> bool {
    summary.root_password == Some(0) && summary.root_access_keys == Some(0)
}

/// The totals about root.
pub(crate) fn evidence(summary: &AccountSummary) -> Value {
    json!({
        "AccountMFAEnabled": summary.root_mfa,
        "AccountPasswordPresent": summary.root_password,
        "AccountAccessKeysPresent": summary.root_access_keys,
    })
}

/// The answer where the summary does not state whether root has MFA.
pub(crate) fn no_mfa_total() -> NotAssessed {
    ReadError::malformed(iam::GET_ACCOUNT_SUMMARY.name, "the summary has no AccountMFAEnabled")
        .into()
}
