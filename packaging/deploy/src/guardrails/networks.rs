//! The subnets and security groups of central functions, which each Region has its own of.

use std::collections::BTreeMap;

use plumbline_templates::ParameterValues;
use plumbline_templates::central;
use plumbline_templates::contract::{SECURITY_GROUP_IDS, SUBNET_IDS};

use crate::error::DeployError;
use crate::stack::Stack;

const NAMES: [&str; 2] = [SUBNET_IDS, SECURITY_GROUP_IDS];

/// The given subnets and security groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Networks {
    /// Given without a Region.
    common: ParameterValues,
    /// Given for a Region: `eu-west-1:SubnetIds`.
    by_region: BTreeMap<String, ParameterValues>,
}

impl Networks {
    /// Separates them from the other given parameters.
    pub(crate) fn split(
        given: &[(String, String)],
    ) -> Result<(Self, Vec<(String, String)>), DeployError> {
        let (mut networks, mut others) = (Self::default(), Vec::new());
        let template = central::functions();
        for (given_name, value) in given {
            let (region, name) = match given_name.split_once(':') {
                Some((region, name)) => (Some(region), name),
                None => (None, given_name.as_str()),
            };
            if !NAMES.contains(&name) {
                if region.is_some() {
                    return Err(DeployError::NotByRegion(name.to_owned()));
                }
                others.push((given_name.clone(), value.clone()));
                continue;
            }
            let parameter = template.parameter(name);
            parameter.map_or(Ok(()), |parameter| parameter.accepts(value)).map_err(|wanted| {
                DeployError::ParameterValue { name: name.to_owned(), value: value.clone(), wanted }
            })?;
            let values = match region {
                Some(region) => networks.by_region.entry(region.to_owned()).or_default(),
                None => &mut networks.common,
            };
            values.insert(name.to_owned(), value.clone());
        }
        Ok((networks, others))
    }

    /// Rejects values that no functions of the deployment can have.
    pub(crate) fn check(&self, regions: &[String], is_central: bool) -> Result<(), DeployError> {
        if self == &Self::default() {
            return Ok(());
        }
        if !is_central {
            return Err(DeployError::NetworkOfOwn);
        }
        if !self.common.is_empty() && regions.len() > 1 {
            return Err(DeployError::NetworkOfRegion(regions.to_vec()));
        }
        match self.by_region.keys().find(|region| !regions.contains(region)) {
            Some(region) => Err(DeployError::NetworkElsewhere(region.clone())),
            None => Ok(()),
        }
    }

    /// Returns the parameters of the functions of a Region: the given values, otherwise those of
    /// the deployed stack of the functions.
    pub(crate) fn parameters(
        &self,
        region: &str,
        held: Option<&Stack>,
    ) -> Result<ParameterValues, DeployError> {
        let value = |name: &str| {
            let given = self.by_region.get(region).and_then(|values| values.get(name));
            given
                .or_else(|| self.common.get(name))
                .or_else(|| held?.parameters.get(name))
                .cloned()
                .unwrap_or_default()
        };
        let values = NAMES.map(|name| (name.to_owned(), value(name)));
        if values.iter().any(|(_, value)| value.is_empty())
            && values.iter().any(|(_, value)| !value.is_empty())
        {
            return Err(DeployError::HalfNetwork(region.to_owned()));
        }
        Ok(values.into())
    }
}

/// Whether functions with these parameters are in a VPC.
pub(crate) fn has_subnets(parameters: &ParameterValues) -> bool {
    parameters.get(SUBNET_IDS).is_some_and(|subnets| !subnets.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(given: &[(&str, &str)]) -> Result<(Networks, Vec<(String, String)>), DeployError> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Networks::split(&given.collect::<Vec<_>>())
    }

    const SUBNET: (&str, &str) = ("eu-west-1:SubnetIds", "subnet-0123456789abcdef0");
    const GROUP: (&str, &str) = ("eu-west-1:SecurityGroupIds", "sg-0123456789abcdef0");

    #[test]
    fn values_are_those_of_the_region() {
        let (networks, others) = split(&[SUBNET, ("Level", "1"), GROUP]).expect("networks");
        assert_eq!(others, [("Level".to_owned(), "1".to_owned())]);
        let regions = ["us-east-1".to_owned(), "eu-west-1".to_owned()];
        assert!(networks.check(&regions, true).is_ok());
        assert!(networks.check(&regions, false).is_err(), "own functions");
        assert!(networks.check(&regions[..1], true).is_err(), "another Region");
        let of = |region| networks.parameters(region, None).expect("parameters");
        assert_eq!(of("eu-west-1")["SubnetIds"], SUBNET.1);
        assert_eq!(of("us-east-1")["SubnetIds"], "");
        let held = Stack { parameters: of("eu-west-1"), ..Stack::default() };
        let (none, _) = split(&[]).expect("networks");
        assert_eq!(none.parameters("eu-west-1", Some(&held)).expect("parameters"), held.parameters);
    }

    #[test]
    fn what_no_function_can_have_is_refused() {
        let (common, _) = split(&[("SubnetIds", SUBNET.1)]).expect("networks");
        assert!(common.check(&["us-east-1".to_owned()], true).is_ok());
        assert!(common.check(&["us-east-1".to_owned(), "eu-west-1".to_owned()], true).is_err());
        assert!(common.parameters("us-east-1", None).is_err(), "no security groups");
        assert!(split(&[("eu-west-1:Level", "1")]).is_err());
        assert!(split(&[("SubnetIds", "vpc-1")]).is_err());
    }
}
