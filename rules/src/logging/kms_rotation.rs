//! 3.8: automatic rotation of KMS keys.

use plumbline_core::facts::{KmsKey, KmsKeyMetadata, KmsKeyRotation, KmsKeys};
use plumbline_core::fix::{FixCommand, Terraform, Word};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// Symmetric customer managed KMS keys have automatic rotation enabled
    ///
    /// ## Why
    /// Rotation limits the amount of data that one version of the key material protects. AWS KMS
    /// keeps earlier key material for decryption, so rotation requires no changes to applications.
    ///
    /// ## Decision
    /// For each enabled symmetric customer managed key of the Region whose key material AWS KMS
    /// generated: automatic rotation is enabled. The control does not evaluate asymmetric and HMAC
    /// keys, keys with imported key material, keys in custom key stores, and AWS managed keys. Keys
    /// that are disabled or pending deletion are not evaluated either. If a key policy denies the
    /// read calls, only that key is not assessed.
    ///
    /// ## Remediation
    /// Enable automatic rotation of the KMS key. Existing ciphertext does not have to be encrypted
    /// again.
    ///
    /// ```sh
    /// aws kms enable-key-rotation --key-id KEY
    /// ```
    pub(crate) struct KmsRotation: ResourceControl;
    id: ControlId::new("3.8"),
    slug: "kms-rotation",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.11"],
    safeguards_v7: &["6", "14.8"],
    since: "0.1.0",
    facts: &[FactKind::KmsKeys, FactKind::KmsKeyMetadata, FactKind::KmsKeyRotation],
    fix: fix,
}

/// The variable of the script for the Region of the primary key.
const PRIMARY: &str = "PRIMARY_REGION";

/// Returns whether a key is a multi-Region key. Rotation is enabled on its primary key, which may
/// be in another Region, and applies to its replicas. Source for the prefix of the ids: AWS KMS
/// Developer Guide, "Multi-Region keys".
fn is_multi_region(key: &str) -> bool {
    key.starts_with("mrk-")
}

fn fix(failure: &Failure<'_>) -> Fix {
    let key = failure.resource.resource_id.as_str();
    let fix = if is_multi_region(key) {
        let primary = "KeyMetadata.MultiRegionConfiguration.PrimaryKey.Region";
        let find = failure.aws("kms describe-key").option("--key-id", key);
        let find = find.option("--query", primary).option("--output", "text").sets(PRIMARY);
        let enable = FixCommand::aws("kms enable-key-rotation").option("--key-id", key);
        Fix::new().command(find).command(enable.option("--region", Word::variable(PRIMARY)))
    } else {
        failure.of_finding(&["kms enable-key-rotation"], &[])
    };
    fix.effect(FixEffect::Costs, "AWS KMS charges for the first and the second rotation of a key.")
        .undo("aws kms disable-key-rotation for the same key")
        .terraform(Terraform::Argument("aws_kms_key: enable_key_rotation = true".to_owned()))
}

impl ResourceControl for KmsRotation {
    type Resource = KmsKey;
    type Parameters = NoParameters;

    fn concerns(
        key: &Subject<'_, KmsKey>,
        view: &View<'_>,
        _: &NoParameters,
    ) -> Result<bool, NotAssessed> {
        let KmsKeyMetadata { manager, state, spec, origin } = view.of::<KmsKeyMetadata>(key)?;
        Ok(manager == "CUSTOMER"
            && state == "Enabled"
            && spec == "SYMMETRIC_DEFAULT"
            && origin == "AWS_KMS")
    }

    fn evaluate(key: &Subject<'_, KmsKey>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let region = view.context().region.as_str();
        let KmsKeyRotation { enabled } = *view.of::<KmsKeyRotation>(key)?;
        let verdict = if enabled {
            Verdict::compliant("Automatic rotation is enabled.")
        } else {
            Verdict::non_compliant("Automatic rotation is disabled.")
        };
        let id = key.id.as_str();
        if is_multi_region(id) {
            return Ok(verdict.evidence(json!({ "rotation": enabled })).remedy(
                "Enable automatic rotation of the multi-Region key in the Region of its primary \
                 key, which aws kms describe-key shows. The setting applies to all replicas."
                    .to_owned(),
            ));
        }
        let command = ["kms", "enable-key-rotation", "--key-id", id, "--region", region];
        Ok(verdict.evidence(json!({ "rotation": enabled })).command(command))
    }

    fn examples() -> Vec<Example> {
        let key = |id: &str| KmsKey {
            id: id.to_owned(),
            arn: format!("arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/{id}"),
        };
        let metadata = |manager: &str, state: &str, spec: &str, origin: &str| KmsKeyMetadata {
            manager: manager.to_owned(),
            state: state.to_owned(),
            spec: spec.to_owned(),
            origin: origin.to_owned(),
        };
        let usual = || metadata("CUSTOMER", "Enabled", "SYMMETRIC_DEFAULT", "AWS_KMS");
        let one = |situation, metadata: KmsKeyMetadata| {
            Example::new(situation).region(KmsKeys(vec![key("k")])).resource("k", metadata)
        };
        let none = "rotatable customer managed KMS keys to evaluate in us-east-1";
        let out =
            |situation, metadata| one(situation, metadata).expect(Compliance::Compliant, none);
        vec![
            one("a key with rotation", usual())
                .resource("k", KmsKeyRotation { enabled: true })
                .passes("k", "rotation is enabled"),
            one("a key without rotation", usual())
                .resource("k", KmsKeyRotation { enabled: false })
                .fails("k", "rotation is disabled"),
            Example::new("a multi-Region key without rotation")
                .region(KmsKeys(vec![key("mrk-1")]))
                .resource("mrk-1", usual())
                .resource("mrk-1", KmsKeyRotation { enabled: false })
                .fails("mrk-1", "rotation is disabled"),
            out("an AWS managed key", metadata("AWS", "Enabled", "SYMMETRIC_DEFAULT", "AWS_KMS")),
            out("an asymmetric key", metadata("CUSTOMER", "Enabled", "RSA_2048", "AWS_KMS")),
            out(
                "a key with imported key material",
                metadata("CUSTOMER", "Enabled", "SYMMETRIC_DEFAULT", "EXTERNAL"),
            ),
            out("a disabled key", metadata("CUSTOMER", "Disabled", "SYMMETRIC_DEFAULT", "AWS_KMS")),
            out(
                "a key that is pending deletion",
                metadata("CUSTOMER", "PendingDeletion", "SYMMETRIC_DEFAULT", "AWS_KMS"),
            ),
            Example::new("access denied to DescribeKey and GetKeyRotationStatus for one key each")
                .region(KmsKeys(vec![key("a"), key("b"), key("c")]))
                .denied(Key::resource(FactKind::KmsKeyMetadata, REGION, "a"))
                .resource("b", usual())
                .denied(Key::resource(FactKind::KmsKeyRotation, REGION, "b"))
                .resource("c", usual())
                .resource("c", KmsKeyRotation { enabled: true })
                .not_assessed("a", "kms:DescribeKey")
                .not_assessed("b", "kms:GetKeyRotationStatus")
                .passes("c", "rotation is enabled"),
            Example::new("no keys").region(KmsKeys(Vec::new())).expect(Compliance::Compliant, none),
            Example::new("access denied to ListKeys")
                .denied(Key::region(FactKind::KmsKeys, REGION))
                .expect(Compliance::NotAssessed, "kms:ListKeys"),
        ]
    }
}
