//! Finds the accounts and Regions of a command, and opens a session for each account.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use plumbline_aws::accounts::{
    OrganizationAccount, RegionChoiceError, account_names, distinct, enabled_regions, home_region,
    known_regions, organization_accounts,
};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::role::{Caller, RoleName};
use plumbline_aws::session::{Session, SessionOptions, raise_open_files};
use plumbline_aws::stop::Stop;
use plumbline_core::answer::ReadError;
use plumbline_core::aws::{AccountId, AccountNames, Partition};
use plumbline_core::operation::ec2;
use plumbline_core::view::Context;

use crate::arguments::TargetArguments;
use crate::error::{Advise, CliError, USAGE};

/// The maximum wait for the names of an account.
const NAMES_PATIENCE: Duration = Duration::from_secs(10);

/// An account that is being read. A session has a client for each service and Region, so it is
/// created only when the reading of its account starts.
pub(crate) struct ScanAccount {
    pub(crate) session: Session,
    pub(crate) account: AccountId,
    /// The name in the organization, if a scan of the organization read it.
    name: Option<String>,
}

impl ScanAccount {
    /// Returns the name in the organization, or otherwise the account ID.
    pub(crate) fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(self.account.as_str())
    }
}

/// The accounts to read, with their common settings.
pub(crate) struct ScanAccounts {
    /// The session of the caller's credentials.
    pub(crate) own: Session,
    /// The principal of these credentials.
    pub(crate) caller: Caller,
    pub(crate) partition: Partition,
    pub(crate) home_region: String,
    pub(crate) accounts: Vec<AccountId>,
    /// The names of accounts in the organization, if they were read.
    names: BTreeMap<AccountId, String>,
    /// The Regions that the user gave. Empty means all enabled Regions of each account.
    given_regions: Vec<String>,
    /// The role to assume in each account. With a role, an account that cannot be reached does not
    /// end the command.
    role: Option<RoleName>,
}

impl ScanAccounts {
    /// Finds the accounts and their Regions with the credentials of the caller.
    pub(crate) async fn find(arguments: &TargetArguments) -> Result<Self, CliError> {
        let role =
            arguments.role_name.as_deref().map(RoleName::new).transpose().map_err(|error| {
                CliError::usage(error, "Give the name of a role that exists in every account.")
            })?;
        raise_open_files();
        let own = Session::load(SessionOptions {
            profile: arguments.caller.profile.clone(),
            region: None,
        })
        .await;
        let caller = own.caller().await?;
        let partition = caller.partition;
        let home_region = home_region(arguments.caller.home_region(), partition)?;
        let given_regions = known_regions(&arguments.region, &own, &home_region).await?;
        let mut names = BTreeMap::new();
        let wanted = if arguments.organization {
            let members = organization_accounts(&own).await?;
            let named = |one: &OrganizationAccount| Some((one.id.clone(), one.name.clone()?));
            names = members.iter().filter_map(named).collect();
            members.into_iter().map(|member| member.id).collect()
        } else if arguments.account.is_empty() {
            vec![caller.account.clone()]
        } else {
            distinct(&arguments.account)
        };
        Ok(Self {
            caller,
            partition,
            home_region,
            accounts: wanted,
            names,
            given_regions,
            role,
            own,
        })
    }

    /// Opens an account with its own session.
    pub(crate) fn open(&self, account: AccountId) -> ScanAccount {
        let session = match &self.role {
            Some(role) => self.own.assume(&account, self.partition, role, None),
            None => self.own.clone(),
        };
        let name = self.names.get(&account).cloned();
        ScanAccount { session, account, name }
    }

    /// Whether the command reads all Regions of each account.
    pub(crate) fn has_all_regions(&self) -> bool {
        self.given_regions.is_empty()
    }

    /// Returns the Regions of an account to read, and the reason if more may exist. If several
    /// accounts are read and the Regions cannot be listed, or the scan ends before, only the home
    /// Region is read.
    ///
    /// # Errors
    /// The Regions of the only account cannot be listed.
    pub(crate) async fn regions(
        &self,
        account: &ScanAccount,
        stop: &Stop,
    ) -> Result<(Vec<String>, Option<ReadError>), CliError> {
        if !self.has_all_regions() {
            return Ok((self.given_regions.clone(), None));
        }
        let home_alone = |unread| (vec![self.home_region.clone()], Some(unread));
        let mut found = tokio::select! {
            biased;
            cause = stop.wait() => {
                let (cause, code) = cause.unread();
                return Ok(home_alone(ReadError::new(ec2::DESCRIBE_REGIONS.name, cause, code)));
            }
            found = enabled_regions(&account.session, &self.home_region) => found,
        };
        if let Err(AwsError(unread)) = &mut found {
            stop.note(unread);
        }
        match found {
            Ok(regions) => Ok((regions, None)),
            Err(AwsError(unread)) if self.role.is_some() => Ok(home_alone(unread)),
            Err(error) => Err(error.into()),
        }
    }
}

impl ScanAccount {
    /// Reads the names of the account. The wait is short, and a scan that ends does not wait at
    /// all.
    pub(crate) async fn names(&self, home_region: &str, stop: &Stop) -> AccountNames {
        let known = AccountNames { name: self.name.clone(), alias: None };
        tokio::select! {
            biased;
            _ = stop.wait() => known,
            () = tokio::time::sleep(NAMES_PATIENCE) => known,
            names = account_names(&self.session, home_region, self.name.clone()) => names,
        }
    }
}

impl ScanAccounts {
    /// The context of the global controls of an account.
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

/// Returns the Region of the session's configuration.
pub(crate) fn configured_region(session: &Session) -> Result<String, CliError> {
    session.region().map(str::to_owned).ok_or_else(|| {
        CliError::usage(
            "no Region is configured",
            "Set AWS_REGION, or give a profile that has a Region.",
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
