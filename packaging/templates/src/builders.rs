//! Builders for the elements of CloudFormation templates: sections, functions, conditions and
//! resources.

use plumbline_core::control::Control;
use serde_json::{Map, Value, json};

use crate::contract::{CODE_BUCKET_PREFIX, HOME_REGION, code_bucket, register_bucket};

/// A section with named elements.
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

/// Returns `${Name}`, the placeholder of a parameter in a text for [`sub`].
pub(crate) fn placeholder(parameter: &str) -> String {
    format!("${{{parameter}}}")
}

/// Returns the name of the code bucket in the stack's Region, with parameters.
pub(crate) fn code_bucket_name() -> String {
    code_bucket(&placeholder(CODE_BUCKET_PREFIX), &placeholder("AWS::Region"))
}

/// Returns the name of the register bucket, with parameters.
pub(crate) fn register_bucket_name() -> String {
    register_bucket(&placeholder(CODE_BUCKET_PREFIX))
}

/// Returns a text with placeholders as `Fn::Sub`.
pub(crate) fn sub(text: &str) -> Value {
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { json!(text) }
}

pub(crate) fn when(condition: &str, then: Value, otherwise: Value) -> Value {
    json!({ "Fn::If": [condition, then, otherwise] })
}

/// Returns the value if the condition is true, otherwise no value.
pub(crate) fn only_when(condition: &str, then: Value) -> Value {
    when(condition, then, reference("AWS::NoValue"))
}

pub(crate) fn equals(parameter: &str, value: &str) -> Value {
    json!({ "Fn::Equals": [reference(parameter), value] })
}

pub(crate) fn given(parameter: &str) -> Value {
    json!({ "Fn::Not": [equals(parameter, "")] })
}

/// Whether a list parameter has a value.
pub(crate) fn is_list_given(parameter: &str) -> Value {
    let text = json!({ "Fn::Join": ["", reference(parameter)] });
    json!({ "Fn::Not": [{ "Fn::Equals": [text, ""] }] })
}

/// Whether the stack is in the home Region.
pub(crate) fn is_home_region() -> Value {
    json!({ "Fn::Equals": [reference("AWS::Region"), reference(HOME_REGION)] })
}

/// Returns a part of an ARN in a parameter. The appended colons allow an empty parameter, because
/// CloudFormation evaluates it despite conditions.
pub(crate) fn part(arn: &str, at: u8) -> Value {
    json!({ "Fn::Select": [at,
        { "Fn::Split": [":", { "Fn::Sub": format!("${{{arn}}}::::::") }] }] })
}

/// Returns the ARN of a parameter in the Region of the stack, so that one parameter serves all
/// Regions.
pub(crate) fn in_this_region(service: &str, arn: &str) -> Value {
    let text = format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{Account}}:${{Name}}");
    json!({ "Fn::Sub": [text, { "Account": part(arn, 4), "Name": part(arn, 5) }] })
}

pub(crate) fn condition(name: &str) -> Value {
    json!({ "Condition": name })
}

pub(crate) fn both(left: Value, right: Value) -> Value {
    json!({ "Fn::And": [left, right] })
}

/// Creates a resource.
pub(crate) fn resource(kind: &str, properties: Value) -> Value {
    json!({ "Type": kind, "Properties": properties })
}

/// Creates a resource with a condition.
pub(crate) fn resource_when(condition: &str, kind: &str, properties: Value) -> Value {
    json!({ "Type": kind, "Condition": condition, "Properties": properties })
}

/// Makes a resource depend on conditional resources. `DependsOn` must not name a resource that may
/// not exist, but a conditional reference can.
pub(crate) fn after(resource: &mut Value, others: &[(&str, &str)]) {
    let others: Vec<Value> =
        others.iter().map(|(id, condition)| only_when(condition, reference(id))).collect();
    resource["Metadata"] = json!({ "After": others });
}

/// Returns the logical ID of a control's resource: `Function2x1x3`.
pub(crate) fn logical_id(kind: &str, control: &Control) -> String {
    format!("{kind}{}", control.id.as_str().replace('.', "x"))
}
