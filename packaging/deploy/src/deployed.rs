//! What is deployed already, for those who publish beside the functions.

use plumbline_aws::session::Session;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::parameters::Values;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{
    CODE_BUCKET_PREFIX, DOCS_URL, REGISTER_KEY, STACK, register_bucket,
};
use plumbline_templates::packs::pack_parameter;

use crate::aws::cloudformation::CloudFormation;
use crate::error::DeployError;

/// What the functions of an account or an organization were deployed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedSettings {
    parameters: ParameterValues,
    prefix: String,
}

impl DeployedSettings {
    /// Reads the stack in the home Region; nothing when there is none, or none of ours.
    ///
    /// # Errors
    /// AWS CloudFormation does not answer, or refuses to.
    pub async fn find(session: &Session, home_region: &str) -> Result<Option<Self>, DeployError> {
        let stack = CloudFormation::new(session, home_region).stack(STACK).await?;
        Ok(stack.and_then(|stack| Self::of(stack.parameters)))
    }

    /// From the parameters of the stack; nothing when it is none of ours.
    pub fn of(parameters: ParameterValues) -> Option<Self> {
        let prefix = parameters.get(CODE_BUCKET_PREFIX).filter(|prefix| !prefix.is_empty())?;
        Some(Self { prefix: prefix.clone(), parameters })
    }

    /// Where the functions' register is: `s3://BUCKET/KEY`.
    pub fn register(&self) -> String {
        format!("s3://{}/{REGISTER_KEY}", register_bucket(&self.prefix))
    }

    /// Where the pages of the controls are, to which the functions' findings lead; nothing when it
    /// was not given.
    pub fn docs_url(&self) -> Option<&str> {
        self.parameters.get(DOCS_URL).map(String::as_str).filter(|url| !url.is_empty())
    }

    /// The parameters of a control that are not those with which its function is deployed, as
    /// `5.2 adminPorts is 22, deployed 22,3389`.
    pub fn differences(&self, control: &ConfiguredControl) -> Vec<String> {
        let declared = control.control();
        let value = |parameter| self.parameters.get(&pack_parameter(parameter)).cloned();
        let deployed: Values = declared
            .parameters()
            .filter_map(|parameter| Some((parameter.name.to_owned(), value(parameter)?)))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        // A value that this release does not take is another one.
        let deployed = declared.configure(deployed.clone()).map_or(deployed, |one| one.effective());
        let own = control.effective();
        declared
            .parameters()
            .filter_map(|parameter| {
                let (own, deployed) = (own.get(parameter.name)?, deployed.get(parameter.name));
                let deployed = deployed.map_or(parameter.default, String::as_str);
                (own != deployed).then(|| {
                    let (id, name) = (declared.id, parameter.name);
                    format!("{id} {name} is {own:?}, deployed is {deployed:?}")
                })
            })
            .collect()
    }
}
