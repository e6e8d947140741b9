//! Facts for examples of trails.

use plumbline_core::facts::{
    AdvancedSelector, BasicSelector, Bucket, Buckets, Fact, FieldSelector, ReadWrite, Trail,
    TrailBucket, TrailSelectors, TrailSettings, Trails,
};
use plumbline_core::prelude::*;

/// A trail of the account of the examples.
pub(crate) fn trail(name: &str) -> Trail {
    Trail { arn: arn(name), name: name.to_owned(), home_region: REGION.to_owned() }
}

/// A trail of another Region.
pub(crate) fn trail_of(name: &str, region: &str) -> Trail {
    Trail { arn: arn(name).replace(REGION, region), home_region: region.to_owned(), ..trail(name) }
}

/// Its ARN.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT_ID}:trail/{name}")
}

/// A trail of the organization.
pub(crate) fn organizations() -> Trail {
    Trail {
        arn: format!("arn:aws:cloudtrail:{REGION}:999988887777:trail/org"),
        name: "org".to_owned(),
        home_region: REGION.to_owned(),
    }
}

/// Settings of a trail over all Regions.
pub(crate) fn settings() -> TrailSettings {
    TrailSettings {
        multi_region: true,
        bucket: Some(TrailBucket("logs".to_owned())),
        ..TrailSettings::default()
    }
}

/// A basic selector for management events.
pub(crate) fn management() -> BasicSelector {
    BasicSelector {
        read_write: ReadWrite::All,
        management: true,
        excluded_sources: Vec::new(),
        data: Vec::new(),
    }
}

/// Advanced selectors, one, with fields that equal values.
pub(crate) fn advanced(fields: &[(&str, &str)]) -> TrailSelectors {
    let field = |(name, value): &(&str, &str)| FieldSelector {
        field: (*name).to_owned(),
        equals: vec![(*value).to_owned()],
        ..FieldSelector::default()
    };
    TrailSelectors {
        basic: Vec::new(),
        advanced: vec![AdvancedSelector {
            name: String::new(),
            fields: fields.iter().map(field).collect(),
        }],
    }
}

/// A trail that delivers to bucket `logs`.
pub(crate) fn delivering(situation: &'static str) -> Example {
    Example::new(situation).account(Trails(vec![trail("main")])).resource(&arn("main"), settings())
}

/// A trail that delivers to bucket `logs` of the account.
pub(crate) fn own_bucket(situation: &'static str) -> Example {
    delivering(situation).account(Buckets(vec![Bucket::new("logs", REGION)]))
}

/// What is said of trails and their buckets before the buckets are looked at: missing and
/// foreign buckets, unreadable lists, trails that are not there or not the account's. `probe`
/// is the fact that distinguishes missing buckets from foreign ones, `fact` one that it finds all
/// the same.
pub(crate) fn of_buckets(probe: FactKind, fact: impl Into<Fact>) -> Vec<Example> {
    let key = || Key::resource(probe, REGION, "logs");
    let operation = probe.reads().first().map_or("", |read| read.name);
    let foreign = |situation| delivering(situation).account(Buckets(Vec::new()));
    let unread = |cause, code: &str| Err(ReadError::new(operation, cause, code));
    vec![
        foreign("a bucket that does not exist")
            .answer(key(), unread(Cause::NotFound, "NoSuchBucket"))
            .fails("logs", "logs does not exist"),
        foreign("a bucket of another account")
            .denied(key())
            .not_assessed("logs", "logs is of another account"),
        foreign("a bucket of another account in another Region")
            .answer(key(), unread(Cause::Failed, "PermanentRedirect"))
            .not_assessed("logs", "logs is of another account"),
        foreign("a bucket of another account that lets itself be read")
            .answer(key(), Ok(fact.into()))
            .not_assessed("logs", "logs is of another account"),
        foreign("a bucket that is not listed, and AWS is out of order")
            .answer(key(), unread(Cause::Failed, "InternalError"))
            .not_assessed("logs", operation),
        delivering("the buckets may not be listed")
            .denied(Key::account(FactKind::Buckets))
            .not_assessed("logs", "s3:ListBuckets"),
        Example::new("a trail that may not be described")
            .account(Trails(vec![trail("main")]))
            .denied(Key::resource(FactKind::TrailSettings, REGION, arn("main")))
            .not_assessed("main", "cloudtrail:DescribeTrails"),
        Example::new("a trail that is listed and not found")
            .account(Trails(vec![trail("main")]))
            .answer(
                Key::resource(FactKind::TrailSettings, REGION, arn("main")),
                Err(trail_not_found("cloudtrail:DescribeTrails")),
            )
            .not_assessed("main", "trail 'main' in us-east-1 is listed"),
        archived("only a trail of the organization, which delivers to a bucket of another account")
            .account(Buckets(Vec::new()))
            .expect(Compliance::Compliant, "the bucket of trail 'org' is evaluated in the account"),
        archived("only a trail of the organization, and the buckets may not be listed")
            .denied(Key::account(FactKind::Buckets))
            .not_assessed("logs", "s3:ListBuckets"),
        archived("a bucket of another account that the parameters name")
            .account(Buckets(Vec::new()))
            .parameter("logArchiveBuckets", "member-logs")
            .expect(
                Compliance::Compliant,
                "None of the buckets of logArchiveBuckets is its own: mem",
            ),
        foreign("a bucket of the account that keeps the logs of all")
            .denied(key())
            .parameter("logArchiveAccount", "444455556666")
            .not_applicable("logs", "account 444455556666 owns"),
        foreign("a bucket of another account, and this one is said to keep the logs of all")
            .denied(key())
            .parameter("logArchiveAccount", ACCOUNT_ID)
            .not_assessed("logs", "although logArchiveAccount is this one"),
        Example::new("no trail")
            .account(Trails(Vec::new()))
            .expect(Compliance::NonCompliant, "There is no trail"),
        Example::new("the trails may not be listed")
            .denied(Key::account(FactKind::Trails))
            .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
    ]
}

/// A trail of the organization that delivers to bucket `logs`.
pub(crate) fn archived(situation: &'static str) -> Example {
    Example::new(situation)
        .account(Trails(vec![organizations()]))
        .resource(&organizations().arn, settings())
}

/// A trail of the organization that delivers to bucket `logs` of the account, which keeps the logs
/// of all.
pub(crate) fn archive(situation: &'static str) -> Example {
    archived(situation).account(Buckets(vec![Bucket::new("logs", REGION)]))
}

/// A read that finds no trail.
pub(crate) fn trail_not_found(operation: &str) -> ReadError {
    ReadError::new(operation, Cause::NotFound, "TrailNotFoundException")
}

/// Only a trail of the organization is listed.
pub(crate) fn only_foreign() -> Example {
    Example::new("only a trail of the organization")
        .account(Trails(vec![organizations()]))
        .expect(Compliance::Compliant, "trail org belongs to account 999988887777")
}

/// The same, and CloudTrail does not find it.
pub(crate) fn gone() -> Example {
    let trail = organizations();
    Example::new("only a trail of the organization, which is not found")
        .answer(
            Key::resource(FactKind::TrailSettings, trail.home_region.as_str(), trail.arn.as_str()),
            Err(trail_not_found("cloudtrail:DescribeTrails")),
        )
        .account(Trails(vec![trail]))
        .expect(Compliance::NotAssessed, "trail 'org' in us-east-1 is listed")
}
