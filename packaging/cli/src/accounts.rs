//! Which accounts and Regions, with sessions.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use plumbline_aws::accounts::{
    RegionChoiceError, distinct, enabled_regions, home_region, known_regions, organization_accounts,
};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::role::{Caller, RoleName};
use plumbline_aws::session::{Session, SessionOptions, raise_open_files};
use plumbline_core::answer::ReadError;
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::view::Context;
use tokio::sync::Semaphore;

use crate::arguments::TargetArguments;
use crate::error::{Advise, CliError, USAGE};

/// How many accounts are asked for their Regions, and read, at the same time. Each has its own
/// limits for calls.
pub(crate) const ACCOUNTS_AT_ONCE: usize = 8;

/// An account to read, and how to reach it.
pub(crate) struct ScanAccount {
    pub(crate) session: Session,
    pub(crate) account: AccountId,
    pub(crate) regions: Vec<String>,
    /// Why there may be more Regions.
    pub(crate) regions_unread: Option<ReadError>,
}

/// The accounts to read, and what is the same for all of them.
pub(crate) struct ScanAccounts {
    /// The session of the credentials that the program was started with.
    pub(crate) own: Session,
    /// Whose credentials they are.
    pub(crate) caller: Caller,
    pub(crate) partition: Partition,
    pub(crate) home_region: String,
    pub(crate) accounts: Vec<ScanAccount>,
    /// No Regions were given: all of each account are meant.
    pub(crate) has_all_regions: bool,
}

impl ScanAccounts {
    /// Finds the accounts and their Regions with the credentials of the caller.
    pub(crate) async fn find(arguments: &TargetArguments) -> Result<Self, CliError> {
        let role =
            arguments.role_name.as_deref().map(RoleName::new).transpose().map_err(|error| {
                CliError::usage(error, "Give the name of a role that exists in each account.")
            })?;
        raise_open_files();
        let own = Session::load(SessionOptions {
            profile: arguments.caller.profile.clone(),
            region: None,
        })
        .await;
        let caller = own.caller().await?;
        let partition = caller.partition;
        let home_region = home_region(arguments.caller.home_region.as_deref(), partition)?;
        let given = known_regions(&arguments.region, &own, &home_region).await?;
        let wanted = if arguments.organization {
            organization_accounts(&own).await?
        } else if arguments.account.is_empty() {
            vec![caller.account.clone()]
        } else {
            distinct(&arguments.account)
        };
        let mut finding = Vec::new();
        let permits = Arc::new(Semaphore::new(ACCOUNTS_AT_ONCE));
        for account in wanted {
            let session = role
                .as_ref()
                .map_or_else(|| own.clone(), |role| own.assume(&account, partition, role, None));
            let (given, home_region, permits) =
                (given.clone(), home_region.clone(), Arc::clone(&permits));
            let is_one_of_several = role.is_some();
            finding.push(tokio::spawn(async move {
                let (regions, regions_unread) = if given.is_empty() {
                    let _permit = permits.acquire().await;
                    regions(&session, &home_region, is_one_of_several).await?
                } else {
                    (given, None)
                };
                Ok::<_, CliError>(ScanAccount { session, account, regions, regions_unread })
            }));
        }
        let mut accounts = Vec::new();
        for found in finding {
            accounts.push(found.await??);
        }
        let has_all_regions = given.is_empty();
        Ok(Self { own, caller, partition, home_region, accounts, has_all_regions })
    }
}

impl ScanAccounts {
    /// Where the global controls of an account run.
    pub(crate) fn context(&self, account: &ScanAccount, now: DateTime<Utc>) -> Context {
        Context {
            account: account.account.clone(),
            partition: self.partition,
            region: self.home_region.clone(),
            home_region: self.home_region.clone(),
            now,
        }
    }
}

/// The enabled Regions. Of an account among several, whose Regions cannot be listed: the home
/// Region alone, and why there may be others.
async fn regions(
    session: &Session,
    home_region: &str,
    is_one_of_several: bool,
) -> Result<(Vec<String>, Option<ReadError>), CliError> {
    match enabled_regions(session, home_region).await {
        Ok(regions) => Ok((regions, None)),
        Err(AwsError(unread)) if is_one_of_several => {
            Ok((vec![home_region.to_owned()], Some(unread)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The Region of the session's configuration.
pub(crate) fn configured_region(session: &Session) -> Result<String, CliError> {
    session.region().map(str::to_owned).ok_or_else(|| {
        CliError::usage(
            "no Region is configured",
            "Set AWS_REGION or name a profile that has a Region.",
        )
    })
}

impl Advise for RegionChoiceError {
    fn advice(&self) -> String {
        Self::advice(self)
    }

    fn code(&self) -> u8 {
        match self {
            Self::OtherPartition { .. } | Self::NotEnabled { .. } => USAGE,
            Self::Aws(error) => error.code(),
        }
    }
}
