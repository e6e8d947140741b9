//! Lists the Regions and accounts.

use aws_sdk_ec2::types::Region;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::types::Account;
use plumbline_core::answer::Answer;
use plumbline_core::aws::{AccountId, AccountNames, Partition, is_region_name};
use plumbline_core::operation::{Operation, account, ec2, iam, organizations};
use thiserror::Error;

use crate::error::AwsError;
use crate::session::Session;

/// Why Regions cannot be selected.
#[derive(Debug, Error)]
pub enum RegionChoiceError {
    /// The home Region is in another partition.
    #[error("the Region '{region}' is not in the partition {partition} of the credentials")]
    OtherPartition {
        /// The home Region that was given.
        region: String,
        /// The partition of the credentials.
        partition: Partition,
    },
    /// The Region is disabled: it would look like a Region without resources.
    #[error("the Region '{region}' does not exist or is disabled")]
    NotEnabled {
        /// The Region that was given.
        region: String,
        /// Those that are enabled.
        enabled: Vec<String>,
    },
    /// The enabled Regions cannot be listed.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

impl RegionChoiceError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::OtherPartition { partition, .. } => {
                format!(
                    "Give a home Region of this partition, such as {}.",
                    partition.default_home_region()
                )
            }
            Self::NotEnabled { enabled, .. } => {
                format!("Give an enabled Region: {}.", enabled.join(", "))
            }
            Self::Aws(error) => error.advice().to_owned(),
        }
    }
}

/// The home Region: the one that was given, or the partition's first.
///
/// # Errors
/// The Region is in another partition.
pub fn home_region(given: Option<&str>, partition: Partition) -> Result<String, RegionChoiceError> {
    let region = given.unwrap_or_else(|| partition.default_home_region()).to_owned();
    if Partition::of_region(&region) == Some(partition) {
        Ok(region)
    } else {
        Err(RegionChoiceError::OtherPartition { region, partition })
    }
}

/// The given Regions, each once.
///
/// # Errors
/// One of them is not enabled, or the enabled ones cannot be listed.
pub async fn known_regions(
    given: &[String],
    session: &Session,
    home_region: &str,
) -> Result<Vec<String>, RegionChoiceError> {
    if !given.is_empty() {
        all_enabled(given, &enabled_regions(session, home_region).await?)?;
    }
    Ok(distinct(given))
}

/// Checks that all Regions are enabled.
///
/// # Errors
/// The first Region that is not enabled.
pub fn all_enabled<'a>(
    given: impl IntoIterator<Item = &'a String>,
    enabled: &[String],
) -> Result<(), RegionChoiceError> {
    match given.into_iter().find(|region| !enabled.contains(region)) {
        Some(region) => {
            Err(RegionChoiceError::NotEnabled { region: region.clone(), enabled: enabled.to_vec() })
        }
        None => Ok(()),
    }
}

/// Each value once, in the given order.
pub fn distinct<T: Clone + PartialEq>(given: &[T]) -> Vec<T> {
    given
        .iter()
        .enumerate()
        .filter(|(at, one)| !given.iter().take(*at).any(|earlier| earlier == *one))
        .map(|(_, one)| one.clone())
        .collect()
}

/// The enabled Regions of the session's account, sorted; source `DescribeRegions`, called in
/// `home_region`.
pub async fn enabled_regions(
    session: &Session,
    home_region: &str,
) -> Result<Vec<String>, AwsError> {
    let answer = session
        .send(
            ec2::DESCRIBE_REGIONS,
            session.ec2(home_region).describe_regions().all_regions(false).send(),
        )
        .await?;
    Ok(enabled(ec2::DESCRIBE_REGIONS.require(answer.regions, "the Regions")?)?)
}

/// Whether a Region responds to the session; source `DescribeRegions`, called in that Region.
pub(crate) async fn region_answers(session: &Session, region: &str) -> Answer<()> {
    let call = session.ec2(region).describe_regions().region_names(region).send();
    session.send(ec2::DESCRIBE_REGIONS, call).await.map(|_| ())
}

/// Every account has Regions: with an empty response, everything that is evaluated for each Region
/// would pass.
fn enabled(regions: Vec<Region>) -> Answer<Vec<String>> {
    let is_enabled = |region: &Region| region.opt_in_status() != Some("not-opted-in");
    let name = |region: Region| {
        ec2::DESCRIBE_REGIONS
            .require(region.region_name.filter(|name| is_region_name(name)), "a Region's name")
    };
    let mut names = regions.into_iter().filter(is_enabled).map(name).collect::<Answer<Vec<_>>>()?;
    names.sort_unstable();
    ec2::DESCRIBE_REGIONS.require(Some(names).filter(|names| !names.is_empty()), "enabled Regions")
}

/// An active account of the organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrganizationAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Option<String>,
}

/// The names of the session's account, for reports only. A name that does not exist or cannot be
/// read is absent, and is not an error. `known` is the name in the organization. Without it, AWS
/// Account Management is called. Sources: `GetAccountInformation`, `ListAccountAliases`, both once,
/// in `home_region`.
pub async fn account_names(
    session: &Session,
    home_region: &str,
    known: Option<String>,
) -> AccountNames {
    let name = async {
        match known {
            Some(name) => Some(name),
            None => {
                let call = session.account(home_region).get_account_information().send();
                session.send(account::GET_ACCOUNT_INFORMATION, call).await.ok()?.account_name
            }
        }
    };
    let alias = async {
        // An account has at most one alias.
        let call = session.iam(home_region).list_account_aliases().send();
        let answer = session.send(iam::LIST_ACCOUNT_ALIASES, call).await.ok()?;
        answer.account_aliases.into_iter().next()
    };
    let (name, alias) = tokio::join!(name, alias);
    let is_given = |text: &String| !text.trim().is_empty();
    AccountNames { name: name.filter(is_given), alias: alias.filter(is_given) }
}

/// The active accounts of the organization, sorted; source `ListAccounts`. Only the management
/// account and delegated administrators have access.
pub async fn organization_accounts(
    session: &Session,
) -> Result<Vec<OrganizationAccount>, AwsError> {
    // One endpoint serves the whole partition. The Region only selects the partition.
    let client = session.organizations(session.global_region());
    let page = |token| client.list_accounts().set_next_token(token).send();
    let mut accounts = session
        .list(organizations::LIST_ACCOUNTS, page, ListAccountsOutput::next_token, active_accounts)
        .await?;
    accounts.sort_unstable();
    // An organization has at least its management account. An empty list would lead to a scan of
    // nothing.
    Ok(organizations::LIST_ACCOUNTS
        .require(Some(accounts).filter(|accounts| !accounts.is_empty()), "active accounts")?)
}

/// An account of the organization, active or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrganizationMember {
    /// Its id.
    pub id: AccountId,
    /// Whether it is active: a closed account stays listed for 90 days.
    pub is_active: bool,
}

/// The management account of the session's organization; source `DescribeOrganization`.
pub(crate) async fn management_account(session: &Session) -> Answer<AccountId> {
    let client = session.organizations(session.global_region());
    let call = client.describe_organization().send();
    let answer = session.send(organizations::DESCRIBE_ORGANIZATION, call).await?;
    let id = answer.organization.and_then(|organization| organization.master_account_id);
    let id = organizations::DESCRIBE_ORGANIZATION.require_text(id, "the management account")?;
    AccountId::new(id)
        .map_err(|error| organizations::DESCRIBE_ORGANIZATION.malformed(error.to_string()))
}

/// All accounts in some organizational units, or in the whole organization if `units` is empty or
/// contains its root, sorted; sources `ListAccounts`, or `ListAccountsForParent` and
/// `ListOrganizationalUnitsForParent`.
///
/// # Errors
/// AWS Organizations does not answer, or the answer has no account.
pub async fn organization_members(
    session: &Session,
    units: &[String],
) -> Answer<Vec<OrganizationMember>> {
    let client = session.organizations(session.global_region());
    let mut members = Vec::new();
    if units.iter().all(|unit| unit.starts_with("r-")) {
        let call = |token| client.list_accounts().set_next_token(token).send();
        let items = |page: ListAccountsOutput| {
            let operation = organizations::LIST_ACCOUNTS;
            let accounts = operation.require(page.accounts, "the accounts")?;
            accounts.into_iter().map(|account| member(operation, &account)).collect()
        };
        let next = ListAccountsOutput::next_token;
        members = session.list(organizations::LIST_ACCOUNTS, call, next, items).await?;
    } else {
        let mut parents = units.to_vec();
        while let Some(parent) = parents.pop() {
            members.extend(accounts_of(session, &parent).await?);
            parents.extend(units_of(session, &parent).await?);
        }
    }
    members.sort_unstable();
    members.dedup_by(|one, other| one.id == other.id);
    // A run without accounts would find no problems.
    let found = Some(members).filter(|members| !members.is_empty());
    organizations::LIST_ACCOUNTS.require(found, "accounts")
}

async fn accounts_of(session: &Session, parent: &str) -> Answer<Vec<OrganizationMember>> {
    let (client, operation) =
        (session.organizations(session.global_region()), organizations::LIST_ACCOUNTS_FOR_PARENT);
    let call =
        |token| client.list_accounts_for_parent().parent_id(parent).set_next_token(token).send();
    let items = |page: ListAccountsForParentOutput| {
        let accounts = operation.require(page.accounts, "the accounts")?;
        accounts.into_iter().map(|account| member(operation, &account)).collect()
    };
    session.list(operation, call, ListAccountsForParentOutput::next_token, items).await
}

async fn units_of(session: &Session, parent: &str) -> Answer<Vec<String>> {
    let (client, operation) = (
        session.organizations(session.global_region()),
        organizations::LIST_ORGANIZATIONAL_UNITS_FOR_PARENT,
    );
    let call = |token| {
        client.list_organizational_units_for_parent().parent_id(parent).set_next_token(token).send()
    };
    let items = |page: ListOrganizationalUnitsForParentOutput| {
        let units = operation.require(page.organizational_units, "the units")?;
        units.into_iter().map(|unit| operation.require_text(unit.id, "a unit's id")).collect()
    };
    session.list(operation, call, ListOrganizationalUnitsForParentOutput::next_token, items).await
}

fn member(operation: Operation, account: &Account) -> Answer<OrganizationMember> {
    let id = operation.require_text(account.id.clone(), "an account's id")?;
    let id = AccountId::new(id).map_err(|error| operation.malformed(error.to_string()))?;
    let state = operation.require(state(account), &format!("the state of {id}"))?;
    Ok(OrganizationMember { is_active: state == "ACTIVE", id })
}

fn active_accounts(page: ListAccountsOutput) -> Answer<Vec<OrganizationAccount>> {
    let accounts = organizations::LIST_ACCOUNTS.require(page.accounts, "the accounts")?;
    accounts.into_iter().filter_map(|account| active_account(account).transpose()).collect()
}

/// The account; `None` if it is not active: closed accounts stay listed for 90 days.
fn active_account(account: Account) -> Answer<Option<OrganizationAccount>> {
    let id = organizations::LIST_ACCOUNTS.require_text(account.id.clone(), "an account's id")?;
    let id = AccountId::new(id)
        .map_err(|error| organizations::LIST_ACCOUNTS.malformed(error.to_string()))?;
    let state =
        organizations::LIST_ACCOUNTS.require(state(&account), &format!("the state of {id}"))?;
    let name = account.name.clone().filter(|name| !name.is_empty());
    Ok((state == "ACTIVE").then_some(OrganizationAccount { id, name }))
}

/// `State` replaces `Status`, which AWS stops sending in September 2026. Endpoints without `State`
/// send only `Status`.
fn state(account: &Account) -> Option<&str> {
    account
        .state()
        .map(|state| state.as_str())
        .or_else(|| account.status().map(|status| status.as_str()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::types::AccountState;

    use super::*;

    fn region(name: &str, status: &str) -> Region {
        Region::builder().region_name(name).opt_in_status(status).build()
    }

    #[test]
    fn enabled_regions_only() {
        let regions = vec![
            region("us-east-1", "opt-in-not-required"),
            region("ap-east-1", "opted-in"),
            region("af-south-1", "not-opted-in"),
        ];
        assert_eq!(enabled(regions), Ok(vec!["ap-east-1".to_owned(), "us-east-1".to_owned()]));
        assert!(enabled(Vec::new()).is_err());
        assert!(enabled(vec![region("nowhere", "opted-in")]).is_err());
    }

    #[test]
    fn active_accounts_only() {
        let account = |id: &str, state| Account::builder().id(id).name("A").state(state).build();
        assert_eq!(
            active_account(account("111122223333", AccountState::Active)),
            Ok(Some(OrganizationAccount {
                id: AccountId::new("111122223333").expect("an id"),
                name: Some("A".to_owned()),
            }))
        );
        assert_eq!(active_account(account("111122223333", AccountState::Suspended)), Ok(None));
        assert!(active_account(account("1", AccountState::Active)).is_err());
        assert!(active_account(Account::builder().id("111122223333").build()).is_err());
        let old = Account::builder()
            .id("111122223333")
            .status(aws_sdk_organizations::types::AccountStatus::Active)
            .build();
        let old = active_account(old).expect("valid").expect("active");
        assert_eq!(old.name, None, "an account without a name is one all the same");
    }
}
