//! Kinds of mistakes about buckets, databases, and services that are not available in all Regions.

use std::collections::BTreeSet;

use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::Partition;
use plumbline_core::engine::Unseen;
use plumbline_core::evaluation::{ACCOUNT, Compliance, NotAssessed};
use plumbline_core::example::{ACCOUNT_ID, Example, REGION};
use plumbline_core::facts::{
    Bucket, BucketVersioning, Buckets, DbInstance, DbInstances, EnabledRegions, MacieDiscovery,
    MacieJobs, MacieSession, MacieStatus, VersioningStatus,
};
use plumbline_rules::registry::find;
use proptest::prelude::*;

use super::{evaluations, outcome};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// disabled-region-bucket: the run in the home Region reports every disabled Region with
    /// buckets, and every bucket whose Region is unknown. The other runs do not report them.
    #[test]
    fn buckets_out_of_reach_are_reported(
        places in prop::collection::vec(0..6_usize, 0..8), mask in any::<u8>(),
    ) {
        let regions = [REGION, "eu-west-1", "af-south-1", "me-south-1", "ap-east-1", ""];
        let is_enabled = |region: &str| {
            let at = regions.iter().position(|one| *one == region);
            region == REGION || at.is_some_and(|at| mask & (1 << at) != 0)
        };
        let unread = || ReadError::new("s3:GetBucketLocation", Cause::Denied, "AccessDenied");
        let buckets: Vec<Bucket> = places.iter().enumerate().map(|(at, place)| Bucket {
            unlocated: regions[*place].is_empty().then(unread),
            ..Bucket::new(format!("b{at}"), regions[*place])
        }).collect();
        let enabled = regions.iter().filter(|region| is_enabled(region));
        let enabled = enabled.map(|region| (*region).to_owned());
        let mut example = Example::new("")
            .account(Buckets(buckets.clone()))
            .account(EnabledRegions(enabled.collect()));
        for bucket in &buckets {
            let status = Some(VersioningStatus::Enabled);
            let versioning = BucketVersioning { status, mfa_delete: Some(true) };
            example = example.resource(&bucket.name, versioning);
        }
        let found = evaluations("2.1.3", &example);
        let reported: BTreeSet<&str> = found.iter()
            .filter(|one| one.resource.resource_type == ACCOUNT)
            .filter(|one| one.compliance == Compliance::NotAssessed)
            .map(|one| one.resource.region.as_str()).collect();
        let expected: BTreeSet<&str> = buckets.iter()
            .map(|bucket| bucket.region.as_str())
            .filter(|region| !region.is_empty() && !is_enabled(region)).collect();
        prop_assert_eq!(reported, expected);
        for bucket in &buckets {
            let of_bucket: Vec<Compliance> = found.iter()
                .filter(|one| one.resource.resource_id == bucket.name)
                .map(|one| one.compliance)
                .collect();
            let expected: &[Compliance] = match bucket.region.as_str() {
                "" => &[Compliance::NotAssessed],
                REGION => &[Compliance::Compliant],
                _ => &[],
            };
            prop_assert_eq!(of_bucket.as_slice(), expected, "{}", bucket.name);
        }
        let mut elsewhere = example.clone();
        elsewhere.context.region = "eu-west-1".to_owned();
        for evaluation in evaluations("2.1.3", &elsewhere) {
            prop_assert_eq!(&evaluation.resource.region, "eu-west-1");
        }
    }
}

/// rds-facts: storage with encryption type `sse-rds` is encrypted, regardless of the flag, and RDS
/// Custom has no automatic upgrades.
#[test]
fn databases_by_what_they_are() {
    let kinds = [None, Some("none"), Some("sse-kms"), Some("sse-rds"), Some("sse-unheard-of")];
    for engine in ["mysql", "aurora-postgresql", "custom-oracle-ee", "custom-sqlserver-web"] {
        for encryption in kinds {
            for (encrypted, minor_upgrade) in
                [(true, true), (true, false), (false, true), (false, false)]
            {
                let example = Example::new("").region(DbInstances(vec![DbInstance {
                    id: "db-1".to_owned(),
                    name: "orders".to_owned(),
                    arn: format!("arn:aws:rds:{REGION}:{ACCOUNT_ID}:db:orders"),
                    region: REGION.to_owned(),
                    engine: engine.to_owned(),
                    encrypted,
                    encryption_type: encryption.map(str::to_owned),
                    minor_upgrade,
                    public: false,
                    network: None,
                }]));
                let passes = |passes| {
                    if passes { Compliance::Compliant } else { Compliance::NonCompliant }
                };
                let is_encrypted = encrypted || matches!(encryption, Some("sse-kms" | "sse-rds"));
                let situation = format!("{engine} {encryption:?} {encrypted} {minor_upgrade}");
                assert_eq!(outcome("2.3.1", &example).0, passes(is_encrypted), "{situation}");
                let upgrades = match engine.strip_prefix("custom-") {
                    Some(_) => Compliance::NotApplicable,
                    None => passes(minor_upgrade),
                };
                assert_eq!(outcome("2.3.2", &example).0, upgrades, "{situation}");
            }
        }
    }
}

/// reason: if all databases belong to other services, the reason states how many are out of scope.
#[test]
fn databases_that_are_left_out_are_counted() {
    let instance = |at: usize, engine: &str| DbInstance {
        id: format!("db-{at}"),
        name: format!("name-{at}"),
        arn: format!("arn:aws:rds:{REGION}:{ACCOUNT_ID}:db:name-{at}"),
        region: REGION.to_owned(),
        engine: engine.to_owned(),
        encrypted: false,
        encryption_type: None,
        minor_upgrade: false,
        public: true,
        network: None,
    };
    for (neptune, document_db) in [(0, 0), (1, 0), (0, 2), (3, 1)] {
        let engines = std::iter::repeat_n("neptune", neptune)
            .chain(std::iter::repeat_n("docdb", document_db));
        let instances = engines.enumerate().map(|(at, engine)| instance(at, engine)).collect();
        let example = Example::new("").region(DbInstances(instances));
        for control in ["2.3.1", "2.3.2", "2.3.3"] {
            let (compliance, reason) = outcome(control, &example);
            assert_eq!(compliance, Compliance::Compliant, "{control}: {reason}");
            for (number, name) in [(neptune, "Amazon Neptune"), (document_db, "Amazon DocumentDB")]
            {
                let is_counted = reason.contains(&format!("{number} {name} instance"));
                assert_eq!(is_counted, number > 0, "{control} {number} {name}: {reason}");
            }
        }
    }
}

/// macie-member: automated discovery or a job passes if Macie is enabled, and nothing else passes.
/// The collector reads the settings of a member account in `common/aws/src/collect/macie.rs`.
#[test]
fn macie_passes_by_discovery_or_a_job_only() {
    for status in [None, Some(MacieStatus::Enabled), Some(MacieStatus::Paused)] {
        for enabled in [true, false] {
            for (live, cancelled) in [(0, 0), (0, 2), (1, 0), (2, 1)] {
                let example = Example::new("")
                    .account(Buckets(vec![Bucket::new("b", REGION)]))
                    .region(MacieSession { status })
                    .region(MacieDiscovery { enabled })
                    .region(MacieJobs { live, cancelled });
                let passes = status == Some(MacieStatus::Enabled) && (enabled || live > 0);
                let expected =
                    if passes { Compliance::Compliant } else { Compliance::NonCompliant };
                let (compliance, reason) = outcome("2.1.4", &example);
                assert_eq!(compliance, expected, "{status:?} {enabled} {live}: {reason}");
            }
        }
    }
}

/// service-not-there: if a service is not available, the control needs an attestation, and no run
/// ends in an error.
#[test]
fn services_that_do_not_exist_are_no_failed_reads() {
    let anywhere = |id: &str, partition, region: &str| {
        let mut example = Example::new("")
            .partition(partition)
            .account(Buckets(vec![Bucket::new("b", region)]))
            .account(EnabledRegions(vec![region.to_owned()]));
        example.context.region = region.to_owned();
        example.context.home_region = region.to_owned();
        let outcome = example.run(find(id).expect("a control")).expect("valid parameters");
        assert!(outcome.failure().is_none(), "{id} in {region}: {outcome:?}");
        for evaluation in &outcome.evaluations {
            assert!(
                matches!(
                    evaluation.not_assessed.as_deref(),
                    Some(NotAssessed::NeedsAttestation(_))
                ),
                "{id} in {region}: {evaluation:?}"
            );
        }
        assert_ne!(outcome.unseen, Unseen::Untouched);
    };
    for id in ["1.1", "1.2", "2.1.4"] {
        anywhere(id, Partition::GovCloud, "us-gov-west-1");
        anywhere(id, Partition::GovCloud, "us-gov-east-1");
    }
    for region in ["cn-north-1", "cn-northwest-1"] {
        anywhere("2.1.4", Partition::China, region);
    }
    for region in ["ap-southeast-3", "ca-west-1", "me-central-1", "mx-central-1"] {
        anywhere("2.1.4", Partition::Aws, region);
    }
}
