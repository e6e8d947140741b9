//! 1.16: nobody is given everything.

use plumbline_core::facts::{
    AttachedAwsPolicies, Holding, IdentityKind, InlinePolicy, PolicyDocument, PolicyHolder,
    PolicyHolders, UserPolicies, UserWithPolicies,
};
use plumbline_core::policy::{FullAdmin, Policy, StatementName, full_admin};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::policies::not_understood;

plumbline_core::control! {
    /// No policy that is in use allows everything.
    ///
    /// ## Why
    /// Whoever holds such a policy can undo every other control, and so can whoever steals the
    /// holder's credentials.
    ///
    /// ## Decision
    /// For each managed policy that is attached to a user, a group or a role, and for all inline
    /// policies of a user, group or role together: the statements do not allow every action on
    /// every resource, alone or together. Actions are those of the AWS Service Reference:
    /// `NotAction` with a name that does not exist excludes nothing. Conditions and Deny statements
    /// do not excuse it. AWS managed policies count unless `includeAwsManaged` is false, inline
    /// policies unless `includeInline` is false. Policies that are attached to no one, or as a
    /// permissions boundary only, do not count. A statement that is not understood leaves the
    /// policy not assessed, unless the others allow everything.
    ///
    /// ## Remediation
    /// Find out what the holders really do, in IAM Access Advisor or with a policy generated from
    /// CloudTrail, and allow that. Where somebody must be able to do everything, use an exception.
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
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether policies of AWS count.
        include_aws_managed: bool = ("includeAwsManaged", "true"),
        /// Whether inline policies count.
        include_inline: bool = ("includeInline", "true"),
    }
}

fn managed(document: &str, attachments: i32) -> Assessed {
    let policy = Policy::parse(document).map_err(|error| {
        NotAssessed::Undetermined(format!("the policy is not understood: {error}."))
    })?;
    let answer = full_admin(&policy);
    let holders = if attachments == 1 {
        "Attached once".to_owned()
    } else {
        format!("Attached {attachments} times")
    };
    let reason = format!("{holders}. {}", answer.detail);
    let verdict = match answer.verdict {
        FullAdmin::Yes => Verdict::non_compliant(reason),
        FullAdmin::No => Verdict::compliant(reason),
        FullAdmin::Undetermined => return Err(not_understood(&answer)),
    };
    Ok(verdict.evidence(json!({ "attachments": attachments, "explanation": answer.detail })))
}

/// All inline policies of one holder hold together.
fn inline(policies: &[InlinePolicy]) -> Assessed {
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
    let answer = full_admin(&Policy::together(understood));
    match (answer.verdict, unknown) {
        (FullAdmin::Yes, _) => {
            let mut names: Vec<&str> =
                answer.statements.iter().filter_map(StatementName::policy).collect();
            names.dedup();
            let policies = if names.len() == 1 { "Inline policy" } else { "Inline policies" };
            Ok(Verdict::non_compliant(format!("{policies}: {}", answer.detail))
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
            Holding::Managed { attachments, document } => managed(document, *attachments),
            Holding::AwsManaged { attachments, version } => {
                let PolicyDocument(document) = view.related::<PolicyDocument>(
                    &view.context().region,
                    &format!("{}:{version}", holder.arn),
                )?;
                managed(document, *attachments)
            }
            Holding::Principal { inline: policies, .. } => inline(policies),
        }
    }

    fn evaluate_none(_: &View<'_>) -> Assessed {
        Ok(Verdict::compliant(
            "No policy that counts is attached to anybody, and there are no inline policies that \
             count.",
        ))
    }

    fn examples() -> Vec<Example> {
        const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}}"#;
        const ALL_BUT_IAM: &str = "\
            {\"Statement\":{\"Effect\":\"Allow\",\"NotAction\":\"iam:*\",\"Resource\":\"*\"}}";
        const IAM: &str = r#"{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;
        const MISSPELLED: &str = "\
            {\"Statement\":{\"Effect\":\"Allow\",\"NotAction\":\"iam:CreateUserX\",\"Resource\
            \":\"*\"}}";
        const UNKNOWN_BESIDE: &str = "\
            {\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},{\"Effe\
            ct\":\"Allow\",\"Actions\":\"s3:*\"}]}";
        const UNKNOWN_ELEMENT: &str = "\
            {\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Actions\":\"*\",\"R\
            esource\":\"*\"}]}";
        const UNKNOWN_OPERATOR: &str = "\
            {\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condit\
            ion\":{\"StringResembles\":{\"aws:x\":\"y\"}}}]}";
        const ENCODED: &str = "\
            %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allo\
            w%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%2C%22Condition%22%3A%7B\
            %22Bool%22%3A%7B%22aws%3AMultiFactorAuthPresent%22%3A%22true%22%7D%7D%7D%5D%7D";
        const AWS_POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
        const VERSION: &str = "arn:aws:iam::aws:policy/AdministratorAccess:v1";
        let holder = |id: &str, arn: &str, holding| PolicyHolder {
            id: id.to_owned(),
            name: id.to_ascii_lowercase(),
            arn: arn.to_owned(),
            holding,
        };
        let own = |attachments, document: &str| {
            holder(
                "ANPA1",
                "arn:aws:iam::111122223333:policy/anpa1",
                Holding::Managed { attachments, document: document.to_owned() },
            )
        };
        let principal = |id: &str, kind, documents: &[&str]| {
            let policy = |(number, document): (usize, &&str)| InlinePolicy {
                name: format!("inline-{number}"),
                document: (*document).to_owned(),
            };
            let inline = documents.iter().enumerate().map(policy).collect();
            holder(
                id,
                &format!("arn:aws:iam::111122223333:x/{id}"),
                Holding::Principal { kind, inline, attached: Vec::new() },
            )
        };
        let empty = |situation| {
            Example::new(situation)
                .account(UserPolicies::default())
                .account(PolicyHolders::default())
                .account(AttachedAwsPolicies::default())
        };
        let with = |situation, holders| empty(situation).account(PolicyHolders(holders));
        let aws = |situation| {
            let holding = Holding::AwsManaged { attachments: 2, version: "v1".to_owned() };
            empty(situation).account(AttachedAwsPolicies(vec![holder(
                "ANPAADMIN",
                AWS_POLICY,
                holding,
            )]))
        };
        let document = |text: &str| PolicyDocument(text.to_owned());
        let user = |documents: &[&str]| {
            UserPolicies(vec![UserWithPolicies(principal("AIDA1", IdentityKind::User, documents))])
        };
        vec![
            with("an attached policy that allows everything", vec![own(1, EVERYTHING)])
                .fails("ANPA1", "Attached once. Statement 'All' allows"),
            with("everything under a condition, URL-encoded", vec![own(3, ENCODED)])
                .fails("ANPA1", "aws:MultiFactorAuthPresent"),
            with("a policy that allows reading", vec![own(2, READ)])
                .passes("ANPA1", "Attached 2 times. No statement"),
            with("a policy that nobody has", vec![own(0, EVERYTHING)])
                .expect(Compliance::Compliant, "No policy that counts"),
            with("a document that is not understood", vec![own(1, "{}")])
                .not_assessed("ANPA1", "not understood"),
            with(
                "a group and a role with inline policies",
                vec![
                    principal("AGPA1", IdentityKind::Group, &[READ, EVERYTHING]),
                    principal("AROA1", IdentityKind::Role, &[READ, READ]),
                ],
            )
            .fails("AGPA1", "Inline policy: Statement 'All' of 'inline-1'")
            .passes("AROA1", "The 2 inline policies together do not allow"),
            with(
                "a role with two inline policies that together allow everything",
                vec![principal("AROA1", IdentityKind::Role, &[ALL_BUT_IAM, IAM, READ])],
            )
            .fails("AROA1", "Statements 1 of 'inline-0' and 1 of 'inline-1' together allow"),
            with(
                "two roles of which each has a part",
                vec![
                    principal("AROA1", IdentityKind::Role, &[ALL_BUT_IAM]),
                    principal("AROA2", IdentityKind::Role, &[IAM]),
                ],
            )
            .passes("AROA1", "The inline policy does not allow")
            .passes("AROA2", "The inline policy does not allow"),
            with(
                "everything allowed beside an inline policy that is not understood",
                vec![principal("AROA1", IdentityKind::Role, &["[]", EVERYTHING])],
            )
            .fails("AROA1", "'All' of 'inline-1'"),
            with("NotAction with a name that does not exist", vec![own(1, MISSPELLED)])
                .fails("ANPA1", "'iam:createuserx' names no action"),
            with("everything allowed beside an unknown element", vec![own(1, UNKNOWN_BESIDE)])
                .fails("ANPA1", "Statement 1 allows every action"),
            with("everything allowed under an unknown operator", vec![own(1, UNKNOWN_OPERATOR)])
                .fails("ANPA1", "A condition on aws:x does not excuse it"),
            with("reading allowed, with an unknown element", vec![own(1, UNKNOWN_ELEMENT)])
                .not_assessed("ANPA1", "unknown element 'Actions'"),
            with(
                "an inline policy that is not understood beside a harmless one",
                vec![principal("AROA1", IdentityKind::Role, &["[]", READ])],
            )
            .not_assessed("AROA1", "inline policy 'inline-0' is not understood"),
            empty("a user with an inline policy")
                .account(user(&[READ]))
                .passes("AIDA1", "The inline policy does not"),
            empty("inline policies do not count")
                .account(user(&[EVERYTHING]))
                .parameter("includeInline", "false")
                .expect(Compliance::Compliant, "No policy that"),
            aws("a policy of AWS that allows everything")
                .resource(VERSION, document(EVERYTHING))
                .fails("ANPAADMIN", "Attached 2 times"),
            aws("a policy of AWS that allows reading")
                .resource(VERSION, document(READ))
                .passes("ANPAADMIN", "No statement"),
            aws("a policy of AWS, and such do not count")
                .parameter("includeAwsManaged", "false")
                .expect(Compliance::Compliant, "No policy that"),
            aws("a policy of AWS that may not be read")
                .denied(Key::resource(FactKind::PolicyDocument, REGION, VERSION))
                .not_assessed("ANPAADMIN", "iam:GetPolicyVersion"),
            with(
                "an own policy that allows everything, and those of AWS may not be listed",
                vec![own(1, EVERYTHING)],
            )
            .denied(Key::account(FactKind::AttachedAwsPolicies))
            .fails("ANPA1", "Attached")
            .not_assessed("111122223333", "iam:ListPolicies"),
            with("the users' policies may not be read", vec![own(1, READ)])
                .denied(Key::account(FactKind::UserPolicies))
                .passes("ANPA1", "No statement")
                .not_assessed("111122223333", "iam:GetAccountAuthorizationDetails"),
            empty("the policies of AWS may not be listed")
                .denied(Key::account(FactKind::AttachedAwsPolicies))
                .expect(Compliance::NotAssessed, "iam:ListPolicies"),
        ]
    }
}
