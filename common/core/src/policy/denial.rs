//! Whether a policy, such as a service control policy, denies a planned request, of which only a
//! part is known.

use std::collections::BTreeMap;

use super::condition::{Condition, Truth, has_variable};
use super::document::{Effect, Patterns, Policy, Statement, StatementName};
use super::error::PolicyError;
use crate::glob;

/// What is known of a condition key of a planned request. Nothing is known of other keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlannedKey {
    /// The request does not have the key.
    Absent,
    /// The key has one or several values, which are not known.
    Present,
    /// The key has these values.
    Values(Vec<String>),
}

/// A request that is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// The action: `iam:CreateRole`.
    pub action: String,
    /// The ARN of the resource.
    pub resource: String,
    /// The known condition keys by name in lower case. A name that ends in `/` stands for all keys
    /// that begin with it.
    pub keys: BTreeMap<String, PlannedKey>,
}

/// How a statement denies the resource of a planned request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeniedResource {
    /// This pattern of `Resource` matches.
    Matches(String),
    /// None of these patterns of `NotResource` matches.
    Outside(Vec<String>),
    /// The statement has no resource, or may not apply to it.
    Unknown,
}

/// A statement that denies a planned request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementDenial {
    /// The statement.
    pub statement: StatementName,
    /// The keys of conditions that are true, in the spelling of the policy.
    pub keys: Vec<String>,
    /// The keys of conditions that can be true or false, and `Resource` if it has a policy
    /// variable. If the list is empty, the request is certainly denied.
    pub open: Vec<String>,
    /// How it denies the resource.
    pub resource: DeniedResource,
}

/// The statements that deny a planned request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDenials {
    /// The statements that deny the request, or may.
    pub statements: Vec<StatementDenial>,
    /// Why another statement may deny the request: it is not understood.
    pub problem: Option<PolicyError>,
}

impl PlannedRequest {
    fn key(&self, name: &str) -> Option<&PlannedKey> {
        self.keys.get(name).or_else(|| {
            let (prefix, _) = name.split_once('/')?;
            self.keys.get(&format!("{prefix}/"))
        })
    }

    fn truth(&self, condition: &Condition) -> Truth {
        match self.key(condition.key()) {
            None => condition.with_anything(),
            Some(PlannedKey::Absent) => condition.without_key(),
            Some(PlannedKey::Present) => condition.with_any_value(),
            Some(PlannedKey::Values(values)) => condition.with_values(values),
        }
    }

    /// Returns how a statement denies the resource. `None` means that it does not apply to it.
    fn denied_resource(&self, resources: Option<&Patterns>) -> Option<DeniedResource> {
        let Some(Patterns { negated, patterns }) = resources else {
            return Some(DeniedResource::Unknown);
        };
        let (open, fixed): (Vec<&String>, Vec<&String>) =
            patterns.iter().partition(|pattern| has_variable(pattern));
        if let Some(pattern) = fixed.iter().find(|one| glob::matches(one, &self.resource)) {
            return (!negated).then(|| DeniedResource::Matches((*pattern).clone()));
        }
        match (open.is_empty(), negated) {
            (false, _) => Some(DeniedResource::Unknown),
            (true, true) => Some(DeniedResource::Outside(patterns.clone())),
            (true, false) => None,
        }
    }

    /// Returns whether a statement applies.
    fn denial(&self, statement: &Statement) -> Option<StatementDenial> {
        if !statement.actions.contain(&self.action.to_lowercase()) {
            return None;
        }
        let (mut keys, mut open) = (Vec::new(), Vec::new());
        let resource = self.denied_resource(statement.resources.as_ref())?;
        if resource == DeniedResource::Unknown {
            open.push("Resource".to_owned());
        }
        for condition in &statement.conditions {
            let list = match self.truth(condition) {
                Truth::False => return None,
                Truth::Unknown => &mut open,
                Truth::True => &mut keys,
            };
            list.push(condition.key_as_written().to_owned());
        }
        Some(StatementDenial { statement: statement.name.clone(), keys, open, resource })
    }
}

/// Finds the statements of a policy of an organization that deny a planned request. Such policies
/// have no principals.
pub fn denials(policy: &Policy, request: &PlannedRequest) -> PolicyDenials {
    PolicyDenials {
        statements: policy
            .with_effect(Effect::Deny)
            .filter_map(|statement| request.denial(statement))
            .collect(),
        problem: policy.possibly_with_effect(Effect::Deny).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(statement: Value, keys: &[(&str, PlannedKey)]) -> Option<(Vec<String>, Vec<String>)> {
        let mut statement = statement;
        statement["Effect"] = json!("Deny");
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let policy = Policy::parse(&policy.to_string()).expect("a policy");
        let request = PlannedRequest {
            action: "iam:CreateRole".to_owned(),
            resource: "arn:aws:iam::111122223333:role/plumbline-1-4".to_owned(),
            keys: keys.iter().map(|(name, key)| ((*name).to_owned(), key.clone())).collect(),
        };
        let PolicyDenials { statements, problem } = denials(&policy, &request);
        assert_eq!(problem, None);
        statements.into_iter().next().map(|denial| (denial.keys, denial.open))
    }

    fn values(values: &[&str]) -> PlannedKey {
        PlannedKey::Values(values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn a_boundary_is_demanded_in_several_forms() {
        let absent = [("iam:permissionsboundary", PlannedKey::Absent)];
        let given = [("iam:permissionsboundary", values(&["arn:aws:iam::1:policy/b"]))];
        for condition in [
            json!({ "Null": { "iam:PermissionsBoundary": "true" } }),
            json!({ "StringNotLike": { "iam:PermissionsBoundary": "arn:aws:iam::*:policy/b" } }),
            json!({ "ArnNotLike": { "iam:PermissionsBoundary": ["arn:aws:iam::*:policy/b"] } }),
        ] {
            let statement = json!({ "Action": "iam:*", "Resource": "*", "Condition": condition });
            let denial = found(statement.clone(), &absent);
            assert_eq!(denial, Some((vec!["iam:PermissionsBoundary".to_owned()], Vec::new())));
            assert_eq!(found(statement, &given), None);
        }
        let other = json!({ "StringNotEquals": { "iam:PermissionsBoundary": "arn:other" } });
        let statement = json!({ "Action": "iam:Create*", "Resource": "*", "Condition": other });
        assert!(found(statement, &given).is_some_and(|(_, open)| open.is_empty()));
    }

    #[test]
    fn what_is_not_known_leaves_a_denial_open() {
        let condition = json!({
            "Null": { "aws:RequestTag/Team": "true" },
            "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/admin" }
        });
        let statement = json!({ "NotAction": "s3:*", "Resource": "*", "Condition": condition });
        let tags = ("aws:requesttag/", PlannedKey::Absent);
        let (keys, open) = found(statement.clone(), std::slice::from_ref(&tags)).expect("a denial");
        assert_eq!(
            (keys, open),
            (vec!["aws:RequestTag/Team".to_owned()], vec!["aws:PrincipalArn".to_owned()])
        );
        let admin = ("aws:principalarn", values(&["arn:aws:iam::1:role/admin"]));
        assert_eq!(found(statement.clone(), &[tags.clone(), admin]), None);
        let team = ("aws:requesttag/team", values(&["a"]));
        assert_eq!(found(statement, &[tags, team]), None, "the exact key counts");
    }

    #[test]
    fn resources_are_compared() {
        let of = |resource: Value| found(json!({ "Action": "*", "Resource": resource }), &[]);
        assert!(of(json!("arn:aws:iam::*:role/plumbline-*")).is_some());
        assert_eq!(of(json!("arn:aws:iam::*:role/security/*")), None);
        let variable = of(json!("arn:aws:iam::${aws:PrincipalAccount}:role/*"));
        assert_eq!(variable, Some((Vec::new(), vec!["Resource".to_owned()])));
        let outside = |resource: &str| {
            found(json!({ "Action": "iam:CreateRole", "NotResource": resource }), &[])
        };
        assert_eq!(outside("arn:aws:iam::*:role/security/*"), Some((Vec::new(), Vec::new())));
        assert_eq!(outside("arn:aws:iam::*:role/plumbline-*"), None);
        assert_eq!(found(json!({ "Action": "lambda:*", "Resource": "*" }), &[]), None);
    }

    #[test]
    fn the_patterns_of_a_denial_are_stated() {
        let of = |member: &str, patterns: Value| {
            let statement = json!({ "Effect": "Deny", "Action": "iam:*", member: patterns });
            let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
            let policy = Policy::parse(&policy.to_string()).expect("a policy");
            let request = PlannedRequest {
                action: "iam:CreateRole".to_owned(),
                resource: "arn:aws:iam::111122223333:role/plumbline-1-4".to_owned(),
                keys: BTreeMap::new(),
            };
            let found = denials(&policy, &request).statements.into_iter().next();
            found.map(|denial| denial.resource)
        };
        let (acme, ours) = ("arn:aws:iam::*:role/acme-*", "arn:aws:iam::*:role/plumbline-*");
        let variable = "arn:aws:iam::${aws:PrincipalAccount}:role/acme-*";
        let matches = DeniedResource::Matches(ours.to_owned());
        assert_eq!(of("Resource", json!([acme, ours])), Some(matches));
        assert_eq!(of("Resource", json!(acme)), None);
        let outside = DeniedResource::Outside(vec![acme.to_owned()]);
        assert_eq!(of("NotResource", json!([acme])), Some(outside));
        assert_eq!(of("NotResource", json!([acme, ours])), None);
        assert_eq!(of("NotResource", json!(variable)), Some(DeniedResource::Unknown));
    }

    #[test]
    fn several_values_are_compared_by_quantifier() {
        let holds = |operator: &str, key: &PlannedKey| {
            let condition = json!({ operator: { "lambda:SubnetIds": ["subnet-1", "subnet-2"] } });
            let statement = json!({ "Action": "*", "Resource": "*", "Condition": condition });
            let denial = found(statement, &[("lambda:subnetids", key.clone())]);
            denial.map(|(_, open)| open.is_empty())
        };
        let (both, other) = (values(&["subnet-1", "subnet-2"]), values(&["subnet-1", "subnet-3"]));
        assert_eq!(holds("ForAllValues:StringEquals", &both), Some(true));
        assert_eq!(holds("ForAllValues:StringEquals", &other), None);
        assert_eq!(holds("ForAnyValue:StringNotEquals", &both), None);
        assert_eq!(holds("ForAnyValue:StringNotEquals", &other), Some(true));
        assert_eq!(holds("StringEquals", &both), Some(false), "not defined for several values");
        assert_eq!(holds("ForAnyValue:StringEquals", &PlannedKey::Present), Some(false));
        let absent = json!({ "Null": { "lambda:VpcIds": "true" } });
        let statement = json!({ "Action": "*", "Resource": "*", "Condition": absent });
        assert_eq!(found(statement, &[("lambda:vpcids", PlannedKey::Present)]), None);
    }

    #[test]
    fn a_statement_that_is_not_understood_is_reported() {
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Deny", "Action": "*", "Resource": "*", "Unless": {} } ] });
        let policy = Policy::parse(&policy.to_string()).expect("a policy");
        let request = PlannedRequest {
            action: "iam:CreateRole".to_owned(),
            resource: "*".to_owned(),
            keys: BTreeMap::new(),
        };
        let denials = denials(&policy, &request);
        assert!(denials.statements.is_empty() && denials.problem.is_some());
    }
}
