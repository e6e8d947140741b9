//! What remedies 1.11 to 1.14: access keys, whose ids the credential report does not have.

use plumbline_core::facts::AccessKey;
use plumbline_core::fix::{FixCommand, Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::Value;

/// How many of the active keys in an evidence are of a sort; one where nothing is known.
pub(crate) fn active(keys: Option<&Value>, is_meant: impl Fn(&AccessKey) -> bool) -> usize {
    let keys: Vec<AccessKey> =
        keys.and_then(|keys| serde_json::from_value(keys.clone()).ok()).unwrap_or_default();
    keys.iter().filter(|key| key.active == Some(true) && is_meant(key)).count().max(1)
}

/// One command for each of so many keys of the user.
fn each(
    failure: &Failure<'_>,
    operation: &'static str,
    count: usize,
    which: &str,
) -> Vec<FixCommand> {
    let user = failure.called();
    let which = if count == 1 { which } else { "one of those that fail" };
    let command = |number| {
        let of = format!("{user} {which} {number}");
        let what = format!("the id of an access key of {user}: {which}");
        failure
            .aws(operation)
            .option("--user-name", user)
            .option("--access-key-id", Input::of("ACCESS_KEY_ID", of, what))
    };
    (0..count).map(command).collect()
}

fn explained(fix: Fix) -> Fix {
    fix.note("The ids: aws iam list-access-keys, and aws iam get-access-key-last-used for each.")
        .terraform(Terraform::Argument("aws_iam_access_key: status, or remove it".to_owned()))
}

/// Deletes so many keys that were never used.
pub(crate) fn delete(failure: &Failure<'_>, count: usize) -> Fix {
    let commands = each(failure, "iam delete-access-key", count, "the one that was never used");
    let fix = commands.into_iter().fold(Fix::new(), Fix::command);
    explained(fix).effect(FixEffect::Deletes, "the access key, which was never used.")
}

/// Deactivates so many keys.
pub(crate) fn deactivate(failure: &Failure<'_>, count: usize, which: &str) -> Fix {
    let commands = each(failure, "iam update-access-key", count, which);
    let inactive = |command: FixCommand| command.option("--status", "Inactive");
    let fix = commands.into_iter().map(inactive).fold(Fix::new(), Fix::command);
    if count == 0 {
        return fix;
    }
    explained(fix)
        .effect(FixEffect::Disruptive, "what still uses the access key is denied access.")
        .undo("aws iam update-access-key --status Active for the same key")
}
