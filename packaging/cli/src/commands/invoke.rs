//! `plumbline invoke`: runs one AWS Config event locally, as the Lambda function does.

use std::path::PathBuf;
#[cfg(feature = "aws")]
use std::time::Duration;

#[cfg(feature = "aws")]
use chrono::Utc;
use clap::Args;
#[cfg(feature = "aws")]
use plumbline_aws::handler::{self, Deadline, RuleError};
#[cfg(feature = "aws")]
use plumbline_aws::session::{Session, SessionOptions};
#[cfg(feature = "aws")]
use plumbline_aws::settings::{PublishMode, Settings};
#[cfg(feature = "aws")]
use plumbline_rules::registry::CONTROLS;

#[cfg(feature = "aws")]
use crate::accounts::configured_region;
#[cfg(feature = "aws")]
use crate::error::{Advise, CliError, INCOMPLETE, USAGE};
#[cfg(feature = "aws")]
use crate::inputs;
#[cfg(feature = "aws")]
use crate::output::print_json;
#[cfg(feature = "aws")]
use crate::runtime::block_on;
#[cfg(feature = "aws")]
use crate::selection::control;
use crate::suggestions::control_name;

/// Run one AWS Config event locally, as the Lambda function does
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Control ID, slug or rule name
    #[arg(long, value_name = "ID", value_parser = control_name(), hide_possible_values = true)]
    pub(crate) control: String,
    /// JSON file with the event; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,
    /// Do not publish the results
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Profile in the AWS configuration files
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let control = control(&arguments.control)?;
    let event = inputs::event(&arguments.event)?;
    let done = block_on(async {
        let session =
            Session::load(SessionOptions { profile: arguments.profile.clone(), region: None })
                .await;
        let region = configured_region(&session)?;
        let settings = Settings::from_environment(
            &region,
            |name| std::env::var(name).ok(),
            &CONTROLS,
        )
        .map_err(|error| {
            CliError::usage(
                error,
                "Correct the environment variable. docs/reference/function.md lists the valid \
                         values.",
            )
        })?;
        let publish = if arguments.dry_run { PublishMode::Nothing } else { settings.publish };
        let settings = Settings { publish, jitter: Duration::ZERO, ..settings };
        let caller = session.caller().await?;
        Ok(handler::run(
            control,
            event,
            &settings,
            &session,
            &caller.account,
            Utc::now(),
            Deadline::default(),
        )
        .await?)
    })?;
    print_json(&done.outcome.evaluations)?;
    match done.failure() {
        Some(failure) => Err(CliError::incomplete(&[failure])),
        None => Ok(()),
    }
}

#[cfg(feature = "aws")]
impl Advise for RuleError {
    fn advice(&self) -> String {
        "Give an event that AWS Config sends, and check the environment variables. \
         docs/reference/function.md describes them."
            .to_owned()
    }

    fn code(&self) -> u8 {
        match self {
            Self::Event(_)
            | Self::Parameters { .. }
            | Self::Foreign(_)
            | Self::NotOfPack(_)
            | Self::OtherRegion { .. }
            | Self::OtherAccount { .. } => USAGE,
            Self::Aws(_) | Self::RejectedToken(_) => INCOMPLETE,
        }
    }
}
