//! 4.16: Security Hub CSPM in every Region.

use plumbline_core::facts::SecurityHub;
use plumbline_core::fix::{Terraform, TerraformResource};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// Security Hub CSPM is enabled in every Region
    ///
    /// ## Why
    /// GuardDuty, Inspector, Macie, Plumbline and many other products send findings to Security Hub
    /// CSPM in one format. In a Region without Security Hub CSPM, these findings remain in the
    /// separate products.
    ///
    /// ## Decision
    /// In each Region, `DescribeHub` returns a hub. An account that is not subscribed fails. If
    /// access to `DescribeHub` is denied, the control is not assessed.
    ///
    /// ## Remediation
    /// Enable Security Hub CSPM in every Region, preferably for the whole organization from the
    /// delegated administrator account.
    ///
    /// ```sh
    /// aws securityhub enable-security-hub --region REGION
    /// ```
    pub(crate) struct SecurityHubEnabled: AccountControl;
    id: ControlId::new("4.16"),
    slug: "security-hub",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Regional,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &[],
    safeguards_v7: &["11.3"],
    since: "0.1.0",
    facts: &[FactKind::SecurityHub],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let region = failure.resource.region.as_str();
    failure
        .of_finding(&["securityhub enable-security-hub"], &[])
        .effect(
            FixEffect::Costs,
            "AWS Security Hub CSPM charges for each security check and finding.",
        )
        .undo("aws securityhub disable-security-hub in the same Region")
        .terraform(Terraform::resource(TerraformResource::new(
            "aws_securityhub_account",
            region,
            region,
        )))
}

impl AccountControl for SecurityHubEnabled {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let hub = &view.region::<SecurityHub>()?.hub;
        let region = &view.context().region;
        let verdict = match hub {
            Some(_) => Verdict::compliant(format!("Security Hub CSPM is enabled in {region}.")),
            None => {
                Verdict::non_compliant(format!("Security Hub CSPM is not enabled in {region}."))
            }
        };
        let command = ["securityhub", "enable-security-hub", "--region", region.as_str()];
        Ok(verdict.evidence(json!({ "hub": hub })).command(command))
    }

    fn examples() -> Vec<Example> {
        let hub = |hub: Option<&str>| SecurityHub { hub: hub.map(str::to_owned) };
        vec![
            Example::new("an enabled hub")
                .region(hub(Some("arn:aws:securityhub:us-east-1:111122223333:hub/default")))
                .expect(Compliance::Compliant, "is enabled"),
            Example::new("an account that is not subscribed")
                .region(hub(None))
                .expect(Compliance::NonCompliant, "is not enabled in us-east-1"),
            Example::new("access denied to DescribeHub")
                .denied(Key::region(FactKind::SecurityHub, REGION))
                .expect(Compliance::NotAssessed, "securityhub:DescribeHub"),
        ]
    }
}
