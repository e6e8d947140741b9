//! Connections: one HTTP client for all services, Regions and accounts of the process, within its
//! limit of open files.

use std::sync::LazyLock;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use plumbline_core::operation::Service;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::network::proxy;

/// Files that are reserved for other purposes: standard streams, reports, the system.
const OTHER_FILES: u64 = 64;
/// The maximum number of concurrent requests, whatever the limit of open files.
const MOST_REQUESTS: u64 = 256;
/// Requests that are reserved for publishing, so that reads do not delay results.
const FOR_PUBLISHING: usize = 8;
/// The number of hosts of a process: about 20 services in 17 Regions.
const HOSTS: u64 = 340;
/// The maximum number of idle connections to a host: the number of concurrent requests to it.
const MOST_IDLE: u64 = 16;
/// How long an idle connection is kept: less than servers keep it (5 s were observed), so that none
/// is used while it closes.
const IDLE: Duration = Duration::from_secs(2);
/// The maximum number of open files that is useful.
#[cfg(unix)]
const MOST_FILES: u64 = 8_192;
/// The limit of open files if the system does not report one.
const UNKNOWN_LIMIT: u64 = 1_024;

/// The connections of the process.
static CONNECTIONS: LazyLock<Connections> =
    LazyLock::new(|| Connections::new(Share::of(open_files())));

/// The soft limit of open files.
fn open_files() -> u64 {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit = None;
    limit.unwrap_or(UNKNOWN_LIMIT)
}

/// Raises the soft limit of open files to the hard limit, for programs that read many accounts.
/// Some systems start with 256. Call it before the first session.
pub fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // Some systems report a maximum that they do not grant.
        let wanted = maximum.unwrap_or(MOST_FILES).min(MOST_FILES);
        if current.is_some_and(|current| current < wanted) {
            let raised = Rlimit { current: Some(wanted), maximum };
            if let Err(error) = setrlimit(Resource::Nofile, raised) {
                tracing::debug!(%error, "the limit of open files was not raised");
            }
        }
    }
}

/// The division of the limit of open files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    /// The number of concurrent requests, each with a connection.
    requests: usize,
    /// The number of idle connections to one host.
    idle: usize,
}

impl Share {
    fn of(open_files: u64) -> Self {
        let connections = open_files.saturating_sub(OTHER_FILES).max(FOR_PUBLISHING as u64 * 2);
        let requests = (connections / 4).min(MOST_REQUESTS).max(FOR_PUBLISHING as u64 * 2);
        let idle = (connections.saturating_sub(requests) / HOSTS).clamp(1, MOST_IDLE);
        let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self { requests: small(requests), idle: small(idle) }
    }
}

struct Connections {
    client: SharedHttpClient,
    reads: Semaphore,
    publishing: Semaphore,
}

impl Connections {
    fn new(share: Share) -> Self {
        let proxy = proxy(|name| std::env::var(name).ok()).unwrap_or_else(|error| {
            tracing::warn!("{error}. Requests use no proxy");
            ProxyConfig::disabled()
        });
        // The builder of clients has no option for proxies. `build_with_connector_fn` is public,
        // but hidden in the SDK's documentation.
        let client = Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(share.idle)
                .proxy_config(proxy.clone());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build()
        });
        Self {
            client,
            reads: Semaphore::new(share.requests.saturating_sub(FOR_PUBLISHING)),
            publishing: Semaphore::new(FOR_PUBLISHING),
        }
    }
}

/// The HTTP client of the process.
pub(crate) fn http_client() -> SharedHttpClient {
    CONNECTIONS.client.clone()
}

/// Waits until a request can be sent.
pub(super) async fn permit(service: Service) -> Option<SemaphorePermit<'static>> {
    let requests = match service {
        Service::Config | Service::SecurityHub => &CONNECTIONS.publishing,
        _ => &CONNECTIONS.reads,
    };
    requests.acquire().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_within_the_open_files() {
        for open_files in [64, 256, 1_024, 4_096, 1_048_576] {
            let Share { requests, idle } = Share::of(open_files);
            assert!(requests > FOR_PUBLISHING && idle >= 1, "{open_files}");
        }
        let share = |requests, idle| Share { requests, idle };
        assert_eq!(Share::of(1_024), share(240, 2));
        assert_eq!(Share::of(1_048_576), share(256, 16));
        let Share { requests, idle } = Share::of(1_024);
        assert!(requests + idle * HOSTS as usize <= 1_024 - OTHER_FILES as usize);
    }
}
