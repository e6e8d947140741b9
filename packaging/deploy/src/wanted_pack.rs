//! The wanted state of an organization conformance pack.

use std::collections::BTreeSet;

use plumbline_templates::canary::RULES;
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
    /// Whether the deployed pack remains, because its rules belong to another release than those
    /// of the body.
    pub(crate) is_kept: bool,
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
            is_kept: false,
        }
    }

    /// Adds the body with rules that invoke central functions, those of the canary set in the
    /// accounts of the canary unit, and the tags. AWS Config does not return tags with a pack, so
    /// the digests include them.
    pub(crate) fn of_central(
        mut self,
        pack: PackTemplate,
        functions: &CentralFunctions<'_>,
        canary: &BTreeSet<String>,
        tags: &StackTags,
    ) -> Result<Self, YamlError> {
        self.body = pack.central(functions, &BTreeSet::new()).yaml()?;
        self.tags = tags.clone();
        self.inputs.insert(FUNCTIONS_ACCOUNT.to_owned(), functions.account.to_owned());
        if !canary.is_empty() {
            self.inputs.insert(RULES.to_owned(), digest(&self.body, tags));
            self.body = pack.central(functions, canary).yaml()?;
        }
        self.inputs.insert(BODY.to_owned(), digest(&self.body, tags));
        Ok(self)
    }
}

/// Returns the digest of the rules of a pack, regardless of the accounts of the canary unit.
pub(crate) fn rules(inputs: &ParameterValues) -> Option<&str> {
    inputs.get(RULES).or_else(|| inputs.get(BODY)).map(String::as_str)
}

fn digest(body: &str, tags: &StackTags) -> String {
    let digest = Sha256::digest([body, &tags.digest()].concat());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
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

    #[test]
    fn the_accounts_of_the_canary_unit_do_not_change_the_rules() {
        let stack = organization(&BucketNames::ByParameter);
        let none = BTreeSet::new();
        let of_level = |level, canary: &[&str]| {
            let pack = PackTemplate::of(PackScope::Regional, level).expect("a pack");
            let functions = CentralFunctions {
                partition: "aws",
                region: "us-east-1",
                account: "111122223333",
                set: "plumbline-central",
            };
            let canary = canary.iter().map(|account| (*account).to_owned()).collect();
            let wanted = WantedPack::new(pack, &stack, &ParameterValues::new(), &none, &none);
            wanted
                .of_central(pack, &functions, &canary, &StackTags::default())
                .expect("a body")
                .inputs
        };
        let (without, one) = (of_level("2", &[]), of_level("2", &["444455556666"]));
        let two = of_level("2", &["444455556666", "777788889999"]);
        assert_eq!(rules(&without), rules(&one));
        assert_eq!(rules(&one), rules(&two));
        assert_ne!(one.get(BODY), two.get(BODY));
        assert_eq!(without.get(RULES), None, "as without a canary unit ever");
        assert_ne!(rules(&one), rules(&of_level("1", &["444455556666"])));
    }
}
