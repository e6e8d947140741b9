//! Facts from Amazon SNS.

use std::collections::HashMap;

use aws_sdk_sns::operation::list_subscriptions_by_topic::ListSubscriptionsByTopicOutput;
use aws_sdk_sns::types;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{
    Subscription, SubscriptionAttributes, TopicAttributes, TopicSubscriptions,
};
use plumbline_core::operation::sns;

use super::not_found_when;
use crate::session::Session;

pub(super) async fn subscriptions(
    session: &Session,
    region: &str,
    topic: &str,
) -> Answer<TopicSubscriptions> {
    let client = session.sns(region);
    let page =
        |token| client.list_subscriptions_by_topic().topic_arn(topic).set_next_token(token).send();
    let subscriptions = session
        .list(
            sns::LIST_SUBSCRIPTIONS_BY_TOPIC,
            page,
            ListSubscriptionsByTopicOutput::next_token,
            subscriptions_of,
        )
        .await;
    subscriptions
        .map(TopicSubscriptions)
        .map_err(not_found_when("NotFound"))
        .map_err(not_found_when("NotFoundException"))
}

pub(super) async fn topic_attributes(
    session: &Session,
    region: &str,
    topic: &str,
) -> Answer<TopicAttributes> {
    let call = session.sns(region).get_topic_attributes().topic_arn(topic);
    let answer = session
        .send(sns::GET_TOPIC_ATTRIBUTES, call.send())
        .await
        .map_err(not_found_when("NotFound"))
        .map_err(not_found_when("NotFoundException"))?;
    let attributes = sns::GET_TOPIC_ATTRIBUTES.require(answer.attributes, "the attributes")?;
    Ok(TopicAttributes {
        policy: attribute(&attributes, "Policy"),
        kms_key: attribute(&attributes, "KmsMasterKeyId"),
    })
}

pub(super) async fn subscription_attributes(
    session: &Session,
    region: &str,
    subscription: &str,
) -> Answer<SubscriptionAttributes> {
    let call = session.sns(region).get_subscription_attributes().subscription_arn(subscription);
    let answer = session
        .send(sns::GET_SUBSCRIPTION_ATTRIBUTES, call.send())
        .await
        .map_err(not_found_when("NotFound"))
        .map_err(not_found_when("NotFoundException"))?;
    let attributes =
        sns::GET_SUBSCRIPTION_ATTRIBUTES.require(answer.attributes, "the attributes")?;
    let filter_policy = attribute(&attributes, "FilterPolicy");
    // An empty policy filters nothing.
    Ok(SubscriptionAttributes { filter_policy: filter_policy.filter(|text| text.trim() != "{}") })
}

/// An attribute that exists and is not empty.
fn attribute(attributes: &HashMap<String, String>, name: &str) -> Option<String> {
    attributes.get(name).filter(|value| !value.is_empty()).cloned()
}

fn subscriptions_of(page: ListSubscriptionsByTopicOutput) -> Answer<Vec<Subscription>> {
    Ok(sns::LIST_SUBSCRIPTIONS_BY_TOPIC
        .require(page.subscriptions, "the subscriptions")?
        .into_iter()
        .map(subscription_of)
        .collect())
}

/// SNS returns `PendingConfirmation` or `Deleted` in place of a subscription's ARN.
fn subscription_of(subscription: types::Subscription) -> Subscription {
    let arn = subscription.subscription_arn.filter(|arn| arn.starts_with("arn:"));
    Subscription {
        confirmed: arn.is_some(),
        arn,
        protocol: subscription.protocol.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn confirmed_or_not() {
        let confirmed = |arn: &str| {
            subscription_of(types::Subscription::builder().subscription_arn(arn).build()).confirmed
        };
        assert!(confirmed("arn:aws:sns:us-east-1:111122223333:topic:1"));
        assert!(!confirmed("PendingConfirmation") && !confirmed("Deleted"));
        assert_eq!(
            subscriptions_of(ListSubscriptionsByTopicOutput::builder().build())
                .expect_err("no list")
                .cause,
            Cause::Malformed
        );
    }
}
