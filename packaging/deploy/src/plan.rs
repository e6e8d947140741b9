//! Formats the plan of a deployment as text.

use std::collections::BTreeSet;
use std::fmt::Write;

use plumbline_templates::TemplateParameter;
use plumbline_templates::contract::{
    LEVEL, ON, PACKS, REGISTER_KEY, RELEASE_HERE, SETTINGS, STACK, SUBNET_IDS,
};

use crate::central::{CentralStack, is_central};
use crate::daily_check::DailyCheck;
use crate::exclusions::Membership;
use crate::members::Members;
use crate::pack::PackAction;
use crate::pack_states::PackState;
use crate::place::{count, few, listed};
use crate::reconcile::{RECONCILE_STACK, Reconciliation};
use crate::registers::RegisterChange;
use crate::stack::{StackAction, WantedStack, differences};
use crate::state::{Deployment, RegionState};
use crate::target::OrganizationTarget;

impl Deployment {
    /// Formats the planned changes.
    pub(crate) fn plan(&self) -> String {
        let mut text = self.heading();
        for state in &self.regions {
            text.push_str(&self.region_plan(state));
        }
        let account = &self.target.account;
        for removed in &self.removed {
            text.push_str(&removed.plan(&self.target));
        }
        let how = match self.target.organization {
            Some(_) => ". To remove it, give --remove-region",
            None => "",
        };
        for region in &self.left {
            let _ = writeln!(
                text,
                "\naccount {account}, {region}\n  stack '{STACK}': will not change, because the \
                 Region is not given{how}"
            );
        }
        for warning in self
            .target
            .organization
            .iter()
            .flat_map(|organization| &organization.warnings)
            .chain(&self.target.warnings)
        {
            let _ = writeln!(text, "\nwarning: {warning}");
        }
        let template = &self.source.template;
        let is_derived = |name: &str| {
            name != LEVEL
                && template.parameter(name).and_then(TemplateParameter::derived_from).is_some()
        };
        let is_own = |(name, value): &(&String, &String)| {
            !is_derived(name) && template.default(name) != Some(value.as_str())
        };
        let own: Vec<String> = self
            .parameters
            .iter()
            .filter(is_own)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let _ = writeln!(
            text,
            "\nParameters: {}; all others have the defaults of the template",
            own.join(", ")
        );
        if let Some(tags) = self.tags.text() {
            let _ = writeln!(text, "{tags}");
        }
        if let Some(denials) = &self.denials {
            text.push_str(&denials.text());
        }
        if self.is_done() {
            text.push_str(
                match self.is_deployed() && self.coverage().failures().next().is_some() {
                    true => {
                        "\nNothing to do: stacks and packs are unchanged. The failures are listed \
                         above.\n"
                    }
                    false => "\nNothing to do: the deployment is up to date.\n",
                },
            );
        }
        text
    }

    fn heading(&self) -> String {
        let (target, release) = (&self.target, &self.source.release);
        let mut text = match &target.organization {
            None => format!("Single account {}", target.account),
            Some(organization) => {
                let role = if organization.is_managed_by(&target.account) {
                    "its management account"
                } else {
                    "a delegated administrator"
                };
                format!("Organization {} from {role} {}", organization.id, target.account)
            }
        };
        let _ = writeln!(
            text,
            ", home Region {}, release {} ({})",
            target.home_region, release.name, release.architecture
        );
        if let (Some(organization), Some(members)) = (&target.organization, &self.members) {
            text.push_str(&self.accounts_plan(organization, members));
        }
        text
    }

    /// Describes the accounts to deploy to, and the excluded accounts with the reason.
    fn accounts_plan(&self, organization: &OrganizationTarget, members: &Members) -> String {
        let Membership { units, covered, excluded, outside, management, unknown, .. } =
            &members.membership;
        let mut text = format!(
            "Functions and rules will be deployed to {} of {} below {}, and to accounts that \
             join.\n",
            covered.len(),
            count(organization.accounts.len(), "active account"),
            units.join(", ")
        );
        if covered.contains(&organization.management_account) {
            text.push_str(match is_central(&self.parameters) {
                true => {
                    "The stack in this management account creates its role, regardless of the \
                     units.\n"
                }
                false => {
                    "The stack in this management account deploys its functions, regardless of the \
                     units.\n"
                }
            });
        }
        if let Some(management) = management {
            let how = match is_central(&self.parameters) {
                true => {
                    "Deploy cfn/member-role.yaml there to include it in the daily check of all \
                     accounts"
                }
                false => "To deploy them, run 'plumbline deploy --single-account' there",
            };
            let _ = writeln!(
                text,
                "The management account {management} gets no functions or rules. {how}."
            );
        }
        if is_central(&self.parameters) && organization.is_managed_by(&self.target.account) {
            text.push_str(
                "warning: this is the management account, and AWS advises against workloads there. \
                 A delegated administrator can also deploy.\n",
            );
        }
        text.push_str(&self.canary_plan());
        if !excluded.is_empty() {
            let _ = writeln!(text, "Excluded: {}", few(excluded));
        }
        if !outside.is_empty() {
            let _ = writeln!(text, "Outside of these units: {}", few(outside));
        }
        if !unknown.is_empty() {
            let _ = writeln!(
                text,
                "warning: excluded, but not active accounts of the organization: {}",
                unknown.join(", ")
            );
        }
        if self.is_deployed() {
            let coverage = self.coverage();
            text.push_str(&coverage.summary());
            text.extend(self.check.as_ref().map(DailyCheck::summary));
            for line in listed(coverage.failures()) {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    fn region_plan(&self, state: &RegionState) -> String {
        let RegionState { region, lacking, .. } = state;
        let mut text = format!(
            "\naccount {}, {region}\n  stack '{STACK}': {}\n",
            self.target.account,
            self.stack_plan(state)
        );
        let upload = match (lacking.len(), lacking.replaced.len()) {
            (0, _) => "contains the code and templates".to_owned(),
            (files, 0) => {
                format!("{} with code and templates will be uploaded", count(files, "file"))
            }
            (files, replaced) => format!(
                "{} with code and templates will be uploaded; {replaced} of them exist with other \
                 content",
                count(files, "file"),
            ),
        };
        let _ = writeln!(text, "  bucket '{}': {upload}", self.bucket(region));
        if !state.other_code.is_empty() {
            let _ = writeln!(
                text,
                "  functions that run other code will be updated to the code of this release: {}",
                state.other_code.join(", ")
            );
        }
        if *region == self.target.home_region {
            let register = match &self.registers.shared {
                RegisterChange::Kept => "will not change",
                RegisterChange::Put(_) if self.source.register.is_some() => "will be uploaded",
                RegisterChange::Put(_) => "an empty register will be uploaded",
            };
            let _ = writeln!(
                text,
                "  register 's3://{}/{REGISTER_KEY}': {register}",
                self.register_bucket()
            );
            let of_accounts = self.registers.by_account.len();
            if of_accounts > 0 {
                let what = count(of_accounts, "register");
                let _ = writeln!(text, "  registers by account: {what} will be uploaded");
            }
        }
        for stack in &state.central {
            let _ = writeln!(text, "  stack '{}': {}", stack.name, central_plan(stack));
        }
        if self.replaces_own_functions() && state.region == self.target.home_region {
            text.push_str(
                "  stack sets: the functions of the accounts will be deleted after all rules \
                 invoke the central functions\n",
            );
        }
        if self.moves_roles() && state.region == self.target.home_region {
            text.push_str(
                "  stack sets: all accounts get the roles of 'own-roles', then functions with \
                 rules in the same stacks; the roles of 'functions-global' will be deleted last\n",
            );
        }
        if state.region == self.target.home_region {
            let (gone, broken) = (self.gone_accounts(), self.broken_accounts());
            let again: BTreeSet<&String> = gone.iter().chain(&broken).collect();
            if !again.is_empty() {
                let _ = writeln!(
                    text,
                    "  stack sets: will be deployed again to {}, whose stacks were deleted or \
                     whose role is broken according to the daily check",
                    few(again)
                );
            }
        }
        for name in &state.former_central {
            let _ = writeln!(text, "  stack '{name}': {}", self.former_central_plan());
        }
        if *region == self.target.home_region {
            text.push_str(&self.reconciliation_plan());
        }
        for pack in &state.packs {
            if let Some(plan) = self.pack_plan(pack) {
                let _ = writeln!(text, "  organization pack '{}': {plan}", pack.name);
            }
        }
        for warning in &state.readiness.warnings {
            let _ = writeln!(text, "  warning: {warning}");
        }
        text
    }

    /// Describes the stack of the project that deploys to the accounts again.
    fn reconciliation_plan(&self) -> String {
        let Reconciliation { stack, is_former, .. } = &self.reconciliation;
        match stack {
            Some(stack) => format!("  stack '{}': {}\n", stack.name, central_plan(stack)),
            None if *is_former => format!("  stack '{RECONCILE_STACK}': will be deleted\n"),
            None => String::new(),
        }
    }

    /// Describes the parts of the deploying account's stack besides stack sets and buckets.
    pub(crate) fn own_part(&self) -> &'static str {
        match is_central(&self.parameters) {
            true => "aggregator and queries",
            false => "this account's own functions",
        }
    }

    fn stack_plan(&self, state: &RegionState) -> String {
        let with_release = if self.source.only_code {
            "without functions"
        } else if is_central(&self.parameters) {
            "with aggregator and queries"
        } else if self.target.organization.is_some() {
            "with functions"
        } else {
            "with functions and rules"
        };
        let Some(stack) = &state.stack else {
            if self.source.only_code {
                return "will be created with the buckets".to_owned();
            }
            return format!("will be created, first with the buckets, then {with_release}");
        };
        let cause = state.cause.as_deref().unwrap_or(&stack.status);
        match self.stack_action(state) {
            StackAction::Nothing => format!("unchanged ({})", stack.status),
            StackAction::Wait => {
                format!("in progress ({}); will then be updated to the release", stack.status)
            }
            StackAction::Delete => {
                let which = if stack.is_partly_deleted() {
                    "is partially deleted, because its deletion failed"
                } else {
                    "its creation failed"
                };
                format!(
                    "{which} ({cause}); will be deleted and created again, first with the \
                     buckets, then {with_release}"
                )
            }
            StackAction::ContinueRollback => {
                format!("its rollback will be continued ({cause}), then it will be updated")
            }
            StackAction::Create => {
                format!("will be created, first with the buckets, then {with_release}")
            }
            StackAction::Update => {
                let is_shown = |(name, ..): &(&str, Option<&str>, &str)| {
                    ![SETTINGS, RELEASE_HERE].contains(name)
                };
                let (WantedStack::Buckets(wanted) | WantedStack::With(wanted)) =
                    self.wanted_stack(state);
                let mut changes: Vec<String> = differences(stack, &wanted)
                    .filter(is_shown)
                    .map(|(name, held, value)| match held.filter(|held| !held.is_empty()) {
                        Some(held) => format!("{name} {held} -> {value}"),
                        None => format!("{name} {value}"),
                    })
                    .collect();
                if !self.tags.are(&stack.tags) {
                    changes.push("tags".to_owned());
                }
                if changes.is_empty() {
                    changes.push(self.own_part().to_owned());
                }
                let after = if state.cause.is_some() {
                    format!("; the last attempt failed ({cause})")
                } else {
                    String::new()
                };
                format!("will be updated: {}{after}", changes.join(", "))
            }
        }
    }

    /// Describes the change of a pack. Returns `None` if the pack neither exists nor is wanted.
    fn pack_plan(&self, pack: &PackState) -> Option<String> {
        let (held, wanted) = (pack.held.as_ref(), pack.wanted.as_ref());
        let status = held.map(|pack| pack.status.as_str()).unwrap_or_default();
        Some(match pack.action() {
            PackAction::Nothing if pack.is_kept() => {
                "unchanged until --promote, because the release changes its rules".to_owned()
            }
            PackAction::Nothing => format!("unchanged ({})", held.map(|_| status)?),
            PackAction::Wait => {
                let then = match pack.wanted {
                    Some(_) => "updated to the release",
                    None => "deleted",
                };
                format!("in progress ({status}); will then be {then}")
            }
            PackAction::Delete if self.value(PACKS) == ON => {
                "will be deleted after the stacks of all accounts have its rules".to_owned()
            }
            PackAction::Delete => "will be deleted".to_owned(),
            PackAction::Put => match held {
                None => "will be created".to_owned(),
                Some(pack) if pack.has_failed() => {
                    format!(
                        "will be deployed again to all accounts ({status}{})",
                        pack.reason
                            .as_ref()
                            .map(|reason| format!(": {reason}"))
                            .unwrap_or_default()
                    )
                }
                Some(held) => {
                    let (excluded, included) =
                        wanted.map(|wanted| held.exclusions(wanted)).unwrap_or_default();
                    let changes = [(excluded, "excludes"), (included, "includes")]
                        .into_iter()
                        .filter(|(accounts, _)| !accounts.is_empty());
                    let changes: Vec<String> = changes
                        .map(|(accounts, what)| format!("; {what} {}", accounts.join(", ")))
                        .collect();
                    format!("will be updated{}", changes.concat())
                }
            },
        })
    }
}

/// Describes the change of a stack of central functions.
fn central_plan(stack: &CentralStack) -> String {
    let status = stack.held.as_ref().map(|held| held.status.as_str()).unwrap_or_default();
    let cause = stack.cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default();
    match stack.action() {
        StackAction::Nothing => format!("unchanged ({status})"),
        StackAction::Wait => format!("in progress ({status}); will then be updated to the release"),
        StackAction::Create => {
            let subnets = stack.parameters.get(SUBNET_IDS).filter(|subnets| !subnets.is_empty());
            let subnets = subnets.map(|subnets| format!(", in {subnets}")).unwrap_or_default();
            format!("will be created with {}{subnets}", stack.what)
        }
        StackAction::Delete => {
            format!("will be deleted{cause} and created again with {}", stack.what)
        }
        StackAction::ContinueRollback => {
            format!("its rollback will be continued{cause}, then it will be updated")
        }
        StackAction::Update => {
            let held = stack.held.as_ref();
            let changes = held.into_iter().flat_map(|held| differences(held, &stack.parameters));
            let shown =
                changes.filter(|(name, ..)| *name != SETTINGS).map(|(name, held, value)| {
                    let held = held.filter(|held| !held.is_empty());
                    let held = held.map(|held| format!("{held} -> ")).unwrap_or_default();
                    format!("{name} {held}{value}")
                });
            let tags = held.filter(|held| !stack.tags.are(&held.tags)).map(|_| "tags".to_owned());
            format!("will be updated: {}{cause}", shown.chain(tags).collect::<Vec<_>>().join(", "))
        }
    }
}
