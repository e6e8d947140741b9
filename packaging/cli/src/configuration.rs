//! Reads `plumbline.toml` from the working directory or the path of `--config`.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::scan_report::UsedFile;
use plumbline_rules::scan_file::{KEYS, ScanFile, ScanFileError};

use crate::error::CliError;
use crate::inputs;

/// The name of the file. It is read only from the working directory, so that a scan does not use
/// rules from an unexpected place.
const NAME: &str = "plumbline.toml";

/// The arguments that select the configuration file.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct ConfigurationArguments {
    /// Configuration file; - for standard input [default: plumbline.toml]
    ///
    /// The default is used if it exists in the working directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Do not read a configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

/// The configuration file with its path and digest.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) file: ScanFile,
    pub(crate) used: UsedFile,
}

impl Configuration {
    /// Reads the selected file. Returns `None` if no file exists.
    ///
    /// # Errors
    /// The file cannot be read or is invalid.
    pub(crate) fn find(arguments: &ConfigurationArguments) -> Result<Option<Self>, CliError> {
        let path = match &arguments.config {
            Some(given) => given.clone(),
            None if arguments.no_config || !Path::new(NAME).is_file() => return Ok(None),
            None => PathBuf::from(NAME),
        };
        let (text, sha256) = inputs::text_and_sha256(&path)?;
        let shown = path.display().to_string();
        let file = ScanFile::parse(&text).map_err(|error| invalid(&shown, &error))?;
        Ok(Some(Self { file, used: UsedFile { path: shown, sha256 } }))
    }
}

fn invalid(path: &str, error: &ScanFileError) -> CliError {
    let nearest = match error {
        ScanFileError::Form { unknown: Some(unknown), .. } => KEYS
            .iter()
            .map(|key| (strsim::jaro_winkler(unknown, key.name), key))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, key)| match key.table {
                Some(table) => format!("Did you mean '{}' in [{table}]? ", key.name),
                None => format!("Did you mean '{}'? ", key.name),
            }),
        _ => None,
    };
    CliError::usage(
        format!("{path}: {error}"),
        format!(
            "{}Correct the file. docs/reference/configuration.md and docs/schema/config.json list \
             the keys.",
            nearest.unwrap_or_default()
        ),
    )
}
