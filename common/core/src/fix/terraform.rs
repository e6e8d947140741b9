//! What Terraform takes in place of commands.

use super::command::Input;

/// How a fix is written for Terraform.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Terraform {
    /// Nothing: a person has to act.
    #[default]
    None,
    /// An argument of a resource that is managed already, or of a new one: named in a comment.
    Argument(String),
    /// Resources that are one setting each.
    Resources(Vec<TerraformResource>),
}

impl Terraform {
    /// One resource.
    pub fn resource(resource: TerraformResource) -> Self {
        Self::Resources(vec![resource])
    }
}

/// A resource.
#[derive(Clone, Debug, PartialEq)]
pub struct TerraformResource {
    /// Its type in the provider `hashicorp/aws`.
    pub kind: &'static str,
    /// What its name is made of.
    pub name: String,
    /// The id by which it is imported, where it exists.
    pub import: Option<String>,
    /// The Region of the provider.
    pub region: String,
    /// Its arguments.
    pub body: Body,
}

impl TerraformResource {
    /// Adds what another failure asks of the same resource: of two numbers the larger one, which is
    /// the stricter.
    pub fn merge(&mut self, other: &Self) {
        for (name, value) in &other.body.0 {
            let own = self.body.0.iter_mut().find(|(known, _)| known == name);
            match (own, value) {
                (Some((_, TerraformValue::Number(own))), TerraformValue::Number(other)) => {
                    *own = (*own).max(*other);
                }
                (Some(_), _) => {}
                (None, value) => self.body.0.push((name, value.clone())),
            }
        }
        self.import = self.import.take().or_else(|| other.import.clone());
    }

    /// A resource without arguments yet.
    pub fn new(kind: &'static str, name: &str, region: &str) -> Self {
        let (name, region) = (name.to_owned(), region.to_owned());
        Self { kind, name, import: None, region, body: Body::default() }
    }

    /// The same, imported where an id is given.
    pub fn import(mut self, id: Option<&str>) -> Self {
        self.import = id.map(str::to_owned);
        self
    }

    /// Adds an argument.
    pub fn set(mut self, name: &'static str, value: impl Into<TerraformValue>) -> Self {
        self.body = self.body.set(name, value);
        self
    }

    /// Adds a block.
    pub fn block(mut self, name: &'static str, body: Body) -> Self {
        self.body.0.push((name, TerraformValue::Block(body)));
        self
    }
}

/// The arguments of a resource or of a block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body(pub Vec<(&'static str, TerraformValue)>);

impl Body {
    /// Adds an argument.
    pub fn set(mut self, name: &'static str, value: impl Into<TerraformValue>) -> Self {
        self.0.push((name, value.into()));
        self
    }
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum TerraformValue {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// True or false.
    Truth(bool),
    /// A list with one element.
    List(Box<TerraformValue>),
    /// The ARN of another resource: its type, and what its name is made of.
    ArnOf(&'static str, String),
    /// What a person fills in.
    Input(Input),
    /// A block.
    Block(Body),
}

impl From<&str> for TerraformValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for TerraformValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for TerraformValue {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<Input> for TerraformValue {
    fn from(input: Input) -> Self {
        Self::Input(input)
    }
}
