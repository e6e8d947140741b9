//! Values that shell completions suggest. Other values are accepted too.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use plumbline_rules::registry::CONTROLS;

/// The Regions of all partitions as of 2026. Other Regions are accepted too.
const REGIONS: [&str; 38] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// A parser that accepts the values of another parser, and suggests known values.
#[derive(Clone)]
pub(crate) struct Suggesting<P> {
    parser: P,
    values: fn() -> Vec<String>,
}

impl<P> Suggesting<P> {
    /// Creates a parser with the values to suggest.
    pub(crate) fn new(parser: P, values: fn() -> Vec<String>) -> Self {
        Self { parser, values }
    }
}

impl<P: TypedValueParser> TypedValueParser for Suggesting<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter().map(PossibleValue::new)))
    }
}

/// A parser for a control ID, slug, rule name or section.
pub(crate) fn control_name() -> impl TypedValueParser<Value = String> {
    Suggesting {
        parser: StringValueParser::new(),
        values: || {
            let names = CONTROLS.iter().map(|control| control.id.to_string());
            names.chain(CONTROLS.iter().map(|control| control.slug.to_owned())).collect()
        },
    }
}

/// A parser for an alarm control, which uses metric filters.
pub(crate) fn alarm_control() -> impl TypedValueParser<Value = String> {
    Suggesting {
        parser: StringValueParser::new(),
        values: || (1..=15).map(|number| format!("4.{number}")).collect(),
    }
}

/// Parses the name of a Region.
pub(crate) fn region(text: &str) -> Result<String, String> {
    if plumbline_core::aws::is_region_name(text) {
        Ok(text.to_owned())
    } else {
        Err("give the name of a Region, such as us-east-1".to_owned())
    }
}

/// Returns the Regions that completions suggest.
pub(crate) fn known_regions() -> Vec<String> {
    REGIONS.map(str::to_owned).to_vec()
}

/// A parser for the name of a Region.
pub(crate) fn region_name() -> impl TypedValueParser<Value = String> {
    Suggesting { parser: region, values: known_regions }
}

/// The value for all Regions in which AWS Config is in use.
pub(crate) const GOVERNED: &str = "governed";

/// A parser for the name of a Region or [`GOVERNED`].
pub(crate) fn deploy_region() -> impl TypedValueParser<Value = String> {
    let parser = |text: &str| if text == GOVERNED { Ok(text.to_owned()) } else { region(text) };
    let values = || std::iter::once(GOVERNED).chain(REGIONS).map(str::to_owned).collect();
    Suggesting { parser, values }
}
