//! `plumbline deploy` and `plumbline destroy`: from arguments to a request, and what is shown while
//! it runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_deploy::{
    DeployError, Overrides, Progress, RemovalRequest, Request, TargetOptions, Topology,
};

use crate::arguments::{DeployArguments, PlaceArguments};
use crate::error::{Advise, CliError, INCOMPLETE, USAGE};
use crate::inputs::{parse_register, unreadable};
use crate::output;
use crate::runtime::block_on;

/// Deploys, or prints what would be done.
pub(crate) fn deploy(arguments: &DeployArguments, quiet: bool) -> Result<(), CliError> {
    let really = &arguments.place.really;
    let request = Request {
        target: target(&arguments.place),
        code_name: arguments.code.display().to_string(),
        code: read_code(&arguments.code)?,
        register: arguments.register.as_deref().map(read_register).transpose()?,
        overrides: Overrides {
            level: arguments.level,
            organizational_units: arguments.organizational_unit.clone(),
            parameters: arguments.parameter_overrides.clone(),
        },
        apply: really.apply,
    };
    let progress = Arc::new(Lines::new(quiet || really.dry_run));
    block_on(async { Ok(plumbline_deploy::deploy(request, progress).await?) })
}

/// Removes what was deployed, or prints what would be removed.
pub(crate) fn destroy(arguments: &PlaceArguments, quiet: bool) -> Result<(), CliError> {
    let request = RemovalRequest { target: target(arguments), apply: arguments.really.apply };
    let progress = Arc::new(Lines::new(quiet || arguments.really.dry_run));
    block_on(async { Ok(plumbline_deploy::destroy(request, progress).await?) })
}

fn target(arguments: &PlaceArguments) -> TargetOptions {
    TargetOptions {
        topology: if arguments.topology.organization {
            Topology::Organization
        } else {
            Topology::SingleAccount
        },
        regions: arguments.region.clone(),
        home_region: arguments.caller.home_region.clone(),
        profile: arguments.caller.profile.clone(),
    }
}

/// Reads the functions' code.
fn read_code(file: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            CliError::usage(
                format!("there is no {}", file.display()),
                "Make it with 'cargo xtask package', or give the path of the zip with --code.",
            )
        } else {
            unreadable(file)(error)
        }
    })
}

/// Reads a register, and checks it.
fn read_register(file: &Path) -> Result<Vec<u8>, CliError> {
    let content = std::fs::read(file).map_err(unreadable(file))?;
    parse_register(&file.display().to_string(), &content)?;
    Ok(content)
}

/// What happens, as lines on standard output, beside a clock on standard error.
struct Lines(ProgressBar);

impl Lines {
    fn new(hides_clock: bool) -> Self {
        let target =
            if hides_clock { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self(ProgressBar::with_draw_target(None, target).with_style(style))
    }
}

impl Progress for Lines {
    fn print(&self, text: &str) -> std::io::Result<()> {
        self.0.suspend(|| output::write_stdout(text))
    }

    fn report_progress(&self, region: &str, what: &str) {
        self.0.enable_steady_tick(Duration::from_millis(200));
        let line = format!("{region}: {what}");
        if let Err(error) = self.print(&format!("{line}\n")) {
            tracing::warn!(%error, line);
        }
        self.0.set_message(line);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Advise for DeployError {
    fn advice(&self) -> String {
        Self::advice(self)
    }

    fn code(&self) -> u8 {
        if self.is_incomplete() { INCOMPLETE } else { USAGE }
    }
}
