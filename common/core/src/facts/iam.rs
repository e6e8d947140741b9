//! Facts from IAM.

mod credential_report;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::credential_report::{
    AccessKey, CredentialReport, CredentialReportError, Credentials, Stamp,
};

/// The account's IAM totals, source `GetAccountSummary`. A total that AWS left out is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSummary {
    /// `AccountAccessKeysPresent`: whether root has an access key, 1 or 0.
    pub root_access_keys: Option<i32>,
    /// `AccountMFAEnabled`: whether root has MFA, 1 or 0.
    pub root_mfa: Option<i32>,
    /// `AccountPasswordPresent`: whether root has a password, 1 or 0.
    pub root_password: Option<i32>,
}

/// The IAM users, source `ListUsers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users(pub Vec<User>);

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The unique id, `AIDA…`: AWS Config's id of the user.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ARN, with the path.
    pub arn: String,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// The virtual MFA devices that are assigned, source `ListVirtualMFADevices`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMfaDevices(pub Vec<VirtualMfaDevice>);

/// A virtual MFA device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMfaDevice {
    /// Its serial number, an ARN.
    pub serial: String,
    /// The ARN of the user who has it; AWS leaves it out at times.
    pub user: Option<String>,
}

/// The rules for passwords of IAM users, source `GetAccountPasswordPolicy`; nothing when the
/// account has none of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy(pub Option<PasswordRules>);

/// Rules for passwords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRules {
    /// `MinimumPasswordLength`.
    pub minimum_length: Option<i32>,
    /// `PasswordReusePrevention`: how many earlier passwords are refused; absent when none are.
    pub remembered: Option<i32>,
    /// The other rules; recordings before 0.1.0 lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<OtherPasswordRules>,
}

/// Rules for passwords that no control is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherPasswordRules {
    /// `RequireSymbols`.
    pub symbols: bool,
    /// `RequireNumbers`.
    pub numbers: bool,
    /// `RequireUppercaseCharacters`.
    pub uppercase: bool,
    /// `RequireLowercaseCharacters`.
    pub lowercase: bool,
    /// `AllowUsersToChangePassword`.
    pub own_change: bool,
    /// `MaxPasswordAge`, in days; absent where passwords do not expire.
    pub max_age: Option<i32>,
    /// `HardExpiry`: an administrator has to reset a password that expired.
    pub hard_expiry: bool,
}

/// The IAM users with their policies, source `GetAccountAuthorizationDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPolicies(pub Vec<UserWithPolicies>);

/// An IAM user with its policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserWithPolicies(pub PolicyHolder);

/// Groups and roles with policies, and customer managed policies that are attached, source
/// `GetAccountAuthorizationDetails`. Recordings before 0.1.0 lack groups and roles that have no
/// inline policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyHolders(pub Vec<PolicyHolder>);

/// The AWS-managed policies that are attached, source `ListPolicies`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedAwsPolicies(pub Vec<PolicyHolder>);

/// What holds policy documents: a managed policy, or a principal with inline policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyHolder {
    /// The unique id, `AIDA…`, `AGPA…`, `AROA…` or `ANPA…`: AWS Config's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// What it is and holds.
    pub holding: Holding,
}

/// What a holder of policy documents is, with its documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// A managed policy of the account.
    Managed {
        /// The number of users, groups and roles that have it. A permissions boundary does not
        /// count.
        attachments: i32,
        /// The document of its default version, as AWS gives it: URL-encoded JSON, or JSON.
        document: String,
    },
    /// A managed policy of AWS, whose document is another fact.
    AwsManaged {
        /// The number of users, groups and roles of the account that have it.
        attachments: i32,
        /// The default version, `v3`.
        version: String,
    },
    /// A user, a group or a role.
    Principal {
        /// Which of them.
        kind: IdentityKind,
        /// Its inline policies.
        inline: Vec<InlinePolicy>,
        /// The ARNs of its managed policies.
        attached: Vec<String>,
    },
}

/// What can have policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// An IAM user.
    User,
    /// A group of IAM users.
    Group,
    /// A role.
    Role,
}

/// A policy that lives and dies with its principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document, as AWS gives it: URL-encoded JSON, or JSON.
    pub document: String,
}

/// The document of a version of a managed policy, source `GetPolicyVersion`. Its id is the policy's
/// ARN and the version, `arn:…:v3`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument(pub String);

/// The names of the roles to which a policy is attached, source `ListEntitiesForPolicy`. Its id is
/// the policy's ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRoles(pub Vec<String>);

/// The certificates that are kept in IAM, source `ListServerCertificates`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificates(pub Vec<ServerCertificate>);

/// A server certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// The name, which is AWS Config's id of it too.
    pub name: String,
    /// The ARN, with the path.
    pub arn: String,
    /// When it expires.
    pub expires: DateTime<Utc>,
}
