//! Creates a bash script with the fixes.

use std::fmt::Write;

use plumbline_core::fix::{FixCommand, ShellFunction};
use plumbline_core::text::shell_word;

use super::list::{FixItem, FixList, Variables, comment};
use crate::formats::words::counted;

/// Creates the script. Commands with side effects are comments, unless `is_all` is true.
pub(crate) fn script(list: &FixList<'_>, is_all: bool) -> String {
    let is_live = |item: &FixItem<'_>| is_all || item.fix.effects.is_empty();
    let live = || list.fixes.iter().filter(|item| is_live(item));
    let variables = list.variables();
    let mut script = "#!/usr/bin/env bash\n".to_owned();
    for line in &list.head {
        let _ = writeln!(script, "{}", comment(line));
    }
    script.push_str(
        "# Names are in single quotes because nothing must expand. Some functions are used only by \
         commands in comments.\n\
         # shellcheck disable=SC1003,SC1111,SC1112,SC2016,SC2317,SC2329\n\
         set -Eeuo pipefail\n\
         export AWS_PAGER=''\n\
         trap 'echo \"stopped at line $LINENO: scan again, then create a new script\" >&2' ERR\n",
    );
    let functions = functions(list);
    if functions.iter().any(|function| function.needs_jq) {
        script.push_str(
            "command -v jq >/dev/null || \
             { echo 'this script requires jq (https://jqlang.org)' >&2; exit 1; }\n",
        );
    }
    let (account, region) = (list.account_id, shell_word(list.region));
    let _ = writeln!(
        script,
        "test \"$(aws sts get-caller-identity --region {region} --query Account --output text)\" = \
         {account} || {{ echo 'this script is for account {account}' >&2; exit 1; }}"
    );
    script.push_str(&fill_in(&variables, live));
    for function in functions {
        let _ = write!(script, "\n{}", function.text);
    }
    for item in &list.fixes {
        script.push('\n');
        for line in item.heading().iter().chain(&item.remarks()) {
            let _ = writeln!(script, "{}", comment(line));
        }
        for command in &item.fix.commands {
            let line = command.shell(&|input| variables.name(input));
            let _ = writeln!(script, "{}{line}", if is_live(item) { "" } else { "#" });
        }
    }
    let commented = list.fixes.iter().filter(|item| item.fix.by_hand.is_none());
    let commented = commented.filter(|item| !is_live(item)).count();
    script.push('\n');
    if commented > 0 {
        let _ = writeln!(
            script,
            "# The commands for {} are comments because they are disruptive. \
             --include-disruptive prints them as commands.",
            counted(commented, "failure", "failures")
        );
    }
    let _ = writeln!(script, "{}", comment(&list.sum()));
    script
}

/// Declares the variables to set, and checks the variables of commands that are not comments.
fn fill_in<'a, 'b: 'a, I: Iterator<Item = &'a FixItem<'b>>>(
    variables: &Variables<'_>,
    live: impl Fn() -> I,
) -> String {
    if variables.inputs.is_empty() {
        return String::new();
    }
    let mut text =
        "\n# Set these variables here or in the environment. Variables in comments are for \
         commands in comments.\n"
            .to_owned();
    let used: std::collections::BTreeSet<String> =
        live().flat_map(|item| item.fix.inputs()).map(|input| variables.name(input)).collect();
    let mut checked = Vec::new();
    for input in &variables.inputs {
        let name = variables.name(input);
        let is_used = used.contains(&name);
        let sign = if is_used { "" } else { "#" };
        let _ = writeln!(text, "{sign}{name}=${{{name}:-}}  {}", comment(&input.what));
        if is_used {
            checked.push(name);
        }
    }
    if !checked.is_empty() {
        let _ = writeln!(
            text,
            "inputs=({})\n\
             absent=0\n\
             for input in \"${{inputs[@]}}\"; do\n  \
             if [ -z \"${{!input}}\" ]; then\n    \
             echo \"set $input at the top of this script\" >&2\n    \
             absent=1\n  \
             fi\n\
             done\n\
             [ \"$absent\" = 0 ] || exit 1",
            checked.join(" ")
        );
    }
    text
}

/// Returns the functions that the commands call, each after the functions that it calls.
fn functions(list: &FixList<'_>) -> Vec<&'static ShellFunction> {
    fn add(function: &'static ShellFunction, all: &mut Vec<&'static ShellFunction>) {
        for called in function.calls {
            add(called, all);
        }
        if !all.iter().any(|other| other.name == function.name) {
            all.push(function);
        }
    }
    let mut all = Vec::new();
    for item in &list.fixes {
        for function in item.fix.commands.iter().filter_map(FixCommand::function) {
            add(function, &mut all);
        }
    }
    all
}
