//! Rules for every control.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::collections::BTreeSet;

use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_core::engine::{Job, Round, Unseen};
use plumbline_core::evaluation::{ACCOUNT, Compliance, NotAssessed, REASON_LIMIT};
use plumbline_core::example::{Example, REGION};
use plumbline_core::fact::Facts;
use plumbline_core::facts::{FactKind, Trail};
use plumbline_core::parameters::{ParameterSet, Values};
use plumbline_core::resources::Resource;
use plumbline_core::snapshot::Snapshot;
use plumbline_rules::registry::{CONTROLS, find};

fn each_example(mut check: impl FnMut(&'static Control, Example)) {
    for control in CONTROLS {
        for example in (control.run.examples)() {
            check(control, example);
        }
    }
}

#[test]
fn examples_come_out_as_expected() {
    let mut differences = Vec::new();
    each_example(|control, example| {
        differences.extend(
            example
                .differences(control)
                .into_iter()
                .map(|difference| format!("{} {}: {difference}", control.id, example.situation)),
        );
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn examples_show_every_outcome_and_use_every_fact() {
    for control in CONTROLS {
        let examples = (control.run.examples)();
        let outcomes: BTreeSet<&str> = examples
            .iter()
            .flat_map(|example| &example.expected)
            .map(|expected| expected.compliance.as_str())
            .collect();
        for outcome in [Compliance::Compliant, Compliance::NonCompliant, Compliance::NotAssessed] {
            assert!(
                outcomes.contains(outcome.as_str()),
                "{} has no example that is {outcome}",
                control.id
            );
        }
        let used: BTreeSet<FactKind> = examples
            .iter()
            .flat_map(|example| example.facts.iter())
            .map(|(key, _)| key.kind)
            .collect();
        assert_eq!(
            used,
            control.facts.iter().copied().collect(),
            "{}: its facts and those of its examples differ",
            control.id
        );
    }
}

/// The facts of the evaluated resource itself. If none of the resources exists, the account passes.
const DROPPED: [(&str, FactKind); 6] = [
    ("2.1.1", FactKind::BucketEncryption),
    ("2.1.2", FactKind::BucketPolicy),
    ("2.1.3", FactKind::BucketVersioning),
    ("2.1.5", FactKind::BucketPublicAccessBlock),
    ("3.8", FactKind::KmsKeyMetadata),
    ("3.8", FactKind::KmsKeyRotation),
];

/// If a fact cannot be read, for any cause, no verdict that depends on the fact is "compliant". The
/// only exception is a resource that no longer exists.
#[test]
fn no_pass_without_a_fact() {
    let causes = [
        Cause::Denied,
        Cause::Throttled,
        Cause::TimedOut,
        Cause::Unreachable,
        Cause::Failed,
        Cause::Malformed,
        Cause::NotFound,
        Cause::NotRecorded,
        Cause::OutOfTime,
        Cause::Interrupted,
        Cause::OutOfDescriptors,
        Cause::Internal,
    ];
    let mut dropped = BTreeSet::new();
    each_example(|control, example| {
        for (kind, cause) in
            control.facts.iter().flat_map(|kind| causes.map(|cause| (*kind, cause)))
        {
            let mut broken = example.clone();
            for (_, answer) in broken.facts.iter_mut().filter(|(key, _)| key.kind == kind) {
                *answer = Err(ReadError::new("test:Broken", cause, "Broken"));
            }
            if broken.facts == example.facts {
                continue;
            }
            let before = example.run(control).expect("valid parameters").evaluations;
            let after = broken.run(control).expect("valid parameters").evaluations;
            for evaluation in &after {
                if evaluation.compliance != Compliance::Compliant {
                    continue;
                }
                let rested_elsewhere = before.iter().any(|other| {
                    other.resource == evaluation.resource
                        && !reads(control, &example, &evaluation.resource.resource_id, kind)
                });
                let left_none = cause == Cause::NotFound
                    && after.len() == 1
                    && evaluation.resource.resource_type == ACCOUNT;
                if !rested_elsewhere && left_none {
                    dropped.insert((control.id.as_str(), kind));
                }
                assert!(
                    rested_elsewhere || left_none,
                    "{} {} without {kind:?} ({cause:?}): {evaluation:#?}",
                    control.id,
                    example.situation
                );
            }
        }
    });
    assert_eq!(dropped, BTreeSet::from(DROPPED));
}

/// Facts of an account or a Region that are read only if an earlier fact makes them relevant:
/// without users, the credential report is not needed. Each saves calls, but costs a round.
const DEFERRED: [FactKind; 13] = [
    FactKind::CredentialReport,
    FactKind::Buckets,
    FactKind::EnabledRegions,
    FactKind::AccountPublicAccessBlock,
    FactKind::Alarms,
    FactKind::CompositeAlarms,
    FactKind::MuteRules,
    FactKind::MacieSession,
    FactKind::MacieDiscovery,
    FactKind::MacieJobs,
    FactKind::FlowLogs,
    FactKind::RouteTables,
    FactKind::PeeringConnections,
];

/// A control requests all facts that it can name before it uses one. Facts that it requests later
/// belong to a resource or a Region from an earlier fact, or are deferred intentionally. Each round
/// waits for AWS.
#[test]
fn later_rounds_ask_only_for_what_an_answer_named() {
    let mut late = BTreeSet::new();
    let mut deferred = BTreeSet::new();
    each_example(|control, example| {
        let configured = control.configure(example.parameters.clone()).expect("valid parameters");
        let job = Job {
            control: &configured,
            context: &example.context,
            register: &example.register,
            item: None,
        };
        let mut facts = Facts::default();
        for round in 0.. {
            let Round::Needs(keys) = job.step(&facts) else { break };
            for key in keys {
                let is_named = key.id.is_empty() && (key.region.is_empty() || key.region == REGION);
                if round > 0 && is_named {
                    deferred.insert(key.kind);
                    if !DEFERRED.contains(&key.kind) {
                        late.insert(format!("{} requests {key} in round {round}", control.id));
                    }
                }
                let answer = example.facts.get(&key).cloned();
                let unread = ReadError::new("test:Unread", Cause::NotRecorded, "Unread");
                facts.insert(key, answer.unwrap_or(Err(unread)));
            }
        }
    });
    assert!(late.is_empty(), "{late:#?}");
    assert_eq!(deferred, BTreeSet::from(DEFERRED), "the facts in DEFERRED");
}

/// "Not found" for a list of a Region is a failure like any other: it does not mean that the
/// evaluated resources do not exist.
#[test]
fn a_list_that_is_not_found_drops_no_resource() {
    let snapshot = br#"{ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [{
        "account_id": "111122223333", "partition": "aws", "home_region": "us-east-1",
        "regions": ["us-east-1"], "facts": [
            { "fact": "Vpcs", "region": "us-east-1",
              "value": [{ "id": "vpc-1", "owner": "111122223333" }] },
            { "fact": "FlowLogs", "region": "us-east-1",
              "unread": { "operation": "ec2:DescribeFlowLogs", "cause": "gone",
                          "code": "InvalidFlowLogId.NotFound" } }] }] }"#;
    let snapshot = Snapshot::parse(snapshot).expect("a snapshot");
    let control = find("3.9").expect("a control");
    let example = Example { facts: snapshot.accounts[0].facts.clone(), ..Example::new("recorded") };
    let evaluations = example.run(control).expect("valid parameters").evaluations;
    let found: Vec<(&str, Compliance)> = evaluations
        .iter()
        .map(|evaluation| (evaluation.resource.resource_id.as_str(), evaluation.compliance))
        .collect();
    assert_eq!(found, [("vpc-1", Compliance::NotAssessed)]);
}

/// Returns whether the verdict on a resource changes without facts of a kind: then the verdict
/// depends on them.
fn reads(control: &'static Control, example: &Example, resource_id: &str, kind: FactKind) -> bool {
    let mut without = example.clone();
    without.facts = plumbline_core::fact::Facts::default();
    without.facts.extend(
        example
            .facts
            .iter()
            .filter(|(key, _)| key.kind != kind)
            .map(|(key, answer)| (key.clone(), answer.clone())),
    );
    let outcome = without.run(control).expect("valid parameters");
    outcome.evaluations.iter().any(|evaluation| {
        evaluation.resource.resource_id == resource_id
            && matches!(evaluation.not_assessed.as_deref(),
                Some(NotAssessed::ReadFailed(unread)) if unread.cause == Cause::NotRecorded)
    })
}

#[test]
fn reasons_are_sentences_within_the_limit() {
    each_example(|control, example| {
        for evaluation in example.run(control).expect("valid parameters").evaluations {
            let reason = &evaluation.reason;
            assert!(
                !reason.is_empty() && reason.chars().count() <= REASON_LIMIT,
                "{}: a reason has 1 to {REASON_LIMIT} characters: {reason}",
                control.id
            );
            assert!(
                reason.ends_with(['.', '…', ')']) || reason.contains("evidence: "),
                "{}: a reason is a sentence with an end: {reason}",
                control.id
            );
            assert!(
                reason.starts_with(char::is_uppercase),
                "{}: a reason begins with a capital letter, and not with a number: {reason}",
                control.id
            );
        }
    });
}

#[test]
fn global_controls_say_nothing_elsewhere() {
    each_example(|control, mut example| {
        example.context.region = "eu-central-1".to_owned();
        if control.scope == Scope::Global {
            let evaluations = example.run(control).expect("valid parameters").evaluations;
            assert_eq!(
                evaluations.iter().map(|evaluation| evaluation.compliance).collect::<Vec<_>>(),
                [Compliance::NotApplicable]
            );
            assert!(evaluations[0].reason.contains("us-east-1 only"), "{}", evaluations[0].reason);
        }
    });
}

#[test]
fn declarations_are_complete() {
    let mut slugs = BTreeSet::new();
    for control in CONTROLS {
        let id = control.id;
        assert!(slugs.insert(control.slug), "{id}: another control has the slug");
        assert!(
            control.rule_name().len() <= 36,
            "{id}: AWS Config appends to rule names, so they end at 36 characters"
        );
        assert!((1..=2).contains(&control.level), "{id}: level");
        let doc = control.doc();
        let headings: Vec<&str> = doc.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, Control::HEADINGS, "{id}: headings");
        for heading in Control::HEADINGS {
            assert!(!control.section(heading).is_empty(), "{id}: {heading}");
        }
        for read in control.reads() {
            assert!(read.name.contains(':') && read.action.contains(':'), "{id}: {read:?}");
        }
        assert!(control.configure(Values::new()).is_ok(), "{id}: a default is not a value");
        // Buckets remain when their Region is disabled: the run in the home Region reports them.
        let is_over_buckets =
            control.scope == Scope::Regional && control.facts.contains(&FactKind::Buckets);
        assert_eq!(
            is_over_buckets,
            control.facts.contains(&FactKind::EnabledRegions),
            "{id}: a regional control over buckets reads the enabled Regions"
        );
        for parameter in control.parameters() {
            assert!(!parameter.doc.is_empty(), "{id}: {}", parameter.name);
        }
    }
    assert!(!plumbline_core::parameters::Common::PARAMETERS.is_empty());
}

/// Findings, rules and pages show titles in lists: each states the required state, and no value
/// that a parameter changes.
#[test]
fn titles_state_the_required_state() {
    let mut titles = BTreeSet::new();
    for control in CONTROLS {
        let (id, title) = (control.id, control.title);
        assert!(titles.insert(title), "{id}: another control has the title: {title}");
        assert!(
            !title.is_empty() && title.chars().count() <= 90,
            "{id}: 1 to 90 characters: {title}"
        );
        assert!(title.starts_with(char::is_uppercase), "{id}: a capital letter first: {title}");
        assert!(!title.ends_with('.'), "{id}: no final period: {title}");
        let numbers = title.split(|letter: char| !letter.is_ascii_digit());
        let numbers: BTreeSet<&str> = numbers.filter(|number| !number.is_empty()).collect();
        for parameter in control.parameters() {
            assert!(
                !numbers.contains(parameter.default),
                "{id}: the parameter {} can change {} in the title: {title}",
                parameter.name,
                parameter.default
            );
        }
        let words: Vec<String> =
            title.split_whitespace().map(|word| word.to_ascii_lowercase()).collect();
        for word in ["ensure", "should"] {
            assert!(!words.iter().any(|found| found == word), "{id}: no \"{word}\": {title}");
        }
    }
}

#[test]
fn unknown_and_wrong_parameters_are_rejected() {
    for control in CONTROLS {
        let unknown = Values::from([("noSuchParameter".to_owned(), "1".to_owned())]);
        let error = control.configure(unknown).expect_err("unknown").to_string();
        assert!(error.contains("noSuchParameter") && error.contains("notAssessedAs"), "{error}");
        for parameter in control.parameters() {
            let wrong = Values::from([(parameter.name.to_owned(), "\u{1}".to_owned())]);
            assert!(control.configure(wrong).is_err(), "{} {}", control.id, parameter.name);
        }
    }
}

#[test]
fn beside_a_trail_that_cannot_be_read_earlier_buckets_are_not_called_gone() {
    for id in ["3.3", "3.6"] {
        let control = find(id).expect("a control");
        let mut partial = 0;
        for example in (control.run.examples)() {
            let outcome = example.run(control).expect("valid parameters");
            let trails = outcome
                .evaluations
                .iter()
                .filter(|evaluation| evaluation.resource.resource_type == Trail::TYPE)
                .count();
            let listed = !example
                .facts
                .iter()
                .any(|(key, answer)| key.kind == FactKind::Trails && answer.is_err());
            assert_eq!(
                outcome.unseen == Unseen::Gone,
                trails == 0 && listed,
                "{} {}",
                control.id,
                example.situation
            );
            partial += usize::from(trails > 0 && trails < outcome.evaluations.len());
        }
        assert!(partial > 0, "{}: no example of buckets beside a trail", control.id);
    }
}

/// Returns the files of a folder and its subfolders.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Sections contain only controls, each in a file with the name of the control. Exceptions are the
/// alarms of 4.1 to 4.15, which share an implementation and a table, and long lists of examples.
#[test]
fn every_file_is_registered() {
    let registered: BTreeSet<String> =
        CONTROLS.iter().map(|control| control.slug.to_owned()).collect();
    let mut found = BTreeSet::new();
    // Tests run in the folder of their package.
    for section in ["identity", "storage", "logging", "monitoring", "network"] {
        for file in files(&std::path::Path::new("src").join(section)) {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let slugs = text.split("slug: \"").skip(1).filter_map(|rest| rest.split('"').next());
            let slugs: Vec<String> = slugs.map(str::to_owned).collect();
            let is_of_alarms = file.components().any(|part| part.as_os_str() == "alarms");
            let name = file.file_stem().expect("a name").to_string_lossy().replace('_', "-");
            if !is_of_alarms && !["mod", "examples", "remedy"].contains(&name.as_str()) {
                assert!(text.contains("plumbline_core::control! {"), "no control: {file:?}");
                assert_eq!(slugs, [name], "the slug and the file's name: {file:?}");
            }
            found.extend(slugs);
        }
    }
    assert_eq!(found, registered, "slugs in files, and slugs of registered controls");
}
