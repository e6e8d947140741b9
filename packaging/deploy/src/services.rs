//! The AWS services that an organization trusts and delegates for a deployment.

/// The service principals of a deployment, that of stack sets first.
pub(crate) const SERVICES: [&str; 3] =
    ["member.org.stacksets.cloudformation.amazonaws.com", PACK_SERVICE, AGGREGATOR_SERVICE];

/// The service principal of organization conformance packs.
pub(crate) const PACK_SERVICE: &str = "config-multiaccountsetup.amazonaws.com";
const AGGREGATOR_SERVICE: &str = "config.amazonaws.com";

/// The services that a deployment needs in addition to stack sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NeededServices {
    /// Whether the organization has or gets organization packs.
    pub(crate) packs: bool,
    /// Whether it has or gets an aggregator.
    pub(crate) aggregator: bool,
}

impl NeededServices {
    /// Returns those of the services that are needed.
    pub(crate) fn among(self, services: &[&'static str]) -> Vec<&'static str> {
        let is_needed = |service: &&str| match *service {
            PACK_SERVICE => self.packs,
            AGGREGATOR_SERVICE => self.aggregator,
            _ => true,
        };
        services.iter().copied().filter(is_needed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_sets_are_always_needed() {
        let needed = |packs, aggregator| NeededServices { packs, aggregator }.among(&SERVICES);
        assert_eq!(needed(true, true), SERVICES);
        assert_eq!(needed(false, false), SERVICES[..1]);
        assert_eq!(needed(true, false), SERVICES[..2]);
    }
}
