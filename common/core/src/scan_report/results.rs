//! The results of controls in a report.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::ReadError;
use crate::benchmark::{Assessment, ControlId, Scope, Severity};
use crate::control::ConfiguredControl;
use crate::crosswalk::{Crosswalk, crosswalk};
use crate::evaluation::{
    ACCOUNT, Attested, Compliance, Counts, Evaluation, NotAssessed, Remedy, ResourceRef, Waiver,
};
use crate::evidence::Evidence;
use crate::finding::finding_id;
use crate::parameters::{Common, ParameterSet, Values};
use crate::view::Context;

/// The result of one control in one account.
#[derive(Clone, Debug, Serialize)]
pub struct ControlReport {
    /// The recommendation's number.
    pub id: ControlId,
    /// The short name.
    pub slug: &'static str,
    /// The required state.
    pub title: &'static str,
    /// The number of its section.
    pub section: &'static str,
    /// The benchmark's level.
    pub level: u8,
    /// Whether the benchmark declares it as automated or manual.
    #[serde(serialize_with = "lower_case")]
    pub assessment: Assessment,
    /// The severity of a failure.
    pub severity: Severity,
    /// Where it runs.
    pub scope: Scope,
    /// The worst outcome.
    pub status: Compliance,
    /// The number of resources by outcome.
    pub counts: Counts,
    /// The parameters that applied; `notAssessedAs` only if it was given.
    pub parameters: Values,
    /// Why it matters, in Markdown.
    pub why: String,
    /// The remediation.
    pub remediation: RemediationReport,
    /// The control's page in the repository.
    pub page: String,
    /// The counterparts of the control in other catalogs.
    pub crosswalk: &'static Crosswalk,
    /// Whether an attestation counted.
    #[serde(skip)]
    pub is_attested: bool,
    /// One for each resource, in all Regions.
    pub evaluations: Vec<EvaluationReport>,
}

fn lower_case<S: serde::Serializer>(assessment: &Assessment, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match assessment {
        Assessment::Automated => "automated",
        Assessment::Manual => "manual",
    })
}

/// The remediation of a control.
#[derive(Clone, Debug, Serialize)]
pub struct RemediationReport {
    /// The text, in Markdown.
    pub text: String,
    /// The control's page, if it is known.
    pub url: Option<String>,
}

impl ControlReport {
    /// The result of a control from evaluations, each with its context.
    pub fn new(
        configured: &ConfiguredControl,
        evaluations: impl IntoIterator<Item = (Context, Evaluation)>,
    ) -> Self {
        let evaluations = evaluations
            .into_iter()
            .map(|(context, evaluation)| EvaluationReport::new(configured, &context, evaluation))
            .collect();
        Self::of_reports(configured, evaluations)
    }

    /// The result of a control from reported evaluations.
    pub fn of_reports(configured: &ConfiguredControl, evaluations: Vec<EvaluationReport>) -> Self {
        let control = configured.control();
        let mut counts = Counts::default();
        for evaluation in &evaluations {
            counts.add(evaluation.compliance);
        }
        let mut parameters = configured.effective();
        for common in Common::PARAMETERS {
            if parameters.get(common.name).is_some_and(|value| value == common.default) {
                parameters.remove(common.name);
            }
        }
        Self {
            id: control.id,
            slug: control.slug,
            title: control.title,
            section: control.id.section(),
            level: control.level,
            assessment: control.assessment,
            severity: control.severity,
            scope: control.scope,
            status: counts.worst(),
            counts,
            parameters,
            why: control.section("Why"),
            remediation: RemediationReport {
                text: control.section("Remediation"),
                url: configured.page_url(),
            },
            page: format!("docs/controls/{}-{}.md", control.id, control.slug),
            crosswalk: crosswalk(control.id),
            is_attested: evaluations.iter().any(|evaluation| evaluation.attestation.is_some()),
            evaluations,
        }
    }
}

/// The outcome for one resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// The id of its finding, the same in every format.
    pub id: String,
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceRef,
    /// The name of the resource, where the id is not readable.
    pub resource_name: Option<String>,
    /// The outcome.
    pub compliance: Compliance,
    /// A code for programs. Always present on results that are not assessed.
    pub code: Option<Cow<'static, str>>,
    /// Why, in at most 256 characters.
    pub reason: String,
    /// A longer explanation, if there is one.
    pub detail: Option<String>,
    /// The time of the report on which the outcome is based.
    pub as_of: Option<DateTime<Utc>>,
    /// The facts behind it.
    pub evidence: Evidence,
    /// The operation that failed.
    pub not_assessed: Option<Value>,
    /// The exception that waived the failure.
    pub waiver: Option<Box<Waiver>>,
    /// The attestation that decided.
    pub attestation: Option<Box<Attested>>,
    /// Whether the baseline contains the failure, if an earlier report is the baseline.
    #[serde(default)]
    pub baseline: Option<BaselineState>,
    /// How to fix a failure, where the text depends on the resource.
    #[serde(default)]
    pub remediation: Option<Box<Remedy>>,
}

/// Whether the baseline contains a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaselineState {
    /// The baseline contains it.
    Known,
    /// The baseline does not contain it.
    New,
}

impl EvaluationReport {
    fn new(configured: &ConfiguredControl, context: &Context, evaluation: Evaluation) -> Self {
        let resource = evaluation.resource;
        let id = finding_id(
            configured.control(),
            context,
            &resource.resource_type,
            &resource.resource_id,
        );
        let not_assessed = match evaluation.not_assessed.as_deref() {
            Some(NotAssessed::ReadFailed(unread) | NotAssessed::UnlessAttested(unread)) => {
                let ReadError { operation, cause, code, .. } = unread;
                Some(json!({ "operation": operation, "cause": cause, "code": code }))
            }
            _ => None,
        };
        Self {
            id,
            resource_name: name(&resource, &evaluation.evidence),
            resource,
            compliance: evaluation.compliance,
            code: evaluation.code,
            detail: evaluation.detail.filter(|detail| *detail != evaluation.reason),
            reason: evaluation.reason,
            as_of: evaluation.as_of,
            evidence: evaluation.evidence,
            not_assessed,
            waiver: evaluation.waiver,
            attestation: evaluation.attested,
            baseline: None,
            remediation: evaluation.remedy,
        }
    }

    /// The evaluation in the form that findings need.
    pub fn evaluation(&self) -> Evaluation {
        let unread =
            self.not_assessed.clone().and_then(|unread| serde_json::from_value(unread).ok());
        let not_assessed = match unread {
            Some(unread) => Some(NotAssessed::ReadFailed(unread)),
            None if self.compliance == Compliance::NotAssessed => {
                Some(NotAssessed::Undetermined(self.reason.clone()))
            }
            None => None,
        };
        Evaluation {
            resource: self.resource.clone(),
            compliance: self.compliance,
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            detail: self.detail.clone(),
            code: self.code.clone(),
            as_of: self.as_of,
            not_assessed: not_assessed.map(Box::new),
            waiver: self.waiver.clone(),
            attested: self.attestation.clone(),
            remedy: self.remediation.clone(),
            exceptions: Vec::new(),
        }
    }

    /// Whether it was not assessed because something could not be read, and not because an
    /// attestation is missing or because the facts do not suffice.
    pub fn is_unreadable(&self) -> bool {
        self.compliance == Compliance::NotAssessed
            && !matches!(self.code.as_deref(), Some("ATTESTATION_MISSING" | "UNDETERMINED"))
    }

    /// The display name of the resource, see [`display_name`].
    pub fn display_name(&self) -> String {
        display_name(&self.resource, self.resource_name.as_deref())
    }
}

/// The display name of a resource: `user/bob`, `legacy-crm`, `sg-0a1b2c3d (bastion)`, `account`.
pub fn display_name(resource: &ResourceRef, name: Option<&str>) -> String {
    let ResourceRef { resource_type, resource_id, arn, .. } = resource;
    let end = arn.as_deref().and_then(|arn| arn.splitn(6, ':').nth(5));
    match (name, end) {
        _ if resource_type == ACCOUNT => "account".to_owned(),
        (_, Some(end)) if resource_type.starts_with("AWS::IAM::") => end.to_owned(),
        (Some(name), _) if resource_type.starts_with("AWS::RDS::") => name.to_owned(),
        (Some(name), _) if name != resource_id => format!("{resource_id} ({name})"),
        _ => resource_id.clone(),
    }
}

/// The name of a resource whose id is generated by AWS.
fn name(resource: &ResourceRef, evidence: &Evidence) -> Option<String> {
    if resource.resource_type.starts_with("AWS::IAM::") {
        return resource.arn.as_deref().and_then(|arn| arn.rsplit('/').next()).map(str::to_owned);
    }
    evidence.members().get("name").and_then(Value::as_str).map(str::to_owned)
}
