//! Sessions: the credentials of one account, with a client for each service and Region.

mod connections;
mod limits;
mod retry;
pub mod role;
mod services;

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use plumbline_core::answer::Answer;
use plumbline_core::operation::Service;
use tokio::sync::SemaphorePermit;

#[cfg(feature = "deploy")]
pub(crate) use self::connections::http_client;
pub use self::connections::raise_open_files;
use self::limits::Permit;
use self::retry::RetryPolicy;
use self::services::Clients;

/// The Region for services with the same response in every Region if none is configured, as in the
/// AWS CLI.
const FALLBACK_REGION: &str = "us-east-1";

/// The source of a session's credentials and Region.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// A profile of the AWS configuration files. Without it, the default chain applies.
    pub profile: Option<String>,
    /// The Region. Without it, the default chain applies.
    pub region: Option<String>,
}

/// The credentials of one account, with the clients that use them. Copies are cheap and share
/// everything.
#[derive(Clone)]
pub struct Session {
    inner: Arc<SessionInner>,
}

struct SessionInner {
    clients: Clients,
    credentials: Option<Arc<dyn Renew>>,
}

/// A permit for one operation: one within the limit of the service, and one of the connections of
/// the process.
#[derive(Debug)]
pub struct Permits<'a> {
    _of_service: Permit<'a>,
    _of_process: Option<SemaphorePermit<'static>>,
}

/// Credentials that are fetched before they are used.
///
/// The SDK would fetch them within the time limit of one attempt, and report the operation that
/// waits for them instead of the one that fails.
pub(crate) trait Renew: Send + Sync {
    /// Fetches the credentials, unless the current ones are valid for some time.
    fn renew(&self) -> Pin<Box<dyn Future<Output = Answer<()>> + Send + '_>>;
}

/// The clients of a session, one method for each service.
impl Deref for Session {
    type Target = Clients;

    fn deref(&self) -> &Clients {
        &self.inner.clients
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Session({})", self.region().unwrap_or("no Region"))
    }
}

impl Session {
    /// A session with the machine's own credentials, from the default chain of the AWS SDK. Nothing
    /// is sent yet.
    ///
    /// In addition to the variables of the SDK (such as `AWS_ENDPOINT_URL`), it uses
    /// `PLUMBLINE_ATTEMPT_TIMEOUT_MS`, the time limit of one attempt, 15,000 by default, and
    /// `AWS_MAX_ATTEMPTS`, the number of attempts, 6 by default. A whole operation can take up to
    /// 120 seconds. [`Session::upload_timeouts`] are longer.
    pub async fn load(options: SessionOptions) -> Self {
        let policy = RetryPolicy::from_environment(|name| std::env::var(name).ok());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(connections::http_client())
            .retry_config(policy.retries())
            .timeout_config(policy.timeouts());
        if let Ok(name) = AppName::new("plumbline") {
            loader = loader.app_name(name);
        }
        if let Some(profile) = options.profile {
            // An explicit profile takes precedence over environment variables, as in the AWS CLI.
            let credentials =
                ProfileFileCredentialsProvider::builder().profile_name(&profile).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        if let Some(region) = options.region {
            loader = loader.region(Region::new(region));
        }
        Self::new(Clients::new(loader.load().await, Arc::default()), None)
    }

    pub(crate) fn new(clients: Clients, credentials: Option<Arc<dyn Renew>>) -> Self {
        Self { inner: Arc::new(SessionInner { clients, credentials }) }
    }

    /// The configured Region.
    pub fn region(&self) -> Option<&str> {
        self.inner.clients.sdk_config().region().map(Region::as_ref)
    }

    /// The time limits of an operation that sends this number of bytes, which takes longer than
    /// other operations on a slow network.
    pub fn upload_timeouts(&self, bytes: usize) -> TimeoutConfig {
        let timeouts = self.inner.clients.sdk_config().timeout_config();
        timeouts.map_or_else(TimeoutConfig::disabled, |timeouts| {
            retry::upload_timeouts(timeouts, bytes)
        })
    }

    /// The number of operations that were sent, each once, whatever its number of attempts.
    /// Sessions of assumed roles share the count of their source session.
    pub fn calls(&self) -> u64 {
        self.sent().calls()
    }

    /// The number of requests that were sent, retries included.
    pub fn attempts(&self) -> u64 {
        self.sent().attempts()
    }

    /// Waits until an operation of the service can be sent. The permit ends when it is dropped. Not
    /// needed around [`Session::send`], which acquires it.
    pub async fn permit(&self, service: Service) -> Permits<'_> {
        let of_service = self.inner.clients.limits().of(service).acquire().await;
        Permits { _of_service: of_service, _of_process: connections::permit(service).await }
    }

    /// Fetches the credentials of the assumed role, if there is one.
    pub(crate) async fn ready(&self) -> Answer<()> {
        match &self.inner.credentials {
            Some(credentials) => credentials.renew().await,
            None => Ok(()),
        }
    }

    /// The Region for services with the same response in every Region: the configured one, or
    /// `us-east-1`.
    pub(crate) fn global_region(&self) -> &str {
        self.region().unwrap_or(FALLBACK_REGION)
    }

    /// A session that has no credentials and must not send anything.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let config =
            aws_config::SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        Self::new(Clients::new(config, Arc::default()), None)
    }
}
