//! Downloads of files, with the proxy and the certificates that requests to AWS use.

use std::time::Duration;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::timeout::TimeoutConfig;
use url::{Position, Url};

use crate::error::causes;
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
    /// The URL that failed, which can be the target of a redirect, without password and query: a
    /// query can have a signature.
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
    let mut url = Url::parse(url)
        .map_err(|error| DownloadError { url: url.to_owned(), what: error.to_string() })?;
    for _ in 0..=MOST_REDIRECTS {
        let failed = |what: String| DownloadError { url: shown(&url), what };
        if !["https", "http"].contains(&url.scheme()) || !url.has_host() {
            return Err(failed("it is not an HTTPS or HTTP URL".to_owned()));
        }
        match request(&url).await.map_err(|error| failed(error.to_string()))? {
            Page::Content(content) => return Ok(content),
            Page::Elsewhere(location) => {
                let next = url.join(&location).map_err(|error| {
                    failed(format!("it leads to a URL which is invalid: {error}"))
                })?;
                if url.scheme() == "https" && next.scheme() != "https" {
                    let what = format!("it leads to '{}', which is not an HTTPS URL", shown(&next));
                    return Err(failed(what));
                }
                url = next;
            }
        }
    }
    let what = format!("there are more than {MOST_REDIRECTS} redirects");
    Err(DownloadError { url: shown(&url), what })
}

/// Returns a URL without its secrets.
fn shown(url: &Url) -> String {
    format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPath])
}

async fn request(url: &Url) -> Result<Page, String> {
    let server = &url[..Position::BeforePath];
    let path = url[Position::BeforePath..Position::AfterQuery].to_owned();
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
        error => causes(&error),
    })
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
    use super::*;

    #[test]
    fn errors_state_no_password_and_no_signature() {
        let url = Url::parse("https://user:secret@a.test:8443/b/c.zip?X-Amz-Signature=secret");
        assert_eq!(shown(&url.expect("a URL")), "https://a.test:8443/b/c.zip");
    }
}
