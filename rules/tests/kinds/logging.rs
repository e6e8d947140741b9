//! Kinds of mistakes about trails and recorders.

use std::collections::BTreeMap;

use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::example::{ACCOUNT_ID, Example, REGION};
use plumbline_core::fact::Key;
use plumbline_core::facts::{
    AdvancedSelector, Bucket, BucketLogging, Buckets, DeliveryChannel, FactKind, FieldSelector,
    Recorder, Recording, Trail, TrailBucket, TrailSelectors, TrailSettings, TrailStatus, Trails,
};
use proptest::prelude::*;

use super::{evaluations, outcome, outcomes};

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

const OTHER: &str = "000011112222";
const LARGER: &str = "999988887777";

prop_compose! {
    /// Trails of this account and of others with repeated names, and whether log file validation is
    /// enabled for each.
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

/// The operators of field selectors, and an unknown one.
const OPERATORS: [&str; 5] = ["equals", "starts_with", "not_equals", "not_ends_with", "none"];

/// A condition of an advanced selector.
fn condition() -> impl Strategy<Value = FieldSelector> {
    let field = prop::sample::select(vec![
        ("eventCategory", vec!["Management", "Data"]),
        ("readOnly", vec!["true", "false"]),
        ("eventSource", vec!["ec2.amazonaws.com", "kms.amazonaws.com"]),
        ("eventName", vec!["DeleteVpc"]),
    ]);
    let of_field = field.prop_flat_map(|(field, values)| {
        let values = prop::sample::subsequence(values.clone(), 1..=values.len());
        (Just(field), values, prop::sample::select(OPERATORS.to_vec()))
    });
    of_field.prop_map(|(field, values, operator)| {
        let field = field.to_owned();
        let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        let mut selector = FieldSelector { field, ..FieldSelector::default() };
        match operator {
            "equals" => selector.equals = values,
            "starts_with" => selector.starts_with = values,
            "not_equals" => selector.not_equals = values,
            "not_ends_with" => selector.not_ends_with = values,
            _ => {}
        }
        selector
    })
}

/// Selectors, most of them for management events.
fn selectors() -> impl Strategy<Value = Vec<Vec<FieldSelector>>> {
    let management = FieldSelector {
        field: "eventCategory".to_owned(),
        equals: vec!["Management".to_owned()],
        ..FieldSelector::default()
    };
    let one = (0..4_u8, prop::collection::vec(condition(), 0..3)).prop_map(
        move |(asks, mut conditions)| {
            if asks > 0 {
                conditions.insert(0, management.clone());
            }
            conditions
        },
    );
    prop::collection::vec(one, 1..4)
}

/// Returns whether a condition matches an event. A condition without a known operator matches no
/// event.
fn lets_through(condition: &FieldSelector, event: &BTreeMap<&str, &str>) -> bool {
    let FieldSelector { equals, starts_with, not_equals, not_ends_with, .. } = condition;
    let value = event[condition.field.as_str()];
    let is_known =
        [equals, starts_with, not_equals, not_ends_with].iter().any(|all| !all.is_empty());
    is_known
        && (equals.is_empty() || equals.iter().any(|one| value == one))
        && (starts_with.is_empty() || starts_with.iter().any(|one| value.starts_with(one)))
        && !not_equals.iter().any(|one| value == one)
        && !not_ends_with.iter().any(|one| value.ends_with(one))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// own-trail-hidden: each trail of the account is evaluated by its settings, regardless of
    /// trails of other accounts and of the order.
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

    /// archive-bucket: the account that owns the bucket of a trail evaluates the bucket, regardless
    /// of the owner of the trail.
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

    /// trail-not-found: listed trails that are not found never pass, and the reason is never "There
    /// is no trail".
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

    /// unknown-operator: a trail whose selectors, evaluated strictly, do not match a management
    /// event does not log all management events, regardless of the operators that the program
    /// knows.
    #[test]
    fn selectors_that_miss_an_event_do_not_pass(all in selectors()) {
        let main = trail(ACCOUNT_ID, "main", REGION);
        let advanced = all.iter().map(|fields| AdvancedSelector {
            name: String::new(),
            fields: fields.clone(),
        });
        let selectors = TrailSelectors { basic: Vec::new(), advanced: advanced.collect() };
        let settings = TrailSettings { multi_region: true, ..Default::default() };
        let example = described(Example::new(""), &main, settings)
            .account(Trails(vec![main.clone()]))
            .resource(&main.arn, TrailStatus { logging: true, ..Default::default() })
            .resource(&main.arn, selectors);
        let mut missed = None;
        for read in ["true", "false"] {
            for source in ["ec2.amazonaws.com", "kms.amazonaws.com", "s3.amazonaws.com"] {
                for name in ["DeleteVpc", "Other"] {
                    let event = BTreeMap::from([
                        ("eventCategory", "Management"), ("readOnly", read),
                        ("eventSource", source), ("eventName", name),
                    ]);
                    let is_recorded = all.iter().any(|conditions| {
                        conditions.iter().all(|one| lets_through(one, &event))
                    });
                    if !is_recorded {
                        missed = Some(event);
                    }
                }
            }
        }
        let (compliance, reason) = outcome("3.1", &example);
        if let Some(event) = missed {
            prop_assert_ne!(compliance, Compliance::Compliant, "{:?}: {}", event, reason);
        }
        let plain = |conditions: &Vec<FieldSelector>| {
            matches!(conditions.as_slice(), [one] if one.equals == ["Management"])
        };
        if all.iter().any(plain) {
            prop_assert_eq!(compliance, Compliance::Compliant, "{}", reason);
        }
    }
}

/// config-global-types: a recorder without only the global resource types passes in each Region
/// except the home Region. A recorder with another gap passes in no Region.
#[test]
fn global_types_matter_in_the_home_region_only() {
    let channel = || DeliveryChannel { bucket: Some("config".to_owned()), topic: None };
    for bits in 0..32_u8 {
        let has = |bit: u8| bits & (1 << bit) != 0;
        let (all_types, global_types, recording, is_home, has_channel) =
            (has(0), has(1), has(2), has(3), has(4));
        for status in [Some("Success"), Some("Failure"), Some("Pending"), None] {
            let recorder = Recorder {
                name: "default".to_owned(),
                all_types,
                global_types,
                recording,
                last_status: status.map(str::to_owned),
            };
            let channels = has_channel.then(channel).into_iter().collect();
            let mut example =
                Example::new("").region(Recording { recorders: vec![recorder], channels });
            if !is_home {
                example.context.home_region = "eu-west-1".to_owned();
            }
            let (compliance, reason) = outcome("3.5", &example);
            let passes = all_types
                && (global_types || !is_home)
                && recording
                && has_channel
                && status == Some("Success");
            let expected = if passes { Compliance::Compliant } else { Compliance::NonCompliant };
            assert_eq!(compliance, expected, "{bits:b} {status:?}: {reason}");
            if all_types && !global_types && is_home {
                assert!(reason.contains("does not record global resource types"), "{reason}");
            }
        }
    }
}
