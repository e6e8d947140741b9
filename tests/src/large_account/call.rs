//! Requests as AWS parses them.

use serde_json::Value;

use crate::http_server::HttpRequest;

/// The account.
pub(super) const ID: &str = "111122223333";
/// Its Region.
pub(super) const REGION: &str = "us-east-1";

/// A parsed call to the account.
pub struct Call {
    /// The operation in IAM's notation.
    pub operation: String,
    /// Members of a JSON body, of a form, or of the query.
    pub parameters: Value,
    /// The path.
    pub path: String,
}

/// The service for which a request is signed, as its operations are named.
fn service_of(request: &HttpRequest) -> &str {
    let signature = request.header("authorization").unwrap_or_default();
    match signature.split('/').nth(3).unwrap_or_default() {
        "monitoring" => "cloudwatch",
        other => other,
    }
}

impl Call {
    /// Parses a request by the protocol of its service. Of S3 and other services with one path per
    /// operation, it recognizes the operations that tests use.
    pub fn of(request: &HttpRequest) -> Self {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let (service, body) = (service_of(request), request.text());
        let named = |operation: &str| format!("{service}:{operation}");
        let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        if let Some(operation) = target {
            return Self {
                operation: named(operation),
                parameters: serde_json::from_str(&body).unwrap_or_default(),
                path: path.to_owned(),
            };
        }
        if let Some((_, operation)) = path.split_once("/operation/") {
            let parameters = Value::Null;
            return Self { operation: named(operation), parameters, path: path.to_owned() };
        }
        let is_form = body.starts_with("Action=") || body.contains("&Action=");
        let parameters: Value = if is_form { &body } else { query }
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| {
                let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
                (name.to_owned(), Value::from(value.as_ref()))
            })
            .collect();
        let has = |name: &str| parameters.get(name).is_some();
        let operation = match (service, path) {
            _ if is_form => named(parameters["Action"].as_str().unwrap_or_default()),
            ("securityhub", "/findings") => named("GetFindings"),
            ("securityhub", "/findings/import") => named("BatchImportFindings"),
            ("s3", "/") => named("ListBuckets"),
            ("s3", _) if has("policy") => named("GetBucketPolicy"),
            ("s3", _) if has("versioning") => named("GetBucketVersioning"),
            ("s3", _) if has("versions") => named("ListObjectVersions"),
            ("s3", object) if object.trim_matches('/').contains('/') => named("GetObject"),
            (_, other) => format!("{service}:{} {other}?{query}", request.method),
        };
        let parameters = if service == "securityhub" {
            serde_json::from_str(&body).unwrap_or_default()
        } else {
            parameters
        };
        Self { operation, parameters, path: path.to_owned() }
    }
}
