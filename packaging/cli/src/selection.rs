//! Selects the controls of a command with their parameters.

use plumbline_core::control::{ConfiguredControl, Control};
use plumbline_core::parameters::Values;
use plumbline_core::remediation::DocsUrl;
use plumbline_core::scan_report::LeftOutControl;
use plumbline_rules::parameter_file::GivenParameters;
use plumbline_rules::registry::{CONTROLS, find};

use crate::arguments::SelectionArguments;
use crate::error::CliError;

/// Returns the control with this name.
pub(crate) fn control(name: &str) -> Result<&'static Control, CliError> {
    find(name).ok_or_else(|| no_control(name))
}

fn no_control(name: &str) -> CliError {
    let meant = nearest(name).map(|near| format!("Did you mean '{near}'? "));
    CliError::usage(
        format!("unknown control '{name}'"),
        format!("{}Run 'plumbline controls' to list IDs and slugs.", meant.unwrap_or_default()),
    )
}

/// Returns the ID or slug of the control with the most similar name, in any case and with or
/// without `CIS`.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    let name = name.strip_prefix("cis").unwrap_or(&name).trim_start_matches([' ', '-', '_']);
    let known = CONTROLS.into_iter().flat_map(|control| {
        let rule = control.rule_name();
        let rule = rule.trim_start_matches("cis-").to_owned();
        let (id, slug) = (control.id.as_str(), control.slug);
        [(id, id.to_owned()), (slug, slug.to_owned()), (slug, rule)]
    });
    known
        .map(|(shown, text)| (strsim::jaro_winkler(name, &text), shown))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, shown)| shown)
}

/// The selected controls, and the controls that were left out.
pub(crate) struct Selection {
    /// The controls in the order of the benchmark.
    pub(crate) controls: Vec<ConfiguredControl>,
    /// The controls that were left out, each with the option that left it out.
    pub(crate) left_out: Vec<LeftOutControl>,
}

impl Selection {
    /// Adds the URLs of the controls' pages. An empty text means no URL.
    pub(crate) fn with_pages(mut self, docs_url: Option<&str>) -> Result<Self, CliError> {
        let given = docs_url.filter(|text| !text.is_empty()).map(DocsUrl::new).transpose();
        let docs = given.map_err(|error| {
            CliError::usage(
                error.to_string(),
                "Correct --docs-url, PLUMBLINE_DOCS_URL or docs_url, for example \
                 https://wiki.example.com/{control}-{slug}.",
            )
        })?;
        if let Some(docs) = docs.or_else(DocsUrl::of_repository) {
            self.controls = with_pages(&self.controls, &docs);
        }
        Ok(self)
    }
}

/// Whether a name is the name of a control, or the number of its section.
pub(crate) fn matches(name: &str, control: &Control) -> bool {
    control.is_called(name) || control.id.is_within(name)
}

/// Rejects names that match no control.
pub(crate) fn check_names<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), CliError> {
    let is_known = |name: &str| CONTROLS.iter().any(|control| matches(name, control));
    match names.into_iter().find(|name| !is_known(name)) {
        Some(name) => Err(no_control(name)),
        None => Ok(()),
    }
}

/// Adds the URLs of their pages to controls.
pub(crate) fn with_pages(controls: &[ConfiguredControl], docs: &DocsUrl) -> Vec<ConfiguredControl> {
    let page = |control: &ConfiguredControl| Some(docs.page(control.control()));
    controls.iter().map(|control| control.clone().with_page(page(control))).collect()
}

/// Selects the controls of a command.
pub(crate) fn select(
    arguments: &SelectionArguments,
    given: &GivenParameters,
) -> Result<Selection, CliError> {
    check_names(arguments.control.iter().chain(&arguments.exclude))?;
    let (mut controls, mut left_out) = (Vec::new(), Vec::new());
    for control in CONTROLS {
        let excluding = arguments.exclude.iter().find(|name| matches(name, control));
        let by = if let Some(name) = excluding {
            Some(arguments.by("--exclude", "exclude", name))
        } else if let Some(level) = arguments.level.filter(|level| control.level > *level) {
            Some(arguments.by("--level", "level", &level.to_string()))
        } else if arguments.control.is_empty()
            || arguments.control.iter().any(|name| matches(name, control))
        {
            None
        } else {
            Some(arguments.by("--control", "include", &arguments.control.join(",")))
        };
        if let Some(by) = by {
            left_out.push(LeftOutControl { id: control.id, by });
            continue;
        }
        controls.push(configure(control, given.of(control))?);
    }
    if controls.is_empty() {
        Err(CliError::usage(
            "no control is selected",
            "Change --control, --level or --exclude. Run 'plumbline controls' to list IDs and \
             slugs.",
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
            format!("Run 'plumbline explain {id}' to list its parameters."),
        )
    })
}
