//! `plumbline.toml`, in the working folder or where `--config` says.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::scan_report::UsedFile;
use plumbline_rules::scan_file::{KEYS, ScanFile, ScanFileError};

use crate::error::CliError;
use crate::inputs;

/// The name of the file. It is looked for in the working folder and nowhere else: rules must not
/// come from a place that nobody looks at.
const NAME: &str = "plumbline.toml";

/// Which file counts.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct ConfigurationArguments {
    /// A configuration file; - for standard input [default: plumbline.toml in the working folder,
    /// where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

/// The file, and which it is.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) file: ScanFile,
    pub(crate) used: UsedFile,
}

impl Configuration {
    /// Reads the file that counts; none where there is none.
    ///
    /// # Errors
    /// It cannot be read, or is not valid.
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
                Some(table) => format!("Did you mean {} in [{table}]? ", key.name),
                None => format!("Did you mean {}? ", key.name),
            }),
        _ => None,
    };
    CliError::usage(
        format!("{path}: {error}"),
        format!(
            "{}See docs/reference/configuration.md and docs/schema/config.json for the keys.",
            nearest.unwrap_or_default()
        ),
    )
}
