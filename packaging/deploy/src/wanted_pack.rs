//! The wanted state of an organization conformance pack.

use std::collections::BTreeSet;

use plumbline_templates::contract::{BODY, FUNCTIONS_ACCOUNT};
use plumbline_templates::packs::{CentralFunctions, PackTemplate};
use plumbline_templates::template::{Template, YamlError};
use plumbline_templates::{ParameterValues, TemplateParameter};
use sha2::{Digest as _, Sha256};

use crate::guardrails::tags::StackTags;

/// The wanted state of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedPack {
    /// The template.
    pub(crate) body: String,
    pub(crate) inputs: ParameterValues,
    pub(crate) tags: StackTags,
    /// The accounts that should have the pack.
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) excluded: BTreeSet<String>,
}

impl WantedPack {
    /// Creates the pack of a template with stack parameters, for some accounts, without a body. The
    /// other accounts are excluded.
    pub(crate) fn new(
        pack: PackTemplate,
        stack: &Template,
        parameters: &ParameterValues,
        accounts: &BTreeSet<String>,
        excluded: &BTreeSet<String>,
    ) -> Self {
        let value = |name: &str| {
            parameters.get(name).cloned().or_else(|| stack.default(name).map(str::to_owned))
        };
        let template = pack.template();
        // Defaults of the pack are omitted, because AWS Config does not accept empty values.
        let given = |parameter: &TemplateParameter| {
            let value = value(parameter.name())?;
            (parameter.default() != Some(value.as_str()))
                .then(|| (parameter.name().to_owned(), value))
        };
        let inputs = template.parameters().filter_map(given).collect();
        Self {
            body: String::new(),
            inputs,
            tags: StackTags::default(),
            accounts: accounts.clone(),
            excluded: excluded.clone(),
        }
    }

    /// Adds the body with rules that invoke central functions, and the tags. AWS Config does not
    /// return tags with a pack, so the digest of the body includes them.
    pub(crate) fn of_central(
        mut self,
        pack: PackTemplate,
        functions: &CentralFunctions<'_>,
        tags: &StackTags,
    ) -> Result<Self, YamlError> {
        self.body = pack.central(functions).yaml()?;
        self.tags = tags.clone();
        let digest = Sha256::digest([self.body.as_str(), &tags.digest()].concat());
        let digest = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.inputs.insert(FUNCTIONS_ACCOUNT.to_owned(), functions.account.to_owned());
        self.inputs.insert(BODY.to_owned(), digest);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use plumbline_templates::contract::PackScope;
    use plumbline_templates::organization::organization;
    use plumbline_templates::template::BucketNames;

    use super::*;

    #[test]
    fn a_pack_gets_what_its_template_knows() {
        let stack = organization(&BucketNames::ByParameter);
        let parameters = ParameterValues::from([
            ("Level".to_owned(), "1".to_owned()),
            ("MaxAccessKeyAge".to_owned(), "60".to_owned()),
        ]);
        let inputs = |scope| {
            let pack = PackTemplate::of(scope, "1").expect("a pack");
            let none = BTreeSet::new();
            WantedPack::new(pack, &stack, &parameters, &none, &none).inputs
        };
        let global = inputs(PackScope::Global);
        assert_eq!(global.get("MaxAccessKeyAge").map(String::as_str), Some("60"));
        assert!(!global.contains_key("LogRetentionDays"), "{global:?}");
        let regional = inputs(PackScope::Regional);
        assert!(!regional.contains_key("MaxAccessKeyAge"), "{regional:?}");
    }
}
