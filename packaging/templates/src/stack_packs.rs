//! The conformance packs that belong to a stack of the account in which their rules run.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use plumbline_core::parameters::Parameter;
use serde_json::{Value, json};

use crate::builders::{
    Members, code_bucket_name, equals, given, only_when, placeholder, reference, resource, sub,
    when,
};
use crate::contract::{LEVEL, PackScope, RELEASE, pack_template, template_key};
use crate::packs::{PackLevel, PackTemplate};

const IS_LEVEL_2: &str = "IsLevel2";

/// The account and name prefix of functions in the account of the stack, in ARNs.
const OWN_FUNCTIONS: &str = "${AWS::AccountId}:function:plumbline";
/// The account and name prefix of central functions, in ARNs.
const CENTRAL_FUNCTION_SET: &str = "${CentralAccountId}:function:${FunctionSet}";

/// The location of a pack's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PackBody {
    /// An object in the code bucket of the stack's account.
    Uploaded,
    /// A text in the template of the stack, which sets the ARNs of the functions in its account.
    Inline,
    /// A text in the template of the stack, which sets the ARNs of central functions.
    InlineCentral,
}

/// Returns the conditions that [`stack_pack`] requires.
pub(crate) fn pack_conditions(scopes: &[PackScope]) -> Members {
    let mut conditions = Members::new();
    conditions.set(IS_LEVEL_2, equals(LEVEL, "2"));
    for scope in scopes {
        for (name, declared) in PackTemplate::new(*scope, PackLevel::Two).parameters() {
            if declared.default.is_empty() {
                conditions.set(&has(&name), given(&name));
            }
        }
    }
    conditions
}

/// Returns the name of the condition that a parameter has a value.
fn has(name: &str) -> String {
    format!("Has{name}")
}

/// Creates a conformance pack of the selected level, optionally under a condition.
pub(crate) fn stack_pack(scope: PackScope, exists: Option<&str>, body: PackBody) -> Value {
    let mut pack = resource(
        "AWS::Config::ConformancePack",
        json!({
            "ConformancePackName": scope.pack_name(),
            "ConformancePackInputParameters": inputs(scope)
        }),
    );
    if let Some(condition) = exists {
        pack["Condition"] = json!(condition);
    }
    let inline = |prefix: &str| {
        let text = |level| sub(&PackTemplate::new(scope, level).within_stack(prefix).json());
        ("TemplateBody", when(IS_LEVEL_2, text(PackLevel::Two), text(PackLevel::One)))
    };
    let (property, value) = match body {
        PackBody::Uploaded => {
            let template = pack_template(scope, &placeholder(LEVEL));
            let key = template_key(&placeholder(RELEASE), &template);
            ("TemplateS3Uri", sub(&format!("s3://{}/{key}", code_bucket_name())))
        }
        PackBody::Inline => inline(OWN_FUNCTIONS),
        PackBody::InlineCentral => inline(CENTRAL_FUNCTION_SET),
    };
    pack["Properties"][property] = value;
    pack
}

/// Returns the parameters that the pack of the selected level has. Parameters without a value are
/// omitted.
fn inputs(scope: PackScope) -> Vec<Value> {
    let of_level = |level| PackTemplate::new(scope, level).parameters();
    let level_1 = of_level(PackLevel::One);
    let input = |(name, declared): (&String, &&Parameter)| {
        let mut input = json!({ "ParameterName": name, "ParameterValue": reference(name) });
        if declared.default.is_empty() {
            input = only_when(&has(name), input);
        }
        // The pack of level 1 does not have the other parameters.
        if level_1.contains_key(name) { input } else { only_when(IS_LEVEL_2, input) }
    };
    of_level(PackLevel::Two).iter().map(input).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The maximum of `PutConformancePack`, in bytes.
    const BODY_LIMIT: usize = 51_200;

    #[test]
    fn bodies_fit_into_a_pack_and_have_only_placeholders_of_functions() {
        for pack in PackTemplate::all() {
            for prefix in [OWN_FUNCTIONS, CENTRAL_FUNCTION_SET] {
                let body = pack.within_stack(prefix).json();
                assert!(body.len() <= BODY_LIMIT, "{}: {} bytes", pack.name(), body.len());
                let of_functions =
                    format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:{prefix}-");
                assert!(body.contains(&of_functions), "{}", pack.name());
                let rest = body.replace(&of_functions, "");
                assert!(!rest.contains("${"), "{}: {rest}", pack.name());
            }
        }
    }

    #[test]
    fn only_parameters_with_a_value_are_given() {
        let inputs = inputs(PackScope::Global);
        assert!(inputs.len() <= 60, "AWS Config accepts 60");
        let text = json!(inputs).to_string();
        for (name, declared) in PackTemplate::new(PackScope::Global, PackLevel::Two).parameters() {
            let is_conditional = text.contains(&format!("[\"Has{name}\","));
            assert_eq!(is_conditional, declared.default.is_empty(), "{name}");
        }
    }
}
