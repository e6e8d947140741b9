//! Applies the plan of a deployment.

mod central;
mod members;
mod reconcile;

use std::sync::Arc;
use std::time::Instant;

use plumbline_aws::session::Session;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{REGISTER_KEY, STACK, code_key};
use plumbline_templates::template::BucketNames;

use crate::aws::buckets;
use crate::aws::cloudformation::{Changed, CloudFormation, TemplateSource};
use crate::aws::config_packs::Packs;
use crate::aws::functions;
use crate::canary::{release_of, set_of};
use crate::central::{compared_tags, is_central};
use crate::coverage::OrganizationCoverage;
use crate::error::{DeployError, RegionError};
use crate::pack_states::PackState;
use crate::parameters::{DeploymentSource, for_members, template, without_release};
use crate::place::{Place, count, listed};
use crate::regions::{Progress, in_regions};
use crate::registers::{RegisterChange, Registers};
use crate::stack::{StackAction, WantedStack, next_action};
use crate::state::Deployment;
use crate::target::DeployTarget;

/// Applies a deployment and returns its result.
pub(crate) async fn apply(
    deployment: Deployment,
    progress: Arc<dyn Progress>,
) -> Result<Applied, DeployError> {
    Arc::new(Apply { deployment, progress }).run().await
}

/// The text about steps that did not run.
const NOT_TRIED: &str = "the remaining steps did not run";

/// The result of a deployment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    /// The failures in Regions of the deploying account: Region and reason.
    pub(crate) failed: Vec<(String, String)>,
    pub(crate) coverage: OrganizationCoverage,
}

impl Applied {
    /// Lists failed and missing parts, one line each: causes before the steps that did not run
    /// because of them.
    pub(crate) fn problems(&self) -> Vec<String> {
        let failed = self.failed.iter().map(|(_, reason)| reason.clone());
        let (not_tried, failed): (Vec<_>, Vec<_>) =
            failed.partition(|reason| reason.contains(NOT_TRIED));
        let unread = self.coverage.unread.iter().cloned();
        let (left, causes): (Vec<&Place>, Vec<&Place>) =
            self.coverage.failures().partition(|place| place.is_leftover());
        let causes = failed.into_iter().chain(unread).chain(listed(causes));
        causes.chain(not_tried).chain(listed(left)).collect()
    }
}

/// Functions whose code was replaced, and the code of their release.
pub(crate) struct ReplacedCode {
    session: Session,
    /// Region, name, bucket and key of the code of each function.
    functions: Vec<(String, String, String, String)>,
}

impl ReplacedCode {
    /// Finds the functions of a deployment.
    pub(crate) fn of(deployment: &Deployment) -> Self {
        let functions = deployment.regions.iter().flat_map(|state| {
            let bucket = deployment.bucket(&state.region);
            let names = state.other_code.iter().cloned();
            names.map(move |name| {
                let key = code_key(release_of(&deployment.parameters, set_of(&name)));
                (state.region.clone(), name, bucket.clone(), key)
            })
        });
        Self { session: deployment.target.session.clone(), functions: functions.collect() }
    }

    /// Restores the code of the release.
    pub(crate) async fn put_back(self, progress: &dyn Progress) -> Result<(), DeployError> {
        for (region, name, bucket, key) in &self.functions {
            functions::put_code(&self.session, region, name, bucket, key).await?;
            progress.report_progress(region, &format!("restored the code of function '{name}'"));
        }
        Ok(())
    }
}

/// A deployment in progress.
struct Apply {
    deployment: Deployment,
    progress: Arc<dyn Progress>,
}

impl Apply {
    /// Runs all steps in the Regions.
    async fn run(self: &Arc<Self>) -> Result<Applied, DeployError> {
        let mut problems = Vec::new();
        let removed: Vec<String> =
            self.deployment.removed.iter().map(|removed| removed.region.clone()).collect();
        let without_rules = self.in_regions(&removed, &mut problems, delete_packs).await?;
        let all: Vec<String> =
            self.deployment.regions.iter().map(|state| state.region.clone()).collect();
        let supplied =
            self.in_regions(&all, &mut problems, |this, region| async move {
                this.supply(&region).await
            })
            .await?;
        if self.deployment.source.only_code {
            return self.finish_only_code(problems);
        }
        if is_central(&self.deployment.parameters) {
            self.run_central(&supplied, &mut problems).await?;
            // Rules no longer invoke functions in these Regions.
            self.in_regions(&without_rules, &mut problems, delete_stack).await?;
        } else {
            self.run_own(&supplied, &without_rules, &mut problems).await?;
        }
        self.reconcile_project(&supplied, &mut problems).await?;
        let coverage = self.deployment.read_coverage(true).await;
        let applied = Applied { failed: problems, coverage };
        self.progress.finish();
        if !applied.problems().is_empty() {
            return Ok(applied);
        }
        self.progress.print(&format!(
            "\n{}Done: release {} is deployed in {}{}.\n",
            applied.coverage.summary(),
            self.deployment.source.release.name,
            count(self.deployment.regions.len(), "Region"),
            self.deployment.canary_result()
        ))?;
        Ok(applied)
    }

    /// Deploys functions with their rules in each account. Afterwards, organization packs and
    /// central functions of an earlier deployment are deleted. `supplied` are the Regions with code
    /// and templates, `without_rules` the Regions to remove.
    async fn run_own(
        self: &Arc<Self>,
        supplied: &[String],
        without_rules: &[String],
        problems: &mut Vec<(String, String)>,
    ) -> Result<(), DeployError> {
        let all: Vec<String> =
            self.deployment.regions.iter().map(|state| state.region.clone()).collect();
        let others: Vec<String> = all
            .iter()
            .filter(|region| **region != self.deployment.target.home_region)
            .cloned()
            .collect();
        let home = [self.deployment.target.home_region.clone()];
        // Stack sets take the code of each Region from the bucket in this Region.
        let may_go_on = supplied.contains(&self.deployment.target.home_region)
            && (self.deployment.members.is_none() || problems.is_empty());
        if may_go_on {
            let is_there = match &self.deployment.members {
                None => !self.in_regions(&home, problems, reconcile_first).await?.is_empty(),
                Some(_) => {
                    let have_members = !self
                        .in_regions(&home, problems, Self::reconcile_first_members)
                        .await?
                        .is_empty();
                    if have_members {
                        self.in_regions(&home, problems, Self::retry_members).await?;
                        // A failure here concerns only this account.
                        self.in_regions(&home, problems, reconcile_first).await?;
                    }
                    have_members
                }
            };
            if is_there {
                // The functions in these Regions are deleted.
                self.in_regions(without_rules, problems, delete_stack).await?;
                let others: Vec<String> =
                    others.into_iter().filter(|region| supplied.contains(region)).collect();
                self.in_regions(&others, problems, reconcile_first).await?;
                self.finish_own(&all, problems).await?;
                self.delete_former_central(problems, "the central functions").await?;
            } else {
                problems.extend(others.iter().map(|region| {
                    self.not_tried(region, "the functions require the roles of the home Region")
                }));
            }
        } else {
            let why = if self.deployment.members.is_some() {
                "stack sets require the code in the buckets of all Regions"
            } else {
                "the functions require the roles of the home Region"
            };
            problems.extend(supplied.iter().map(|region| self.not_tried(region, why)));
        }
        Ok(())
    }

    /// Deletes the organization packs and former roles of an earlier deployment, when the stacks of
    /// all accounts have rules and all functions use the new roles.
    async fn finish_own(
        self: &Arc<Self>,
        all: &[String],
        problems: &mut Vec<(String, String)>,
    ) -> Result<(), DeployError> {
        let moves_roles = self.deployment.moves_roles();
        if !moves_roles && !self.deployment.replaces_organization_packs() {
            return Ok(());
        }
        let home = [self.deployment.target.home_region.clone()];
        if !problems.is_empty() || !self.are_stack_sets_complete().await? {
            let why = "the organization packs and former roles remain until the stacks of all \
                       accounts have their own; --exclude-account excludes an account";
            problems.extend(home.iter().map(|region| self.not_tried(region, why)));
            return Ok(());
        }
        self.in_regions(all, problems, |this, region| async move {
            this.reconcile_packs(&region).await
        })
        .await?;
        if moves_roles && problems.is_empty() {
            self.in_regions(&home, problems, Self::reconcile_members).await?;
            self.in_regions(&home, problems, Self::retry_members).await?;
            self.in_regions(all, problems, reconcile_release).await?;
        }
        Ok(())
    }

    /// Ends a deployment of code and templates only, and prints the values for other tools.
    fn finish_only_code(&self, problems: Vec<(String, String)>) -> Result<Applied, DeployError> {
        self.progress.finish();
        if problems.is_empty() {
            self.progress.print(&self.deployment.settings())?;
        }
        Ok(Applied { failed: problems, coverage: OrganizationCoverage::default() })
    }

    fn report_progress(&self, region: &str, what: &str) {
        self.progress.report_progress(region, what);
    }

    fn not_tried(&self, region: &str, why: &str) -> (String, String) {
        let account = &self.deployment.target.account;
        let what = format!("account {account}, {region}: {NOT_TRIED}: {why}");
        (region.to_owned(), what)
    }

    /// Processes Regions in parallel. Returns the completed Regions, and adds the failures of the
    /// others to the problems.
    async fn in_regions<Done>(
        self: &Arc<Self>,
        regions: &[String],
        problems: &mut Vec<(String, String)>,
        work: impl Fn(Arc<Self>, String) -> Done,
    ) -> Result<Vec<String>, DeployError>
    where
        Done: Future<Output = Result<(), RegionError>> + Send + 'static,
    {
        let (done, failed) = in_regions(regions, |region| work(Arc::clone(self), region)).await?;
        problems.extend(failed.into_iter().map(|(region, RegionError(what))| {
            let text = format!("account {}, {region}: {what}", self.deployment.target.account);
            (region, text)
        }));
        Ok(done)
    }

    /// Creates the buckets of a Region and uploads missing objects.
    async fn supply(&self, region: &str) -> Result<(), RegionError> {
        let DeploymentSource { template, release, .. } = &self.deployment.source;
        let state = self.deployment.regions.iter().find(|state| state.region == region);
        let wanted = match state.filter(|_| self.deployment.source.only_code) {
            Some(state) => self.deployment.wanted_stack(state),
            None => WantedStack::Buckets(without_release(template, &self.deployment.parameters)),
        };
        self.reconcile(region, &wanted, "the buckets").await?;
        let DeployTarget { session, account, home_region, .. } = &self.deployment.target;
        // Before the buckets existed, missing objects could not be read reliably. Existing objects
        // are not uploaded again.
        let bucket = self.deployment.bucket(region);
        let lacking = buckets::lacking(session, account, region, &bucket, release).await?;
        for (key, content) in &release.objects {
            if lacking.contains(key) {
                buckets::put(session, account, region, &bucket, key, content).await?;
            }
        }
        if !lacking.is_empty() {
            self.report_progress(region, &format!("{} uploaded", count(lacking.len(), "file")));
        }
        if region == home_region {
            let Registers { shared, by_account } = &self.deployment.registers;
            let bucket = self.deployment.register_bucket();
            for (key, content) in by_account {
                buckets::put(session, account, region, &bucket, key, content).await?;
            }
            if let RegisterChange::Put(content) = shared {
                buckets::put(session, account, region, &bucket, REGISTER_KEY, content).await?;
            }
            if !self.deployment.registers.are_kept() {
                self.report_progress(region, "register uploaded");
            }
        }
        Ok(())
    }

    /// Creates or updates the main stack of a Region.
    async fn reconcile(
        &self,
        region: &str,
        wanted: &WantedStack,
        what: &str,
    ) -> Result<(), RegionError> {
        let template = TemplateSource::Body(self.written_template(region)?);
        self.reconcile_stack(region, STACK, template, wanted, what).await
    }

    /// Deploys the release to the stack of a Region.
    async fn reconcile_here(
        &self,
        region: &str,
        wanted: ParameterValues,
    ) -> Result<(), RegionError> {
        let what = match &self.deployment.members {
            Some(_) => self.deployment.own_part(),
            None => "functions and rules",
        };
        self.reconcile(region, &WantedStack::With(wanted), what).await
    }

    /// Deploys the release to the stack sets in the home stack of an organization.
    async fn reconcile_stack_sets(
        &self,
        region: &str,
        wanted: &ParameterValues,
    ) -> Result<(), RegionError> {
        let Deployment { source, target, .. } = &self.deployment;
        let held = CloudFormation::new(&target.session, region).stack(STACK).await?;
        let wanted = for_members(&source.template, wanted, held.as_ref());
        self.reconcile(region, &WantedStack::With(wanted), "the stack sets").await
    }

    /// Creates or updates a stack from any state.
    async fn reconcile_stack(
        &self,
        region: &str,
        name: &str,
        template: TemplateSource,
        wanted: &WantedStack,
        what: &str,
    ) -> Result<(), RegionError> {
        self.check_settings().await?;
        let cloudformation = CloudFormation::new(&self.deployment.target.session, region);
        let parameters = match wanted {
            WantedStack::Buckets(parameters) | WantedStack::With(parameters) => parameters,
        };
        let tags = &self.deployment.tags;
        let compared = compared_tags(name, tags);
        let (mut deleted, mut continued) = (false, false);
        loop {
            let stack = cloudformation.stack(name).await?;
            let action = next_action(stack.as_ref(), wanted, &compared);
            match (action, &stack) {
                (StackAction::Nothing, _) => return Ok(()),
                (StackAction::Wait, Some(stack)) => {
                    self.report_progress(region, &format!("waiting for {}", stack.status));
                    let _ = cloudformation.settled(&stack.id).await;
                }
                (StackAction::Delete, Some(stack)) if !deleted => {
                    let which = if stack.is_partly_deleted() {
                        "is partially deleted"
                    } else {
                        "was not created completely"
                    };
                    self.report_progress(
                        region,
                        &format!("deleting the stack that {which} ({})", stack.status),
                    );
                    cloudformation.delete(&stack.id).await?;
                    deleted = true;
                }
                (StackAction::ContinueRollback, Some(stack)) if !continued => {
                    self.report_progress(region, "continuing the rollback");
                    cloudformation.continue_rollback(&stack.id).await?;
                    continued = true;
                }
                (StackAction::Create | StackAction::Update, _) => {
                    let verb = if action == StackAction::Create { "creating" } else { "updating" };
                    let start = Instant::now();
                    self.report_progress(region, &format!("{verb} the stack with {what}"));
                    let template = template.clone();
                    let change =
                        cloudformation.change(name, stack.as_ref(), template, parameters, tags);
                    match change.await? {
                        Changed::Nothing => {}
                        Changed::Ended(stack) if stack.is_complete() => {
                            self.report_progress(
                                region,
                                &format!("{} after {} s", stack.status, start.elapsed().as_secs()),
                            );
                        }
                        Changed::Ended(stack) => {
                            return Err(RegionError(cloudformation.cause(&stack).await));
                        }
                    }
                    return Ok(());
                }
                (_, stack) => {
                    let cause = match stack {
                        Some(stack) => cloudformation.cause(stack).await,
                        None => "the stack was deleted".to_owned(),
                    };
                    return Err(RegionError(cause));
                }
            }
        }
    }

    /// Returns the template of a Region's stack as YAML.
    fn written_template(&self, region: &str) -> Result<String, RegionError> {
        let names = BucketNames::Written {
            prefix: self.deployment.prefix().to_owned(),
            region: region.to_owned(),
        };
        let template = template(self.deployment.target.topology(), &names);
        template.yaml().map_err(|error| RegionError(error.to_string()))
    }

    /// Creates, updates or deletes the organization packs of a Region.
    async fn reconcile_packs(&self, region: &str) -> Result<(), RegionError> {
        let packs =
            Packs::new(&self.deployment.target.session, region, self.deployment.pack_options());
        let state = self
            .deployment
            .regions
            .iter()
            .find(|state| state.region == region)
            .filter(|state| !state.packs.is_empty());
        let Some(state) = state else { return Ok(()) };
        self.check_settings().await?;
        for PackState { name, wanted, .. } in &state.packs {
            packs
                .reconcile(name, wanted.as_ref(), |what| self.report_progress(region, what))
                .await?;
        }
        Ok(())
    }
}

/// Deletes the rules of a Region that is being removed.
async fn delete_packs(apply: Arc<Apply>, region: String) -> Result<(), RegionError> {
    let deployment = &apply.deployment;
    let Some(removed) = deployment.removed.iter().find(|one| one.region == region) else {
        return Ok(());
    };
    removed.delete_packs(&deployment.target, |what| apply.report_progress(&region, what)).await
}

/// Deletes the stack of a Region that is being removed.
async fn delete_stack(apply: Arc<Apply>, region: String) -> Result<(), RegionError> {
    let deployment = &apply.deployment;
    let Some(removed) = deployment.removed.iter().find(|one| one.region == region) else {
        return Ok(());
    };
    removed.delete_stacks(&deployment.target, |what| apply.report_progress(&region, what)).await
}

/// Deploys the release to the stack of a Region.
async fn reconcile_release(apply: Arc<Apply>, region: String) -> Result<(), RegionError> {
    let wanted = apply.deployment.parameters_in(&region);
    apply.reconcile_here(&region, wanted).await
}

/// Deploys the release to the stack of a Region, without the deletion of former roles.
async fn reconcile_first(apply: Arc<Apply>, region: String) -> Result<(), RegionError> {
    let wanted = apply.deployment.first_parameters_in(&region);
    apply.reconcile_here(&region, wanted).await
}
