//! The schema of parameters and the program accept the same documents.

use plumbline_rules::parameter_file::GivenParameters;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Map, Value, json};

/// The number of generated documents.
const DOCUMENTS: usize = 10_000;

/// Values at and near the limits of all types, and typical values of users.
const TEXTS: [&str; 62] = [
    "",
    " ",
    "0",
    "1",
    "00",
    "01",
    "045",
    " 45 ",
    "45 ",
    "4 5",
    "90",
    "365",
    "3650",
    "3651",
    "8760",
    "8761",
    "9999",
    "10000",
    "+1",
    "-1",
    "1.0",
    "1e2",
    "4.5",
    "\t45",
    "45\n",
    "\u{a0}45",
    "22,3389",
    "22, 3389",
    "22,,3389",
    ",22",
    "22,",
    "65535",
    "65536",
    "99999",
    "065535",
    "0065536",
    "22 3389",
    "ssh",
    "true",
    "True",
    "TRUE",
    "tRuE",
    " true",
    "false",
    "FALSE",
    "yes",
    "none",
    "None",
    " none",
    "111122223333",
    "111122223333, 444455556666",
    "11112222333",
    "1111222233334",
    "REJECT",
    "REJECT,ALL",
    "ACCEPT , ALL",
    "reject",
    "REJECT;ALL",
    "notApplicable",
    "nonCompliant",
    "noncompliant",
    "arn:aws:sns:*:111122223333:alarms-?",
];

fn numbers() -> Vec<Value> {
    let limits = [0, 1, 9, 10, 99, 100, 3650, 3651, 8760, 8761, 9999, 10_000, 65_535, 65_536];
    let accounts = [99_999_999_999_i64, 100_000_000_000, 999_999_999_999, 1_000_000_000_000];
    let whole = limits.into_iter().chain(accounts).chain([(1 << 53) - 1, 1 << 53]);
    let mut numbers: Vec<Value> =
        whole.flat_map(|number| [json!(number), json!(-number)]).collect();
    numbers.extend([json!(14.0), json!(14.5), json!(-0.0), json!(1e15), json!(1e17), json!(0.1)]);
    numbers.push(json!(u64::MAX));
    numbers
}

/// A random value, mostly one of the above.
fn value(random: &mut fastrand::Rng, numbers: &[Value]) -> Value {
    match random.u8(0..20) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 | 4 => json!(random.bool()),
        5..=8 => numbers[random.usize(0..numbers.len())].clone(),
        9 => {
            let lists = ["bucket-1", "b", "a.b_c", "arn:aws:sns", "arn:x", "arn:*:?:a-b", " "];
            let length = random.usize(0..4);
            let list: Vec<&str> =
                (0..length).map(|_| lists[random.usize(0..lists.len())]).collect();
            json!(list.join([",", ", ", " ,"][random.usize(0..3)]))
        }
        10 => json!(random.i64(-100..100_000).to_string()),
        _ => json!(TEXTS[random.usize(0..TEXTS.len())]),
    }
}

/// A random document: one or two controls, or `*`, with one or two parameters, valid or not.
fn document(random: &mut fastrand::Rng, names: &[&str], numbers: &[Value]) -> Value {
    let mut document = Map::new();
    for _ in 0..random.usize(0..3) {
        let control = CONTROLS[random.usize(0..CONTROLS.len())];
        let name = match random.u8(0..8) {
            0 => "*".to_owned(),
            1 => control.slug.to_owned(),
            2 => control.rule_name(),
            3 if random.bool() => "5.22".to_owned(),
            _ => control.id.to_string(),
        };
        let own: Vec<&str> = control.parameters().map(|parameter| parameter.name).collect();
        let mut parameters = Map::new();
        for _ in 0..random.usize(0..3) {
            let from = if random.u8(0..8) == 0 { names } else { own.as_slice() };
            let parameter = from[random.usize(0..from.len())];
            parameters.insert(parameter.to_owned(), value(random, numbers));
        }
        let of_control = match random.u8(0..40) {
            0 => json!(""),
            1 => Value::Null,
            _ => Value::Object(parameters),
        };
        document.insert(name, of_control);
    }
    if random.u8(0..200) == 0 { json!([]) } else { Value::Object(document) }
}

#[test]
fn the_schema_of_parameters_is_what_the_program_takes() {
    let file = plumbline_tests::package().join("../docs/schema/parameters.json");
    let schema: Value =
        serde_json::from_slice(&std::fs::read(file).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut names: Vec<&str> = CONTROLS
        .iter()
        .flat_map(|control| control.parameters().map(|parameter| parameter.name))
        .collect();
    names.push("nonsense");
    let numbers = numbers();
    let mut random = fastrand::Rng::with_seed(1_500);
    let mut accepted = 0;
    for _ in 0..DOCUMENTS {
        let document = document(&mut random, &names, &numbers);
        let by_program = GivenParameters::parse(document.to_string().as_bytes());
        let by_schema = validator.is_valid(&document);
        assert_eq!(by_program.is_ok(), by_schema, "{document}: {by_program:?}");
        accepted += usize::from(by_schema);
    }
    // Both valid and invalid documents are among them.
    assert!((DOCUMENTS / 10..DOCUMENTS * 9 / 10).contains(&accepted), "{accepted}");
}

/// Each control in each way to name it, each parameter with each value.
#[test]
fn every_parameter_is_as_its_schema_says() {
    let file = plumbline_tests::package().join("../docs/schema/parameters.json");
    let schema: Value =
        serde_json::from_slice(&std::fs::read(file).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let values: Vec<Value> =
        TEXTS.iter().map(|text| json!(text)).chain(numbers()).chain([json!(true)]).collect();
    let mut seen = std::collections::BTreeSet::new();
    for control in CONTROLS {
        for parameter in control.parameters().filter(|parameter| seen.insert(parameter.name)) {
            for value in &values {
                let document = json!({ control.slug: { parameter.name: value } });
                let by_program = GivenParameters::parse(document.to_string().as_bytes());
                let by_schema = validator.is_valid(&document);
                assert_eq!(by_program.is_ok(), by_schema, "{document}: {by_program:?}");
            }
        }
    }
}
