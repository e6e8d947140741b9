//! Kinds of mistakes that verdicts must not make, over many situations each. The cases of
//! `tests/verdicts` show single ones.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail so")]

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::Partition;
use plumbline_core::engine::Unseen;
use plumbline_core::evaluation::{ACCOUNT, Compliance, Evaluation, NotAssessed};
use plumbline_core::example::{ACCOUNT_ID, Example, REGION, days_ago};
use plumbline_core::fact::Key;
use plumbline_core::facts::{
    Bucket, BucketLogging, BucketVersioning, Buckets, CredentialReport, EnabledRegions, FactKind,
    SecurityGroup, SecurityGroupRule, SecurityGroups, Trail, TrailBucket, TrailSettings, Trails,
    User, Users, VersioningStatus,
};
use plumbline_rules::registry::{CONTROLS, find};
use proptest::prelude::*;

/// What a control says of a situation.
fn evaluations(control: &str, example: &Example) -> Vec<Evaluation> {
    let control = find(control).expect("a control");
    example.run(control).expect("valid parameters").evaluations
}

/// The outcomes by resource.
fn outcomes(control: &str, example: &Example) -> BTreeMap<String, Compliance> {
    let found = evaluations(control, example);
    let by_id: BTreeMap<_, _> =
        found.iter().map(|one| (one.resource.resource_id.clone(), one.compliance)).collect();
    assert_eq!(by_id.len(), found.len(), "{control}: {found:#?}");
    by_id
}

fn trail(owner: &str, name: &str, region: &str) -> Trail {
    Trail {
        arn: format!("arn:aws:cloudtrail:{region}:{owner}:trail/{name}"),
        name: name.to_owned(),
        home_region: region.to_owned(),
    }
}

fn described(example: Example, trail: &Trail, settings: TrailSettings) -> Example {
    let key =
        Key::resource(FactKind::TrailSettings, trail.home_region.as_str(), trail.arn.as_str());
    example.answer(key, Ok(settings.into()))
}

/// The columns of a credential report.
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

fn arn(at: usize) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:user/u{at}")
}

/// The row of a user with one active key, and a second one in this state.
fn row(at: usize, second: &str) -> String {
    let (arn, created) = (arn(at), days_ago(2000).to_rfc3339());
    format!(
        "u{at},{arn},{created},false,N/A,N/A,N/A,false,true,2025-12-01T00:00:00Z,N/A,N/A,N/A,\
         {second},N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    )
}

fn block(address: u32, length: u8) -> String {
    format!("{}/{length}", std::net::Ipv4Addr::from(address))
}

const OTHER: &str = "000011112222";
const LARGER: &str = "999988887777";

prop_compose! {
    /// Trails of this account and of others, whose names repeat, with whether each is validated.
    fn trails()(all in prop::collection::btree_map(
        (0..3_usize, 0..3_usize, 0..2_usize), any::<bool>(), 1..8,
    )) -> Vec<(Trail, bool)> {
        let owners = [ACCOUNT_ID, OTHER, LARGER];
        let names = ["audit", "baseline", "org"];
        let regions = [REGION, "eu-west-1"];
        all.into_iter()
            .map(|((owner, name, region), on)| {
                (trail(owners[owner], names[name], regions[region]), on)
            })
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// own-trail-hidden: each own trail is evaluated by its settings, whatever trails of others
    /// stand beside it and in whatever order.
    #[test]
    fn no_trail_hides_an_own_one(listed in trails(), turn in 0..8_usize) {
        let mut listed = listed;
        let places = listed.len();
        listed.rotate_left(turn % places);
        let mut example = Example::new("")
            .account(Trails(listed.iter().map(|(trail, _)| trail.clone()).collect()));
        for (trail, log_file_validation) in &listed {
            let log_file_validation = *log_file_validation;
            let settings = TrailSettings { log_file_validation, ..Default::default() };
            example = described(example, trail, settings);
        }
        let mut expected: BTreeMap<String, Compliance> = BTreeMap::new();
        for (trail, on) in listed.iter().filter(|(trail, _)| trail.arn.contains(ACCOUNT_ID)) {
            let worst = expected.entry(trail.name.clone()).or_insert(Compliance::Compliant);
            if !on {
                *worst = Compliance::NonCompliant;
            }
        }
        if expected.is_empty() {
            expected.insert(ACCOUNT_ID.to_owned(), Compliance::Compliant);
        }
        prop_assert_eq!(outcomes("3.2", &example), expected);
    }

    /// archive-bucket: the account that owns the bucket of a trail evaluates it, whichever account
    /// owns the trail.
    #[test]
    fn own_buckets_of_all_trails_are_evaluated(listed in trails(), own in any::<u8>()) {
        let bucket = |at: usize| format!("logs-{at}");
        let is_own = |at: usize| own & (1 << (at % 8)) != 0;
        let buckets = (0..listed.len()).filter(|at| is_own(*at));
        let mut example = Example::new("")
            .account(Trails(listed.iter().map(|(trail, _)| trail.clone()).collect()))
            .account(Buckets(buckets.map(|at| Bucket::new(bucket(at), REGION)).collect()));
        for (at, (trail, logged)) in listed.iter().enumerate() {
            let bucket = bucket(at);
            let settings =
                TrailSettings { bucket: Some(TrailBucket(bucket.clone())), ..Default::default() };
            let target = logged.then(|| "access".to_owned());
            example = described(example, trail, settings);
            example = if is_own(at) {
                example.resource(&bucket, BucketLogging { target })
            } else {
                example.denied(Key::resource(FactKind::BucketLogging, REGION, bucket))
            };
        }
        let found = outcomes("3.6", &example);
        for (at, (trail, logged)) in listed.iter().enumerate() {
            let expected = match (is_own(at), trail.arn.contains(ACCOUNT_ID)) {
                (true, _) if *logged => Some(Compliance::Compliant),
                (true, _) => Some(Compliance::NonCompliant),
                (false, true) => Some(Compliance::NotAssessed),
                (false, false) => None,
            };
            prop_assert_eq!(found.get(&bucket(at)).copied(), expected, "{} {:?}", at, found);
        }
    }

    /// trail-not-found: trails that are listed and not found never pass, and are never called
    /// "there is no trail".
    #[test]
    fn trails_that_are_not_found_pass_nothing(listed in trails()) {
        for id in ["3.1", "3.2", "3.3", "3.4", "3.6", "3.7", "3.10", "3.11", "4.1", "4.12"] {
            let mut example = Example::new("")
                .account(Trails(listed.iter().map(|(trail, _)| trail.clone()).collect()))
                .account(Buckets(Vec::new()));
            for (trail, _) in &listed {
                let of_a_trail =
                    [FactKind::TrailSettings, FactKind::TrailStatus, FactKind::TrailSelectors];
                for kind in of_a_trail {
                    let gone = ReadError::new("cloudtrail:X", Cause::NotFound, "NotFound");
                    let key = Key::resource(kind, trail.home_region.as_str(), trail.arn.as_str());
                    example = example.answer(key, Err(gone));
                }
            }
            for evaluation in evaluations(id, &example) {
                let Evaluation { compliance, reason, .. } = evaluation;
                prop_assert_eq!(compliance, Compliance::NotAssessed, "{} {}", id, reason);
                prop_assert!(!reason.contains("no trail"), "{} {}", id, reason);
            }
        }
    }

    /// disabled-region-bucket: the home run reports every Region with buckets that is not enabled,
    /// and every bucket whose Region is not known; the others say nothing of it.
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

    /// everywhere: rules that open a port to all public addresses together fail, however the
    /// addresses are divided over rules, and pass with one public block less.
    #[test]
    fn sources_add_up(
        depths in prop::collection::vec(0..4_u8, 64), lacking in any::<prop::sample::Index>(),
    ) {
        let mut blocks = Vec::new();
        let mut depths = depths.into_iter();
        for first in 0..8_u32 {
            // 0.0.0.0/3 to 224.0.0.0/3: the last is multicast and reserved.
            let mut waiting = vec![(first << 29, 3_u8)];
            while let Some((address, length)) = waiting.pop() {
                if length < 3 + depths.next().unwrap_or(0) {
                    let half = address | 1 << (31 - length);
                    waiting.extend([(address, length + 1), (half, length + 1)]);
                } else {
                    blocks.push((address, length));
                }
            }
        }
        blocks.retain(|(address, _)| *address < 224 << 24);
        let lacking = lacking.index(blocks.len());
        let with = |blocks: &[(u32, u8)]| {
            let rule = |(address, length): &(u32, u8)| SecurityGroupRule {
                protocol: "tcp".to_owned(),
                from_port: Some(22),
                to_port: Some(22),
                ipv4: vec![block(*address, *length).parse().expect("a block")],
                ..SecurityGroupRule::default()
            };
            Example::new("").region(SecurityGroups(vec![SecurityGroup {
                id: "sg-1".to_owned(),
                name: "web".to_owned(),
                owner: ACCOUNT_ID.to_owned(),
                region: REGION.to_owned(),
                vpc: Some("vpc-1".to_owned()),
                ingress: blocks.iter().map(rule).collect(),
                egress: Vec::new(),
            }]))
        };
        let open = outcomes("5.2", &with(&blocks));
        prop_assert_eq!(open.get("sg-1"), Some(&Compliance::NonCompliant));
        // No block of these lengths consists of addresses that are not public.
        blocks.remove(lacking);
        let narrowed = outcomes("5.2", &with(&blocks));
        prop_assert_eq!(narrowed.get("sg-1"), Some(&Compliance::Compliant));
    }

    /// report-rows, report-and-users: an odd row is its user's alone, a user without a row is not
    /// assessed, and a row without a user counts for nothing.
    #[test]
    fn rows_stand_alone(kinds in prop::collection::vec(0..4_usize, 1..8)) {
        let mut lines = vec![HEADER.to_owned()];
        let mut expected = BTreeMap::new();
        let mut users = Vec::new();
        for (at, kind) in kinds.iter().enumerate() {
            match kind {
                0 => lines.push(row(at, "false")),
                1 => lines.push(row(at, "true")),
                2 => lines.push(row(at, "not_supported")),
                _ => {}
            }
            expected.insert(format!("AIDA{at}"), [
                Compliance::Compliant,
                Compliance::NonCompliant,
                Compliance::NotAssessed,
                Compliance::NotAssessed,
            ][*kind]);
            users.push(User {
                id: format!("AIDA{at}"),
                name: format!("u{at}"),
                arn: arn(at),
                created: days_ago(2000),
            });
        }
        lines.push(row(99, "true"));
        let report = CredentialReport::parse(days_ago(0), lines.join("\n").as_bytes());
        let report = report.expect("a report");
        let example = Example::new("").account(Users(users)).account(report);
        prop_assert_eq!(outcomes("1.13", &example), expected);
    }
}

/// service-not-there: where a service does not exist, the control needs an attestation, and no run
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

/// reason: what rests on the credential report says of when it is, on whatever resource.
#[test]
fn verdicts_that_rest_on_the_report_state_its_time() {
    for control in CONTROLS.iter().filter(|one| one.facts.contains(&FactKind::CredentialReport)) {
        for example in (control.run.examples)() {
            let read = example.facts.get(&Key::account(FactKind::CredentialReport));
            let Some(Ok(_)) = read else { continue };
            for evaluation in example.run(control).expect("valid parameters").evaluations {
                // Without users, and for keys that are younger than the limit, nothing rests on it.
                if evaluation.as_of.is_some() {
                    assert!(
                        evaluation.reason.contains("as of") || evaluation.waiver.is_some(),
                        "{} {}: {}",
                        control.id,
                        example.situation,
                        evaluation.reason
                    );
                }
            }
        }
    }
}
