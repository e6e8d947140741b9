//! Facts for examples of trails.

use plumbline_core::facts::{
    AdvancedSelector, BasicSelector, Bucket, Buckets, Fact, FieldSelector, ReadWrite, Trail,
    TrailBucket, TrailSelectors, TrailSettings, Trails,
};
use plumbline_core::prelude::*;

/// Returns a trail of the account of the examples.
pub(crate) fn trail(name: &str) -> Trail {
    Trail { arn: arn(name), name: name.to_owned(), home_region: REGION.to_owned() }
}

/// Returns a trail of another Region.
pub(crate) fn trail_of(name: &str, region: &str) -> Trail {
    Trail { arn: arn(name).replace(REGION, region), home_region: region.to_owned(), ..trail(name) }
}

/// Returns the ARN of a trail.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT_ID}:trail/{name}")
}

/// Returns a trail of the organization.
pub(crate) fn organizations() -> Trail {
    Trail {
        arn: format!("arn:aws:cloudtrail:{REGION}:999988887777:trail/org"),
        name: "org".to_owned(),
        home_region: REGION.to_owned(),
    }
}

/// Returns the settings of a multi-Region trail.
pub(crate) fn settings() -> TrailSettings {
    TrailSettings {
        multi_region: true,
        bucket: Some(TrailBucket("logs".to_owned())),
        ..TrailSettings::default()
    }
}

/// Returns a basic selector for management events.
pub(crate) fn management() -> BasicSelector {
    BasicSelector {
        read_write: ReadWrite::All,
        management: true,
        excluded_sources: Vec::new(),
        data: Vec::new(),
    }
}

/// Returns one advanced selector with fields that equal values.
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

/// Returns an example with a trail that delivers to bucket `logs`.
pub(crate) fn delivering(situation: &'static str) -> Example {
    Example::new(situation).account(Trails(vec![trail("main")])).resource(&arn("main"), settings())
}

/// Returns an example with a trail that delivers to bucket `logs` of the account.
pub(crate) fn own_bucket(situation: &'static str) -> Example {
    delivering(situation).account(Buckets(vec![Bucket::new("logs", REGION)]))
}

/// Returns the examples of trails and buckets that are not evaluated: missing buckets, buckets of
/// other accounts, lists that cannot be read, and trails that are missing or belong to other
/// accounts. `probe` is the kind of fact that distinguishes missing buckets from buckets of other
/// accounts, `fact` a fact of that kind.
pub(crate) fn of_buckets(probe: FactKind, fact: impl Into<Fact>) -> Vec<Example> {
    let key = || Key::resource(probe, REGION, "logs");
    let operation = probe.reads().first().map_or("", |read| read.name);
    let foreign = |situation| delivering(situation).account(Buckets(Vec::new()));
    let unread = |cause, code: &str| Err(ReadError::new(operation, cause, code));
    vec![
        foreign("a bucket that does not exist")
            .answer(key(), unread(Cause::NotFound, "NoSuchBucket"))
            .fails("logs", "'logs' does not exist"),
        foreign("a bucket of another account")
            .denied(key())
            .not_assessed("logs", "'logs' belongs to another account"),
        foreign("a bucket of another account in another Region")
            .answer(key(), unread(Cause::Failed, "PermanentRedirect"))
            .not_assessed("logs", "'logs' belongs to another account"),
        foreign("a readable bucket of another account")
            .answer(key(), Ok(fact.into()))
            .not_assessed("logs", "'logs' belongs to another account"),
        foreign("a bucket that is not listed, an internal error of Amazon S3")
            .answer(key(), unread(Cause::Failed, "InternalError"))
            .not_assessed("logs", operation),
        delivering("access denied to ListBuckets")
            .denied(Key::account(FactKind::Buckets))
            .not_assessed("logs", "s3:ListBuckets"),
        Example::new("access denied to DescribeTrails")
            .account(Trails(vec![trail("main")]))
            .denied(Key::resource(FactKind::TrailSettings, REGION, arn("main")))
            .not_assessed("main", "cloudtrail:DescribeTrails"),
        Example::new("a listed trail that is not found")
            .account(Trails(vec![trail("main")]))
            .answer(
                Key::resource(FactKind::TrailSettings, REGION, arn("main")),
                Err(trail_not_found("cloudtrail:DescribeTrails")),
            )
            .not_assessed("main", "trail 'main' in us-east-1"),
        archived("only an organization trail with a bucket of another account")
            .account(Buckets(Vec::new()))
            .expect(Compliance::Compliant, "The bucket of trail 'org' is evaluated in the account"),
        archived("only an organization trail, access denied to ListBuckets")
            .denied(Key::account(FactKind::Buckets))
            .not_assessed("logs", "s3:ListBuckets"),
        archived("a bucket of another account in logArchiveBuckets")
            .account(Buckets(Vec::new()))
            .parameter("logArchiveBuckets", "member-logs")
            .expect(Compliance::Compliant, "owns none of the buckets in logArchiveBuckets: 'mem"),
        foreign("a bucket of the log archive account")
            .denied(key())
            .parameter("logArchiveAccount", "444455556666")
            .not_applicable("logs", "account 444455556666 (logArchiveAccount) owns"),
        foreign("a bucket of another account, this account in logArchiveAccount")
            .denied(key())
            .parameter("logArchiveAccount", ACCOUNT_ID)
            .not_assessed("logs", "although logArchiveAccount is this account"),
        Example::new("no trail")
            .account(Trails(Vec::new()))
            .expect(Compliance::NonCompliant, "There is no trail"),
        Example::new("access denied to ListTrails")
            .denied(Key::account(FactKind::Trails))
            .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
    ]
}

/// Returns an example with an organization trail that delivers to bucket `logs`.
pub(crate) fn archived(situation: &'static str) -> Example {
    Example::new(situation)
        .account(Trails(vec![organizations()]))
        .resource(&organizations().arn, settings())
}

/// Returns an example with an organization trail that delivers to bucket `logs` of the account, the
/// log archive account.
pub(crate) fn archive(situation: &'static str) -> Example {
    archived(situation).account(Buckets(vec![Bucket::new("logs", REGION)]))
}

/// Returns the error of a read that finds no trail.
pub(crate) fn trail_not_found(operation: &str) -> ReadError {
    ReadError::new(operation, Cause::NotFound, "TrailNotFoundException")
}

/// Returns an example with only an organization trail.
pub(crate) fn only_foreign() -> Example {
    Example::new("only an organization trail")
        .account(Trails(vec![organizations()]))
        .expect(Compliance::Compliant, "Trail 'org' belongs to account 999988887777")
}

/// Returns an example with only an organization trail, which CloudTrail does not find.
pub(crate) fn only_foreign_not_found() -> Example {
    let trail = organizations();
    Example::new("only an organization trail, which is not found")
        .answer(
            Key::resource(FactKind::TrailSettings, trail.home_region.as_str(), trail.arn.as_str()),
            Err(trail_not_found("cloudtrail:DescribeTrails")),
        )
        .account(Trails(vec![trail]))
        .expect(Compliance::NotAssessed, "trail 'org' in us-east-1")
}
