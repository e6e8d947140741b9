//! 1.10: MFA for IAM users with a console password.

use plumbline_core::facts::User;
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::credentials::{self, NO_KEY, alice};

plumbline_core::control! {
    /// IAM users with a console password have MFA enabled
    ///
    /// ## Why
    /// Passwords are phished, guessed and reused. With MFA, a stolen password alone is not enough
    /// to sign in.
    ///
    /// ## Decision
    /// For each IAM user with a console password, according to the credential report: MFA is
    /// active. Users without a password are not evaluated. A user that the credential report does
    /// not list is not assessed: AWS generates a new report at most every four hours.
    ///
    /// ## Remediation
    /// Assign an MFA device to each IAM user with a console password, under *Security credentials*,
    /// and deny all other actions without MFA in a policy until then. Where possible, let people
    /// sign in through IAM Identity Center and delete the password.
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
                .option("--authentication-code1", input("MFA_CODE", "a code of the MFA device"))
                .option("--authentication-code2", input("MFA_NEXT_CODE", "the device's next code")),
        )
        .note(
            "The user can assign the device in the console, so that no one else has its secret. \
             Alternatively, delete the password: aws iam delete-login-profile.",
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
            with("a user whose password status is missing in the report", None, true)
                .not_assessed("AIDAALICE", "does not state whether"),
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
