//! Detection of truncated responses.
//!
//! The SDK interprets the end of an XML document as the end of every open element: half a list of
//! buckets reads like a short list. A response must therefore end with the end of its root element.
//! This includes errors, because "there is no policy" is a fact. For truncated JSON the SDK itself
//! returns an error.

use aws_sdk_sts::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;

/// Rejects truncated responses.
#[derive(Debug)]
pub(crate) struct RejectTruncated;

impl Intercept for RejectTruncated {
    fn name(&self) -> &'static str {
        "RejectTruncated"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A body that is still to be streamed (an object of S3) has no bytes here.
        match context.response().body().bytes() {
            Some(body)
                if !is_whole(body) || (context.output_or_error().is_err() && is_cut_json(body)) =>
            {
                Err("the response is truncated".into())
            }
            _ => Ok(()),
        }
    }
}

/// Rejects responses without a member that the SDK would replace with a default: an absent list
/// reads like an empty one. It contains the required text, `<Users` or `"Findings"`.
#[derive(Debug)]
pub(crate) struct RequireElement(pub(crate) &'static str);

impl Intercept for RequireElement {
    fn name(&self) -> &'static str {
        "RequireElement"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Self(mark) = self;
        let has = |body: &[u8]| body.windows(mark.len()).any(|part| part == mark.as_bytes());
        match context.response().body().bytes() {
            Some(body) if context.output_or_error().is_ok() && !has(body) => {
                Err(format!("the response has no {mark}").into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a body begins as JSON but does not end as JSON. For errors, the SDK takes the code from
/// a header and ignores the body.
fn is_cut_json(body: &[u8]) -> bool {
    body.trim_ascii().starts_with(b"{")
        && serde_json::from_slice::<serde_json::Value>(body).is_err()
}

/// Whether a document ends where its root element ends. Anything other than XML counts as complete.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    if !body.starts_with(b"<") {
        return true;
    }
    root(body).is_some_and(|(tag, content)| {
        if tag.ends_with(b"/") { content.is_empty() } else { ends(content, tag) }
    })
}

/// The start tag of the root element without its angle brackets, and the text after it.
/// Declarations before it are skipped.
fn root(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = body;
    loop {
        let start = rest.trim_ascii_start().strip_prefix(b"<")?;
        let (tag, after) = start.split_at_checked(start.iter().position(|byte| *byte == b'>')?)?;
        rest = after.strip_prefix(b">")?;
        if !tag.starts_with(b"?") && !tag.starts_with(b"!") {
            return Some((tag, rest));
        }
    }
}

/// Whether a content ends with the end tag of a start tag.
fn ends(content: &[u8], tag: &[u8]) -> bool {
    let name = tag.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    content
        .strip_suffix(b">")
        .and_then(|rest| rest.trim_ascii_end().strip_suffix(name))
        .is_some_and(|rest| rest.ends_with(b"</"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_responses() {
        for body in [
            "",
            "{}",
            "{\"a\":",
            "<a></a>",
            "<a/>",
            "<a b='c' />\n",
            "<?xml version='1.0'?>\n<!-- x -->\n<a x='1'><b>t</b></a >\n",
            "<n:a><n:a/></n:a>",
        ] {
            assert!(is_whole(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn cut_json_is_seen() {
        assert!(
            is_cut_json(b"{\"message\": \"Account 1")
                && !is_cut_json(b"{\"message\": \"x\"}")
                && !is_cut_json(b"")
                && !is_cut_json(b"<a></a>")
        );
    }

    #[test]
    fn every_cut_is_seen() {
        let body = "<?xml version=\"1.0\"?><List \
            xmlns=\"x\"><Item><Name>a</Name><Empty/></Item><List2></List2></List>";
        for length in 1..body.len() {
            assert!(!is_whole(&body.as_bytes()[..length]), "{}", &body[..length]);
        }
    }
}
