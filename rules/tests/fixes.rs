//! What remedies failures: each control declares it, as a function of what the report has.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::control::Control;
use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::fix::{Failure, Fix, FixCommand, FixEffect, Terraform};
use plumbline_core::parameters::Values;
use plumbline_rules::registry::CONTROLS;
use serde_json::Value;

/// Controls whose failures people remedy, whatever the failure is.
const BY_HAND: [&str; 11] =
    ["1.1", "1.3", "1.4", "1.5", "1.6", "1.7", "1.16", "1.21", "2.1.3", "2.3.1", "2.4.1"];

/// Whether Terraform has a resource that is one setting of the control.
fn is_one_setting(id: &str) -> bool {
    ["1.8", "1.9", "1.20", "2.1.1", "2.1.5", "2.2.1", "3.3"].contains(&id) || id.starts_with("4.")
}

fn fix_of(control: &'static Control, evaluation: &Evaluation, partition: &str) -> Fix {
    let parameters = control.configure(Values::new()).expect("defaults").effective();
    let evidence = evaluation.evidence.members();
    (control.fix)(&Failure {
        account: "111122223333",
        partition,
        resource: &evaluation.resource,
        // As reports have it.
        name: match &evaluation.resource.arn {
            Some(arn) if evaluation.resource.resource_type.starts_with("AWS::IAM::") => {
                arn.rsplit('/').next()
            }
            _ => evidence.get("name").and_then(Value::as_str),
        },
        evidence: &evidence,
        parameters: &parameters,
        remedy: evaluation.remedy.as_deref(),
    })
}

fn line(command: &FixCommand) -> String {
    command.shell(&|input| input.name.to_owned())
}

/// Every failure of the examples, with its fix.
fn each(mut check: impl FnMut(&'static Control, &Evaluation, &Fix)) {
    for control in CONTROLS {
        for example in (control.run.examples)() {
            for evaluation in example.run(control).expect("valid parameters").evaluations {
                if evaluation.compliance == Compliance::NonCompliant {
                    let partition = example.context.partition.to_string();
                    check(control, &evaluation, &fix_of(control, &evaluation, &partition));
                }
            }
        }
    }
}

#[test]
fn all_63_controls_declare_a_fix() {
    let mut kinds: BTreeMap<&str, BTreeSet<bool>> = BTreeMap::new();
    each(|control, evaluation, fix| {
        let id = control.id.as_str();
        let reason = &evaluation.reason;
        assert_ne!(fix.commands.is_empty(), fix.by_hand.is_none(), "{id}: {reason}");
        let lacks = fix.by_hand.as_ref().is_some_and(|why| why.contains("Scan again with this"));
        assert!(!lacks, "{id}: {reason}: {:?}", fix.by_hand);
        kinds.entry(id).or_default().insert(fix.by_hand.is_none());
    });
    // A program never fails it.
    kinds.entry("1.3").or_default().insert(false);
    assert_eq!(kinds.len(), 63);
    for (id, has_commands) in kinds {
        assert_eq!(!has_commands.contains(&true), BY_HAND.contains(&id), "{id}");
    }
}

#[test]
fn fixes_say_what_they_do_besides() {
    each(|control, _, fix| {
        let id = control.id.as_str();
        let sentences = fix.by_hand.iter().chain(&fix.notes);
        for sentence in sentences.chain(fix.effects.iter().map(|(_, what)| what)) {
            assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{id}: {sentence}");
        }
        let effects: Vec<FixEffect> = fix.effects.iter().map(|(effect, _)| *effect).collect();
        for command in &fix.commands {
            let line = line(command);
            let has = |effect| effects.contains(&effect);
            let deletes = ["delete_access_key", "delete-login", "delete-server", "delete-user-pol"];
            if deletes.iter().any(|verb| line.contains(verb)) {
                assert!(has(FixEffect::Deletes), "{id}: {line}");
            }
            let cuts = ["revoke-", "detach-", "replace-", "access-block", "public"];
            let functions = ["deactivate_access_key", "remove_all_rules"];
            let mut cuts = cuts.iter().chain(&functions);
            if cuts.any(|verb| line.contains(verb)) && !line.starts_with("aws logs") {
                assert!(has(FixEffect::Disruptive), "{id}: {line}");
            }
            if line.contains("add_event_selector") || line.contains("restate_") {
                assert!(has(FixEffect::Replaces), "{id}: {line}");
            }
            // What stands beside it is lost only where it is read first.
            for whole in ["put-bucket-policy", "put-event-selectors", "update-account-password"] {
                assert!(!line.contains(whole), "{id}: {line}");
            }
        }
        let only_deletes = effects.contains(&FixEffect::Deletes);
        let is_undone = fix.undo.is_some() || only_deletes;
        assert!(is_undone || fix.by_hand.is_some() || fix.effects.len() < 2, "{id}: {fix:?}");
    });
}

/// The command of a finding and that of its fix are one.
#[test]
fn the_commands_of_findings_are_those_of_fixes() {
    let mut same = 0;
    each(|control, evaluation, fix| {
        let id = control.id.as_str();
        let lines: Vec<String> = fix.commands.iter().map(line).collect();
        for command in evaluation.remedy.iter().flat_map(|remedy| &remedy.commands) {
            let is_filled_in = command.contains("TOPIC-ARN") || command.contains("ADDRESS");
            let begin = command.split(" --").next().expect("the operation");
            let found = lines.iter().any(|line| {
                line.starts_with(command.as_str())
                    || is_filled_in && line.starts_with(begin)
                    // The script removes the rules that there are then.
                    || id == "5.4" && line.starts_with("remove_all_rules us-east-1 sg-")
            });
            assert!(found, "{id}: {command} is not in {lines:?}");
            same += 1;
        }
    });
    assert!(same > 100, "{same}");
}

#[test]
fn commands_name_their_region() {
    each(|control, _, fix| {
        for command in fix.commands.iter().filter(|command| command.operation().is_some()) {
            let has_region = command.options().any(|option| option == "--region");
            assert!(has_region, "{}: {}", control.id, line(command));
        }
    });
}

#[test]
fn terraform_has_resources_for_what_is_one_setting() {
    each(|control, _, fix| {
        let id = control.id.as_str();
        match &fix.terraform {
            Terraform::Resources(_) => assert!(is_one_setting(id), "{id}"),
            Terraform::Argument(argument) => {
                let is_known = argument.starts_with("aws_");
                assert!(is_known && !argument.contains('\n'), "{id}: {argument}");
            }
            Terraform::None => assert!(fix.by_hand.is_some(), "{id}: {fix:?}"),
        }
    });
}

/// Whatever a report holds, a fix is either commands of the control or a sentence.
#[test]
fn reports_that_were_changed_lead_to_no_other_commands() {
    const OTHER: [&str; 4] = [
        "aws iam create-user --user-name intruder",
        "rm -rf /",
        "aws ec2 revoke-security-group-ingress --region us-east-1; rm -rf /",
        "aws s3api put-public-access-block --bucket `id`",
    ];
    each(|control, evaluation, _| {
        for other in OTHER {
            let mut changed = evaluation.clone();
            let Some(remedy) = &mut changed.remedy else { return };
            remedy.commands = vec![other.to_owned()];
            remedy.then.clear();
            let fix = fix_of(control, &changed, "aws");
            for command in &fix.commands {
                let line = line(command);
                let is_inert = !line.contains("rm -rf") || line.contains("'us-east-1;'");
                assert!(is_inert && !line.contains("create-user"), "{}: {line}", control.id);
                assert!(!line.contains("`id`") || line.contains("'`id`'"), "{line}");
            }
        }
        let mut changed = evaluation.clone();
        for evidence in [
            serde_json::json!({}),
            serde_json::json!({ "policy": 1, "keys": "x",
            "allowing": [1], "routes": [{}], "nearest": [], "trail": "x", "recorders": 5 }),
        ] {
            changed.evidence = evidence.into();
            let fix = fix_of(control, &changed, "aws");
            assert!(fix.by_hand.is_some() || fix.commands.iter().all(|one| !line(one).is_empty()));
        }
    });
}

/// Names that a shell, the AWS CLI or a reader would take for something else stay values.
#[test]
fn names_stay_values() {
    const NAMES: [&str; 9] = [
        "$(touch x)",
        "`touch x`",
        "it's \"quoted\"",
        "a\nrm -rf /",
        "--region",
        "-x",
        "a; b & c | d > e",
        "\u{202e}x\u{200b}",
        "ü 漢字 ’ “",
    ];
    each(|control, evaluation, _| {
        for name in NAMES {
            let mut changed = evaluation.clone();
            changed.resource.resource_id = name.to_owned();
            let fix = fix_of(control, &changed, "aws");
            for command in &fix.commands {
                let line = line(command);
                assert!(!line.contains('\n') && !line.contains('\u{202e}'), "{line}");
            }
        }
    });
}

/// Each text of a value, with its place.
fn leaves(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(list) => list.iter_mut().for_each(|one| leaves(one, change)),
        Value::Object(members) => members.values_mut().for_each(|one| leaves(one, change)),
        _ => {}
    }
}

/// Everything that a fix prints.
fn printed(fix: &Fix) -> Vec<String> {
    let terraform = format!("{:?}", fix.terraform);
    let effects = fix.effects.iter().map(|(_, what)| what.clone());
    let lines = fix.commands.iter().map(line).chain(effects);
    lines.chain(fix.notes.clone()).chain(fix.undo.clone()).chain([terraform]).collect()
}

/// In China and in GovCloud, nothing names the partition of the others.
#[test]
fn other_partitions_have_arns_of_their_own() {
    for partition in ["aws-cn", "aws-us-gov"] {
        let own = format!("arn:{partition}:");
        let moved = |text: &str| text.replace("arn:aws:", &own);
        each(|control, evaluation, _| {
            let mut there = evaluation.clone();
            let mut evidence = Value::Object(there.evidence.members());
            leaves(&mut evidence, &mut |text| *text = moved(text));
            there.evidence = evidence.into();
            there.resource.arn = there.resource.arn.as_deref().map(moved);
            if let Some(remedy) = &mut there.remedy {
                for command in remedy.commands.iter_mut().chain(&mut remedy.then) {
                    *command = moved(command);
                }
            }
            for text in printed(&fix_of(control, &there, partition)) {
                assert!(!text.contains("arn:aws:"), "{}: {text}", control.id);
            }
        });
    }
}

/// Each text of the evidence may be what somebody named so.
#[test]
fn texts_of_the_evidence_stay_values() {
    const NAMES: [&str; 4] = ["$(touch x)", "it's `id`; rm -rf x", "a\nrm -rf x", "-\u{202e}x"];
    each(|control, evaluation, _| {
        let mut count = 0;
        leaves(&mut Value::Object(evaluation.evidence.members()), &mut |_| count += 1);
        for (place, name) in (0..count).flat_map(|place| NAMES.map(|name| (place, name))) {
            let mut changed = evaluation.clone();
            let mut evidence = Value::Object(changed.evidence.members());
            let mut at = 0;
            leaves(&mut evidence, &mut |text| {
                if at == place {
                    *text = name.to_owned();
                }
                at += 1;
            });
            changed.evidence = evidence.into();
            for command in &fix_of(control, &changed, "aws").commands {
                let line = line(command);
                assert!(!line.contains(['\n', '\u{202e}']), "{}: {line}", control.id);
                let words = plumbline_core::text::shell_words(&line);
                let is_whole = |words: Vec<String>| {
                    words.iter().all(|word| !["rm", "touch", "$(touch"].contains(&word.as_str()))
                };
                assert!(line.contains("$'") || words.is_some_and(is_whole), "{line}");
            }
        }
    });
}
