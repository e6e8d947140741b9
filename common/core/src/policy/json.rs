//! A JSON parser that keeps duplicate members, and the decoding of documents.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::error::PolicyError;

/// A JSON value. An object keeps its members in order, including those with the same name. Most
/// parsers keep only one of them, and which one differs between parsers.
#[derive(Clone, Debug)]
pub(super) enum Json {
    /// Null, a boolean, a number or a string.
    Scalar(Value),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// The text, if the value is a string.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The items of a list, or the value alone.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }

    /// The kind of the value, for errors.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(Value::Null) => "null",
            Self::Scalar(Value::Bool(_)) => "a boolean",
            Self::Scalar(Value::Number(_)) => "a number",
            Self::Scalar(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(
                members.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect(),
            ),
            scalar => Self::Scalar(scalar.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}

/// The maximum number of nested encodings of a document: a string within a string, URL encoding.
pub(super) const WRAPPINGS: usize = 6;

/// Removes the encodings of a text, and parses the JSON in it; `None` if there are too many.
pub(super) fn unwrapped(text: &str) -> Result<Option<Json>, PolicyError> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..WRAPPINGS {
        let bare = text
            .trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
        let read = if !bare.starts_with(['{', '"', '[']) && bare.contains('%') {
            decoded(bare)
        } else {
            parsed(bare)
        };
        match read? {
            Json::Scalar(Value::String(inner)) => text = Cow::Owned(inner),
            document => return Ok(Some(document)),
        }
    }
    Ok(None)
}

fn parsed(text: &str) -> Result<Json, PolicyError> {
    serde_json::from_str(text).map_err(|error| PolicyError::Json(error.to_string()))
}

/// Removes URL encoding. IAM encodes a space as `%20`. If the text is JSON only when `+` is read as
/// a space, it was encoded as a form.
fn decoded(text: &str) -> Result<Json, PolicyError> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned);
    let plain = decode(text)
        .map_err(|_| PolicyError::Json("its URL encoding does not hold UTF-8".to_owned()))?;
    if plain == text {
        return parsed(text);
    }
    let as_text = |text: String| Ok(Json::Scalar(Value::String(text)));
    if text.contains('+')
        && serde_json::from_str::<serde::de::IgnoredAny>(plain.trim_matches('\u{feff}')).is_err()
        && let Ok(form) = decode(&text.replace('+', " "))
    {
        return as_text(form);
    }
    as_text(plain)
}
