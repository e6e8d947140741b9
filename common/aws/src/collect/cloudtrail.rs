//! Facts from AWS CloudTrail.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::operation::list_trails::ListTrailsOutput;
use aws_sdk_cloudtrail::types::{self, ReadWriteType};
use aws_smithy_types::DateTime;
use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::facts::{
    AdvancedSelector, BasicSelector, FieldSelector, ReadWrite, Trail, TrailBucket, TrailSelectors,
    TrailSettings, TrailStatus, Trails,
};
use plumbline_core::operation::{Operation, cloudtrail};

use super::not_found_when;
use crate::session::Session;
use crate::time;

/// The error code for a trail that does not exist.
const TRAIL_NOT_FOUND: &str = "TrailNotFoundException";

/// The trails of all Regions. `ListTrails` returns the trails that are not multi-Region,
/// `DescribeTrails` with shadow trails those of the organization. Neither alone returns all trails.
pub(super) async fn trails(session: &Session, region: &str) -> Answer<Trails> {
    let client = session.cloudtrail(region);
    let page = |token| client.list_trails().set_next_token(token).send();
    let listed =
        session.list(cloudtrail::LIST_TRAILS, page, ListTrailsOutput::next_token, listed_trails);
    let described = session.send(
        cloudtrail::DESCRIBE_TRAILS,
        client.describe_trails().include_shadow_trails(true).send(),
    );
    let (listed, described) = tokio::try_join!(listed, described)?;
    let described = cloudtrail::DESCRIBE_TRAILS.require(described.trail_list, "the trails")?;
    union(listed, described.into_iter().map(described_trail).collect::<Answer<_>>()?)
}

/// Each trail once, sorted by ARN.
fn union(listed: Vec<Trail>, described: Vec<Trail>) -> Answer<Trails> {
    let trails: BTreeMap<String, Trail> =
        described.into_iter().chain(listed).map(|trail| (trail.arn.clone(), trail)).collect();
    Ok(Trails(trails.into_values().collect()))
}

fn listed_trails(page: ListTrailsOutput) -> Answer<Vec<Trail>> {
    let trails = cloudtrail::LIST_TRAILS.require(page.trails, "the trails")?;
    trails
        .into_iter()
        .map(|trail| {
            identity(cloudtrail::LIST_TRAILS, trail.trail_arn, trail.name, trail.home_region)
        })
        .collect()
}

fn described_trail(trail: types::Trail) -> Answer<Trail> {
    identity(cloudtrail::DESCRIBE_TRAILS, trail.trail_arn, trail.name, trail.home_region)
}

fn identity(
    operation: Operation,
    arn: Option<String>,
    name: Option<String>,
    home_region: Option<String>,
) -> Answer<Trail> {
    let arn = operation.require_text(arn, "a trail's ARN")?;
    let name = operation.require_text(name, &format!("the name of {arn}"))?;
    let home_region = operation.require_text(home_region, &format!("the home Region of {arn}"))?;
    Ok(Trail { arn, name, home_region })
}

pub(super) async fn settings(session: &Session, region: &str, arn: &str) -> Answer<TrailSettings> {
    let call = session
        .cloudtrail(region)
        .describe_trails()
        .trail_name_list(arn)
        .include_shadow_trails(true);
    let answer = session
        .send(cloudtrail::DESCRIBE_TRAILS, call.send())
        .await
        .map_err(not_found_when(TRAIL_NOT_FOUND))?;
    settings_of(arn, cloudtrail::DESCRIBE_TRAILS.require(answer.trail_list, "the trails")?)
}

/// The response omits unknown trails.
fn settings_of(arn: &str, trails: Vec<types::Trail>) -> Answer<TrailSettings> {
    let Some(trail) = trails.into_iter().find(|trail| trail.trail_arn.as_deref() == Some(arn))
    else {
        return Err(ReadError::new(
            cloudtrail::DESCRIBE_TRAILS.name,
            Cause::NotFound,
            TRAIL_NOT_FOUND,
        ));
    };
    // An absent flag counts as false: every control requires true.
    Ok(TrailSettings {
        multi_region: trail.is_multi_region_trail.unwrap_or(false),
        organization: trail.is_organization_trail.unwrap_or(false),
        global_events: trail.include_global_service_events.unwrap_or(false),
        log_file_validation: trail.log_file_validation_enabled.unwrap_or(false),
        bucket: Some(TrailBucket(
            cloudtrail::DESCRIBE_TRAILS
                .require_text(trail.s3_bucket_name, &format!("the bucket of {arn}"))?,
        )),
        log_group: trail.cloud_watch_logs_log_group_arn.filter(|arn| !arn.is_empty()),
        kms_key: trail.kms_key_id.filter(|key| !key.is_empty()),
    })
}

pub(super) async fn status(session: &Session, region: &str, arn: &str) -> Answer<TrailStatus> {
    let call = session.cloudtrail(region).get_trail_status().name(arn);
    let answer = session
        .send(cloudtrail::GET_TRAIL_STATUS, call.send())
        .await
        .map_err(not_found_when(TRAIL_NOT_FOUND))?;
    status_of(&answer)
}

fn status_of(answer: &GetTrailStatusOutput) -> Answer<TrailStatus> {
    let moment = |time: &Option<DateTime>, what| match time {
        None => Ok(None),
        Some(time) => cloudtrail::GET_TRAIL_STATUS.require(time::from_sdk(time), what).map(Some),
    };
    let delivery = moment(&answer.latest_cloud_watch_logs_delivery_time, "a valid delivery time")?;
    Ok(TrailStatus {
        logging: cloudtrail::GET_TRAIL_STATUS
            .require(answer.is_logging, "the logging state of the trail")?,
        log_group_delivery: delivery,
        started: moment(&answer.start_logging_time, "a valid start time")?,
    })
}

pub(super) async fn selectors(
    session: &Session,
    region: &str,
    arn: &str,
) -> Answer<TrailSelectors> {
    let call = session.cloudtrail(region).get_event_selectors().trail_name(arn);
    let answer = session
        .send(cloudtrail::GET_EVENT_SELECTORS, call.send())
        .await
        .map_err(not_found_when(TRAIL_NOT_FOUND))?;
    selectors_of(answer)
}

fn selectors_of(answer: GetEventSelectorsOutput) -> Answer<TrailSelectors> {
    if answer.event_selectors.is_none() && answer.advanced_event_selectors.is_none() {
        return Err(cloudtrail::GET_EVENT_SELECTORS.malformed(
            "missing in the response: event selectors, \
                basic or advanced",
        ));
    }
    let basic = answer.event_selectors.into_iter().flatten().map(basic).collect::<Answer<_>>()?;
    let advanced = answer
        .advanced_event_selectors
        .into_iter()
        .flatten()
        .map(advanced)
        .collect::<Answer<_>>()?;
    Ok(TrailSelectors { basic, advanced })
}

fn basic(selector: types::EventSelector) -> Answer<BasicSelector> {
    let read_write = match cloudtrail::GET_EVENT_SELECTORS
        .require(selector.read_write_type, "the read-write type of a selector")?
    {
        ReadWriteType::ReadOnly => ReadWrite::ReadOnly,
        ReadWriteType::WriteOnly => ReadWrite::WriteOnly,
        ReadWriteType::All => ReadWrite::All,
        other => {
            return Err(cloudtrail::GET_EVENT_SELECTORS
                .malformed(format!("ReadWriteType is '{}'", other.as_str())));
        }
    };
    let resource = |resource: types::DataResource| {
        Ok((
            cloudtrail::GET_EVENT_SELECTORS
                .require_text(resource.r#type, "the type of a data resource")?,
            resource.values.unwrap_or_default(),
        ))
    };
    Ok(BasicSelector {
        read_write,
        management: selector.include_management_events.unwrap_or(false),
        excluded_sources: selector.exclude_management_event_sources.unwrap_or_default(),
        data: selector.data_resources.into_iter().flatten().map(resource).collect::<Answer<_>>()?,
    })
}

fn advanced(selector: types::AdvancedEventSelector) -> Answer<AdvancedSelector> {
    let fields = selector.field_selectors.into_iter().map(field).collect::<Answer<_>>()?;
    Ok(AdvancedSelector { name: selector.name.unwrap_or_default(), fields })
}

fn field(selector: types::AdvancedFieldSelector) -> Answer<FieldSelector> {
    Ok(FieldSelector {
        field: cloudtrail::GET_EVENT_SELECTORS
            .require_text(Some(selector.field), "the field of a selector")?,
        equals: selector.equals.unwrap_or_default(),
        starts_with: selector.starts_with.unwrap_or_default(),
        ends_with: selector.ends_with.unwrap_or_default(),
        not_equals: selector.not_equals.unwrap_or_default(),
        not_starts_with: selector.not_starts_with.unwrap_or_default(),
        not_ends_with: selector.not_ends_with.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/a";

    fn cause<T: std::fmt::Debug>(answer: Answer<T>) -> Cause {
        answer.expect_err("unread").cause
    }

    #[test]
    fn each_trail_once() {
        let trail = |name: &str| Trail {
            arn: format!("arn/{name}"),
            name: name.into(),
            home_region: "us-east-1".into(),
        };
        assert_eq!(
            union(vec![trail("b"), trail("a")], vec![trail("c"), trail("a")]),
            Ok(Trails(vec![trail("a"), trail("b"), trail("c")]))
        );
        let incomplete = types::Trail::builder().trail_arn(ARN).name("a").build();
        assert_eq!(cause(described_trail(incomplete)), Cause::Malformed);
        assert_eq!(cause(listed_trails(ListTrailsOutput::builder().build())), Cause::Malformed);
    }

    #[test]
    fn settings_of_the_named_trail_only() {
        let trail = |arn: &str| {
            types::Trail::builder()
                .trail_arn(arn)
                .s3_bucket_name("b")
                .is_multi_region_trail(true)
                .kms_key_id("")
                .build()
        };
        let settings = settings_of(ARN, vec![trail("other"), trail(ARN)]).expect("settings");
        assert_eq!(
            settings,
            TrailSettings {
                multi_region: true,
                bucket: Some(TrailBucket("b".into())),
                ..TrailSettings::default()
            }
        );
        assert_eq!(cause(settings_of(ARN, vec![trail("other")])), Cause::NotFound);
        assert_eq!(
            cause(settings_of(ARN, vec![types::Trail::builder().trail_arn(ARN).build()])),
            Cause::Malformed
        );
    }

    #[test]
    fn status_says_whether_it_logs() {
        let answer = GetTrailStatusOutput::builder()
            .is_logging(true)
            .latest_cloud_watch_logs_delivery_time(DateTime::from_secs(60))
            .start_logging_time(DateTime::from_secs(30))
            .build();
        let status = status_of(&answer).expect("status");
        assert!(
            status.logging && status.log_group_delivery.is_some_and(|time| time.timestamp() == 60)
        );
        assert_eq!(status.started.map(|time| time.timestamp()), Some(30));
        assert_eq!(cause(status_of(&GetTrailStatusOutput::builder().build())), Cause::Malformed);
    }

    fn with_basic(selector: types::EventSelector) -> Answer<TrailSelectors> {
        selectors_of(GetEventSelectorsOutput::builder().event_selectors(selector).build())
    }

    #[test]
    fn basic_selectors() {
        let all = || types::EventSelector::builder().read_write_type(ReadWriteType::All);
        let read = with_basic(all().build()).expect("selectors");
        assert_eq!(
            read.basic,
            [BasicSelector {
                read_write: ReadWrite::All,
                management: false,
                excluded_sources: Vec::new(),
                data: Vec::new()
            }]
        );
        let data =
            types::DataResource::builder().r#type("AWS::S3::Object").values("arn:aws:s3").build();
        let read = with_basic(all().include_management_events(true).data_resources(data).build())
            .expect("selectors");
        assert_eq!(
            (read.basic[0].management, &read.basic[0].data[0].0),
            (true, &"AWS::S3::Object".to_owned())
        );
        assert_eq!(
            cause(with_basic(
                types::EventSelector::builder().include_management_events(true).build()
            )),
            Cause::Malformed
        );
        assert_eq!(
            cause(with_basic(
                types::EventSelector::builder().read_write_type("Some".into()).build()
            )),
            Cause::Malformed
        );
        assert_eq!(
            cause(selectors_of(GetEventSelectorsOutput::builder().build())),
            Cause::Malformed
        );
    }

    #[test]
    fn advanced_selectors() {
        let field = types::AdvancedFieldSelector::builder()
            .field("eventCategory")
            .equals("Management")
            .not_starts_with("x")
            .build()
            .expect("complete");
        let selector = types::AdvancedEventSelector::builder()
            .name("n")
            .field_selectors(field)
            .build()
            .expect("complete");
        let read = selectors_of(
            GetEventSelectorsOutput::builder().advanced_event_selectors(selector).build(),
        )
        .expect("selectors");
        let expected = FieldSelector {
            field: "eventCategory".into(),
            equals: vec!["Management".into()],
            not_starts_with: vec!["x".into()],
            ..FieldSelector::default()
        };
        assert_eq!(read.advanced, [AdvancedSelector { name: "n".into(), fields: vec![expected] }]);
    }
}
