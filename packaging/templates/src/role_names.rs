//! The names of roles and managed policies. Organizations can demand that they begin in a certain
//! way. Names of other resources do not change with the parameters.

use serde_json::{Value, json};

use crate::builders::{Members, equals, placeholder, reference, sub, when};
use crate::contract::{
    DEFAULT_MEMBER_ROLE, FUNCTION_SET, MEMBER_ROLE_NAME, NAME_PREFIX, ROLE_PATH, STACK, role_name,
};
use crate::parameter::TemplateParameter;

/// Whether roles and policies have another path than the default.
pub(crate) const HAS_ROLE_PATH: &str = "HasRolePath";
/// Whether the role in member accounts has another name than the default.
const HAS_MEMBER_ROLE_NAME: &str = "HasMemberRoleName";

/// Returns the parameter with the prefix of names. The longest name,
/// `plumbline-organization-schedule`, has 22 characters after the prefix, and IAM accepts 64:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(crate) fn name_prefix() -> TemplateParameter {
    TemplateParameter::optional(
        NAME_PREFIX,
        "Prefix of the names of roles and managed policies, such as acme-audit. It must be the \
         same in all stacks of a deployment",
        STACK,
    )
    .matching("^[A-Za-z0-9+=,.@_-]{1,42}$")
}

/// Returns the name of a role or policy for [`sub`]: `${NamePrefix}-1-4` for `plumbline-1-4`.
pub(crate) fn with_prefix(name: &str) -> String {
    role_name(&placeholder(NAME_PREFIX), name)
}

/// Returns the name of a role with its path, which precedes it in ARNs:
/// `${RolePath}${NamePrefix}-1-4` for `plumbline-1-4`.
pub(crate) fn with_path(role: &str) -> String {
    format!("{}{}", placeholder(ROLE_PATH), with_prefix(role))
}

/// Returns the name of the role of a set of central functions, which begins as the set.
pub(crate) fn name_of_set() -> Value {
    json!({ "Fn::Sub": [with_prefix(&format!("{STACK}-${{Set}}")), { "Set": end_of_set() }] })
}

/// Returns the ARN of this role in the account of the stack.
pub(crate) fn arn_of_set() -> Value {
    let role = with_path(&format!("{STACK}-${{Set}}"));
    let arn = format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{role}");
    json!({ "Fn::Sub": [arn, { "Set": end_of_set() }] })
}

/// Returns the end of the set's name, such as `central`.
fn end_of_set() -> Value {
    json!({ "Fn::Select": [1, { "Fn::Split": [format!("{STACK}-"), reference(FUNCTION_SET)] }] })
}

/// Returns the conditions of templates that name the role in member accounts.
pub(crate) fn member_role_conditions() -> Members {
    let mut conditions = Members::new();
    let is_default = equals(MEMBER_ROLE_NAME, DEFAULT_MEMBER_ROLE);
    conditions.set(HAS_MEMBER_ROLE_NAME, json!({ "Fn::Not": [is_default] }));
    conditions
}

/// Returns the name of the role in member accounts.
pub(crate) fn name_of_member_role() -> Value {
    let default = sub(&with_prefix(DEFAULT_MEMBER_ROLE));
    when(HAS_MEMBER_ROLE_NAME, reference(MEMBER_ROLE_NAME), default)
}

/// Returns the ARN of the role in any member account.
pub(crate) fn arn_of_member_role() -> Value {
    let arn = format!("arn:${{AWS::Partition}}:iam::*:role{}", with_path("${Role}"));
    json!({ "Fn::Sub": [arn, { "Role": name_of_member_role() }] })
}

/// Returns the name of the role in member accounts in a variable of functions, without the default
/// path.
pub(crate) fn path_and_name_of_member_role() -> Value {
    let role = json!({ "Role": name_of_member_role() });
    when(HAS_ROLE_PATH, json!({ "Fn::Sub": [with_path("${Role}"), role] }), name_of_member_role())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use plumbline_core::control::Control;
    use plumbline_rules::registry::CONTROLS;

    use super::*;
    use crate::own_roles::own_role_name;

    const OTHER: &str = "acme-audit";

    /// The maximum length of the name of a role. Source: IAM and AWS STS quotas in the IAM User
    /// Guide.
    const NAME_LIMIT: usize = 64;

    /// The parameters and conditions with which a template is rendered.
    struct Rendering<'a> {
        values: BTreeMap<String, Value>,
        conditions: &'a Value,
        resources: &'a Value,
    }

    impl Rendering<'_> {
        fn text(&self, value: &Value) -> String {
            let rendered = self.rendered(value);
            rendered.as_str().map_or_else(|| rendered.to_string(), str::to_owned)
        }

        fn holds(&self, condition: &Value) -> bool {
            let (function, arguments) =
                condition.as_object().and_then(|one| one.iter().next()).expect("a condition");
            let several = || arguments.as_array().expect("conditions").iter();
            match function.as_str() {
                "Condition" => self.holds(&self.conditions[arguments.as_str().expect("a name")]),
                "Fn::Equals" => self.text(&arguments[0]) == self.text(&arguments[1]),
                "Fn::Not" => !self.holds(&arguments[0]),
                "Fn::And" => several().all(|one| self.holds(one)),
                "Fn::Or" => several().any(|one| self.holds(one)),
                other => panic!("{other}"),
            }
        }

        /// Replaces placeholders. Attributes of resources and pseudo parameters remain.
        fn filled_in(&self, text: &str, own: &Value) -> String {
            let mut filled = text.to_owned();
            for (name, value) in own.as_object().into_iter().flatten() {
                filled = filled.replace(&placeholder(name), &self.text(value));
            }
            for (name, value) in &self.values {
                filled = filled.replace(&placeholder(name), &self.text(value));
            }
            filled
        }

        fn rendered(&self, value: &Value) -> Value {
            if let Value::Array(values) = value {
                return values.iter().map(|value| self.rendered(value)).collect();
            }
            let Value::Object(members) = value else { return value.clone() };
            match members.iter().next().map(|(name, value)| (name.as_str(), value)) {
                Some(("Ref", name)) => {
                    let name = name.as_str().expect("a name");
                    let is_known = name.starts_with("AWS::") || self.resources.get(name).is_some();
                    self.values.get(name).cloned().unwrap_or_else(|| {
                        assert!(is_known, "{name} is not declared");
                        json!(placeholder(name))
                    })
                }
                Some(("Fn::If", parts)) => {
                    let of_name = &self.conditions[parts[0].as_str().expect("a name")];
                    self.rendered(&parts[if self.holds(of_name) { 1 } else { 2 }])
                }
                Some(("Fn::Sub", Value::Array(parts))) => {
                    json!(self.filled_in(parts[0].as_str().expect("a text"), &parts[1]))
                }
                Some(("Fn::Sub", text)) => {
                    json!(self.filled_in(text.as_str().expect("a text"), &Value::Null))
                }
                Some(("Fn::Split", parts)) => {
                    let (separator, text) = (self.text(&parts[0]), self.text(&parts[1]));
                    text.split(separator.as_str()).collect()
                }
                Some(("Fn::Select", parts)) => {
                    let at = self.text(&parts[0]).parse::<usize>().expect("a number");
                    self.rendered(&parts[1])[at].clone()
                }
                _ => members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.rendered(value)))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
            }
        }
    }

    /// Renders the resources and outputs of all templates, with parameters that are given.
    fn rendered(given: &[(&str, &str)]) -> BTreeMap<&'static str, Value> {
        let render = |template: crate::template::Template| {
            let content: Value = serde_json::from_str(&template.json()).expect("JSON");
            let mut values = BTreeMap::new();
            for parameter in template.parameters() {
                let given = given.iter().find(|(name, _)| *name == parameter.name());
                let value = given.map(|(_, value)| *value).or_else(|| parameter.default());
                values.insert(parameter.name().to_owned(), json!(value.unwrap_or("given")));
            }
            let (conditions, resources) = (&content["Conditions"], &content["Resources"]);
            let rendering = Rendering { values, conditions, resources };
            let sections = ["Resources", "Outputs"].map(|name| rendering.rendered(&content[name]));
            (template.name(), json!(sections))
        };
        crate::all().into_iter().map(render).collect()
    }

    /// Returns the texts of a value with their places: the names of members, joined.
    fn texts(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Array(values) => {
                values.iter().for_each(|value| texts(value, &format!("{place}/"), found));
            }
            Value::Object(members) => members
                .iter()
                .for_each(|(name, value)| texts(value, &format!("{place}/{name}"), found)),
            Value::String(text) => found.push((place.to_owned(), text.clone())),
            other => found.push((place.to_owned(), other.to_string())),
        }
    }

    fn all_texts(given: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, value) in rendered(given) {
            texts(&value, name, &mut found);
        }
        found
    }

    /// Returns the names of the roles and managed policies of all templates.
    fn names(given: &[(&str, &str)]) -> BTreeSet<String> {
        let is_name = |(place, _): &(String, String)| {
            place.ends_with("/RoleName") || place.ends_with("/ManagedPolicyName")
        };
        all_texts(given).into_iter().filter(is_name).map(|(_, name)| name).collect()
    }

    /// Returns the names of roles with the default prefix.
    fn of_earlier_releases() -> BTreeSet<String> {
        let of_controls = CONTROLS
            .into_iter()
            .flat_map(|control: &Control| [control.function_name(), own_role_name(control)]);
        let others = [
            "aggregator",
            "central",
            "member",
            "organization",
            "organization-schedule",
            "organization-states",
            "reconcile",
            "reconcile-start",
        ];
        of_controls.chain(others.map(|name| format!("plumbline-{name}"))).collect()
    }

    #[test]
    fn the_default_is_the_name_of_earlier_releases() {
        assert_eq!(names(&[]), of_earlier_releases());
        let canary = names(&[(FUNCTION_SET, "plumbline-canary")]);
        assert!(canary.contains("plumbline-canary") && !canary.contains("plumbline-central"));
    }

    #[test]
    fn all_names_begin_with_the_prefix() {
        let expected = of_earlier_releases();
        let expected = expected.iter().map(|name| name.replace("plumbline", OTHER));
        assert_eq!(names(&[(NAME_PREFIX, OTHER)]), expected.collect());
        let canary = names(&[(NAME_PREFIX, OTHER), (FUNCTION_SET, "plumbline-canary")]);
        assert!(canary.contains("acme-audit-canary") && !canary.contains("acme-audit-central"));
        let own = names(&[(NAME_PREFIX, OTHER), (MEMBER_ROLE_NAME, "reader")]);
        assert!(own.contains("reader") && !own.contains("acme-audit-member"));
    }

    /// The only other texts that change refer to roles and policies, or pass the prefix on.
    #[test]
    fn nothing_else_changes() {
        let (before, after) = (all_texts(&[]), all_texts(&[(NAME_PREFIX, OTHER)]));
        assert_eq!(before.len(), after.len());
        for ((place, before), (same_place, after)) in before.iter().zip(&after) {
            assert_eq!(place, same_place);
            if before == after {
                // A reference to a role by its name would be wrong with another prefix.
                let refers = before.contains(":role/plumbline") || before.contains("policy/plumb");
                assert!(!refers, "{place}: {before}");
                continue;
            }
            assert_eq!(&before.replace("plumbline", OTHER), after, "{place}");
            let end = place.rsplit('/').next().unwrap_or_default();
            let is_identity = before.starts_with("arn:")
                && [":role/", ":policy/"].iter().any(|kind| before.contains(kind));
            assert!(
                is_identity
                    || [
                        NAME_PREFIX,
                        "ManagedPolicyName",
                        "ParameterValue",
                        "PLUMBLINE_ROLE_NAME",
                        "RoleName"
                    ]
                    .contains(&end),
                "{place}: {before}"
            );
        }
        let variables = |given: &[(&str, &str)]| -> BTreeSet<String> {
            let of_name = |(place, _): &(String, String)| place.ends_with("/PLUMBLINE_ROLE_NAME");
            all_texts(given).into_iter().filter(of_name).map(|(_, text)| text).collect()
        };
        let moved = [(NAME_PREFIX, OTHER), (ROLE_PATH, "/security/")];
        for (given, expected) in [
            ([].as_slice(), "plumbline-member"),
            (&moved[..1], "acme-audit-member"),
            (&moved[..], "/security/acme-audit-member"),
            (&[(ROLE_PATH, "/a/"), (MEMBER_ROLE_NAME, "reader")], "/a/reader"),
        ] {
            assert_eq!(variables(given), BTreeSet::from([expected.to_owned()]));
        }
    }

    #[test]
    fn every_name_with_the_longest_prefix_is_short_enough() {
        let longest = "x".repeat(42);
        for template in crate::all() {
            let Some(prefix) = template.parameter(NAME_PREFIX) else { continue };
            for (value, is_accepted) in [
                (longest.as_str(), true),
                (&format!("{longest}x"), false),
                ("", false),
                ("acme/audit", false),
                ("acme*", false),
                ("acme audit", false),
                ("Acme_1+=,.@-", true),
            ] {
                assert_eq!(prefix.accepts(value).is_ok(), is_accepted, "{value}");
            }
        }
        let names = names(&[(NAME_PREFIX, &longest)]);
        let length = names.iter().map(String::len).max();
        assert_eq!(length, Some(NAME_LIMIT), "the prefix can be longer, or a name does not fit");
    }
}
