//! Which Regions and accounts there are.

use aws_sdk_ec2::types::Region;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::types::Account;
use plumbline_core::answer::Answer;
use plumbline_core::aws::{AccountId, is_region_name};
use plumbline_core::operation::{ec2, organizations};

use crate::error::AwsError;
use crate::session::Session;

/// The Regions that are enabled in the session's account, sorted; source `DescribeRegions`, asked
/// in `home_region`.
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

/// No account is without Regions: an empty answer would make everything pass that is evaluated
/// Region by Region.
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

/// The active accounts of the organization, sorted; source `ListAccounts`. Only the management
/// account and delegated administrators may ask.
pub async fn organization_accounts(session: &Session) -> Result<Vec<AccountId>, AwsError> {
    // One endpoint serves the whole partition; the Region only selects the partition.
    let client = session.organizations(session.global_region());
    let page = |token| client.list_accounts().set_next_token(token).send();
    let mut accounts = session
        .list(organizations::LIST_ACCOUNTS, page, ListAccountsOutput::next_token, active_accounts)
        .await?;
    accounts.sort_unstable();
    // An organization has at least its management account: an empty list would be a scan of
    // nothing.
    Ok(organizations::LIST_ACCOUNTS
        .require(Some(accounts).filter(|accounts| !accounts.is_empty()), "active accounts")?)
}

fn active_accounts(page: ListAccountsOutput) -> Answer<Vec<AccountId>> {
    let accounts = organizations::LIST_ACCOUNTS.require(page.accounts, "the accounts")?;
    accounts.into_iter().filter_map(|account| active_account(account).transpose()).collect()
}

/// The account's id, or nothing for one that is not active: closed accounts stay listed for 90
/// days.
fn active_account(account: Account) -> Answer<Option<AccountId>> {
    let id = organizations::LIST_ACCOUNTS.require_text(account.id.clone(), "an account's id")?;
    let id = AccountId::new(id)
        .map_err(|error| organizations::LIST_ACCOUNTS.malformed(error.to_string()))?;
    let state =
        organizations::LIST_ACCOUNTS.require(state(&account), &format!("the state of {id}"))?;
    Ok((state == "ACTIVE").then_some(id))
}

/// `State` replaces `Status`, which AWS stops to send in September 2026. Endpoints that do not know
/// it yet send `Status` only.
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
        let account = |id: &str, state| Account::builder().id(id).state(state).build();
        assert_eq!(
            active_account(account("111122223333", AccountState::Active)),
            Ok(AccountId::new("111122223333").ok())
        );
        assert_eq!(active_account(account("111122223333", AccountState::Suspended)), Ok(None));
        assert!(active_account(account("1", AccountState::Active)).is_err());
        assert!(active_account(Account::builder().id("111122223333").build()).is_err());
        let old = Account::builder()
            .id("111122223333")
            .status(aws_sdk_organizations::types::AccountStatus::Active)
            .build();
        assert!(matches!(active_account(old), Ok(Some(_))));
    }
}
