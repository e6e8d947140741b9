//! Facts from AWS Config.

use aws_sdk_config::types::{
    ConfigurationRecorder, ConfigurationRecorderStatus, RecordingGroup, RecordingStrategyType,
    ResourceType,
};
use plumbline_core::answer::Answer;
use plumbline_core::facts::{DeliveryChannel, Recorder, Recording};
use plumbline_core::operation::config;

use crate::session::Session;

pub(super) async fn recording(session: &Session, region: &str) -> Answer<Recording> {
    let client = session.config(region);
    let recorders = session.send(
        config::DESCRIBE_CONFIGURATION_RECORDERS,
        client.describe_configuration_recorders().send(),
    );
    let statuses = session.send(
        config::DESCRIBE_CONFIGURATION_RECORDER_STATUS,
        client.describe_configuration_recorder_status().send(),
    );
    let channels = session
        .send(config::DESCRIBE_DELIVERY_CHANNELS, client.describe_delivery_channels().send());
    let (recorders, statuses, channels) = tokio::try_join!(recorders, statuses, channels)?;
    // An absent list may be an empty list. In both cases nothing is recorded.
    let statuses = statuses.configuration_recorders_status.unwrap_or_default();
    let recorders = recorders
        .configuration_recorders
        .unwrap_or_default()
        .into_iter()
        .filter(|recorder| recorder.service_principal.is_none());
    let channels = channels.delivery_channels.unwrap_or_default().into_iter();
    Ok(Recording {
        recorders: recorders
            .map(|recorder| recorder_of(recorder, &statuses))
            .collect::<Answer<_>>()?,
        channels: channels
            .map(|channel| DeliveryChannel {
                bucket: text(channel.s3_bucket_name),
                topic: text(channel.sns_topic_arn),
            })
            .collect(),
    })
}

fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn recorder_of(
    recorder: ConfigurationRecorder,
    statuses: &[ConfigurationRecorderStatus],
) -> Answer<Recorder> {
    let name = config::DESCRIBE_CONFIGURATION_RECORDERS
        .require_text(recorder.name, "a recorder's name")?;
    let group = config::DESCRIBE_CONFIGURATION_RECORDERS
        .require(recorder.recording_group, &format!("the recording group of {name}"))?;
    let status = statuses.iter().find(|status| status.name.as_ref() == Some(&name));
    let status = config::DESCRIBE_CONFIGURATION_RECORDER_STATUS
        .require(status, &format!("the status of {name}"))?;
    let excluded = excluded(&group);
    let excludes_nothing = excluded.is_some_and(<[_]>::is_empty);
    let excludes_global_types =
        excluded.is_some_and(|excluded| excluded.iter().all(|kind| GLOBAL_TYPES.contains(kind)));
    // If there is a strategy, it applies, whatever the older flag states.
    let strategy =
        group.recording_strategy.as_ref().and_then(|strategy| strategy.use_only.as_ref());
    let all_supported = group.all_supported
        && strategy
            .is_none_or(|strategy| *strategy == RecordingStrategyType::AllSupportedResourceTypes);
    Ok(Recorder {
        all_types: all_supported || excludes_global_types,
        // If everything except exclusions is recorded, the flag has no meaning.
        global_types: (all_supported && group.include_global_resource_types) || excludes_nothing,
        recording: status.recording,
        last_status: status.last_status.as_ref().map(|status| status.as_str().to_owned()),
        name,
    })
}

/// The global resource types of IAM. The console excludes them by default.
const GLOBAL_TYPES: [ResourceType; 4] =
    [ResourceType::Group, ResourceType::Policy, ResourceType::Role, ResourceType::User];

/// The excluded types, if all other types are recorded.
fn excluded(group: &RecordingGroup) -> Option<&[ResourceType]> {
    let by_exclusion = group.recording_strategy().and_then(|strategy| strategy.use_only())
        == Some(&RecordingStrategyType::ExclusionByResourceTypes);
    let excluded = group
        .exclusion_by_resource_types
        .as_ref()
        .and_then(|excluded| excluded.resource_types.as_ref());
    excluded.filter(|_| by_exclusion).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::types::{ExclusionByResourceTypes, RecorderStatus, RecordingStrategy};
    use plumbline_core::answer::Cause;

    use super::*;

    fn recorded(group: RecordingGroup) -> Recorder {
        let status = ConfigurationRecorderStatus::builder()
            .name("r")
            .recording(true)
            .last_status(RecorderStatus::Success)
            .build();
        recorder_of(
            ConfigurationRecorder::builder().name("r").recording_group(group).build(),
            &[status],
        )
        .expect("a recorder")
    }

    #[test]
    fn everything_or_less() {
        let all = recorded(RecordingGroup::builder().all_supported(true).build());
        assert_eq!(
            (all.all_types, all.global_types, all.recording, all.last_status.as_deref()),
            (true, false, true, Some("Success"))
        );
        let without = |types: Option<Vec<ResourceType>>| {
            let strategy = RecordingStrategy::builder()
                .use_only(RecordingStrategyType::ExclusionByResourceTypes)
                .build();
            let excluded = ExclusionByResourceTypes::builder().set_resource_types(types).build();
            recorded(
                RecordingGroup::builder()
                    .recording_strategy(strategy)
                    .exclusion_by_resource_types(excluded)
                    .build(),
            )
        };
        assert!(without(Some(Vec::new())).all_types && without(Some(Vec::new())).global_types);
        assert!(!without(None).all_types);
        assert!(!without(Some(vec![ResourceType::Bucket])).all_types);
        let without_global = without(Some(GLOBAL_TYPES.to_vec()));
        assert!(without_global.all_types && !without_global.global_types);
        assert!(!without(Some(vec![ResourceType::User, ResourceType::Bucket])).all_types);
    }

    #[test]
    fn a_recorder_without_status_is_refused() {
        let recorder = ConfigurationRecorder::builder()
            .name("r")
            .recording_group(RecordingGroup::builder().build())
            .build();
        assert_eq!(recorder_of(recorder, &[]).expect_err("no status").cause, Cause::Malformed);
        assert_eq!(
            recorder_of(ConfigurationRecorder::builder().name("r").build(), &[])
                .expect_err("no group")
                .cause,
            Cause::Malformed
        );
    }
}
