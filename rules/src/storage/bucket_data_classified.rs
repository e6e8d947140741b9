//! 2.1.4: somebody looks for sensitive data in the buckets.

use plumbline_core::availability::has_macie;
use plumbline_core::aws::Partition;
use plumbline_core::facts::{
    Bucket, Buckets, EnabledRegions, MacieDiscovery, MacieJobs, MacieSession, MacieStatus,
};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;
use plumbline_core::register::{Accounts, Attestation, AttestedVerdict, Register};
use serde_json::json;

use crate::shared::buckets::{elsewhere, unlocated};

plumbline_core::control! {
    /// The data in the buckets is searched for sensitive content and classified.
    ///
    /// ## Why
    /// Nobody protects data as it deserves without knowing that it is there. Exports with personal
    /// data end up in buckets that were made for something else.
    ///
    /// ## Decision
    /// The benchmark has a person look; a program can see whether Amazon Macie does the work. In a
    /// Region with buckets Macie is enabled, and discovers sensitive data automatically or has at
    /// least one classification job that was not cancelled. A Region without buckets is compliant.
    ///
    /// Who classifies with another tool attests that in the register: the attestation then counts
    /// instead of the failure, until it expires.
    ///
    /// ## Remediation
    /// Enable Macie with automated discovery of sensitive data in each Region that has buckets, or
    /// attest the tool that does it.
    ///
    /// ```sh
    /// aws macie2 enable-macie --region REGION
    /// aws macie2 update-automated-discovery-configuration --status ENABLED --region REGION
    /// ```
    pub(crate) struct BucketDataClassified: AccountControl;
    id: ControlId::new("2.1.4"),
    slug: "bucket-data-classified",
    level: 2,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: false,
    attestable: true,
    safeguards_v8: &["3.1"],
    safeguards_v7: &["5.1"],
    since: "0.1.0",
    facts: &[
        FactKind::Buckets, FactKind::EnabledRegions,
        FactKind::MacieSession,
        FactKind::MacieDiscovery,
        FactKind::MacieJobs,
    ],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let discovery = failure.aws("macie2 update-automated-discovery-configuration");
    let session = match failure.text("macie") {
        Some("not_enabled") => Some("macie2 enable-macie"),
        Some("paused") => Some("macie2 update-macie-session"),
        Some("enabled") => None,
        _ => return Fix::by_hand("Enable Amazon Macie, or attest the tool that classifies data."),
    };
    let disabled = "aws macie2 update-automated-discovery-configuration --status DISABLED";
    let undo = match failure.text("macie") {
        Some("not_enabled") => format!("{disabled}, then disable-macie"),
        Some("paused") => format!("{disabled}, then update-macie-session --status PAUSED"),
        _ => disabled.to_owned(),
    };
    let session = session.map(|operation| failure.aws(operation).option("--status", "ENABLED"));
    session
        .into_iter()
        .chain([discovery.option("--status", "ENABLED")])
        .fold(Fix::new(), Fix::command)
        .effect(
            FixEffect::Costs,
            "Macie charges for each bucket and for the data that it inspects. In the administrator \
             account of Macie, the commands and their undo act on all member accounts.",
        )
        .note("Or attest another tool that classifies the data.")
        .undo(undo)
        .terraform(Terraform::Argument(
            "aws_macie2_account and aws_macie2_classification_job".to_owned(),
        ))
}

impl AccountControl for BucketDataClassified {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let region = &view.context().region;
        let Buckets(listed) = view.account()?;
        let buckets = listed.iter().filter(|bucket| bucket.region == *region).count();
        let unlocated = listed.iter().find_map(|bucket| bucket.unlocated.clone());
        if buckets == 0 && unlocated.is_none() {
            return Ok(Verdict::compliant(format!(
                "There are no buckets in {region} whose data could be classified."
            )));
        }
        let failure = |macie: &str, reason: &str| {
            if let (0, Some(unread)) = (buckets, unlocated.clone()) {
                return Err(NotAssessed::from(unread).attestable());
            }
            Ok(Verdict::non_compliant(reason)
                .evidence(json!({ "buckets": buckets, "macie": macie }))
                .attestable())
        };
        if !has_macie(view.context().partition, region) {
            return Err(NotAssessed::NeedsAttestation(format!(
                "Amazon Macie does not exist in {region}; a person has to attest the tool that \
                 classifies the data."
            )));
        }
        match view.region::<MacieSession>().map_err(NotAssessed::attestable)?.status {
            None => {
                return failure(
                    "not_enabled",
                    "Macie is not enabled, and no other tool is attested.",
                );
            }
            Some(MacieStatus::Paused) => {
                return failure("paused", "Macie is suspended, and no other tool is attested.");
            }
            Some(MacieStatus::Enabled) => {}
        }
        let (discovery, jobs) = (view.region::<MacieDiscovery>(), view.region::<MacieJobs>());
        let reason = match (discovery, jobs) {
            (Ok(MacieDiscovery { enabled: true }), _) => {
                "Macie discovers sensitive data automatically.".to_owned()
            }
            (_, Ok(MacieJobs { live, .. })) if *live > 0 => {
                format!("Macie has {live} classification job{}.", if *live == 1 { "" } else { "s" })
            }
            (Ok(_), Ok(_)) => {
                return failure(
                    "enabled",
                    "Macie is enabled, but without automated discovery and without a \
                     classification job that was not cancelled.",
                );
            }
            (Err(why), _) | (_, Err(why)) => return Err(why.attestable()),
        };
        Ok(Verdict::compliant(reason).evidence(json!({ "buckets": buckets })))
    }

    fn examples() -> Vec<Example> {
        let start = |situation| {
            let bucket = |name: &str, region: &str| Bucket::new(name, region);
            Example::new(situation)
                .account(Buckets(vec![bucket("a", REGION), bucket("b", "eu-west-1")]))
                .account(EnabledRegions(vec!["eu-west-1".to_owned(), REGION.to_owned()]))
        };
        let macie = |situation, status| start(situation).region(MacieSession { status });
        let working = |situation, enabled, live| {
            let macie = macie(situation, Some(MacieStatus::Enabled));
            macie.region(MacieDiscovery { enabled }).region(MacieJobs { live, cancelled: 1 })
        };
        let attested = |until: i64| {
            let day = |days| days_ago(days).date_naive();
            let entry = Attestation {
                control: "2.1.4".to_owned(),
                accounts: vec![Accounts::All],
                verdict: AttestedVerdict::Compliant,
                by: "Data Protection".to_owned(),
                on: day(200),
                until: day(until),
                evidence: "https://wiki.example.com/classification".to_owned(),
                note: None,
            };
            Register::new(vec![entry], Vec::new())
        };
        let own = vec![
            working("automated discovery", true, 0).expect(Compliance::Compliant, "automatically"),
            working("no automated discovery, and a job", false, 1)
                .expect(Compliance::Compliant, "has 1 classification job."),
            working("neither automated discovery nor a job", false, 0)
                .expect(Compliance::NonCompliant, "without automated discovery"),
            macie("Macie is not enabled", None)
                .expect(Compliance::NonCompliant, "Macie is not enabled"),
            macie("Macie is suspended", Some(MacieStatus::Paused))
                .expect(Compliance::NonCompliant, "Macie is suspended"),
            macie("Macie is not enabled, and another tool is attested", None)
                .register(attested(-100))
                .expect(Compliance::Compliant, "attested by Data Protection"),
            macie("Macie is not enabled, and the attestation of another tool has expired", None)
                .register(attested(1))
                .expect(Compliance::NonCompliant, "The last attestation expired on 2025-12-31"),
            macie("Macie is not enabled, and the only bucket may be in the Region", None)
                .account(Buckets(vec![unlocated()]))
                .expect(Compliance::NotAssessed, "access denied to s3:GetBucketLocation"),
            working("automated discovery, and the only bucket may be in the Region", true, 0)
                .account(Buckets(vec![unlocated()]))
                .expect(Compliance::Compliant, "automatically"),
            Example::new("no buckets in the Region")
                .account(EnabledRegions(vec!["eu-west-1".to_owned(), REGION.to_owned()]))
                .account(Buckets(vec![Bucket::new("b", "eu-west-1")]))
                .expect(Compliance::Compliant, "no buckets in us-east-1"),
            macie(
                "automated discovery may not be read, and there is a job",
                Some(MacieStatus::Enabled),
            )
            .denied(Key::region(FactKind::MacieDiscovery, REGION))
            .region(MacieJobs { live: 2, cancelled: 0 })
            .expect(Compliance::Compliant, "2 classification jobs."),
            macie(
                "the jobs may not be listed, and there is no automated discovery",
                Some(MacieStatus::Enabled),
            )
            .region(MacieDiscovery { enabled: false })
            .denied(Key::region(FactKind::MacieJobs, REGION))
            .expect(Compliance::NotAssessed, "macie2:ListClassificationJobs"),
            start("a partition without Amazon Macie")
                .partition(Partition::GovCloud)
                .expect(Compliance::NotAssessed, "Amazon Macie does not exist in us-east-1"),
            start("a partition without Amazon Macie, and another tool is attested")
                .partition(Partition::GovCloud)
                .register(attested(-100))
                .expect(Compliance::Compliant, "attested by Data Protection"),
            start("Macie may not be read")
                .denied(Key::region(FactKind::MacieSession, REGION))
                .expect(Compliance::NotAssessed, "macie2:GetMacieSession"),
            start("Macie may not be read, and another tool is attested")
                .denied(Key::region(FactKind::MacieSession, REGION))
                .register(attested(-100))
                .expect(Compliance::Compliant, "attested by Data Protection"),
            Example::new("the buckets may not be listed")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, elsewhere()].concat()
    }
}
