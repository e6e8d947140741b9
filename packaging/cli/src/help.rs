//! The form of help: a phrase with a capital and without a period, short enough for its column, and
//! examples that can be copied.

use clap::Command;
use clap::builder::StyledStr;

/// The most characters of a help text.
const LIMIT: usize = 80;

/// The columns of a terminal that the examples fit.
const COLUMNS: usize = 80;

/// What is wrong with a help text.
fn fault(text: &str) -> Option<String> {
    let length = text.chars().count();
    if text.is_empty() {
        Some("it is missing".to_owned())
    } else if length > LIMIT {
        Some(format!("it has {length} characters, at most {LIMIT} fit"))
    } else if text.ends_with('.') {
        Some("it ends with a period".to_owned())
    } else if text.starts_with(char::is_lowercase) {
        Some("it does not begin with a capital".to_owned())
    } else {
        None
    }
}

/// The help texts with a fault, of a command and everything below it.
pub(crate) fn faults(command: &Command, path: &str) -> Vec<String> {
    let text = |help: Option<&StyledStr>| help.map(ToString::to_string).unwrap_or_default();
    let mut texts = vec![(path.to_owned(), text(command.get_about()))];
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let place = format!("{path} {}", argument.get_id());
        for value in argument.get_possible_values() {
            let help = text(value.get_help());
            if !help.is_empty() && !value.is_hide_set() {
                texts.push((format!("{place} {}", value.get_name()), help));
            }
        }
        texts.push((place, text(argument.get_help())));
    }
    let own = texts
        .iter()
        .filter_map(|(place, text)| fault(text).map(|fault| format!("{place}: {fault}: {text}")));
    let below = command
        .get_subcommands()
        .flat_map(|below| faults(below, &format!("{path} {}", below.get_name())));
    own.chain(below).collect()
}

/// The examples with a fault: lines that do not fit a terminal, and commands that do not parse as
/// they are printed.
pub(crate) fn example_faults(program: &Command) -> Vec<String> {
    let mut faults = Vec::new();
    let mut commands = vec![program];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands());
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let Some((_, rest)) = text.split_once("Examples:\n") else { continue };
        let examples = rest.split("\n\n").next().unwrap_or_default();
        let wide = examples.lines().filter(|line| line.chars().count() > COLUMNS);
        faults.extend(wide.map(|line| format!("wider than {COLUMNS} columns: {line}")));
        let joined = examples.replace("\\\n", " ");
        for line in joined.lines().filter(|line| !line.trim_start().starts_with('#')) {
            if let Err(error) = program.clone().try_get_matches_from(line.split_whitespace()) {
                faults.push(format!("{line}: {error}"));
            }
        }
    }
    faults
}

#[test]
fn faults_of_examples_are_seen() {
    use clap::Arg;
    let examples = format!(
        "Examples:\n  a b --c 1\n  # Why\n  a b \\\n    --c 1\n  a b --c 1     explain\n  \
         a b --c {}\n\nMore: a b c",
        "1".repeat(COLUMNS)
    );
    let below = Command::new("b").arg(Arg::new("c").long("c")).after_help(examples);
    let faults = example_faults(&Command::new("a").subcommand(below));
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("unexpected argument 'explain'")));
}

#[test]
fn faults_of_help_texts_are_seen() {
    use clap::Arg;
    let command = Command::new("a").about("Run it").args([
        Arg::new("good").help("The name of a file"),
        Arg::new("missing"),
        Arg::new("long").help("A".repeat(LIMIT + 1)),
        Arg::new("period").help("A sentence."),
        Arg::new("lower").help("a name"),
    ]);
    let below = Command::new("b");
    let found = faults(&command.subcommand(below), "a");
    let places: Vec<&str> = found.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(places, ["a missing", "a long", "a period", "a lower", "a b"]);
}
