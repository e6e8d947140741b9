//! 3.7: encryption of log files with KMS keys.

use plumbline_core::facts::{Trail, TrailSettings, Trails};
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::{self, examples};

plumbline_core::control! {
    /// Every trail encrypts its log files with a KMS key (SSE-KMS)
    ///
    /// ## Why
    /// With a KMS key, reading the logs requires two permissions, one for the bucket and one for
    /// the key, and CloudTrail records each use of the key. The key policy then controls who can
    /// read the activity of the account.
    ///
    /// ## Decision
    /// For each trail that this account owns, in any home Region: a KMS key encrypts the log files.
    /// Organization trails are evaluated in the account that owns them. Trails with the same name
    /// in several Regions share one evaluation, and the worst verdict counts. An account without a
    /// trail is non-compliant.
    ///
    /// ## Remediation
    /// Set a KMS key for the log files of the trail. Create the key in the Region of the bucket,
    /// with a key policy that allows CloudTrail to encrypt.
    ///
    /// ```sh
    /// aws cloudtrail update-trail --name TRAIL --kms-key-id KEY-ARN
    /// ```
    pub(crate) struct TrailKms: ResourceControl;
    id: ControlId::new("3.7"),
    slug: "trail-kms",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.11"],
    safeguards_v7: &["6", "14.8"],
    since: "0.1.0",
    facts: &[FactKind::Trails, FactKind::TrailSettings],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    trails::fixes::of_trail(failure, |trail| {
        let what =
            format!("the ARN of a KMS key in {} whose policy allows CloudTrail", trail.region);
        let key = Input::of("TRAIL_KEY_ARN", trail.region, what);
        Fix::new()
            .command(trail.update().option("--kms-key-id", key))
            .effect(
                FixEffect::Disruptive,
                "readers of the log files then also need kms:Decrypt for the key.",
            )
            .undo("aws cloudtrail update-trail --kms-key-id '' for the same trail")
            .terraform(Terraform::Argument("aws_cloudtrail: kms_key_id = the key's ARN".to_owned()))
    })
}

impl ResourceControl for TrailKms {
    type Resource = Trail;
    type Parameters = NoParameters;

    fn evaluate(trail: &Subject<'_, Trail>, view: &View<'_>, _: &NoParameters) -> Assessed {
        trails::with_namesakes(trail, view, |trail| {
            let key = &view.of::<TrailSettings>(trail)?.kms_key;
            let verdict = match key {
                Some(key) => {
                    Verdict::compliant(format!("The log files are encrypted with '{key}'."))
                }
                None => Verdict::non_compliant(format!(
                    "Trail '{}' in {} has no KMS key for its log files.",
                    trail.name, trail.home_region
                )),
            };
            Ok(verdict.evidence(json!({ "trail": trail.arn, "kms_key": key })))
        })
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        trails::no_own_trail(view)
    }

    fn examples() -> Vec<Example> {
        let with = |key: Option<&str>| TrailSettings {
            kms_key: key.map(str::to_owned),
            ..examples::settings()
        };
        let key = "arn:aws:kms:us-east-1:111122223333:key/1b2c3d4e-0000-4000-8000-000000000001";
        let main = examples::arn("main");
        let one =
            |situation| Example::new(situation).account(Trails(vec![examples::trail("main")]));
        let west = examples::trail_of("main", "eu-west-1");
        vec![
            one("a trail with a key")
                .resource(&main, with(Some(key)))
                .passes("main", "encrypted with 'arn:aws:kms"),
            one("a trail without a key")
                .resource(&main, with(None))
                .fails("main", "Trail 'main' in us-east-1 has no KMS key"),
            Example::new("two trails with the same name in two Regions, the second without a key")
                .account(Trails(vec![examples::trail("main"), west.clone()]))
                .resource(&main, with(Some(key)))
                .answer(
                    Key::resource(FactKind::TrailSettings, "eu-west-1", west.arn.as_str()),
                    Ok(with(None).into()),
                )
                .fails("main", "Trail 'main' in eu-west-1 has no KMS key"),
            Example::new("access denied to DescribeTrails for one of two trails")
                .account(Trails(vec![examples::trail("main"), examples::trail("other")]))
                .resource(&main, with(Some(key)))
                .denied(Key::resource(FactKind::TrailSettings, REGION, examples::arn("other")))
                .passes("main", "encrypted")
                .not_assessed("other", "cloudtrail:DescribeTrails"),
            examples::only_foreign(),
            examples::only_foreign_not_found(),
            Example::new("no trail")
                .account(Trails(Vec::new()))
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("access denied to ListTrails")
                .denied(Key::account(FactKind::Trails))
                .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
        ]
    }
}
