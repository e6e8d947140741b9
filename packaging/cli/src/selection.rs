//! Which controls a command is about, and with which parameters.

use std::collections::BTreeMap;
use std::path::Path;

use plumbline_core::control::{ConfiguredControl, Control};
use plumbline_core::parameters::{Values, parse_document};
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

/// The selected controls in the benchmark's order.
pub(crate) fn select(
    arguments: &SelectionArguments,
    parameters: Option<&Path>,
) -> Result<Vec<ConfiguredControl>, CliError> {
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
    let selected = CONTROLS.into_iter().filter(|control| {
        (arguments.control.is_empty()
            || arguments.control.iter().any(|name| matches(name, control)))
            && !arguments.exclude.iter().any(|name| matches(name, control))
            && arguments.level.is_none_or(|level| control.level <= level)
    });
    let mut controls = Vec::new();
    for control in selected {
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
        Ok(controls)
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
