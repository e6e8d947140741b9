//! 1.12: unused passwords and access keys.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::facts::{AccessKey, CredentialReport, Credentials, Stamp, User, Users};
use plumbline_core::fix::Terraform;
use plumbline_core::parameters::Days;
use plumbline_core::prelude::*;
use plumbline_core::time::{age_days, days, seconds};
use serde_json::json;

use crate::shared::access_keys;
use crate::shared::credentials::{self, CLOCK_SKEW, Row, further};

plumbline_core::control! {
    /// Unused passwords and access keys of IAM users are disabled
    ///
    /// ## Why
    /// No one notices when an unused credential is stolen, so an attacker can use it for a long
    /// time.
    ///
    /// ## Decision
    /// For each IAM user, according to the credential report: an enabled console password and each
    /// active access key were last used fewer than `maxCredentialUsageAge` days ago. For a password
    /// that was never used, the date of its last change counts; for a key that was never used, the
    /// date of its last rotation. An age that equals the limit fails. The root user is not
    /// evaluated: see 1.7.
    ///
    /// AWS generates a new report at most every four hours, so the reason states its time. A user
    /// created after the report is compliant while the user itself is younger than the limit, and
    /// not assessed otherwise.
    ///
    /// ## Remediation
    /// Deactivate the unused access keys of the IAM user and disable the unused console password,
    /// then delete them when no one needs them. Let people sign in through IAM Identity Center, and
    /// use IAM roles for workloads.
    ///
    /// ```sh
    /// aws iam update-access-key --user-name NAME --access-key-id AKIA… --status Inactive
    /// aws iam delete-login-profile --user-name NAME
    /// ```
    pub(crate) struct UnusedCredentials: ResourceControl;
    id: ControlId::new("1.12"),
    slug: "unused-credentials",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5.3"],
    safeguards_v7: &["16.9"],
    since: "0.1.0",
    facts: &[FactKind::Users, FactKind::CredentialReport],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The number of days without use after which a credential counts as unused.
        max_credential_usage_age: Days = ("maxCredentialUsageAge", "45", Higher),
    }
}

/// A usable credential, and the time since which it is unused.
struct Idle {
    name: &'static str,
    since: DateTime<Utc>,
    ever_used: bool,
}

impl Idle {
    fn new(
        name: &'static str,
        used: Stamp,
        otherwise: Stamp,
        now: DateTime<Utc>,
    ) -> Result<Self, NotAssessed> {
        if used.time().or(otherwise.time()).is_some_and(|time| time > now + CLOCK_SKEW) {
            return Err(credentials::in_the_future(name));
        }
        match (used.time(), otherwise.time()) {
            (Some(since), _) => Ok(Self { name, since, ever_used: true }),
            (None, Some(since)) => Ok(Self { name, since, ever_used: false }),
            (None, None) => Err(NotAssessed::Undetermined(format!(
                "the credential report has no date of the last use or the last change of the \
                 {name}."
            ))),
        }
    }

    fn describe(&self, now: DateTime<Utc>) -> String {
        let age = days(age_days(now, self.since).max(0));
        if self.ever_used {
            format!("the {} was last used {age} ago", self.name)
        } else {
            format!("the {} was never used and is {age} old", self.name)
        }
    }
}

/// Returns the usable credentials, and the reason why one of them is unknown.
fn usable(
    credentials: &Credentials,
    now: DateTime<Utc>,
    generated: DateTime<Utc>,
) -> (Vec<Idle>, Option<NotAssessed>) {
    let [first, second] = &credentials.keys;
    let password = match credentials.password_enabled {
        Some(true) => Some(Idle::new(
            "password",
            credentials.password_used,
            credentials.password_changed,
            now,
        )),
        Some(false) => None,
        None => Some(Err(NotAssessed::Undetermined(
            "the credential report does not state whether the user has a password.".to_owned(),
        ))),
    };
    let keys = [("first access key", first), ("second access key", second)]
        .into_iter()
        .filter(|(_, key)| key.active == Some(true));
    let as_of = format!("as of {}", seconds(generated));
    let (mut known, mut unknown) = (Vec::with_capacity(3), further(credentials, &as_of));
    for credential in password
        .into_iter()
        .chain(keys.map(|(name, key)| Idle::new(name, key.used, key.rotated, now)))
    {
        match credential {
            Ok(idle) => known.push(idle),
            Err(why) => unknown = Some(why),
        }
    }
    (known, unknown)
}

fn fix(failure: &Failure<'_>) -> Fix {
    let unused: Vec<&str> = failure.texts("unused");
    let keys = unused.iter().filter(|name| name.ends_with("access key")).count();
    let mut fix = access_keys::deactivate(failure, keys, "the unused one");
    if unused.contains(&"password") {
        let user = failure.called();
        fix = fix
            .command(failure.aws("iam delete-login-profile").option("--user-name", user))
            .effect(FixEffect::Deletes, "the console password of the user.")
            .terraform(Terraform::Argument(
                "aws_iam_user_login_profile: remove it; aws_iam_access_key: status".to_owned(),
            ));
    }
    fix
}

impl ResourceControl for UnusedCredentials {
    type Resource = User;
    type Parameters = Parameters;

    fn evaluate(user: &Subject<'_, User>, view: &View<'_>, parameters: &Parameters) -> Assessed {
        let report = view.account::<CredentialReport>()?;
        let Days(limit) = parameters.max_credential_usage_age;
        let now = view.now();
        let Some(Row { credentials, .. }) = credentials::find(user, view)? else {
            let age = age_days(now, user.created).max(0);
            return if age < limit {
                Ok(Verdict::compliant(format!(
                    "The user is {} old, younger than the limit, and not in the credential report \
                     yet.",
                    days(age)
                ))
                .as_of(report.generated))
            } else {
                Err(NotAssessed::Undetermined(format!(
                    "the credential report (as of {}) does not list the user.",
                    seconds(report.generated)
                )))
            };
        };
        let (usable, unknown) = usable(credentials, now, report.generated);
        // The report does not show later events.
        let now = report.generated;
        let (idle, fresh): (Vec<&Idle>, Vec<&Idle>) =
            usable.iter().partition(|credential| age_days(now, credential.since) >= limit);
        let evidence = json!({ "limit_days": limit, "credentials": credentials,
            "unused": idle.iter().map(|credential| credential.name).collect::<Vec<_>>() });
        let describe = |some: &[&Idle]| {
            some.iter().map(|credential| credential.describe(now)).collect::<Vec<_>>().join("; ")
        };
        if let (true, Some(why)) = (idle.is_empty(), unknown) {
            return Err(why);
        }
        let verdict = match (idle.as_slice(), fresh.as_slice()) {
            ([], []) => {
                Verdict::compliant("The user has no enabled password and no active access key.")
            }
            ([], fresh) => Verdict::compliant(format!(
                "No credential is unused for {} or more: {}.",
                days(limit),
                describe(fresh)
            )),
            (idle, _) => Verdict::non_compliant(format!(
                "A credential is unused for {} or more: {}.",
                days(limit),
                describe(idle)
            )),
        };
        Ok(verdict.as_of(report.generated).evidence(evidence))
    }

    fn examples() -> Vec<Example> {
        let none = AccessKey {
            active: Some(false),
            rotated: Stamp::NotApplicable,
            used: Stamp::NotApplicable,
        };
        let ago = |days| Stamp::At(days_ago(days));
        let row = |password_enabled, password_used, password_changed, keys| Credentials {
            created: None,
            name: "alice".to_owned(),
            password_enabled,
            password_used,
            password_changed,
            mfa_active: Some(true),
            additional: None,
            keys,
        };
        let user = |created| {
            Users(vec![User {
                id: "AIDAALICE".to_owned(),
                name: "alice".to_owned(),
                arn: ALICE.to_owned(),
                created,
            }])
        };
        let report = |credentials: Option<Credentials>| CredentialReport {
            unreadable: BTreeMap::new(),
            generated: days_ago(0),
            rows: credentials
                .map(|credentials| BTreeMap::from([(ALICE.to_owned(), credentials)]))
                .unwrap_or_default(),
        };
        let password = |used, changed| row(Some(true), used, changed, [none, none]);
        let keys = |first, second| {
            row(Some(false), Stamp::NotApplicable, Stamp::NotApplicable, [first, second])
        };
        let key = |used, rotated| AccessKey { active: Some(true), rotated, used };
        let alice = |situation, credentials| {
            Example::new(situation).account(user(days_ago(900))).account(report(Some(credentials)))
        };
        vec![
            alice("a password used 44 days ago", password(ago(44), ago(800)))
                .passes("AIDAALICE", "44 days ago"),
            alice("a password used 45 days ago", password(ago(45), ago(1)))
                .fails("AIDAALICE", "45 days ago"),
            alice(
                "a password that was never used and was changed yesterday",
                password(Stamp::NoInformation, ago(1)),
            )
            .passes("AIDAALICE", "never used and is 1 day old"),
            alice(
                "a password that was never used and was changed 45 days ago",
                password(Stamp::NotApplicable, ago(45)),
            )
            .fails("AIDAALICE", "never used and is 45 days old"),
            alice("a key used 44 days ago", keys(key(ago(44), ago(400)), none))
                .passes("AIDAALICE", "first access key"),
            alice(
                "a first key in use and a second key unused for 60 days",
                keys(key(ago(1), ago(9)), key(ago(60), ago(90))),
            )
            .fails("AIDAALICE", "second access key was last used 60 days ago"),
            alice(
                "a key created 45 days ago and never used",
                keys(key(Stamp::NotApplicable, ago(45)), none),
            )
            .fails("AIDAALICE", "first access key was never used"),
            alice(
                "a password with neither a last-used nor a changed date in the report",
                password(Stamp::NoInformation, Stamp::NotSupported),
            )
            .not_assessed(
                "AIDAALICE",
                "has no date of the last use or the last change of the password",
            ),
            alice(
                "an inactive key unused for a year",
                keys(AccessKey { active: Some(false), rotated: ago(400), used: ago(365) }, none),
            )
            .passes("AIDAALICE", "no active access key"),
            alice(
                "an active key without dates in the report",
                keys(key(Stamp::NoInformation, Stamp::NoInformation), none),
            )
            .not_assessed("AIDAALICE", "has no date of the last use or the last change"),
            alice(
                "a key without dates in the report and a key unused for 60 days",
                keys(key(Stamp::NoInformation, Stamp::NoInformation), key(ago(60), ago(90))),
            )
            .fails("AIDAALICE", "second access key"),
            alice(
                "a user whose password status is missing in the report",
                row(None, ago(900), ago(900), [none, none]),
            )
            .not_assessed("AIDAALICE", "whether the user has a password"),
            alice("a key with a last-used date in the future", keys(key(ago(-7), ago(9)), none))
                .not_assessed("AIDAALICE", "in the future"),
            alice("a limit of 90 days", password(ago(60), ago(60)))
                .parameter("maxCredentialUsageAge", "90")
                .passes("AIDAALICE", "unused for 90 days or more: the password"),
            Example::new("a new user that the report does not list yet")
                .account(user(days_ago(0)))
                .account(report(None))
                .passes("AIDAALICE", "younger than"),
            Example::new("a user created after the report with the name of an earlier user")
                .account(user(days_ago(0) + TimeDelta::minutes(1)))
                .account(report(Some(password(ago(900), ago(900)))))
                .passes("AIDAALICE", "younger than the limit"),
            Example::new("an old user that the report does not list")
                .account(user(days_ago(900)))
                .account(report(None))
                .not_assessed("AIDAALICE", "does not list the user"),
            Example::new("no users")
                .account(Users(Vec::new()))
                .account(report(None))
                .expect(Compliance::Compliant, "no IAM users"),
            Example::new("access denied to GenerateCredentialReport")
                .account(user(days_ago(900)))
                .denied(Key::account(FactKind::CredentialReport))
                .not_assessed("AIDAALICE", "iam:GenerateCredentialReport"),
            Example::new("access denied to ListUsers")
                .denied(Key::account(FactKind::Users))
                .account(report(None))
                .expect(Compliance::NotAssessed, "iam:ListUsers"),
        ]
    }
}

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
