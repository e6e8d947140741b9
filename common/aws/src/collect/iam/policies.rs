//! Facts from IAM about policies and their holders.

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::list_entities_for_policy::ListEntitiesForPolicyOutput;
use aws_sdk_iam::operation::list_policies::ListPoliciesOutput;
use aws_sdk_iam::types::{self, EntityType, PolicyScopeType, PolicyUsageType};
use plumbline_core::answer::Answer;
use plumbline_core::facts::{
    AttachedAwsPolicies, Holding, IdentityKind, InlinePolicy, PolicyDocument, PolicyHolder,
    PolicyHolders, PolicyRoles, UserPolicies, UserWithPolicies,
};
use plumbline_core::operation::iam;

use super::super::not_found_when;
use super::{A_PAGE, NO_SUCH_ENTITY, whole};
use crate::session::Session;

pub(in crate::collect) async fn user_policies(
    session: &Session,
    region: &str,
) -> Answer<UserPolicies> {
    let client = session.iam(region);
    let page = |token| {
        client
            .get_account_authorization_details()
            .filter(EntityType::User)
            .max_items(A_PAGE)
            .set_marker(token)
            .send()
    };
    session
        .list(
            iam::GET_ACCOUNT_AUTHORIZATION_DETAILS,
            page,
            GetAccountAuthorizationDetailsOutput::marker,
            users_of,
        )
        .await
        .map(UserPolicies)
}

/// Principals without policies, and policies that are attached to no one, are omitted as the pages
/// arrive.
pub(in crate::collect) async fn policy_holders(
    session: &Session,
    region: &str,
) -> Answer<PolicyHolders> {
    let client = session.iam(region);
    let wanted = [EntityType::Group, EntityType::Role, EntityType::LocalManagedPolicy];
    let page = |token| {
        let call = client.get_account_authorization_details().set_filter(Some(wanted.to_vec()));
        call.max_items(A_PAGE).set_marker(token).send()
    };
    session
        .list(
            iam::GET_ACCOUNT_AUTHORIZATION_DETAILS,
            page,
            GetAccountAuthorizationDetailsOutput::marker,
            holders_of,
        )
        .await
        .map(PolicyHolders)
}

fn users_of(page: GetAccountAuthorizationDetailsOutput) -> Answer<Vec<UserWithPolicies>> {
    whole(iam::GET_ACCOUNT_AUTHORIZATION_DETAILS, page.is_truncated, page.marker.as_deref())?;
    let users =
        iam::GET_ACCOUNT_AUTHORIZATION_DETAILS.require(page.user_detail_list, "the users")?;
    let user = |user: types::UserDetail| {
        let (inline, attached) = (user.user_policy_list, user.attached_managed_policies);
        principal(IdentityKind::User, user.user_id, user.user_name, user.arn, inline, attached)
            .map(UserWithPolicies)
    };
    users.into_iter().map(user).collect()
}

fn holders_of(page: GetAccountAuthorizationDetailsOutput) -> Answer<Vec<PolicyHolder>> {
    whole(iam::GET_ACCOUNT_AUTHORIZATION_DETAILS, page.is_truncated, page.marker.as_deref())?;
    let groups = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
        .require(page.group_detail_list, "the groups")?
        .into_iter()
        .map(|group| {
            let (inline, attached) = (group.group_policy_list, group.attached_managed_policies);
            principal(
                IdentityKind::Group,
                group.group_id,
                group.group_name,
                group.arn,
                inline,
                attached,
            )
        });
    let roles = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
        .require(page.role_detail_list, "the roles")?
        .into_iter()
        .map(|role| {
            let (inline, attached) = (role.role_policy_list, role.attached_managed_policies);
            principal(IdentityKind::Role, role.role_id, role.role_name, role.arn, inline, attached)
        });
    let policies = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
        .require(page.policies, "the policies")?
        .into_iter()
        .map(managed);
    let counts = |holder: &PolicyHolder| match &holder.holding {
        Holding::Principal { inline, attached, .. } => !inline.is_empty() || !attached.is_empty(),
        Holding::Managed { attachments, .. } | Holding::AwsManaged { attachments, .. } => {
            *attachments > 0
        }
    };
    groups
        .chain(roles)
        .chain(policies)
        .filter(|holder| holder.as_ref().map_or(true, counts))
        .collect()
}

/// A user without inline policies lacks the list. Groups and roles have an empty list
/// (<https://github.com/boto/boto3/issues/1303>).
fn principal(
    kind: IdentityKind,
    id: Option<String>,
    name: Option<String>,
    arn: Option<String>,
    inline: Option<Vec<types::PolicyDetail>>,
    attached: Option<Vec<types::AttachedPolicy>>,
) -> Answer<PolicyHolder> {
    let arn = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS.require_text(arn, "a principal's ARN")?;
    let member = |what: &str| format!("{what} of {arn}");
    let document = |policy: types::PolicyDetail| {
        Ok(InlinePolicy {
            name: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
                .require_text(policy.policy_name, &member("the name of an inline policy"))?,
            document: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
                .require_text(policy.policy_document, &member("an inline policy"))?,
        })
    };
    let attached = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
        .require(attached, &member("the attached policies"))?
        .into_iter();
    let attached = attached
        .map(|policy| {
            iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
                .require_text(policy.policy_arn, &member("the ARN of a policy"))
        })
        .collect::<Answer<_>>()?;
    let inline = match kind {
        IdentityKind::User => inline.unwrap_or_default(),
        IdentityKind::Group | IdentityKind::Role => iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
            .require(inline, &member("the inline policies"))?,
    };
    let inline = inline.into_iter().map(document).collect::<Answer<_>>()?;
    Ok(PolicyHolder {
        id: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS.require_text(id, &member("the id"))?,
        name: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS.require_text(name, &member("the name"))?,
        holding: Holding::Principal { kind, inline, attached },
        arn,
    })
}

fn managed(policy: types::ManagedPolicyDetail) -> Answer<PolicyHolder> {
    let arn = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS.require_text(policy.arn, "a policy's ARN")?;
    let member = |what: &str| format!("{what} of {arn}");
    let default =
        policy.policy_version_list.into_iter().flatten().find(|version| version.is_default_version);
    let document = default.and_then(|version| version.document);
    Ok(PolicyHolder {
        id: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
            .require_text(policy.policy_id, &member("the id"))?,
        name: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
            .require_text(policy.policy_name, &member("the name"))?,
        holding: Holding::Managed {
            attachments: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
                .require(policy.attachment_count, &member("the number of attachments"))?,
            document: iam::GET_ACCOUNT_AUTHORIZATION_DETAILS
                .require_text(document, &member("the document"))?,
        },
        arn,
    })
}

pub(in crate::collect) async fn attached_aws_policies(
    session: &Session,
    region: &str,
) -> Answer<AttachedAwsPolicies> {
    let client = session.iam(region);
    let page = |token| {
        let call = client
            .list_policies()
            .scope(PolicyScopeType::Aws)
            .only_attached(true)
            .policy_usage_filter(PolicyUsageType::PermissionsPolicy);
        call.max_items(A_PAGE).set_marker(token).send()
    };
    session
        .list(iam::LIST_POLICIES, page, ListPoliciesOutput::marker, aws_policies_of)
        .await
        .map(AttachedAwsPolicies)
}

fn aws_policies_of(page: ListPoliciesOutput) -> Answer<Vec<PolicyHolder>> {
    whole(iam::LIST_POLICIES, page.is_truncated, page.marker.as_deref())?;
    iam::LIST_POLICIES
        .require(page.policies, "the policies")?
        .into_iter()
        .map(aws_policy_of)
        .collect()
}

fn aws_policy_of(policy: types::Policy) -> Answer<PolicyHolder> {
    let arn = iam::LIST_POLICIES.require_text(policy.arn, "a policy's ARN")?;
    let member = |what: &str| format!("{what} of {arn}");
    Ok(PolicyHolder {
        id: iam::LIST_POLICIES.require_text(policy.policy_id, &member("the id"))?,
        name: iam::LIST_POLICIES.require_text(policy.policy_name, &member("the name"))?,
        holding: Holding::AwsManaged {
            attachments: iam::LIST_POLICIES
                .require(policy.attachment_count, &member("the number of attachments"))?,
            version: iam::LIST_POLICIES
                .require_text(policy.default_version_id, &member("the default version"))?,
        },
        arn,
    })
}

/// The document of a version. The id is the policy's ARN with the version, `arn:…:v3`.
pub(in crate::collect) async fn document(
    session: &Session,
    region: &str,
    id: &str,
) -> Answer<PolicyDocument> {
    let (arn, version) = id.rsplit_once(':').ok_or_else(|| {
        iam::GET_POLICY_VERSION.malformed(format!("'{id}' is not a version of a policy"))
    })?;
    let call = session.iam(region).get_policy_version().policy_arn(arn).version_id(version);
    let answer = session
        .send(iam::GET_POLICY_VERSION, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_ENTITY))?;
    let document = answer.policy_version.and_then(|version| version.document);
    iam::GET_POLICY_VERSION
        .require_text(document, &format!("the document of {id}"))
        .map(PolicyDocument)
}

pub(in crate::collect) async fn roles(
    session: &Session,
    region: &str,
    policy: &str,
) -> Answer<PolicyRoles> {
    let client = session.iam(region);
    let page = |token| {
        let call =
            client.list_entities_for_policy().policy_arn(policy).entity_filter(EntityType::Role);
        call.policy_usage_filter(PolicyUsageType::PermissionsPolicy)
            .max_items(A_PAGE)
            .set_marker(token)
            .send()
    };
    let roles = session
        .list(iam::LIST_ENTITIES_FOR_POLICY, page, ListEntitiesForPolicyOutput::marker, roles_of)
        .await;
    roles.map_err(not_found_when(NO_SUCH_ENTITY)).map(PolicyRoles)
}

fn roles_of(page: ListEntitiesForPolicyOutput) -> Answer<Vec<String>> {
    whole(iam::LIST_ENTITIES_FOR_POLICY, page.is_truncated, page.marker.as_deref())?;
    let roles = iam::LIST_ENTITIES_FOR_POLICY.require(page.policy_roles, "the roles")?;
    roles
        .into_iter()
        .map(|role| iam::LIST_ENTITIES_FOR_POLICY.require_text(role.role_name, "a role's name"))
        .collect()
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;

    use super::*;

    fn refused<T: std::fmt::Debug>(answer: Answer<T>) -> String {
        let unread = answer.expect_err("malformed");
        assert_eq!(unread.cause, Cause::Malformed);
        unread.message
    }

    fn user() -> types::builders::UserDetailBuilder {
        types::UserDetail::builder()
            .user_id("AIDA1")
            .user_name("alice")
            .arn("arn:user/alice")
            .set_attached_managed_policies(Some(Vec::new()))
    }

    fn users(user: types::UserDetail) -> Answer<Vec<UserWithPolicies>> {
        users_of(GetAccountAuthorizationDetailsOutput::builder().user_detail_list(user).build())
    }

    #[test]
    fn users_with_their_policies() {
        let inline =
            types::PolicyDetail::builder().policy_name("p").policy_document("%7B%7D").build();
        let found = users(user().user_policy_list(inline).build()).expect("a user");
        assert!(matches!(&found[0].0.holding, Holding::Principal { inline, attached,
                .. } if inline[0].document == "%7B%7D" && attached.is_empty()));
        assert_eq!(users(user().build()).expect("a user").len(), 1);
        assert_eq!(
            refused(users(user().set_attached_managed_policies(None).build())),
            "missing in the response: the attached policies of arn:user/alice"
        );
        let no_document = types::PolicyDetail::builder().policy_name("p").build();
        assert_eq!(
            refused(users(user().user_policy_list(no_document).build())),
            "missing in the response: an inline policy of arn:user/alice"
        );
        refused(users_of(GetAccountAuthorizationDetailsOutput::builder().build()));
        let cut = GetAccountAuthorizationDetailsOutput::builder()
            .user_detail_list(user().build())
            .is_truncated(true)
            .build();
        refused(users_of(cut));
    }

    #[test]
    fn groups_and_roles_with_their_policies() {
        let page = |group: Option<types::GroupDetail>, role: Option<types::RoleDetail>| {
            let page =
                GetAccountAuthorizationDetailsOutput::builder().set_policies(Some(Vec::new()));
            let page = page.set_group_detail_list(Some(group.into_iter().collect()));
            holders_of(page.set_role_detail_list(Some(role.into_iter().collect())).build())
        };
        let group = types::GroupDetail::builder()
            .group_id("AGPA1")
            .group_name("staff")
            .arn("arn:group/staff")
            .set_attached_managed_policies(Some(Vec::new()));
        let role = types::RoleDetail::builder()
            .role_id("AROA1")
            .role_name("app")
            .arn("arn:role/app")
            .set_attached_managed_policies(Some(Vec::new()));
        let inline =
            types::PolicyDetail::builder().policy_name("p").policy_document("%7B%7D").build();
        let found = page(
            Some(group.clone().group_policy_list(inline.clone()).build()),
            Some(role.clone().role_policy_list(inline).build()),
        )
        .expect("both");
        assert_eq!(
            found.iter().map(|holder| holder.id.as_str()).collect::<Vec<_>>(),
            ["AGPA1", "AROA1"]
        );
        let none = page(
            Some(group.clone().set_group_policy_list(Some(Vec::new())).build()),
            Some(role.clone().set_role_policy_list(Some(Vec::new())).build()),
        );
        assert_eq!(none, Ok(Vec::new()));
        let attached = types::AttachedPolicy::builder().policy_arn("arn:policy/p").build();
        let holding = role.clone().set_role_policy_list(Some(Vec::new()));
        let holding = holding.set_attached_managed_policies(Some(vec![attached])).build();
        assert_eq!(page(None, Some(holding)).expect("a role")[0].id, "AROA1");
        assert_eq!(
            refused(page(Some(group.build()), None)),
            "missing in the response: the inline policies of arn:group/staff"
        );
        assert_eq!(
            refused(page(None, Some(role.build()))),
            "missing in the response: the inline policies of arn:role/app"
        );
    }

    fn policy(attachments: Option<i32>, document: Option<&str>) -> Answer<Vec<PolicyHolder>> {
        let version = |default, document: Option<&str>| {
            types::PolicyVersion::builder()
                .is_default_version(default)
                .set_document(document.map(str::to_owned))
                .build()
        };
        let policy = types::ManagedPolicyDetail::builder()
            .policy_id("ANPA1")
            .policy_name("p")
            .arn("arn:policy/p")
            .set_attachment_count(attachments);
        let policy = policy
            .policy_version_list(version(false, Some("old")))
            .policy_version_list(version(true, document))
            .build();
        let page = GetAccountAuthorizationDetailsOutput::builder()
            .policies(policy)
            .set_group_detail_list(Some(Vec::new()));
        holders_of(page.set_role_detail_list(Some(Vec::new())).build())
    }

    #[test]
    fn policies_with_their_default_version() {
        let found = policy(Some(2), Some("new")).expect("a policy");
        assert_eq!(
            found[0].holding,
            Holding::Managed { attachments: 2, document: "new".to_owned() }
        );
        assert_eq!(policy(Some(0), Some("new")), Ok(Vec::new()));
        assert_eq!(
            refused(policy(None, Some("new"))),
            "missing in the response: the number of attachments of arn:policy/p"
        );
        assert_eq!(
            refused(policy(Some(2), None)),
            "missing in the response: the document of \
            arn:policy/p"
        );
    }

    #[test]
    fn roles_have_names() {
        let page = |role: types::PolicyRole| {
            ListEntitiesForPolicyOutput::builder().policy_roles(role).build()
        };
        assert_eq!(
            roles_of(page(types::PolicyRole::builder().role_name("support").build())),
            Ok(vec!["support".to_owned()])
        );
        refused(roles_of(page(types::PolicyRole::builder().build())));
        refused(roles_of(ListEntitiesForPolicyOutput::builder().build()));
    }

    #[test]
    fn policies_of_aws_have_a_version() {
        let policy = types::Policy::builder()
            .policy_id("ANPA1")
            .policy_name("p")
            .arn("arn:policy/p")
            .attachment_count(1);
        let page = |policy: types::Policy| {
            aws_policies_of(ListPoliciesOutput::builder().policies(policy).build())
        };
        let found = page(policy.clone().default_version_id("v3").build()).expect("a policy");
        assert_eq!(
            found[0].holding,
            Holding::AwsManaged { attachments: 1, version: "v3".to_owned() }
        );
        assert_eq!(
            refused(page(policy.build())),
            "missing in the response: the default version of arn:policy/p"
        );
    }
}
