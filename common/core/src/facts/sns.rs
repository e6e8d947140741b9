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
    /// Whether its endpoint has confirmed it and it was not deleted since.
    pub confirmed: bool,
}
