//! The commands of fixes are valid for the AWS CLI.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use plumbline_core::evaluation::Compliance;
use plumbline_core::fix::Failure;
use plumbline_core::parameters::Values;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::programs::{isolated, stdout};

use super::tools;

/// The commands that the AWS CLI rejects, with the models of the services.
fn refused(lines: &BTreeSet<String>) -> String {
    let mut child = isolated(tools().join("python"))
        .args(["-c", include_str!("check_commands.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("piped");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let writes = std::thread::spawn(move || input.write_all(text.as_bytes()).expect("it reads"));
    let output = child.wait_with_output().expect("Python ends");
    writes.join().expect("it writes");
    stdout(&output, 0)
}

/// Every AWS CLI command for the failures in the examples of controls, in fixes and in findings.
#[test]
fn commands_are_those_of_the_api() {
    let mut lines = BTreeSet::new();
    for control in CONTROLS {
        let parameters = control.configure(Values::new()).expect("defaults").effective();
        for example in (control.run.examples)() {
            let evaluations = example.run(control).expect("valid parameters").evaluations;
            let failing = |compliance| compliance == Compliance::NonCompliant;
            for evaluation in evaluations.iter().filter(|one| failing(one.compliance)) {
                let evidence = evaluation.evidence.members();
                let partition = example.context.partition.to_string();
                let fix = (control.fix)(&Failure {
                    account: "111122223333",
                    partition: &partition,
                    resource: &evaluation.resource,
                    name: None,
                    evidence: &evidence,
                    parameters: &parameters,
                    remedy: evaluation.remedy.as_deref(),
                });
                let of_aws = fix.commands.iter().filter(|command| command.operation().is_some());
                lines.extend(of_aws.map(|command| command.shell(&|input| input.name.to_owned())));
                // The commands in findings, with placeholders in capitals.
                let remedy = evaluation.remedy.iter();
                let found = remedy.flat_map(|remedy| remedy.commands.iter().chain(&remedy.then));
                lines.extend(found.map(|command| {
                    let command = command.replace("TOPIC-ARN", "\"$TOPIC_ARN\"");
                    command.replace("ADDRESS", "\"$ALARM_EMAIL\"")
                }));
            }
        }
    }
    assert!(lines.len() > 100, "{lines:?}");
    assert_eq!(refused(&lines), "");
}

/// The test above can fail: each of these commands is rejected.
#[test]
fn wrong_commands_are_found() {
    let wrong = [
        "aws logs put-metric-filter --region us-east-1 --log-group-name 'a b' --filter-name x \
         --metric-transformations metricName=a,metricNamespace=b,metricValue=1 --filter-pattern x",
        "aws ec2 create-flow-logs --region us-east-1 --resource-type VPC --resource-ids vpc-1 \
         --traffic-type NONE",
        "aws iam update-access-key --region us-east-1 --access-key-id AKIAIOSFODNN7EXAMPLE",
        "aws iam tag-user --region us-east-1 --user-name alice --tags Key=a,Value=b --unknown x",
        "aws kms enable-key-rotation --region us-east-1 --key-id \"$UNKNOWN\"",
    ];
    for line in wrong {
        let found = refused(&BTreeSet::from([line.to_owned()]));
        assert!(found.starts_with(line), "{line}: {found}");
    }
}
