//! CloudFormation's elements as data: sections, functions, conditions and resources.

use plumbline_core::control::Control;
use serde_json::{Map, Value, json};

use crate::contract::{CODE_BUCKET_PREFIX, HOME_REGION, code_bucket, register_bucket};

/// A section that grows: names and what they stand for.
#[derive(Clone, Default)]
pub(crate) struct Members(pub(crate) Map<String, Value>);

impl Members {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn with(mut self, others: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.0.extend(others);
        self
    }
}

impl IntoIterator for Members {
    type Item = (String, Value);
    type IntoIter = <Map<String, Value> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

pub(crate) fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

pub(crate) fn attribute(resource: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [resource, name] })
}

/// `${Name}`: the place of a parameter's value in a text for [`sub`].
pub(crate) fn placeholder(parameter: &str) -> String {
    format!("${{{parameter}}}")
}

/// The code bucket of the stack's Region, by parameters.
pub(crate) fn code_bucket_name() -> String {
    code_bucket(&placeholder(CODE_BUCKET_PREFIX), &placeholder("AWS::Region"))
}

/// The register's bucket, by parameters.
pub(crate) fn register_bucket_name() -> String {
    register_bucket(&placeholder(CODE_BUCKET_PREFIX))
}

/// A text with `${…}` in it.
pub(crate) fn sub(text: &str) -> Value {
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { json!(text) }
}

pub(crate) fn when(condition: &str, then: Value, otherwise: Value) -> Value {
    json!({ "Fn::If": [condition, then, otherwise] })
}

/// The value when the condition holds, else nothing at all.
pub(crate) fn only_when(condition: &str, then: Value) -> Value {
    when(condition, then, reference("AWS::NoValue"))
}

pub(crate) fn equals(parameter: &str, value: &str) -> Value {
    json!({ "Fn::Equals": [reference(parameter), value] })
}

pub(crate) fn given(parameter: &str) -> Value {
    json!({ "Fn::Not": [equals(parameter, "")] })
}

/// Whether a list has any value.
pub(crate) fn is_list_given(parameter: &str) -> Value {
    let text = json!({ "Fn::Join": ["", reference(parameter)] });
    json!({ "Fn::Not": [{ "Fn::Equals": [text, ""] }] })
}

/// Whether the stack is in the home Region.
pub(crate) fn is_home_region() -> Value {
    json!({ "Fn::Equals": [reference("AWS::Region"), reference(HOME_REGION)] })
}

pub(crate) fn condition(name: &str) -> Value {
    json!({ "Condition": name })
}

pub(crate) fn both(left: Value, right: Value) -> Value {
    json!({ "Fn::And": [left, right] })
}

/// A resource.
pub(crate) fn resource(kind: &str, properties: Value) -> Value {
    json!({ "Type": kind, "Properties": properties })
}

/// A resource that exists when the condition holds.
pub(crate) fn resource_when(condition: &str, kind: &str, properties: Value) -> Value {
    json!({ "Type": kind, "Condition": condition, "Properties": properties })
}

/// Makes a resource wait for others that exist under conditions: `DependsOn` must not name what may
/// not exist, a reference that may be left out can.
pub(crate) fn after(resource: &mut Value, others: &[(&str, &str)]) {
    let others: Vec<Value> =
        others.iter().map(|(id, condition)| only_when(condition, reference(id))).collect();
    resource["Metadata"] = json!({ "After": others });
}

/// The id of a control's resource in a template: `Function2x1x3`.
pub(crate) fn logical_id(kind: &str, control: &Control) -> String {
    format!("{kind}{}", control.id.as_str().replace('.', "x"))
}
