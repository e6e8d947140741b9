//! Kinds of mistakes about users, their credentials and the root user.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::evaluation::Compliance;
use plumbline_core::example::{ACCOUNT_ID, Example, days_ago, now};
use plumbline_core::fact::Key;
use plumbline_core::facts::{
    AccountSummary, CredentialReport, FactKind, Organization, User, Users, VirtualMfaDevice,
    VirtualMfaDevices,
};
use plumbline_rules::registry::CONTROLS;
use proptest::prelude::*;

use super::{outcome, outcomes};

/// The columns of a credential report.
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

fn arn(at: usize) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:user/u{at}")
}

/// Returns the row of a user with one active key, and a second key with this status.
fn row(at: usize, second: &str) -> String {
    let (arn, created) = (arn(at), days_ago(2000).to_rfc3339());
    format!(
        "u{at},{arn},{created},false,N/A,N/A,N/A,false,true,2025-12-01T00:00:00Z,N/A,N/A,N/A,\
         {second},N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    )
}

fn user(at: usize) -> User {
    User { id: format!("AIDA{at}"), name: format!("u{at}"), arn: arn(at), created: days_ago(2000) }
}

fn report(generated: DateTime<Utc>, rows: &[String]) -> CredentialReport {
    let lines = [&[HEADER.to_owned()], rows].concat().join("\n");
    CredentialReport::parse(generated, lines.as_bytes()).expect("a report")
}

/// Returns a row with these fields after the creation time.
fn fields(at: usize, password: &str, key: &str) -> String {
    let (arn, created) = (arn(at), days_ago(2000).to_rfc3339());
    format!(
        "u{at},{arn},{created},{password},N/A,false,{key},N/A,N/A,false,N/A,N/A,N/A,N/A,\
         false,N/A,false,N/A"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// report-rows, report-and-users: an invalid row affects only its user, a user without a row is
    /// not assessed, and a row without a user does not count.
    #[test]
    fn rows_stand_alone(kinds in prop::collection::vec(0..4_usize, 1..8)) {
        let mut lines = vec![HEADER.to_owned()];
        let mut expected = BTreeMap::new();
        let mut users = Vec::new();
        for (at, kind) in kinds.iter().enumerate() {
            match kind {
                0 => lines.push(row(at, "false")),
                1 => lines.push(row(at, "true")),
                2 => lines.push(row(at, "not_supported")),
                _ => {}
            }
            expected.insert(format!("AIDA{at}"), [
                Compliance::Compliant,
                Compliance::NonCompliant,
                Compliance::NotAssessed,
                Compliance::NotAssessed,
            ][*kind]);
            users.push(User {
                id: format!("AIDA{at}"),
                name: format!("u{at}"),
                arn: arn(at),
                created: days_ago(2000),
            });
        }
        lines.push(row(99, "true"));
        let report = CredentialReport::parse(days_ago(0), lines.join("\n").as_bytes());
        let report = report.expect("a report");
        let example = Example::new("").account(Users(users)).account(report);
        prop_assert_eq!(outcomes("1.13", &example), expected);
        // The first key of each user is 31 days old, and the creation date of the second key is
        // unknown.
        for control in ["1.12", "1.14"] {
            for (user, compliance) in outcomes(control, &example) {
                let at: usize = user.trim_start_matches("AIDA").parse().expect("a number");
                let expected =
                    if kinds[at] == 0 { Compliance::Compliant } else { Compliance::NotAssessed };
                prop_assert_eq!(compliance, expected, "{} {}", control, user);
            }
        }
    }

    /// report-and-users: 1.21 evaluates the existing users. A password fails, a user without a row
    /// leaves the control not assessed, and a row of a deleted user does not count.
    #[test]
    fn users_and_rows_are_joined(kinds in prop::collection::vec(0..4_u8, 0..6)) {
        let root = format!(
            "<root_account>,arn:aws:iam::{ACCOUNT_ID}:root,{},not_supported,N/A,not_supported,\
             not_supported,true,\
             false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
            days_ago(3000).to_rfc3339()
        );
        let key = "false,N/A,N/A";
        let (mut rows, mut users) = (vec![root], Vec::new());
        for (at, kind) in kinds.iter().enumerate() {
            let password = if *kind == 0 || *kind == 3 {
                format!("true,N/A,{}", days_ago(9).to_rfc3339())
            } else {
                "false,N/A,N/A".to_owned()
            };
            // 0 has a password, 1 has no password, 2 is not in the report, 3 was deleted.
            if *kind != 2 {
                rows.push(fields(at, &password, key));
            }
            if *kind != 3 {
                users.push(user(at));
            }
        }
        let example = Example::new("")
            .account(Organization(Some("o-1".to_owned())))
            .account(Users(users))
            .account(report(days_ago(0), &rows));
        let expected = if kinds.contains(&0) {
            Compliance::NonCompliant
        } else if kinds.contains(&2) {
            Compliance::NotAssessed
        } else {
            Compliance::Compliant
        };
        let (compliance, reason) = outcome("1.21", &example);
        prop_assert_eq!(compliance, expected, "{:?}: {}", kinds, reason);
    }

    /// root-device-unlisted: a device whose user is not listed may belong to the root user,
    /// regardless of its serial number, unless another device certainly belongs to the root user.
    #[test]
    fn a_device_without_a_user_may_be_roots(
        listed in prop::collection::vec((0..3_usize, 0..3_usize), 0..5),
    ) {
        let iam = format!("arn:aws:iam::{ACCOUNT_ID}:");
        let serials = ["mfa/root-account-mfa-device", "mfa/phone", "mfa/alice"];
        let users = [None, Some("root"), Some("user/alice")];
        let devices = listed.iter().map(|(serial, user)| VirtualMfaDevice {
            serial: format!("{iam}{}", serials[*serial]),
            user: users[*user].map(|user| format!("{iam}{user}")),
        });
        let example = Example::new("")
            .account(AccountSummary { root_mfa: Some(1), ..AccountSummary::default() })
            .account(VirtualMfaDevices(devices.collect()));
        let expected = if listed.iter().any(|one| one.1 == 1 || *one == (0, 0)) {
            Compliance::NonCompliant
        } else if listed.iter().any(|one| one.1 == 0) {
            Compliance::NotAssessed
        } else {
            Compliance::Compliant
        };
        prop_assert_eq!(outcome("1.6", &example).0, expected, "{:?}", listed);
    }

    /// idle-to-report: the unused time ends at the time of the report, and the age of a key ends
    /// now.
    #[test]
    fn idle_time_ends_with_the_report(
        age_of_report in 0..240_i64, days in 44..47_i64, minutes in 0..1440_i64,
        days_of_key in 89..92_i64,
    ) {
        let generated = now() - TimeDelta::minutes(age_of_report);
        let used = generated - TimeDelta::days(days) + TimeDelta::minutes(minutes);
        let rotated = now() - TimeDelta::days(days_of_key) + TimeDelta::minutes(minutes);
        let key = format!("true,{},{}", rotated.to_rfc3339(), used.to_rfc3339());
        let example = Example::new("")
            .account(Users(vec![user(0)]))
            .account(report(generated, &[fields(0, "false,N/A,N/A", &key)]));
        let fails = |fails| if fails { Compliance::NonCompliant } else { Compliance::Compliant };
        let idle = generated - used;
        let is_idle = idle >= TimeDelta::days(45);
        prop_assert_eq!(outcome("1.12", &example).0, fails(is_idle), "{}", idle);
        let age = now() - rotated;
        prop_assert_eq!(outcome("1.14", &example).0, fails(age.num_days() > 90), "{}", age);
    }
}

/// reason: each reason that depends on the credential report states the time of the report.
#[test]
fn verdicts_that_rest_on_the_report_state_its_time() {
    for control in CONTROLS.iter().filter(|one| one.facts.contains(&FactKind::CredentialReport)) {
        for example in (control.run.examples)() {
            let read = example.facts.get(&Key::account(FactKind::CredentialReport));
            let Some(Ok(_)) = read else { continue };
            for evaluation in example.run(control).expect("valid parameters").evaluations {
                // Without users, and for keys that are younger than the limit, the verdict does not
                // depend on the report.
                if evaluation.as_of.is_some() {
                    assert!(
                        evaluation.reason.contains("as of") || evaluation.waiver.is_some(),
                        "{} {}: {}",
                        control.id,
                        example.situation,
                        evaluation.reason
                    );
                }
            }
        }
    }
}
