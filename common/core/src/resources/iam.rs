//! Users, policies and server certificates.

use serde::Deserialize;

use crate::evaluation::{NotAssessed, ResourceRef};
use crate::facts::{
    AttachedAwsPolicies, Holding, IdentityKind, InlinePolicy, PolicyHolder, PolicyHolders,
    ServerCertificate, ServerCertificates, User, UserPolicies, UserWithPolicies, Users,
};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl Resource for User {
    const TYPE: &'static str = "AWS::IAM::User";
    const NOUN: (&'static str, &'static str) = ("IAM user", "IAM users");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<Users>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            create_date: chrono::DateTime<chrono::Utc>,
        }
        let Configuration { create_date } = item.configuration()?;
        Some(Self {
            id: item.resource_id.clone(),
            name: item.resource_name.clone()?,
            arn: item.arn.clone()?,
            created: create_date,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

impl Resource for ServerCertificate {
    const TYPE: &'static str = "AWS::IAM::ServerCertificate";
    const NOUN: (&'static str, &'static str) = ("server certificate", "server certificates");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<ServerCertificates>()?.0.iter().collect())
    }

    fn from_item(_: &ConfigurationItem) -> Option<Self> {
        None
    }

    fn id(&self) -> &str {
        &self.name
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

impl Resource for UserWithPolicies {
    const TYPE: &'static str = User::TYPE;
    const NOUN: (&'static str, &'static str) = User::NOUN;

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<UserPolicies>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            user_id: String,
            user_name: String,
            arn: String,
            user_policy_list: Vec<ItemInline>,
            attached_managed_policies: Vec<ItemAttached>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemInline {
            policy_name: String,
            policy_document: ItemDocument,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemAttached {
            policy_arn: String,
        }
        let user: Configuration = item.configuration()?;
        let inline = user.user_policy_list.into_iter().map(|policy| InlinePolicy {
            name: policy.policy_name,
            document: policy.policy_document.text(),
        });
        let holding = Holding::Principal {
            kind: IdentityKind::User,
            inline: inline.collect(),
            attached: user
                .attached_managed_policies
                .into_iter()
                .map(|policy| policy.policy_arn)
                .collect(),
        };
        Some(Self(PolicyHolder { id: user.user_id, name: user.user_name, arn: user.arn, holding }))
    }

    fn id(&self) -> &str {
        &self.0.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.0.arn.clone())
    }
}

/// A policy document in an item: a string, usually URL-encoded, or the document itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum ItemDocument {
    Text(String),
    Object(serde_json::Map<String, serde_json::Value>),
}

impl ItemDocument {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Object(members) => serde_json::Value::Object(members).to_string(),
        }
    }
}

impl Resource for PolicyHolder {
    /// The type on which AWS Config triggers. Evaluations name the type of the holder.
    const TYPE: &'static str = "AWS::IAM::Policy";
    const NOUN: (&'static str, &'static str) = ("policy", "policies");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        let (users, holders, aws_managed) = (
            view.account::<UserPolicies>(),
            view.account::<PolicyHolders>(),
            view.account::<AttachedAwsPolicies>(),
        );
        if let (Err(why), Err(_), Err(_)) = (&users, &holders, &aws_managed) {
            return Err(why.clone());
        }
        let users = users.into_iter().flat_map(|users| &users.0).map(|user| &user.0);
        let holders = holders.into_iter().flat_map(|holders| &holders.0);
        Ok(users
            .chain(holders)
            .chain(aws_managed.into_iter().flat_map(|policies| &policies.0))
            .collect())
    }

    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let unread = [
            view.account::<UserPolicies>().err(),
            view.account::<PolicyHolders>().err(),
            view.account::<AttachedAwsPolicies>().err(),
        ];
        // One evaluation for each account: the first one states why there may be more policies.
        unread
            .into_iter()
            .flatten()
            .take(1)
            .map(|why| (view.context().account_resource(), why))
            .collect()
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            policy_id: String,
            policy_name: String,
            arn: String,
            attachment_count: i32,
            policy_version_list: Vec<ItemVersion>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemVersion {
            is_default_version: bool,
            document: Option<ItemDocument>,
        }
        let policy: Configuration = item.configuration()?;
        let default =
            policy.policy_version_list.into_iter().find(|version| version.is_default_version)?;
        let holding = Holding::Managed {
            attachments: policy.attachment_count,
            document: default.document?.text(),
        };
        Some(Self { id: policy.policy_id, name: policy.policy_name, arn: policy.arn, holding })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }

    fn reference(&self, view: &View<'_>) -> ResourceRef {
        let resource_type = match &self.holding {
            Holding::Managed { .. } | Holding::AwsManaged { .. } => Self::TYPE,
            Holding::Principal { kind: IdentityKind::User, .. } => User::TYPE,
            Holding::Principal { kind: IdentityKind::Group, .. } => "AWS::IAM::Group",
            Holding::Principal { kind: IdentityKind::Role, .. } => "AWS::IAM::Role",
        };
        ResourceRef {
            resource_type: resource_type.to_owned(),
            resource_id: self.id.clone(),
            arn: Some(self.arn.clone()),
            region: view.context().region.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(configuration: &serde_json::Value) -> ConfigurationItem {
        serde_json::from_value(serde_json::json!({
            "resourceType": "x", "resourceId": "x", "awsAccountId": "111122223333",
            "awsRegion": "global", "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-01-02T03:04:05Z", "configuration": configuration
        }))
        .expect("an item")
    }

    #[test]
    fn items_of_users_have_all_policies_or_are_read() {
        let mut user = serde_json::json!({
            "userId": "AIDA1", "userName": "alice", "arn": "arn:alice", "permissionsBoundary": null,
            "attachedManagedPolicies": [{ "policyArn": "arn:p" }],
            "userPolicyList": [{ "policyName": "a", "policyDocument": "%7B%7D" },
            { "policyName": "b", "policyDocument": {} }]
        });
        let UserWithPolicies(found) = UserWithPolicies::from_item(&item(&user)).expect("a user");
        let Holding::Principal { inline, attached, .. } = found.holding else { panic!("a user") };
        assert_eq!(
            (inline[0].document.as_str(), inline[1].document.as_str(), attached[0].as_str()),
            ("%7B%7D", "{}", "arn:p")
        );
        user["userPolicyList"] = serde_json::Value::Null;
        assert_eq!(UserWithPolicies::from_item(&item(&user)), None);
    }

    #[test]
    fn policies_in_items_have_a_default_version_or_are_read() {
        let policy = |default: bool| {
            item(&serde_json::json!({
                "policyId": "ANPA1", "policyName": "p", "arn": "arn:p", "attachmentCount": 1,
                "policyVersionList": [{ "isDefaultVersion": false, "document": "old" },
                { "isDefaultVersion": default, "document": "new" }]
            }))
        };
        let found = PolicyHolder::from_item(&policy(true)).expect("a policy");
        assert_eq!(found.holding, Holding::Managed { attachments: 1, document: "new".to_owned() });
        assert_eq!(PolicyHolder::from_item(&policy(false)), None);
    }
}
