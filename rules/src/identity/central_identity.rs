//! 1.21: people live in one directory.

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
    /// Who leaves is removed from one place. Users that are scattered over accounts are forgotten
    /// in some of them, each with a password of its own.
    ///
    /// ## Decision
    /// No IAM user of the account has a console password, by the credential report. Accounts named
    /// in `identityAccounts`, where users are meant to be, and accounts outside any organization
    /// are not applicable. The benchmark wants a person to look; this is the part that a program
    /// sees. Users for emergencies are a case for an exception.
    ///
    /// ## Remediation
    /// Connect IAM Identity Center, or another identity provider, to the directory; give people
    /// roles in the account, and delete the passwords.
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
            "Where people sign in instead has to be there first: connect IAM Identity Center, \
             then delete the passwords.",
        )
    },
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Accounts in which IAM users with passwords are meant to be.
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
                "IAM users are meant to be in this account (identityAccounts).",
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
                "the credential report ({as_of}) has no row for root, so it is not whole."
            )));
        }
        // The report is up to four hours old: a user who is not in it is new, and a row without a
        // user is of one who was deleted.
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
                    "the credential report ({as_of}) does not show whether {names} have a password."
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
            with("root and a machine only", &[("<root_account>", None), ("deploy", Some(false))])
                .expect(Compliance::Compliant, "No IAM user"),
            Example::new("root of another partition, whose row tells no password")
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
                "IAM users with a console password (as of 2026-01-01T12:00:00Z): alice.",
            ),
            with(
                "many of them",
                &[("<root_account>", None), ("a", yes), ("b", yes), ("c", yes), ("d", yes)],
            )
            .expect(Compliance::NonCompliant, "a, b, c and 1 more"),
            with("a report without root is not whole", &[("deploy", Some(false))])
                .expect(Compliance::NotAssessed, "no row for root"),
            with("the report does not tell", &[("<root_account>", None), ("alice", None)])
                .expect(Compliance::NotAssessed, "whether alice have"),
            with("an account for identities", &[("<root_account>", None), ("alice", yes)])
                .parameter("identityAccounts", "999988887777,111122223333")
                .expect(Compliance::NotApplicable, "identityAccounts"),
            with("a user who is newer than the report", &[("<root_account>", None)])
                .account(users_of(&[("newbie", None)]))
                .expect(Compliance::NotAssessed, "whether newbie have a password"),
            with(
                "a user who was deleted after the report",
                &[("<root_account>", None), ("gone", yes)],
            )
            .account(Users(Vec::new()))
            .expect(Compliance::Compliant, "No IAM user has a console password"),
            with(
                "a new user beside one with a password",
                &[("<root_account>", None), ("alice", yes)],
            )
            .account(users_of(&[("newbie", None), ("alice", yes)]))
            .expect(Compliance::NonCompliant, "): alice."),
            Example::new("the users may not be listed")
                .account(member())
                .denied(Key::account(FactKind::Users))
                .account(report(&[("<root_account>", None)]))
                .expect(Compliance::NotAssessed, "iam:ListUsers"),
            Example::new("no organization")
                .account(Organization(None))
                .account(Users(Vec::new()))
                .account(report(&[("<root_account>", None), ("alice", yes)]))
                .expect(Compliance::NotApplicable, "no organization"),
            Example::new("the organization may not be read")
                .denied(Key::account(FactKind::Organization))
                .account(Users(Vec::new()))
                .account(report(&[]))
                .expect(Compliance::NotAssessed, "organizations:DescribeOrganization"),
            Example::new("the report may not be read")
                .account(member())
                .account(Users(Vec::new()))
                .denied(Key::account(FactKind::CredentialReport))
                .expect(Compliance::NotAssessed, "iam:GenerateCredentialReport"),
        ]
    }
}
