//! The form of help: a phrase with a capital and without a period, short enough for its column.

use clap::Command;
use clap::builder::StyledStr;

/// The most characters of a help text.
const LIMIT: usize = 80;

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
