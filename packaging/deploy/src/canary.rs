//! The canary unit of an organization: its accounts invoke a second set of central functions, which
//! gets a release first. All changes between the sets are in the deploying account.

use std::collections::BTreeSet;

use plumbline_aws::error::AwsError;
use plumbline_templates::canary::{CANARY, CANARY_LIMIT, CENTRAL_RELEASE};
use plumbline_templates::contract::{
    CANARY_SET, CENTRAL_SET, CODE_BUCKET_PREFIX, RELEASE, code_bucket, code_key,
};
use plumbline_templates::release::Release;
use plumbline_templates::{ParameterValues, value_or_empty};

use crate::aws::buckets;
use crate::error::DeployError;
use crate::target::{DeployTarget, OrganizationTarget};

/// The stack of the functions of the canary set, in each Region.
pub(crate) const CANARY_STACK: &str = "plumbline-canary";
/// The stack of the permission for the organization to invoke them, in each Region.
pub(crate) const CANARY_PERMISSION_STACK: &str = "plumbline-canary-permission";

/// A canary unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Canary {
    /// The organizational unit.
    pub(crate) unit: String,
    /// Its accounts with rules.
    pub(crate) accounts: BTreeSet<String>,
    /// The release of the other accounts, if it is another one.
    pub(crate) others: Option<String>,
}

impl Canary {
    /// Expands the unit of the parameters. `covered` are the accounts with rules.
    pub(crate) async fn read(
        target: &DeployTarget,
        parameters: &ParameterValues,
        covered: &BTreeSet<String>,
    ) -> Result<Option<Self>, DeployError> {
        let unit = value_or_empty(parameters, CANARY);
        if unit.is_empty() {
            return Ok(None);
        }
        let units = [unit.to_owned()];
        let below = OrganizationTarget::accounts_below(target, &units, "--canary").await?;
        let accounts: BTreeSet<String> = below.intersection(covered).cloned().collect();
        if accounts.len() > CANARY_LIMIT {
            return Err(DeployError::LargeCanary {
                unit: unit.to_owned(),
                accounts: accounts.len(),
                limit: CANARY_LIMIT,
            });
        }
        let others = value_or_empty(parameters, CENTRAL_RELEASE);
        let others = (!others.is_empty()).then(|| others.to_owned());
        Ok(Some(Self { unit: unit.to_owned(), accounts, others }))
    }
}

/// Whether a canary unit is recorded in the parameters of a deployment.
pub(crate) fn has_canary(parameters: &ParameterValues) -> bool {
    !value_or_empty(parameters, CANARY).is_empty()
}

/// Whether the canary set has another release than the other accounts.
pub(crate) fn is_ahead(parameters: &ParameterValues) -> bool {
    !value_or_empty(parameters, CENTRAL_RELEASE).is_empty()
}

/// Returns the release of a set of central functions.
pub(crate) fn release_of<'a>(parameters: &'a ParameterValues, set: &str) -> &'a str {
    match value_or_empty(parameters, CENTRAL_RELEASE) {
        other if set != CANARY_SET && !other.is_empty() => other,
        _ => value_or_empty(parameters, RELEASE),
    }
}

/// Returns the set of a central function by its name.
pub(crate) fn set_of(function: &str) -> &'static str {
    let is_canary = function.strip_prefix(CANARY_SET).is_some_and(|rest| rest.starts_with('-'));
    if is_canary { CANARY_SET } else { CENTRAL_SET }
}

/// The checksums of the code that the functions of a Region should run.
pub(crate) struct ExpectedCode {
    /// The code of the wanted release.
    wanted: Option<String>,
    /// The code of the accounts outside of the canary unit: that of the bucket, if they have
    /// another release.
    others: Option<String>,
    /// Whether the canary set remains.
    has_canary: bool,
}

impl ExpectedCode {
    /// Reads the checksums.
    pub(crate) async fn read(
        target: &DeployTarget,
        region: &str,
        parameters: &ParameterValues,
        release: &Release,
    ) -> Result<Self, AwsError> {
        let key = code_key(&release.name);
        let code = release.objects.iter().find(|(name, _)| *name == key);
        let wanted = code.map(|(_, content)| buckets::checksum(content));
        let others = match is_ahead(parameters) {
            true => {
                let bucket = code_bucket(value_or_empty(parameters, CODE_BUCKET_PREFIX), region);
                let key = code_key(release_of(parameters, CENTRAL_SET));
                let (session, account) = (&target.session, &target.account);
                buckets::held_checksum(session, account, region, &bucket, &key).await?
            }
            false => wanted.clone(),
        };
        Ok(Self { wanted, others, has_canary: has_canary(parameters) })
    }

    /// Returns the checksum of a function's code by the name of the function. `None` if it is not
    /// known, or if the function will be deleted.
    pub(crate) fn of(&self, function: &str) -> Option<&str> {
        let code = match set_of(function) == CANARY_SET {
            true => self.wanted.as_ref().filter(|_| self.has_canary),
            false => self.others.as_ref(),
        };
        code.map(String::as_str)
    }
}

/// The releases and topologies of a deployment, as far as they decide where a release goes.
pub(crate) struct CanaryDecision<'a> {
    /// The deployed parameters. Empty without a deployment.
    pub(crate) held: &'a ParameterValues,
    /// Whether central functions are deployed.
    pub(crate) was_central: bool,
    /// Whether central functions are wanted.
    pub(crate) is_central: bool,
    /// The wanted canary unit. Empty: none.
    pub(crate) unit: &'a str,
    /// The wanted release.
    pub(crate) release: &'a str,
    /// Whether the release of the canary set goes to all accounts.
    pub(crate) promotes: bool,
}

impl CanaryDecision<'_> {
    /// Returns the release of the accounts outside of the canary unit. Empty if it is the wanted
    /// release. As long as a canary unit is recorded, a release reaches them only by a promotion.
    pub(crate) fn central_release(&self) -> Result<String, DeployError> {
        let Self { held, was_central, is_central, unit, release, promotes } = *self;
        let deployed = value_or_empty(held, RELEASE);
        let was_recorded = has_canary(held) && was_central && !deployed.is_empty();
        if !unit.is_empty() && !is_central {
            return Err(DeployError::CanaryOfOwn);
        }
        if promotes && !was_recorded {
            return Err(DeployError::NoCanary);
        }
        if !was_recorded && unit.is_empty() {
            return Ok(String::new());
        }
        if !was_central || deployed.is_empty() {
            // Nothing is deployed that the release could differ from.
            return Ok(String::new());
        }
        let others = release_of(held, CENTRAL_SET);
        if promotes {
            return match release == deployed {
                true => Ok(String::new()),
                false => Err(DeployError::NotInCanary {
                    release: release.to_owned(),
                    deployed: deployed.to_owned(),
                }),
            };
        }
        if release == others {
            return Ok(String::new());
        }
        match unit.is_empty() {
            true => Err(DeployError::CanaryLeft {
                release: release.to_owned(),
                others: others.to_owned(),
            }),
            false => Ok(others.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "ou-ab12-11111111";

    fn held(unit: &str, release: &str, others: &str) -> ParameterValues {
        [(CANARY, unit), (RELEASE, release), (CENTRAL_RELEASE, others)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn decide(
        held: &ParameterValues,
        unit: &str,
        release: &str,
        promotes: bool,
    ) -> Result<String, String> {
        let decision =
            CanaryDecision { held, was_central: true, is_central: true, unit, release, promotes };
        decision.central_release().map_err(|error| error.to_string())
    }

    #[test]
    fn a_release_reaches_the_others_only_by_a_promotion() {
        let none = ParameterValues::new();
        let all_same = |release| Ok::<_, String>(String::from(release));
        let done = all_same("");
        // Without a canary unit, a release goes to all accounts.
        assert_eq!(decide(&none, "", "1", false), done);
        assert_eq!(decide(&held("", "1", ""), "", "2", false), done);
        assert_eq!(decide(&none, UNIT, "1", false), done, "the first deployment");
        // A new unit with the deployed release, or with a new one.
        assert_eq!(decide(&held("", "1", ""), UNIT, "1", false), done);
        assert_eq!(decide(&held("", "1", ""), UNIT, "2", false), all_same("1"));
        // A recorded unit: the same release, a new one, a newer one, and back.
        assert_eq!(decide(&held(UNIT, "1", ""), UNIT, "1", false), done);
        assert_eq!(decide(&held(UNIT, "1", ""), UNIT, "2", false), all_same("1"));
        assert_eq!(decide(&held(UNIT, "2", "1"), UNIT, "2", false), all_same("1"));
        assert_eq!(decide(&held(UNIT, "2", "1"), UNIT, "3", false), all_same("1"));
        assert_eq!(decide(&held(UNIT, "2", "1"), UNIT, "1", false), done);
        // Only the release of the canary set is promoted.
        assert_eq!(decide(&held(UNIT, "2", "1"), UNIT, "2", true), done);
        assert_eq!(decide(&held(UNIT, "2", ""), UNIT, "2", true), done, "again");
        assert!(decide(&held(UNIT, "2", "1"), UNIT, "3", true).expect_err("new").contains("'3'"));
        assert!(decide(&held("", "1", ""), UNIT, "1", true).is_err(), "it was not tested");
        // The unit ends with the release of all others, or with a promotion.
        assert_eq!(decide(&held(UNIT, "2", "1"), "", "1", false), done);
        assert_eq!(decide(&held(UNIT, "2", "1"), "", "2", true), done);
        assert!(decide(&held(UNIT, "2", "1"), "", "2", false).expect_err("new").contains("'2'"));
        assert!(decide(&held(UNIT, "1", ""), "", "2", false).is_err());
    }

    #[test]
    fn each_set_has_its_release() {
        let parameters = held(UNIT, "2", "1");
        assert_eq!(release_of(&parameters, CANARY_SET), "2");
        assert_eq!(release_of(&parameters, CENTRAL_SET), "1");
        assert_eq!(release_of(&held(UNIT, "2", ""), CENTRAL_SET), "2");
        for (function, set) in [
            ("plumbline-canary-5-2", CANARY_SET),
            ("plumbline-central-5-2", CENTRAL_SET),
            ("plumbline-organization-account", CENTRAL_SET),
            ("plumbline-canaries", CENTRAL_SET),
        ] {
            assert_eq!(set_of(function), set, "{function}");
        }
    }
}
