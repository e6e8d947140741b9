//! Which accounts and Regions.

use plumbline_aws::accounts::RegionChoiceError;
use plumbline_aws::session::Session;

use crate::error::{Advise, CliError, USAGE};

impl Advise for RegionChoiceError {
    fn advice(&self) -> String {
        Self::advice(self)
    }

    fn code(&self) -> u8 {
        match self {
            Self::OtherPartition { .. } | Self::NotEnabled { .. } => USAGE,
            Self::Aws(error) => error.code(),
        }
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
