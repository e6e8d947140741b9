//! Answers that were cut short.
//!
//! The SDK takes the end of an XML document for the end of every element that is open: half a list
//! of buckets reads like a short list. An answer must therefore end with the end of its root
//! element, that of an error too: "there is no policy" is a fact. JSON that is cut short is an
//! error of the SDK itself.

use aws_sdk_sts::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;

/// Refuses answers that were cut short.
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

/// Refuses answers that lack a member which the SDK would make up: an absent list reads like an
/// empty one. It holds what the answer must contain, `<Users` or `"Findings"`.
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

/// Whether a body begins as JSON and does not end as such. Of errors the SDK takes the code from a
/// header and does not mind.
fn is_cut_json(body: &[u8]) -> bool {
    body.trim_ascii().starts_with(b"{")
        && serde_json::from_slice::<serde_json::Value>(body).is_err()
}

/// Whether a document ends where its root element ends. What is not XML counts as whole.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    if !body.starts_with(b"<") {
        return true;
    }
    root(body).is_some_and(|(tag, content)| {
        if tag.ends_with(b"/") { content.is_empty() } else { ends(content, tag) }
    })
}

/// The root element's start tag without its angle brackets, and what follows it. Declarations
/// before it are skipped.
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

/// Whether a content ends with the end tag that belongs to a start tag.
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
    fn whole_answers() {
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
