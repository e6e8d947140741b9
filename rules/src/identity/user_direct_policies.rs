//! 1.15: policies of IAM users.

use plumbline_core::facts::{
    Holding, IdentityKind, InlinePolicy, PolicyHolder, UserPolicies, UserWithPolicies,
};
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::policies::some_of;

plumbline_core::control! {
    /// IAM users have no inline or directly attached policies
    ///
    /// ## Why
    /// Permissions that are attached to a user remain when the person changes tasks. A review of
    /// groups does not show them.
    ///
    /// ## Decision
    /// For each IAM user: the user has no inline policy and no directly attached managed policy. A
    /// permissions boundary grants no permissions and does not count.
    ///
    /// ## Remediation
    /// Attach the policy to an IAM group for the task, add the user to the group, and detach or
    /// delete the policy of the user.
    ///
    /// ```sh
    /// aws iam add-user-to-group --user-name NAME --group-name GROUP
    /// aws iam detach-user-policy --user-name NAME --policy-arn ARN
    /// aws iam delete-user-policy --user-name NAME --policy-name POLICY
    /// ```
    pub(crate) struct UserDirectPolicies: ResourceControl;
    id: ControlId::new("1.15"),
    slug: "user-direct-policies",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["6.8"],
    safeguards_v7: &["16"],
    since: "0.1.0",
    facts: &[FactKind::UserPolicies],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let user = failure.called();
    let group = Input::of("GROUP", user, format!("a group with the permissions of {user}"));
    let mut fix = Fix::new().command(
        failure
            .aws("iam add-user-to-group")
            .option("--user-name", user)
            .option("--group-name", group),
    );
    for policy in failure.texts("attached") {
        fix = fix.command(
            failure
                .aws("iam detach-user-policy")
                .option("--user-name", user)
                .option("--policy-arn", policy),
        );
    }
    let inline = failure.texts("inline");
    for policy in &inline {
        // The document is printed first: the script deletes the only copy.
        for operation in ["iam get-user-policy", "iam delete-user-policy"] {
            let command = failure.aws(operation).option("--user-name", user);
            fix = fix.command(command.option("--policy-name", *policy));
        }
    }
    if !inline.is_empty() {
        let what = "the inline policies. Keep the documents that the script prints.";
        fix = fix.effect(FixEffect::Deletes, what);
    }
    fix.effect(
        FixEffect::Disruptive,
        "the user loses all permissions that the group does not have.",
    )
    .undo("aws iam attach-user-policy and put-user-policy with the same policies")
    .terraform(Terraform::Argument(
        "aws_iam_user_group_membership in place of aws_iam_user_policy_attachment and \
         aws_iam_user_policy"
            .to_owned(),
    ))
}

impl ResourceControl for UserDirectPolicies {
    type Resource = UserWithPolicies;
    type Parameters = NoParameters;

    fn evaluate(user: &Subject<'_, UserWithPolicies>, _: &View<'_>, _: &NoParameters) -> Assessed {
        let UserWithPolicies(user) = &**user;
        let Holding::Principal { inline, attached, .. } = &user.holding else {
            return Err(NotAssessed::Undetermined(format!("{} is not a user.", user.arn)));
        };
        let inline: Vec<&str> = inline.iter().map(|policy| policy.name.as_str()).collect();
        let attached_names: Vec<&str> =
            attached.iter().map(|arn| arn.rsplit('/').next().unwrap_or(arn)).collect();
        let reason = match (inline.as_slice(), attached_names.as_slice()) {
            ([], []) => None,
            (inline, []) => Some(format!("The user has inline policies: {}.", some_of(inline))),
            ([], attached) => {
                Some(format!("The user has attached policies: {}.", some_of(attached)))
            }
            (inline, attached) => Some(format!(
                "The user has inline policies: {}; and attached policies: {}.",
                some_of(inline),
                some_of(attached)
            )),
        };
        let verdict = reason.map_or_else(
            || Verdict::compliant("The user has no inline and no attached policies."),
            Verdict::non_compliant,
        );
        Ok(verdict.evidence(json!({ "inline": inline, "attached": attached })))
    }

    fn examples() -> Vec<Example> {
        let alice = |situation, inline: &[&str], attached: &[&str]| {
            let inline = inline
                .iter()
                .map(|name| InlinePolicy { name: (*name).to_owned(), document: "{}".to_owned() })
                .collect();
            let attached =
                attached.iter().map(|name| format!("arn:aws:iam::aws:policy/{name}")).collect();
            Example::new(situation).account(UserPolicies(vec![UserWithPolicies(PolicyHolder {
                id: "AIDAALICE".to_owned(),
                name: "alice".to_owned(),
                arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
                holding: Holding::Principal { kind: IdentityKind::User, inline, attached },
            })]))
        };
        vec![
            alice("no policies", &[], &[])
                .passes("AIDAALICE", "no inline and no attached policies"),
            alice("an inline policy", &["quick-fix"], &[])
                .fails("AIDAALICE", "inline policies: 'quick-fix'."),
            alice("attached policies", &[], &["job-function/Billing", "ReadOnlyAccess"])
                .fails("AIDAALICE", "'Billing', 'ReadOnlyAccess'."),
            alice("inline and many attached policies", &["a"], &["b", "c", "d", "e"])
                .fails("AIDAALICE", "attached policies: 'b', 'c', 'd' and 1 more."),
            Example::new("no users")
                .account(UserPolicies::default())
                .expect(Compliance::Compliant, "no IAM users"),
            Example::new("access denied to GetAccountAuthorizationDetails")
                .denied(Key::account(FactKind::UserPolicies))
                .expect(Compliance::NotAssessed, "iam:GetAccountAuthorizationDetails"),
        ]
    }
}
