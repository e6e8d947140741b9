//! The last parts of a chain: a topic to which CloudWatch can publish, and its subscriptions.

use plumbline_core::aws::arn_account;
use plumbline_core::facts::{SubscriptionAttributes, TopicAttributes, TopicSubscriptions};
use plumbline_core::policy::{Notification, Policy, Publish, publish};
use plumbline_core::prelude::*;

use super::reach::{Gap, Links, Reach, cause, is_of_an_earlier_version};

/// The number of confirmed subscriptions whose filter policy is read. One subscription without a
/// filter policy is enough.
const READ_SUBSCRIPTIONS: usize = 3;

impl Links<'_> {
    /// Returns how far the chain reaches from a topic on.
    pub(super) fn of_topic(&self, alarm: &str, region: &str, topic: &str) -> Reach {
        let name = topic.rsplit(':').next().unwrap_or(topic);
        if self.trusted.matches(topic) {
            return Reach::Trusted(format!(
                "Topic '{name}' passes without checks (trustedTopics)."
            ));
        }
        let subscriptions = self.view.existing::<TopicSubscriptions>(region, topic);
        let attributes = self.view.existing::<TopicAttributes>(region, topic);
        let missing = || {
            let gap = Gap::from(format!("Topic '{name}' of alarm '{alarm}' does not exist."));
            let words = ["sns", "create-topic", "--name", name, "--region", region];
            let subscribe = ["sns", "subscribe", "--topic-arn", topic, "--protocol", "email"];
            let address = ["--notification-endpoint", "ADDRESS", "--region", region];
            let then = subscribe.into_iter().chain(address).map(str::to_owned).collect();
            let hint = "Create the topic and add a subscription.";
            let context = self.view.context();
            let is_own = arn_account(topic) == Some(context.account.as_str());
            // A topic of the same name in this account would be a different topic, and FIFO topics
            // do not support email.
            if !is_own || name.ends_with(".fifo") {
                return Reach::Topic(gap.hint(hint));
            }
            Reach::Topic(gap.hint(hint).command(&words, &[]).then(then))
        };
        let no_subscription = |what: &str, hint| {
            let gap = Gap::from(format!("Topic '{name}' of alarm '{alarm}' has no {what}."));
            if name.ends_with(".fifo") {
                // FIFO topics do not support email subscriptions.
                return Reach::Topic(gap.hint("Subscribe an Amazon SQS queue to the topic."));
            }
            let (protocol, endpoint) = ("--protocol", "--notification-endpoint");
            let words = ["sns", "subscribe", "--topic-arn", topic, protocol, "email"];
            let words = [words.as_slice(), &[endpoint, "ADDRESS", "--region", region]].concat();
            Reach::Topic(gap.hint(hint).command(&words, &["ADDRESS"]))
        };
        let subscriptions = match subscriptions {
            Ok(None) => return missing(),
            Ok(Some(TopicSubscriptions(subscriptions))) if subscriptions.is_empty() => {
                return no_subscription(
                    "subscription",
                    "Add a subscription to the topic, and confirm the subscription with the link \
                     in the email.",
                );
            }
            Ok(Some(TopicSubscriptions(all))) if all.iter().all(|one| !one.confirmed) => {
                return no_subscription(
                    "confirmed subscription",
                    "Confirm the subscription with the link in the email from Amazon SNS, or \
                     subscribe again.",
                );
            }
            Ok(Some(subscriptions)) => Ok(subscriptions),
            Err(why) => Err(why),
        };
        let attributes = match attributes {
            Ok(None) => return missing(),
            Ok(Some(attributes)) => attributes,
            Err(why) => return Reach::Unknown(subscriptions.err().unwrap_or(why)),
        };
        let remark = match self.publishing(alarm, topic, attributes) {
            Ok(remark) => remark,
            Err(reach) => return *reach,
        };
        match subscriptions {
            Err(why) => Reach::Unknown(why),
            Ok(subscriptions) => {
                Reach::Subscription(self.filtered(region, name, subscriptions)).remarked(remark)
            }
        }
    }

    /// Checks whether CloudWatch can publish to a topic. Returns a remark.
    fn publishing(
        &self,
        alarm: &str,
        topic: &str,
        attributes: &TopicAttributes,
    ) -> Result<Option<String>, Box<Reach>> {
        let name = topic.rsplit(':').next().unwrap_or(topic);
        let key = attributes.kms_key.as_deref();
        if key.is_some_and(|key| key == "alias/aws/sns" || key.ends_with(":alias/aws/sns")) {
            let gap = Gap::from(format!(
                "Topic '{name}' of alarm '{alarm}' is encrypted with alias/aws/sns, whose key \
                 policy does not allow CloudWatch to publish."
            ));
            let hint =
                "Use a customer managed key whose key policy allows cloudwatch.amazonaws.com.";
            return Err(Box::new(Reach::Topic(gap.hint(hint))));
        }
        let context = self.view.context();
        let arn = self.alarm_arn(alarm);
        let notification = Notification { account: context.account.as_str(), alarm: &arn, topic };
        let open = |why: String| {
            let why = format!(
                "it is unknown whether the policy of topic '{name}' allows CloudWatch to publish: \
                 {why}"
            );
            Box::new(Reach::Unknown(NotAssessed::Undetermined(why)))
        };
        let Some(text) = &attributes.policy else {
            return Err(open("Amazon SNS returned no policy.".to_owned()));
        };
        let policy = Policy::parse(text).map_err(|error| open(format!("{error}.")))?;
        let answer = publish(&policy, notification);
        match answer.verdict {
            Publish::Allowed => {}
            Publish::Undetermined => return Err(open(answer.detail)),
            Publish::Refused => {
                let gap = Gap::from(format!(
                    "The policy of topic '{name}' does not allow CloudWatch to publish for alarm \
                     '{alarm}': {}",
                    answer.detail
                ));
                let hint = "Allow cloudwatch.amazonaws.com to publish in the policy of the topic.";
                return Err(Box::new(Reach::Topic(gap.hint(hint))));
            }
        }
        Ok(key.map(|key| {
            format!("The policy of KMS key '{key}' of topic '{name}' has to allow CloudWatch.")
        }))
    }

    /// Returns a remark on a topic whose confirmed subscriptions have, or may have, filter
    /// policies.
    fn filtered(&self, region: &str, name: &str, all: &TopicSubscriptions) -> Option<String> {
        let confirmed = all.0.iter().filter(|one| one.confirmed);
        let mut remark = None;
        for arn in confirmed.filter_map(|one| one.arn.as_ref()).take(READ_SUBSCRIPTIONS) {
            let attributes = self.view.existing::<SubscriptionAttributes>(region, arn);
            if is_of_an_earlier_version(&attributes) {
                return None;
            }
            let found = match attributes {
                // One subscription without a filter policy is enough. A deleted subscription does
                // not matter.
                Ok(Some(SubscriptionAttributes { filter_policy: None })) => return None,
                Ok(None) => continue,
                Ok(Some(_)) => format!(
                    "A filter policy of the subscription to topic '{name}' may drop notifications."
                ),
                Err(why) => format!(
                    "It is unknown whether a filter policy drops notifications of topic '{name}' \
                     ({}).",
                    cause(&why)
                ),
            };
            remark = remark.or(Some(found));
        }
        remark
    }
}
