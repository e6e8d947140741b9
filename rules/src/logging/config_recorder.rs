//! 3.5: AWS Config recorders.

use plumbline_core::facts::{DeliveryChannel, Recorder, Recording};
use plumbline_core::fix::{FixCommand, Input, Terraform, Word};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use crate::shared::shell::{PRINTED, RECORD_ALL_TYPES};

plumbline_core::control! {
    /// AWS Config records all supported resource types in every Region
    ///
    /// ## Why
    /// AWS Config shows which resources existed, how they were configured and when they changed,
    /// but only for the resources that it records. Changes in a Region without a recorder remain
    /// unnoticed.
    ///
    /// ## Decision
    /// In each Region, a recorder records all supported resource types, is recording, and its last
    /// delivery was successful. The strategy "all types with exclusions" counts if it excludes no
    /// type. A delivery channel has an S3 bucket. Global resource types (IAM users, groups, roles
    /// and policies) must be recorded in the home Region; in other Regions this is optional. With
    /// `requireSnsTopic`, the delivery channel must also have an SNS topic. Recorders that AWS
    /// services manage (service-linked recorders) do not count.
    ///
    /// ## Remediation
    /// Record all supported resource types with an AWS Config recorder in each Region, and global
    /// resource types in the home Region. In an organization, use a stack set for all accounts.
    ///
    /// ```sh
    /// aws configservice put-configuration-recorder --configuration-recorder name=default,roleARN=ROLE-ARN --recording-group allSupported=true,includeGlobalResourceTypes=true
    /// aws configservice put-delivery-channel --delivery-channel name=default,s3BucketName=BUCKET
    /// aws configservice start-configuration-recorder --configuration-recorder-name default
    /// ```
    pub(crate) struct ConfigRecorder: AccountControl;
    id: ControlId::new("3.5"),
    slug: "config-recorder",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Regional,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["1.1"],
    safeguards_v7: &["1.4", "11.2", "16.1"],
    since: "0.1.0",
    facts: &[FactKind::Recording],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether the delivery channel must have an SNS topic.
        topic: bool = ("requireSnsTopic", "false", False),
    }
}

/// Returns the requirements that a recorder does not meet, as predicates of a sentence.
fn misses(recorder: &Recorder, is_home: bool) -> Vec<String> {
    let mut misses = Vec::new();
    if !recorder.all_types {
        misses.push("does not record all supported resource types".to_owned());
    } else if is_home && !recorder.global_types {
        misses.push("does not record global resource types in the home Region".to_owned());
    }
    if !recorder.recording {
        misses.push("is not recording".to_owned());
    }
    match recorder.last_status.as_deref() {
        Some(status) if status.eq_ignore_ascii_case("success") => {}
        Some(status) => misses.push(format!("has the last status {status}")),
        None => misses.push("has not delivered yet".to_owned()),
    }
    misses
}

/// Returns the fix for the recorder that the reason names: the one that meets the most
/// requirements.
fn fix(failure: &Failure<'_>) -> Fix {
    let has_channel = failure.list("channels").iter().any(|channel| channel["bucket"].is_string());
    let Some(name) = failure.text("nearest") else { return new_recorder(failure, has_channel) };
    let region = failure.resource.region.as_str();
    let recorder = failure.list("recorders").iter().find(|one| one["name"] == name);
    let is = |member: &str| recorder.and_then(|one| one[member].as_bool()).unwrap_or_default();
    let is_home = failure.evidence.get("is_home").and_then(Value::as_bool).unwrap_or_default();
    let (mut fix, mut undo) = (Fix::new(), Vec::new());
    if !is("all_types") || (is_home && !is("global_types")) {
        let command = FixCommand::call(&RECORD_ALL_TYPES)
            .argument(region)
            .argument(name)
            .argument(if is_home { "true" } else { "false" });
        fix = fix
            .command(command)
            .effect(FixEffect::Replaces, "the recording group of the recorder.");
        undo.push(PRINTED.to_owned());
    }
    if !has_channel {
        fix = fix.command(channel(failure));
        undo.push("aws configservice delete-delivery-channel with the name default".to_owned());
    }
    if !is("recording") {
        let start = failure.aws("configservice start-configuration-recorder");
        fix = fix.command(start.option("--configuration-recorder-name", name));
        undo.push("aws configservice stop-configuration-recorder with the same name".to_owned());
    }
    if !undo.is_empty() {
        fix = fix.undo(undo.join("; "));
    }
    if fix.commands.is_empty() {
        return Fix::by_hand(
            "The recorder is recording, but its last delivery was not successful or its delivery \
             channel has no SNS topic: check the bucket, the topic and the role of the recorder.",
        );
    }
    fix.effect(FixEffect::Costs, "AWS Config charges for each configuration item that it records.")
        .terraform(Terraform::Argument(
            "aws_config_configuration_recorder: recording_group { all_supported = true }, \
             aws_config_configuration_recorder_status: is_enabled = true"
                .to_owned(),
        ))
}

fn channel(failure: &Failure<'_>) -> FixCommand {
    let bucket = Input::shared("CONFIG_BUCKET", "the S3 bucket to which AWS Config delivers");
    let channel = Word::within("name=default,s3BucketName=", bucket, "");
    failure.aws("configservice put-delivery-channel").option("--delivery-channel", channel)
}

/// Returns the fix for a Region without a recorder. A delivery channel can remain from a deleted
/// recorder, and a new channel would replace its bucket.
fn new_recorder(failure: &Failure<'_>, has_channel: bool) -> Fix {
    let what = "the ARN of the role for AWS Config, for example of AWSServiceRoleForConfig";
    let recorder =
        Word::within("name=default,roleARN=", Input::shared("CONFIG_ROLE_ARN", what), "");
    let is_home = failure.evidence.get("is_home").and_then(Value::as_bool).unwrap_or_default();
    let group = format!("allSupported=true,includeGlobalResourceTypes={is_home}");
    let record = failure
        .aws("configservice put-configuration-recorder")
        .option("--configuration-recorder", recorder)
        .option("--recording-group", group);
    let start = failure
        .aws("configservice start-configuration-recorder")
        .option("--configuration-recorder-name", "default");
    let channel = (!has_channel).then(|| channel(failure));
    [Some(record), channel, Some(start)]
        .into_iter()
        .flatten()
        .fold(Fix::new(), Fix::command)
        .effect(FixEffect::Costs, "AWS Config charges for each configuration item that it records.")
        .undo(
            "aws configservice stop-configuration-recorder, then delete-delivery-channel if the \
             channel was added, then delete-configuration-recorder",
        )
        .terraform(Terraform::Argument(
            "aws_config_configuration_recorder, aws_config_delivery_channel, \
             aws_config_configuration_recorder_status"
                .to_owned(),
        ))
}

impl AccountControl for ConfigRecorder {
    type Parameters = Parameters;

    fn evaluate(view: &View<'_>, parameters: &Parameters) -> Assessed {
        let context = view.context();
        let recording = view.region::<Recording>()?;
        let is_home = context.region == context.home_region;
        let evidence = |nearest: Option<&Recorder>| {
            json!({ "recorders": recording.recorders, "channels": recording.channels,
                "nearest": nearest.map(|recorder| &recorder.name), "is_home": is_home })
        };
        let nearest =
            recording.recorders.iter().map(|recorder| (recorder, misses(recorder, is_home)));
        let Some((recorder, mut misses)) = nearest.min_by_key(|(_, misses)| misses.len()) else {
            return Ok(Verdict::non_compliant("There is no configuration recorder.")
                .evidence(evidence(None)));
        };
        let serves = |channel: &&DeliveryChannel| {
            channel.bucket.is_some() && (!parameters.topic || channel.topic.is_some())
        };
        if !recording.channels.iter().any(|channel| serves(&channel)) {
            misses.push(format!(
                "has no delivery channel with a bucket{}",
                if parameters.topic { " and a topic" } else { "" }
            ));
        }
        let name = &recorder.name;
        let verdict = if misses.is_empty() {
            Verdict::compliant(format!("Recorder '{name}' records all supported resource types."))
        } else {
            Verdict::non_compliant(format!("Recorder '{name}' {}.", misses.join(" and ")))
        };
        Ok(verdict.evidence(evidence(Some(recorder))))
    }

    fn examples() -> Vec<Example> {
        let good = || Recorder {
            name: "default".to_owned(),
            all_types: true,
            global_types: true,
            recording: true,
            last_status: Some("SUCCESS".to_owned()),
        };
        let channel = || DeliveryChannel { bucket: Some("config".to_owned()), topic: None };
        let with = |situation, recorder, channels| {
            Example::new(situation).region(Recording { recorders: vec![recorder], channels })
        };
        let elsewhere = |mut example: Example| {
            example.context.home_region = "eu-west-1".to_owned();
            example
        };
        vec![
            with("a recorder for all resource types", good(), vec![channel()])
                .expect(Compliance::Compliant, "Recorder 'default' records all"),
            with(
                "a recorder for some resource types only",
                Recorder { all_types: false, ..good() },
                vec![channel()],
            )
            .expect(Compliance::NonCompliant, "does not record all supported"),
            with(
                "no global types in the home Region",
                Recorder { global_types: false, ..good() },
                vec![channel()],
            )
            .expect(Compliance::NonCompliant, "does not record global resource types"),
            elsewhere(with(
                "no global types in another Region",
                Recorder { global_types: false, ..good() },
                vec![channel()],
            ))
            .expect(Compliance::Compliant, "records all"),
            with("a stopped recorder", Recorder { recording: false, ..good() }, vec![channel()])
                .expect(Compliance::NonCompliant, "is not recording"),
            with(
                "a failed last delivery",
                Recorder { last_status: Some("FAILURE".to_owned()), ..good() },
                vec![channel()],
            )
            .expect(Compliance::NonCompliant, "has the last status FAILURE"),
            with("no delivery yet", Recorder { last_status: None, ..good() }, vec![channel()])
                .expect(Compliance::NonCompliant, "has not delivered yet"),
            with("no delivery channel", good(), Vec::new())
                .expect(Compliance::NonCompliant, "has no delivery channel with a bucket."),
            with("no SNS topic, which is required", good(), vec![channel()])
                .parameter("requireSnsTopic", "true")
                .expect(
                    Compliance::NonCompliant,
                    "has no delivery channel with a bucket and a topic",
                ),
            with(
                "an SNS topic, which is required",
                good(),
                vec![DeliveryChannel {
                    topic: Some("arn:aws:sns:us-east-1:111122223333:config".to_owned()),
                    ..channel()
                }],
            )
            .parameter("requireSnsTopic", "true")
            .expect(Compliance::Compliant, "records all"),
            Example::new("no recorder")
                .region(Recording::default())
                .expect(Compliance::NonCompliant, "There is no configuration recorder"),
            Example::new("access denied to DescribeConfigurationRecorders")
                .denied(Key::region(FactKind::Recording, REGION))
                .expect(Compliance::NotAssessed, "config:DescribeConfigurationRecorders"),
        ]
    }
}
