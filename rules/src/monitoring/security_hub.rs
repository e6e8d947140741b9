//! 4.16: findings in one place.

use plumbline_core::facts::SecurityHub;
use plumbline_core::fix::{Terraform, TerraformResource};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// Security Hub CSPM is enabled in every Region
    ///
    /// ## Why
    /// GuardDuty, Inspector, Macie, Plumbline and many products report to Security Hub in one
    /// format. Where it is off, their findings stay where nobody looks.
    ///
    /// ## Decision
    /// In each Region, Security Hub answers `DescribeHub` with a hub. That the account is not
    /// subscribed is a failure; that the question is denied is not assessed.
    ///
    /// ## Remediation
    /// Enable Security Hub in the Region, best for the whole organization from the delegated
    /// administrator.
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
        .effect(FixEffect::Costs, "AWS Security Hub charges for each check and finding.")
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
            Some(_) => Verdict::compliant(format!("Security Hub is enabled in {region}.")),
            None => Verdict::non_compliant(format!("Security Hub is not enabled in {region}.")),
        };
        let command = ["securityhub", "enable-security-hub", "--region", region.as_str()];
        Ok(verdict.evidence(json!({ "hub": hub })).command(command))
    }

    fn examples() -> Vec<Example> {
        let hub = |hub: Option<&str>| SecurityHub { hub: hub.map(str::to_owned) };
        vec![
            Example::new("enabled")
                .region(hub(Some("arn:aws:securityhub:us-east-1:111122223333:hub/default")))
                .expect(Compliance::Compliant, "is enabled"),
            Example::new("not subscribed")
                .region(hub(None))
                .expect(Compliance::NonCompliant, "is not enabled in us-east-1"),
            Example::new("the hub may not be described")
                .denied(Key::region(FactKind::SecurityHub, REGION))
                .expect(Compliance::NotAssessed, "securityhub:DescribeHub"),
        ]
    }
}
