//! An account and Region with a problem, or in which nothing needs to be deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The number of places in a text. `--format json` lists all.
pub(crate) const LISTED_PLACES: usize = 20;

/// The message of AWS for a call that a service control policy denies:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.
const DENIED_BY_POLICY: &str = "explicit deny in a service control policy";

/// The start of this message for an AWS CloudFormation action. If a policy denies a complete
/// Region, no stack can be created there. If it denies another action, an administrator must allow
/// it.
const OF_CLOUDFORMATION: &str = "not authorized to perform: cloudformation:";

/// The error code of AWS Config for a missing recorder, and its message. The reason of a stack can
/// have only the message.
const NO_RECORDER: [&str; 2] =
    ["NoAvailableConfigurationRecorder", "must create a configuration recorder"];

/// The number of accounts of each kind that a text names.
const NAMED_ACCOUNTS: usize = 20;

/// Formats the number of accounts and the first account IDs.
pub(crate) fn few<'a>(accounts: impl IntoIterator<Item = &'a String>) -> String {
    let accounts: Vec<&str> = accounts.into_iter().map(String::as_str).collect();
    let shown: Vec<&str> = accounts.iter().take(NAMED_ACCOUNTS).copied().collect();
    let more = match accounts.len().saturating_sub(NAMED_ACCOUNTS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} ({}{more})", count(accounts.len(), "account"), shown.join(", "))
}

/// Counts with the right plural.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The state of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PlaceState {
    /// The account is excluded, or outside of the units to deploy to.
    Excluded,
    /// The account is closed.
    Suspended,
    /// The account is the management account, and a delegated administrator deploys.
    ManagementAccount,
    /// The account has not enabled the Region.
    RegionNotEnabled,
    /// A service control policy denies the Region.
    RegionDenied,
    /// AWS Config has no recorder.
    NoRecorder,
    /// The latest daily check failed there, and this run has deployed something since.
    NotChecked,
    /// A deployment is in progress.
    InProgress,
    /// Deployed resources were changed in the account.
    Drifted,
    /// AWS Config records, but lacks rules.
    PackMissing,
    /// Results are outdated.
    Stale,
    /// The role for central functions cannot be assumed, or lacks read permissions.
    RoleBroken,
    /// AWS has not deployed there.
    Missing,
    /// The deployment failed, and AWS gives a reason.
    Failed,
}

impl PlaceState {
    /// Returns the name in texts and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Suspended => "suspended",
            Self::ManagementAccount => "management-account",
            Self::RegionNotEnabled => "region-not-enabled",
            Self::RegionDenied => "region-denied",
            Self::NoRecorder => "no-recorder",
            Self::NotChecked => "not-checked",
            Self::InProgress => "in-progress",
            Self::Drifted => "drifted",
            Self::PackMissing => "pack-missing",
            Self::Stale => "stale",
            Self::RoleBroken => "role-broken",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// Returns the state for the home Region. It is always required, so a denied or disabled home
    /// Region is a failure.
    pub(crate) fn in_home_region(self) -> Self {
        match self {
            Self::RegionNotEnabled | Self::RegionDenied => Self::Failed,
            other => other,
        }
    }

    /// Whether the state is the decision of an administrator, which `--strict` does not count as a
    /// failure.
    pub(crate) fn is_decided(self) -> bool {
        matches!(self, Self::Excluded | Self::Suspended | Self::ManagementAccount)
    }

    /// Whether the state is a failure. With `is_strict`, skipped places are also failures, unless
    /// an administrator decided so.
    pub(crate) fn is_failure(self, is_strict: bool) -> bool {
        match self {
            Self::NotChecked => false,
            _ => !self.is_skipped() || is_strict && !self.is_decided(),
        }
    }

    /// Whether deployment is impossible there and no one has to act.
    pub(crate) fn is_skipped(self) -> bool {
        matches!(
            self,
            Self::Excluded
                | Self::Suspended
                | Self::ManagementAccount
                | Self::RegionNotEnabled
                | Self::RegionDenied
                | Self::NoRecorder
        )
    }

    /// Returns the state of a failed place from the message of AWS. An unknown message is a
    /// failure.
    pub(crate) fn of_failure(reason: &str) -> Self {
        if reason.contains(DENIED_BY_POLICY) && reason.contains(OF_CLOUDFORMATION) {
            Self::RegionDenied
        } else if NO_RECORDER.iter().any(|text| reason.contains(text)) {
            Self::NoRecorder
        } else {
            Self::Failed
        }
    }
}

/// The beginning of the reason for a resource that should be deleted.
const STILL_DEPLOYED: &str = "still deployed but should be deleted";

/// An account or a complete Region that is not covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The account. `None` if AWS reports only the complete result.
    pub(crate) account: Option<String>,
    /// The Region. `None` means all Regions.
    pub(crate) region: Option<String>,
    /// The affected part, such as `pack plumbline-global`.
    pub(crate) what: String,
    pub(crate) state: PlaceState,
    /// The reason, mostly from AWS.
    pub(crate) reason: String,
}

impl Place {
    /// Returns the reason for a resource that should be deleted; `state` is the status from AWS.
    pub(crate) fn still_deployed(state: &str) -> String {
        format!("{STILL_DEPLOYED} ({state})")
    }

    /// Returns whether a resource should be deleted, which mostly follows from another failure.
    pub(crate) fn is_leftover(&self) -> bool {
        self.reason.starts_with(STILL_DEPLOYED)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, region, what, state, reason } = self;
        let account = account.as_ref().map(|account| format!("account {account}"));
        let place: Vec<&str> = account.iter().chain(region).map(String::as_str).collect();
        let verb = match state {
            PlaceState::InProgress | PlaceState::Missing => "",
            _ => "is ",
        };
        write!(formatter, "{}: {what} {verb}{reason}", place.join(", "))
    }
}

/// Lists the first places as texts, and the number of the remaining ones. Remains of a previous
/// deployment follow from other failures, and are listed last.
pub(crate) fn listed<'a>(places: impl IntoIterator<Item = &'a Place>) -> Vec<String> {
    let mut places: Vec<&Place> = places.into_iter().collect();
    places.sort_by_key(|place| place.is_leftover());
    let mut lines: Vec<String> =
        places.iter().take(LISTED_PLACES).map(ToString::to_string).collect();
    let more = places.len().saturating_sub(LISTED_PLACES);
    if more > 0 {
        lines.push(format!("and {more} more; --format json lists all"));
    }
    lines
}

/// The number of covered accounts of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountCounts {
    /// All accounts, including closed accounts that were deployed to.
    pub(crate) total: usize,
    /// Accounts that are complete in all Regions.
    pub(crate) covered: usize,
    /// Accounts without rules that the daily check scans.
    pub(crate) scanned: usize,
    /// Accounts in which the latest daily check failed, and this run has deployed something since.
    pub(crate) not_checked: usize,
    /// Accounts that are complete except where deployment is impossible, by the first state.
    pub(crate) skipped: BTreeMap<PlaceState, usize>,
    /// Accounts in which a part failed, is missing, or is being deployed.
    pub(crate) failed: usize,
}

impl AccountCounts {
    /// Counts each account once. No account is covered before the first deployment.
    pub(crate) fn new(
        accounts: &BTreeSet<String>,
        scanned: &BTreeSet<String>,
        places: &[Place],
        is_deployed: bool,
    ) -> Self {
        let mut worst: BTreeMap<&str, PlaceState> = BTreeMap::new();
        for (account, place) in
            places.iter().filter_map(|place| Some((place.account.as_deref()?, place)))
        {
            // Failures take precedence over unchecked places, and those over skipped places, which
            // have the order of their states.
            let rank =
                |state: PlaceState| (state.is_skipped(), state == PlaceState::NotChecked, state);
            let state = worst.entry(account).or_insert(place.state);
            if rank(place.state) < rank(*state) {
                *state = place.state;
            }
        }
        let known = accounts.iter().map(String::as_str).chain(worst.keys().copied());
        let total = known.collect::<BTreeSet<_>>().len();
        let mut counts = Self { total, ..Self::default() };
        for state in worst.values() {
            if *state == PlaceState::NotChecked {
                counts.not_checked += 1;
            } else if state.is_skipped() {
                *counts.skipped.entry(*state).or_default() += 1;
            } else {
                counts.failed += 1;
            }
        }
        if is_deployed {
            let is_scanned = |account: &&String| !worst.contains_key(account.as_str());
            counts.scanned = scanned.iter().filter(is_scanned).count();
            counts.covered = total - worst.len() - counts.scanned;
        }
        counts
    }
}

/// Counts the places in each state by Region.
pub(crate) fn by_state(places: &[Place]) -> BTreeMap<PlaceState, BTreeMap<&str, usize>> {
    // Functions and rules of the same account and Region count once.
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<PlaceState, BTreeMap<&str, usize>> = BTreeMap::new();
    for place in places {
        let region = place.region.as_deref().unwrap_or("all Regions");
        if seen.insert((place.state, region, &place.account)) {
            *counts.entry(place.state).or_default().entry(region).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(account: &str, region: &str, state: PlaceState) -> Place {
        Place {
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            what: "set".to_owned(),
            state,
            reason: "FAILED: no".to_owned(),
        }
    }

    #[test]
    fn states_follow_from_the_words_of_aws() {
        let denied = |action: &str| {
            format!(
                "FAILED: User: arn:aws:sts::1:assumed-role/stacksets-exec-1/x is not authorized \
                 to perform: {action} on resource: * with an explicit deny in a service control \
                 policy"
            )
        };
        for (reason, expected) in [
            (denied("cloudformation:CreateStack").as_str(), PlaceState::RegionDenied),
            (denied("lambda:CreateFunction").as_str(), PlaceState::Failed),
            (denied("iam:CreatePolicy").as_str(), PlaceState::Failed),
            (
                "CREATE_FAILED: NoAvailableConfigurationRecorderException: no recorder",
                PlaceState::NoRecorder,
            ),
            (
                "ResourceType:AWS::Config::ConformancePack, ResourceStatusReason:You must create a \
                 configuration recorder before you can create or update a Config rule.",
                PlaceState::NoRecorder,
            ),
            ("with an explicit deny in an identity-based policy", PlaceState::Failed),
            ("AccessDenied", PlaceState::Failed),
            ("", PlaceState::Failed),
        ] {
            assert_eq!(PlaceState::of_failure(reason), expected, "{reason}");
        }
    }

    #[test]
    fn each_account_is_counted_once_and_failures_before_all_else() {
        let accounts: BTreeSet<String> = ["1", "2", "3", "4"].map(str::to_owned).into();
        let places = [
            place("1", "r", PlaceState::NoRecorder),
            place("1", "s", PlaceState::RegionDenied),
            place("2", "r", PlaceState::Missing),
            place("2", "s", PlaceState::Excluded),
            place("3", "r", PlaceState::NoRecorder),
            place("3", "r", PlaceState::Failed),
            place("5", "r", PlaceState::Suspended),
            place("6", "r", PlaceState::NotChecked),
            place("6", "s", PlaceState::NoRecorder),
            place("3", "s", PlaceState::NotChecked),
        ];
        let scanned = BTreeSet::from(["4".to_owned(), "3".to_owned()]);
        let counts = AccountCounts::new(&accounts, &scanned, &places, true);
        let skipped = BTreeMap::from([(PlaceState::RegionDenied, 1), (PlaceState::Suspended, 1)]);
        let not_checked = 1;
        assert_eq!(
            counts,
            AccountCounts { total: 6, covered: 0, scanned: 1, not_checked, skipped, failed: 2 }
        );
        assert!(!PlaceState::NotChecked.is_failure(true), "nothing says that it is one");
        assert_eq!(AccountCounts::new(&accounts, &scanned, &[], false).covered, 0);
        let no_recorder = &by_state(&places)[&PlaceState::NoRecorder];
        assert_eq!(*no_recorder, BTreeMap::from([("r", 2), ("s", 1)]));
    }

    #[test]
    fn causes_are_listed_before_what_follows_from_them() {
        let left = Place {
            reason: Place::still_deployed("CURRENT"),
            ..place("1", "r", PlaceState::Failed)
        };
        let lines = listed(&[left, place("2", "r", PlaceState::Failed)]);
        let expected = "account 1, r: set is still deployed but should be deleted (CURRENT)";
        assert_eq!(lines, ["account 2, r: set is FAILED: no", expected]);
    }

    #[test]
    fn twenty_places_are_listed() {
        let places: Vec<Place> =
            (0..300).map(|one| place(&one.to_string(), "r", PlaceState::Failed)).collect();
        let lines = listed(&places);
        assert_eq!(lines.len(), 21);
        assert_eq!(lines[0], "account 0, r: set is FAILED: no");
        assert_eq!(lines[20], "and 280 more; --format json lists all");
        assert_eq!(listed(&places[..20]).len(), 20);
    }
}
