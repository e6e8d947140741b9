//! The stack sets of an organization: what they have, and lack, in its accounts.

use std::collections::BTreeSet;
use std::time::Instant;

use aws_sdk_cloudformation::types::CallAs;
use plumbline_aws::error::AwsError;
use plumbline_templates::contract::{FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL, stack_set};

use super::cloudformation::{CloudFormation, Instance, InstanceState, Patience, STEADY};
use super::error::Trouble;
use super::place::{Organization, Place};

/// Their templates; the first is for the home Region only, and has the roles.
const TEMPLATES: [&str; 2] = [FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL];

/// Where the stack sets deploy to.
#[derive(Debug)]
pub(super) struct StackSets {
    cloudformation: CloudFormation,
    call_as: CallAs,
    home_region: String,
    /// All Regions.
    regions: Vec<String>,
    /// Roots and organizational units, with commas.
    units: String,
    /// The active accounts below them, but the management account, which stack sets leave out.
    accounts: BTreeSet<String>,
}

/// Where a stack set is not as it should be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Troubles {
    /// Whether there is a stack set at all.
    pub(super) exists: bool,
    /// A line for each account and Region in which it failed, or has not come to anything.
    pub(super) failed: Vec<String>,
    /// A line for each account and Region in which it is being deployed.
    pub(super) under_way: Vec<String>,
}

impl StackSets {
    /// `without_functions` are accounts that get none.
    pub(super) fn new(
        place: &Place,
        organization: &Organization,
        units: String,
        without_functions: &[String],
    ) -> Self {
        let is_target = |account: &String| {
            *account != organization.management_account && !without_functions.contains(account)
        };
        Self {
            cloudformation: CloudFormation::new(&place.session, &place.home_region),
            call_as: organization.call_as(&place.account),
            home_region: place.home_region.clone(),
            regions: place.regions.clone(),
            units,
            accounts: organization
                .accounts
                .iter()
                .map(|account| account.as_str().to_owned())
                .filter(is_target)
                .collect(),
        }
    }

    /// The stack sets, and the Regions of each.
    fn all(&self) -> impl Iterator<Item = (String, &[String])> {
        let regions = [std::slice::from_ref(&self.home_region), self.regions.as_slice()];
        TEMPLATES.into_iter().map(stack_set).zip(regions)
    }

    /// Where they are not as they should be. One that is not there lacks everything.
    pub(super) async fn troubles(&self) -> Result<Troubles, AwsError> {
        let mut all = Troubles::default();
        for (name, regions) in self.all() {
            let instances = self.cloudformation.instances(&name, self.call_as.clone()).await?;
            all.exists |= instances.is_some();
            let Troubles { failed, under_way, .. } =
                compare(&name, &self.accounts, regions, &instances.unwrap_or_default());
            all.failed.extend(failed);
            all.under_way.extend(under_way);
        }
        Ok(all)
    }

    /// Waits for what is under way, and tries again what failed or is missing.
    pub(super) async fn mend(&self, say: impl Fn(&str)) -> Result<(), Trouble> {
        for (name, regions) in self.all() {
            let troubles = self.settled(&name, regions, &say).await?;
            if !troubles.failed.is_empty() {
                let places = troubles.failed.len();
                say(&format!(
                    "tries {name} again in {places} place{}",
                    if places == 1 { "" } else { "s" }
                ));
                self.cloudformation
                    .retry_instances(&name, &self.units, regions, self.call_as.clone())
                    .await?;
                self.settled(&name, regions, &say).await?;
            }
        }
        Ok(())
    }

    /// Waits until nothing is under way, or nothing has changed for long.
    async fn settled(
        &self,
        name: &str,
        regions: &[String],
        say: &impl Fn(&str),
    ) -> Result<Troubles, Trouble> {
        let (mut patience, mut before, mut since) =
            (Patience::new(), Troubles::default(), Instant::now());
        loop {
            let instances = self
                .cloudformation
                .instances(name, self.call_as.clone())
                .await?
                .unwrap_or_default();
            let troubles = compare(name, &self.accounts, regions, &instances);
            if troubles.under_way.is_empty() || since.elapsed() > STEADY {
                return Ok(troubles);
            }
            if troubles != before {
                say(&format!(
                    "waits for {name} in {} accounts and Regions",
                    troubles.under_way.len()
                ));
                (before, since) = (troubles, Instant::now());
            }
            patience.wait().await;
        }
    }
}

/// What the instances of a stack set lack of what they should be.
fn compare(
    name: &str,
    accounts: &BTreeSet<String>,
    regions: &[String],
    instances: &[Instance],
) -> Troubles {
    let mut troubles = Troubles { exists: true, ..Troubles::default() };
    // What is left in accounts that are no targets any more is AWS's to remove.
    for Instance { account, region, state } in
        instances.iter().filter(|instance| accounts.contains(&instance.account))
    {
        match state {
            InstanceState::Well => {}
            InstanceState::UnderWay => troubles
                .under_way
                .push(format!("account {account}, {region}: {name} is still being deployed")),
            InstanceState::Failed(what) => {
                troubles.failed.push(format!("account {account}, {region}: {name} is {what}"))
            }
        }
    }
    for account in accounts {
        for region in regions {
            if !instances
                .iter()
                .any(|instance| instance.account == *account && instance.region == *region)
            {
                troubles.failed.push(format!(
                    "account {account}, {region}: {name} has not been deployed there"
                ));
            }
        }
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_and_what_is_missing_is_told() {
        let instance = |account: &str, region: &str, state| Instance {
            account: account.to_owned(),
            region: region.to_owned(),
            state,
        };
        let accounts = BTreeSet::from(["1".to_owned(), "2".to_owned()]);
        let regions = ["r".to_owned(), "s".to_owned()];
        let instances = [
            instance("1", "r", InstanceState::Well),
            instance("1", "s", InstanceState::UnderWay),
            instance("2", "r", InstanceState::Failed("FAILED: no".to_owned())),
            instance("3", "r", InstanceState::Failed("INOPERABLE".to_owned())),
        ];
        let troubles = compare("set", &accounts, &regions, &instances);
        assert_eq!(
            troubles.failed,
            ["account 2, r: set is FAILED: no", "account 2, s: set has not been deployed there"]
        );
        assert_eq!(troubles.under_way, ["account 1, s: set is still being deployed"]);
    }
}
