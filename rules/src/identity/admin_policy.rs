//! 1.16: policies that allow all actions on all resources.

use plumbline_core::evaluation::Holders;
mod examples;

use plumbline_core::facts::{
    Holding, IdentityKind, InlinePolicy, PolicyDocument, PolicyHolder, PolicyHolders, UserPolicies,
};
use plumbline_core::policy::{FullAdmin, Policy, StatementName, full_admin};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::policies::{first_few, not_understood};

plumbline_core::control! {
    /// No IAM policy in use allows all actions on all resources
    ///
    /// ## Why
    /// A principal with such a policy can disable every other control. An attacker with the
    /// credentials of that principal can do the same.
    ///
    /// ## Decision
    /// The control evaluates each managed policy that is attached to a user, group or role, and all
    /// inline policies of a user, group or role together. The statements do not allow every action
    /// on every resource, neither alone nor in combination. Actions are those of the AWS Service
    /// Reference, so `NotAction` with a name that does not exist excludes nothing. Conditions and
    /// Deny statements do not change the result. AWS managed policies count unless
    /// `includeAwsManaged` is false. Inline policies count unless `includeInline` is false.
    /// Policies without an attachment, and policies that are attached only as a permissions
    /// boundary, do not count. A statement that is not understood leaves the policy not assessed,
    /// unless the other statements allow everything.
    ///
    /// ## Remediation
    /// Replace the policy with a policy that allows only the actions that its users, groups and
    /// roles need. IAM Access Advisor shows which actions they use, and IAM Access Analyzer can
    /// generate a policy from CloudTrail events. For a principal that has to be an administrator,
    /// register an exception that names the principal in `holders`.
    ///
    /// ```sh
    /// aws iam list-entities-for-policy --policy-arn ARN
    /// ```
    pub(crate) struct AdminPolicy: ResourceControl;
    id: ControlId::new("1.16"),
    slug: "admin-policy",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Global,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["4"],
    since: "0.1.0",
    facts: &[FactKind::UserPolicies, FactKind::PolicyHolders, FactKind::AttachedAwsPolicies,
        FactKind::PolicyDocument],
    fix: |_| {
        Fix::by_hand(
            "A person has to decide which actions the holders need. IAM Access Advisor shows which \
             actions they use, and IAM Access Analyzer can generate a policy.",
        )
    },
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether AWS managed policies are evaluated.
        include_aws_managed: bool = ("includeAwsManaged", "true", False),
        /// Whether inline policies are evaluated.
        include_inline: bool = ("includeInline", "true", False),
    }
}

/// Returns the users, groups and roles to which a policy is attached, and a text that lists them.
/// Those that cannot be read count as unknown, which changes no verdict.
fn holders(view: &View<'_>, arn: &str, attachments: i32) -> Result<(Holders, String), NotAssessed> {
    let (users, others) = (view.account::<UserPolicies>(), view.account::<PolicyHolders>());
    if matches!(users, Err(NotAssessed::Missing)) || matches!(others, Err(NotAssessed::Missing)) {
        return Err(NotAssessed::Missing);
    }
    let users = users.into_iter().flat_map(|users| &users.0).map(|user| &user.0);
    let principals = users.chain(others.into_iter().flat_map(|others| &others.0));
    let (mut arns, mut names) = (Vec::new(), Vec::new());
    for holder in principals {
        let Holding::Principal { kind, attached, .. } = &holder.holding else { continue };
        if attached.iter().any(|attached| attached == arn) {
            let kind = match kind {
                IdentityKind::User => "user",
                IdentityKind::Group => "group",
                IdentityKind::Role => "role",
            };
            arns.push(holder.arn.clone());
            names.push(format!("{kind} '{}'", holder.name));
        }
    }
    let attachments = usize::try_from(attachments).unwrap_or_default();
    let unknown = attachments.saturating_sub(arns.len());
    let text = match (names.as_slice(), unknown) {
        ([], 1) => "Attached once".to_owned(),
        ([], times) => format!("Attached {times} times"),
        (names, 0) => format!("Attached to {}", first_few(names)),
        (names, 1) => format!("Attached to {} and 1 unknown principal", first_few(names)),
        (names, more) => format!("Attached to {} and {more} unknown principals", first_few(names)),
    };
    Ok((Holders { arns, unknown }, text))
}

fn managed(policy: &PolicyHolder, view: &View<'_>, document: &str, attachments: i32) -> Assessed {
    let read = Policy::parse(document).map_err(|error| {
        NotAssessed::Undetermined(format!("the policy is not understood: {error}."))
    })?;
    // The holders are read first, so that the policy is evaluated only once.
    let (holders, attached) = holders(view, &policy.arn, attachments)?;
    let answer = view.within_share(|limit| full_admin(&read, limit))?;
    if answer.verdict == FullAdmin::Undetermined {
        return Err(not_understood(&answer));
    }
    let reason = format!("{attached}. {}", answer.detail);
    let evidence = json!({ "attachments": attachments, "holders": holders.arns,
        "explanation": answer.detail });
    let verdict = match answer.verdict {
        FullAdmin::Yes => Verdict::non_compliant(reason).holders(holders),
        FullAdmin::No | FullAdmin::Undetermined => Verdict::compliant(reason),
    };
    Ok(verdict.evidence(evidence))
}

/// Evaluates all inline policies of one holder together.
fn inline(holder: &PolicyHolder, view: &View<'_>, policies: &[InlinePolicy]) -> Assessed {
    let (mut understood, mut unknown) = (Vec::new(), None);
    for InlinePolicy { name, document } in policies {
        match Policy::parse(document) {
            Ok(policy) => understood.push((name.as_str(), policy)),
            Err(error) => {
                let why = format!("inline policy '{name}' is not understood: {error}.");
                unknown = unknown.or(Some(NotAssessed::Undetermined(why)));
            }
        }
    }
    let together = Policy::together(understood);
    let answer = view.within_share(|limit| full_admin(&together, limit))?;
    match (answer.verdict, unknown) {
        (FullAdmin::Yes, _) => {
            let mut names: Vec<&str> =
                answer.statements.iter().filter_map(StatementName::policy).collect();
            names.dedup();
            let policies = if names.len() == 1 { "Inline policy" } else { "Inline policies" };
            let holder = Holders { arns: vec![holder.arn.clone()], unknown: 0 };
            Ok(Verdict::non_compliant(format!("{policies}: {}", answer.detail))
                .holders(holder)
                .evidence(json!({ "policies": names, "explanation": answer.detail })))
        }
        (FullAdmin::Undetermined, _) => Err(not_understood(&answer)),
        (FullAdmin::No, Some(unknown)) => Err(unknown),
        (FullAdmin::No, None) => {
            let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
            let reason = if names.len() == 1 {
                "The inline policy does not allow every action on every resource.".to_owned()
            } else {
                format!(
                    "The {} inline policies together do not allow every action on every resource.",
                    names.len()
                )
            };
            Ok(Verdict::compliant(reason)
                .evidence(json!({ "policies": names, "explanation": answer.detail })))
        }
    }
}

impl ResourceControl for AdminPolicy {
    type Resource = PolicyHolder;
    type Parameters = Parameters;

    fn concerns(
        holder: &Subject<'_, PolicyHolder>,
        _: &View<'_>,
        parameters: &Parameters,
    ) -> Result<bool, NotAssessed> {
        Ok(match &holder.holding {
            Holding::Managed { attachments, .. } => *attachments > 0,
            Holding::AwsManaged { attachments, .. } => {
                parameters.include_aws_managed && *attachments > 0
            }
            Holding::Principal { inline, .. } => parameters.include_inline && !inline.is_empty(),
        })
    }

    fn evaluate(holder: &Subject<'_, PolicyHolder>, view: &View<'_>, _: &Parameters) -> Assessed {
        match &holder.holding {
            Holding::Managed { attachments, document } => {
                managed(holder, view, document, *attachments)
            }
            Holding::AwsManaged { attachments, version } => {
                let PolicyDocument(document) = view.related::<PolicyDocument>(
                    &view.context().region,
                    &format!("{}:{version}", holder.arn),
                )?;
                managed(holder, view, document, *attachments)
            }
            Holding::Principal { inline: policies, .. } => inline(holder, view, policies),
        }
    }

    fn evaluate_none(_: &View<'_>, _: &Self::Parameters) -> Assessed {
        Ok(Verdict::compliant(
            "No policy in scope is attached to a user, group or role, and no user, group or role \
             has an inline policy in scope.",
        ))
    }

    fn examples() -> Vec<Example> {
        examples::all()
    }
}
