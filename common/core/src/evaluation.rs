//! The results of controls.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{Cause, ReadError};
use crate::aws_cli::{command_line, is_read_elsewhere};
use crate::evidence::Evidence;
use crate::text::is_unseen;

/// The outcome for one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compliance {
    /// The resource meets the recommendation.
    Compliant,
    /// It does not meet the recommendation.
    NonCompliant,
    /// It does not meet the recommendation, and a valid exception accepts that.
    Waived,
    /// The control does not apply to it.
    NotApplicable,
    /// Unknown: a fact could not be read, or an attestation is missing.
    NotAssessed,
}

impl Compliance {
    /// All outcomes, the worst first.
    pub const WORST_FIRST: [Self; 5] =
        [Self::NonCompliant, Self::NotAssessed, Self::Waived, Self::Compliant, Self::NotApplicable];

    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Waived => "WAIVED",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::NotAssessed => "NOT_ASSESSED",
        }
    }
}

impl fmt::Display for Compliance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// How many evaluations have each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Compliant ones.
    pub compliant: usize,
    /// Non-compliant ones.
    pub non_compliant: usize,
    /// Not assessed ones.
    pub not_assessed: usize,
    /// Waived failures.
    pub waived: usize,
    /// Not applicable ones.
    pub not_applicable: usize,
}

impl Counts {
    /// Counts evaluations.
    pub fn of<'a>(evaluations: impl IntoIterator<Item = &'a Evaluation>) -> Self {
        let mut counts = Self::default();
        for evaluation in evaluations {
            counts.add(evaluation.compliance);
        }
        counts
    }

    /// Counts an outcome.
    pub fn add(&mut self, compliance: Compliance) {
        match compliance {
            Compliance::Compliant => self.compliant += 1,
            Compliance::NonCompliant => self.non_compliant += 1,
            Compliance::NotAssessed => self.not_assessed += 1,
            Compliance::Waived => self.waived += 1,
            Compliance::NotApplicable => self.not_applicable += 1,
        }
    }

    /// The number with an outcome.
    pub fn get(&self, compliance: Compliance) -> usize {
        match compliance {
            Compliance::Compliant => self.compliant,
            Compliance::NonCompliant => self.non_compliant,
            Compliance::NotAssessed => self.not_assessed,
            Compliance::Waived => self.waived,
            Compliance::NotApplicable => self.not_applicable,
        }
    }

    /// The worst outcome that occurs; not applicable when there are no evaluations.
    pub fn worst(&self) -> Compliance {
        Compliance::WORST_FIRST
            .into_iter()
            .find(|compliance| self.get(*compliance) > 0)
            .unwrap_or(Compliance::NotApplicable)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.compliant += other.compliant;
        self.non_compliant += other.non_compliant;
        self.not_assessed += other.not_assessed;
        self.waived += other.waived;
        self.not_applicable += other.not_applicable;
    }
}

/// The decision of a control about one resource whose facts are available.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The decision; never [`Compliance::NotAssessed`].
    pub(crate) compliance: Compliance,
    pub(crate) reason: String,
    pub(crate) detail: Option<String>,
    pub(crate) evidence: Evidence,
    pub(crate) code: Option<&'static str>,
    pub(crate) as_of: Option<DateTime<Utc>>,
    pub(crate) attestable: bool,
    pub(crate) holders: Option<Box<Holders>>,
    pub(crate) attested: Option<Box<Attested>>,
    pub(crate) remedy: Option<Box<Remedy>>,
}

/// How to fix the failure of one resource, where the text depends on the resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What is missing or wrong, in a sentence. Absent where the control's remediation states it.
    pub what: Option<String>,
    /// Commands of the AWS CLI, in order.
    pub commands: Vec<String>,
    /// The placeholders in the commands for values that only people know: `ADDRESS`.
    pub inputs: Vec<String>,
    /// Commands for the next links of a chain, to run after these commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<String>,
}

/// The holders of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// The ARNs of users, groups and roles.
    pub arns: Vec<String>,
    /// How many other holders there are.
    pub unknown: usize,
}

impl Verdict {
    fn new(compliance: Compliance, reason: impl Into<String>) -> Self {
        Self {
            compliance,
            reason: reason.into(),
            detail: None,
            evidence: Evidence::none(),
            code: None,
            as_of: None,
            attestable: false,
            holders: None,
            attested: None,
            remedy: None,
        }
    }

    /// The resource meets the recommendation, with the reason.
    pub fn compliant(reason: impl Into<String>) -> Self {
        Self::new(Compliance::Compliant, reason)
    }

    /// The resource does not meet the recommendation, with the reason, which names what is wrong.
    pub fn non_compliant(reason: impl Into<String>) -> Self {
        Self::new(Compliance::NonCompliant, reason)
    }

    /// The control does not apply to the resource, with the reason.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::new(Compliance::NotApplicable, reason)
    }

    /// Whether the resource meets the recommendation.
    pub fn is_compliant(&self) -> bool {
        self.compliance == Compliance::Compliant
    }

    /// Whether it is a failure.
    pub fn is_non_compliant(&self) -> bool {
        self.compliance == Compliance::NonCompliant
    }

    /// Adds a longer explanation, for the finding's description.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the facts behind the verdict, an object.
    pub fn evidence(mut self, evidence: Value) -> Self {
        debug_assert!(evidence.is_object(), "{evidence}");
        self.evidence = evidence.into();
        self
    }

    /// Sets the time of the report on which the verdict is based. The reason states the time. A
    /// newer time alone does not change the finding.
    pub fn as_of(mut self, time: DateTime<Utc>) -> Self {
        self.as_of = Some(time);
        self
    }

    /// Sets the status reason code of Security Hub, where AWS's own controls have one for this
    /// failure.
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Sets the holders of the policy, so that an exception can be limited to some of them.
    pub fn holders(mut self, holders: Holders) -> Self {
        self.holders = Some(Box::new(holders));
        self
    }

    /// Adds a command of the AWS CLI that fixes the failure, as its words without `aws`. Add
    /// several commands in the order in which they run. The command contains all values except
    /// those of [`Verdict::inputs`]. A command is omitted if the AWS CLI would read one of its
    /// values as a file or a URL, or if it contains invisible characters.
    pub fn command<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some(line) = line_of(words) {
            self.remedy.get_or_insert_default().commands.push(line);
        }
        self
    }

    /// Adds a command for what is missing besides, in the form of [`Verdict::command`].
    pub fn then_command<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some(line) = line_of(words) {
            self.remedy.get_or_insert_default().then.push(line);
        }
        self
    }

    /// Sets the placeholders in the commands for values that only people know: `ADDRESS`.
    pub fn inputs<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let inputs = &mut self.remedy.get_or_insert_default().inputs;
        inputs.extend(names.into_iter().map(str::to_owned));
        self
    }

    /// States what is missing, in a sentence, where the control's remediation is too general.
    pub fn remedy(mut self, what: String) -> Self {
        self.remedy.get_or_insert_default().what = Some(what);
        self
    }

    /// Adds the attestation that decided.
    pub(crate) fn attested(mut self, attested: Attested) -> Self {
        self.attested = Some(Box::new(attested));
        self
    }

    /// Lets an attestation override the verdict: a program may not see everything.
    pub fn attestable(mut self) -> Self {
        self.attestable = true;
        self
    }
}

fn line_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let words: Vec<&str> = words.into_iter().collect();
    let is_kept = |word: &&str| !is_read_elsewhere(word) && !word.chars().any(is_unseen);
    words.iter().all(is_kept).then(|| command_line(&words))
}

/// Why a control cannot decide.
#[derive(Clone, Debug, PartialEq)]
pub enum NotAssessed {
    /// A fact could not be read.
    ReadFailed(ReadError),
    /// A fact could not be read, and a valid attestation replaces it: what the control is about may
    /// not be visible in AWS.
    UnlessAttested(ReadError),
    /// A fact has not been requested yet. The engine notes the fact, reads it, and runs the control
    /// again.
    Missing,
    /// The facts are available but do not suffice, with the reason.
    Undetermined(String),
    /// The facts are available, but the decision takes more work than a run has for one resource.
    TooComplex,
    /// The run reached its time limit before the decision.
    OutOfTime,
    /// The decision ended in a panic, which is an error in Plumbline.
    Internal,
    /// Only a person can decide, and the register has no valid attestation, with the reason.
    NeedsAttestation(String),
}

impl From<ReadError> for NotAssessed {
    fn from(unread: ReadError) -> Self {
        Self::ReadFailed(unread)
    }
}

impl NotAssessed {
    /// Whether the object to read does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::ReadFailed(error) if error.cause == Cause::NotFound)
    }

    /// Lets a valid attestation replace a fact that could not be read.
    pub fn attestable(self) -> Self {
        match self {
            Self::ReadFailed(unread) => Self::UnlessAttested(unread),
            other => other,
        }
    }

    /// A code for Security Hub's status reasons and for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReadFailed(unread) | Self::UnlessAttested(unread) => match unread.cause {
                Cause::Denied => "READ_ACCESS_DENIED",
                Cause::Throttled => "READ_THROTTLED",
                Cause::TimedOut | Cause::Unreachable => "READ_UNREACHABLE",
                Cause::NotFound => "RESOURCE_GONE",
                Cause::Failed | Cause::Malformed => "READ_FAILED",
                Cause::NotRecorded => "NOT_RECORDED",
                Cause::OutOfTime => "OUT_OF_TIME",
                Cause::Interrupted => "INTERRUPTED",
                Cause::OutOfDescriptors => "OUT_OF_DESCRIPTORS",
                Cause::OutOfMemory => "OUT_OF_MEMORY_BUDGET",
                Cause::Internal => "INTERNAL_ERROR",
            },
            Self::Missing => "NOT_RECORDED",
            Self::Undetermined(_) => "UNDETERMINED",
            Self::TooComplex => "TOO_COMPLEX",
            Self::OutOfTime => "OUT_OF_TIME",
            Self::Internal => "INTERNAL_ERROR",
            Self::NeedsAttestation(_) => "ATTESTATION_MISSING",
        }
    }

    /// The reason, for the person who has to act.
    pub fn reason(&self) -> String {
        match self {
            Self::ReadFailed(unread) | Self::UnlessAttested(unread) => {
                format!("Not assessed: {unread}.")
            }
            Self::Missing => "Not assessed: a required fact is missing.".to_owned(),
            Self::TooComplex => {
                "Not assessed: the policy combines too many wildcards to decide in one run. Name \
                 resources and actions instead of wildcards."
                    .to_owned()
            }
            Self::OutOfTime => {
                "Not assessed: the run reached its time limit. The next run starts with the \
                 resources that this run did not reach."
                    .to_owned()
            }
            Self::Internal => "Not assessed: Plumbline failed with an internal error, which is in \
                its log. Report this error."
                .to_owned(),
            Self::Undetermined(why) | Self::NeedsAttestation(why) => format!("Not assessed: {why}"),
        }
    }
}

/// The result of a control for one resource.
pub type Assessed = Result<Verdict, NotAssessed>;

/// The resource of an evaluation, in the terms of AWS Config.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceRef {
    /// `AWS::S3::Bucket`, …
    pub resource_type: String,
    /// The id of the resource in AWS Config.
    pub resource_id: String,
    /// Its ARN, if it has one.
    pub arn: Option<String>,
    /// The Region of the evaluation: the resource's own Region, or the home Region for global
    /// controls.
    pub region: String,
}

/// AWS Config's resource type for an account.
pub const ACCOUNT: &str = "AWS::::Account";

/// The attestation that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// The entry of the register: `attestations[0]`.
    pub entry: String,
    /// What was found: `compliant`, `non-compliant` or `not-applicable`.
    pub verdict: Cow<'static, str>,
    /// The person who found it.
    pub by: String,
    /// The date on which it was found.
    pub on: chrono::NaiveDate,
    /// The last day on which it is valid.
    pub until: chrono::NaiveDate,
    /// Where the evidence is stored.
    pub evidence: String,
    /// A note.
    pub note: Option<String>,
}

/// The exceptions that waived a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The entries of the register: `exceptions[0]`, or several, separated by commas.
    pub entry: String,
    /// The reason of the exception.
    pub reason: String,
    /// The approver.
    pub approved_by: String,
    /// The last day on which it is valid.
    pub until: chrono::NaiveDate,
    /// The reason that the control would have returned.
    pub would_be: String,
}

/// The published outcome for one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceRef,
    /// The outcome.
    pub compliance: Compliance,
    /// Why, in at most [`REASON_LIMIT`] characters.
    pub reason: String,
    /// The facts behind it.
    pub evidence: Evidence,
    /// A longer explanation, for the finding's description.
    #[serde(skip)]
    pub detail: Option<String>,
    /// The status reason code of Security Hub. Always present on results that are not assessed.
    #[serde(skip)]
    pub code: Option<Cow<'static, str>>,
    /// The time of the report on which the outcome is based.
    #[serde(skip)]
    pub as_of: Option<DateTime<Utc>>,
    /// Why it was not assessed. It stays when `notAssessedAs` turns the outcome into a failure.
    #[serde(skip)]
    pub not_assessed: Option<Box<NotAssessed>>,
    /// The exception that waived the failure.
    #[serde(skip)]
    pub waiver: Option<Box<Waiver>>,
    /// The attestation that decided.
    #[serde(skip)]
    pub attested: Option<Box<Attested>>,
    /// How to fix the failure, where the text depends on the resource.
    #[serde(skip)]
    pub remedy: Option<Box<Remedy>>,
    /// The positions in the register of the exceptions that apply, to the whole policy or to some
    /// holders.
    #[serde(skip)]
    pub exceptions: Vec<usize>,
}

/// The limit of AWS Config for an annotation, in characters.
pub const REASON_LIMIT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_counts() {
        let mut counts = Counts::default();
        assert_eq!(counts.worst(), Compliance::NotApplicable);
        counts.compliant = 3;
        assert_eq!(counts.worst(), Compliance::Compliant);
        counts.waived = 1;
        assert_eq!(counts.worst(), Compliance::Waived);
        counts.not_assessed = 1;
        assert_eq!(counts.worst(), Compliance::NotAssessed);
        counts.non_compliant = 1;
        assert_eq!(counts.worst(), Compliance::NonCompliant);
    }
}
