//! Findings in the AWS Security Finding Format (ASFF).

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::benchmark::TOOL;
use crate::control::{ConfiguredControl, Control};
use crate::crosswalk::crosswalk;
use crate::evaluation::{ACCOUNT, Compliance, Evaluation, REASON_LIMIT};
use crate::remediation::recommendation;
use crate::text::{hex, shorten};
use crate::time::{milliseconds, seconds};
use crate::view::Context;

/// The product field with a hash of everything except the times, to recognize an unchanged finding.
pub const DIGEST_FIELD: &str = "plumbline/Digest";
/// The product field with the time of the observation: an older observation that is delivered late
/// does not replace it.
pub const OBSERVED_FIELD: &str = "plumbline/Observed";
const VERSION_FIELD: &str = "plumbline/Version";
/// The type of Plumbline's findings.
pub const FINDING_TYPE: &str = "Software and Configuration Checks/Industry and Regulatory \
    Standards/CIS AWS Foundations Benchmark";

const ID_LIMIT: usize = 512;
const TITLE_LIMIT: usize = 256;
const DESCRIPTION_LIMIT: usize = 1_024;
const PRODUCT_FIELD_LIMIT: usize = 2_048;
const PARAMETER_LIMIT: usize = 1_024;
/// The maximum number of related requirements in a finding.
const REQUIREMENTS_LIMIT: usize = 32;
/// The other versions of the benchmark that are standards in AWS Security Hub.
const SECURITY_HUB_VERSIONS: [&str; 4] = ["1.2.0", "1.4.0", "3.0.0", "5.0.0"];

/// A finding. Field names and limits are those of ASFF `2018-10-08`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the fields are documented in ASFF")]
pub struct Finding {
    pub schema_version: &'static str,
    pub id: String,
    pub product_arn: String,
    pub product_name: &'static str,
    pub company_name: &'static str,
    pub region: String,
    pub generator_id: String,
    pub aws_account_id: String,
    pub types: Vec<&'static str>,
    pub first_observed_at: String,
    pub last_observed_at: String,
    pub created_at: String,
    pub updated_at: String,
    pub severity: SeverityLabel,
    pub title: String,
    pub description: String,
    pub remediation: Remediation,
    pub product_fields: BTreeMap<String, String>,
    pub resources: Vec<FindingResource>,
    pub compliance: FindingCompliance,
    pub record_state: RecordState,
    pub finding_provider_fields: ProviderFields,
}

/// The severity of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SeverityLabel {
    /// `INFORMATIONAL`, `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub label: &'static str,
}

/// The remediation of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Remediation {
    /// The recommendation.
    pub recommendation: Recommendation,
}

/// The text of a remediation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recommendation {
    /// The text, of at most 512 characters.
    pub text: String,
    /// The control's page, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The resource of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindingResource {
    /// ASFF's name of the type, `AwsS3Bucket`.
    pub r#type: String,
    /// The ARN, if there is one.
    pub id: String,
    /// `aws`, …
    pub partition: &'static str,
    /// The Region.
    pub region: String,
}

/// The outcome in a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindingCompliance {
    /// The outcome.
    pub status: ComplianceStatus,
    /// The requirements behind the control.
    pub related_requirements: Vec<String>,
    /// The reasons, with codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status_reasons: Vec<StatusReason>,
    /// The standards behind the control.
    pub associated_standards: Vec<AssociatedStandard>,
    /// The parameters that apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_control_parameters: Vec<ControlParameter>,
}

/// The outcomes of Security Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceStatus {
    /// Compliant.
    Passed,
    /// Non-compliant.
    Failed,
    /// Not assessed or not applicable.
    NotAvailable,
}

impl ComplianceStatus {
    /// The spelling in ASFF.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::NotAvailable => "NOT_AVAILABLE",
        }
    }
}

/// The reason for a finding's status.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatusReason {
    /// A code.
    pub reason_code: Cow<'static, str>,
    /// The reason.
    pub description: String,
}

/// A standard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociatedStandard {
    /// Its id.
    pub standards_id: &'static str,
}

/// A parameter that applies.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ControlParameter {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Vec<String>,
}

/// Whether a finding is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordState {
    /// The finding is current.
    Active,
    /// The resource was deleted, or the control does not apply to it.
    Archived,
}

impl RecordState {
    /// The spelling in ASFF.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }
}

/// The fields of the finding provider, which Security Hub keeps apart from changes by users.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProviderFields {
    /// The severity.
    pub severity: SeverityLabel,
    /// The types.
    pub types: Vec<&'static str>,
}

/// The common start of the ids of all findings of a control in a Region of an account. It ends with
/// `/`.
pub fn id_prefix(control: &Control, context: &Context) -> String {
    format!("plumbline/cis-1.5.0/{}/{}/{}/", control.id, context.region, context.account)
}

/// The id of a finding. It depends only on control, Region, account and resource. If it is too
/// long, its end is replaced with a hash of the whole id.
pub fn finding_id(
    control: &Control,
    context: &Context,
    resource_type: &str,
    resource_id: &str,
) -> String {
    let id = format!("{}{resource_type}/{resource_id}", id_prefix(control, context));
    if id.len() <= ID_LIMIT {
        return id;
    }
    let hash = hex(&Sha256::digest(&id));
    let mut end = ID_LIMIT - hash.len() - 1;
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}~{hash}", id.get(..end).unwrap_or_default())
}

/// The ARN of the product with which an account imports its own findings.
pub fn product_arn(context: &Context) -> String {
    let Context { partition, region, account, .. } = context;
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

/// The finding of an evaluation, first and last observed now. The importer sets the earlier times
/// of the finding in Security Hub.
pub fn finding(
    configured: &ConfiguredControl,
    context: &Context,
    evaluation: &Evaluation,
) -> Finding {
    let control = configured.control();
    let now = milliseconds(context.now);
    let (status, record_state) = match evaluation.compliance {
        Compliance::Compliant => (ComplianceStatus::Passed, RecordState::Active),
        Compliance::NonCompliant => (ComplianceStatus::Failed, RecordState::Active),
        Compliance::NotAssessed => (ComplianceStatus::NotAvailable, RecordState::Active),
        Compliance::Waived | Compliance::NotApplicable => {
            (ComplianceStatus::NotAvailable, RecordState::Archived)
        }
    };
    let severity = SeverityLabel {
        label: match evaluation.compliance {
            Compliance::NonCompliant => control.severity.as_str(),
            Compliance::NotAssessed => "LOW",
            Compliance::Compliant | Compliance::Waived | Compliance::NotApplicable => {
                "INFORMATIONAL"
            }
        },
    };
    let is_archived = record_state == RecordState::Archived;
    let code = evaluation.code.clone().or(is_archived.then_some(Cow::Borrowed("NOT_APPLICABLE")));
    let requirement = |standard: &'static str| move |id: &&str| format!("{standard}/{id}");
    let parameter = |parameter: &crate::parameters::Parameter| ControlParameter {
        name: parameter.name.to_owned(),
        value: vec![shorten(
            configured.values().get(parameter.name).map_or(parameter.default, String::as_str),
            PARAMETER_LIMIT,
        )],
    };
    let types = vec![FINDING_TYPE];
    let mut finding = Finding {
        schema_version: "2018-10-08",
        id: finding_id(
            control,
            context,
            &evaluation.resource.resource_type,
            &evaluation.resource.resource_id,
        ),
        product_arn: product_arn(context),
        product_name: "Plumbline",
        company_name: "Plumbline",
        region: context.region.clone(),
        generator_id: control.generator_id(),
        aws_account_id: context.account.to_string(),
        types: types.clone(),
        first_observed_at: now.clone(),
        last_observed_at: now.clone(),
        created_at: now.clone(),
        updated_at: now,
        severity: severity.clone(),
        title: shorten(&format!("{} {}", control.id, control.title), TITLE_LIMIT),
        description: shorten(
            evaluation.detail.as_deref().unwrap_or(&evaluation.reason),
            DESCRIPTION_LIMIT,
        ),
        remediation: Remediation {
            recommendation: Recommendation {
                text: recommendation(configured, evaluation),
                url: configured.page_url(),
            },
        },
        product_fields: product_fields(control, evaluation),
        resources: vec![resource(context, evaluation)],
        compliance: FindingCompliance {
            status,
            related_requirements: std::iter::once(format!(
                "CIS AWS Foundations Benchmark v1.5.0/{}",
                control.id
            ))
            .chain(control.safeguards_v8.iter().map(requirement("CIS Controls v8")))
            .chain(control.safeguards_v7.iter().map(requirement("CIS Controls v7")))
            .chain(elsewhere(control))
            .take(REQUIREMENTS_LIMIT)
            .collect(),
            status_reasons: code
                .map(|code| StatusReason {
                    reason_code: code,
                    description: shorten(&evaluation.reason, REASON_LIMIT),
                })
                .into_iter()
                .collect(),
            associated_standards: vec![AssociatedStandard {
                standards_id: "standards/cis-aws-foundations-benchmark/v/1.5.0",
            }],
            security_control_parameters: control
                .parameters()
                .map(parameter)
                .filter(|parameter| parameter.value.iter().all(|value| !value.is_empty()))
                .collect(),
        },
        record_state,
        finding_provider_fields: ProviderFields { severity, types },
    };
    finding.seal(evaluation.as_of);
    finding
}

/// The names of the control in AWS Security Hub and NIST SP 800-53, in AWS's notation of
/// requirements.
fn elsewhere(control: &Control) -> impl Iterator<Item = String> {
    let crosswalk = crosswalk(control.id);
    let in_security_hub = SECURITY_HUB_VERSIONS.into_iter().flat_map(|version| {
        let numbers = crosswalk.cis.get(version).into_iter().flatten();
        numbers.map(move |number| format!("CIS AWS Foundations Benchmark v{version}/{number}"))
    });
    let nist = crosswalk.nist_800_53_r5.iter();
    in_security_hub.chain(nist.map(|number| format!("NIST.800-53.r5 {number}")))
}

fn product_fields(control: &Control, evaluation: &Evaluation) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::from([
        ("plumbline/Control".to_owned(), control.id.to_string()),
        ("plumbline/Rule".to_owned(), control.rule_name()),
        ("plumbline/Level".to_owned(), control.level.to_string()),
        (VERSION_FIELD.to_owned(), TOOL.to_owned()),
        ("plumbline/Reason".to_owned(), evaluation.reason.clone()),
    ]);
    if !evaluation.evidence.is_empty() {
        fields.insert(
            "plumbline/Evidence".to_owned(),
            evaluation.evidence.within(PRODUCT_FIELD_LIMIT),
        );
    }
    if let Some(waiver) = &evaluation.waiver {
        fields.insert("plumbline/Suppressed".to_owned(), "true".to_owned());
        fields.insert(
            "plumbline/SuppressedBy".to_owned(),
            shorten(&waiver.approved_by, PRODUCT_FIELD_LIMIT),
        );
        fields.insert("plumbline/SuppressedUntil".to_owned(), waiver.until.to_string());
        fields.insert(
            "plumbline/SuppressedReason".to_owned(),
            shorten(&waiver.reason, PRODUCT_FIELD_LIMIT),
        );
    }
    fields.retain(|_, value| !value.is_empty());
    fields
}

fn resource(context: &Context, evaluation: &Evaluation) -> FindingResource {
    let resource = &evaluation.resource;
    let id = match (&resource.arn, resource.resource_type.as_str()) {
        (Some(arn), _) => arn.clone(),
        (None, ACCOUNT) => format!("AWS::::Account:{}", resource.resource_id),
        (None, _) => resource.resource_id.clone(),
    };
    FindingResource {
        r#type: asff_type(&resource.resource_type),
        id: shorten(&id, ID_LIMIT),
        partition: context.partition.as_str(),
        region: context.region.clone(),
    }
}

/// ASFF's name of a resource type: `AWS::S3::Bucket` is `AwsS3Bucket`. Service names are written as
/// one word, `AwsIamUser`.
fn asff_type(config_type: &str) -> String {
    if config_type == ACCOUNT {
        return "AwsAccount".to_owned();
    }
    let capitalized = |word: &str| {
        let lower = if word.chars().all(|letter| !letter.is_lowercase()) {
            word.to_lowercase()
        } else {
            word.to_owned()
        };
        let mut letters = lower.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    let name: String = config_type.split("::").map(capitalized).collect();
    match name.as_str() {
        "AwsRdsDBInstance" => "AwsRdsDbInstance".to_owned(),
        _ => name,
    }
}

/// A hash of everything that does not depend on the time of the run, on the time of the report
/// behind the verdict, or on the program's version.
fn digest(finding: &Finding, as_of: Option<DateTime<Utc>>) -> String {
    let mut timeless = finding.clone();
    for time in [
        &mut timeless.first_observed_at,
        &mut timeless.last_observed_at,
        &mut timeless.created_at,
        &mut timeless.updated_at,
    ] {
        time.clear();
    }
    timeless.product_fields.remove(VERSION_FIELD);
    let text = serde_json::to_string(&timeless).unwrap_or_default();
    let text = as_of.map(|time| text.replace(&seconds(time), "")).unwrap_or(text);
    hex(&Sha256::digest(text))
}

/// The times and the state of a finding in Security Hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When it was first imported.
    pub created_at: DateTime<Utc>,
    /// When it was first observed.
    pub first_observed_at: DateTime<Utc>,
    /// When it was last changed, by Plumbline or by a user.
    pub updated_at: DateTime<Utc>,
    /// When Plumbline last observed it.
    pub last_observed_at: DateTime<Utc>,
    /// The digest, if it has one.
    pub digest: Option<String>,
    /// The time of its observation, if it has one.
    pub observed: Option<DateTime<Utc>>,
    /// Whether it is current.
    pub record_state: RecordState,
}

impl Finding {
    /// Adds the hash of everything except the times and what depends on `as_of`. Nothing is changed
    /// afterwards.
    pub(crate) fn seal(&mut self, as_of: Option<DateTime<Utc>>) {
        let digest = digest(self, as_of);
        self.product_fields.insert(DIGEST_FIELD.to_owned(), digest);
    }

    /// Sets the time of the observation: the capture time of an item, or the time of the
    /// notification.
    pub fn observed(&mut self, ordering: DateTime<Utc>) {
        self.product_fields.insert(OBSERVED_FIELD.to_owned(), milliseconds(ordering));
    }

    /// Takes the times of the stored finding, and sets an update time that Security Hub accepts as
    /// newer.
    pub fn continue_from(&mut self, stored: &Stored, now: DateTime<Utc>) {
        self.created_at = milliseconds(stored.created_at);
        self.first_observed_at = milliseconds(stored.first_observed_at);
        self.updated_at =
            milliseconds(now.max(stored.updated_at + chrono::TimeDelta::milliseconds(1)));
    }

    /// The hash of everything except the times.
    pub fn digest(&self) -> Option<&str> {
        self.product_fields.get(DIGEST_FIELD).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::asff_type;

    #[test]
    fn resource_types_are_those_of_asff() {
        for (config, asff) in [
            ("AWS::::Account", "AwsAccount"),
            ("AWS::S3::Bucket", "AwsS3Bucket"),
            ("AWS::IAM::User", "AwsIamUser"),
            ("AWS::EC2::SecurityGroup", "AwsEc2SecurityGroup"),
            ("AWS::RDS::DBInstance", "AwsRdsDbInstance"),
            ("AWS::CloudTrail::Trail", "AwsCloudTrailTrail"),
            ("AWS::KMS::Key", "AwsKmsKey"),
            ("AWS::EFS::FileSystem", "AwsEfsFileSystem"),
        ] {
            assert_eq!(asff_type(config), asff);
        }
    }
}
