//! The remediation in findings.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::finding::finding;
use plumbline_core::parameters::Values;
use plumbline_core::remediation::{DocsUrl, summary};
use plumbline_rules::registry::CONTROLS;

#[test]
fn the_first_paragraph_says_the_thing() {
    for control in CONTROLS {
        let text = summary(control);
        let first = text.split(". ").next().unwrap_or_default();
        assert!(first.split(' ').count() >= 4, "{}: {text}", control.id);
        assert!(text.ends_with('.') && !text.contains(['*', '`']), "{}: {text}", control.id);
        assert!(text.chars().count() <= 400, "{}: {text}", control.id);
    }
}

/// Calls `check` with every evaluation of the examples and the text of its finding.
fn recommendations(mut check: impl FnMut(&str, &Evaluation, &str)) {
    for control in CONTROLS {
        let configured = control.configure(Values::new()).expect("defaults");
        for example in (control.run.examples)() {
            for evaluation in example.run(control).expect("valid parameters").evaluations {
                let found = finding(&configured, &example.context, &evaluation);
                let text = found.remediation.recommendation.text;
                check(control.id.as_str(), &evaluation, &text);
            }
        }
    }
}

#[test]
fn recommendations_are_plain_and_whole() {
    recommendations(|id, evaluation, text| {
        assert!(text.chars().count() <= 512, "{id}: {text}");
        assert!(!text.contains(['*', '`', '…', '\n']), "{id}: {text}");
        assert!(
            text.contains(" Run") || text.ends_with(&format!("plumbline explain {id}.")),
            "{id}: {text}"
        );
        let failed = matches!(evaluation.compliance, Compliance::NonCompliant | Compliance::Waived);
        assert!(failed || !text.contains(" Run"), "{id}: {text}");
    });
}

/// Returns the words of a command.
fn words(command: &str) -> Vec<String> {
    plumbline_core::text::shell_words(command).expect("closed quotes")
}

#[test]
fn commands_have_all_values_or_say_which_are_asked_for() {
    const VALUES_IN_CAPITALS: [&str; 2] = ["ACCOUNT", "CIS"];
    recommendations(|id, evaluation, _| {
        let Some(remedy) = &evaluation.remedy else { return };
        for command in &remedy.commands {
            let words = words(command);
            assert_eq!(words.first().map(String::as_str), Some("aws"), "{id}: {command}");
            assert!(words.iter().all(|word| !word.is_empty()), "{id}: {command}");
            for word in words.iter().filter(|word| {
                word.len() > 2 && word.chars().all(|one| one.is_ascii_uppercase() || one == '-')
            }) {
                let is_known = VALUES_IN_CAPITALS.contains(&word.as_str());
                assert!(is_known || remedy.inputs.contains(word), "{id}: {word} in {command}");
            }
        }
        for input in &remedy.inputs {
            assert!(remedy.commands.iter().any(|command| command.contains(input)), "{id}: {input}");
        }
    });
}

#[test]
fn alarms_name_the_link_that_is_missing() {
    let mut named = 0;
    recommendations(|id, evaluation, text| {
        if id.starts_with("4.") && id != "4.16" && evaluation.compliance == Compliance::NonCompliant
        {
            assert!(evaluation.remedy.as_ref().is_some_and(|remedy| remedy.what.is_some()), "{id}");
            assert!(!text.starts_with("Create a metric filter for"), "{id}: {text}");
            named += 1;
        }
    });
    assert!(named > 100, "{named}");
}

#[test]
fn pages_have_addresses() {
    let docs = DocsUrl::new("https://docs.example.com/{slug}#{control}").expect("an address");
    let control = CONTROLS.into_iter().find(|one| one.id.as_str() == "5.2").expect("5.2");
    let page = docs.page(control);
    assert_eq!(page, "https://docs.example.com/sg-admin-ports-ipv4#5.2");
    let configured = control.configure(Values::new()).expect("defaults").with_page(Some(page));
    let example = (control.run.examples)().remove(0);
    let evaluation = example.run(control).expect("valid parameters").evaluations.remove(0);
    let found = finding(&configured, &example.context, &evaluation).remediation.recommendation;
    assert_eq!(found.url.as_deref(), Some("https://docs.example.com/sg-admin-ports-ipv4#5.2"));
}

/// A command removes only the sources in the finding: no other source in the same rule, and it does
/// not apply changes that wait for a maintenance window.
#[test]
fn commands_do_no_more_than_the_finding_asks() {
    let mut revoking = 0;
    recommendations(|id, evaluation, _| {
        for command in evaluation.remedy.iter().flat_map(|remedy| &remedy.commands) {
            assert!(!command.contains("--apply-immediately"), "{id}: {command}");
            if id == "5.2" || id == "5.3" {
                let (_, permissions) = command.split_once("--ip-permissions '").expect("them");
                let sources = permissions.split("\"CidrIp").skip(1);
                for source in sources {
                    let block = source.split('"').nth(2).expect("a block");
                    // The reason names the block as a source that covers all addresses.
                    assert!(evaluation.reason.contains(block), "{id}: {command}");
                    assert!(
                        !block.starts_with("203.0.113.") && !block.starts_with("2001:db8"),
                        "{id}: {command}"
                    );
                }
                assert!(!permissions.contains("PrefixListIds"), "{id}: {command}");
                revoking += 1;
            }
        }
    });
    assert!(revoking > 10, "{revoking}");
}
