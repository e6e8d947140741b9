//! The event that a choice of kinds represents.

use serde_json::{Map, Value};

use super::{Branch, Field, LONGEST_ARRAY, Model};
use crate::automaton::Bits;
use crate::filter::event::Node;

impl Model {
    /// An event whose places have the given kinds, with the simplest example of each. Places with
    /// kinds that JSON cannot represent are omitted.
    pub(crate) fn event(&self, domains: &[Bits]) -> Option<Value> {
        self.value(0, domains)
    }

    pub(super) fn value(&self, at: usize, domains: &[Bits]) -> Option<Value> {
        let place = self.places.get(at)?;
        let domain = domains.get(at)?;
        let is_restricted = *domain != Bits::full(place.kinds.len());
        let allowed = || domain.members().filter_map(|kind| place.kinds.get(kind));
        let missing = allowed()
            .find(|kind| kind.example == Node::Missing)
            .filter(|_| !(is_restricted && (self.usual)(&place.path).1));
        match &missing.or_else(|| allowed().next())?.example {
            Node::Missing => None,
            Node::Null => Some(Value::Null),
            Node::Bool(value) => Some(Value::Bool(*value)),
            Node::Number { text, .. } => serde_json::from_str(text).ok().map(Value::Number),
            Node::Text(text) => Some(Value::String(text.clone().into_owned())),
            Node::Object => Some(Value::Object(self.members(place, domains))),
            Node::Array { holds_null } => {
                let mut values = Vec::new();
                for element in self.elements(at) {
                    let Some(value) = self.value(element, domains) else { continue };
                    if let Some(Branch::Index(index)) = self.branch(element) {
                        if *index > LONGEST_ARRAY {
                            // Without this element the event fails its check.
                            break;
                        }
                        // Elements that no test reads.
                        values.resize(*index, Value::String(String::new()));
                    }
                    values.push(value);
                }
                if *holds_null && values.is_empty() {
                    values.push(Value::Null);
                }
                Some(Value::Array(values))
            }
        }
    }

    pub(super) fn members(&self, place: &Field, domains: &[Bits]) -> Map<String, Value> {
        let mut members = Map::new();
        let mut unnamed = Vec::new();
        for child in &place.children {
            let Some(value) = self.value(*child, domains) else { continue };
            match self.branch(*child) {
                Some(Branch::Key(name)) => {
                    members.insert(name.clone(), value);
                }
                Some(Branch::Unnamed(_)) => unnamed.push(value),
                _ => {}
            }
        }
        let is_named = |name: &str| {
            place.children.iter().any(
                |child| matches!(self.branch(*child), Some(Branch::Key(known)) if known == name),
            )
        };
        let names = (1..)
            .map(|number| if number == 1 { "other".to_owned() } else { format!("other{number}") })
            .filter(|name| !is_named(name));
        members.extend(names.zip(unnamed));
        members
    }
}
