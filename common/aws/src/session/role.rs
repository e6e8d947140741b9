//! The identity of a session's credentials, and sessions of roles in other accounts.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use plumbline_core::answer::Answer;
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::operation::sts;
use thiserror::Error;

use super::services::Clients;
use super::{Renew, Session};
use crate::error::AwsError;

/// The session name of assumed roles in CloudTrail.
const ROLE_SESSION_NAME: &str = "plumbline";

/// How long a role that could not be assumed counts as not assumable. A scan then requests it once,
/// not once for each fact, and a warm function notices a repaired role.
const ASSUME_FAILURE_KEPT: Duration = Duration::from_secs(30);

/// How long before their expiration the credentials of a role are renewed: longer than the longest
/// operation can take.
const CREDENTIALS_RENEWED_BEFORE: Duration = Duration::from_secs(120);

/// The identity of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// The principal.
    pub arn: String,
}

/// The text is not a role name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "'{0}' is not the name of an IAM role: give the name (at most 64 letters, digits and _+=,.@-), \
     with the path if the role has one, not the ARN"
)]
pub struct NotARoleName(String);

/// The name of an IAM role, with its path if it has one: `Plumbline`, `audit/Plumbline`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName(String);

impl RoleName {
    /// Validates a name.
    pub fn new(text: &str) -> Result<Self, NotARoleName> {
        let path = text.strip_prefix('/').unwrap_or(text);
        let is_part = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_valid = name.len() <= 64 && path.len() <= 576 && path.split('/').all(is_part);
        if is_valid {
            Ok(Self(path.to_owned()))
        } else {
            Err(NotARoleName(text.chars().take(80).collect()))
        }
    }

    /// The role's ARN in an account.
    pub fn arn(&self, account: &AccountId, partition: Partition) -> String {
        format!("arn:{partition}:iam::{account}:role/{}", self.0)
    }
}

impl std::fmt::Display for RoleName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::str::FromStr for RoleName {
    type Err = NotARoleName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl Session {
    /// The identity of the credentials, source `GetCallerIdentity`.
    pub async fn caller(&self) -> Result<Caller, AwsError> {
        let answer = self
            .send(sts::GET_CALLER_IDENTITY, regional_sts(self).get_caller_identity().send())
            .await?;
        let arn = sts::GET_CALLER_IDENTITY.require_text(answer.arn, "the ARN")?;
        let account = sts::GET_CALLER_IDENTITY.require_text(answer.account, "the account")?;
        let account = AccountId::new(account)
            .map_err(|error| sts::GET_CALLER_IDENTITY.malformed(error.to_string()))?;
        let partition = partition_of(&arn).ok_or_else(|| {
            sts::GET_CALLER_IDENTITY.malformed(format!("'{arn}' is in an unknown partition"))
        })?;
        Ok(Caller { account, partition, arn })
    }

    /// A session of a role in an account. These credentials assume the role when the first
    /// operation is sent.
    ///
    /// If they cannot assume it, every operation fails with the error of `sts:AssumeRole`.
    pub fn assume(
        &self,
        account: &AccountId,
        partition: Partition,
        role: &RoleName,
        external_id: Option<&str>,
    ) -> Self {
        let role = Arc::new(AssumedRole {
            session: self.clone(),
            role_arn: role.arn(account, partition),
            external_id: external_id.map(str::to_owned),
            last: tokio::sync::Mutex::default(),
        });
        let config = self.sdk_config().to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(RoleCredentials(
            Arc::clone(&role),
        )));
        let config = config.identity_cache(IdentityCache::no_cache()).build();
        Self::new(Clients::new(config, Arc::clone(self.sent())), Some(role))
    }
}

/// The client of STS in the session's own Region.
fn regional_sts(session: &Session) -> aws_sdk_sts::Client {
    session.sts(session.global_region())
}

fn partition_of(arn: &str) -> Option<Partition> {
    let name = arn.split(':').nth(1)?;
    [Partition::Aws, Partition::China, Partition::GovCloud]
        .into_iter()
        .find(|partition| partition.as_str() == name)
}

/// A role whose credentials are fetched when they are needed, and kept until shortly before they
/// expire. The SDK's own provider does not count or limit its calls, and hides the message of AWS.
struct AssumedRole {
    session: Session,
    role_arn: String,
    external_id: Option<String>,
    last: tokio::sync::Mutex<Option<(SystemTime, Answer<Credentials>)>>,
}

impl AssumedRole {
    /// The credentials. One caller fetches them while the others wait.
    async fn credentials(&self) -> Answer<Credentials> {
        let mut last = self.last.lock().await;
        if let Some((until, answer)) = last.as_ref()
            && SystemTime::now() < *until
        {
            return answer.clone();
        }
        let answer = self.fetch().await;
        let until = match &answer {
            Ok(credentials) => credentials
                .expiry()
                .and_then(|expiry| expiry.checked_sub(CREDENTIALS_RENEWED_BEFORE)),
            Err(_) => SystemTime::now().checked_add(ASSUME_FAILURE_KEPT),
        };
        *last = until.map(|until| (until, answer.clone()));
        answer
    }

    async fn fetch(&self) -> Answer<Credentials> {
        let call = regional_sts(&self.session).assume_role();
        let call = call
            .role_arn(&self.role_arn)
            .role_session_name(ROLE_SESSION_NAME)
            .set_external_id(self.external_id.clone());
        let answer = self.session.send(sts::ASSUME_ROLE, call.send()).await?;
        let given = sts::ASSUME_ROLE.require(answer.credentials, "the credentials")?;
        let expires = given.expiration.try_into().map_err(|_| {
            sts::ASSUME_ROLE.malformed("the expiration time of the credentials is invalid")
        })?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            Some(expires),
            "PlumblineAssumedRole",
        ))
    }
}

/// The role as a credentials provider of the SDK.
struct RoleCredentials(Arc<AssumedRole>);

impl std::fmt::Debug for RoleCredentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "RoleCredentials({})", self.0.role_arn)
    }
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.0
                .credentials()
                .await
                .map_err(|unread| CredentialsError::provider_error(AwsError(unread)))
        })
    }
}

impl Renew for AssumedRole {
    fn renew(&self) -> Pin<Box<dyn Future<Output = Answer<()>> + Send + '_>> {
        Box::pin(async { self.credentials().await.map(|_| ()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_names() {
        let account = AccountId::new("111122223333").expect("an id");
        for (text, arn) in [
            ("Plumbline", "arn:aws-cn:iam::111122223333:role/Plumbline"),
            ("/audit/x/Plumb-line", "arn:aws-cn:iam::111122223333:role/audit/x/Plumb-line"),
        ] {
            assert_eq!(RoleName::new(text).expect("valid").arn(&account, Partition::China), arn);
        }
        let long = "x".repeat(65);
        for bad in ["", "/", "a/", "a//b", "a b", "arn:aws:iam::111122223333:role/a", "a*", &long] {
            assert!(RoleName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn partitions_of_arns() {
        assert_eq!(
            partition_of("arn:aws-us-gov:sts::111122223333:assumed-role/a/b"),
            Some(Partition::GovCloud)
        );
        assert_eq!(partition_of("arn:aws-iso:iam::111122223333:root"), None);
        assert_eq!(partition_of("root"), None);
    }
}
