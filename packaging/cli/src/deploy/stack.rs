//! Stacks: what state they are in, and what comes next.

use aws_sdk_cloudformation::primitives::DateTime;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{REGIONS, RELEASE};

/// A stack as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stack {
    /// Its ARN.
    pub(super) id: String,
    /// `CREATE_COMPLETE`, …
    pub(super) status: String,
    /// Why it is in that state.
    pub(super) reason: Option<String>,
    pub(super) parameters: ParameterValues,
    /// When it was made or changed last.
    pub(super) changed: Option<DateTime>,
}

impl Stack {
    /// Whether something is under way. A stack under review has nothing but a change set.
    pub(super) fn is_under_way(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && self.status != "REVIEW_IN_PROGRESS"
    }

    /// Whether its latest operation came to what it was to be.
    pub(super) fn is_well(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
    }

    /// Whether it was being deleted when something failed.
    pub(super) fn is_partly_gone(&self) -> bool {
        self.status == "DELETE_FAILED"
    }

    /// The Regions of an organization's stack sets.
    pub(super) fn regions(&self) -> Vec<String> {
        let regions = self.parameters.get(REGIONS).map(String::as_str).unwrap_or_default();
        regions
            .split(',')
            .map(str::trim)
            .filter(|region| !region.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The release that it has; nothing when it has the buckets only.
    pub(super) fn release(&self) -> Option<&str> {
        self.parameters.get(RELEASE).map(String::as_str).filter(|release| !release.is_empty())
    }
}

/// What a stack should become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Whatever it is already; made with such parameters where there is none.
    Buckets(ParameterValues),
    /// A stack with such parameters, whatever else it has.
    With(ParameterValues),
}

/// What has to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is as it should be.
    Nothing,
    /// Wait until what is under way has ended.
    Wait,
    /// Delete it: it never came into being or is partly gone, and CloudFormation changes no such
    /// stack.
    Delete,
    /// Finish the rollback that got stuck.
    ContinueRollback,
    Create,
    Update,
}

/// What comes next on the way from a stack as it is to what it should be.
pub(super) fn next(stack: Option<&Stack>, wanted: &Wanted) -> Step {
    let Some(stack) = stack else { return Step::Create };
    match stack.status.as_str() {
        "REVIEW_IN_PROGRESS" => Step::Create,
        "CREATE_FAILED" | "ROLLBACK_FAILED" | "ROLLBACK_COMPLETE" | "DELETE_FAILED" => Step::Delete,
        "UPDATE_ROLLBACK_FAILED" => Step::ContinueRollback,
        _ if stack.is_under_way() => Step::Wait,
        _ => match wanted {
            Wanted::Buckets(_) => Step::Nothing,
            Wanted::With(parameters) if differences(stack, parameters).next().is_none() => {
                Step::Nothing
            }
            Wanted::With(_) => Step::Update,
        },
    }
}

/// The wanted parameters that a stack has otherwise, or has not: name, what it has, what it should
/// have.
pub(super) fn differences<'a>(
    stack: &'a Stack,
    wanted: &'a ParameterValues,
) -> impl Iterator<Item = (&'a str, Option<&'a str>, &'a str)> {
    let held = |name: &str| stack.parameters.get(name).map(String::as_str);
    wanted
        .iter()
        .map(move |(name, value)| (name.as_str(), held(name), value.as_str()))
        .filter(|(_, held, value)| *held != Some(*value))
}

/// One event of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) resource_type: String,
    pub(super) logical_id: String,
    pub(super) physical_id: String,
    pub(super) status: String,
    pub(super) reason: String,
}

impl Event {
    /// Whether the operation on the stack itself began with it: its deletion, or else what made or
    /// changed it. A stack within a stack that failed is deleted afterwards.
    pub(super) fn begins_operation(&self, stack_id: &str, is_deletion: bool) -> bool {
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

    /// The stack within the stack that it is about.
    pub(super) fn nested<'a>(&'a self, stack_id: &str) -> Option<&'a str> {
        let is_stack = self.resource_type == "AWS::CloudFormation::Stack"
            && self.physical_id.starts_with("arn:")
            && self.physical_id != stack_id;
        is_stack.then_some(self.physical_id.as_str())
    }
}

/// The first failure of the latest operation, from its events, the latest first. Resources that
/// were cancelled because another one failed do not count, nor does the stack itself.
pub(super) fn first_failure<'a>(
    stack_id: &str,
    is_deletion: bool,
    events: &'a [Event],
) -> Option<&'a Event> {
    let is_cause = |event: &&Event| {
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
            changed: None,
        }
    }

    fn release(release: &str) -> Wanted {
        Wanted::With(ParameterValues::from([("Release".to_owned(), release.to_owned())]))
    }

    #[test]
    fn every_state_has_a_next_step() {
        let cases = [
            ("REVIEW_IN_PROGRESS", Step::Create),
            ("CREATE_IN_PROGRESS", Step::Wait),
            ("CREATE_FAILED", Step::Delete),
            ("CREATE_COMPLETE", Step::Update),
            ("ROLLBACK_IN_PROGRESS", Step::Wait),
            ("ROLLBACK_FAILED", Step::Delete),
            ("ROLLBACK_COMPLETE", Step::Delete),
            ("DELETE_IN_PROGRESS", Step::Wait),
            ("DELETE_FAILED", Step::Delete),
            ("UPDATE_IN_PROGRESS", Step::Wait),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Step::Wait),
            ("UPDATE_COMPLETE", Step::Update),
            ("UPDATE_FAILED", Step::Update),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Step::Wait),
            ("UPDATE_ROLLBACK_FAILED", Step::ContinueRollback),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Step::Wait),
            ("UPDATE_ROLLBACK_COMPLETE", Step::Update),
            ("IMPORT_IN_PROGRESS", Step::Wait),
            ("IMPORT_COMPLETE", Step::Update),
            ("IMPORT_ROLLBACK_COMPLETE", Step::Update),
        ];
        for (status, expected) in cases {
            assert_eq!(next(Some(&stack(status)), &release("2")), expected, "{status}");
        }
        assert_eq!(next(None, &release("2")), Step::Create);
        assert_eq!(next(None, &Wanted::Buckets(ParameterValues::new())), Step::Create);
    }

    #[test]
    fn what_is_as_wanted_stays() {
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] {
            assert_eq!(next(Some(&stack(status)), &release("1")), Step::Nothing, "{status}");
            assert_eq!(
                next(Some(&stack(status)), &Wanted::Buckets(ParameterValues::new())),
                Step::Nothing,
                "{status}"
            );
        }
        assert_eq!(
            next(Some(&stack("ROLLBACK_COMPLETE")), &Wanted::Buckets(ParameterValues::new())),
            Step::Delete
        );
        let new_parameter =
            Wanted::With(ParameterValues::from([("Packs".to_owned(), "on".to_owned())]));
        assert_eq!(next(Some(&stack("CREATE_COMPLETE")), &new_parameter), Step::Update);
    }

    fn event(logical_id: &str, physical_id: &str, status: &str, reason: &str) -> Event {
        let resource_type = if physical_id.starts_with("arn:stack") {
            "AWS::CloudFormation::Stack"
        } else {
            "AWS::S3::Bucket"
        };
        Event {
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
    fn nested_stacks_are_told_from_the_stack_itself() {
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
