//! Which accounts and Regions.

use plumbline_aws::accounts::enabled_regions;
use plumbline_aws::session::Session;
use plumbline_core::aws::Partition;

use crate::error::CliError;

/// The home Region: the one that was given, or the partition's first.
pub(crate) fn home_region(given: Option<&str>, partition: Partition) -> Result<String, CliError> {
    let region = given.unwrap_or_else(|| partition.default_home_region()).to_owned();
    if Partition::of_region(&region) == Some(partition) {
        Ok(region)
    } else {
        Err(CliError::usage(
            format!("the Region '{region}' is not in the partition {partition} of the credentials"),
            format!("Give a home Region like {}.", partition.default_home_region()),
        ))
    }
}

/// The Region of the session's configuration.
pub(crate) fn configured_region(session: &Session) -> Result<String, CliError> {
    session.region().map(str::to_owned).ok_or_else(|| {
        CliError::usage(
            "no Region is configured",
            "Set AWS_REGION or name a profile that has a Region.",
        )
    })
}

/// Each value once, in the order in which they were given.
pub(crate) fn distinct<T: Clone + PartialEq>(given: &[T]) -> Vec<T> {
    given
        .iter()
        .enumerate()
        .filter(|(at, one)| !given.iter().take(*at).any(|earlier| earlier == *one))
        .map(|(_, one)| one.clone())
        .collect()
}

/// The error for a Region that is not among the enabled ones.
pub(crate) fn not_enabled(region: &str, enabled: &[String]) -> CliError {
    CliError::usage(
        format!("the Region '{region}' does not exist, or is not enabled"),
        format!("Enabled are {}.", enabled.join(", ")),
    )
}

/// The Regions that were given, each once. One that is not enabled, or does not exist, would look
/// like one without resources.
pub(crate) async fn known_regions(
    given: &[String],
    own: &Session,
    home_region: &str,
) -> Result<Vec<String>, CliError> {
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let enabled = enabled_regions(own, home_region).await?;
    match given.iter().find(|region| !enabled.contains(region)) {
        Some(region) => Err(not_enabled(region, &enabled)),
        None => Ok(distinct(given)),
    }
}
