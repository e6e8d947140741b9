//! 1.19: expired server certificates in IAM.

use plumbline_core::facts::{ServerCertificate, ServerCertificates};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;
use plumbline_core::time::{age_days, days, seconds};
use serde_json::json;

plumbline_core::control! {
    /// No expired server certificate is stored in IAM
    ///
    /// ## Why
    /// When an expired certificate is deployed to a load balancer by mistake, clients cannot
    /// connect, or their users learn to ignore warnings.
    ///
    /// ## Decision
    /// For each server certificate in IAM: its expiration time is in the future. Certificates in
    /// AWS Certificate Manager are not stored in IAM and are not evaluated.
    ///
    /// ## Remediation
    /// Delete the expired server certificate from IAM, and use AWS Certificate Manager to issue and
    /// renew the next certificate.
    ///
    /// ```sh
    /// aws iam delete-server-certificate --server-certificate-name NAME
    /// ```
    pub(crate) struct ExpiredCertificate: ResourceControl;
    id: ControlId::new("1.19"),
    slug: "expired-certificate",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.1"],
    safeguards_v7: &["13"],
    since: "0.1.0",
    facts: &[FactKind::ServerCertificates],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    failure
        .of_finding(&["iam delete-server-certificate"], &[])
        .effect(FixEffect::Deletes, "the certificate. First check that no load balancer uses it.")
        .terraform(Terraform::Argument("aws_iam_server_certificate: remove it".to_owned()))
}

impl ResourceControl for ExpiredCertificate {
    type Resource = ServerCertificate;
    type Parameters = NoParameters;

    fn evaluate(
        certificate: &Subject<'_, ServerCertificate>,
        view: &View<'_>,
        _: &NoParameters,
    ) -> Assessed {
        let (now, expires) = (view.now(), certificate.expires);
        let moment = seconds(expires);
        let verdict = if now < expires {
            Verdict::compliant(format!("The certificate is valid until {moment}."))
        } else {
            Verdict::non_compliant(format!(
                "The certificate expired on {moment}, {} ago.",
                days(age_days(now, expires))
            ))
        };
        let name = certificate.name.as_str();
        let command = ["iam", "delete-server-certificate", "--server-certificate-name", name];
        Ok(verdict.evidence(json!({ "expires": expires })).command(command))
    }

    fn examples() -> Vec<Example> {
        let with = |situation, expires| {
            let arn = "arn:aws:iam::111122223333:server-certificate/web".to_owned();
            Example::new(situation).account(ServerCertificates(vec![ServerCertificate {
                name: "web".to_owned(),
                arn,
                expires,
            }]))
        };
        vec![
            with("a certificate that is valid for one day", days_ago(-1))
                .passes("web", "valid until 2026-01-02T12:00:00Z"),
            with("a certificate that expires at this moment", days_ago(0))
                .fails("web", "expired on 2026-01-01T12:00:00Z, 0 days ago"),
            with("a certificate that expired 400 days ago", days_ago(400))
                .fails("web", "400 days ago"),
            Example::new("no certificates")
                .account(ServerCertificates::default())
                .expect(Compliance::Compliant, "no server certificates"),
            Example::new("access denied to ListServerCertificates")
                .denied(Key::account(FactKind::ServerCertificates))
                .expect(Compliance::NotAssessed, "iam:ListServerCertificates"),
        ]
    }
}
