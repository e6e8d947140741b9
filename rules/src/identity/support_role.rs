//! 1.17: somebody may ask AWS for help.

use plumbline_core::facts::PolicyRoles;
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::policies::some_of;

plumbline_core::control! {
    /// An IAM role has the AWSSupportAccess policy attached
    ///
    /// ## Why
    /// In an incident, somebody must be able to open a case and to answer. A role with that
    /// permission, and no other, keeps people from doing it as root or as administrators.
    ///
    /// ## Decision
    /// The AWS-managed policy `AWSSupportAccess` is attached to at least one role. Users and groups
    /// who have it do not count.
    ///
    /// ## Remediation
    /// Make a role that the people on call may assume, and attach AWSSupportAccess to it.
    ///
    /// ```sh
    /// aws iam attach-role-policy --role-name support --policy-arn arn:aws:iam::aws:policy/AWSSupportAccess
    /// ```
    pub(crate) struct SupportRole: AccountControl;
    id: ControlId::new("1.17"),
    slug: "support-role",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["17.1"],
    safeguards_v7: &["14"],
    since: "0.1.0",
    facts: &[FactKind::PolicyRoles],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let policy = format!("arn:{}:iam::aws:policy/AWSSupportAccess", failure.partition);
    let role = Input::shared("SUPPORT_ROLE", "the role of those who handle incidents");
    let command = failure
        .aws("iam attach-role-policy")
        .option("--role-name", role)
        .option("--policy-arn", policy);
    Fix::new()
        .command(command)
        .undo("aws iam detach-role-policy with the same role and policy")
        .terraform(Terraform::Argument(
            "aws_iam_role_policy_attachment: policy_arn = the ARN of AWSSupportAccess".to_owned(),
        ))
}

impl AccountControl for SupportRole {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let context = view.context();
        let policy = format!("arn:{}:iam::aws:policy/AWSSupportAccess", context.partition);
        let PolicyRoles(roles) = view.related::<PolicyRoles>(&context.region, &policy)?;
        let names: Vec<&str> = roles.iter().map(String::as_str).collect();
        let verdict = match names.as_slice() {
            [] => Verdict::non_compliant("No role has the policy AWSSupportAccess."),
            names => {
                Verdict::compliant(format!("AWSSupportAccess is attached to {}.", some_of(names)))
            }
        };
        Ok(verdict.evidence(json!({ "policy": policy, "roles": roles })))
    }

    fn examples() -> Vec<Example> {
        const POLICY: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";
        let roles =
            |names: &[&str]| PolicyRoles(names.iter().map(|name| (*name).to_owned()).collect());
        let key = || Key::resource(FactKind::PolicyRoles, REGION, POLICY);
        vec![
            Example::new("a role has the policy")
                .resource(POLICY, roles(&["support"]))
                .expect(Compliance::Compliant, "attached to support."),
            Example::new("no role has it")
                .resource(POLICY, roles(&[]))
                .expect(Compliance::NonCompliant, "No role"),
            Example::new("the policy of another partition")
                .partition(plumbline_core::aws::Partition::China)
                .resource("arn:aws-cn:iam::aws:policy/AWSSupportAccess", roles(&["support"]))
                .expect(Compliance::Compliant, "attached to support."),
            Example::new("the roles may not be listed")
                .denied(key())
                .expect(Compliance::NotAssessed, "iam:ListEntitiesForPolicy"),
            Example::new("AWS does not know the policy")
                .answer(
                    key(),
                    Err(ReadError::new(
                        "iam:ListEntitiesForPolicy",
                        Cause::NotFound,
                        "NoSuchEntity",
                    )),
                )
                .expect(Compliance::NotAssessed, "does not exist"),
        ]
    }
}
