//! The fix of a failure, as its control declares it: commands, or the reason why a person has to
//! act.

mod command;
mod terraform;

use serde_json::{Map, Value};

pub use self::command::{FixCommand, Input, ShellFunction, Word, WordPart};
pub use self::terraform::{Body, Terraform, TerraformResource, TerraformValue};
use crate::evaluation::{Remedy, ResourceRef};
use crate::parameters::Values;

/// A failure in a report.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The account's id.
    pub account: &'a str,
    /// The partition of the account: `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// The resource.
    pub resource: &'a ResourceRef,
    /// The name of the resource, where the id is not readable.
    pub name: Option<&'a str>,
    /// The facts behind the verdict.
    pub evidence: &'a Map<String, Value>,
    /// The parameters that applied.
    pub parameters: &'a Values,
    /// The commands in the finding.
    pub remedy: Option<&'a Remedy>,
}

impl Failure<'_> {
    /// Creates a command of the AWS CLI in the Region of the evaluation, without its options:
    /// `iam attach-role-policy`.
    pub fn aws(&self, operation: &'static str) -> FixCommand {
        FixCommand::aws(operation).option("--region", self.resource.region.as_str())
    }

    /// The name of the resource in AWS: for users the name in the ARN, else the id.
    pub fn called(&self) -> &str {
        self.name.unwrap_or(&self.resource.resource_id)
    }

    /// A member of the evidence that is a text.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.evidence.get(member).and_then(Value::as_str)
    }

    /// A member of the evidence that is a list. Empty if it is absent.
    pub fn list(&self, member: &str) -> &[Value] {
        self.evidence.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A member of the evidence that is a list of texts.
    pub fn texts(&self, member: &str) -> Vec<&str> {
        self.list(member).iter().filter_map(Value::as_str).collect()
    }

    /// The control's own commands in the finding, limited to these operations. A report without
    /// such commands, or with others, leads to a fix by hand: it was changed, or another version
    /// wrote it.
    pub fn of_finding(&self, operations: &[&'static str], inputs: &[(&str, Word)]) -> Fix {
        let Some(remedy) = self.remedy.filter(|remedy| !remedy.commands.is_empty()) else {
            let what = self.remedy.and_then(|remedy| remedy.what.as_deref());
            return Fix::by_hand(what.map_or(
                "The finding has no command in text form. See the control's page.",
                str::trim,
            ));
        };
        let mut fix = Fix::new();
        for text in remedy.commands.iter().chain(&remedy.then) {
            let Some(command) = FixCommand::of_text(text, operations, inputs) else {
                return Fix::by_hand(
                    "The report contains a command that this version of Plumbline does not print. \
                     Scan again with this version.",
                );
            };
            fix = fix.command(command.in_region(&self.resource.region));
        }
        fix
    }
}

/// A side effect of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixEffect {
    /// Something is deleted.
    Deletes,
    /// Connections or access are interrupted.
    Disruptive,
    /// AWS charges for it.
    Costs,
    /// A whole document is replaced.
    Replaces,
}

impl FixEffect {
    /// The word in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deletes => "DELETES",
            Self::Disruptive => "DISRUPTIVE",
            Self::Costs => "COSTS",
            Self::Replaces => "REPLACES",
        }
    }
}

/// The fix of a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fix {
    /// The commands, in order.
    pub commands: Vec<FixCommand>,
    /// Why a person has to act. There are no commands in this case.
    pub by_hand: Option<String>,
    /// The side effects of the commands, each with a sentence.
    pub effects: Vec<(FixEffect, String)>,
    /// Sentences for the person who reads the commands.
    pub notes: Vec<String>,
    /// How to undo it, as a sentence or a command.
    pub undo: Option<String>,
    /// The fix for Terraform.
    pub terraform: Terraform,
}

impl Fix {
    /// Creates a fix without commands.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a fix by hand. `why` is a sentence.
    pub fn by_hand(why: impl Into<String>) -> Self {
        Self { by_hand: Some(why.into()), ..Self::default() }
    }

    /// Adds a command. If the AWS CLI would read a file or a URL in place of a value, the fix
    /// becomes a fix by hand.
    pub fn command(mut self, command: FixCommand) -> Self {
        if command.reads_elsewhere() {
            return Self::by_hand(
                "The AWS CLI would interpret a value of the command as a file name, a URL or a \
                 list. Use the console.",
            );
        }
        if self.by_hand.is_none() {
            self.commands.push(command);
        }
        self
    }

    /// Adds a side effect, with a sentence.
    pub fn effect(mut self, effect: FixEffect, what: impl Into<String>) -> Self {
        self.effects.push((effect, what.into()));
        self
    }

    /// Adds a sentence for the reader.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds how to undo the fix.
    pub fn undo(mut self, undo: impl Into<String>) -> Self {
        self.undo = Some(undo.into());
        self
    }

    /// Adds the fix for Terraform.
    pub fn terraform(mut self, terraform: Terraform) -> Self {
        self.terraform = terraform;
        self
    }

    /// Turns a fix without commands into a fix by hand.
    pub fn or_by_hand(self) -> Self {
        if self.commands.is_empty() && self.by_hand.is_none() {
            return Self::by_hand("The report lacks a value that a command needs. Scan again.");
        }
        self
    }

    /// The reason why a person has to act; or the side effects of the commands, the notes, and how
    /// to undo the fix, in one or two sentences each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.effects();
        let undo = self.undo.iter().filter(|_| self.by_hand.is_none());
        // A period after a command would become part of its last word.
        let end = |undo: &str| if undo.starts_with("aws ") { "" } else { "." };
        remarks.extend(undo.map(|undo| format!("Undo: {undo}{}", end(undo))));
        remarks
    }

    /// The reason why a person has to act, or the side effects of the fix, in one or two sentences
    /// each.
    pub fn effects(&self) -> Vec<String> {
        let Self { by_hand, effects, notes, .. } = self;
        let mut remarks: Vec<String> = Vec::new();
        remarks.extend(by_hand.iter().map(|why| format!("BY HAND: {why}")));
        remarks.extend(effects.iter().map(|(effect, what)| format!("{}: {what}", effect.as_str())));
        remarks.extend(notes.iter().cloned());
        remarks
    }

    /// The inputs that only people know, in the order of the commands, each once.
    pub fn inputs(&self) -> Vec<&Input> {
        let mut inputs: Vec<&Input> = Vec::new();
        for input in self.commands.iter().flat_map(FixCommand::inputs) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        inputs
    }
}
