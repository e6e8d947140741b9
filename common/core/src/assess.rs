//! A control in Rust: a type that decides about the account, or about each resource of a type. This
//! module turns both into one interface, [`Assess`].

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::evaluation::{Assessed, NotAssessed, ResourceRef, Verdict};
use crate::example::Example;
use crate::item::ConfigurationItem;
use crate::parameters::ParameterSet;
use crate::resources::{Resource, Subject};
use crate::view::{Context, View};

/// A control over each resource of a type.
pub trait ResourceControl {
    /// The type of resource.
    type Resource: Resource;
    /// The parameters of the control.
    type Parameters: ParameterSet;

    /// Whether the control applies to the resource. Other resources get no evaluation. If one of
    /// them changes, the result is "not applicable".
    fn concerns(
        resource: &Subject<'_, Self::Resource>,
        view: &View<'_>,
        parameters: &Self::Parameters,
    ) -> Result<bool, NotAssessed> {
        let _ = (resource, view, parameters);
        Ok(true)
    }

    /// Decides about one resource.
    fn evaluate(
        resource: &Subject<'_, Self::Resource>,
        view: &View<'_>,
        parameters: &Self::Parameters,
    ) -> Assessed;

    /// Resources that the parameters name, in addition to those that AWS lists.
    fn besides<'p>(view: &View<'_>, parameters: &'p Self::Parameters) -> Vec<&'p Self::Resource> {
        let _ = (view, parameters);
        Vec::new()
    }

    /// Decides about the account when it has no such resource.
    fn evaluate_none(view: &View<'_>, parameters: &Self::Parameters) -> Assessed {
        let _ = parameters;
        Ok(Verdict::compliant(nothing_there::<Self::Resource>(view)))
    }

    /// Situations with their verdicts. They run as tests and appear on the control's page.
    fn examples() -> Vec<Example>;
}

/// A control over the account as a whole, or over one Region of it.
pub trait AccountControl {
    /// The parameters of the control.
    type Parameters: ParameterSet;

    /// Decides about the account.
    fn evaluate(view: &View<'_>, parameters: &Self::Parameters) -> Assessed;

    /// Situations with their verdicts. They run as tests and appear on the control's page.
    fn examples() -> Vec<Example>;
}

/// What a control decides about all resources in a view.
#[derive(Debug)]
pub struct Answers {
    /// Each resource with its verdict.
    pub(crate) assessed: Vec<(ResourceRef, Assessed)>,
    /// Why there may be more resources.
    pub(crate) incomplete: Option<NotAssessed>,
}

impl Answers {
    fn of(resource: ResourceRef, assessed: Assessed) -> Self {
        Self { assessed: vec![(resource, assessed)], incomplete: None }
    }
}

/// A control whose parameters are set.
pub trait Assess: Send + Sync {
    /// Decides about everything in the view, or about the resource of one item. An error means that
    /// the resources could not be listed.
    fn assess(
        &self,
        view: &View<'_>,
        item: Option<&ConfigurationItem>,
    ) -> Result<Answers, NotAssessed>;
}

/// A control over the account, with its parameters.
pub(crate) struct OverAccount<C: AccountControl>(pub(crate) C::Parameters);

impl<C: AccountControl> Assess for OverAccount<C> {
    fn assess(
        &self,
        view: &View<'_>,
        _: Option<&ConfigurationItem>,
    ) -> Result<Answers, NotAssessed> {
        let assessed = isolated(|| C::evaluate(view, &self.0));
        Ok(Answers::of(view.context().account_resource(), assessed))
    }
}

/// A control over each resource, with its parameters.
pub(crate) struct OverResources<C: ResourceControl>(pub(crate) C::Parameters);

impl<C: ResourceControl> OverResources<C> {
    /// The verdict on a resource; `None` when the control does not apply to it.
    fn decide(&self, resource: &C::Resource, view: &View<'_>) -> Option<(ResourceRef, Assessed)> {
        if !resource.is_own(view) {
            return None;
        }
        let subject = Subject::new(resource);
        match isolated(|| C::concerns(&subject, view, &self.0)) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(why) => return Some((resource.reference(view), Err(why))),
        }
        let assessed = isolated(|| C::evaluate(&subject, view, &self.0));
        Some((resource.reference(view), assessed))
    }

    fn assess_all(&self, view: &View<'_>) -> Result<Answers, NotAssessed> {
        let mut listed = HashSet::new();
        let resources = C::Resource::list(view)?;
        let besides = C::besides(view, &self.0);
        view.share_work(resources.len() + besides.len());
        let mut too_complex = Vec::new();
        let mut assessed: Vec<(ResourceRef, Assessed)> = Vec::new();
        let decided = resources
            .into_iter()
            .chain(besides)
            // A resource of another account never hides the account's own resource with the same
            // id.
            .filter(|resource| resource.is_own(view) && listed.insert(resource.id()))
            .filter_map(|resource| Some((resource, self.decide(resource, view)?)))
            .filter(|(_, (_, assessed))| !is_gone(assessed));
        for (resource, decided) in decided {
            if decided.1 == Err(NotAssessed::TooComplex) {
                too_complex.push((assessed.len(), resource));
            }
            assessed.push(decided);
        }
        // Work that the other resources did not need goes to those that need more than an equal
        // share, one after the other.
        for (at, resource) in too_complex {
            view.share_work(1);
            if let (Some(decided), Some(place)) =
                (self.decide(resource, view), assessed.get_mut(at))
            {
                *place = decided;
            }
        }
        let unlisted = C::Resource::unlisted(view);
        let incomplete = unlisted.first().map(|(_, why)| why.clone());
        assessed.extend(unlisted.into_iter().map(|(resource, why)| (resource, Err(why))));
        if assessed.is_empty() {
            assessed.push((view.context().account_resource(), C::evaluate_none(view, &self.0)));
        }
        Ok(Answers { assessed, incomplete })
    }

    fn assess_item(
        &self,
        item: &ConfigurationItem,
        view: &View<'_>,
    ) -> Result<Answers, NotAssessed> {
        let is_of_item =
            |resource: &&C::Resource| resource.id() == item.resource_id && resource.is_own(view);
        let decided = match C::Resource::from_item(item) {
            Some(resource) => self.decide(&resource, view),
            None => match C::Resource::list(view)?.into_iter().find(is_of_item) {
                Some(resource) => self.decide(resource, view),
                // A resource that is missing from an incomplete list may still exist.
                None => C::Resource::unlisted(view)
                    .into_iter()
                    .next()
                    .map(|(_, why)| (item_resource(item, view.context()), Err(why))),
            },
        };
        let (resource, assessed) = decided.unwrap_or_else(|| {
            let reason = format!(
                "This resource is not among the {} that the control evaluates.",
                C::Resource::NOUN.1
            );
            (item_resource(item, view.context()), Ok(Verdict::not_applicable(reason)))
        });
        let assessed = if is_gone(&assessed) {
            Ok(Verdict::not_applicable("The resource was deleted before it could be read."))
        } else {
            assessed
        };
        Ok(Answers::of(resource, assessed))
    }
}

impl<C: ResourceControl> Assess for OverResources<C> {
    fn assess(
        &self,
        view: &View<'_>,
        item: Option<&ConfigurationItem>,
    ) -> Result<Answers, NotAssessed> {
        match item {
            Some(item) => self.assess_item(item, view),
            None => self.assess_all(view),
        }
    }
}

/// Decides so that a panic affects this decision only. The panic hook prints the panic.
fn isolated<T>(decide: impl FnOnce() -> Result<T, NotAssessed>) -> Result<T, NotAssessed> {
    catch_unwind(AssertUnwindSafe(decide)).unwrap_or(Err(NotAssessed::Internal))
}

/// Whether the evaluated resource does not exist. Only [`View::of`] returns this error.
fn is_gone(assessed: &Assessed) -> bool {
    assessed.as_ref().is_err_and(NotAssessed::is_not_found)
}

/// The resource of an item, in the Region of the evaluation.
pub fn item_resource(item: &ConfigurationItem, context: &Context) -> ResourceRef {
    ResourceRef {
        resource_type: item.resource_type.clone(),
        resource_id: item.resource_id.clone(),
        arn: item.arn.clone(),
        region: context.region.clone(),
    }
}

/// The reason when there is nothing to evaluate.
pub fn nothing_there<R: Resource>(view: &View<'_>) -> String {
    format!("There are no {} to evaluate in {}.", R::NOUN.1, view.place())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::benchmark::Scope;
    use crate::example::REGION;
    use crate::facts::{Bucket, BucketPolicy, Buckets, FactKind};
    use crate::parameters::NoParameters;
    use crate::policy::{DenyHttp, Policy, deny_http};

    struct Denies;

    impl ResourceControl for Denies {
        type Resource = Bucket;
        type Parameters = NoParameters;

        fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>, _: &NoParameters) -> Assessed {
            let BucketPolicy { document } = view.of::<BucketPolicy>(bucket)?;
            let policy = Policy::parse(document.as_deref().unwrap_or_default()).expect("a policy");
            let answer =
                view.within_share(|limit| deny_http(&policy, &bucket.name, "aws", false, limit))?;
            Ok(match answer.verdict {
                DenyHttp::Denied => Verdict::compliant(answer.detail),
                _ => Verdict::non_compliant(answer.detail),
            })
        }

        fn examples() -> Vec<Example> {
            Vec::new()
        }
    }

    /// A bucket with a policy that denies plain HTTP. More letters mean more work to decide that.
    fn policy(name: &str, letters: std::ops::RangeInclusive<char>) -> (String, BucketPolicy) {
        let deny = |actions: (&str, String), resources: (&str, String)| {
            let mut statement = json!({ "Effect": "Deny", "Principal": "*",
                "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
            statement[actions.0] = json!(actions.1);
            statement[resources.0] = json!(resources.1);
            statement
        };
        let objects = format!("arn:aws:s3:::{name}/*");
        let rest = [
            deny(("NotAction", "s3:Put*".to_owned()), ("Resource", "*".to_owned())),
            deny(("Action", "s3:Put*".to_owned()), ("NotResource", format!("{objects}a*"))),
            deny(("Action", "s3:*".to_owned()), ("Resource", format!("{objects}a*"))),
        ];
        let parts = letters.map(|letter| {
            deny(("Action", format!("s3:*{letter}*")), ("Resource", format!("{objects}{letter}*")))
        });
        let statements: Vec<_> = parts.chain(rest).collect();
        let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        (name.to_owned(), BucketPolicy { document: Some(document) })
    }

    /// Decides about these buckets within a limit of work.
    fn decide(policies: &[(String, BucketPolicy)], words: u64) -> Vec<Assessed> {
        let bucket = |(name, _): &(String, BucketPolicy)| Bucket::new(name.as_str(), REGION);
        let buckets = Buckets(policies.iter().map(bucket).collect());
        let example =
            policies.iter().fold(Example::new("").account(buckets), |example, (name, policy)| {
                example.resource(name, policy.clone())
            });
        let kinds = [FactKind::Buckets, FactKind::BucketPolicy];
        let view =
            View::new(&example.context, &example.facts, &kinds, Scope::Global).with_work(words);
        let answers = OverResources::<Denies>(NoParameters {}).assess(&view, None).expect("lists");
        answers.assessed.into_iter().map(|(_, assessed)| assessed).collect()
    }

    #[test]
    fn a_panic_takes_no_other_verdict_away() {
        let buggy = ("buggy".to_owned(), BucketPolicy { document: Some("no JSON".to_owned()) });
        let decided = decide(&[policy("a", 'b'..='b'), buggy, policy("c", 'b'..='b')], 1 << 24);
        assert_eq!(decided[1], Err(NotAssessed::Internal));
        assert!(decided[0].is_ok() && decided[2].is_ok(), "{decided:?}");
    }

    #[test]
    fn policies_share_the_work_of_a_run() {
        let nasty = policy("nasty", 'b'..='h');
        let used = |words| decide(std::slice::from_ref(&nasty), words);
        let (mut too_few, mut enough) = (0, 1 << 24);
        while enough - too_few > enough / 100 {
            let words = (too_few + enough) / 2;
            *(if used(words)[0].is_ok() { &mut enough } else { &mut too_few }) = words;
        }
        assert!(enough > 1 << 14, "{enough}");
        assert_eq!(used(too_few), [Err(NotAssessed::TooComplex)]);
        let mut some = vec![nasty.clone(), policy("other", 'b'..='h')];
        some.extend((0..8).map(|number| policy(&format!("easy-{number}"), 'b'..='b')));
        // The simple policies use little of their shares, which leaves enough for one of the
        // others.
        let decided = decide(&some, enough * 3 / 2);
        assert_eq!(decided[1], Err(NotAssessed::TooComplex));
        assert_eq!(decided.iter().filter(|decided| decided.is_ok()).count(), 9, "{decided:?}");
        assert!(decide(&some, enough * 10).iter().all(Result::is_ok));
        let decided = decide(&some, enough / 2);
        assert!(decided[2..].iter().all(Result::is_ok), "the easy ones have their share");
    }
}
