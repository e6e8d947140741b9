//! Kinds of mistakes about exceptions.

use plumbline_core::aws::AccountId;
use plumbline_core::evaluation::Compliance;
use plumbline_core::example::{ACCOUNT_ID, Example, REGION, days_ago};
use plumbline_core::facts::{
    AttachedAwsPolicies, Holding, IdentityKind, PolicyHolder, PolicyHolders, UserPolicies,
};
use plumbline_core::register::{Accounts, Exception, Register};
use proptest::prelude::*;

use super::outcome;

const OTHER: &str = "000011112222";
const POLICY: &str = "arn:aws:iam::111122223333:policy/everything";
const EVERYTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const ROLES: [&str; 3] = ["AWSControlTowerExecution", "AWSControlTowerAudit", "deploy"];

/// An exception with optional restrictions.
#[derive(Clone, Debug)]
struct Plan {
    account: usize,
    except: usize,
    region: usize,
    resource: usize,
    holders: usize,
    is_current: bool,
}

impl Plan {
    fn exception(&self) -> Exception {
        let account = |id: &str| AccountId::new(id).expect("an id");
        let accounts =
            [Accounts::All, Accounts::One(account(ACCOUNT_ID)), Accounts::One(account(OTHER))];
        let role = |name: &str| format!("arn:aws:iam::*:role/{name}");
        let holders = [
            None,
            Some(vec![role("AWSControlTower*")]),
            Some(vec![role("deploy")]),
            Some(vec![role("AWSControlTowerExecution"), role("deploy")]),
            Some(vec![role("deploy?")]),
        ];
        Exception {
            control: "1.16".to_owned(),
            accounts: vec![accounts[self.account].clone()],
            except_accounts: [None, Some(vec![account(ACCOUNT_ID)]), Some(vec![account(OTHER)])]
                [self.except]
                .clone(),
            regions: [None, Some(vec![REGION.to_owned()]), Some(vec!["eu-west-1".to_owned()])]
                [self.region]
                .clone(),
            resources: vec![["*", POLICY, "ANPA1", "ANPA2"][self.resource].to_owned()],
            holders: holders[self.holders].clone(),
            reason: "They administer the account.".to_owned(),
            approved_by: "Cloud Security".to_owned(),
            until: days_ago(if self.is_current { -30 } else { 1 }).date_naive(),
        }
    }

    /// Returns whether the exception applies to a holder of the policy.
    fn excepts(&self, role: &str) -> bool {
        let of_holder = match self.holders {
            0 => true,
            1 => role.starts_with("AWSControlTower"),
            2 => role == "deploy",
            3 => role != "AWSControlTowerAudit",
            _ => false,
        };
        let here = self.account != 2 && self.except != 1 && self.region != 2 && self.resource != 3;
        here && self.is_current && of_holder
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    (0..3_usize, 0..3_usize, 0..3_usize, 0..4_usize, 0..5_usize, 0..4_u8).prop_map(
        |(account, except, region, resource, holders, current)| Plan {
            account,
            except,
            region,
            resource,
            holders,
            is_current: current > 0,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000, failure_persistence: None, ..Default::default()
    })]

    /// waives-more: a policy is waived if the valid exceptions for this account, Region and policy
    /// together except all its holders, and in no other case.
    #[test]
    fn exceptions_waive_what_was_meant(
        plans in prop::collection::vec(plan(), 0..4),
        holders in prop::sample::subsequence(ROLES.to_vec(), 1..=3),
    ) {
        let role = |(at, name): (usize, &&str)| PolicyHolder {
            id: format!("AROA{at}"),
            name: (*name).to_owned(),
            arn: format!("arn:aws:iam::{ACCOUNT_ID}:role/{name}"),
            holding: Holding::Principal {
                kind: IdentityKind::Role,
                inline: Vec::new(),
                attached: vec![POLICY.to_owned()],
            },
        };
        let policy = PolicyHolder {
            id: "ANPA1".to_owned(),
            name: "everything".to_owned(),
            arn: POLICY.to_owned(),
            holding: Holding::Managed {
                attachments: i32::try_from(holders.len()).expect("few"),
                document: EVERYTHING.to_owned(),
            },
        };
        let all = holders.iter().enumerate().map(role).chain([policy]).collect();
        let example = Example::new("")
            .account(UserPolicies::default())
            .account(PolicyHolders(all))
            .account(AttachedAwsPolicies::default())
            .register(Register::new(Vec::new(), plans.iter().map(Plan::exception).collect()));
        let (compliance, reason) = outcome("1.16", &example);
        let is_waived = holders.iter().all(|role| plans.iter().any(|plan| plan.excepts(role)));
        let expected = if is_waived { Compliance::Waived } else { Compliance::NonCompliant };
        prop_assert_eq!(compliance, expected, "{}", reason);
        if !is_waived {
            // The reason names the holders without an exception.
            let left = holders.iter().find(|role| !plans.iter().any(|plan| plan.excepts(role)));
            prop_assert!(left.is_some_and(|role| reason.contains(role)), "{}", reason);
        }
    }
}
