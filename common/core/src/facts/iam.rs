//! Facts from IAM.

mod credential_report;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::credential_report::{
    AccessKey, CredentialReport, CredentialReportError, Credentials, Stamp,
};

/// The account's IAM totals, source `GetAccountSummary`. A total that AWS omits is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSummary {
    /// `AccountAccessKeysPresent`: whether the root user has an access key, 1 or 0.
    pub root_access_keys: Option<i32>,
    /// `AccountMFAEnabled`: whether the root user has MFA, 1 or 0.
    pub root_mfa: Option<i32>,
    /// `AccountPasswordPresent`: whether the root user has a password, 1 or 0.
    pub root_password: Option<i32>,
}

/// The IAM users, source `ListUsers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users(pub Vec<User>);

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The unique id, `AIDA…`, which is also the id in AWS Config.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ARN, with the path.
    pub arn: String,
    /// When the user was created.
    pub created: DateTime<Utc>,
}

/// The assigned virtual MFA devices, source `ListVirtualMFADevices`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMfaDevices(pub Vec<VirtualMfaDevice>);

/// A virtual MFA device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMfaDevice {
    /// Its serial number, an ARN.
    pub serial: String,
    /// The ARN of its user, which AWS does not always return.
    pub user: Option<String>,
}

/// The password policy of the account, source `GetAccountPasswordPolicy`; `None` when the account
/// has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy(pub Option<PasswordRules>);

/// The rules of a password policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRules {
    /// `MinimumPasswordLength`.
    pub minimum_length: Option<i32>,
    /// `PasswordReusePrevention`: the number of remembered passwords; absent when reuse is not
    /// prevented.
    pub remembered: Option<i32>,
    /// The other rules. Snapshots before 0.1.0 lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<OtherPasswordRules>,
}

/// Password rules that no control evaluates.
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
    /// `MaxPasswordAge`, in days; absent if passwords do not expire.
    pub max_age: Option<i32>,
    /// `HardExpiry`: whether an administrator has to reset an expired password.
    pub hard_expiry: bool,
}

/// The IAM users with their policies, source `GetAccountAuthorizationDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPolicies(pub Vec<UserWithPolicies>);

/// An IAM user with its policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserWithPolicies(pub PolicyHolder);

/// Groups and roles with policies, and attached customer managed policies, source
/// `GetAccountAuthorizationDetails`. Snapshots before 0.1.0 lack groups and roles without an inline
/// policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyHolders(pub Vec<PolicyHolder>);

/// The attached AWS managed policies, source `ListPolicies`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedAwsPolicies(pub Vec<PolicyHolder>);

/// A holder of policy documents: a managed policy, or a principal with inline policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyHolder {
    /// The unique id, `AIDA…`, `AGPA…`, `AROA…` or `ANPA…`, which is also the id in AWS Config.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The kind of holder, with its policies.
    pub holding: Holding,
}

/// The kind of a holder of policy documents, with its documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// A customer managed policy.
    Managed {
        /// The number of users, groups and roles to which it is attached. Permissions boundaries do
        /// not count.
        attachments: i32,
        /// The document of its default version, as AWS returns it: URL-encoded JSON, or JSON.
        document: String,
    },
    /// An AWS managed policy, whose document is another fact.
    AwsManaged {
        /// The number of users, groups and roles of the account to which it is attached.
        attachments: i32,
        /// The default version, `v3`.
        version: String,
    },
    /// A user, a group or a role.
    Principal {
        /// The kind of principal.
        kind: IdentityKind,
        /// Its inline policies.
        inline: Vec<InlinePolicy>,
        /// The ARNs of its managed policies.
        attached: Vec<String>,
    },
}

/// The kinds of principals that can have policies.
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

/// An inline policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document, as AWS returns it: URL-encoded JSON, or JSON.
    pub document: String,
}

/// The document of a version of a managed policy, source `GetPolicyVersion`. Its id is the policy's
/// ARN with the version, `arn:…:v3`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument(pub String);

/// The names of the roles to which a policy is attached, source `ListEntitiesForPolicy`. Its id is
/// the policy's ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRoles(pub Vec<String>);

/// The server certificates in IAM, source `ListServerCertificates`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificates(pub Vec<ServerCertificate>);

/// A server certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// The name, which is also the id in AWS Config.
    pub name: String,
    /// The ARN, with the path.
    pub arn: String,
    /// When it expires.
    pub expires: DateTime<Utc>,
}
