//! What several controls ask of trails.

pub(crate) mod buckets;
pub(crate) mod examples;
pub(crate) mod selectors;

use plumbline_core::facts::{Trail, TrailSelectors, TrailSettings, TrailStatus, Trails};
use plumbline_core::prelude::*;
use plumbline_core::resources::Resource;
use serde_json::{Value, json};

/// How a trail stands to what is asked of it.
enum Standing<T> {
    /// It covers all Regions, is logging and records what is asked; with what it records.
    Qualifies(T),
    /// It does not: what it misses.
    Misses(Vec<String>),
    /// Nothing that is known speaks against it, and something is not known.
    Unknown(NotAssessed),
    /// It does not exist any more.
    NotFound,
}

/// The trails that record an account, sorted by whether they cover all Regions, are logging and
/// record what is asked.
pub(crate) struct Search<'a, T> {
    /// All of them.
    pub(crate) trails: &'a [Trail],
    /// Those that do, with what they record.
    pub(crate) qualifying: Vec<(&'a Trail, T)>,
    /// The one that misses the least, with what it misses, in words.
    pub(crate) nearest: Option<(&'a Trail, String)>,
    /// Why the first of those that are not known well enough is not.
    pub(crate) unknown: Option<NotAssessed>,
}

impl<T> Search<'_, T> {
    /// The trails' ARNs, as evidence.
    pub(crate) fn evidence(&self) -> Value {
        json!({ "trails": self.trails.iter().map(|trail| &trail.arn).collect::<Vec<_>>() })
    }

    /// What is to be said when no trail qualifies.
    pub(crate) fn none(&self) -> Assessed {
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
pub(crate) fn search<'a, T>(
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
            Standing::Unknown(why) => {
                found.unknown.get_or_insert(why);
            }
            Standing::Misses(_) | Standing::NotFound => {}
        }
    }
    Ok(found)
}

fn standing<T>(
    trail: &Trail,
    view: &View<'_>,
    selected: impl Fn(&TrailSelectors) -> Result<T, String>,
) -> Standing<T> {
    let settings = view.existing::<TrailSettings>(&trail.home_region, &trail.arn);
    let status = view.existing::<TrailStatus>(&trail.home_region, &trail.arn);
    let selectors = view
        .existing::<TrailSelectors>(&trail.home_region, &trail.arn)
        .map(|selectors| selectors.map(selected));
    let mut misses = Vec::new();
    if let Ok(Some(TrailSettings { multi_region: false, .. })) = settings {
        misses.push("covers only its own Region".to_owned());
    }
    if let Ok(Some(TrailStatus { logging: false, .. })) = status {
        misses.push("is not logging".to_owned());
    }
    if let Ok(Some(Err(missed))) = &selectors {
        misses.push(missed.clone());
    }
    if !misses.is_empty() {
        return Standing::Misses(misses);
    }
    match (settings, status, selectors) {
        (Ok(Some(_)), Ok(Some(_)), Ok(Some(Ok(recorded)))) => Standing::Qualifies(recorded),
        (Ok(Some(_)), Ok(Some(_)), Ok(Some(Err(missed)))) => Standing::Misses(vec![missed]),
        (Ok(None), _, _) | (Ok(_), Ok(None), _) | (Ok(_), Ok(_), Ok(None)) => Standing::NotFound,
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => Standing::Unknown(why),
    }
}

/// What is to be said of an account without trails of its own, for controls over each of them.
pub(crate) fn no_own_trail(view: &View<'_>) -> Assessed {
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
