//! The AWS test environment with the rate limits, response times and faults of AWS.

use std::sync::Arc;
use std::time::Duration;

use crate::environment::endpoint;
use crate::http_server::{HttpAnswer, HttpRequest, HttpServer, ListenerOptions, Reply};
use crate::large_account::{Call, Faults};

/// The test environment behind rate limits and faults.
pub struct BusyAws {
    server: HttpServer,
    faults: Arc<Faults>,
}

impl BusyAws {
    /// Starts to serve all accounts of the test environment.
    pub fn start(faults: Faults) -> Self {
        let faults = Arc::new(faults);
        let busy = Arc::clone(&faults);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections_per_host(64)
            .timeout_global(Some(Duration::from_secs(300)))
            .build()
            .into();
        let server = HttpServer::start(ListenerOptions::default(), move |request| {
            let operation = Call::of(&request).operation;
            match busy.throttle(&operation) {
                Some(answer) => Reply::Whole(answer),
                None => {
                    std::thread::sleep(busy.latency);
                    match forward(&agent, &request) {
                        Some(answer) => busy.reply(&operation, answer),
                        None => Reply::Reset,
                    }
                }
            }
        });
        Self { server, faults }
    }

    /// Its endpoint.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

/// Headers that belong to a connection.
const OF_CONNECTION: [&str; 6] =
    ["connection", "content-length", "expect", "keep-alive", "te", "transfer-encoding"];

fn forward(agent: &ureq::Agent, request: &HttpRequest) -> Option<HttpAnswer> {
    let mut call = ureq::http::Request::builder().method(request.method.as_str()).uri(format!(
        "{}{}",
        endpoint(),
        request.target
    ));
    for (name, value) in &request.headers {
        if !OF_CONNECTION.contains(&name.to_ascii_lowercase().as_str()) {
            call = call.header(name, value);
        }
    }
    let mut answer = agent.run(call.body(request.body.clone()).ok()?).ok()?;
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| !OF_CONNECTION.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec().ok()?;
    Some(HttpAnswer { status, headers, body })
}
