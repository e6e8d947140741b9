//! Downloads of files, with the proxy and the certificates that requests to AWS use.

use std::time::Duration;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::session;

/// The maximum number of redirects: releases are usually stored on another host.
const MOST_REDIRECTS: usize = 5;
/// The maximum time of one request, with the content.
const TIMEOUT: Duration = Duration::from_secs(300);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The reason why a file cannot be downloaded.
#[derive(Debug, thiserror::Error)]
#[error("cannot download '{url}': {what}")]
pub struct DownloadError {
    /// The URL that failed, which can be the target of a redirect.
    pub url: String,
    /// What happened.
    pub what: String,
}

/// The answer to one request.
#[derive(Debug)]
enum Page {
    Content(Vec<u8>),
    Elsewhere(String),
}

/// A status other than success or a redirect.
#[derive(Debug, thiserror::Error)]
#[error("the server returned status {0}")]
struct UnexpectedStatus(u16);

/// Returns the content of a file from an HTTPS or HTTP URL. HTTPS never leads to HTTP.
///
/// # Errors
/// The server cannot be reached, or does not return the file.
pub async fn download(url: &str) -> Result<Vec<u8>, DownloadError> {
    let mut url = url.to_owned();
    for _ in 0..=MOST_REDIRECTS {
        let failed = |what: String| DownloadError { url: url.clone(), what };
        match request(&url).await.map_err(|error| failed(error.to_string()))? {
            Page::Content(content) => return Ok(content),
            Page::Elsewhere(next)
                if !url.starts_with("https://") || next.starts_with("https://") =>
            {
                url = next;
            }
            Page::Elsewhere(next) => {
                return Err(failed(format!("it leads to '{next}', which is not an HTTPS URL")));
            }
        }
    }
    Err(DownloadError { url, what: format!("there are more than {MOST_REDIRECTS} redirects") })
}

async fn request(url: &str) -> Result<Page, String> {
    let (server, path) = divide(url);
    let path = path.to_owned();
    let operation = Operation::builder()
        .service_name("download")
        .operation_name("Get")
        .http_client(session::http_client())
        .endpoint_url(server)
        .no_auth()
        .no_retry()
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_timeout(TIMEOUT)
                .build(),
        )
        .serializer(move |(): ()| {
            let mut request = HttpRequest::empty();
            request.set_uri(path.as_str())?;
            Ok(request)
        })
        .deserializer(page)
        .build();
    operation.invoke(()).await.map_err(|error| match error {
        SdkError::ServiceError(error) => error.err().to_string(),
        error => DisplayErrorContext(error).to_string(),
    })
}

/// Divides a URL into the address of the server and the path with the query.
fn divide(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    match url.split_at(end) {
        (server, "") => (server, "/"),
        divided => divided,
    }
}

fn page(response: &HttpResponse) -> Result<Page, OrchestratorError<UnexpectedStatus>> {
    let status = response.status().as_u16();
    let location = response.headers().get("location");
    match (status, location, response.body().bytes()) {
        (200, _, Some(content)) => Ok(Page::Content(content.to_vec())),
        (301..=303 | 307 | 308, Some(location), _) => Ok(Page::Elsewhere(location.to_owned())),
        _ => Err(OrchestratorError::operation(UnexpectedStatus(status))),
    }
}

#[cfg(test)]
mod tests {
    use super::divide;

    #[test]
    fn the_path_of_a_url_begins_after_the_host() {
        for (url, expected) in [
            ("https://a.test:8443/b/c.zip?d=/e", ("https://a.test:8443", "/b/c.zip?d=/e")),
            ("http://a.test", ("http://a.test", "/")),
        ] {
            assert_eq!(divide(url), expected);
        }
    }
}
