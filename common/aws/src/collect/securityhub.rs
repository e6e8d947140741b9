//! Facts from AWS Security Hub.

use plumbline_core::answer::{Answer, ReadError};
use plumbline_core::facts::SecurityHub;
use plumbline_core::operation::securityhub;

use crate::session::Session;

pub(super) async fn hub(session: &Session, region: &str) -> Answer<SecurityHub> {
    match session
        .send(securityhub::DESCRIBE_HUB, session.securityhub(region).describe_hub().send())
        .await
    {
        Ok(answer) => Ok(SecurityHub {
            hub: Some(securityhub::DESCRIBE_HUB.require_text(answer.hub_arn, "the hub's ARN")?),
        }),
        Err(unread) if is_not_subscribed(&unread) => Ok(SecurityHub { hub: None }),
        Err(unread) => Err(unread),
    }
}

/// "Not subscribed" has the same code as a denial. Only the message distinguishes them.
fn is_not_subscribed(unread: &ReadError) -> bool {
    unread.code == "ResourceNotFoundException"
        || (unread.code == "InvalidAccessException" && unread.message.contains("not subscribed"))
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn not_subscribed_is_not_denied() {
        let answer = |code: &str, message: &str| {
            is_not_subscribed(&ReadError {
                message: message.into(),
                ..ReadError::new(securityhub::DESCRIBE_HUB.name, Cause::Failed, code)
            })
        };
        assert!(answer(
            "InvalidAccessException",
            "Account 111122223333 is not subscribed to AWS Security Hub"
        ));
        assert!(!answer("InvalidAccessException", "denied"));
        assert!(!answer("AccessDeniedException", "not subscribed"));
    }
}
