//! Shared code of the controls over trails.

pub(crate) mod buckets;
pub(crate) mod examples;
pub(crate) mod fixes;
pub(crate) mod selectors;

use plumbline_core::facts::{
    Trail, TrailBucket, TrailSelectors, TrailSettings, TrailStatus, Trails,
};
use plumbline_core::parameters::NamedBuckets;
use plumbline_core::prelude::*;
use plumbline_core::resources::Resource;
use serde_json::{Value, json};

/// Whether a trail meets the requirements.
enum Standing<T> {
    /// It is a multi-Region trail, is logging and logs the required events; with the logged events.
    Qualifies(T),
    /// It does not meet these requirements.
    Misses(Vec<Missed>),
    /// It may meet them: no known fact is against it, but a fact is unknown.
    Unknown(NotAssessed),
}

/// A requirement that a trail does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Missed {
    /// It is a single-Region trail.
    AllRegions,
    /// Its logging is stopped.
    Logging,
    /// Its selectors do not log the required events; with the predicate of a sentence.
    Selectors(String),
}

impl Missed {
    /// Returns its name in the evidence.
    fn code(&self) -> &'static str {
        match self {
            Self::AllRegions => "all_regions",
            Self::Logging => "logging",
            Self::Selectors(_) => "selectors",
        }
    }
}

impl std::fmt::Display for Missed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::AllRegions => "covers only its own Region",
            Self::Logging => "is not logging",
            Self::Selectors(words) => words,
        })
    }
}

/// Joins the requirements that a trail does not meet to a predicate.
fn in_words(missed: &[Missed]) -> String {
    missed.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// The trails that record an account, grouped by whether they meet the requirements.
pub(crate) struct TrailSearch<'a, T> {
    /// The requirement, as the predicate of a sentence.
    wanted: String,
    /// All trails.
    pub(crate) trails: &'a [Trail],
    /// The trails that meet the requirements, with the logged events.
    pub(crate) qualifying: Vec<(&'a Trail, T)>,
    /// The trail that meets the most requirements, with the unmet ones as a predicate.
    pub(crate) nearest: Option<(&'a Trail, String)>,
    /// The account's own trail that meets the most requirements, with the unmet ones.
    own: Option<(&'a Trail, Vec<Missed>)>,
    /// The trails with unknown facts, with the cause.
    pub(crate) unknown: Vec<(&'a Trail, NotAssessed)>,
}

impl<T> TrailSearch<'_, T> {
    /// Returns the ARNs of the trails, as evidence.
    pub(crate) fn evidence(&self) -> Value {
        json!({ "trails": self.trails.iter().map(|trail| &trail.arn).collect::<Vec<_>>() })
    }

    /// Returns the answer when no trail qualifies.
    pub(crate) fn none(&self) -> Assessed {
        if let Some((_, why)) = self.unknown.first() {
            return Err(why.clone());
        }
        let reason = match &self.nearest {
            Some((trail, misses)) => format!(
                "No trail {}. The closest, '{}' in {}, {misses}.",
                self.wanted, trail.name, trail.home_region
            ),
            None => "There is no trail.".to_owned(),
        };
        let mut evidence = self.evidence();
        if let (Some((trail, missed)), Some(members)) = (&self.own, evidence.as_object_mut()) {
            let lacks: Vec<&str> = missed.iter().map(Missed::code).collect();
            let nearest = json!({ "trail": trail.arn, "lacks": lacks });
            members.insert("nearest".to_owned(), nearest);
        }
        Ok(Verdict::non_compliant(reason)
            .code("CLOUDTRAIL_MULTI_REGION_NOT_PRESENT")
            .evidence(evidence))
    }
}

/// Searches for multi-Region trails that are logging and whose selectors pass. `wanted` states the
/// requirement as the predicate of a sentence. `selected` returns the logged events, or the unmet
/// requirement.
pub(crate) fn search<'a, T>(
    view: &View<'a>,
    wanted: &str,
    selected: impl Fn(&TrailSelectors) -> Result<T, String>,
) -> Result<TrailSearch<'a, T>, NotAssessed> {
    let trails = &view.account::<Trails>()?.0;
    let mut found = TrailSearch {
        wanted: wanted.to_owned(),
        trails,
        qualifying: Vec::new(),
        nearest: None,
        own: None,
        unknown: Vec::new(),
    };
    let mut fewest = usize::MAX;
    let mut fewest_own = usize::MAX;
    for (trail, standing) in
        trails.iter().map(|trail| (trail, standing(trail, view, &selected))).collect::<Vec<_>>()
    {
        match standing {
            Standing::Qualifies(recorded) => found.qualifying.push((trail, recorded)),
            Standing::Misses(missed) => {
                if missed.len() < fewest {
                    fewest = missed.len();
                    found.nearest = Some((trail, in_words(&missed)));
                }
                if missed.len() < fewest_own && trail.is_own(view) {
                    fewest_own = missed.len();
                    found.own = Some((trail, missed));
                }
            }
            Standing::Unknown(why) => found.unknown.push((trail, why)),
        }
    }
    Ok(found)
}

fn standing<T>(
    trail: &Trail,
    view: &View<'_>,
    selected: impl Fn(&TrailSelectors) -> Result<T, String>,
) -> Standing<T> {
    let settings = trail.fact::<TrailSettings>(view);
    let status = trail.fact::<TrailStatus>(view);
    let selectors = trail.fact::<TrailSelectors>(view).map(selected);
    let mut misses = Vec::new();
    if let Ok(TrailSettings { multi_region: false, .. }) = settings {
        misses.push(Missed::AllRegions);
    }
    if let Ok(TrailStatus { logging: false, .. }) = status {
        misses.push(Missed::Logging);
    }
    if let Ok(Err(missed)) = &selectors {
        misses.push(Missed::Selectors(missed.clone()));
    }
    if !misses.is_empty() {
        return Standing::Misses(misses);
    }
    match (settings, status, selectors) {
        (Ok(_), Ok(_), Ok(Ok(recorded))) => Standing::Qualifies(recorded),
        (Ok(_), Ok(_), Ok(Err(missed))) => Standing::Misses(vec![Missed::Selectors(missed)]),
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => Standing::Unknown(why),
    }
}

/// Returns the answer for an account without its own trails, for controls over each trail. A trail
/// of another account that CloudTrail does not find may be deleted, and then no trail records the
/// account. A listed trail whose settings this account is not allowed to read counts: the account
/// that owns the trail evaluates it.
pub(crate) fn no_own_trail(view: &View<'_>) -> Assessed {
    let foreign: Vec<&Trail> =
        view.account::<Trails>()?.0.iter().filter(|trail| !trail.is_own(view)).collect();
    let settings = |trail: &Trail| view.existing::<TrailSettings>(&trail.home_region, &trail.arn);
    let is_found = |trail: &&&Trail| !matches!(settings(trail), Ok(None));
    let answers: Vec<_> = foreign.iter().filter(is_found).collect();
    if let (Some(gone), []) = (foreign.first(), answers.as_slice()) {
        gone.fact::<TrailSettings>(view)?;
    }
    Ok(match answers.first() {
        Some(trail) => {
            let owner = trail.arn.split(':').nth(4).unwrap_or_default();
            Verdict::compliant(format!(
                "This account has no trail of its own. Trail '{}' belongs to account {owner} and \
                 is evaluated there.",
                trail.name
            ))
        }
        None => Verdict::non_compliant("There is no trail."),
    })
}

/// Returns the answer for an account without a bucket to evaluate, for controls over the buckets of
/// trails. Each trail of the account has a bucket, so the remaining trails and their buckets belong
/// to other accounts.
///
/// Names in `logArchiveBuckets` that are not buckets of the account have no effect. The reason
/// lists them, because they may be misspelled.
pub(crate) fn no_bucket(view: &View<'_>, named: &NamedBuckets) -> Assessed {
    let trails = &view.account::<Trails>()?.0;
    if let Some(trail) = trails.iter().find(|trail| trail.is_own(view)) {
        return Err(NotAssessed::Undetermined(format!(
            "the settings of trail '{}' have no bucket.",
            trail.name
        )));
    }
    let Some(trail) = trails.first() else {
        return Ok(Verdict::non_compliant("There is no trail."));
    };
    let names: Vec<String> = named.0.iter().map(|TrailBucket(name)| format!("'{name}'")).collect();
    let besides = if names.is_empty() {
        String::new()
    } else {
        format!(
            " This account owns none of the buckets in logArchiveBuckets: {}.",
            names.join(", ")
        )
    };
    Ok(Verdict::compliant(format!(
        "This account owns no bucket of a trail. The bucket of trail '{}' is evaluated in the \
         account that owns the bucket.{besides}",
        trail.name
    )))
}

/// Returns the words of the command that enables log file validation.
pub(crate) fn validate(trail: &Trail) -> [&str; 7] {
    let (arn, region) = (trail.arn.as_str(), trail.home_region.as_str());
    let option = "--enable-log-file-validation";
    ["cloudtrail", "update-trail", "--name", arn, option, "--region", region]
}

/// Decides about a trail together with the trails of the same name in other Regions. AWS Config
/// distinguishes them only by Region, but this control evaluates all of them in one Region. The
/// worst verdict counts.
pub(crate) fn with_namesakes(
    trail: &Subject<'_, Trail>,
    view: &View<'_>,
    decide: impl Fn(&Subject<'_, Trail>) -> Assessed,
) -> Assessed {
    let own = decide(trail);
    let Ok(trails) = view.account::<Trails>() else { return own };
    let namesakes = trails
        .0
        .iter()
        .filter(|other| other.arn != trail.arn && other.is_own(view))
        .filter_map(|other| trail.same(other));
    let others: Vec<Assessed> = namesakes
        .map(|namesake| decide(&namesake))
        .filter(|other| !other.as_ref().is_err_and(NotAssessed::is_not_found))
        .collect();
    let rank = |assessed: &Assessed| match assessed {
        Ok(verdict) if verdict.is_non_compliant() => 0,
        Err(why) if !why.is_not_found() => 1,
        Ok(_) => 2,
        Err(_) => 3,
    };
    others
        .into_iter()
        .fold(own, |worst, other| if rank(&other) < rank(&worst) { other } else { worst })
}
