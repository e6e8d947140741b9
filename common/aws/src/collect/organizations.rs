//! Facts from AWS Organizations. One endpoint serves the whole partition.

use plumbline_core::answer::Answer;
use plumbline_core::facts::Organization;
use plumbline_core::operation::organizations;

use crate::session::Session;

/// The error code if the account belongs to no organization.
const NO_ORGANIZATION: &str = "AWSOrganizationsNotInUseException";

pub(super) async fn organization(session: &Session, region: &str) -> Answer<Organization> {
    match session
        .send(
            organizations::DESCRIBE_ORGANIZATION,
            session.organizations(region).describe_organization().send(),
        )
        .await
    {
        Ok(answer) => {
            let id = answer.organization.and_then(|organization| organization.id);
            organizations::DESCRIBE_ORGANIZATION
                .require_text(id, "the organization's id")
                .map(|id| Organization(Some(id)))
        }
        Err(unread) if unread.code == NO_ORGANIZATION => Ok(Organization(None)),
        Err(unread) => Err(unread),
    }
}
