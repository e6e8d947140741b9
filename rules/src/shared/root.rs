//! Shared code of the controls over the root user.

use plumbline_core::answer::ReadError;
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::facts::AccountSummary;
use plumbline_core::operation::iam;
use serde_json::{Value, json};

/// The reason in AWS GovCloud (US).
pub(crate) const NO_SIGN_IN: &str = "In AWS GovCloud (US) no one can sign in as the root user.";

/// The reason in the Regions in China. AWS documents that accounts there have no root user and no
/// hardware MFA. If an account has root credentials, they count anyway. Source:
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html>.
pub(crate) const NONE_IN_CHINA: &str =
    "In the Regions in China, accounts have no root user: every user is an IAM user.";

/// The reason when the root user has no credentials.
pub(crate) const CENTRALLY_MANAGED: &str = "The root user has neither a password nor an access \
key, so no one can sign in as the root \
    user.";

/// Returns whether the root user has neither a password nor an access key. A value that is missing
/// in the summary counts as present.
pub(crate) fn is_centrally_managed(summary: &AccountSummary) -> bool {
    summary.root_password == Some(0) && summary.root_access_keys == Some(0)
}

/// Returns the totals of the root user.
pub(crate) fn evidence(summary: &AccountSummary) -> Value {
    json!({
        "AccountMFAEnabled": summary.root_mfa,
        "AccountPasswordPresent": summary.root_password,
        "AccountAccessKeysPresent": summary.root_access_keys,
    })
}

/// Returns the answer when the summary does not state whether the root user has MFA.
pub(crate) fn no_mfa_total() -> NotAssessed {
    ReadError::malformed(iam::GET_ACCOUNT_SUMMARY.name, "the summary has no AccountMFAEnabled")
        .into()
}
