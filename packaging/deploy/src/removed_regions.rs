//! Regions to remove from the deployment of an organization.

use std::fmt::Write;

use plumbline_core::answer::Cause;
use plumbline_templates::contract::STACK;

use crate::aws::cloudformation::CloudFormation;
use crate::aws::config_packs::{PackOptions, Packs, names};
use crate::central;
use crate::error::{DeployError, RegionError};
use crate::pack::DeployedPack;
use crate::stack::Stack;
use crate::target::DeployTarget;

/// The state of a Region that is being removed.
#[derive(Clone, Debug)]
pub(crate) struct RemovedRegion {
    pub(crate) region: String,
    stack: Option<Stack>,
    /// The names of the stacks of central functions in creation order.
    central: Vec<&'static str>,
    /// The names of organization packs.
    packs: Vec<String>,
    /// Reasons why some resources cannot be reached.
    unreached: Vec<String>,
}

impl RemovedRegion {
    /// Reads the resources of the Region. A denied or disabled Region does not prevent the removal.
    /// Any other failure does, because rules must not outlive their functions.
    pub(crate) async fn read(
        target: &DeployTarget,
        region: &str,
        stack: Option<Stack>,
    ) -> Result<Self, DeployError> {
        let is_enabled = target.enabled.iter().any(|enabled| enabled == region);
        let mut removed = Self {
            region: region.to_owned(),
            stack,
            central: Vec::new(),
            packs: Vec::new(),
            unreached: Vec::new(),
        };
        if is_enabled {
            removed.central = central::deployed(target, region).await?;
        } else {
            removed.unreached.push(format!(
                "cannot check for stack '{STACK}': the Region is disabled or denied for this \
                 account"
            ));
        }
        let packs = removed.organization_packs(target);
        for (_, name) in names(false) {
            match packs.find(&name, None).await {
                Ok(pack) => {
                    let is_ours = |pack: &DeployedPack| pack.is_of(&target.account);
                    removed.packs.extend(pack.filter(is_ours).map(|_| name));
                }
                Err(error) if is_enabled && error.0.cause != Cause::Denied => {
                    return Err(error.into());
                }
                Err(error) => {
                    removed.unreached.push(format!("cannot check for pack '{name}': {error}"))
                }
            }
        }
        Ok(removed)
    }

    fn organization_packs(&self, target: &DeployTarget) -> Packs {
        let options = PackOptions {
            is_delegate: target.is_delegate(),
            lacks_access: target.lacks_pack_access(),
            ..PackOptions::default()
        };
        Packs::new(&target.session, &self.region, options)
    }

    /// Whether the Region has no resources.
    pub(crate) fn is_gone(&self) -> bool {
        self.stack.is_none()
            && self.central.is_empty()
            && self.packs.is_empty()
            && self.unreached.is_empty()
    }

    /// Returns the reasons why some resources cannot be reached.
    pub(crate) fn unreached(&self) -> Option<String> {
        (!self.unreached.is_empty()).then(|| self.unreached.join("; "))
    }

    /// Describes the planned changes.
    pub(crate) fn plan(&self, target: &DeployTarget) -> String {
        let mut text = format!("\naccount {}, {}: will be removed\n", target.account, self.region);
        for pack in &self.packs {
            let _ = writeln!(
                text,
                "  organization pack '{pack}': will be deleted with the rules of all accounts and \
                 their results"
            );
        }
        if self.central.is_empty() {
            text.push_str(
                "  stack sets: the functions of all accounts will be deleted with their rules and \
                 results\n",
            );
        }
        for name in self.central.iter().rev() {
            let _ = writeln!(text, "  stack '{name}': will be deleted");
        }
        if let Some(stack) = &self.stack {
            let _ = writeln!(
                text,
                "  stack '{STACK}': will be deleted ({}); its bucket remains",
                stack.status
            );
        }
        for unreached in &self.unreached {
            let _ = writeln!(text, "  warning: {unreached}; its resources there remain");
        }
        text
    }

    /// Deletes the rules, before the functions.
    pub(crate) async fn delete_packs(
        &self,
        target: &DeployTarget,
        report_progress: impl Fn(&str),
    ) -> Result<(), RegionError> {
        let packs = self.organization_packs(target);
        for pack in &self.packs {
            packs.remove(pack, &report_progress).await?;
        }
        Ok(())
    }

    /// Deletes the stacks, after the functions of the accounts.
    pub(crate) async fn delete_stacks(
        &self,
        target: &DeployTarget,
        report_progress: impl Fn(&str),
    ) -> Result<(), RegionError> {
        central::delete(target, &self.region, &self.central, &report_progress).await?;
        let Some(stack) = &self.stack else { return Ok(()) };
        let cloudformation = CloudFormation::new(&target.session, &self.region);
        if stack.is_in_progress() {
            report_progress(&format!("waiting for {}", stack.status));
            let _ = cloudformation.settled(&stack.id).await;
        }
        report_progress("deleting the stack");
        cloudformation.delete(&stack.id).await
    }
}
