//! 1.7: the last use of the root user.

use std::collections::BTreeMap;

use plumbline_core::aws::Partition;
use plumbline_core::facts::{AccessKey, CredentialReport, Credentials, Stamp};
use plumbline_core::parameters::Days;
use plumbline_core::prelude::*;
use plumbline_core::time::{age_days, days, seconds};
use serde_json::json;

use crate::shared::{credentials, root};

plumbline_core::control! {
    /// The root user has not been used recently
    ///
    /// ## Why
    /// No policy of the account limits the root user, and CloudTrail does not show which person
    /// used it. If the root user does the daily work, every mistake and every stolen session
    /// affects the whole account.
    ///
    /// ## Decision
    /// According to the credential report, neither the password nor one of the two access keys of
    /// the root user was used within the last `rootUseWindowDays` days. A key that is inactive now
    /// counts too. A report without a row for the root user leaves the control not assessed. A few
    /// tasks require the root user: use an exception with an expiry date for them.
    ///
    /// ## Remediation
    /// Determine in CloudTrail for which task the root user was used, and give the task to an IAM
    /// role. Keep the credentials of the root user for emergencies.
    ///
    /// ```sh
    /// aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=root
    /// ```
    pub(crate) struct RootLastUse: AccountControl;
    id: ControlId::new("1.7"),
    slug: "root-last-use",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5.4"],
    safeguards_v7: &["4.3"],
    since: "0.1.0",
    facts: &[FactKind::CredentialReport],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The number of days within which any use of the root user fails.
        root_use_window_days: Days = ("rootUseWindowDays", "90", Lower),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    let window = failure.parameters.get("rootUseWindowDays").map_or("90", String::as_str);
    Fix::by_hand(format!(
        "The control passes when the root user has not been used for {window} days: give the tasks \
         of the root user to a role."
    ))
}

impl AccountControl for RootLastUse {
    type Parameters = Parameters;

    fn evaluate(view: &View<'_>, parameters: &Parameters) -> Assessed {
        let report = view.account::<CredentialReport>()?;
        let Days(window) = parameters.root_use_window_days;
        let context = view.context();
        let as_of = format!("as of {}", seconds(report.generated));
        let root = format!("arn:{}:iam::{}:root", context.partition, context.account);
        if let Some(why) = report.unreadable.get(&root) {
            return Err(credentials::unreadable(why));
        }
        let Some(row) = report.rows.get(&root) else {
            if context.partition == Partition::China {
                return Ok(Verdict::not_applicable(root::NONE_IN_CHINA));
            }
            return Err(NotAssessed::Undetermined(format!(
                "the credential report ({as_of}) has no row for the root user."
            )));
        };
        let [first, second] = &row.keys;
        let means = [
            ("password", row.password_used),
            ("first access key", first.used),
            ("second access key", second.used),
        ];
        let latest = means.iter().filter_map(|(name, used)| Some((used.time()?, *name))).max();
        let described = latest.map(|(used, name)| {
            let age = age_days(context.now, used);
            (
                age,
                format!(
                    "the {name} of the root user was last used on {}, {} ago ({as_of}).",
                    used.date_naive(),
                    days(age)
                ),
            )
        });
        let unknown = means.iter().find(|(_, used)| *used == Stamp::NotSupported);
        let evidence =
            json!({ "report_generated": report.generated, "window_days": window, "root": row });
        // A use within the window decides the verdict, even when other uses are unknown.
        let verdict = match (described, unknown) {
            (Some((age, _)), _) if age < -1 => {
                return Err(credentials::in_the_future("last use of the root user"));
            }
            (Some((age, described)), _) if age < window => Verdict::non_compliant(format!(
                "The root user was used within {}: {described}",
                days(window)
            )),
            (_, None) if row.additional.is_some() => {
                return Err(credentials::further(row, &as_of).unwrap_or(NotAssessed::Missing));
            }
            (_, Some((name, _))) => {
                return Err(NotAssessed::Undetermined(format!(
                    "the credential report ({as_of}) does not state when the {name} of the root \
                     user was used."
                )));
            }
            (Some((_, described)), None) => Verdict::compliant(format!(
                "The root user was not used within {}: {described}",
                days(window)
            )),
            (None, None) => Verdict::compliant(format!("The root user was never used ({as_of}).")),
        };
        Ok(verdict.evidence(evidence))
    }

    fn examples() -> Vec<Example> {
        let ago = |days| Stamp::At(days_ago(days));
        let key = |used| AccessKey { active: Some(false), rotated: ago(900), used };
        let report = |arn: &str, password_used, first, second| CredentialReport {
            unreadable: BTreeMap::new(),
            generated: days_ago(0),
            rows: [(
                arn.to_owned(),
                Credentials {
                    name: "<root_account>".to_owned(),
                    created: Some(days_ago(3_000)),
                    password_enabled: None,
                    password_used,
                    password_changed: Stamp::NotSupported,
                    mfa_active: Some(true),
                    additional: None,
                    keys: [key(first), key(second)],
                },
            )]
            .into(),
        };
        const NEVER: Stamp = Stamp::NotApplicable;
        const ROOT: &str = "arn:aws:iam::111122223333:root";
        let with = |situation, password, first, second| {
            Example::new(situation).account(report(ROOT, password, first, second))
        };
        vec![
            with("a root user that was never used", Stamp::NoInformation, NEVER, NEVER)
                .expect(Compliance::Compliant, "never used"),
            with("a password used 90 days ago", ago(90), NEVER, NEVER)
                .expect(Compliance::Compliant, "90 days ago"),
            with("a password used 89 days ago", ago(89), NEVER, NEVER).expect(
                Compliance::NonCompliant,
                "password of the root user was last used on 2025-10-04",
            ),
            with("a first key used yesterday", ago(300), ago(1), NEVER)
                .expect(Compliance::NonCompliant, "first access key"),
            with("a second key used today and inactive now", NEVER, NEVER, ago(0))
                .expect(Compliance::NonCompliant, "second access key"),
            with("a window of 30 days", ago(60), NEVER, NEVER)
                .parameter("rootUseWindowDays", "30")
                .expect(Compliance::Compliant, "within 30 days"),
            with(
                "a password without a last-used date in the report",
                Stamp::NotSupported,
                NEVER,
                NEVER,
            )
            .expect(Compliance::NotAssessed, "does not state when"),
            Example::new("the root user in another partition")
                .partition(Partition::China)
                .account(report("arn:aws-cn:iam::111122223333:root", ago(1), NEVER, NEVER))
                .expect(Compliance::NonCompliant, "1 day ago"),
            Example::new("no row for the root user")
                .account(report("arn:aws:iam::111122223333:user/alice", ago(1), NEVER, NEVER))
                .expect(Compliance::NotAssessed, "no row for the root user"),
            with(
                "a password used yesterday and a first key without a last-used date",
                ago(1),
                Stamp::NotSupported,
                NEVER,
            )
            .expect(Compliance::NonCompliant, "password of the root user was last used"),
            with("a password with a last-used date in the future", ago(-7), NEVER, NEVER)
                .expect(Compliance::NotAssessed, "in the future"),
            Example::new("no row for the root user in China, without a root user")
                .partition(Partition::China)
                .account(report("arn:aws-cn:iam::111122223333:user/alice", ago(1), NEVER, NEVER))
                .expect(Compliance::NotApplicable, "China"),
            Example::new("access denied to GenerateCredentialReport")
                .denied(Key::account(FactKind::CredentialReport))
                .expect(Compliance::NotAssessed, "iam:GenerateCredentialReport"),
        ]
    }
}
