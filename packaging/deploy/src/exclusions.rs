//! Determines which accounts of an organization to deploy to and which to exclude: by ID, by
//! organizational unit, or because they are outside of the target units.

use std::collections::BTreeSet;

use plumbline_core::aws::AccountId;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{
    EXCLUDE_ACCOUNT, EXCLUDE_ORGANIZATIONAL_UNIT, EXCLUDED_ACCOUNTS, FUNCTIONS_HERE,
    ORGANIZATIONAL_UNIT_IDS, PACKS,
};
use plumbline_templates::template::Template;

use crate::central::is_central;
use crate::error::DeployError;
use crate::pack::EXCLUDED_LIMIT;
use crate::parameters::is_on;
use crate::target::{DeployTarget, OrganizationTarget};

/// The maximum number of organizational units in a stack set operation.
const UNIT_LIMIT: usize = 50;
/// The maximum length of a parameter value in bytes.
const VALUE_LIMIT: usize = 4_096;

/// The accounts of an organization by their treatment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Membership {
    /// The units to deploy to.
    pub(crate) units: Vec<String>,
    /// The active accounts with functions and rules.
    pub(crate) covered: BTreeSet<String>,
    /// The active accounts that are excluded by ID or unit.
    pub(crate) excluded: BTreeSet<String>,
    /// The active accounts outside of the units to deploy to.
    pub(crate) outside: BTreeSet<String>,
    /// The excluded accounts that stack sets would reach.
    pub(crate) filtered: BTreeSet<String>,
    /// The excluded accounts that the daily check would include: `filtered`, and the management
    /// account.
    pub(crate) left_unchecked: BTreeSet<String>,
    /// The closed accounts.
    pub(crate) suspended: BTreeSet<String>,
    /// The management account, if it is omitted because a delegated administrator deploys.
    pub(crate) management: Option<String>,
    /// Given accounts that are not active accounts of the organization.
    pub(crate) unknown: Vec<String>,
}

impl Membership {
    /// Expands the organizational units of the parameters.
    pub(crate) async fn read(
        target: &DeployTarget,
        organization: &OrganizationTarget,
        parameters: &ParameterValues,
    ) -> Result<Self, DeployError> {
        let listed = |name: &str| list(parameters, name);
        let units = listed(ORGANIZATIONAL_UNIT_IDS);
        if units.len() > UNIT_LIMIT {
            return Err(DeployError::TooManyUnits { units: units.len(), limit: UNIT_LIMIT });
        }
        let active: BTreeSet<String> =
            organization.accounts.iter().map(|account| account.as_str().to_owned()).collect();
        let suspended: BTreeSet<String> =
            organization.suspended.iter().map(|account| account.as_str().to_owned()).collect();
        let within = if organization.roots.iter().all(|root| units.contains(root)) {
            active.union(&suspended).cloned().collect()
        } else {
            let option = "--organizational-unit";
            OrganizationTarget::accounts_below(target, &units, option).await?
        };
        let (left_out, option) =
            (listed(EXCLUDE_ORGANIZATIONAL_UNIT), "--exclude-organizational-unit");
        let left_out = OrganizationTarget::accounts_below(target, &left_out, option).await?;
        let management = organization.is_managed_by(&target.account).then_some(&target.account);
        Ok(Self::of(
            units,
            &ExpandedUnits { active, suspended, within, left_out, named: listed(EXCLUDE_ACCOUNT) },
            &organization.management_account,
            management,
        ))
    }

    /// `deploying` is the management account if it deploys. Its own stack has its functions,
    /// regardless of the units.
    fn of(
        units: Vec<String>,
        accounts: &ExpandedUnits,
        management_account: &str,
        deploying: Option<&AccountId>,
    ) -> Self {
        let ExpandedUnits { active, suspended, within, left_out, named } = accounts;
        let suspended = suspended.intersection(within).cloned().collect();
        let mut membership = Self { units, suspended, ..Self::default() };
        membership.unknown =
            named.iter().filter(|account| !active.contains(*account)).cloned().collect();
        for account in active {
            let is_management = account == management_account;
            if named.contains(account) || left_out.contains(account) {
                membership.excluded.insert(account.clone());
                if !is_management && within.contains(account) {
                    membership.filtered.insert(account.clone());
                }
                if is_management || within.contains(account) {
                    membership.left_unchecked.insert(account.clone());
                }
            } else if is_management && deploying.is_none() {
                membership.management = Some(account.clone());
            } else if is_management || within.contains(account) {
                membership.covered.insert(account.clone());
            } else {
                membership.outside.insert(account.clone());
            }
        }
        membership
    }

    /// Sets the resulting parameters, and rejects more exclusions than AWS accepts.
    pub(crate) fn set(
        &self,
        template: &Template,
        mut parameters: ParameterValues,
        deploying: &AccountId,
    ) -> Result<ParameterValues, DeployError> {
        let filtered = self.filtered.iter().cloned().collect::<Vec<_>>().join(",");
        // Each account takes twelve digits and a comma.
        let (excluded, limit) = (self.left_unchecked.len(), (VALUE_LIMIT + 1) / 13);
        if excluded > limit {
            return Err(DeployError::TooManyFiltered { excluded, limit });
        }
        let without_rules = self.without_rules().len();
        // Only central functions have organization packs.
        let has_packs = is_central(&parameters) && is_on(&parameters, PACKS);
        if without_rules > EXCLUDED_LIMIT && has_packs {
            return Err(DeployError::TooManyExcluded {
                excluded: without_rules,
                limit: EXCLUDED_LIMIT,
            });
        }
        parameters.insert(EXCLUDED_ACCOUNTS.to_owned(), filtered);
        if self.excluded.contains(deploying.as_str()) {
            parameters.insert(FUNCTIONS_HERE.to_owned(), "false".to_owned());
        }
        Ok(template.settle(parameters))
    }

    /// Returns the accounts to exclude from packs. AWS Config deploys packs to all other accounts,
    /// including those without functions.
    pub(crate) fn without_rules(&self) -> BTreeSet<String> {
        let mut accounts: BTreeSet<String> = self.excluded.union(&self.outside).cloned().collect();
        accounts.extend(self.unknown.iter().chain(&self.management).cloned());
        accounts
    }
}

/// The accounts of organizational units.
struct ExpandedUnits {
    /// All active accounts.
    active: BTreeSet<String>,
    /// All closed accounts.
    suspended: BTreeSet<String>,
    /// The accounts below the units to deploy to, including closed accounts.
    within: BTreeSet<String>,
    /// The accounts below the excluded units.
    left_out: BTreeSet<String>,
    /// The accounts that are excluded by ID.
    named: Vec<String>,
}

/// Splits the value of a list parameter.
fn list(parameters: &ParameterValues, name: &str) -> Vec<String> {
    let value = parameters.get(name).map(String::as_str).unwrap_or_default();
    value.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclusion_counts_wherever_the_account_is() {
        let set = |accounts: &[&str]| accounts.iter().map(|one| (*one).to_owned()).collect();
        let [management, named, in_unit, outside, member] =
            ["000000000000", "111111111111", "222222222222", "333333333333", "444444444444"];
        let accounts = ExpandedUnits {
            active: set(&[management, named, in_unit, outside, member]),
            suspended: set(&["555555555555", "666666666666"]),
            within: set(&[named, in_unit, member, "555555555555"]),
            left_out: set(&[in_unit, "999999999999"]),
            named: vec![named.to_owned(), "888888888888".to_owned()],
        };
        let account = AccountId::new(management).expect("an id");
        let of = |deploying| Membership::of(Vec::new(), &accounts, management, deploying);
        let from_management = of(Some(&account));
        assert_eq!(from_management.covered, set(&[management, member]));
        assert_eq!(from_management.excluded, set(&[named, in_unit]));
        assert_eq!(from_management.filtered, set(&[named, in_unit]));
        assert_eq!(from_management.left_unchecked, set(&[named, in_unit]));
        assert_eq!(from_management.suspended, set(&["555555555555"]), "below the units");
        assert_eq!(from_management.outside, set(&[outside]));
        assert_eq!(from_management.unknown, ["888888888888"]);
        assert_eq!(
            from_management.without_rules(),
            set(&[named, in_unit, outside, "888888888888"])
        );
        let from_delegate = of(None);
        assert_eq!(from_delegate.management.as_deref(), Some(management));
        assert_eq!(from_delegate.covered, set(&[member]));
        assert!(from_delegate.without_rules().contains(management), "it has no functions");
        // Stack sets do not reach the management account, so it needs no filter.
        let named = ExpandedUnits { named: vec![management.to_owned()], ..accounts };
        for deploying in [Some(&account), None] {
            let excluded = Membership::of(Vec::new(), &named, management, deploying);
            assert!(excluded.excluded.contains(management), "{excluded:?}");
            assert!(!excluded.filtered.contains(management), "{excluded:?}");
            assert!(excluded.left_unchecked.contains(management), "{excluded:?}");
        }
    }
}
