//! What a control is in Rust: a type that decides about the account, or about each resource of a
//! type. This module turns both into one shape, [`Assess`].

use std::collections::HashSet;

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
    /// What can be set.
    type Parameters: ParameterSet;

    /// Whether the resource is one of those that the control is about. Those that are not get no
    /// evaluation, and a changed one is not applicable.
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

    /// Resources that parameters name, besides those that AWS lists.
    fn besides<'p>(view: &View<'_>, parameters: &'p Self::Parameters) -> Vec<&'p Self::Resource> {
        let _ = (view, parameters);
        Vec::new()
    }

    /// Decides about the account when it has no such resource.
    fn evaluate_none(view: &View<'_>) -> Assessed {
        Ok(Verdict::compliant(nothing_there::<Self::Resource>(view)))
    }

    /// Situations with their verdicts: run as tests, printed on the control's page.
    fn examples() -> Vec<Example>;
}

/// A control over the account as a whole, or over one Region of it.
pub trait AccountControl {
    /// What can be set.
    type Parameters: ParameterSet;

    /// Decides about the account.
    fn evaluate(view: &View<'_>, parameters: &Self::Parameters) -> Assessed;

    /// Situations with their verdicts: run as tests, printed on the control's page.
    fn examples() -> Vec<Example>;
}

/// What a control decides about everything that a view shows.
#[derive(Debug)]
pub struct Answers {
    /// Each resource with its verdict.
    pub(crate) assessed: Vec<(ResourceRef, Assessed)>,
    /// Why there may be resources besides.
    pub(crate) incomplete: Option<NotAssessed>,
}

impl Answers {
    fn of(resource: ResourceRef, assessed: Assessed) -> Self {
        Self { assessed: vec![(resource, assessed)], incomplete: None }
    }
}

/// A control whose parameters are set.
pub trait Assess: Send + Sync {
    /// Decides about everything that the view shows, or about the resource of one item. An error
    /// means that the resources could not be listed.
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
        Ok(Answers::of(view.context().account_resource(), C::evaluate(view, &self.0)))
    }
}

/// A control over each resource, with its parameters.
pub(crate) struct OverResources<C: ResourceControl>(pub(crate) C::Parameters);

impl<C: ResourceControl> OverResources<C> {
    /// The verdict on a resource; nothing when the control is not about it.
    fn decide(&self, resource: &C::Resource, view: &View<'_>) -> Option<(ResourceRef, Assessed)> {
        if !resource.is_own(view) {
            return None;
        }
        let subject = Subject::new(resource);
        let assessed = match C::concerns(&subject, view, &self.0) {
            Ok(true) => C::evaluate(&subject, view, &self.0),
            Ok(false) => return None,
            Err(not_assessed) => Err(not_assessed),
        };
        Some((resource.reference(view), assessed))
    }

    fn assess_all(&self, view: &View<'_>) -> Result<Answers, NotAssessed> {
        let mut listed = HashSet::new();
        let resources = C::Resource::list(view)?;
        let besides = C::besides(view, &self.0);
        let mut assessed: Vec<(ResourceRef, Assessed)> = resources
            .into_iter()
            .chain(besides)
            // Another account's resource never hides the account's own one of the same id.
            .filter(|resource| resource.is_own(view) && listed.insert(resource.id()))
            .filter_map(|resource| self.decide(resource, view))
            .filter(|(_, assessed)| !is_gone(assessed))
            .collect();
        let unlisted = C::Resource::unlisted(view);
        let incomplete = unlisted.first().map(|(_, why)| why.clone());
        assessed.extend(unlisted.into_iter().map(|(resource, why)| (resource, Err(why))));
        if assessed.is_empty() {
            assessed.push((view.context().account_resource(), C::evaluate_none(view)));
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
                // What is not on a list that may lack something can still be there.
                None => C::Resource::unlisted(view)
                    .into_iter()
                    .next()
                    .map(|(_, why)| (item_resource(item, view.context()), Err(why))),
            },
        };
        let (resource, assessed) = decided.unwrap_or_else(|| {
            let reason = format!(
                "It is not, or not any more, among the {} that the control evaluates.",
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

/// Whether the resource that is evaluated does not exist: [`View::of`] alone gives this error.
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

/// The reason where there is nothing to evaluate.
pub fn nothing_there<R: Resource>(view: &View<'_>) -> String {
    format!("There are no {} to evaluate in {}.", R::NOUN.1, view.place())
}
