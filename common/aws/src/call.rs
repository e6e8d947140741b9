//! How operations are sent: under the limit of their service, with one mapping of errors, page by
//! page.

use std::collections::HashSet;
use std::error::Error;

use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use plumbline_core::answer::{Answer, ReadError};

use crate::error::unread;
use crate::session::{Service, Session};

/// An operation of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service whose limit counts.
    pub service: Service,
    /// Its name in IAM's notation: `iam:ListUsers`.
    pub name: &'static str,
}

impl Operation {
    /// An operation of a service.
    pub const fn new(service: Service, name: &'static str) -> Self {
        Self { service, name }
    }

    /// Its answer cannot be understood, with what is wrong with it.
    pub fn malformed(self, what: impl Into<String>) -> ReadError {
        ReadError::malformed(self.name, what)
    }

    /// What its answer must have, by name.
    pub(crate) fn require<T>(self, value: Option<T>, what: &str) -> Answer<T> {
        value.ok_or_else(|| self.malformed(format!("the answer lacks {what}")))
    }

    /// A text that its answer must have, by name. The SDK makes absent members that the model calls
    /// required empty.
    pub(crate) fn require_text(self, value: Option<String>, what: &str) -> Answer<String> {
        self.require(value.filter(|text| !text.is_empty()), what)
    }
}

impl Session {
    /// Sends an operation under the limit of its service. `call` is the future of the SDK's
    /// `send()`.
    pub async fn send<T, E>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Answer<T>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.ready().await?;
        let _permit = self.permit(operation.service).await;
        call.await.map_err(|error| unread(operation.name, &error))
    }

    /// Sends an operation as often as it has pages, and reduces each page to what is wanted of it.
    ///
    /// `call` gets the token of the page, `next` finds that of the following one. A token that
    /// comes twice is [`Cause::Malformed`](plumbline_core::answer::Cause): the list would never end.
    pub async fn list<Page, Item, E, Call>(
        &self,
        operation: Operation,
        call: impl Fn(Option<String>) -> Call,
        next: impl Fn(&Page) -> Option<&str>,
        items: impl Fn(Page) -> Answer<Vec<Item>>,
    ) -> Answer<Vec<Item>>
    where
        Call: Future<Output = Result<Page, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (mut listed, mut token, mut seen) = (Vec::new(), None, HashSet::new());
        loop {
            let page = self.send(operation, call(token)).await?;
            token = next(&page).filter(|token| !token.is_empty()).map(str::to_owned);
            listed.extend(items(page)?);
            match &token {
                None => return Ok(listed),
                Some(token) if !seen.insert(token.clone()) => {
                    return Err(operation.malformed("the same page token came twice"));
                }
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
    use plumbline_core::answer::Cause;

    use super::*;

    const OPERATION: Operation = Operation::new(Service::Iam, "iam:ListUsers");

    struct Page(u8, Option<&'static str>);

    async fn list(pages: &[(u8, Option<&'static str>)]) -> Answer<Vec<u8>> {
        let sent = Cell::new(0);
        let call = |_| {
            let (item, next) = pages[sent.replace(sent.get() + 1)];
            async move { Ok::<_, SdkError<GetCallerIdentityError, HttpResponse>>(Page(item, next)) }
        };
        Session::for_tests().list(OPERATION, call, |page| page.1, |page| Ok(vec![page.0])).await
    }

    #[tokio::test]
    async fn pages_follow_one_another() {
        assert_eq!(list(&[(1, Some("a")), (2, Some("b")), (3, None)]).await, Ok(vec![1, 2, 3]));
        assert_eq!(list(&[(1, Some(""))]).await, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_list_without_end_is_refused() {
        assert_eq!(
            list(&[(1, Some("a")), (2, Some("b")), (3, Some("a"))])
                .await
                .expect_err("endless")
                .cause,
            Cause::Malformed
        );
    }

    #[test]
    fn empty_is_absent() {
        assert_eq!(OPERATION.require_text(Some("x".into()), "a name"), Ok("x".to_owned()));
        assert_eq!(
            OPERATION.require_text(Some(String::new()), "a name"),
            Err(OPERATION.malformed("the answer lacks a name"))
        );
    }
}
