//! The register of a live scan. A scan that publishes findings next to deployed functions uses
//! their register and parameters. Otherwise it would change findings until the next run of the
//! functions: waived findings into failures, or failures into passes. Its findings link to the same
//! pages.

use plumbline_core::control::ConfiguredControl;
use plumbline_core::remediation::DocsUrl;
use plumbline_deploy::DeployedSettings;

use crate::accounts::ScanAccounts;
use crate::error::CliError;
use crate::inputs::{LocatedRegister, NO_REGISTER, register_at};
use crate::terminal::print_error;

/// The register and page URL of a live scan, from arguments or from the deployed functions.
pub(crate) struct LiveRegister {
    pub(crate) register: Option<LocatedRegister>,
    /// The page URL of the functions' findings, if the scan publishes.
    pub(crate) docs_url: Option<DocsUrl>,
}

/// Reads the given register, or for a scan that publishes, the register of the deployed functions.
///
/// # Errors
/// The register cannot be read or is invalid. Or the scan publishes, and no register is given or
/// deployed, or the functions have other parameters.
pub(crate) async fn find(
    accounts: &ScanAccounts,
    controls: &[ConfiguredControl],
    given: Option<&str>,
    publishes: bool,
) -> Result<LiveRegister, CliError> {
    let deployed = if publishes {
        let found = DeployedSettings::find(&accounts.own, &accounts.home_region).await;
        match (found, given) {
            (Ok(deployed), _) => deployed,
            (Err(error), Some(_)) => {
                print_error(&format!(
                    "warning: cannot compare the parameters with those of the deployed functions: \
                     {error}"
                ));
                None
            }
            (Err(error), None) => return Err(error.into()),
        }
    } else {
        None
    };
    if let Some(deployed) = &deployed {
        let differences: Vec<String> =
            controls.iter().flat_map(|control| deployed.differences(control)).collect();
        if !differences.is_empty() {
            return Err(CliError::usage(
                format!("the deployed functions use other parameters: {}", differences.join("; ")),
                "Scan with the parameters of the functions, or deploy the new parameters first.",
            ));
        }
    }
    let docs_url = deployed.as_ref().and_then(|deployed| DocsUrl::new(deployed.docs_url()?).ok());
    let without_register = LiveRegister { register: None, docs_url: docs_url.clone() };
    let location = match (given, deployed) {
        (Some(NO_REGISTER), _) => return Ok(without_register),
        (Some(given), _) => given.to_owned(),
        (None, Some(deployed)) => {
            let location = deployed.register();
            print_error(&format!("Using the register of the deployed functions: {location}"));
            location
        }
        (None, None) if publishes => {
            return Err(CliError::usage(
                "no register is given, and no functions with a register are deployed",
                "Give --register LOCATION, or --register none to publish without exceptions and \
                 attestations.",
            ));
        }
        (None, None) => return Ok(without_register),
    };
    let register = Some(register_at(&accounts.own, &location).await?);
    Ok(LiveRegister { register, docs_url })
}
