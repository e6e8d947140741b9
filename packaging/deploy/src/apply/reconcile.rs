//! The project that deploys to the accounts again, and the limits of its own runs.

use std::sync::Arc;

use plumbline_templates::contract::{SETTINGS, STACK};

use super::Apply;
use crate::aws::cloudformation::CloudFormation;
use crate::error::{DeployError, RegionError};
use crate::reconcile::RECONCILE_STACK;
use crate::stack::{Stack, WantedStack};
use crate::state::Deployment;

impl Deployment {
    /// Describes a stack that another deployment is changing, in a run of the project.
    pub(crate) fn busy(&self) -> Option<String> {
        if !self.source.reconcile.is_as_deployed {
            return None;
        }
        self.regions.iter().find_map(|state| {
            let own = state.stack.iter().map(|stack| (STACK, stack));
            let central = state.central.iter();
            let central = central.filter_map(|one| Some((one.name, one.held.as_ref()?)));
            let mut stacks = own.chain(central);
            let (name, stack) = stacks.find(|(_, stack)| stack.is_in_progress())?;
            Some(format!("stack '{name}' in {} is {}", state.region, stack.status))
        })
    }
}

impl Apply {
    /// Creates, updates or deletes the stack of the project. It is the last step, so that no run of
    /// the project meets a deployment in progress.
    pub(super) async fn reconcile_project(
        self: &Arc<Self>,
        supplied: &[String],
        problems: &mut Vec<(String, String)>,
    ) -> Result<(), DeployError> {
        let home_region = &self.deployment.target.home_region;
        let home: Vec<String> =
            supplied.iter().filter(|region| *region == home_region).cloned().collect();
        let project = |this: Arc<Self>, region: String| async move { this.project(&region).await };
        self.in_regions(&home, problems, project).await?;
        Ok(())
    }

    async fn project(&self, region: &str) -> Result<(), RegionError> {
        let Deployment { reconciliation, target, parameters, .. } = &self.deployment;
        if reconciliation.is_former {
            let cloudformation = CloudFormation::new(&target.session, region);
            if let Some(stack) = cloudformation.stack(RECONCILE_STACK).await? {
                self.report_progress(region, &format!("deleting stack '{RECONCILE_STACK}'"));
                cloudformation.delete(&stack.id).await?;
            }
        }
        let Some(stack) = &reconciliation.stack else { return Ok(()) };
        if reconciliation.upload(target, parameters).await? {
            self.report_progress(region, "program of the project uploaded");
        }
        let wanted = WantedStack::With(stack.parameters.clone());
        self.reconcile_stack(region, stack.name, stack.template.clone(), &wanted, stack.what).await
    }

    /// Rejects a change in a run of the project if another deployment has changed the settings
    /// since everything was read. The run would restore the previous settings.
    pub(super) async fn check_settings(&self) -> Result<(), RegionError> {
        let Deployment { source, target, regions, parameters, .. } = &self.deployment;
        if !source.reconcile.is_as_deployed {
            return Ok(());
        }
        let settings = |stack: &Stack| stack.parameters.get(SETTINGS).cloned();
        let home = regions.iter().find(|state| state.region == target.home_region);
        let known = [
            home.and_then(|state| state.stack.as_ref()).and_then(settings),
            parameters.get(SETTINGS).cloned(),
        ];
        let cloudformation = CloudFormation::new(&target.session, &target.home_region);
        let held = cloudformation.stack(STACK).await?.as_ref().and_then(settings);
        match known.contains(&held) {
            true => Ok(()),
            false => Err(RegionError(
                "not changed, because another deployment changed the settings during this run"
                    .to_owned(),
            )),
        }
    }
}
