//! Documents that people and Plumbline itself write: registers, snapshots, findings and output.

use std::borrow::Cow;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::control::Control;
use plumbline_core::engine::Job;
use plumbline_core::evaluation::{Compliance, Evaluation, REASON_LIMIT, ResourceRef, Waiver};
use plumbline_core::fact::Facts;
use plumbline_core::finding::{Finding, OBSERVED_FIELD, Stored, finding, finding_id, id_prefix};
use plumbline_core::item::ConfigurationItem;
use plumbline_core::parameters::Values;
use plumbline_core::register::Register;
use plumbline_core::snapshot::{RecordedAccount, Snapshot};
use plumbline_core::text::{escaped, escaped_json, escaped_lines, is_unseen, shorten};
use plumbline_core::view::Context;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

/// The time of all runs except later ones.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_268_800, 0).unwrap_or_default()
}

/// An error has a text.
fn stated(error: impl std::fmt::Display) {
    assert!(!error.to_string().is_empty());
}

fn context(now: DateTime<Utc>) -> Context {
    Context {
        account: AccountId::new("111122223333").unwrap_or_else(|_| unreachable!("twelve digits")),
        partition: Partition::Aws,
        region: "us-east-1".to_owned(),
        home_region: "us-east-1".to_owned(),
        now,
    }
}

/// The result of a control for an account with one failing resource, and a register.
fn with_register(
    control: &'static Control,
    item: Option<&ConfigurationItem>,
    register: &Register,
    now: DateTime<Utc>,
) -> Vec<Evaluation> {
    let mut facts = Facts::default();
    if let Some(item) = item {
        let of_item = (control.run.facts_from_item)(item);
        facts.extend(of_item.into_iter().map(|(key, fact)| (key, Ok(fact))));
    }
    let control = control.configure(Values::new()).unwrap_or_else(|error| panic!("{error}"));
    Job { control: &control, context: &context(now), register, item }.decide(&facts).evaluations
}

/// A bucket without MFA delete, and a security group that is open to 0.0.0.0/0.
fn wrong_items() -> Vec<ConfigurationItem> {
    let item = |resource_type: &str, id: &str, arn: &str, configuration: Value, more: Value| {
        let item = json!({
            "resourceType": resource_type, "resourceId": id, "resourceName": id, "arn": arn,
            "awsAccountId": "111122223333", "awsRegion": "us-east-1",
            "configurationItemStatus": "OK", "configuration": configuration,
            "configurationItemCaptureTime": "2026-01-01T00:00:00.000Z",
            "supplementaryConfiguration": more
        });
        serde_json::from_value(item).unwrap_or_else(|error| panic!("{error}"))
    };
    let permission = json!({ "ipProtocol": "-1", "userIdGroupPairs": [], "prefixListIds": [],
        "ipv6Ranges": [], "ipv4Ranges": [{ "cidrIp": "0.0.0.0/0" }] });
    vec![
        item(
            "AWS::S3::Bucket",
            "data",
            "arn:aws:s3:::data",
            json!({ "name": "data" }),
            json!({ "BucketVersioningConfiguration":
                { "status": "Off", "isMfaDeleteEnabled": null } }),
        ),
        item(
            "AWS::EC2::SecurityGroup",
            "sg-1",
            "arn:aws:ec2:us-east-1:111122223333:security-group/sg-1",
            json!({ "groupId": "sg-1", "groupName": "g", "ownerId": "111122223333",
                "vpcId": "vpc-1", "ipPermissions": [permission], "ipPermissionsEgress": [] }),
            json!({}),
        ),
    ]
}

/// A register. Written and read again, it is the same. It waives only failures and attests only
/// controls that accept attestations, until the last day of each entry.
pub fn register(bytes: &[u8]) {
    let controls = || CONTROLS.into_iter().map(Control::registered);
    let parse = |text: &[u8]| Register::parse(text, controls(), now().date_naive());
    let valid = match Register::parse_valid(bytes, controls(), now().date_naive()) {
        Ok(valid) => valid,
        Err(error) => return stated(error),
    };
    match parse(bytes) {
        Ok(register) => assert_eq!((&register, valid.problems.is_empty()), (&valid.register, true)),
        Err(error) => {
            assert!(!valid.problems.is_empty());
            stated(error);
        }
    }
    // An invalid entry does not affect the others.
    let register = valid.register;
    let written = serde_json::to_vec(&register).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parse(&written).unwrap_or_else(|error| panic!("{error}")), register);
    let expiries = register.expiries(now());
    assert_eq!(expiries.len(), register.attestations.len() + register.exceptions.len());
    // The day after the last one.
    let over = expiries.iter().map(|expiry| expiry.until).max();
    let over = over.and_then(|day| day.checked_add_days(Days::new(1)));
    let over = over.map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let items = wrong_items();
    for control in CONTROLS {
        let of_control =
            |item: &&ConfigurationItem| control.change_type() == Some(item.resource_type.as_str());
        for item in items.iter().filter(of_control).map(Some).chain([None]) {
            let plain = with_register(control, item, &Register::default(), now());
            let changed = with_register(control, item, &register, now());
            assert_eq!(plain.len(), changed.len());
            for (plain, changed) in plain.iter().zip(&changed) {
                let change = (plain.compliance, changed.compliance);
                let waived = change == (Compliance::NonCompliant, Compliance::Waived)
                    && changed.waiver.is_some();
                let attested =
                    control.registered().1 && plain.compliance == Compliance::NotAssessed;
                assert!(change.0 == change.1 || waived || attested, "{} {change:?}", control.id);
                assert!(changed.reason.chars().count() <= REASON_LIMIT);
            }
            let Some(over) = over else { continue };
            let plain = with_register(control, item, &Register::default(), over);
            let expired = with_register(control, item, &register, over);
            for (plain, expired) in plain.iter().zip(&expired) {
                assert_eq!(plain.compliance, expired.compliance, "{}", control.id);
                assert!(expired.waiver.is_none());
            }
        }
    }
}

/// A snapshot. Written and read again, it is the same. Every control evaluates it.
pub fn snapshot(bytes: &[u8]) {
    let snapshot = match Snapshot::parse(bytes) {
        Ok(snapshot) => snapshot,
        Err(error) => return stated(error),
    };
    let written = |snapshot: &Snapshot| {
        let mut written = Vec::new();
        snapshot.write(&mut written).unwrap_or_else(|error| panic!("{error}"));
        written
    };
    let text = written(&snapshot);
    let again = Snapshot::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again.accounts.len(), snapshot.accounts.len());
    // Numbers are compared as they are written: some change a little then.
    assert_eq!(format!("{again:?}"), format!("{snapshot:?}"));
    assert_eq!(written(&again), text);
    for account in snapshot.accounts.iter().take(2) {
        for region in account.regions.iter().take(2) {
            decide(&snapshot, account, region);
        }
    }
}

fn decide(snapshot: &Snapshot, account: &RecordedAccount, region: &str) {
    let context = Context {
        account: account.account_id.clone(),
        partition: account.partition,
        region: region.to_owned(),
        home_region: account.home_region.clone(),
        now: snapshot.recorded_at,
    };
    let register = Register::default();
    for control in CONTROLS {
        let control = control.configure(Values::new()).unwrap_or_else(|error| panic!("{error}"));
        let job = Job { control: &control, context: &context, register: &register, item: None };
        for evaluation in job.decide(&account.facts).evaluations {
            let length = evaluation.reason.chars().count();
            assert!((1..=REASON_LIMIT).contains(&length), "{}", evaluation.reason);
        }
    }
}

/// An evaluation, as a JSON object. Its finding is within the limits of ASFF, and has the members
/// that the publisher reads: the owner, the digest and the time.
pub fn evaluation(bytes: &[u8]) {
    let Ok(given) = serde_json::from_slice::<Value>(bytes) else { return };
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let Ok(compliance) = serde_json::from_value::<Compliance>(given["compliance"].clone()) else {
        return;
    };
    let evaluation = Evaluation {
        resource: ResourceRef {
            resource_type: text("resource_type"),
            resource_id: text("resource_id"),
            arn: given["arn"].as_str().map(str::to_owned),
            region: "us-east-1".to_owned(),
        },
        compliance,
        reason: shorten(&text("reason"), REASON_LIMIT),
        evidence: given["evidence"].clone().into(),
        detail: given["detail"].as_str().map(str::to_owned),
        code: (compliance == Compliance::NotAssessed).then_some("OUT_OF_TIME".into()),
        as_of: given["as_of"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        not_assessed: None,
        waiver: given["waiver"].as_str().map(|reason| {
            Box::new(Waiver {
                entry: "exceptions[0]".to_owned(),
                reason: reason.to_owned(),
                approved_by: text("approved_by"),
                until: now().date_naive(),
                would_be: text("reason"),
            })
        }),
        attested: None,
        remedy: None,
        exceptions: Vec::new(),
    };
    for control in CONTROLS.into_iter().step_by(20) {
        let configured = control.configure(Values::new());
        let configured = configured.unwrap_or_else(|error| panic!("{error}"));
        let first = finding(&configured, &context(now()), &evaluation);
        within_limits(&first);
        let prefix = id_prefix(control, &context(now()));
        let rest = first.id.strip_prefix(&prefix).unwrap_or_else(|| panic!("{}", first.id));
        let whole =
            format!("{}/{}", evaluation.resource.resource_type, evaluation.resource.resource_id);
        assert!(rest == whole || (prefix.len() + whole.len() > 512 && rest.contains('~')));
        let other = finding_id(
            control,
            &context(now()),
            &evaluation.resource.resource_type,
            &format!("{}x", evaluation.resource.resource_id),
        );
        assert_ne!(first.id, other, "another resource has another finding");

        // A later run that finds the same.
        let later = now() + TimeDelta::days(3);
        let mut second = finding(&configured, &context(later), &evaluation);
        assert_eq!((&second.id, second.digest()), (&first.id, first.digest()));
        second.observed(later);
        let observed = second.product_fields.get(OBSERVED_FIELD);
        let observed = observed.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        assert_eq!(observed.map(|time| time.to_utc()), Some(later));
        assert_eq!(second.digest(), first.digest(), "a new observation time is not a change");
        let time = |text: &str| {
            DateTime::parse_from_rfc3339(text)
                .map(|time| time.to_utc())
                .unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        let stored = Stored {
            created_at: time(&first.created_at),
            first_observed_at: time(&first.first_observed_at),
            updated_at: time(&first.updated_at),
            last_observed_at: time(&first.last_observed_at),
            digest: first.digest().map(str::to_owned),
            observed: None,
            record_state: first.record_state,
        };
        second.continue_from(&stored, later);
        assert_eq!(second.created_at, first.created_at);
        assert!(time(&second.updated_at) > stored.updated_at);
        within_limits(&second);

        // Another result is a change.
        let mut changed = evaluation.clone();
        changed.compliance = match compliance {
            Compliance::Compliant => Compliance::NonCompliant,
            _ => Compliance::Compliant,
        };
        let changed = finding(&configured, &context(later), &changed);
        assert_ne!(changed.digest(), first.digest());
    }
}

fn within_limits(finding: &Finding) {
    let length = |text: &str| text.chars().count();
    assert!(finding.id.len() <= 512 && length(&finding.title) <= 256);
    assert!(length(&finding.description) <= 1_024);
    assert!(finding.product_fields.len() <= 50);
    for (name, value) in &finding.product_fields {
        assert!(length(name) <= 128 && (1..=2_048).contains(&length(value)), "{name}: {value}");
    }
    for resource in &finding.resources {
        assert!(length(&resource.id) <= 512, "{}", resource.id);
    }
    // Security Hub accepts findings of up to 240 KB.
    let size = serde_json::to_vec(finding).map(|json| json.len());
    assert!(size.is_ok_and(|size| size <= 240_000));
}

/// A text for a terminal. The result contains no invisible characters, and as JSON it is the same
/// text.
pub fn output(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let line = escaped(&text);
    assert!(!line.chars().any(is_unseen), "{line:?}");
    assert_eq!(matches!(line, Cow::Borrowed(_)), !text.chars().any(is_unseen));
    assert_eq!(escaped(&line), line, "what is escaped stays as it is");
    let lines = escaped_lines(&text);
    assert!(!lines.chars().any(|character| is_unseen(character) && character != '\n'));
    assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
    for json in [json!({ "a": [*text] }).to_string(), json!([{ (text.as_ref()): 1 }]).to_string()] {
        let value: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}"));
        let escaped = escaped_json(json);
        assert!(!escaped.chars().any(|character| is_unseen(character) && character != '\n'));
        let again: Value =
            serde_json::from_str(&escaped).unwrap_or_else(|error| panic!("{error}: {escaped}"));
        assert_eq!(again, value);
    }
    for limit in [1, 20, 256] {
        let short = shorten(&text, limit);
        assert!(short.chars().count() <= limit, "{short:?}");
        assert!(!short.chars().any(char::is_control), "{short:?}");
    }
}
