//! Shell commands as data, with quoting and placeholders.

use std::fmt::Write;

use crate::aws_cli::{FLAGS, is_read_elsewhere};
use crate::text::{shell_word, shell_words};

/// A value that only people know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The name of the variable, before it is numbered.
    pub name: &'static str,
    /// The object of the input. Inputs with the same name and object share a variable. Empty for
    /// the account.
    pub of: String,
    /// The description of the value, as part of a sentence.
    pub what: String,
}

impl Input {
    /// Creates an input for the account.
    pub fn shared(name: &'static str, what: &str) -> Self {
        Self { name, of: String::new(), what: what.to_owned() }
    }

    /// Creates an input for a resource, or for a part of it.
    pub fn of(name: &'static str, of: impl Into<String>, what: impl Into<String>) -> Self {
        Self { name, of: of.into(), what: what.into() }
    }
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordPart {
    /// Literal text.
    Text(String),
    /// A value that a person enters.
    Input(Input),
    /// A shell variable that an earlier command set.
    Variable(&'static str),
}

/// A word of a command: its parts, without spaces between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub Vec<WordPart>);

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self(vec![WordPart::Text(text.to_owned())])
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self(vec![WordPart::Text(text)])
    }
}

impl From<Input> for Word {
    fn from(input: Input) -> Self {
        Self(vec![WordPart::Input(input)])
    }
}

impl Word {
    /// A word with a variable that an earlier command set.
    pub fn variable(name: &'static str) -> Self {
        Self(vec![WordPart::Variable(name)])
    }

    /// A word with an input within a text.
    pub fn within(before: &str, input: Input, after: &str) -> Self {
        let mut parts = vec![WordPart::Text(before.to_owned()), WordPart::Input(input)];
        if !after.is_empty() {
            parts.push(WordPart::Text(after.to_owned()));
        }
        Self(parts)
    }

    /// The text, if the word has no placeholders.
    pub fn text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [WordPart::Text(text)] => Some(text),
            _ => None,
        }
    }

    fn begin(&self) -> &str {
        match self.0.first() {
            Some(WordPart::Text(text)) => text,
            _ => "",
        }
    }

    fn shell(&self, name: &dyn Fn(&Input) -> String) -> String {
        let part = |part: &WordPart| match part {
            WordPart::Text(text) => shell_word(text),
            WordPart::Input(input) => format!("\"${}\"", name(input)),
            WordPart::Variable(name) => format!("\"${name}\""),
        };
        self.0.iter().map(part).collect()
    }
}

/// A shell function that the commands of several failures call.
#[derive(Debug, PartialEq, Eq)]
pub struct ShellFunction {
    /// Its name.
    pub name: &'static str,
    /// Its definition, with a comment above it.
    pub text: &'static str,
    /// The functions that it calls.
    pub calls: &'static [&'static ShellFunction],
    /// Whether it needs `jq`.
    pub needs_jq: bool,
    /// Whether two calls that differ only in the last argument, a JSON object, can be merged into
    /// one call with the members of both: the value that the first call writes may not be visible
    /// when the second call reads.
    pub merges: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Program {
    Aws(String),
    Function(&'static ShellFunction),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Argument {
    Flag(String),
    Option(String, Vec<Word>),
    Value(Word),
}

/// A shell command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixCommand {
    sets: Option<&'static str>,
    program: Program,
    arguments: Vec<Argument>,
}

impl FixCommand {
    fn new(program: Program) -> Self {
        Self { sets: None, program, arguments: Vec::new() }
    }

    /// Creates a command of the AWS CLI: service and operation.
    pub fn aws(operation: &str) -> Self {
        Self::new(Program::Aws(operation.to_owned()))
    }

    /// Creates a call of a function.
    pub fn call(function: &'static ShellFunction) -> Self {
        Self::new(Program::Function(function))
    }

    /// Parses the text of [`crate::evaluation::Verdict::command`] if it is one of the operations.
    /// Words that stand for values that only people know are replaced.
    pub fn of_text(
        text: &str,
        operations: &[&'static str],
        inputs: &[(&str, Word)],
    ) -> Option<Self> {
        let words = shell_words(text)?;
        let [aws, service, verb, rest @ ..] = words.as_slice() else { return None };
        let operation = format!("{service} {verb}");
        if aws != "aws" || !operations.contains(&operation.as_str()) {
            return None;
        }
        let filled_in = |word: &str| {
            let input = inputs.iter().find(|(placeholder, _)| *placeholder == word);
            input.map_or_else(|| Word::from(word), |(_, input)| input.clone())
        };
        let mut command = Self::aws(&operation);
        let mut rest = rest.iter().peekable();
        while let Some(option) = rest.next() {
            let (name, joined) = option
                .split_once('=')
                .map_or((option.as_str(), None), |(name, value)| (name, Some(value)));
            let is_name = |name: &str| {
                name.strip_prefix("--").is_some_and(|name| {
                    !name.is_empty()
                        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '-')
                })
            };
            if !is_name(name) {
                return None;
            }
            if FLAGS.contains(&name) {
                command.arguments.push(Argument::Flag(name.to_owned()));
                continue;
            }
            let mut values = Vec::new();
            match joined {
                Some(value) => values.push(filled_in(value)),
                None => values.push(filled_in(rest.next()?)),
            }
            while let Some(value) = rest.next_if(|value| !value.starts_with("--")) {
                values.push(filled_in(value));
            }
            command.arguments.push(Argument::Option(name.to_owned(), values));
        }
        Some(command)
    }

    /// Adds an option with a value.
    pub fn option(mut self, name: &str, value: impl Into<Word>) -> Self {
        self.arguments.push(Argument::Option(name.to_owned(), vec![value.into()]));
        self
    }

    /// Adds an option without a value.
    pub fn flag(mut self, name: &str) -> Self {
        self.arguments.push(Argument::Flag(name.to_owned()));
        self
    }

    /// Adds an argument of a function.
    pub fn argument(mut self, value: impl Into<Word>) -> Self {
        self.arguments.push(Argument::Value(value.into()));
        self
    }

    /// Assigns the output of the command to a variable.
    pub fn sets(mut self, variable: &'static str) -> Self {
        self.sets = Some(variable);
        self
    }

    /// Adds the Region, unless the command names one.
    pub fn in_region(self, region: &str) -> Self {
        if self.value("--region").is_some() { self } else { self.option("--region", region) }
    }

    /// The value of an option, if it has no placeholders.
    pub fn value(&self, option: &str) -> Option<&str> {
        self.arguments.iter().find_map(|argument| match argument {
            Argument::Option(name, values) if name == option => values.first()?.text(),
            _ => None,
        })
    }

    /// The operation of the AWS CLI, `iam attach-role-policy`; `None` for a function.
    pub fn operation(&self) -> Option<&str> {
        match &self.program {
            Program::Aws(operation) => Some(operation),
            Program::Function(_) => None,
        }
    }

    /// The names of its options.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Flag(name) | Argument::Option(name, _) => Some(name.as_str()),
            Argument::Value(_) => None,
        })
    }

    /// The function that it calls.
    pub fn function(&self) -> Option<&'static ShellFunction> {
        match self.program {
            Program::Function(function) => Some(function),
            Program::Aws(_) => None,
        }
    }

    /// The one call that is equivalent to two calls, if the function supports merging.
    pub fn merged(&self, other: &Self) -> Option<Self> {
        let function = self.function().filter(|function| function.merges)?;
        let ([own @ .., Argument::Value(last)], [others @ .., Argument::Value(other_last)]) =
            (self.arguments.as_slice(), other.arguments.as_slice())
        else {
            return None;
        };
        if other.function() != Some(function) || own != others {
            return None;
        }
        let object = |word: &Word| -> Option<serde_json::Map<String, serde_json::Value>> {
            serde_json::from_str(word.text()?).ok()
        };
        let mut members = object(last)?;
        members.extend(object(other_last)?);
        let last = Word::from(serde_json::Value::Object(members).to_string());
        let mut merged = self.clone();
        merged.arguments.pop();
        Some(merged.argument(last))
    }

    fn words(&self) -> impl Iterator<Item = &Word> {
        self.arguments.iter().flat_map(|argument| match argument {
            Argument::Flag(_) => &[],
            Argument::Option(_, values) => values.as_slice(),
            Argument::Value(value) => std::slice::from_ref(value),
        })
    }

    /// The inputs that only people know.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.words().flat_map(|word| &word.0).filter_map(|part| match part {
            WordPart::Input(input) => Some(input),
            _ => None,
        })
    }

    /// Whether the AWS CLI would read a value of an option as a file or a URL.
    pub(super) fn reads_elsewhere(&self) -> bool {
        let is_aws = matches!(self.program, Program::Aws(_));
        is_aws && self.words().any(|word| is_read_elsewhere(word.begin()))
    }

    /// The command as a line of bash. `name` returns the variable of an input.
    pub fn shell(&self, name: &dyn Fn(&Input) -> String) -> String {
        let mut line = match &self.program {
            Program::Aws(operation) => format!("aws {operation}"),
            Program::Function(function) => function.name.to_owned(),
        };
        for argument in &self.arguments {
            let _ = match argument {
                Argument::Flag(option) => write!(line, " {option}"),
                Argument::Value(value) => write!(line, " {}", value.shell(name)),
                Argument::Option(option, values) => {
                    let mut by = match values.first() {
                        Some(value) if value.begin().starts_with('-') => '=',
                        _ => ' ',
                    };
                    let _ = write!(line, " {option}");
                    for value in values {
                        let _ = write!(line, "{by}{}", value.shell(name));
                        by = ' ';
                    }
                    Ok(())
                }
            };
        }
        match self.sets {
            Some(variable) => format!("{variable}=$({line})"),
            None => line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_cli::command_line;

    fn shell(command: &FixCommand) -> String {
        command.shell(&|input| input.name.to_owned())
    }

    #[test]
    fn a_text_becomes_the_same_command() {
        for words in [
            vec!["iam", "delete-server-certificate", "--server-certificate-name", "--region"],
            vec![
                "rds",
                "modify-db-instance",
                "--db-instance-identifier",
                "a",
                "--no-publicly-accessible",
            ],
            vec!["sns", "subscribe", "--topic-arn", "it's $(x) `y` \"z\"", "--protocol", "email"],
        ] {
            let text = command_line(&words);
            let operation: &'static str = match words[0] {
                "iam" => "iam delete-server-certificate",
                "rds" => "rds modify-db-instance",
                _ => "sns subscribe",
            };
            let command = FixCommand::of_text(&text, &[operation], &[]).expect(&text);
            assert_eq!(shell(&command), text);
        }
    }

    #[test]
    fn no_other_command_is_taken() {
        let of = |text| FixCommand::of_text(text, &["iam delete-user"], &[]);
        for text in [
            "aws iam create-user --user-name a",
            "rm -rf /",
            "aws iam delete-user; rm -rf /",
            "aws iam delete-user --user-name a; rm -rf /",
            "aws iam delete-user --user-name",
            "aws iam delete-user --user;name a",
            "aws iam delete-user 'unclosed",
        ] {
            let taken = of(text).map(|command| shell(&command));
            // Text after a value is another value of the same option: it is quoted, and is not a
            // command.
            let is_quoted = taken.as_deref().is_none_or(|line| line.contains("'a;'"));
            assert!(is_quoted, "{text}: {taken:?}");
        }
    }

    #[test]
    fn calls_of_one_document_are_one() {
        static FUNCTION: ShellFunction =
            ShellFunction { name: "f", text: "", calls: &[], needs_jq: false, merges: true };
        let call =
            |region: &str, json: &str| FixCommand::call(&FUNCTION).argument(region).argument(json);
        let merged = call("a", "{\"x\":1}").merged(&call("a", "{\"y\":2}")).expect("one");
        assert_eq!(shell(&merged), "f a '{\"x\":1,\"y\":2}'");
        assert_eq!(call("a", "{}").merged(&call("b", "{}")), None);
    }

    #[test]
    fn inputs_and_dashes() {
        let input = Input::shared("ROLE", "a role");
        let command = FixCommand::aws("iam attach-role-policy")
            .option("--role-name", input.clone())
            .option("--policy-arn", "-x")
            .option("--tags", Word::within("Name=", input, ",x"))
            .sets("ANSWER");
        assert_eq!(
            shell(&command),
            "ANSWER=$(aws iam attach-role-policy --role-name \"$ROLE\" --policy-arn=-x --tags \
             'Name='\"$ROLE\"',x')"
        );
        assert!(FixCommand::aws("a b").option("--c", "file:///etc/passwd").reads_elsewhere());
    }
}
