//! What remedies a failure, as its control declares it: commands, or why a person has to act.

mod command;
mod terraform;

use serde_json::{Map, Value};

pub use self::command::{FixCommand, Input, ShellFunction, Word, WordPart};
pub use self::terraform::{Body, Terraform, TerraformResource, TerraformValue};
use crate::evaluation::{Remedy, ResourceRef};
use crate::parameters::Values;

/// A failure, as a report has it.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The account's id.
    pub account: &'a str,
    /// The partition of the account: `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// The resource.
    pub resource: &'a ResourceRef,
    /// What people call the resource, where its id says little.
    pub name: Option<&'a str>,
    /// The facts behind the verdict.
    pub evidence: &'a Map<String, Value>,
    /// The parameters that counted.
    pub parameters: &'a Values,
    /// The commands that the finding has.
    pub remedy: Option<&'a Remedy>,
}

impl Failure<'_> {
    /// A command of the AWS CLI in the Region of the evaluation, without its options: `iam
    /// attach-role-policy`.
    pub fn aws(&self, operation: &'static str) -> FixCommand {
        FixCommand::aws(operation).option("--region", self.resource.region.as_str())
    }

    /// The name by which AWS knows the resource: that of its ARN for users, else its id.
    pub fn called(&self) -> &str {
        self.name.unwrap_or(&self.resource.resource_id)
    }

    /// A member of the evidence that is a text.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.evidence.get(member).and_then(Value::as_str)
    }

    /// A member of the evidence that is a list; empty where there is none.
    pub fn list(&self, member: &str) -> &[Value] {
        self.evidence.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A member of the evidence that is a list of texts.
    pub fn texts(&self, member: &str) -> Vec<&str> {
        self.list(member).iter().filter_map(Value::as_str).collect()
    }

    /// The commands that the finding has, which are the control's, of these operations only. A
    /// report that has none, or others, leads to a fix by hand: it was changed, or another version
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

/// What a command does besides remedying the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixEffect {
    /// Something is deleted.
    Deletes,
    /// Connections or access end.
    Disruptive,
    /// AWS charges for it.
    Costs,
    /// A whole document is replaced.
    Replaces,
}

impl FixEffect {
    /// The word that the output has.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deletes => "DELETES",
            Self::Disruptive => "DISRUPTIVE",
            Self::Costs => "COSTS",
            Self::Replaces => "REPLACES",
        }
    }
}

/// What remedies a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fix {
    /// The commands, in their order.
    pub commands: Vec<FixCommand>,
    /// Why a person has to act; then there are no commands.
    pub by_hand: Option<String>,
    /// What the commands do besides, each with a sentence.
    pub effects: Vec<(FixEffect, String)>,
    /// Sentences for the person who reads the commands.
    pub notes: Vec<String>,
    /// How to undo it, as a sentence or a command.
    pub undo: Option<String>,
    /// The same for Terraform.
    pub terraform: Terraform,
}

impl Fix {
    /// Without commands yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A person has to act, for a reason, in a sentence.
    pub fn by_hand(why: impl Into<String>) -> Self {
        Self { by_hand: Some(why.into()), ..Self::default() }
    }

    /// Adds a command. Where the AWS CLI would read a file or an address in place of a value, a
    /// person has to act.
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

    /// Declares an effect, in a sentence.
    pub fn effect(mut self, effect: FixEffect, what: impl Into<String>) -> Self {
        self.effects.push((effect, what.into()));
        self
    }

    /// Adds a sentence for the reader.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says how to undo it.
    pub fn undo(mut self, undo: impl Into<String>) -> Self {
        self.undo = Some(undo.into());
        self
    }

    /// Adds what Terraform takes.
    pub fn terraform(mut self, terraform: Terraform) -> Self {
        self.terraform = terraform;
        self
    }

    /// The same, or by hand where no command is left.
    pub fn or_by_hand(self) -> Self {
        if self.commands.is_empty() && self.by_hand.is_none() {
            return Self::by_hand("The report lacks a value that a command needs. Scan again.");
        }
        self
    }

    /// Why a person has to act; or what the commands do besides, why not to run them blindly, and
    /// how to undo them: a sentence or two each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.effects();
        let undo = self.undo.iter().filter(|_| self.by_hand.is_none());
        // A full stop behind a command would be part of its last word.
        let end = |undo: &str| if undo.starts_with("aws ") { "" } else { "." };
        remarks.extend(undo.map(|undo| format!("Undo: {undo}{}", end(undo))));
        remarks
    }

    /// Why a person has to act, or what the remedy does besides: a sentence or two each.
    pub fn effects(&self) -> Vec<String> {
        let Self { by_hand, effects, notes, .. } = self;
        let mut remarks: Vec<String> = Vec::new();
        remarks.extend(by_hand.iter().map(|why| format!("BY HAND: {why}")));
        remarks.extend(effects.iter().map(|(effect, what)| format!("{}: {what}", effect.as_str())));
        remarks.extend(notes.iter().cloned());
        remarks
    }

    /// What only people know, in the order of the commands, each once.
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
