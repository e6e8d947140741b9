//! Facts from IAM.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::engine::View;
use crate::evaluation::{NotAssessed, ResourceRef};
use crate::item::ConfigurationItem;
use crate::resource::Resource;

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

/// The credential report. AWS makes a new one at most every four hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialReport {
    /// When AWS made it.
    pub generated: DateTime<Utc>,
    /// The credentials by ARN; root's is `arn:PARTITION:iam::ACCOUNT:root`.
    pub rows: BTreeMap<String, Credentials>,
}

/// A moment in the credential report, or one of the three ways in which the report says that there
/// is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// The moment.
    At(DateTime<Utc>),
    /// `N/A`: it never happened, or there is no such credential.
    NotApplicable,
    /// `no_information`: AWS did not record it, or it never happened.
    NoInformation,
    /// `not_supported`: the column does not exist for this principal.
    NotSupported,
}

impl Stamp {
    /// The moment, when there is one.
    pub fn time(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(time) => Some(time),
            Self::NotApplicable | Self::NoInformation | Self::NotSupported => None,
        }
    }
}

/// One row of the credential report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The user's name, `<root_account>` for root.
    pub name: String,
    /// When the user was made, to the second: names and ARNs are used again, by users who are made
    /// or renamed. Snapshots of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// Whether a console password is enabled; absent where the report says `not_supported` or
    /// `N/A`.
    pub password_enabled: Option<bool>,
    /// When the password was last used.
    pub password_used: Stamp,
    /// When the password was last changed.
    pub password_changed: Stamp,
    /// Whether an MFA device is active.
    pub mfa_active: bool,
    /// The two access keys.
    pub keys: [AccessKey; 2],
}

/// An access key in the credential report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// Whether it can be used.
    pub active: bool,
    /// When it was made or last rotated.
    pub rotated: Stamp,
    /// When it was last used.
    pub used: Stamp,
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
}

/// The IAM users with their policies, source `GetAccountAuthorizationDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPolicies(pub Vec<UserWithPolicies>);

/// An IAM user with its policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserWithPolicies(pub PolicyHolder);

/// Groups and roles with inline policies, and customer-managed policies that are attached, source
/// `GetAccountAuthorizationDetails`.
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
        kind: PrincipalKind,
        /// Its inline policies.
        inline: Vec<InlinePolicy>,
        /// The ARNs of its managed policies.
        attached: Vec<String>,
    },
}

/// What can have policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
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

/// The credential report is not what AWS documents.
#[derive(Debug, Error)]
pub enum CredentialReportError {
    /// Not a table.
    #[error("the credential report is not CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("the credential report has no column '{0}'")]
    NoColumn(&'static str),
    /// A value that is none of the documented ones.
    #[error("the credential report says '{value}' in column '{column}'")]
    Value {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
    /// Two rows of one principal.
    #[error("the credential report lists {0} twice")]
    Twice(String),
}

impl CredentialReport {
    /// Reads AWS's CSV.
    pub fn parse(generated: DateTime<Utc>, content: &[u8]) -> Result<Self, CredentialReportError> {
        let mut table = csv::ReaderBuilder::new().from_reader(content);
        let columns = Columns::find(table.headers()?)?;
        let mut rows = BTreeMap::new();
        let mut record = csv::StringRecord::new();
        while table.read_record(&mut record)? {
            let arn = columns.arn.of(&record)?;
            if rows.insert(arn.to_owned(), columns.credentials(&record)?).is_some() {
                return Err(CredentialReportError::Twice(arn.to_owned()));
            }
        }
        Ok(Self { generated, rows })
    }
}

/// A column's name and place.
#[derive(Clone, Copy)]
struct Column(&'static str, usize);

impl Column {
    fn find(
        headers: &csv::StringRecord,
        name: &'static str,
    ) -> Result<Self, CredentialReportError> {
        headers
            .iter()
            .position(|header| header == name)
            .map(|at| Self(name, at))
            .ok_or(CredentialReportError::NoColumn(name))
    }

    fn of(self, record: &csv::StringRecord) -> Result<&str, CredentialReportError> {
        record.get(self.1).ok_or(CredentialReportError::NoColumn(self.0))
    }

    fn wrong(self, value: &str) -> CredentialReportError {
        CredentialReportError::Value { column: self.0, value: value.chars().take(40).collect() }
    }

    fn flag(self, record: &csv::StringRecord) -> Result<Option<bool>, CredentialReportError> {
        let value = self.of(record)?;
        match value.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            "n/a" | "not_supported" => Ok(None),
            _ => Err(self.wrong(value)),
        }
    }

    fn stamp(self, record: &csv::StringRecord) -> Result<Stamp, CredentialReportError> {
        let value = self.of(record)?;
        match value.to_ascii_lowercase().as_str() {
            "n/a" => Ok(Stamp::NotApplicable),
            "no_information" => Ok(Stamp::NoInformation),
            "not_supported" => Ok(Stamp::NotSupported),
            _ => DateTime::parse_from_rfc3339(value)
                .map(|time| Stamp::At(time.to_utc()))
                .map_err(|_| self.wrong(value)),
        }
    }
}

struct Columns {
    user: Column,
    arn: Column,
    created: Column,
    password_enabled: Column,
    password_used: Column,
    password_changed: Column,
    mfa_active: Column,
    keys: [(Column, Column, Column); 2],
}

impl Columns {
    fn find(headers: &csv::StringRecord) -> Result<Self, CredentialReportError> {
        let find = |name| Column::find(headers, name);
        Ok(Self {
            user: find("user")?,
            arn: find("arn")?,
            created: find("user_creation_time")?,
            password_enabled: find("password_enabled")?,
            password_used: find("password_last_used")?,
            password_changed: find("password_last_changed")?,
            mfa_active: find("mfa_active")?,
            keys: [
                (
                    find("access_key_1_active")?,
                    find("access_key_1_last_rotated")?,
                    find("access_key_1_last_used_date")?,
                ),
                (
                    find("access_key_2_active")?,
                    find("access_key_2_last_rotated")?,
                    find("access_key_2_last_used_date")?,
                ),
            ],
        })
    }

    fn credentials(
        &self,
        record: &csv::StringRecord,
    ) -> Result<Credentials, CredentialReportError> {
        let key = |(active, rotated, used): (Column, Column, Column)| {
            let active_flag = active.flag(record)?.ok_or_else(|| active.wrong("N/A"))?;
            Ok::<_, CredentialReportError>(AccessKey {
                active: active_flag,
                rotated: rotated.stamp(record)?,
                used: used.stamp(record)?,
            })
        };
        let [first, second] = self.keys;
        Ok(Credentials {
            name: self.user.of(record)?.to_owned(),
            created: self.created.stamp(record)?.time(),
            password_enabled: self.password_enabled.flag(record)?,
            password_used: self.password_used.stamp(record)?,
            password_changed: self.password_changed.stamp(record)?,
            mfa_active: self
                .mfa_active
                .flag(record)?
                .ok_or_else(|| self.mfa_active.wrong("N/A"))?,
            keys: [key(first)?, key(second)?],
        })
    }
}

impl Resource for User {
    const TYPE: &'static str = "AWS::IAM::User";
    const NOUN: (&'static str, &'static str) = ("IAM user", "IAM users");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<Users>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            create_date: chrono::DateTime<chrono::Utc>,
        }
        let Configuration { create_date } = item.configuration()?;
        Some(Self {
            id: item.resource_id.clone(),
            name: item.resource_name.clone()?,
            arn: item.arn.clone()?,
            created: create_date,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

impl Resource for ServerCertificate {
    const TYPE: &'static str = "AWS::IAM::ServerCertificate";
    const NOUN: (&'static str, &'static str) = ("server certificate", "server certificates");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<ServerCertificates>()?.0.iter().collect())
    }

    fn from_item(_: &ConfigurationItem) -> Option<Self> {
        None
    }

    fn id(&self) -> &str {
        &self.name
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

impl Resource for UserWithPolicies {
    const TYPE: &'static str = User::TYPE;
    const NOUN: (&'static str, &'static str) = User::NOUN;

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<UserPolicies>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            user_id: String,
            user_name: String,
            arn: String,
            user_policy_list: Vec<ItemInline>,
            attached_managed_policies: Vec<ItemAttached>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemInline {
            policy_name: String,
            policy_document: ItemDocument,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemAttached {
            policy_arn: String,
        }
        let user: Configuration = item.configuration()?;
        let inline = user.user_policy_list.into_iter().map(|policy| InlinePolicy {
            name: policy.policy_name,
            document: policy.policy_document.text(),
        });
        let holding = Holding::Principal {
            kind: PrincipalKind::User,
            inline: inline.collect(),
            attached: user
                .attached_managed_policies
                .into_iter()
                .map(|policy| policy.policy_arn)
                .collect(),
        };
        Some(Self(PolicyHolder { id: user.user_id, name: user.user_name, arn: user.arn, holding }))
    }

    fn id(&self) -> &str {
        &self.0.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.0.arn.clone())
    }
}

/// A policy document in an item: a text, URL-encoded as a rule, or the document itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum ItemDocument {
    Text(String),
    Object(serde_json::Map<String, serde_json::Value>),
}

impl ItemDocument {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Object(members) => serde_json::Value::Object(members).to_string(),
        }
    }
}

impl Resource for PolicyHolder {
    /// The type that AWS Config triggers on. Evaluations name the type of the holder.
    const TYPE: &'static str = "AWS::IAM::Policy";
    const NOUN: (&'static str, &'static str) = ("policy", "policies");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        let (users, holders, aws_managed) = (
            view.account::<UserPolicies>(),
            view.account::<PolicyHolders>(),
            view.account::<AttachedAwsPolicies>(),
        );
        if let (Err(why), Err(_), Err(_)) = (&users, &holders, &aws_managed) {
            return Err(why.clone());
        }
        let users = users.into_iter().flat_map(|users| &users.0).map(|user| &user.0);
        let holders = holders.into_iter().flat_map(|holders| &holders.0);
        Ok(users
            .chain(holders)
            .chain(aws_managed.into_iter().flat_map(|policies| &policies.0))
            .collect())
    }

    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let unread = [
            view.account::<UserPolicies>().err(),
            view.account::<PolicyHolders>().err(),
            view.account::<AttachedAwsPolicies>().err(),
        ];
        // One evaluation an account: the first says why there may be more policies.
        unread
            .into_iter()
            .flatten()
            .take(1)
            .map(|why| (view.context().account_resource(), why))
            .collect()
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            policy_id: String,
            policy_name: String,
            arn: String,
            attachment_count: i32,
            policy_version_list: Vec<ItemVersion>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemVersion {
            is_default_version: bool,
            document: Option<ItemDocument>,
        }
        let policy: Configuration = item.configuration()?;
        let default =
            policy.policy_version_list.into_iter().find(|version| version.is_default_version)?;
        let holding = Holding::Managed {
            attachments: policy.attachment_count,
            document: default.document?.text(),
        };
        Some(Self { id: policy.policy_id, name: policy.policy_name, arn: policy.arn, holding })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }

    fn reference(&self, view: &View<'_>) -> ResourceRef {
        let resource_type = match &self.holding {
            Holding::Managed { .. } | Holding::AwsManaged { .. } => Self::TYPE,
            Holding::Principal { kind: PrincipalKind::User, .. } => User::TYPE,
            Holding::Principal { kind: PrincipalKind::Group, .. } => "AWS::IAM::Group",
            Holding::Principal { kind: PrincipalKind::Role, .. } => "AWS::IAM::Role",
        };
        ResourceRef {
            resource_type: resource_type.to_owned(),
            resource_id: self.id.clone(),
            arn: Some(self.arn.clone()),
            region: view.context().region.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
        access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
        access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
        cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";
    const ROOT: &str = "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,2026-01-01T00:00:00+00:00,not_supported,not_supported,true,\
        false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n";
    const ALICE: &str = "alice,arn:aws:iam::111122223333:user/ops/alice,2020-01-01T00:00:00+00:00,TRUE,no_information,2026-01-02T03:04:05+00:00,N/A,false,\
        true,2026-01-02T03:04:05Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n";

    fn parse(text: &str) -> Result<CredentialReport, CredentialReportError> {
        CredentialReport::parse(DateTime::<Utc>::UNIX_EPOCH, text.as_bytes())
    }

    #[test]
    fn the_three_kinds_of_nothing_stay_apart() {
        let report = parse(&format!("{HEADER}{ROOT}{ALICE}")).expect("parses");
        let root = report.rows.get("arn:aws:iam::111122223333:root").expect("root");
        assert_eq!(
            (root.password_enabled, root.password_changed, root.keys[0].used),
            (None, Stamp::NotSupported, Stamp::NotApplicable)
        );
        let alice = report.rows.get("arn:aws:iam::111122223333:user/ops/alice").expect("alice");
        assert_eq!(
            (alice.password_enabled, alice.password_used),
            (Some(true), Stamp::NoInformation)
        );
        assert!(matches!(
            alice.keys[0],
            AccessKey { active: true, rotated: Stamp::At(_), used: Stamp::NotApplicable }
        ));
    }

    #[test]
    fn what_is_not_a_report_is_refused() {
        assert!(matches!(parse(""), Err(CredentialReportError::NoColumn("user"))));
        assert!(matches!(parse("<html>"), Err(CredentialReportError::NoColumn("user"))));
        assert!(matches!(parse(&format!("{HEADER}alice,arn")), Err(CredentialReportError::Csv(_))));
        assert!(matches!(
            parse(&format!("{HEADER}{ALICE}{ALICE}")),
            Err(CredentialReportError::Twice(_))
        ));
        let unknown = ALICE.replace("no_information", "yesterday");
        assert!(matches!(
            parse(&format!("{HEADER}{unknown}")),
            Err(CredentialReportError::Value { column: "password_last_used", .. })
        ));
    }

    fn item(configuration: &serde_json::Value) -> ConfigurationItem {
        serde_json::from_value(serde_json::json!({
            "resourceType": "x", "resourceId": "x", "awsAccountId": "111122223333",
            "awsRegion": "global", "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-01-02T03:04:05Z", "configuration": configuration
        }))
        .expect("an item")
    }

    #[test]
    fn users_in_items_tell_all_their_policies_or_are_read() {
        let mut user = serde_json::json!({
            "userId": "AIDA1", "userName": "alice", "arn": "arn:alice", "permissionsBoundary": null,
            "attachedManagedPolicies": [{ "policyArn": "arn:p" }],
            "userPolicyList": [{ "policyName": "a", "policyDocument": "%7B%7D" },
            { "policyName": "b", "policyDocument": {} }]
        });
        let UserWithPolicies(found) = UserWithPolicies::from_item(&item(&user)).expect("a user");
        let Holding::Principal { inline, attached, .. } = found.holding else { panic!("a user") };
        assert_eq!(
            (inline[0].document.as_str(), inline[1].document.as_str(), attached[0].as_str()),
            ("%7B%7D", "{}", "arn:p")
        );
        user["userPolicyList"] = serde_json::Value::Null;
        assert_eq!(UserWithPolicies::from_item(&item(&user)), None);
    }

    #[test]
    fn policies_in_items_have_a_default_version_or_are_read() {
        let policy = |default: bool| {
            item(&serde_json::json!({
                "policyId": "ANPA1", "policyName": "p", "arn": "arn:p", "attachmentCount": 1,
                "policyVersionList": [{ "isDefaultVersion": false, "document": "old" },
                { "isDefaultVersion": default, "document": "new" }]
            }))
        };
        let found = PolicyHolder::from_item(&policy(true)).expect("a policy");
        assert_eq!(found.holding, Holding::Managed { attachments: 1, document: "new".to_owned() });
        assert_eq!(PolicyHolder::from_item(&policy(false)), None);
    }
}
