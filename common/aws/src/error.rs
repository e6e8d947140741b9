//! Errors of AWS: one mapping for every operation of every service.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::operation::sts;
use plumbline_core::text::shorten;

use crate::network::proxy_variable;

/// The code if no credentials were found.
pub const NO_CREDENTIALS: &str = "NoCredentials";

/// The maximum length of a stored message, in characters.
const MESSAGE_LIMIT: usize = 300;

/// Codes for credentials that are invalid or no longer valid. New permissions would not help.
const BAD_CREDENTIALS: [&str; 14] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes for missing permissions. Other such codes contain `NotAuthorized`.
const DENIED: [&str; 8] = [
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "OptInRequired",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
];

/// Codes for too many calls. `LimitExceededException` is not one of them: most services use it for
/// a quota of resources.
const THROTTLED: [&str; 13] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Whether a response is a throttling error.
pub(crate) fn is_throttling(status: u16, body: &[u8]) -> bool {
    let names = |code: &str| body.windows(code.len()).any(|part| part == code.as_bytes());
    status == 429 || (status >= 400 && THROTTLED.iter().any(|code| names(code)))
}

/// Whether a request could not be sent because the process has reached its limit of open files.
fn is_out_of_descriptors(error: &(dyn Error + 'static)) -> bool {
    // EMFILE and ENFILE. A failed name lookup contains only a text.
    let is_limit = |error: &std::io::Error| matches!(error.raw_os_error(), Some(23 | 24));
    chain(error).any(|source| {
        source.downcast_ref::<std::io::Error>().is_some_and(is_limit)
            || source.to_string().contains("(os error 24)")
    })
}

/// A failed operation of AWS. Its text states what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError(pub ReadError);

impl AwsError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        "Check credentials, permissions and network. 'aws sts get-caller-identity' shows the \
         caller."
    }
}

impl From<ReadError> for AwsError {
    fn from(unread: ReadError) -> Self {
        Self(unread)
    }
}

impl From<AwsError> for ReadError {
    fn from(error: AwsError) -> Self {
        error.0
    }
}

impl Error for AwsError {}

impl fmt::Display for AwsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReadError { operation, cause, code, message, request_id } = &self.0;
        match cause {
            Cause::Denied if BAD_CREDENTIALS.contains(&code.as_str()) => {
                write!(
                    out,
                    "AWS rejected the credentials for {operation} ({code}): renew the credentials, \
                     and check the system clock"
                )?;
            }
            Cause::Denied => write!(
                out,
                "access denied to {operation} ({code}): allow the action for the caller, and check \
                 the organization's policies for a denial"
            )?,
            Cause::Throttled => write!(
                out,
                "{operation} was throttled until no attempts remained ({code}): retry later, or \
                 raise AWS_MAX_ATTEMPTS"
            )?,
            Cause::TimedOut => write!(
                out,
                "{operation} timed out ({code}): check the network, or raise \
                 PLUMBLINE_ATTEMPT_TIMEOUT_MS"
            )?,
            Cause::Unreachable if code == NO_CREDENTIALS => {
                write!(
                    out,
                    "no AWS credentials were found for {operation}: use a profile that exists and \
                     has credentials, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or assign a \
                     role to the machine"
                )?;
            }
            Cause::Unreachable => write!(
                out,
                "{operation} could not be sent ({code}): check the network, the Region and the \
                 endpoint settings"
            )?,
            Cause::OutOfDescriptors => write!(
                out,
                "{operation} was not sent, because the process has too many open files: raise the \
                 limit of open files (ulimit -n)"
            )?,
            Cause::NotFound
            | Cause::Failed
            | Cause::Malformed
            | Cause::NotRecorded
            | Cause::OutOfTime
            | Cause::Interrupted
            | Cause::OutOfMemory
            | Cause::Internal => write!(out, "{}", self.0)?,
        }
        let origin = if self.0.has_message_from_aws() { "AWS returned: " } else { "" };
        // The log has the message of each provider in the chain.
        if !message.is_empty() && code != NO_CREDENTIALS {
            write!(out, ". {origin}{message}")?;
        }
        match request_id {
            Some(id) => write!(out, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// Why an operation failed. `operation` is in the notation of IAM, `s3:GetBucketVersioning`.
///
/// If the credentials could not be obtained, the error concerns the operation that should have
/// returned them (`sts:AssumeRole`). This function never returns [`Cause::NotFound`], because only
/// a collector knows what the absence of its resource means.
pub(crate) fn unread<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> ReadError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (cause, code) = match error {
        SdkError::ServiceError(context) => {
            refusal(context.err().code(), context.raw().status().as_u16())
        }
        SdkError::ResponseError(context) => refusal(None, context.raw().status().as_u16()),
        SdkError::TimeoutError(_) => (Cause::TimedOut, "TimedOut".to_owned()),
        SdkError::DispatchFailure(failure) => match credentials_failure(error) {
            Some(unread) => return at(operation, unread),
            None if is_out_of_descriptors(error) => {
                (Cause::OutOfDescriptors, "TooManyOpenFiles".to_owned())
            }
            None if failure.is_timeout() => (Cause::TimedOut, "ConnectTimeout".to_owned()),
            None => (Cause::Unreachable, "ConnectionFailed".to_owned()),
        },
        SdkError::ConstructionFailure(_) => match credentials_failure(error) {
            Some(unread) => return at(operation, unread),
            None => (Cause::Failed, "InvalidRequest".to_owned()),
        },
        _ => (Cause::Failed, "UnknownError".to_owned()),
    };
    let request_id = error.request_id().or_else(|| error.meta().request_id()).map(str::to_owned);
    let message = error
        .meta()
        .message()
        .map_or_else(|| causes(error), |message| shorten(message, MESSAGE_LIMIT));
    let message = if cause == Cause::Unreachable { connection_failure(message) } else { message };
    ReadError { operation: operation.to_owned(), cause, code, message, request_id }
}

/// Adds to the message about a failed connection which environment variables take part in it.
fn connection_failure(mut message: String) -> String {
    if message.contains("certificate") || message.contains("UnknownIssuer") {
        message.push_str(
            ". The trusted certificates are those of the system, or those in the file of \
             SSL_CERT_FILE",
        );
    } else if let Some(variable) = proxy_variable() {
        message.push_str(". HTTPS requests use the proxy in ");
        message.push_str(variable);
    }
    message
}

/// The meaning of an error code in AWS, or of a status if the response has no readable code.
fn refusal(code: Option<&str>, status: u16) -> (Cause, String) {
    match code {
        Some(code) => (cause_of_code(code), code.to_owned()),
        None => {
            let cause = match status {
                200..300 => Cause::Malformed,
                401 | 403 => Cause::Denied,
                429 => Cause::Throttled,
                _ => Cause::Failed,
            };
            (
                cause,
                if cause == Cause::Malformed {
                    "MalformedResponse".to_owned()
                } else {
                    format!("Http{status}")
                },
            )
        }
    }
}

fn cause_of_code(code: &str) -> Cause {
    if DENIED.contains(&code) || BAD_CREDENTIALS.contains(&code) || code.contains("NotAuthorized") {
        Cause::Denied
    } else if THROTTLED.contains(&code) {
        Cause::Throttled
    } else {
        Cause::Failed
    }
}

/// The failure to obtain credentials inside a failure to send; `None` if sending failed for another
/// reason. The operation is empty if no operation failed.
fn credentials_failure(error: &(dyn Error + 'static)) -> Option<ReadError> {
    let mut failure = None;
    for source in chain(error) {
        if let Some(AwsError(unread)) = source.downcast_ref() {
            return Some(unread.clone());
        }
        if let Some(error) = source.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return Some(unread(sts::ASSUME_ROLE.name, error));
        }
        if let Some(error) =
            source.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>()
        {
            return Some(unread(sts::ASSUME_ROLE_WITH_WEB_IDENTITY.name, error));
        }
        if let Some(error) = source.downcast_ref::<CredentialsError>() {
            let (cause, code) = match error {
                CredentialsError::CredentialsNotLoaded(_) => (Cause::Unreachable, NO_CREDENTIALS),
                CredentialsError::ProviderTimedOut(_) => (Cause::TimedOut, "CredentialsTimedOut"),
                _ => (Cause::Unreachable, "CredentialsFailed"),
            };
            let message = causes(error);
            tracing::info!(code, message, "credentials could not be obtained");
            failure = Some(ReadError { message, ..ReadError::new("", cause, code) });
        }
    }
    failure
}

fn at(operation: &str, unread: ReadError) -> ReadError {
    if unread.operation.is_empty() {
        ReadError { operation: operation.to_owned(), ..unread }
    } else {
        unread
    }
}

/// The sources of an error, without the error itself, the innermost last.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// The messages of an error's sources, which contain more than its own message, without the dump of
/// a request that the SDK appends if an endpoint is invalid.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let text = |source: &(dyn Error + 'static)| {
        source.to_string().split(" to request `Request {").next().unwrap_or_default().to_owned()
    };
    let mut texts: Vec<String> = chain(error).map(text).filter(|text| !text.is_empty()).collect();
    texts.dedup();
    shorten(&texts.join(": "), MESSAGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::error::{ConnectorError, ErrorMetadata};
    use aws_smithy_types::body::SdkBody;

    use super::*;

    type Failure = SdkError<AssumeRoleError, HttpResponse>;

    fn response(status: u16) -> HttpResponse {
        HttpResponse::new(status.try_into().expect("a status"), SdkBody::empty())
    }

    fn refused(status: u16, code: Option<&str>) -> Failure {
        let mut meta = ErrorMetadata::builder().message("no\n  way");
        if let Some(code) = code {
            meta = meta.code(code);
        }
        SdkError::service_error(AssumeRoleError::generic(meta.build()), response(status))
    }

    fn read(error: Failure) -> (Cause, String) {
        let unread = unread("iam:ListUsers", &error);
        (unread.cause, unread.code)
    }

    #[test]
    fn codes_decide_then_statuses() {
        let cases = [
            (400, Some("AccessDenied"), Cause::Denied, "AccessDenied"),
            (403, Some("UnauthorizedOperation"), Cause::Denied, "UnauthorizedOperation"),
            (
                400,
                Some("AWSOrganizationsNotAuthorizedException"),
                Cause::Denied,
                "AWSOrganizationsNotAuthorizedException",
            ),
            (403, Some("ExpiredToken"), Cause::Denied, "ExpiredToken"),
            (403, Some("InvalidClientTokenId"), Cause::Denied, "InvalidClientTokenId"),
            (401, Some("AuthFailure"), Cause::Denied, "AuthFailure"),
            (400, Some("Throttling"), Cause::Throttled, "Throttling"),
            (503, Some("SlowDown"), Cause::Throttled, "SlowDown"),
            (503, Some("RequestLimitExceeded"), Cause::Throttled, "RequestLimitExceeded"),
            (
                400,
                Some("ProvisionedThroughputExceededException"),
                Cause::Throttled,
                "ProvisionedThroughputExceededException",
            ),
            (400, Some("LimitExceededException"), Cause::Failed, "LimitExceededException"),
            (403, Some("InvalidAccessException"), Cause::Failed, "InvalidAccessException"),
            (404, Some("NoSuchBucket"), Cause::Failed, "NoSuchBucket"),
            (500, Some("InternalError"), Cause::Failed, "InternalError"),
            (401, None, Cause::Denied, "Http401"),
            (403, None, Cause::Denied, "Http403"),
            (429, None, Cause::Throttled, "Http429"),
            (502, None, Cause::Failed, "Http502"),
            (200, None, Cause::Malformed, "MalformedResponse"),
        ];
        for (status, code, cause, expected) in cases {
            assert_eq!(
                read(refused(status, code)),
                (cause, expected.to_owned()),
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn failures_without_an_answer() {
        let cases: [(Failure, Cause, &str); 7] = [
            (SdkError::timeout_error("slow"), Cause::TimedOut, "TimedOut"),
            (
                SdkError::dispatch_failure(ConnectorError::io("refused".into())),
                Cause::Unreachable,
                "ConnectionFailed",
            ),
            (
                SdkError::dispatch_failure(ConnectorError::timeout("slow".into())),
                Cause::TimedOut,
                "ConnectTimeout",
            ),
            (SdkError::construction_failure("no bucket"), Cause::Failed, "InvalidRequest"),
            (
                SdkError::response_error("<html>", response(200)),
                Cause::Malformed,
                "MalformedResponse",
            ),
            (SdkError::response_error("<html>", response(403)), Cause::Denied, "Http403"),
            (SdkError::response_error("<html>", response(500)), Cause::Failed, "Http500"),
        ];
        for (error, cause, code) in cases {
            assert_eq!(read(error), (cause, code.to_owned()));
        }
    }

    #[test]
    fn credentials_that_could_not_be_obtained() {
        let sent = |error: CredentialsError| -> Failure {
            SdkError::dispatch_failure(ConnectorError::other(error.into(), None))
        };
        let none = unread(
            "iam:ListUsers",
            &sent(CredentialsError::not_loaded("no providers in chain provided credentials")),
        );
        assert_eq!(
            (none.operation.as_str(), none.cause, none.code.as_str()),
            ("iam:ListUsers", Cause::Unreachable, NO_CREDENTIALS)
        );

        let slow = unread(
            "iam:ListUsers",
            &sent(CredentialsError::provider_timed_out(std::time::Duration::from_secs(5))),
        );
        assert_eq!((slow.cause, slow.code.as_str()), (Cause::TimedOut, "CredentialsTimedOut"));

        let ours = AwsError(ReadError::new("sts:AssumeRole", Cause::Denied, "AccessDenied"));
        assert_eq!(
            unread("iam:ListUsers", &sent(CredentialsError::provider_error(ours.clone()))),
            ours.0
        );

        let of_a_profile = unread(
            "iam:ListUsers",
            &sent(CredentialsError::provider_error(refused(403, Some("AccessDenied")))),
        );
        assert_eq!(
            (of_a_profile.operation.as_str(), of_a_profile.cause),
            ("sts:AssumeRole", Cause::Denied)
        );
        let early: Failure = SdkError::construction_failure(CredentialsError::provider_error(
            refused(400, Some("Throttling")),
        ));
        assert_eq!(unread("iam:ListUsers", &early).cause, Cause::Throttled);
    }

    #[test]
    fn messages_are_one_short_line() {
        assert_eq!(unread("iam:ListUsers", &refused(500, Some("Oops"))).message, "no way");
        let long: Failure = SdkError::timeout_error("slow ".repeat(200));
        assert!(unread("iam:ListUsers", &long).message.chars().count() <= MESSAGE_LIMIT);
    }

    #[test]
    fn texts_say_what_to_do() {
        let text = |cause, code: &str| {
            AwsError(ReadError::new("sts:GetCallerIdentity", cause, code)).to_string()
        };
        assert!(text(Cause::Denied, "AccessDenied").contains("allow the action"));
        assert!(text(Cause::Denied, "ExpiredToken").contains("renew"));
        assert!(text(Cause::Unreachable, NO_CREDENTIALS).contains("profile"));
        assert!(text(Cause::Unreachable, "ConnectionFailed").contains("network"));
        assert!(text(Cause::Throttled, "Throttling").contains("AWS_MAX_ATTEMPTS"));
        let failed = AwsError(ReadError {
            message: "why".into(),
            request_id: Some("r-1".into()),
            ..ReadError::new("s3:GetObject", Cause::Failed, "NoSuchKey")
        });
        assert_eq!(
            failed.to_string(),
            "s3:GetObject failed (NoSuchKey). AWS returned: why (request r-1)"
        );
    }
}
