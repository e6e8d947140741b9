//! Fixes for Terraform.

use super::command::Input;

/// The form of a fix in Terraform.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Terraform {
    /// Nothing: a person has to act.
    #[default]
    None,
    /// An argument of a resource that is already managed, or of a new one, as a comment.
    Argument(String),
    /// Resources that each represent one setting.
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
    /// The parts of its name.
    pub name: String,
    /// The id for its import, if it exists.
    pub import: Option<String>,
    /// The Region of the provider.
    pub region: String,
    /// Its arguments.
    pub body: Body,
}

impl TerraformResource {
    /// Merges the arguments of another failure for the same resource. Of two numbers, the larger
    /// one is used, which is stricter.
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

    /// Creates a resource without arguments.
    pub fn new(kind: &'static str, name: &str, region: &str) -> Self {
        let (name, region) = (name.to_owned(), region.to_owned());
        Self { kind, name, import: None, region, body: Body::default() }
    }

    /// Sets the id for the import, if one is given.
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

/// The arguments of a resource or a block.
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
    /// The ARN of another resource: its type, and the parts of its name.
    ArnOf(&'static str, String),
    /// A value that a person enters.
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
