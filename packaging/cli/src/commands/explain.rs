//! `plumbline explain`: shows what a control checks, and how to satisfy it.

use std::fmt::Write;

use clap::Args;
use plumbline_core::benchmark::{Assessment, Scope};

use crate::error::CliError;
use crate::output::print;
use crate::selection::control;

/// Tell what a control checks, why, and how to satisfy it
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Its id, slug or rule name: 5.2, sg-admin-ports-ipv4
    pub(crate) control: String,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let control = control(&arguments.control)?;
    let mut text = String::new();
    let assessment = if control.assessment == Assessment::Manual { "manual" } else { "automated" };
    let scope = if control.scope == Scope::Global { "global" } else { "regional" };
    let _ = write!(
        text,
        "{} {}\n{}\n\nLevel {}, {assessment}, severity {}, {scope}. Rule {}, function \
         {}.\n\n{}\n## Parameters\n",
        control.id,
        control.slug,
        control.title,
        control.level,
        control.severity.as_str(),
        control.rule_name(),
        control.function_name(),
        control.doc().trim_start(),
    );
    for parameter in control.parameters() {
        let _ = writeln!(
            text,
            "{} (default {}): {} Give {}.",
            parameter.name,
            parameter.default,
            parameter.doc.trim(),
            parameter.expects
        );
    }
    text.push_str("\n## Permissions\n");
    let reads = control.reads();
    if reads.is_empty() {
        text.push_str("None: it reads nothing from AWS.\n");
    }
    for read in reads {
        let _ = writeln!(text, "{} on {}", read.action, read.resource);
    }
    text.push_str("\n## Examples\n");
    for example in (control.run.examples)() {
        for expected in &example.expected {
            let _ = writeln!(text, "{:<15} {}", expected.compliance.as_str(), example.situation);
        }
    }
    print(&text)
}
