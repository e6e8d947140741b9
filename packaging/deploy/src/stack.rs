//! Stacks: their state and the next action.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::primitives::DateTime;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{REGIONS, RELEASE};

use crate::guardrails::tags::StackTags;

/// A deployed stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stack {
    /// The ARN of the stack.
    pub(crate) id: String,
    /// `CREATE_COMPLETE`, …
    pub(crate) status: String,
    /// The reason for the status.
    pub(crate) reason: Option<String>,
    pub(crate) parameters: ParameterValues,
    /// The tags that users set.
    pub(crate) tags: BTreeMap<String, String>,
    /// The time of its creation.
    pub(crate) created: Option<DateTime>,
}

impl Stack {
    /// Whether an operation is in progress. A stack in review has only a change set.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && self.status != "REVIEW_IN_PROGRESS"
    }

    /// Whether the latest operation succeeded.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
    }

    /// Whether the stack has the functions of a release.
    pub(crate) fn has_release(&self, name: &str) -> bool {
        self.is_complete() && self.release() == Some(name)
    }

    /// Whether the deletion of the stack failed.
    pub(crate) fn is_partly_deleted(&self) -> bool {
        self.status == "DELETE_FAILED"
    }

    /// Returns the Regions of an organization's stack sets.
    pub(crate) fn regions(&self) -> Vec<String> {
        let regions = self.parameters.get(REGIONS).map(String::as_str).unwrap_or_default();
        regions
            .split(',')
            .map(str::trim)
            .filter(|region| !region.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Returns the release of the stack. `None` if it has only the buckets.
    pub(crate) fn release(&self) -> Option<&str> {
        self.parameters.get(RELEASE).map(String::as_str).filter(|release| !release.is_empty())
    }
}

/// The wanted state of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WantedStack {
    /// Any state of an existing stack, otherwise a new stack with these parameters.
    Buckets(ParameterValues),
    /// A stack with these parameters. Other parameters do not matter.
    With(ParameterValues),
}

/// The next action for a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StackAction {
    /// The stack is current.
    Nothing,
    /// Wait until the operation in progress has ended.
    Wait,
    /// Delete the stack: its creation failed or it is partially deleted, and CloudFormation cannot
    /// update such a stack.
    Delete,
    /// Continue the failed rollback.
    ContinueRollback,
    Create,
    Update,
}

/// Returns the next action for a stack with tags.
pub(crate) fn next_action(
    stack: Option<&Stack>,
    wanted: &WantedStack,
    tags: &StackTags,
) -> StackAction {
    let Some(stack) = stack else { return StackAction::Create };
    match stack.status.as_str() {
        "REVIEW_IN_PROGRESS" => StackAction::Create,
        "CREATE_FAILED" | "ROLLBACK_FAILED" | "ROLLBACK_COMPLETE" | "DELETE_FAILED" => {
            StackAction::Delete
        }
        "UPDATE_ROLLBACK_FAILED" => StackAction::ContinueRollback,
        _ if stack.is_in_progress() => StackAction::Wait,
        _ => match wanted {
            WantedStack::Buckets(_) => StackAction::Nothing,
            WantedStack::With(parameters)
                if differences(stack, parameters).next().is_none() && tags.are(&stack.tags) =>
            {
                StackAction::Nothing
            }
            WantedStack::With(_) => StackAction::Update,
        },
    }
}

/// Returns the wanted parameters that differ: name, current value and wanted value.
pub(crate) fn differences<'a>(
    stack: &'a Stack,
    wanted: &'a ParameterValues,
) -> impl Iterator<Item = (&'a str, Option<&'a str>, &'a str)> {
    let held = |name: &str| stack.parameters.get(name).map(String::as_str);
    wanted
        .iter()
        .map(move |(name, value)| (name.as_str(), held(name), value.as_str()))
        .filter(|(_, held, value)| *held != Some(*value))
}

/// An event of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackEvent {
    pub(crate) resource_type: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) status: String,
    pub(crate) reason: String,
}

impl StackEvent {
    /// Whether the operation on the stack itself began with this event: its deletion, or its
    /// creation or update. A nested stack that failed is deleted afterwards.
    pub(crate) fn begins_operation(&self, stack_id: &str, is_deletion: bool) -> bool {
        if self.physical_id != stack_id {
            return false;
        }
        if is_deletion {
            return self.status == "DELETE_IN_PROGRESS";
        }
        matches!(
            self.status.as_str(),
            "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
        )
    }

    /// Returns the nested stack of the event.
    pub(crate) fn nested<'a>(&'a self, stack_id: &str) -> Option<&'a str> {
        let is_stack = self.resource_type == "AWS::CloudFormation::Stack"
            && self.physical_id.starts_with("arn:")
            && self.physical_id != stack_id;
        is_stack.then_some(self.physical_id.as_str())
    }
}

/// Returns the first failure of the latest operation from its events, the latest first. Resources
/// that were cancelled because of another failure do not count. Neither does the stack itself.
pub(crate) fn first_failure<'a>(
    stack_id: &str,
    is_deletion: bool,
    events: &'a [StackEvent],
) -> Option<&'a StackEvent> {
    let is_cause = |event: &&StackEvent| {
        event.status.ends_with("_FAILED")
            && event.physical_id != stack_id
            && !event.reason.contains("cancelled")
    };
    let of_operation =
        || events.iter().take_while(|event| !event.begins_operation(stack_id, is_deletion));
    of_operation()
        .filter(is_cause)
        .last()
        .or_else(|| of_operation().filter(|event| event.status.ends_with("_FAILED")).last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(status: &str) -> Stack {
        let parameters = ParameterValues::from([
            ("Release".to_owned(), "1".to_owned()),
            ("Level".to_owned(), "2".to_owned()),
        ]);
        Stack {
            id: "arn:stack".to_owned(),
            status: status.to_owned(),
            reason: None,
            parameters,
            tags: BTreeMap::new(),
            created: None,
        }
    }

    fn next_action(stack: Option<&Stack>, wanted: &WantedStack) -> StackAction {
        super::next_action(stack, wanted, &StackTags::default())
    }

    fn release(release: &str) -> WantedStack {
        WantedStack::With(ParameterValues::from([("Release".to_owned(), release.to_owned())]))
    }

    #[test]
    fn every_state_has_a_next_action() {
        let cases = [
            ("REVIEW_IN_PROGRESS", StackAction::Create),
            ("CREATE_IN_PROGRESS", StackAction::Wait),
            ("CREATE_FAILED", StackAction::Delete),
            ("CREATE_COMPLETE", StackAction::Update),
            ("ROLLBACK_IN_PROGRESS", StackAction::Wait),
            ("ROLLBACK_FAILED", StackAction::Delete),
            ("ROLLBACK_COMPLETE", StackAction::Delete),
            ("DELETE_IN_PROGRESS", StackAction::Wait),
            ("DELETE_FAILED", StackAction::Delete),
            ("UPDATE_IN_PROGRESS", StackAction::Wait),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackAction::Wait),
            ("UPDATE_COMPLETE", StackAction::Update),
            ("UPDATE_FAILED", StackAction::Update),
            ("UPDATE_ROLLBACK_IN_PROGRESS", StackAction::Wait),
            ("UPDATE_ROLLBACK_FAILED", StackAction::ContinueRollback),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackAction::Wait),
            ("UPDATE_ROLLBACK_COMPLETE", StackAction::Update),
            ("IMPORT_IN_PROGRESS", StackAction::Wait),
            ("IMPORT_COMPLETE", StackAction::Update),
            ("IMPORT_ROLLBACK_COMPLETE", StackAction::Update),
        ];
        for (status, expected) in cases {
            assert_eq!(next_action(Some(&stack(status)), &release("2")), expected, "{status}");
        }
        assert_eq!(next_action(None, &release("2")), StackAction::Create);
        assert_eq!(
            next_action(None, &WantedStack::Buckets(ParameterValues::new())),
            StackAction::Create
        );
    }

    #[test]
    fn what_is_as_wanted_stays() {
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] {
            assert_eq!(
                next_action(Some(&stack(status)), &release("1")),
                StackAction::Nothing,
                "{status}"
            );
            assert_eq!(
                next_action(Some(&stack(status)), &WantedStack::Buckets(ParameterValues::new())),
                StackAction::Nothing,
                "{status}"
            );
        }
        assert_eq!(
            next_action(
                Some(&stack("ROLLBACK_COMPLETE")),
                &WantedStack::Buckets(ParameterValues::new())
            ),
            StackAction::Delete
        );
        let new_parameter =
            WantedStack::With(ParameterValues::from([("Packs".to_owned(), "on".to_owned())]));
        assert_eq!(
            next_action(Some(&stack("CREATE_COMPLETE")), &new_parameter),
            StackAction::Update
        );
    }

    fn event(logical_id: &str, physical_id: &str, status: &str, reason: &str) -> StackEvent {
        let resource_type = if physical_id.starts_with("arn:stack") {
            "AWS::CloudFormation::Stack"
        } else {
            "AWS::S3::Bucket"
        };
        StackEvent {
            resource_type: resource_type.to_owned(),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn the_first_failure_is_the_cause() {
        let events = [
            event("plumbline", "arn:stack", "ROLLBACK_COMPLETE", ""),
            event(
                "plumbline",
                "arn:stack",
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [CodeBucket, Other].",
            ),
            event("Other", "", "CREATE_FAILED", "Resource creation cancelled"),
            event("CodeBucket", "b", "CREATE_FAILED", "plumbline-1 already exists"),
            event("CodeBucket", "b", "CREATE_IN_PROGRESS", ""),
            event("plumbline", "arn:stack", "CREATE_IN_PROGRESS", "User Initiated"),
            event("Old", "o", "CREATE_FAILED", "of another time"),
        ];
        assert_eq!(
            first_failure("arn:stack", false, &events).expect("a failure").reason,
            "plumbline-1 already exists"
        );
        assert_eq!(first_failure("arn:stack", false, &events[4..]), None);
    }

    #[test]
    fn a_deletion_after_the_failure_does_not_hide_it() {
        let mut events = vec![
            event("nested", "arn:stack", "DELETE_COMPLETE", ""),
            event("nested", "arn:stack", "DELETE_IN_PROGRESS", ""),
            event("Role", "r", "CREATE_FAILED", "exists"),
            event("nested", "arn:stack", "CREATE_IN_PROGRESS", ""),
        ];
        assert_eq!(first_failure("arn:stack", false, &events).expect("a failure").reason, "exists");
        assert_eq!(first_failure("arn:stack", true, &events), None);
        events.insert(0, event("Bucket", "b", "DELETE_FAILED", "not empty"));
        assert_eq!(
            first_failure("arn:stack", true, &events).expect("a failure").reason,
            "not empty"
        );
    }

    #[test]
    fn nested_stacks_are_not_the_stack_itself() {
        let nested = event(
            "Functions",
            "arn:stack/nested",
            "CREATE_FAILED",
            "Embedded stack was not successfully created",
        );
        assert_eq!(nested.nested("arn:stack"), Some("arn:stack/nested"));
        assert_eq!(event("plumbline", "arn:stack", "CREATE_FAILED", "").nested("arn:stack"), None);
        assert_eq!(event("Functions", "", "CREATE_FAILED", "").nested("arn:stack"), None);
    }
}
