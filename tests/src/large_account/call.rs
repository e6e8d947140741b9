//! Requests as the account understands them, and its answers.

use serde_json::Value;
use tiny_http::Request;

/// The account.
pub(super) const ID: &str = "111122223333";
/// Its Region.
pub(super) const REGION: &str = "us-east-1";

/// What the account answers: a status and a body.
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl HttpAnswer {
    pub(super) fn json(value: &Value) -> Self {
        Self { status: 200, content_type: "application/x-amz-json-1.1", body: value.to_string() }
    }

    pub(super) fn xml(body: String) -> Self {
        Self { status: 200, content_type: "text/xml", body }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// A call as the account understands it.
pub(super) struct Call {
    /// The operation in IAM's notation.
    pub(super) operation: String,
    /// Members of a JSON body, of a form, or of the query.
    pub(super) parameters: Value,
    /// The path.
    pub(super) path: String,
}

/// What a request asks for, by the protocol of its service.
pub(super) fn call_of(request: &Request, body: &str) -> Call {
    let header = |name: &'static str| {
        let found = request.headers().iter().find(|header| header.field.equiv(name));
        found.map(|header| header.value.to_string())
    };
    let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
    let path = path.to_owned();
    if let Some(target) = header("X-Amz-Target") {
        let (service, operation) = target.split_once('.').unwrap_or(("", &target));
        let service = match service {
            "TrentService" => "kms",
            "StarlingDoveService" => "config",
            other => other,
        };
        return Call {
            operation: format!("{service}:{operation}"),
            parameters: serde_json::from_str(body).unwrap_or_default(),
            path,
        };
    }
    let form = if body.starts_with("Action=") { body } else { query };
    let parameters: Value = form
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| {
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            (name.to_owned(), Value::from(value.as_ref()))
        })
        .collect();
    let operation = match path.as_str() {
        "/findings" => "securityhub:GetFindings".to_owned(),
        "/findings/import" => "securityhub:BatchImportFindings".to_owned(),
        _ if body.starts_with("Action=") => {
            let service = header("Authorization").unwrap_or_default();
            let service = service.split('/').nth(3).unwrap_or_default().to_owned();
            format!("{service}:{}", parameters["Action"].as_str().unwrap_or_default())
        }
        "/" => "s3:ListBuckets".to_owned(),
        _ if parameters.get("policy").is_some() => "s3:GetBucketPolicy".to_owned(),
        _ if parameters.get("versioning").is_some() => "s3:GetBucketVersioning".to_owned(),
        other => format!("unknown:{other}"),
    };
    let parameters = if operation.starts_with("securityhub") {
        serde_json::from_str(body).unwrap_or_default()
    } else {
        parameters
    };
    Call { operation, parameters, path }
}
