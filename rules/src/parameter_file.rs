//! Parameters of several controls in one JSON document, as `--parameters FILE` has it.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use plumbline_core::benchmark::ControlId;
use plumbline_core::control::Control;
use plumbline_core::parameters::{ParameterError, Values, parse_document};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::registry::{CONTROLS, find};

/// The name that stands for all controls that have a parameter.
const ALL: &str = "*";

/// Parameters that were given for controls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenParameters {
    by_control: BTreeMap<&'static str, Values>,
    for_all: Values,
}

/// The document cannot be used.
#[derive(Debug, Error)]
pub enum ParameterFileError {
    /// It is not JSON of the expected form, or something stands in it twice.
    #[error("{0}")]
    Form(String),
    /// A name is none of a control.
    #[error("there is no control '{0}'")]
    NoControl(String),
    /// A parameter or a value of it is wrong.
    #[error("control {control}: {error}")]
    Parameter {
        /// The control.
        control: ControlId,
        /// What is wrong.
        error: ParameterError,
    },
}

impl GivenParameters {
    /// Reads a document: an object of controls by id, slug or rule name, or `*` for all that have a
    /// parameter, with an object of parameters each.
    pub fn parse(text: &[u8]) -> Result<Self, ParameterFileError> {
        let wrong = ParameterFileError::Form;
        let Members(controls): Members<Members<Value>> =
            serde_json::from_slice(text).map_err(|error| wrong(not_an_object(text, &error)))?;
        let mut given = Self::default();
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, members) in &controls {
            let id = match name.as_str() {
                ALL => ALL,
                name => match find(name) {
                    Some(control) => control.id.as_str(),
                    None => return Err(ParameterFileError::NoControl(name.to_owned())),
                },
            };
            if let Some(earlier) = names.insert(id, name) {
                let what = if id == ALL { ALL.to_owned() } else { format!("control {id}") };
                return Err(wrong(if earlier == name {
                    format!("{what} is given twice")
                } else {
                    format!("{what} is given twice, as \"{earlier}\" and as \"{name}\"")
                }));
            }
            let values = members.values(id).map_err(wrong)?;
            match find(id) {
                Some(control) => {
                    given.by_control.insert(control.id.as_str(), values);
                }
                None => given.for_all = values,
            }
        }
        given.check()?;
        Ok(given)
    }

    /// Checks all values, whichever controls run.
    fn check(&self) -> Result<(), ParameterFileError> {
        let is_known = |name: &String| {
            CONTROLS.iter().any(|control| {
                control.parameters().any(|parameter| parameter.name == name.as_str())
            })
        };
        if let Some(unknown) = self.for_all.keys().find(|name| !is_known(name)) {
            let what = format!("no control knows the parameter '{unknown}'");
            return Err(ParameterFileError::Form(what));
        }
        for control in CONTROLS {
            let id = control.id;
            let own = self.by_control.get(id.as_str()).cloned().unwrap_or_default();
            for values in [own, self.known_to(control)] {
                control
                    .configure(values)
                    .map_err(|error| ParameterFileError::Parameter { control: id, error })?;
            }
        }
        Ok(())
    }

    /// Those for all controls that a control has.
    fn known_to(&self, control: &Control) -> Values {
        let is_known =
            |name: &String| control.parameters().any(|parameter| parameter.name == name.as_str());
        let known = self.for_all.iter().filter(|(name, _)| is_known(name));
        known.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The parameters of a control: its own, before those for all.
    pub fn of(&self, control: &Control) -> Values {
        let mut values = self.known_to(control);
        values.extend(self.by_control.get(control.id.as_str()).cloned().unwrap_or_default());
        values
    }
}

/// What a document is that has no controls with parameters.
fn not_an_object(text: &[u8], error: &serde_json::Error) -> String {
    match serde_json::from_slice(text) {
        Ok(Value::Object(_)) | Err(_) => error.to_string(),
        Ok(Value::Array(_)) => "it is a JSON list".to_owned(),
        Ok(_) => "it is not a JSON object".to_owned(),
    }
}

/// The members of a JSON object as they stand in the text, one that is given twice too.
struct Members<T>(Vec<(String, T)>);

impl Members<Value> {
    /// The parameters of a control, or of all.
    fn values(&self, id: &str) -> Result<Values, String> {
        let of = if id == ALL { "all controls" } else { id };
        let mut object = Map::new();
        for (name, value) in &self.0 {
            if object.insert(name.clone(), value.clone()).is_some() {
                return Err(format!("parameter {name} of {of} is given twice"));
            }
        }
        parse_document(Some(&Value::Object(object))).map_err(|error| format!("{id}: {error}"))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Members<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(Object(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        GivenParameters::parse(text.as_bytes()).expect_err("refused").to_string()
    }

    #[test]
    fn what_is_given_twice_is_refused() {
        for (text, expected) in [
            (
                r#"{"5.2": {"adminPorts": "22"}, "sg-admin-ports-ipv4": {"adminPorts": "5432"}}"#,
                r#"control 5.2 is given twice, as "5.2" and as "sg-admin-ports-ipv4""#,
            ),
            (r#"{"5.2": {}, "5.2": {}}"#, "control 5.2 is given twice"),
            (r#"{"*": {}, "*": {}}"#, "* is given twice"),
            (
                r#"{"5.2": {"adminPorts": "22", "adminPorts": "5432"}}"#,
                "parameter adminPorts of 5.2 is given twice",
            ),
            (
                r#"{"*": {"adminPorts": "22", "adminPorts": "22"}}"#,
                "parameter adminPorts of all controls is given twice",
            ),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            (r#"{"9.9": {}}"#, "there is no control '9.9'"),
            (r#"{"*": {"nonsense": "1"}}"#, "no control knows the parameter 'nonsense'"),
            (
                r#"{"*": {"adminPorts": "ssh"}}"#,
                "control 5.1: parameter 'adminPorts' has the invalid value 'ssh'",
            ),
            (r#"{"5.2": {"adminPorts": "99999"}}"#, "control 5.2: parameter 'adminPorts'"),
            (r#"{"5.2": {"maxAccessKeyAge": "1"}}"#, "unknown parameter 'maxAccessKeyAge'"),
            (r#"{"5.2": ""}"#, "expected a JSON object"),
            ("[]", "it is a JSON list"),
            ("7", "it is not a JSON object"),
        ] {
            let found = error(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }

    #[test]
    fn the_own_one_counts_before_that_for_all() {
        let text =
            r#"{"*": {"adminPorts": 22}, "cis-5-2-sg-admin-ports-ipv4": {"adminPorts": 23}}"#;
        let given = GivenParameters::parse(text.as_bytes()).expect("valid");
        let ports = |id| given.of(find(id).expect("a control")).remove("adminPorts");
        assert_eq!((ports("5.2").as_deref(), ports("5.3").as_deref()), (Some("23"), Some("22")));
        assert_eq!(ports("1.4"), None);
    }
}
