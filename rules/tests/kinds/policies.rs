//! Kinds of mistakes about administrator policies.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use plumbline_core::evaluation::Compliance;
use plumbline_core::example::{ACCOUNT_ID, Example};
use plumbline_core::facts::{
    AttachedAwsPolicies, Holding, IdentityKind, InlinePolicy, PolicyHolder, PolicyHolders,
    UserPolicies, UserWithPolicies,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{outcome, outcomes};

fn principal(number: usize, kind: IdentityKind, statements: &[Value]) -> PolicyHolder {
    let policy = |(at, statement): (usize, &Value)| InlinePolicy {
        name: format!("policy-{at}"),
        document: json!({ "Version": "2012-10-17", "Statement": statement }).to_string(),
    };
    let inline = statements.iter().enumerate().map(policy).collect();
    PolicyHolder {
        id: format!("ID{number}"),
        name: format!("holder-{number}"),
        arn: format!("arn:aws:iam::{ACCOUNT_ID}:role/holder-{number}"),
        holding: Holding::Principal { kind, inline, attached: Vec::new() },
    }
}

fn example(holders: Vec<(IdentityKind, PolicyHolder)>) -> Example {
    let (mut users, mut others) = (Vec::new(), Vec::new());
    for (kind, holder) in holders {
        if kind == IdentityKind::User {
            users.push(UserWithPolicies(holder));
        } else {
            others.push(holder);
        }
    }
    Example::new("")
        .account(UserPolicies(users))
        .account(PolicyHolders(others))
        .account(AttachedAwsPolicies::default())
}

const SERVICES: [&str; 4] = ["iam:*", "s3:*", "ec2:*", "kms:*"];

/// The services that a policy allows: some services, or all except some.
#[derive(Clone, Debug)]
struct Grant {
    all_but: bool,
    services: BTreeSet<usize>,
}

impl Grant {
    fn statement(&self) -> Value {
        let services: Vec<&str> = self.services.iter().map(|at| SERVICES[*at]).collect();
        let element = if self.all_but { "NotAction" } else { "Action" };
        match (self.all_but, services.as_slice()) {
            (true, []) => json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }),
            (false, []) => json!({ "Effect": "Allow", "Action": "sts:*", "Resource": "*" }),
            _ => json!({ "Effect": "Allow", element: services, "Resource": "*" }),
        }
    }
}

/// Returns whether grants together allow everything: one of them allows all services except some,
/// and the others allow these.
fn allow_everything(grants: &[Grant]) -> bool {
    grants.iter().any(|grant| grant.all_but)
        && (0..SERVICES.len()).all(|service| {
            grants.iter().any(|grant| grant.services.contains(&service) != grant.all_but)
        })
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let grant = (any::<bool>(), prop::collection::btree_set(0..SERVICES.len(), 0..4))
        .prop_map(|(all_but, services)| Grant { all_but, services });
    prop::collection::vec(grant, 1..5)
}

/// Returns the actions of some services from the AWS Service Reference.
static ACTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let table = include_str!("../../../common/core/src/policy/actions.txt");
    let services = ["iam", "s3", "ec2", "kms", "lambda", "rds", "sns", "sqs", "sts", "logs"];
    let lines = table.lines().filter_map(|line| line.split_once(' '));
    let lines = lines.filter(|(service, _)| services.contains(service));
    lines
        .flat_map(|(service, actions)| {
            actions.split(' ').map(move |action| format!("{service}:{action}"))
        })
        .collect()
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// inline-together: the inline policies of one holder are evaluated together, and those of two
    /// holders are not.
    #[test]
    fn inline_policies_of_one_holder_add_up(
        one in grants(), other in grants(), kinds in 0..9_usize,
    ) {
        let all = [IdentityKind::User, IdentityKind::Group, IdentityKind::Role];
        let kind = |at: usize| all[at % 3];
        let holder = |number, at, grants: &[Grant]| {
            let statements: Vec<Value> = grants.iter().map(Grant::statement).collect();
            (kind(at), principal(number, kind(at), &statements))
        };
        let found = outcomes(
            "1.16",
            &example(vec![holder(1, kinds, &one), holder(2, kinds / 3, &other)]),
        );
        for (id, grants) in [("ID1", &one), ("ID2", &other)] {
            let expected = if allow_everything(grants) {
                Compliance::NonCompliant
            } else {
                Compliance::Compliant
            };
            prop_assert_eq!(found.get(id), Some(&expected), "{} {:?}", id, grants);
        }
    }

    /// no-such-action: the exclusion of a name that is not an action excludes nothing, and the
    /// exclusion of an action does.
    #[test]
    fn names_of_no_action_exclude_nothing(
        at in any::<prop::sample::Index>(), change in 0..5_usize, letter in "[a-zA-Z]",
    ) {
        let action = at.get(&ACTIONS).clone();
        let cut = action.len() - 1;
        let name = match change {
            0 => action.clone(),
            1 => action.to_lowercase(),
            2 => format!("{action}{letter}"),
            3 => action[..cut].to_owned(),
            _ => format!("{}{letter}{}", &action[..cut], &action[cut..]),
        };
        let exists = ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(&name));
        let statement = json!({ "Effect": "Allow", "NotAction": [name], "Resource": "*" });
        let holder = principal(1, IdentityKind::Role, &[statement]);
        let (compliance, reason) = outcome("1.16", &example(vec![(IdentityKind::Role, holder)]));
        let expected = if exists { Compliance::Compliant } else { Compliance::NonCompliant };
        prop_assert_eq!(compliance, expected, "{}: {}", name, reason);
        prop_assert!(exists || reason.contains(&name.to_lowercase()), "{}: {}", name, reason);
    }
}
