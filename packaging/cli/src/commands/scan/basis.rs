//! The inputs of a scan besides its accounts: arguments, configuration file, parameters and
//! baseline.

use clap::ValueEnum;
use plumbline_core::scan_report::{
    BaselineUse, ChangedParameter, Origin, RunReport, RunTool, ScanTarget, SelectedControls,
    UsedFile, rules_digest,
};
use plumbline_rules::parameter_file::GivenParameters;
use plumbline_rules::registry::CONTROLS;

use super::gates::FailOn;
use super::options::Arguments;
use crate::arguments::SeverityArgument;
use crate::comparison::{Baseline, read_with_sha256};
use crate::configuration::Configuration;
use crate::error::CliError;
use crate::inputs;
use crate::selection::Selection;

/// Adds values from the configuration file that were not given as options. The built-in sample has
/// its own account and register.
pub(super) fn configure(
    arguments: &mut Arguments,
    configuration: &Configuration,
) -> Result<(), CliError> {
    let (file, path) = (&configuration.file, configuration.used.path.as_str());
    let wrong = |key: &str, why: String| {
        CliError::usage(
            format!("{path}: invalid value of '{key}': {why}"),
            "Correct the value. docs/reference/configuration.md lists the valid ones.",
        )
    };
    if !arguments.sample && arguments.snapshot.is_none() {
        arguments.target.configure(path, &file.target)?;
    }
    arguments.selection.configure(path, &file.controls)?;
    if arguments.register.is_none() && !arguments.sample {
        arguments.register.clone_from(&file.register);
    }
    if arguments.docs_url.as_ref().is_none_or(String::is_empty) {
        arguments.docs_url.clone_from(&file.docs_url);
    }
    if arguments.format.is_empty() {
        let formats = file.formats.iter().map(|format| format.parse());
        arguments.format =
            formats.collect::<Result<_, _>>().map_err(|why| wrong("formats", why))?;
    }
    let gate = &file.gate;
    if arguments.fail_on.is_empty() {
        let gates = gate.fail_on.iter().map(|name| FailOn::from_str(name, true));
        arguments.fail_on =
            gates.collect::<Result<_, _>>().map_err(|_| wrong("fail_on", known::<FailOn>()))?;
    }
    if let (None, Some(name)) = (arguments.fail_on_severity, &gate.fail_on_severity) {
        let severity = SeverityArgument::from_str(name, true);
        arguments.fail_on_severity =
            Some(severity.map_err(|_| wrong("fail_on_severity", known::<SeverityArgument>()))?);
    }
    arguments.baseline = arguments.baseline.take().or_else(|| gate.baseline.clone());
    Ok(())
}

/// Lists the valid values.
fn known<V: ValueEnum>() -> String {
    let values = V::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    format!("valid values are {}", names.join(", "))
}

/// The inputs of a scan besides its accounts.
pub(super) struct Basis {
    pub(super) parameters: GivenParameters,
    /// The file that sets the parameters.
    parameters_by: String,
    config: Option<UsedFile>,
    pub(super) baseline: Option<(Baseline, UsedFile)>,
}

impl Basis {
    pub(super) fn find(
        arguments: &Arguments,
        configuration: Option<Configuration>,
    ) -> Result<Self, CliError> {
        let (parameters, parameters_by) = match (&arguments.parameters, &configuration) {
            (Some(file), _) => (inputs::parameters(file)?, file.display().to_string()),
            (None, Some(Configuration { file, used })) => {
                let given = file.parameters().map_err(|error| {
                    CliError::usage(
                        format!("{}: {error}", used.path),
                        "Run 'plumbline explain CONTROL' to list the parameters of a control.",
                    )
                })?;
                (given, used.path.clone())
            }
            (None, None) => (GivenParameters::default(), String::new()),
        };
        let baseline = match &arguments.baseline {
            Some(file) => {
                let (report, sha256) = read_with_sha256(file)?;
                let used = UsedFile { path: file.display().to_string(), sha256 };
                Some((Baseline::new(report), used))
            }
            None => None,
        };
        let config = configuration.map(|configuration| configuration.used);
        Ok(Self { parameters, parameters_by, config, baseline })
    }
}

/// Creates the run block of the report from arguments and selection.
pub(super) fn run_report(
    basis: &Basis,
    selection: &Selection,
    origin: Origin,
    target: ScanTarget,
) -> RunReport {
    let by = basis.parameters_by.as_str();
    let parameters =
        selection.controls.iter().flat_map(|control| ChangedParameter::of(control, by));
    RunReport {
        tool: RunTool {
            name: "plumbline",
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("PLUMBLINE_COMMIT"),
        },
        started_at: None,
        finished_at: None,
        origin,
        caller: None,
        target,
        accounts: Vec::new(),
        controls: SelectedControls {
            known: CONTROLS.len(),
            evaluated: selection.controls.len(),
            left_out: selection.left_out.clone(),
        },
        parameters: parameters.collect(),
        rules_digest: rules_digest(&selection.controls),
        register: None,
        config: basis.config.clone(),
        baseline: basis.baseline.as_ref().map(|(_, file)| BaselineUse {
            file: file.clone(),
            new: 0,
            known: 0,
        }),
        complete: false,
        incomplete_because: Vec::new(),
        full_benchmark: false,
    }
}
