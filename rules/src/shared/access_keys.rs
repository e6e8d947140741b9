//! The fixes of 1.11 to 1.14. The credential report does not have the ids of access keys.

use plumbline_core::fix::{FixCommand, Input, ShellFunction, Terraform};
use plumbline_core::prelude::*;

use super::shell::{DEACTIVATE_ACCESS_KEY, DELETE_ACCESS_KEY};

/// Returns one command for each of `count` keys of the user.
fn each(
    failure: &Failure<'_>,
    function: &'static ShellFunction,
    count: usize,
    which: &str,
) -> Vec<FixCommand> {
    let user = failure.called();
    let which = if count == 1 { which } else { "one of the failing keys" };
    let command = |number| {
        let of = format!("{user} {which} {number}");
        let what = format!("the id of an access key of {user}: {which}");
        FixCommand::call(function)
            .argument(failure.resource.region.as_str())
            .argument(user)
            .argument(Input::of("ACCESS_KEY_ID", of, what))
    };
    (0..count).map(command).collect()
}

fn explained(fix: Fix) -> Fix {
    fix.note("The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.")
        .note(
            "IAM generates a new credential report every four hours: until then the control still \
             fails.",
        )
        .terraform(Terraform::Argument("aws_iam_access_key: status, or remove it".to_owned()))
}

/// Returns the fix that deletes `count` keys that were never used.
pub(crate) fn delete(failure: &Failure<'_>, count: usize) -> Fix {
    let commands = each(failure, &DELETE_ACCESS_KEY, count, "the one that was never used");
    if count == 0 {
        return Fix::new();
    }
    let fix = commands.into_iter().fold(Fix::new(), Fix::command);
    explained(fix).effect(FixEffect::Deletes, "the access key, which was never used.")
}

/// Returns the fix that deactivates `count` keys.
pub(crate) fn deactivate(failure: &Failure<'_>, count: usize, which: &str) -> Fix {
    let commands = each(failure, &DEACTIVATE_ACCESS_KEY, count, which);
    let fix = commands.into_iter().fold(Fix::new(), Fix::command);
    if count == 0 {
        return fix;
    }
    explained(fix)
        .effect(FixEffect::Disruptive, "requests that still use the access key are denied.")
        .undo("aws iam update-access-key --status Active for the same key")
}
