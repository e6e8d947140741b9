//! Tests of a scan that publishes: it compares its register and parameters with those of the
//! deployed functions.

#![cfg(feature = "aws")]
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use plumbline_core::parameters::Values;
use plumbline_deploy::DeployedSettings;
use plumbline_rules::registry;

/// The stack parameter with the prefix of bucket names.
const CODE_BUCKET_PREFIX: &str = "CodeBucketPrefix";

fn settings(parameters: &[(&str, &str)]) -> Option<DeployedSettings> {
    let parameters = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    DeployedSettings::of(parameters.collect())
}

#[test]
fn the_register_is_in_the_stacks_bucket() {
    let settings = settings(&[(CODE_BUCKET_PREFIX, "plumbline-1")]);
    assert_eq!(
        settings.map(|settings| settings.register()).as_deref(),
        Some("s3://plumbline-1-register/register.json")
    );
}

#[test]
fn pages_are_those_of_the_stack() {
    let pages = |given: &[(&str, &str)]| {
        let settings = settings(&[&[(CODE_BUCKET_PREFIX, "p")], given].concat());
        settings.expect("deployed").docs_url().map(str::to_owned)
    };
    let url = "https://wiki.example.com/{control}";
    assert_eq!(pages(&[("DocsUrl", url)]).as_deref(), Some(url));
    assert_eq!((pages(&[("DocsUrl", "")]), pages(&[])), (None, None));
}

#[test]
fn a_stack_without_our_buckets_is_none_of_ours() {
    assert_eq!(settings(&[]), None);
    assert_eq!(settings(&[(CODE_BUCKET_PREFIX, "")]), None);
}

#[test]
fn parameters_that_differ_are_named() {
    let differences = |deployed: &[(&str, &str)], own: &str| {
        let deployed = [&[(CODE_BUCKET_PREFIX, "p")], deployed].concat();
        let mut own = Values::from([("adminPorts".to_owned(), own.to_owned())]);
        own.retain(|_, value| !value.is_empty());
        let control = registry::find("5.2").expect("a control").configure(own).expect("valid");
        settings(&deployed).expect("deployed").differences(&control)
    };
    assert_eq!(differences(&[], "22,3389"), [""; 0], "the default");
    assert_eq!(differences(&[("AdminPorts", "")], ""), [""; 0]);
    assert_eq!(differences(&[("AdminPorts", "22,3389,5432")], "22,3389,5432"), [""; 0]);
    assert_eq!(
        differences(&[("AdminPorts", "22,3389")], "5432"),
        ["5.2 adminPorts is \"5432\", deployed is \"22,3389\""]
    );
    assert_eq!(
        differences(&[("NotAssessedAs", "nonCompliant")], ""),
        ["5.2 notAssessedAs is \"notApplicable\", deployed is \"nonCompliant\""]
    );
}
