//! Sends operations: within the limit of their service, with one mapping of errors, page by page.

use std::collections::HashSet;
use std::error::Error;
use std::ops::ControlFlow;

use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use plumbline_core::answer::Answer;
use plumbline_core::operation::Operation;

use crate::error::unread;
use crate::session::Session;

impl Session {
    /// Sends an operation within the limit of its service. `call` is the future of the SDK's
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

    /// Sends an operation for each page, and reduces each page to the required items.
    ///
    /// `call` gets the token of the page. `next` returns the token of the next page.
    ///
    /// # Errors
    /// The error of the operation, and [`Cause::Malformed`](plumbline_core::answer::Cause) if a
    /// token is returned twice: the list would never end.
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
        self.list_until(operation, call, next, |page| items(page).map(ControlFlow::Continue)).await
    }

    /// Like [`Self::list`], for lists that are not needed completely: `items` breaks with the last
    /// required items.
    ///
    /// # Errors
    /// Same as [`Self::list`].
    pub async fn list_until<Page, Item, E, Call>(
        &self,
        operation: Operation,
        call: impl Fn(Option<String>) -> Call,
        next: impl Fn(&Page) -> Option<&str>,
        items: impl Fn(Page) -> Answer<ControlFlow<Vec<Item>, Vec<Item>>>,
    ) -> Answer<Vec<Item>>
    where
        Call: Future<Output = Result<Page, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (mut listed, mut token, mut seen) = (Vec::new(), None, HashSet::new());
        loop {
            let page = self.send(operation, call(token)).await?;
            token = next(&page).filter(|token| !token.is_empty()).map(str::to_owned);
            match items(page)? {
                ControlFlow::Continue(items) => listed.extend(items),
                ControlFlow::Break(last) => {
                    listed.extend(last);
                    return Ok(listed);
                }
            }
            match &token {
                None => return Ok(listed),
                Some(token) if !seen.insert(token.clone()) => {
                    return Err(operation.malformed("the same page token was returned twice"));
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
    use plumbline_core::operation::iam;

    use super::*;

    struct Page(u8, Option<&'static str>);

    async fn list(pages: &[(u8, Option<&'static str>)]) -> Answer<Vec<u8>> {
        let sent = Cell::new(0);
        let call = |_| {
            let (item, next) = pages[sent.replace(sent.get() + 1)];
            async move { Ok::<_, SdkError<GetCallerIdentityError, HttpResponse>>(Page(item, next)) }
        };
        Session::for_tests()
            .list(iam::LIST_USERS, call, |page| page.1, |page| Ok(vec![page.0]))
            .await
    }

    #[tokio::test]
    async fn pages_follow_one_another() {
        assert_eq!(list(&[(1, Some("a")), (2, Some("b")), (3, None)]).await, Ok(vec![1, 2, 3]));
        assert_eq!(list(&[(1, Some(""))]).await, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_list_ends_early_when_nothing_more_is_wanted() {
        let page = |_| async {
            Ok::<_, SdkError<GetCallerIdentityError, HttpResponse>>(Page(1, Some("a")))
        };
        let last = |page: Page| Ok(ControlFlow::Break(vec![page.0]));
        let session = Session::for_tests();
        let listed = session.list_until(iam::LIST_USERS, page, |page| page.1, last).await;
        assert_eq!(listed, Ok(vec![1]));
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
}
