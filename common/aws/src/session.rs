//! Sessions: the credentials of one account, with a client for each service and Region.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_s3control::config::endpoint as s3control;
use aws_sdk_sts::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_sts::config::retry::RetryPartition;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use plumbline_core::answer::Answer;
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::operation::{Service, sts};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::AwsError;
use crate::whole::Whole;

/// The name under which the sessions of assumed roles stand in CloudTrail.
const ROLE_SESSION_NAME: &str = "plumbline";

/// How long a role that could not be assumed counts as not assumable. One scan then asks once for
/// it, not once a fact, and a warm function notices a repaired role.
const ASSUME_FAILURE_KEPT: Duration = Duration::from_secs(30);

/// How long before they expire a role's credentials are fetched anew: longer than the longest
/// operation may take.
const CREDENTIALS_RENEWED_BEFORE: Duration = Duration::from_secs(120);

/// Where services that answer alike in every Region are asked when none is configured; the AWS
/// command line does the same.
const FALLBACK_REGION: &str = "us-east-1";

/// Each service: its variant, the method that returns its client, its SDK, how many operations of
/// one session may be under way at once, and what differs in its client.
macro_rules! services {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($feature:meta)])?
        $service:ident, $method:ident: $sdk:ident, $permits:literal $(, $configure:expr)?;
    )+) => {
        #[derive(Default)]
        struct Clients {
            $($(#[cfg($feature)])? $method: PerRegion<$sdk::Client>,)+
        }

        struct Limits {
            $($method: Semaphore,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($method: Semaphore::new($permits),)+ }
            }
        }

        impl Limits {
            fn of(&self, service: Service) -> &Semaphore {
                match service {
                    $(Service::$service => &self.$method,)+
                }
            }
        }

        impl Session {
            $(
                $(#[cfg($feature)])?
                $(#[doc = $doc])+
                ///
                /// The client for a Region, made when first used.
                pub fn $method(&self, region: &str) -> $sdk::Client {
                    self.inner.clients.$method.get_or_make(region, || {
                        let builder = $sdk::config::Builder::from(&self.inner.config)
                            .region(Region::new(region.to_owned()))
                            .interceptor(Count(Arc::clone(&self.inner.sent)))
                            .interceptor(Whole)
                            // Shared by all sessions of the process unless told otherwise: one
                            // throttled account would slow all down.
                            .retry_partition(RetryPartition::custom(stringify!($method)).build());
                        $(let builder = ($configure)(builder, &self.inner.config);)?
                        $sdk::Client::from_conf(builder.build())
                    })
                }
            )+
        }
    };
}

services! {
    /// IAM: few calls that answer for the whole account, and a low rate limit that everybody in the
    /// account shares.
    Iam, iam: aws_sdk_iam, 4;
    /// Amazon S3: one call a bucket and fact, answered within milliseconds, and a rate limit far
    /// above this.
    S3, s3: aws_sdk_s3, 16, path_style_elsewhere;
    /// AWS CloudFormation: a few calls a stack, and a page of events now and then.
    #[cfg(feature = "deploy")]
    CloudFormation, cloudformation: aws_sdk_cloudformation, 4;
    /// AWS CloudTrail: at most 10 reads a second in a Region, and few trails.
    CloudTrail, cloudtrail: aws_sdk_cloudtrail, 4;
    /// Amazon EC2: limits are counted for each Region, and the Regions are read at the same time.
    Ec2, ec2: aws_sdk_ec2, 8;
    /// AWS Config: results are put in a few calls.
    Config, config: aws_sdk_config, 4;
    /// AWS Security Hub: 10 imports a second.
    SecurityHub, securityhub: aws_sdk_securityhub, 4;
    /// AWS STS: one call a role.
    Sts, sts: aws_sdk_sts, 4;
    /// AWS Account Management: contacts, a few calls a second.
    Account, account: aws_sdk_account, 2;
    /// IAM Access Analyzer: one list a Region.
    AccessAnalyzer, access_analyzer: aws_sdk_accessanalyzer, 4;
    /// Amazon CloudWatch: alarms.
    CloudWatch, cloudwatch: aws_sdk_cloudwatch, 4;
    /// Amazon CloudWatch Logs: 5 descriptions a second.
    Logs, logs: aws_sdk_cloudwatchlogs, 4;
    /// Amazon EFS: one list a Region.
    Efs, efs: aws_sdk_efs, 4;
    /// AWS KMS: reads of keys share a quota of some thousands a second.
    Kms, kms: aws_sdk_kms, 8;
    /// Amazon Macie: a few calls a Region.
    Macie, macie: aws_sdk_macie2, 2;
    /// Amazon RDS: lists.
    Rds, rds: aws_sdk_rds, 4;
    /// Amazon S3's control plane: the account's own settings.
    S3Control, s3control: aws_sdk_s3control, 4, shared_name;
    /// Amazon SNS: 30 reads a second.
    Sns, sns: aws_sdk_sns, 4;
    /// AWS Organizations: pages that follow one another, and a rate limit for the whole
    /// organization.
    Organizations, organizations: aws_sdk_organizations, 2;
}

/// S3 under one name for all buckets where its endpoint is a custom one, which seldom answers under
/// a name for each bucket.
fn path_style_elsewhere(
    builder: aws_sdk_s3::config::Builder,
    config: &SdkConfig,
) -> aws_sdk_s3::config::Builder {
    builder.force_path_style(has_endpoint_override(config, "S3"))
}

/// S3's control plane by [`SharedName`].
fn shared_name(
    builder: aws_sdk_s3control::config::Builder,
    _: &SdkConfig,
) -> aws_sdk_s3control::config::Builder {
    builder.endpoint_resolver(SharedName::default())
}

/// Whether calls to a service go elsewhere than to AWS.
fn has_endpoint_override(config: &SdkConfig, service: &str) -> bool {
    config.endpoint_url().is_some()
        || std::env::var_os(format!("AWS_ENDPOINT_URL_{service}")).is_some()
}

/// Where S3's control plane is: at AWS under a name for each account, elsewhere under one name for
/// all. The account stands in a header of the request anyway.
#[derive(Debug, Default)]
struct SharedName(s3control::DefaultResolver);

impl s3control::ResolveEndpoint for SharedName {
    fn resolve_endpoint<'a>(
        &'a self,
        parameters: &'a s3control::Params,
    ) -> s3control::EndpointFuture<'a> {
        match parameters.endpoint() {
            Some(url) => s3control::EndpointFuture::ready(Ok(s3control::Endpoint::builder()
                .url(url.to_owned())
                .build())),
            None => self.0.resolve_endpoint(parameters),
        }
    }
}

/// Clients by Region.
struct PerRegion<C>(Mutex<HashMap<String, C>>);

impl<C> Default for PerRegion<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Clone> PerRegion<C> {
    fn get_or_make(&self, region: &str, make: impl FnOnce() -> C) -> C {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return client.clone();
        }
        clients.entry(region.to_owned()).or_insert_with(make).clone()
    }
}

/// What was sent.
#[derive(Debug, Default)]
struct Sent {
    calls: AtomicU64,
    attempts: AtomicU64,
}

/// Counts what is sent.
#[derive(Debug)]
struct Count(Arc<Sent>);

/// Marks an operation whose first attempt was counted.
#[derive(Debug)]
struct Counted;

impl Storable for Counted {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Count {
    fn name(&self) -> &'static str {
        "Count"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.attempts.fetch_add(1, Ordering::Relaxed);
        if config.load::<Counted>().is_none() {
            config.interceptor_state().store_put(Counted);
            self.0.calls.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// How long and how often an operation is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patience {
    attempts: u32,
    attempt: Duration,
}

impl Patience {
    const DEFAULT: Self = Self { attempts: 5, attempt: Duration::from_secs(15) };
    const CONNECT: Duration = Duration::from_secs(5);
    /// Four waits of at most half a second, one, two and four seconds lie between five attempts;
    /// the rest is for waits that AWS asks for.
    const WAITS: Duration = Duration::from_secs(15);
    const FIRST_WAIT: Duration = Duration::from_millis(500);
    const LONGEST_WAIT: Duration = Duration::from_secs(5);

    /// From the environment: `AWS_MAX_ATTEMPTS` (at least 1) and `PLUMBLINE_ATTEMPT_TIMEOUT_MS`
    /// (milliseconds, at least 1).
    fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| {
            let text = variable(name)?;
            let number = text.trim().parse::<u32>().ok().filter(|number| *number > 0);
            if number.is_none() {
                tracing::warn!(
                    variable = name,
                    value = text,
                    "not a positive number: the default is taken"
                );
            }
            number
        };
        Self {
            attempts: number("AWS_MAX_ATTEMPTS").unwrap_or(Self::DEFAULT.attempts),
            attempt: number("PLUMBLINE_ATTEMPT_TIMEOUT_MS")
                .map_or(Self::DEFAULT.attempt, |millis| Duration::from_millis(millis.into())),
        }
    }

    fn operation(self) -> Duration {
        self.attempt.saturating_mul(self.attempts).saturating_add(Self::WAITS)
    }

    fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(Self::CONNECT.min(self.attempt))
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation())
            .build()
    }

    fn retries(self) -> RetryConfig {
        RetryConfig::adaptive()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(Self::FIRST_WAIT)
            .with_max_backoff(Self::LONGEST_WAIT)
    }
}

/// Where a session's credentials and Region come from.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// A profile of the AWS configuration files; otherwise the default chain decides.
    pub profile: Option<String>,
    /// The Region; otherwise the default chain decides.
    pub region: Option<String>,
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// The principal.
    pub arn: String,
}

/// The text is not the name of a role.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "'{0}' is not the name of an IAM role: give its name (at most 64 letters, digits and _+=,.@-), \
     with its path if it has one, and no ARN"
)]
pub struct NotARoleName(String);

/// The name of an IAM role, with its path where it has one: `Plumbline`, `audit/Plumbline`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName(String);

impl RoleName {
    /// Checks a name.
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

impl std::str::FromStr for RoleName {
    type Err = NotARoleName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

/// The credentials of one account, with the clients that use them. Copies are cheap and share
/// everything.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    config: SdkConfig,
    sent: Arc<Sent>,
    clients: Clients,
    limits: Limits,
    role: Option<Arc<AssumedRole>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Session({})", self.region().unwrap_or("no Region"))
    }
}

impl Session {
    /// The session of the machine's own credentials, by the AWS SDK's default chain. Nothing is
    /// sent yet.
    ///
    /// Besides the SDK's own variables (`AWS_ENDPOINT_URL` and its like among them) it heeds
    /// `PLUMBLINE_ATTEMPT_TIMEOUT_MS`: how long one attempt may take, 15,000 by default. An
    /// operation as a whole may take that long for each of its attempts (`AWS_MAX_ATTEMPTS`, 5),
    /// and 15 seconds of waiting between them.
    pub async fn load(options: SessionOptions) -> Self {
        let patience = Patience::from_environment(|name| std::env::var(name).ok());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(patience.retries())
            .timeout_config(patience.timeouts());
        if let Ok(name) = AppName::new("plumbline") {
            loader = loader.app_name(name);
        }
        if let Some(profile) = options.profile {
            // A profile that was named outright goes before the variables of the environment, as in
            // the AWS CLI.
            let credentials =
                ProfileFileCredentialsProvider::builder().profile_name(&profile).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        if let Some(region) = options.region {
            loader = loader.region(Region::new(region));
        }
        Self::new(loader.load().await, Arc::default(), None)
    }

    fn new(config: SdkConfig, sent: Arc<Sent>, role: Option<Arc<AssumedRole>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                config,
                sent,
                clients: Clients::default(),
                limits: Limits::default(),
                role,
            }),
        }
    }

    /// The configured Region.
    pub fn region(&self) -> Option<&str> {
        self.inner.config.region().map(Region::as_ref)
    }

    /// What a client is made from, for services that are not listed here.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.inner.config
    }

    /// The number of operations that were sent, each once however often it was tried. Sessions of
    /// assumed roles count together with the one that they come from.
    pub fn calls(&self) -> u64 {
        self.inner.sent.calls.load(Ordering::Relaxed)
    }

    /// The number of requests that were sent, retries included.
    pub fn attempts(&self) -> u64 {
        self.inner.sent.attempts.load(Ordering::Relaxed)
    }

    /// Waits until an operation of the service may be sent. The permit ends when it is dropped. Not
    /// needed around [`Session::send`], which takes it itself.
    pub async fn permit(&self, service: Service) -> Option<SemaphorePermit<'_>> {
        self.inner.limits.of(service).acquire().await.ok()
    }

    /// Who the credentials belong to, source `GetCallerIdentity`.
    pub async fn caller(&self) -> Result<Caller, AwsError> {
        let answer = self
            .send(sts::GET_CALLER_IDENTITY, self.regional_sts().get_caller_identity().send())
            .await?;
        let arn = sts::GET_CALLER_IDENTITY.require_text(answer.arn, "the ARN")?;
        let account = sts::GET_CALLER_IDENTITY.require_text(answer.account, "the account")?;
        let account = AccountId::new(account)
            .map_err(|error| sts::GET_CALLER_IDENTITY.malformed(error.to_string()))?;
        let partition = partition_of(&arn).ok_or_else(|| {
            sts::GET_CALLER_IDENTITY
                .malformed(format!("'{arn}' is in a partition that is not known"))
        })?;
        Ok(Caller { account, partition, arn })
    }

    /// A session of a role in an account, which these credentials assume when the first operation
    /// is sent.
    ///
    /// Whether they may shows then: every operation fails with what `sts:AssumeRole` said.
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
        let config = self.inner.config.to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(RoleCredentials(
            Arc::clone(&role),
        )));
        Self::new(
            config.identity_cache(IdentityCache::no_cache()).build(),
            Arc::clone(&self.inner.sent),
            Some(role),
        )
    }

    /// Has the role's credentials fetched where there is a role.
    ///
    /// The SDK would fetch them within the time limit of one attempt, and report the operation that
    /// waits for them instead of the one that fails.
    pub(crate) async fn ready(&self) -> Answer<()> {
        match &self.inner.role {
            Some(role) => Box::pin(role.credentials()).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// The Region for services that answer alike in every one: the configured one, or `us-east-1`.
    pub(crate) fn global_region(&self) -> &str {
        self.region().unwrap_or(FALLBACK_REGION)
    }

    fn regional_sts(&self) -> aws_sdk_sts::Client {
        self.sts(self.global_region())
    }

    /// A session that has no credentials and must not send anything.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self::new(
            SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
            Arc::default(),
            None,
        )
    }
}

fn partition_of(arn: &str) -> Option<Partition> {
    let name = arn.split(':').nth(1)?;
    [Partition::Aws, Partition::China, Partition::GovCloud]
        .into_iter()
        .find(|partition| partition.as_str() == name)
}

/// A role whose credentials are fetched when they are needed, and kept until shortly before they
/// expire. The SDK's own provider neither counts nor limits its calls, and hides what AWS said.
struct AssumedRole {
    session: Session,
    role_arn: String,
    external_id: Option<String>,
    last: tokio::sync::Mutex<Option<(SystemTime, Answer<Credentials>)>>,
}

impl AssumedRole {
    /// The credentials, fetched by one caller while the others wait.
    async fn credentials(&self) -> Answer<Credentials> {
        let mut last = self.last.lock().await;
        if let Some((until, answer)) = last.as_ref()
            && SystemTime::now() < *until
        {
            return answer.clone();
        }
        let answer = self.assume().await;
        let until = match &answer {
            Ok(credentials) => credentials
                .expiry()
                .and_then(|expiry| expiry.checked_sub(CREDENTIALS_RENEWED_BEFORE)),
            Err(_) => SystemTime::now().checked_add(ASSUME_FAILURE_KEPT),
        };
        *last = until.map(|until| (until, answer.clone()));
        answer
    }

    async fn assume(&self) -> Answer<Credentials> {
        let call = self.session.regional_sts().assume_role();
        let call = call
            .role_arn(&self.role_arn)
            .role_session_name(ROLE_SESSION_NAME)
            .set_external_id(self.external_id.clone());
        let answer = self.session.send(sts::ASSUME_ROLE, call.send()).await?;
        let given = sts::ASSUME_ROLE.require(answer.credentials, "the credentials")?;
        let expires = given.expiration.try_into().map_err(|_| {
            sts::ASSUME_ROLE.malformed("the credentials expire at no moment that exists")
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

/// The role as the SDK wants it.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(attempts: Option<&str>, timeout: Option<&str>) -> Patience {
        Patience::from_environment(|name| {
            if name == "AWS_MAX_ATTEMPTS" { attempts } else { timeout }.map(str::to_owned)
        })
    }

    #[test]
    fn patience_comes_from_the_environment() {
        assert_eq!(patience(None, None), Patience::DEFAULT);
        assert_eq!(patience(None, None).operation(), Duration::from_secs(90));
        assert_eq!(
            patience(Some("2"), Some("500")),
            Patience { attempts: 2, attempt: Duration::from_millis(500) }
        );
        assert_eq!(patience(Some("0"), Some("soon")), Patience::DEFAULT);
    }

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
