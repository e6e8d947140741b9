//! The figures of `docs/contribute/measurements.md`. Run with `cargo xtask bench`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use plumbline_core::aws::{AccountId, AccountNames, Partition};
use plumbline_core::engine::Job;
use plumbline_core::example::{ACCOUNT_ID, REGION, days_ago, now};
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::{
    AccessKey, CredentialReport, Credentials, FactKind, SecurityGroup, SecurityGroupRule,
    SecurityGroups, Stamp, User, Users,
};
use plumbline_core::parameters::Values;
use plumbline_core::register::Register;
use plumbline_core::snapshot::{RecordedAccount, Snapshot};
use plumbline_core::view::Context;
use plumbline_rules::registry::find;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction};

const RESOURCES: usize = 100_000;
const ROUNDS: usize = 7;

fn main() {
    let users = users();
    let groups = groups();
    evaluation("1.12", "users", &users);
    evaluation("5.2", "security groups", &groups);
    bootstrap();
}

/// The median of several rounds.
fn median(mut round: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| round()).collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

fn context() -> Context {
    Context {
        account: AccountId::new(ACCOUNT_ID).expect("an id"),
        partition: Partition::Aws,
        region: REGION.to_owned(),
        home_region: REGION.to_owned(),
        now: now(),
    }
}

/// Every fifth user has an unused password.
fn users() -> Facts {
    let arn = |number: usize| format!("arn:aws:iam::{ACCOUNT_ID}:user/user-{number:06}");
    let none = AccessKey {
        active: Some(false),
        rotated: Stamp::NotApplicable,
        used: Stamp::NotApplicable,
    };
    let key = AccessKey {
        active: Some(true),
        rotated: Stamp::At(days_ago(60)),
        used: Stamp::At(days_ago(3)),
    };
    let credentials = |number: usize| Credentials {
        created: Some(days_ago(400)),
        name: format!("user-{number:06}"),
        password_enabled: Some(true),
        password_used: Stamp::At(days_ago(if number.is_multiple_of(5) { 90 } else { 2 })),
        password_changed: Stamp::At(days_ago(200)),
        mfa_active: Some(true),
        additional: None,
        keys: [key, none],
    };
    let user = |number: usize| User {
        id: format!("AIDA{number:016}"),
        name: format!("user-{number:06}"),
        arn: arn(number),
        created: days_ago(400),
    };
    let rows: BTreeMap<String, Credentials> =
        (0..RESOURCES).map(|number| (arn(number), credentials(number))).collect();
    let mut facts = Facts::default();
    facts.insert(
        Key::account(FactKind::Users),
        Ok(Users((0..RESOURCES).map(user).collect()).into()),
    );
    facts.insert(
        Key::account(FactKind::CredentialReport),
        Ok(CredentialReport { generated: now(), rows, unreadable: BTreeMap::new() }.into()),
    );
    facts
}

/// Every fifth group opens SSH to 0.0.0.0/0.
fn groups() -> Facts {
    let rule = |port: i32, block: &str| SecurityGroupRule {
        protocol: "tcp".to_owned(),
        from_port: Some(port),
        to_port: Some(port),
        ipv4: vec![block.parse().expect("a block")],
        ..SecurityGroupRule::default()
    };
    let group = |number: usize| SecurityGroup {
        id: format!("sg-{number:017x}"),
        name: format!("group-{number}"),
        owner: ACCOUNT_ID.to_owned(),
        region: REGION.to_owned(),
        vpc: Some("vpc-0a000000000000001".to_owned()),
        ingress: vec![
            rule(443, "0.0.0.0/0"),
            rule(22, if number.is_multiple_of(5) { "0.0.0.0/0" } else { "10.0.0.0/8" }),
            rule(5432, "10.1.0.0/16"),
        ],
        egress: vec![SecurityGroupRule {
            protocol: "-1".to_owned(),
            ipv4: vec!["0.0.0.0/0".parse().expect("a block")],
            ..SecurityGroupRule::default()
        }],
    };
    let mut facts = Facts::default();
    facts.insert(
        Key::region(FactKind::SecurityGroups, REGION),
        Ok(SecurityGroups((0..RESOURCES).map(group).collect()).into()),
    );
    facts
}

/// Compares the time to evaluate resources with the time to read their snapshot.
fn evaluation(id: &str, what: &str, facts: &Facts) {
    let control = find(id).expect("a control").configure(Values::new()).expect("valid parameters");
    let context = context();
    let snapshot = Snapshot {
        recorded_at: now(),
        recorded_by: None,
        regions_limited_to: Vec::new(),
        accounts: vec![RecordedAccount {
            account_id: context.account.clone(),
            names: AccountNames::default(),
            partition: Partition::Aws,
            home_region: REGION.to_owned(),
            regions: vec![REGION.to_owned()],
            regions_unread: None,
            facts: facts.clone(),
        }],
    };
    let mut text = Vec::new();
    snapshot.write(&mut text).expect("a snapshot");
    let register = Register::default();
    let job = Job { control: &control, context: &context, register: &register, item: None };
    let evaluating = median(|| timed(|| job.decide(facts)).0);
    let parsing = median(|| timed(|| Snapshot::parse(&text).expect("a snapshot")).0);
    println!(
        "{id} over {RESOURCES} {what}: {evaluating:.0?}, {:.0} a second; reading their snapshot of \
         {:.1} MB: {parsing:.0?}; ratio {:.2}",
        RESOURCES as f64 / evaluating.as_secs_f64(),
        text.len() as f64 / 1e6,
        evaluating.as_secs_f64() / parsing.as_secs_f64()
    );
}

/// Measures the time from the start of the function to its first poll and its first answer, and
/// its peak memory.
fn bootstrap() {
    let account = TestAccount::new();
    account.enable_security_hub(REGION);
    let rule = "cis-1-4-root-access-key";
    let event = ConfigEvent::of(&account, REGION, rule).scheduled();
    let mut memory = 0;
    let mut polls = Vec::new();
    let answering = median(|| {
        let start = Instant::now();
        let mut function = RunningFunction::start(&account, REGION, "1.4", &[]);
        polls.push(function.wait_for_poll(start));
        function.invoke(&event).answer.expect("success");
        let answered = start.elapsed();
        memory = memory.max(function.peak_memory());
        answered
    });
    polls.sort_unstable();
    println!(
        "bootstrap: start to first poll {:.1?}, to first answer of 1.4 {answering:.1?}, peak \
         memory {:.1} MB",
        polls[polls.len() / 2],
        memory as f64 / 1024.0
    );
}
