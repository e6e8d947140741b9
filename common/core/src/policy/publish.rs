//! 4.1 to 4.15: whether CloudWatch can publish to a topic for an alarm.

use serde::Serialize;

use super::condition::{Condition, Truth, has_variable};
use super::document::{Effect, Policy, PolicyAnswer, PrincipalKind, Statement, named};

/// CloudWatch as a principal.
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// Whether a topic's policy allows CloudWatch to publish for an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Publish {
    /// It does.
    Allowed,
    /// It does not allow it, or denies it.
    Refused,
    /// The result depends on something that is not known.
    Undetermined,
}

/// A notification.
#[derive(Clone, Copy, Debug)]
pub struct Notification<'a> {
    /// The account of the alarm and of the topic.
    pub account: &'a str,
    /// The alarm, an ARN.
    pub alarm: &'a str,
    /// The topic, an ARN.
    pub topic: &'a str,
}

/// Whether a topic's policy allows CloudWatch to publish for an alarm.
pub fn publish(policy: &Policy, notification: Notification<'_>) -> PolicyAnswer<Publish> {
    let applying = |effect, truth| -> Vec<&Statement> {
        policy
            .with_effect(effect)
            .filter(|statement| applies(statement, notification) == truth)
            .collect()
    };
    let answer = |verdict, statements: Vec<&Statement>, what: &str| {
        let detail = format!("{} {what}", named(&statements));
        PolicyAnswer::new(verdict, statements, detail)
    };
    let denies = applying(Effect::Deny, Truth::True);
    let may_deny = applying(Effect::Deny, Truth::Unknown);
    let allows = applying(Effect::Allow, Truth::True);
    let may_allow = applying(Effect::Allow, Truth::Unknown);
    if !denies.is_empty() {
        answer(Publish::Refused, denies, "denies it.")
    } else if let Some(problem) = policy.possibly_with_effect(Effect::Deny) {
        PolicyAnswer::undetermined(Publish::Undetermined, problem)
    } else if let (true, Some(problem)) =
        (allows.is_empty(), policy.possibly_with_effect(Effect::Allow))
    {
        PolicyAnswer::undetermined(Publish::Undetermined, problem)
    } else if allows.is_empty() && may_allow.is_empty() {
        PolicyAnswer::new(Publish::Refused, [], "No statement allows it.")
    } else if !may_deny.is_empty() {
        answer(Publish::Undetermined, may_deny, "may deny it.")
    } else if allows.is_empty() {
        answer(Publish::Undetermined, may_allow, "may allow it.")
    } else {
        answer(Publish::Allowed, allows, "allows it.")
    }
}

/// Whether a statement applies to the notification.
fn applies(statement: &Statement, notification: Notification<'_>) -> Truth {
    let resources = statement.resources.as_ref();
    let variable = resources.is_some_and(|all| all.patterns.iter().any(|one| has_variable(one)));
    let is_about = statement.actions.contain("sns:publish")
        && (variable || resources.is_none_or(|all| all.contain(notification.topic)));
    if !is_about {
        return Truth::False;
    }
    let conditions = statement.conditions.iter().map(|condition| holds(condition, notification));
    let truths: Vec<Truth> =
        conditions.chain([caller(statement)]).chain(variable.then_some(Truth::Unknown)).collect();
    if truths.contains(&Truth::False) {
        Truth::False
    } else if truths.contains(&Truth::Unknown) {
        Truth::Unknown
    } else {
        Truth::True
    }
}

/// Whether a statement applies to CloudWatch.
fn caller(statement: &Statement) -> Truth {
    let Some(principals) = &statement.principals else { return Truth::Unknown };
    let is_named = principals.members.iter().any(|one| match one.kind {
        PrincipalKind::Aws => one.name == "*",
        PrincipalKind::Other => one.name == CLOUDWATCH,
    });
    // All services, or all identities of a provider: AWS does not document their meaning.
    let others = || principals.members.iter().any(|one| one.name == "*");
    match (principals.negated, is_named) {
        (false, true) => Truth::True,
        (_, false) if others() => Truth::Unknown,
        (false, false) | (true, true) => Truth::False,
        (true, false) => Truth::Unknown,
    }
}

/// Whether a condition is true for the notification.
fn holds(condition: &Condition, notification: Notification<'_>) -> Truth {
    let value = match condition.key() {
        "aws:sourceaccount" | "aws:sourceowner" => notification.account,
        "aws:sourcearn" => notification.alarm,
        "aws:securetransport" | "aws:principalisawsservice" => "true",
        "aws:principalservicename" => CLOUDWATCH,
        key if is_never_of_a_service(key) => return condition.without_key(),
        _ => return Truth::Unknown,
    };
    condition.with_value(value)
}

/// Whether a publish request of a service principal never contains a key, in lower case: the keys
/// of IAM principals, of their organization and sessions (IAM User Guide, AWS global condition
/// context keys), and the keys of Amazon SNS for subscriptions.
fn is_never_of_a_service(key: &str) -> bool {
    const OF_PRINCIPALS: [&str; 12] = [
        "aws:assumedroot",
        "aws:federatedprovider",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceidentity",
        "aws:tokenissuetime",
        "aws:username",
        "sns:endpoint",
        "sns:protocol",
    ];
    OF_PRINCIPALS.contains(&key) || key.starts_with("aws:principaltag/")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alarms";

    fn verdict(statements: Value) -> Publish {
        let policy =
            Policy::from_value(&json!({ "Version": "2012-10-17", "Statement": statements }))
                .expect("a policy");
        let alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root";
        publish(&policy, Notification { account: "111122223333", alarm, topic: TOPIC }).verdict
    }

    fn statement(effect: &str, principal: Value, condition: Value) -> Value {
        json!({ "Effect": effect, "Principal": principal, "Action": "SNS:Publish",
            "Resource": TOPIC, "Condition": condition })
    }

    #[test]
    fn who_may_publish() {
        let service = |name: &str| json!({ "Service": name });
        let everyone = || json!({ "AWS": "*" });
        let owner = |id: &str| json!({ "StringEquals": { "AWS:SourceOwner": id } });
        let alarms = |account: &str| {
            let arn = format!("arn:aws:cloudwatch:*:{account}:alarm:*");
            json!({ "ArnLike": { "aws:SourceArn": arn } })
        };
        let plain_http = || json!({ "Bool": { "aws:SecureTransport": "false" } });
        let allow =
            |principal, condition| verdict(json!([statement("Allow", principal, condition)]));
        assert_eq!(allow(everyone(), owner("111122223333")), Publish::Allowed);
        assert_eq!(allow(everyone(), owner("999988887777")), Publish::Refused);
        assert_eq!(allow(service(CLOUDWATCH), json!({})), Publish::Allowed);
        assert_eq!(allow(service(CLOUDWATCH), alarms("111122223333")), Publish::Allowed);
        assert_eq!(allow(service(CLOUDWATCH), alarms("999988887777")), Publish::Refused);
        assert_eq!(allow(service("events.amazonaws.com"), json!({})), Publish::Refused);
        assert_eq!(allow(json!({ "AWS": "111122223333" }), json!({})), Publish::Refused);
        let organization = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(allow(everyone(), organization.clone()), Publish::Refused);
        let address = json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } });
        assert_eq!(allow(everyone(), address.clone()), Publish::Undetermined);
        for condition in [
            json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }),
            json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/*" } }),
            json!({ "StringEquals": { "aws:PrincipalTag/team": "ops" } }),
            json!({ "StringEquals": { "sns:Protocol": "email" } }),
            json!({ "Null": { "aws:PrincipalOrgID": "false" } }),
        ] {
            assert_eq!(allow(everyone(), condition.clone()), Publish::Refused, "{condition}");
        }
        let unless_there = json!({ "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(allow(everyone(), unless_there), Publish::Allowed);
        let with_deny = |principal, condition| {
            verdict(json!([
                statement("Allow", everyone(), owner("111122223333")),
                statement("Deny", principal, condition)
            ]))
        };
        assert_eq!(with_deny(everyone(), plain_http()), Publish::Allowed);
        assert_eq!(with_deny(everyone(), json!({})), Publish::Refused);
        assert_eq!(with_deny(service(CLOUDWATCH), json!({})), Publish::Refused);
        assert_eq!(with_deny(everyone(), organization), Publish::Allowed);
        let others = json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(with_deny(everyone(), others), Publish::Refused);
        let outsiders = json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" },
            "Bool": { "aws:PrincipalIsAWSService": "false" } });
        assert_eq!(with_deny(everyone(), outsiders), Publish::Allowed);
        assert_eq!(with_deny(everyone(), address), Publish::Undetermined);
        assert_eq!(with_deny(service("events.amazonaws.com"), json!({})), Publish::Allowed);
    }

    /// Each part of an ARN is compared separately.
    #[test]
    fn patterns_of_alarms() {
        let like = |operator: &str, arn: &str| json!({ operator: { "aws:SourceArn": arn } });
        let allow = |arn: &str| {
            verdict(json!([statement("Allow", json!({ "AWS": "*" }), like("ArnLike", arn))]))
        };
        assert_eq!(allow("arn:aws:cloudwatch:*:*:alarm:*"), Publish::Allowed);
        assert_eq!(allow("arn:aws:cloudwatch:us-east-?:111122223333:*"), Publish::Allowed);
        assert_eq!(allow("arn:aws:cloudwatch:*:alarm:*"), Publish::Refused, "no account");
        assert_eq!(allow("arn:*:alarm:*"), Publish::Undetermined);
        assert_eq!(allow("arn:aws:cloudwatch:${aws:x}:*:alarm:*"), Publish::Undetermined);
        let unless = |arn: &str| {
            verdict(json!([
                statement("Allow", json!({ "Service": CLOUDWATCH }), json!({})),
                statement("Deny", json!({ "AWS": "*" }), like("ArnNotLike", arn))
            ]))
        };
        assert_eq!(unless("arn:aws:cloudwatch:*:*:alarm:*"), Publish::Allowed);
        assert_eq!(unless("arn:aws:cloudwatch:*:alarm:*"), Publish::Refused);
        assert_eq!(unless("arn:*"), Publish::Undetermined);
    }

    #[test]
    fn principals_with_a_wildcard_that_are_no_accounts() {
        for kind in ["Service", "Federated", "CanonicalUser"] {
            let principal = json!({ kind: "*" });
            let found = verdict(json!([statement("Allow", principal, json!({}))]));
            assert_eq!(found, Publish::Undetermined, "{kind}");
        }
    }

    #[test]
    fn statements_that_are_not_understood() {
        let broken = |effect: &str| json!({ "Effect": effect, "Principal": "*", "Action": 1 });
        let allow = || statement("Allow", json!({ "Service": CLOUDWATCH }), json!({}));
        assert_eq!(verdict(json!([allow(), broken("Allow")])), Publish::Allowed);
        assert_eq!(verdict(json!([allow(), broken("Deny")])), Publish::Undetermined);
        assert_eq!(verdict(json!([broken("Allow")])), Publish::Undetermined);
    }

    #[test]
    fn other_actions_and_topics_do_not_count() {
        let of = |action: &str, topic: &str| {
            verdict(json!([{ "Effect": "Allow", "Principal": "*", "Action": action,
                "Resource": topic }]))
        };
        assert_eq!(of("sns:*", "*"), Publish::Allowed);
        assert_eq!(of("sns:Subscribe", TOPIC), Publish::Refused);
        assert_eq!(of("sns:Publish", "arn:aws:sns:us-east-1:111122223333:other"), Publish::Refused);
    }
}
