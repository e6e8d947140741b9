//! 1.17: a role for AWS Support.

use plumbline_core::facts::PolicyRoles;
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::policies::some_of;

plumbline_core::control! {
    /// An IAM role has the AWSSupportAccess policy attached
    ///
    /// ## Why
    /// During an incident, a person on call has to open and answer support cases. With a role that
    /// has only this permission, no one has to do this as the root user or as an administrator.
    ///
    /// ## Decision
    /// The AWS managed policy `AWSSupportAccess` is attached to at least one role. Users and groups
    /// with the policy do not count.
    ///
    /// ## Remediation
    /// Create an IAM role that the people on call can assume, and attach the AWS managed policy
    /// AWSSupportAccess to the role.
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
    let role = Input::shared("SUPPORT_ROLE", "the role of the people who handle incidents");
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
            [] => Verdict::non_compliant("No role has the policy 'AWSSupportAccess' attached."),
            names => Verdict::compliant(format!(
                "Policy 'AWSSupportAccess' is attached to roles: {}.",
                some_of(names)
            )),
        };
        Ok(verdict.evidence(json!({ "policy": policy, "roles": roles })))
    }

    fn examples() -> Vec<Example> {
        const POLICY: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";
        let roles =
            |names: &[&str]| PolicyRoles(names.iter().map(|name| (*name).to_owned()).collect());
        let key = || Key::resource(FactKind::PolicyRoles, REGION, POLICY);
        vec![
            Example::new("a role with the policy")
                .resource(POLICY, roles(&["support"]))
                .expect(Compliance::Compliant, "attached to roles: 'support'."),
            Example::new("no role with the policy")
                .resource(POLICY, roles(&[]))
                .expect(Compliance::NonCompliant, "No role"),
            Example::new("the policy of another partition")
                .partition(plumbline_core::aws::Partition::China)
                .resource("arn:aws-cn:iam::aws:policy/AWSSupportAccess", roles(&["support"]))
                .expect(Compliance::Compliant, "attached to roles: 'support'."),
            Example::new("access denied to ListEntitiesForPolicy")
                .denied(key())
                .expect(Compliance::NotAssessed, "iam:ListEntitiesForPolicy"),
            Example::new("a policy that does not exist")
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
