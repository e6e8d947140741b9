//! 1.10: a second factor for people.

use plumbline_core::facts::User;
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::credentials::{self, NO_KEY, alice};

plumbline_core::control! {
    /// IAM users with a console password have MFA enabled
    ///
    /// ## Why
    /// Passwords are phished, guessed and used twice. With a second factor, a stolen password alone
    /// opens nothing.
    ///
    /// ## Decision
    /// For each IAM user with a console password, from the credential report: MFA is active. Users
    /// without a password are left out. A user whom the credential report does not list is not
    /// assessed: AWS makes a new report at most every four hours.
    ///
    /// ## Remediation
    /// Let the user assign a device in *Security credentials*, and deny everything else without MFA
    /// by policy until then. Better, let people sign in through IAM Identity Center and delete the
    /// password.
    ///
    /// ```sh
    /// aws iam delete-login-profile --user-name NAME
    /// ```
    pub(crate) struct ConsoleUserMfa: ResourceControl;
    id: ControlId::new("1.10"),
    slug: "console-user-mfa",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["6.5"],
    safeguards_v7: &["4.5"],
    since: "0.1.0",
    facts: &[FactKind::Users, FactKind::CredentialReport],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let user = failure.called();
    let input = |name, what| Input::of(name, user, format!("{what} of {user}"));
    Fix::new()
        .command(
            failure
                .aws("iam enable-mfa-device")
                .option("--user-name", user)
                .option("--serial-number", input("MFA_SERIAL", "the ARN of the MFA device"))
                .option("--authentication-code1", input("MFA_CODE", "a code of the device"))
                .option("--authentication-code2", input("MFA_NEXT_CODE", "the code after it")),
        )
        .note(
            "The user can do so in the console, without anybody else knowing the device. Or delete \
             the password: aws iam delete-login-profile.",
        )
        .undo("aws iam deactivate-mfa-device with the same user and device")
        .terraform(Terraform::Argument("aws_iam_virtual_mfa_device, and assign it".to_owned()))
}

impl ResourceControl for ConsoleUserMfa {
    type Resource = User;
    type Parameters = NoParameters;

    fn concerns(
        user: &Subject<'_, User>,
        view: &View<'_>,
        _: &NoParameters,
    ) -> Result<bool, NotAssessed> {
        credentials::row(user, view)?.has_password()
    }

    fn evaluate(user: &Subject<'_, User>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let row = credentials::row(user, view)?;
        let as_of = row.as_of();
        let verdict = match row.credentials.mfa_active {
            Some(true) => {
                Verdict::compliant(format!("The user has a console password and MFA ({as_of})."))
            }
            Some(false) => Verdict::non_compliant(format!(
                "The user has a console password and no MFA device ({as_of})."
            )),
            None => {
                return Err(NotAssessed::Undetermined(format!(
                    "the credential report ({as_of}) states neither true nor false for MFA."
                )));
            }
        };
        Ok(verdict
            .evidence(json!({ "report_generated": row.generated, "credentials": row.credentials })))
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        credentials::none(view, "No IAM user has a console password.")
    }

    fn examples() -> Vec<Example> {
        let with = |situation, password, mfa| {
            alice(situation, 900, Some(credentials::credentials(password, mfa, [NO_KEY, NO_KEY])))
        };
        let mut examples = vec![
            with("a password and MFA", Some(true), true).passes("AIDAALICE", "and MFA"),
            with("a password without MFA", Some(true), false)
                .fails("AIDAALICE", "no MFA device (as of 2026-01-01T12:00:00Z)"),
            with("no password", Some(false), false).expect(
                Compliance::Compliant,
                "No IAM user has a console password (as of 2026-01-01T12:00:00Z)",
            ),
            with("the report does not tell whether there is a password", None, true)
                .not_assessed("AIDAALICE", "does not tell"),
        ];
        examples.push(
            credentials::created_again(credentials::credentials(
                Some(true),
                true,
                [NO_KEY, NO_KEY],
            ))
            .not_assessed("AIDAALICE", "does not list the user"),
        );
        examples.extend(credentials::common_examples("No IAM user has a console password"));
        examples
    }
}
