//! 3.5: AWS Config knows what there is.

use plumbline_core::facts::{DeliveryChannel, Recorder, Recording};
use plumbline_core::fix::{FixCommand, Input, Terraform, Word};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use crate::shared::shell::{PRINTED, RECORD_ALL_TYPES};

plumbline_core::control! {
    /// AWS Config records all supported resource types in every Region
    ///
    /// ## Why
    /// What was there, who changed it and how it was before: AWS Config answers that, for the
    /// resources that it records. A Region without a recorder is a place to hide.
    ///
    /// ## Decision
    /// In each Region: a recorder records all supported types (or all with exclusions, and excludes
    /// nothing), is recording, had success with its last delivery, and a delivery channel has a
    /// bucket. Global types (users, roles and policies of IAM) must be recorded in the home Region
    /// and need not be elsewhere. With `requireSnsTopic`, the channel must have a topic too.
    /// Recorders that AWS services keep for themselves do not count.
    ///
    /// ## Remediation
    /// Have AWS Config record all types of resources in each Region, global ones in the home
    /// Region, best by a StackSet over the organization.
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

/// What a recorder misses, in words.
fn misses(recorder: &Recorder, is_home: bool) -> Vec<String> {
    let mut misses = Vec::new();
    if !recorder.all_types {
        misses.push("does not record all types of resources".to_owned());
    } else if is_home && !recorder.global_types {
        misses.push("leaves out the global types in the home Region".to_owned());
    }
    if !recorder.recording {
        misses.push("is not recording".to_owned());
    }
    match recorder.last_status.as_deref() {
        Some(status) if status.eq_ignore_ascii_case("success") => {}
        Some(status) => misses.push(format!("has {status} as its last status")),
        None => misses.push("has not delivered yet".to_owned()),
    }
    misses
}

/// The recorder that misses the least is the one that the reason names.
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
            "The recorder is on and its last delivery did not succeed, or its channel has no SNS \
             topic: look at the bucket, the topic and the role of the recorder.",
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
    let bucket = Input::shared("CONFIG_BUCKET", "the bucket to which AWS Config delivers");
    let channel = Word::within("name=default,s3BucketName=", bucket, "");
    failure.aws("configservice put-delivery-channel").option("--delivery-channel", channel)
}

/// What a Region without a recorder needs. A delivery channel outlives its recorder, and putting
/// one replaces its bucket.
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
            "aws configservice stop-configuration-recorder, then delete-delivery-channel where it \
             was added, then delete-configuration-recorder",
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
            Verdict::compliant(format!("Recorder {name} records all types of resources."))
        } else {
            Verdict::non_compliant(format!("Recorder {name} {}.", misses.join(" and ")))
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
            with("everything is recorded", good(), vec![channel()])
                .expect(Compliance::Compliant, "Recorder default records all"),
            with("some types only", Recorder { all_types: false, ..good() }, vec![channel()])
                .expect(Compliance::NonCompliant, "does not record all types"),
            with(
                "no global types in the home Region",
                Recorder { global_types: false, ..good() },
                vec![channel()],
            )
            .expect(Compliance::NonCompliant, "leaves out the global types"),
            elsewhere(with(
                "no global types in another Region",
                Recorder { global_types: false, ..good() },
                vec![channel()],
            ))
            .expect(Compliance::Compliant, "records all"),
            with("stopped", Recorder { recording: false, ..good() }, vec![channel()])
                .expect(Compliance::NonCompliant, "is not recording"),
            with(
                "the last delivery failed",
                Recorder { last_status: Some("FAILURE".to_owned()), ..good() },
                vec![channel()],
            )
            .expect(Compliance::NonCompliant, "has FAILURE as its last status"),
            with("no delivery yet", Recorder { last_status: None, ..good() }, vec![channel()])
                .expect(Compliance::NonCompliant, "has not delivered yet"),
            with("no delivery channel", good(), Vec::new())
                .expect(Compliance::NonCompliant, "has no delivery channel with a bucket."),
            with("no topic, and one is required", good(), vec![channel()])
                .parameter("requireSnsTopic", "true")
                .expect(
                    Compliance::NonCompliant,
                    "has no delivery channel with a bucket and a topic",
                ),
            with(
                "a topic, and one is required",
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
            Example::new("the recorders may not be described")
                .denied(Key::region(FactKind::Recording, REGION))
                .expect(Compliance::NotAssessed, "config:DescribeConfigurationRecorders"),
        ]
    }
}
