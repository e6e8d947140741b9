//! The settings of an existing deployment, for scans that publish next to its functions.

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

/// The settings of the functions of an account or organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedSettings {
    parameters: ParameterValues,
    prefix: String,
}

impl DeployedSettings {
    /// Reads the settings from the stack in the home Region. Returns `None` if the stack does not
    /// exist or was not created by Plumbline.
    ///
    /// # Errors
    /// AWS CloudFormation does not respond, or denies the call.
    pub async fn find(session: &Session, home_region: &str) -> Result<Option<Self>, DeployError> {
        let stack = CloudFormation::new(session, home_region).stack(STACK).await?;
        Ok(stack.and_then(|stack| Self::of(stack.parameters)))
    }

    /// Reads the settings from stack parameters. Returns `None` if Plumbline did not create the
    /// stack.
    pub fn of(parameters: ParameterValues) -> Option<Self> {
        let prefix = parameters.get(CODE_BUCKET_PREFIX).filter(|prefix| !prefix.is_empty())?;
        Some(Self { prefix: prefix.clone(), parameters })
    }

    /// Returns the location of the functions' register: `s3://BUCKET/KEY`.
    pub fn register(&self) -> String {
        format!("s3://{}/{REGISTER_KEY}", register_bucket(&self.prefix))
    }

    /// Returns the URL of the control pages to which the functions' findings link, if it is set.
    pub fn docs_url(&self) -> Option<&str> {
        self.parameters.get(DOCS_URL).map(String::as_str).filter(|url| !url.is_empty())
    }

    /// Lists the parameters of a control that differ from those of its deployed function, as `5.2
    /// adminPorts is "22", deployed is "22,3389"`.
    pub fn differences(&self, control: &ConfiguredControl) -> Vec<String> {
        let declared = control.control();
        let value = |parameter| self.parameters.get(&pack_parameter(parameter)).cloned();
        let deployed: Values = declared
            .parameters()
            .filter_map(|parameter| Some((parameter.name.to_owned(), value(parameter)?)))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        // A value that this release does not accept counts as different.
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
