//! Which controls a command is about, and with which parameters.

use std::collections::BTreeMap;
use std::path::Path;

use plumbline_core::control::{ConfiguredControl, Control};
use plumbline_core::parameters::{Values, parse_document};
use plumbline_core::scan_report::LeftOutControl;
use plumbline_rules::registry::{CONTROLS, find};

use crate::arguments::SelectionArguments;
use crate::error::CliError;
use crate::inputs;

/// The control with a name.
pub(crate) fn control(name: &str) -> Result<&'static Control, CliError> {
    find(name).ok_or_else(|| no_control(name))
}

fn no_control(name: &str) -> CliError {
    CliError::usage(
        format!("there is no control '{name}'"),
        "See 'plumbline controls' for ids and slugs.",
    )
}

/// The selected controls, and the others.
pub(crate) struct Selection {
    /// In the benchmark's order.
    pub(crate) controls: Vec<ConfiguredControl>,
    /// Those that were left out, each with what left it out.
    pub(crate) left_out: Vec<LeftOutControl>,
}

/// Selects controls.
pub(crate) fn select(
    arguments: &SelectionArguments,
    parameters: Option<&Path>,
) -> Result<Selection, CliError> {
    let matches =
        |name: &str, control: &Control| control.is_called(name) || control.id.is_within(name);
    for name in arguments.control.iter().chain(&arguments.exclude) {
        if !CONTROLS.iter().any(|control| matches(name, control)) {
            return Err(no_control(name));
        }
    }
    let mut given = parameters.map(parameter_file).transpose()?.unwrap_or_default();
    for (id, parameters) in given.iter().filter(|(id, _)| *id != "*") {
        configure(control(id)?, parameters.clone())?;
    }
    let for_all = given.remove("*").unwrap_or_default();
    let (mut controls, mut left_out) = (Vec::new(), Vec::new());
    for control in CONTROLS {
        let excluding = arguments.exclude.iter().find(|name| matches(name, control));
        let by = if let Some(name) = excluding {
            Some(format!("--exclude {name}"))
        } else if let Some(level) = arguments.level.filter(|level| control.level > *level) {
            Some(format!("--level {level}"))
        } else if arguments.control.is_empty()
            || arguments.control.iter().any(|name| matches(name, control))
        {
            None
        } else {
            Some(format!("--control {}", arguments.control.join(",")))
        };
        if let Some(by) = by {
            left_out.push(LeftOutControl { id: control.id, by });
            continue;
        }
        let mut parameters: Values = for_all.clone();
        parameters.retain(|name, _| {
            control.parameters().any(|parameter| parameter.name == name.as_str())
        });
        parameters.extend(given.get(control.id.as_str()).cloned().unwrap_or_default());
        controls.push(configure(control, parameters)?);
    }
    if controls.is_empty() {
        Err(CliError::usage(
            "no control is left to run",
            "Loosen --control, --level or --exclude; see 'plumbline controls'.",
        ))
    } else {
        Ok(Selection { controls, left_out })
    }
}

fn configure(control: &'static Control, values: Values) -> Result<ConfiguredControl, CliError> {
    let id = control.id;
    control.configure(values).map_err(|error| {
        CliError::usage(
            format!("control {id}: {error}"),
            format!("See 'plumbline explain {id}' for its parameters."),
        )
    })
}

/// Parameters by control id. `*` stands for every control that knows the parameter.
fn parameter_file(file: &Path) -> Result<BTreeMap<String, Values>, CliError> {
    let wrong = |what: String| inputs::wrong_parameters(file, what);
    let mut given = BTreeMap::new();
    for (name, values) in inputs::parameters(file)? {
        let values =
            parse_document(Some(&values)).map_err(|error| wrong(format!("{name}: {error}")))?;
        if name != "*" {
            let id = control(&name)?.id.to_string();
            if given.contains_key(&id) {
                return Err(wrong(format!(
                    "control {id} stands in it twice, the second time as '{name}'"
                )));
            }
            given.insert(id, values);
            continue;
        }
        let is_known = |name: &String| {
            CONTROLS.iter().any(|control| {
                control.parameters().any(|parameter| parameter.name == name.as_str())
            })
        };
        if let Some(unknown) = values.keys().find(|name| !is_known(name)) {
            return Err(wrong(format!("no control knows the parameter '{unknown}'")));
        }
        given.insert(name, values);
    }
    Ok(given)
}
