//! Facts from Amazon SNS.

use serde::{Deserialize, Serialize};

/// The subscriptions of a topic, source `ListSubscriptionsByTopic`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSubscriptions(pub Vec<Subscription>);

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `email`, `sqs`, `lambda`, …
    pub protocol: String,
    /// Whether its endpoint has confirmed it, and it was not deleted since.
    pub confirmed: bool,
    /// Its ARN, once it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// The attributes of a topic that determine who can publish to it, source `GetTopicAttributes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicAttributes {
    /// Its policy, JSON.
    pub policy: Option<String>,
    /// The KMS key that encrypts its messages: an id, an ARN, or an alias.
    pub kms_key: Option<String>,
}

/// The attributes of a subscription that determine what it receives, source
/// `GetSubscriptionAttributes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionAttributes {
    /// The filter policy, JSON.
    pub filter_policy: Option<String>,
}
