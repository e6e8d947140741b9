//! What several controls ask of trails.

use std::collections::BTreeSet;

use plumbline_core::fact::FactType;
use plumbline_core::facts::{
    AdvancedSelector, Bucket, Buckets, FieldSelector, Trail, TrailSelectors, TrailSettings,
    TrailStatus, Trails,
};
use plumbline_core::prelude::*;
use plumbline_core::resource::Resource;
use serde_json::{Value, json};

/// Services whose management events AWS offers to leave out for their number.
const EXCLUDABLE_SOURCES: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// How a trail stands to what is asked of it.
enum Standing<T> {
    /// It covers all Regions, is logging and records what is asked; with what it records.
    Qualifies(T),
    /// It does not: what it misses.
    Misses(Vec<String>),
    /// Nothing that is known speaks against it, and something is not known.
    Unknown(NotAssessed),
}

/// The trails that record an account, sorted by whether they cover all Regions, are logging and
/// record what is asked.
pub struct Search<'a, T> {
    /// All of them.
    pub trails: &'a [Trail],
    /// Those that do, with what they record.
    pub qualifying: Vec<(&'a Trail, T)>,
    /// The one that misses the least, with what it misses, in words.
    pub nearest: Option<(&'a Trail, String)>,
    /// Why the first of those that are not known well enough is not.
    pub unknown: Option<NotAssessed>,
}

impl<T> Search<'_, T> {
    /// The trails' ARNs, as evidence.
    pub fn evidence(&self) -> Value {
        json!({ "trails": self.trails.iter().map(|trail| &trail.arn).collect::<Vec<_>>() })
    }

    /// What is to be said when no trail qualifies.
    pub fn none(&self) -> Assessed {
        if let Some(why) = &self.unknown {
            return Err(why.clone());
        }
        let reason = match &self.nearest {
            Some((trail, misses)) => format!(
                "No trail does; the nearest, {} in {}, {misses}.",
                trail.name, trail.home_region
            ),
            None => "There is no trail.".to_owned(),
        };
        Ok(Verdict::non_compliant(reason)
            .code("CLOUDTRAIL_MULTI_REGION_NOT_PRESENT")
            .evidence(self.evidence()))
    }
}

/// Looks for trails over all Regions that are logging and whose selectors pass. `selected` tells
/// what they record, or what they miss.
pub fn search<'a, T>(
    view: &View<'a>,
    selected: impl Fn(&TrailSelectors) -> Result<T, String>,
) -> Result<Search<'a, T>, NotAssessed> {
    let trails = &view.account::<Trails>()?.0;
    let mut found = Search { trails, qualifying: Vec::new(), nearest: None, unknown: None };
    let mut fewest = usize::MAX;
    for (trail, standing) in
        trails.iter().map(|trail| (trail, standing(trail, view, &selected))).collect::<Vec<_>>()
    {
        match standing {
            Standing::Qualifies(recorded) => found.qualifying.push((trail, recorded)),
            Standing::Misses(misses) if misses.len() < fewest => {
                fewest = misses.len();
                found.nearest = Some((trail, misses.join(" and ")));
            }
            Standing::Unknown(why) if !is_gone(&why) => {
                found.unknown.get_or_insert(why);
            }
            Standing::Misses(_) | Standing::Unknown(_) => {}
        }
    }
    Ok(found)
}

fn standing<T>(
    trail: &Trail,
    view: &View<'_>,
    selected: impl Fn(&TrailSelectors) -> Result<T, String>,
) -> Standing<T> {
    let settings = view.resource::<TrailSettings>(&trail.home_region, &trail.arn);
    let status = view.resource::<TrailStatus>(&trail.home_region, &trail.arn);
    let selectors = view.resource::<TrailSelectors>(&trail.home_region, &trail.arn).map(selected);
    let mut misses = Vec::new();
    if settings.as_ref().is_ok_and(|settings| !settings.multi_region) {
        misses.push("covers only its own Region".to_owned());
    }
    if status.as_ref().is_ok_and(|status| !status.logging) {
        misses.push("is not logging".to_owned());
    }
    if let Ok(Err(missed)) = &selectors {
        misses.push(missed.clone());
    }
    if !misses.is_empty() {
        return Standing::Misses(misses);
    }
    match (settings, status, selectors) {
        (Ok(_), Ok(_), Ok(Ok(recorded))) => Standing::Qualifies(recorded),
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => Standing::Unknown(why),
        (Ok(_), Ok(_), Ok(Err(missed))) => Standing::Misses(vec![missed]),
    }
}

/// Whether what was to be read is not there.
pub fn is_gone(why: &NotAssessed) -> bool {
    matches!(why, NotAssessed::ReadFailed(unread) if unread.cause == Cause::NotFound)
}

/// Whether all management events are recorded, or what is missed.
pub fn all_management_events(selectors: &TrailSelectors) -> Result<(), String> {
    let events = ManagementEvents::of(selectors);
    let excluded = events.excluded();
    match (events.reads_and_writes(), excluded.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(format!(
            "leaves out the management events of {}",
            excluded.into_iter().collect::<Vec<_>>().join(" and ")
        )),
        (false, _) => Err("does not record all management events".to_owned()),
    }
}

/// What is to be said of an account without trails of its own, for controls over each of them.
pub fn no_own_trail(view: &View<'_>) -> Assessed {
    let foreign = view.account::<Trails>()?.0.iter().find(|trail| !trail.is_own(view));
    Ok(match foreign {
        Some(trail) => {
            let owner = trail.arn.split(':').nth(4).unwrap_or_default();
            Verdict::compliant(format!(
                "This account has no trail of its own to evaluate; trail {} belongs to account \
                 {owner} and is evaluated there.",
                trail.name
            ))
        }
        None => Verdict::non_compliant("There is no trail."),
    })
}

/// Decides about a trail together with those that have its name in other Regions: AWS Config tells
/// them apart by the Region only, and here they are evaluated in one. The worst verdict counts.
pub fn with_namesakes(
    trail: &Trail,
    view: &View<'_>,
    decide: impl Fn(&Trail) -> Assessed,
) -> Assessed {
    let own = decide(trail);
    let Ok(trails) = view.account::<Trails>() else { return own };
    let namesakes = trails
        .0
        .iter()
        .filter(|other| other.name == trail.name && other.arn != trail.arn && other.is_own(view));
    let others: Vec<Assessed> =
        namesakes.map(decide).filter(|other| !matches!(other, Err(why) if is_gone(why))).collect();
    let rank = |assessed: &Assessed| match assessed {
        Ok(verdict) if verdict.is_non_compliant() => 0,
        Err(why) if !is_gone(why) => 1,
        Ok(_) => 2,
        Err(_) => 3,
    };
    others
        .into_iter()
        .fold(own, |worst, other| if rank(&other) < rank(&worst) { other } else { worst })
}

/// A trail's bucket when it is the account's own; otherwise what is to be said of it. The account's
/// own are those on the list of its buckets. Any other one is asked for a fact all the same, to
/// tell one that does not exist from one of another account. AWS does not tell which account that
/// is.
pub fn own_bucket<'a, T: FactType + 'a>(
    name: &str,
    view: &View<'a>,
) -> Result<&'a Bucket, Assessed> {
    let buckets = view.account::<Buckets>().map_err(Err)?;
    let own = buckets.0.iter().find(|bucket| bucket.name == *name);
    let region = own.map_or(view.context().home_region.as_str(), |bucket| bucket.region.as_str());
    match (view.resource::<T>(region, name).map(|_| ()), own) {
        (Err(why), _) if is_gone(&why) => Err(Ok(missing_bucket(name))),
        (_, Some(bucket)) => Ok(bucket),
        (Err(NotAssessed::ReadFailed(unread)), None)
            if unread.cause == Cause::Denied || unread.code == "PermanentRedirect" =>
        {
            Err(Err(bucket_of_others(name)))
        }
        (Ok(()), None) => Err(Err(bucket_of_others(name))),
        (Err(why), None) => Err(Err(why)),
    }
}

/// That a trail's bucket does not exist.
pub fn missing_bucket(name: &str) -> Verdict {
    Verdict::non_compliant(format!(
        "Bucket {name} does not exist: anyone can claim the name and get the logs."
    ))
}

fn bucket_of_others(name: &str) -> NotAssessed {
    NotAssessed::Undetermined(format!("bucket {name} is of another account; evaluate it there."))
}

/// Facts for examples of trails.
pub mod examples {
    use plumbline_core::facts::{
        AdvancedSelector, BasicSelector, Bucket, Buckets, Fact, FieldSelector, ReadWrite, Trail,
        TrailBucket, TrailSelectors, TrailSettings, Trails,
    };
    use plumbline_core::prelude::*;

    /// A trail of the account of the examples.
    pub fn trail(name: &str) -> Trail {
        Trail { arn: arn(name), name: name.to_owned(), home_region: REGION.to_owned() }
    }

    /// Its ARN.
    pub fn arn(name: &str) -> String {
        format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT_ID}:trail/{name}")
    }

    /// A trail of the organization.
    pub fn organizations() -> Trail {
        Trail {
            arn: format!("arn:aws:cloudtrail:{REGION}:999988887777:trail/org"),
            name: "org".to_owned(),
            home_region: REGION.to_owned(),
        }
    }

    /// Settings of a trail over all Regions.
    pub fn settings() -> TrailSettings {
        TrailSettings {
            multi_region: true,
            bucket: Some(TrailBucket("logs".to_owned())),
            ..TrailSettings::default()
        }
    }

    /// A basic selector for management events.
    pub fn management() -> BasicSelector {
        BasicSelector {
            read_write: ReadWrite::All,
            management: true,
            excluded_sources: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Advanced selectors, one, with fields that equal values.
    pub fn advanced(fields: &[(&str, &str)]) -> TrailSelectors {
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
    pub fn delivering(situation: &'static str) -> Example {
        Example::new(situation)
            .account(Trails(vec![trail("main")]))
            .resource(&arn("main"), settings())
    }

    /// A trail that delivers to bucket `logs` of the account.
    pub fn own_bucket(situation: &'static str) -> Example {
        delivering(situation)
            .account(Buckets(vec![Bucket { name: "logs".to_owned(), region: REGION.to_owned() }]))
    }

    /// What is said of trails and their buckets before the buckets are looked at: missing and
    /// foreign buckets, unreadable lists, trails that are not there or not the account's. `probe`
    /// is the fact that tells missing buckets from foreign ones, `fact` one that it finds all the
    /// same.
    pub fn of_buckets(probe: FactKind, fact: impl Into<Fact>) -> Vec<Example> {
        let key = || Key::resource(probe, REGION, "logs");
        let operation = probe.reads().first().map_or("", |read| read.operation);
        let foreign = |situation| delivering(situation).account(Buckets(Vec::new()));
        let unread = |cause, code: &str| Err(ReadError::new(operation, cause, code));
        vec![
            foreign("a bucket that does not exist")
                .answer(key(), unread(Cause::NotFound, "NoSuchBucket"))
                .expect_of("logs", Compliance::NonCompliant, "logs does not exist"),
            foreign("a bucket of another account").denied(key()).expect_of(
                "logs",
                Compliance::NotAssessed,
                "logs is of another account",
            ),
            foreign("a bucket of another account in another Region")
                .answer(key(), unread(Cause::Failed, "PermanentRedirect"))
                .expect_of("logs", Compliance::NotAssessed, "logs is of another account"),
            foreign("a bucket of another account that lets itself be read")
                .answer(key(), Ok(fact.into()))
                .expect_of("logs", Compliance::NotAssessed, "logs is of another account"),
            foreign("a bucket that is not listed, and AWS is out of order")
                .answer(key(), unread(Cause::Failed, "InternalError"))
                .expect_of("logs", Compliance::NotAssessed, operation),
            delivering("the buckets may not be listed")
                .denied(Key::account(FactKind::Buckets))
                .expect_of("logs", Compliance::NotAssessed, "s3:ListBuckets"),
            Example::new("a trail that may not be described")
                .account(Trails(vec![trail("main")]))
                .denied(Key::resource(FactKind::TrailSettings, REGION, arn("main")))
                .expect_of("main", Compliance::NotAssessed, "cloudtrail:DescribeTrails"),
            Example::new("the only trail was deleted while the account was read")
                .account(Trails(vec![trail("main")]))
                .answer(
                    Key::resource(FactKind::TrailSettings, REGION, arn("main")),
                    Err(gone("cloudtrail:DescribeTrails")),
                )
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("only a trail of the organization")
                .account(Trails(vec![organizations()]))
                .expect(Compliance::Compliant, "trail org belongs to account 999988887777"),
            Example::new("no trail")
                .account(Trails(Vec::new()))
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("the trails may not be listed")
                .denied(Key::account(FactKind::Trails))
                .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
        ]
    }

    /// That a trail is gone.
    pub fn gone(operation: &str) -> ReadError {
        ReadError::new(operation, Cause::NotFound, "TrailNotFoundException")
    }
}

/// Which management events selectors record together. A kind of events that is recorded has the
/// services that are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagementEvents {
    reads: Option<BTreeSet<String>>,
    writes: Option<BTreeSet<String>>,
}

impl ManagementEvents {
    /// What selectors of either sort record together.
    pub fn of(selectors: &TrailSelectors) -> Self {
        let mut events = Self::default();
        for selector in selectors.basic.iter().filter(|selector| selector.management) {
            events.add(
                selector.read_write.reads(),
                selector.read_write.writes(),
                &selector.excluded_sources,
            );
        }
        for (reads, writes, excluded) in selectors.advanced.iter().filter_map(advanced) {
            events.add(reads, writes, &excluded);
        }
        events
    }

    /// Whether events that read and events that write are recorded, if only of some services.
    pub fn reads_and_writes(&self) -> bool {
        self.reads.is_some() && self.writes.is_some()
    }

    /// Whether events that read and events that write are recorded, of all services.
    pub fn all(&self) -> bool {
        self.reads_and_writes() && self.excluded().is_empty()
    }

    /// The services that are left out.
    pub fn excluded(&self) -> BTreeSet<&str> {
        self.reads.iter().chain(&self.writes).flatten().map(String::as_str).collect()
    }

    fn add(&mut self, reads: bool, writes: bool, excluded: &[String]) {
        for (recorded, without) in [(reads, &mut self.reads), (writes, &mut self.writes)] {
            if recorded {
                let excluded: BTreeSet<String> = excluded.iter().cloned().collect();
                *without = Some(
                    without.as_ref().map_or_else(|| excluded.clone(), |before| before & &excluded),
                );
            }
        }
    }
}

/// Which management events an advanced selector records: reads, writes, and without which services.
/// Nothing when it is about other events, or narrowed further.
fn advanced(selector: &AdvancedSelector) -> Option<(bool, bool, Vec<String>)> {
    let (mut is_management, mut reads, mut writes, mut excluded) = (false, true, true, Vec::new());
    for field in &selector.fields {
        match field.field.as_str() {
            "eventCategory" if only_equals(field) && field.equals == ["Management"] => {
                is_management = true
            }
            "readOnly" if only_equals(field) => {
                narrow_to_reads_or_writes(field, &mut reads, &mut writes)
            }
            "eventSource" => excluded.extend(excluded_sources(field)?),
            _ => return None,
        }
    }
    is_management.then_some((reads, writes, excluded))
}

/// Leaves of reads and writes what a condition on `readOnly` leaves.
pub(super) fn narrow_to_reads_or_writes(
    field: &FieldSelector,
    reads: &mut bool,
    writes: &mut bool,
) {
    *reads &= field.equals.iter().any(|value| value.eq_ignore_ascii_case("true"));
    *writes &= field.equals.iter().any(|value| value.eq_ignore_ascii_case("false"));
}

/// Whether a condition demands exact values, and nothing else.
pub(super) fn only_equals(field: &FieldSelector) -> bool {
    *field
        == FieldSelector {
            field: field.field.clone(),
            equals: field.equals.clone(),
            ..FieldSelector::default()
        }
}

fn excluded_sources(field: &FieldSelector) -> Option<Vec<String>> {
    let only_excludes = *field
        == FieldSelector {
            field: field.field.clone(),
            not_equals: field.not_equals.clone(),
            ..FieldSelector::default()
        };
    let excludable =
        field.not_equals.iter().all(|source| EXCLUDABLE_SOURCES.contains(&source.as_str()));
    (only_excludes && excludable).then(|| field.not_equals.clone())
}

#[cfg(test)]
mod tests {
    use plumbline_core::engine::Unseen;
    use plumbline_core::facts::{BasicSelector, ReadWrite};

    use super::*;

    fn field(name: &str, equals: &[&str], not_equals: &[&str]) -> FieldSelector {
        let texts = |some: &[&str]| some.iter().map(|text| (*text).to_owned()).collect();
        FieldSelector {
            field: name.to_owned(),
            equals: texts(equals),
            not_equals: texts(not_equals),
            ..FieldSelector::default()
        }
    }

    fn recorded(advanced: Vec<Vec<FieldSelector>>) -> ManagementEvents {
        let advanced = advanced
            .into_iter()
            .map(|fields| AdvancedSelector { name: String::new(), fields })
            .collect();
        ManagementEvents::of(&TrailSelectors { basic: Vec::new(), advanced })
    }

    #[test]
    fn advanced_selectors() {
        let management = || field("eventCategory", &["Management"], &[]);
        assert!(recorded(vec![vec![management()]]).all());
        assert!(!recorded(vec![vec![field("eventCategory", &["Data"], &[])]]).all());
        assert!(!recorded(vec![vec![management(), field("readOnly", &["false"], &[])]]).all());
        assert!(
            recorded(vec![
                vec![management(), field("readOnly", &["false"], &[])],
                vec![management(), field("readOnly", &["true"], &[])]
            ])
            .all()
        );
        assert!(
            !recorded(vec![vec![management(), field("eventName", &["CreateTrail"], &[])]]).all()
        );
        assert!(
            !recorded(vec![vec![management(), field("eventSource", &["iam.amazonaws.com"], &[])]])
                .all()
        );
        assert!(
            !recorded(vec![vec![management(), field("eventSource", &[], &["iam.amazonaws.com"])]])
                .all()
        );
        let without_kms =
            recorded(vec![vec![management(), field("eventSource", &[], &["kms.amazonaws.com"])]]);
        assert!(!without_kms.all() && without_kms.reads_and_writes());
        assert_eq!(without_kms.excluded(), BTreeSet::from(["kms.amazonaws.com"]));
        let twice = recorded(vec![
            vec![management(), field("eventSource", &[], &["kms.amazonaws.com"])],
            vec![management()],
        ]);
        assert!(twice.all() && twice.excluded().is_empty());
        assert!(!recorded(vec![vec![]]).all());
    }

    #[test]
    fn beside_a_trail_that_cannot_be_read_earlier_buckets_are_not_called_gone() {
        for control in [
            &crate::logging::trail_bucket_public::CONTROL,
            &crate::logging::trail_bucket_logging::CONTROL,
        ] {
            let mut partial = 0;
            for example in (control.run.examples)() {
                let outcome = example.run(control).expect("valid parameters");
                let trails = outcome
                    .evaluations
                    .iter()
                    .filter(|evaluation| evaluation.resource.resource_type == Trail::TYPE)
                    .count();
                let listed = !example
                    .facts
                    .iter()
                    .any(|(key, answer)| key.kind == FactKind::Trails && answer.is_err());
                assert_eq!(
                    outcome.unseen == Unseen::Gone,
                    trails == 0 && listed,
                    "{} {}",
                    control.id,
                    example.situation
                );
                partial += usize::from(trails > 0 && trails < outcome.evaluations.len());
            }
            assert!(partial > 0, "{}: no example of buckets beside a trail", control.id);
        }
    }

    #[test]
    fn basic_selectors_add_up() {
        let basic = |read_write, management| BasicSelector {
            read_write,
            management,
            excluded_sources: Vec::new(),
            data: Vec::new(),
        };
        let recorded =
            |basic| ManagementEvents::of(&TrailSelectors { basic, advanced: Vec::new() });
        assert!(
            recorded(vec![basic(ReadWrite::ReadOnly, true), basic(ReadWrite::WriteOnly, true)])
                .all()
        );
        assert!(
            !recorded(vec![basic(ReadWrite::ReadOnly, true), basic(ReadWrite::WriteOnly, false)])
                .all()
        );
        assert!(!recorded(Vec::new()).all());
    }
}
