//! 1.21: console sign-in through a central identity provider.

use std::collections::BTreeMap;

use plumbline_core::aws::Partition;
use plumbline_core::facts::{CredentialReport, Organization, User, Users};
use plumbline_core::parameters::AccountIds;
use plumbline_core::prelude::*;
use plumbline_core::time::seconds;
use serde_json::json;

use crate::shared::credentials::{self, NO_KEY};
use crate::shared::policies::some_of;

plumbline_core::control! {
    /// Console sign-in uses a central identity provider instead of IAM users
    ///
    /// ## Why
    /// When a person leaves, an administrator removes one identity in one place. IAM users in many
    /// accounts are forgotten in some of them, and each has its own password.
    ///
    /// ## Decision
    /// No IAM user of the account has a console password, according to the credential report.
    /// Accounts in `identityAccounts`, where IAM users are intended, and accounts outside an
    /// organization are not applicable. The benchmark requires a manual check; this control
    /// evaluates the part that AWS APIs show. Use exceptions for emergency users.
    ///
    /// ## Remediation
    /// Give people access to the account through IAM Identity Center or another central identity
    /// provider, and then delete the console passwords of IAM users.
    ///
    /// ```sh
    /// aws iam delete-login-profile --user-name NAME
    /// ```
    pub(crate) struct CentralIdentity: AccountControl;
    id: ControlId::new("1.21"),
    slug: "central-identity",
    level: 2,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5.6"],
    safeguards_v7: &["16.2"],
    since: "0.1.0",
    facts: &[FactKind::Organization, FactKind::Users, FactKind::CredentialReport],
    fix: |_| {
        Fix::by_hand(
            "People need another way to sign in first: connect IAM Identity Center, then delete \
             the passwords.",
        )
    },
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Accounts in which IAM users with console passwords are intended.
        identity_accounts: AccountIds = ("identityAccounts", "", Any),
    }
}

impl AccountControl for CentralIdentity {
    type Parameters = Parameters;

    fn evaluate(view: &View<'_>, parameters: &Parameters) -> Assessed {
        let context = view.context();
        let AccountIds(identity) = &parameters.identity_accounts;
        if identity.contains(&context.account) {
            return Ok(Verdict::not_applicable(
                "IAM users with console passwords are intended in this account (identityAccounts).",
            ));
        }
        let (organization, users, report) = (
            view.account::<Organization>(),
            view.account::<Users>(),
            view.account::<CredentialReport>(),
        );
        let Organization(Some(organization)) = organization? else {
            return Ok(Verdict::not_applicable("The account belongs to no organization."));
        };
        let (users, report) = (users?, report?);
        let as_of = format!("as of {}", seconds(report.generated));
        let root = format!("arn:{}:iam::{}:root", context.partition, context.account);
        let has_root = report.rows.contains_key(&root) || report.unreadable.contains_key(&root);
        if !has_root && context.partition != Partition::China {
            return Err(NotAssessed::Undetermined(format!(
                "the credential report ({as_of}) has no row for the root user, so the report is \
                 incomplete."
            )));
        }
        // The report is up to four hours old: a user without a row is new, and a row without a user
        // belongs to a deleted user.
        let (mut people, mut unknown) = (Vec::new(), Vec::new());
        for user in &users.0 {
            let password = credentials::find(user, view)
                .ok()
                .flatten()
                .and_then(|row| row.credentials.password_enabled);
            match password {
                Some(true) => people.push(user.name.as_str()),
                Some(false) => {}
                None => unknown.push(user.name.as_str()),
            }
        }
        let verdict = match (people.as_slice(), unknown.as_slice()) {
            ([], []) => {
                Verdict::compliant(format!("No IAM user has a console password ({as_of})."))
            }
            ([], unknown) => {
                let names = some_of(unknown);
                return Err(NotAssessed::Undetermined(format!(
                    "the credential report ({as_of}) does not state whether these users have a \
                     password: {names}."
                )));
            }
            (people, _) => Verdict::non_compliant(format!(
                "IAM users with a console password ({as_of}): {}.",
                some_of(people)
            )),
        };
        Ok(verdict.evidence(json!({ "organization": organization,
            "report_generated": report.generated, "users_with_password": people })))
    }

    fn examples() -> Vec<Example> {
        let report = |users: &[(&str, Option<bool>)]| {
            let row = |(name, password): &(&str, Option<bool>)| {
                let arn = if *name == "<root_account>" {
                    "arn:aws:iam::111122223333:root".to_owned()
                } else {
                    format!("arn:aws:iam::111122223333:user/{name}")
                };
                let mut row = credentials::credentials(*password, true, [NO_KEY, NO_KEY]);
                row.name = (*name).to_owned();
                (arn, row)
            };
            CredentialReport {
                generated: days_ago(0),
                rows: users.iter().map(row).collect::<BTreeMap<_, _>>(),
                unreadable: BTreeMap::new(),
            }
        };
        let users_of = |names: &[(&str, Option<bool>)]| {
            let user = |(name, _): &(&str, Option<bool>)| User {
                id: format!("AIDA{name}"),
                name: (*name).to_owned(),
                arn: format!("arn:aws:iam::111122223333:user/{name}"),
                created: days_ago(900),
            };
            let people = names.iter().filter(|(name, _)| *name != "<root_account>");
            Users(people.map(user).collect())
        };
        let member = || Organization(Some("o-example".to_owned()));
        let with = |situation, users: &[(&str, Option<bool>)]| {
            Example::new(situation)
                .account(member())
                .account(users_of(users))
                .account(report(users))
        };
        let yes = Some(true);
        vec![
            with(
                "the root user and a user without a password",
                &[("<root_account>", None), ("deploy", Some(false))],
            )
            .expect(Compliance::Compliant, "No IAM user"),
            Example::new("another partition, no password status for the root user")
                .partition(Partition::China)
                .account(member())
                .account(CredentialReport {
                    generated: days_ago(0),
                    rows: BTreeMap::from([(
                        "arn:aws-cn:iam::111122223333:root".to_owned(),
                        credentials::credentials(None, true, [NO_KEY, NO_KEY]),
                    )]),
                    unreadable: BTreeMap::new(),
                })
                .account(Users(Vec::new()))
                .expect(Compliance::Compliant, "No IAM user has a console password"),
            with("a user with a password", &[("<root_account>", None), ("alice", yes)]).expect(
                Compliance::NonCompliant,
                "IAM users with a console password (as of 2026-01-01T12:00:00Z): 'alice'.",
            ),
            with(
                "many users with a password",
                &[("<root_account>", None), ("a", yes), ("b", yes), ("c", yes), ("d", yes)],
            )
            .expect(Compliance::NonCompliant, "'a', 'b', 'c' and 1 more"),
            with("a report without a row for the root user", &[("deploy", Some(false))])
                .expect(Compliance::NotAssessed, "no row for the root user"),
            with(
                "a user whose password status is missing in the report",
                &[("<root_account>", None), ("alice", None)],
            )
            .expect(Compliance::NotAssessed, "a password: 'alice'."),
            with("an account in identityAccounts", &[("<root_account>", None), ("alice", yes)])
                .parameter("identityAccounts", "999988887777,111122223333")
                .expect(Compliance::NotApplicable, "identityAccounts"),
            with("a user created after the report", &[("<root_account>", None)])
                .account(users_of(&[("newbie", None)]))
                .expect(Compliance::NotAssessed, "a password: 'newbie'."),
            with("a user deleted after the report", &[("<root_account>", None), ("gone", yes)])
                .account(Users(Vec::new()))
                .expect(Compliance::Compliant, "No IAM user has a console password"),
            with(
                "a new user and a user with a password",
                &[("<root_account>", None), ("alice", yes)],
            )
            .account(users_of(&[("newbie", None), ("alice", yes)]))
            .expect(Compliance::NonCompliant, "): 'alice'."),
            Example::new("access denied to ListUsers")
                .account(member())
                .denied(Key::account(FactKind::Users))
                .account(report(&[("<root_account>", None)]))
                .expect(Compliance::NotAssessed, "iam:ListUsers"),
            Example::new("an account without an organization")
                .account(Organization(None))
                .account(Users(Vec::new()))
                .account(report(&[("<root_account>", None), ("alice", yes)]))
                .expect(Compliance::NotApplicable, "no organization"),
            Example::new("access denied to DescribeOrganization")
                .denied(Key::account(FactKind::Organization))
                .account(Users(Vec::new()))
                .account(report(&[]))
                .expect(Compliance::NotAssessed, "organizations:DescribeOrganization"),
            Example::new("access denied to GenerateCredentialReport")
                .account(member())
                .account(Users(Vec::new()))
                .denied(Key::account(FactKind::CredentialReport))
                .expect(Compliance::NotAssessed, "iam:GenerateCredentialReport"),
        ]
    }
}
