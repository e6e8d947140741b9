//! The limits of CloudFormation and AWS Config, and the linter.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use plumbline_rules::registry::CONTROLS;
use serde_json::{Map, Value, json};

use super::{
    DESCRIPTION_LIMIT, PACKS, TEMPLATES, TOP, files, folder, members, parsed, python, resources,
    string, template, text,
};

/// The size limit of a template in a call.
const BODY_LIMIT: usize = 51_200;

/// The size limit of a template in a bucket.
const BUCKET_LIMIT: usize = 1_048_576;

const RESOURCES_LIMIT: usize = 500;

const PARAMETERS_LIMIT: usize = 200;

const PACK_RULES_LIMIT: usize = 130;

const PACK_PARAMETERS_LIMIT: usize = 60;

const INPUT_PARAMETERS_LIMIT: usize = 1_024;

/// Queries of AWS Config accept rule names of 64 characters, and a pack appends
/// `-conformance-pack-` and nine characters.
const RULE_NAME_LIMIT: usize = 36;

/// Regions of all partitions, and one that is enabled on request.
const LINTED_REGIONS: [&str; 4] = ["us-east-1", "eu-south-2", "us-gov-west-1", "cn-north-1"];

/// The findings of the linter for files in a Region.
fn linted(region: &str, files: &[PathBuf]) -> String {
    let output = Command::new(python().with_file_name("cfn-lint"))
        .args(["--format", "parseable", "--regions", region, "--"])
        .args(files)
        .output()
        .expect("cfn-lint starts");
    let said = text(&output);
    assert_eq!(output.status.success(), said.trim().is_empty(), "{said}");
    said
}

#[test]
fn the_linter_has_nothing_to_say() {
    let (organization, others): (Vec<PathBuf>, Vec<PathBuf>) = files()
        .into_iter()
        .partition(|file| file.ends_with("central-permission-organization.yaml"));
    for region in LINTED_REGIONS {
        assert_eq!(linted(region, &others), "", "{region}");
    }
    assert_eq!(organization.len(), 1);
    for region in &LINTED_REGIONS[..2] {
        assert_eq!(linted(region, &organization), "", "{region}");
    }
    // In these Regions, `deploy` rejects central functions.
    for region in &LINTED_REGIONS[2..] {
        let said = linted(region, &organization);
        assert!(said.lines().all(|line| line.contains(":E3006:")), "{region}: {said}");
        assert_eq!(said.lines().count(), CONTROLS.len(), "{region}: {said}");
    }
}

#[test]
fn templates_keep_the_limits_of_cloudformation() {
    for (name, template) in TEMPLATES.iter() {
        let size =
            std::fs::metadata(folder().join(format!("{name}.yaml"))).expect("the file").len();
        let limit = if TOP.contains(&name.as_str()) { BODY_LIMIT } else { BUCKET_LIMIT };
        assert!(usize::try_from(size).expect("a size") <= limit, "{name} has {size} bytes");
        let count = |section: &str| {
            template.get(section).map_or(0, |members| members.as_object().expect("an object").len())
        };
        assert!(
            (1..=RESOURCES_LIMIT).contains(&count("Resources"))
                && count("Parameters") <= PARAMETERS_LIMIT,
            "{name}"
        );
        for (parameter, declaration) in template["Parameters"].as_object().into_iter().flatten() {
            assert!(
                declaration["Description"]
                    .as_str()
                    .is_some_and(|doc| !doc.is_empty() && doc.len() <= 4_000),
                "{name}: {parameter}"
            );
        }
    }
}

#[test]
fn no_two_things_have_the_same_name() {
    let property = |kind: &str| match kind {
        "AWS::Config::ConfigRule" => Some("ConfigRuleName"),
        "AWS::IAM::Role" => Some("RoleName"),
        "AWS::Lambda::Function" => Some("FunctionName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        "AWS::CloudWatch::Alarm" => Some("AlarmName"),
        _ => None,
    };
    // The templates that one account can have together: its own functions with the role of central
    // functions, or the central functions.
    let own =
        ["own-roles", "functions-global", "functions-regional", "member-role", "single-account"];
    for together in [&own[..], &["central-functions", "member-role", "organization"]] {
        let mut names = BTreeSet::new();
        for name in together {
            let template = template(name);
            for (id, resource) in members(&template["Resources"]) {
                let kind = string(&resource["Type"]);
                if let Some(name) =
                    property(kind).map(|property| resource["Properties"][property].to_string())
                {
                    assert!(
                        names.insert((kind.to_owned(), name.clone())),
                        "{id}: {name} exists already"
                    );
                }
            }
        }
        assert!(names.len() > CONTROLS.len());
    }
}

#[test]
fn packs_keep_the_limits_of_aws_config() {
    for (name, _, _) in PACKS {
        let pack = template(name);
        let size =
            std::fs::metadata(folder().join(format!("{name}.yaml"))).expect("the file").len();
        assert!(usize::try_from(size).expect("a size") <= BODY_LIMIT, "{name} has {size} bytes");
        assert!(
            members(&pack["Resources"]).len() <= PACK_RULES_LIMIT
                && members(&pack["Parameters"]).len() <= PACK_PARAMETERS_LIMIT,
            "{name}"
        );
        let mut names = BTreeSet::new();
        for (id, rule) in members(&pack["Resources"]) {
            assert_eq!(rule["Type"], "AWS::Config::ConfigRule", "{name}: a pack has rules only");
            let properties = &rule["Properties"];
            let rule_name = string(&properties["ConfigRuleName"]);
            assert!(
                rule_name.len() <= RULE_NAME_LIMIT && names.insert(rule_name.to_owned()),
                "{rule_name}"
            );
            assert!(
                (1..=DESCRIPTION_LIMIT).contains(&string(&properties["Description"]).len()),
                "{id}"
            );
            let defaults: Map<String, Value> = members(&properties["InputParameters"])
                .iter()
                .map(|(name, value)| {
                    let from = value
                        .get("Ref")
                        .or_else(|| value.pointer("/Fn::If/1/Ref"))
                        .expect("a parameter of the pack");
                    (name.clone(), pack["Parameters"][string(from)]["Default"].clone())
                })
                .collect();
            assert!(
                json!(defaults).to_string().len() <= INPUT_PARAMETERS_LIMIT / 2,
                "{id}: leave room for longer values"
            );
        }
    }
}

/// The documented grammar of queries, and their length limits.
#[test]
fn stored_queries_keep_the_limits_of_aws_config() {
    let queries = resources(template("organization"), "AWS::Config::StoredQuery");
    assert_eq!(queries.len(), 3);
    // Packs of stacks, and those of organizations in their accounts.
    let packs: Vec<String> = ["functions-global", "functions-regional"]
        .iter()
        .map(|name| &template(name)["Resources"]["Pack"]["Properties"]["ConformancePackName"])
        .flat_map(|name| [string(name).to_owned(), format!("OrgConformsPack-{}-", string(name))])
        .collect();
    for query in queries.values().map(|query| &query["Properties"]) {
        let (name, expression) = (string(&query["QueryName"]), string(&query["QueryExpression"]));
        assert!(
            name.len() <= 64
                && expression.len() <= 4_096
                && string(&query["QueryDescription"]).len() <= 256,
            "{name}"
        );
        let words: BTreeSet<&str> = expression.split_whitespace().collect();
        assert!(
            ["ALL", "AS", "DISTINCT", "FROM", "HAVING", "JOIN", "UNION"]
                .iter()
                .all(|word| !words.contains(word)),
            "{name}"
        );
        // Wildcards are allowed only at the end, after three or more characters.
        let beginnings: Vec<&str> = expression
            .split("LIKE '")
            .skip(1)
            .map(|rest| rest.split('\'').next().expect("a pattern"))
            .map(|pattern| pattern.strip_suffix('%').expect("a wildcard"))
            .collect();
        for beginning in &beginnings {
            assert!(beginning.len() >= 3 && !beginning.contains(['%', '_']), "{name}");
        }
        for pack in &packs {
            let is_found = beginnings.iter().any(|beginning| pack.starts_with(beginning));
            assert!(is_found, "{name} does not find {pack}");
        }
        // A query that sorts by a sum groups by one property.
        if let Some((_, groups)) = expression.split_once("GROUP BY ") {
            assert!(
                !groups.split(" ORDER BY ").next().expect("properties").contains(','),
                "{name}"
            );
        }
    }
}

/// YAML 1.1 has dates, and CloudFormation's parser is one of that version: a text in the form of a
/// date is quoted.
#[test]
fn no_text_is_a_date() {
    let is_date = |value: &str| {
        let day = value.get(..10).unwrap_or(value);
        day.len() == 10
            && day.char_indices().all(|(at, char)| match at {
                4 | 7 => char == '-',
                _ => char.is_ascii_digit(),
            })
    };
    let plain = |text: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.rsplit_once(": ").or(line.rsplit_once("- ")))
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| is_date(value))
            .collect()
    };
    assert_eq!(
        plain("Version: 2012-10-17\nItems:\n  - 2012-10-17T00:00:00Z\n  - \"2012-10-17\"").len(),
        2
    );
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a text");
        assert_eq!(plain(&text), [""; 0], "{}", file.display());
    }
}

/// Values are parsed as CloudFormation parses them.
#[test]
fn templates_are_read_by_yaml_1_1() {
    assert_eq!(
        parsed("a: on\nb: 'on'\nc: 0755\nd: \"2012-10-17\"\n"),
        json!({ "a": true, "b": "on", "c": 0o755, "d": "2012-10-17" })
    );
}
