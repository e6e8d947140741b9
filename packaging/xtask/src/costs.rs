//! What running the controls costs: computed from the declarations, assumptions about an account, and prices.

use std::fmt::Write;

use anyhow::Context;
use plumbline_core::control::{Control, Scope};
use plumbline_core::evaluation::ACCOUNT;
use plumbline_rules::registry::CONTROLS;

/// The example: how many resources a control evaluates, by its scope and the type of resource; in each Region for regional controls.
const RESOURCES: [(Scope, &str, u32); 14] = [
    (Scope::Global, "AWS::CloudTrail::Trail", 1),
    (Scope::Global, "AWS::IAM::Policy", 20),
    (Scope::Global, "AWS::IAM::ServerCertificate", 1),
    (Scope::Global, "AWS::IAM::User", 10),
    (Scope::Global, "AWS::S3::Bucket", 1),
    (Scope::Regional, "AWS::EC2::Instance", 20),
    (Scope::Regional, "AWS::EC2::NetworkAcl", 4),
    (Scope::Regional, "AWS::EC2::RouteTable", 6),
    (Scope::Regional, "AWS::EC2::SecurityGroup", 30),
    (Scope::Regional, "AWS::EC2::VPC", 3),
    (Scope::Regional, "AWS::EFS::FileSystem", 1),
    (Scope::Regional, "AWS::KMS::Key", 5),
    (Scope::Regional, "AWS::RDS::DBInstance", 4),
    (Scope::Regional, "AWS::S3::Bucket", 10),
];
const REGIONS: u32 = 4;
const DAYS: f64 = 30.4;
const HOURS: f64 = 730.0;
/// The share of evaluations that differ from those of the day before, in outcome or in reason: ages in reasons grow daily.
const DIFFERING: f64 = 0.03;
/// The share of evaluations that a changed resource triggers in a day, besides the daily ones.
const TRIGGERED: f64 = 0.02;
/// How long a run takes.
const SECONDS: f64 = 2.0;
const MEMORY_GB: f64 = 0.25;
const LOG_GB: f64 = 3e-6;
/// Evaluations, NotAssessed and FailedPublishes.
const METRICS: f64 = 3.0;

/// Prices in US dollars, US East (N. Virginia).
mod price {
    pub(super) const EVALUATION: f64 = 0.001;
    pub(super) const CONFIGURATION_ITEM: f64 = 0.003;
    pub(super) const LAMBDA_REQUEST: f64 = 0.2e-6;
    pub(super) const LAMBDA_GB_SECOND: f64 = 0.000_016_666_7;
    pub(super) const LOG_GB: f64 = 0.50;
    pub(super) const METRIC_MONTH: f64 = 0.30;
    pub(super) const ALARM_MONTH: f64 = 0.10;
    pub(super) const FINDING: f64 = 0.000_03;
    pub(super) const FREE_FINDINGS: f64 = 10_000.0;
}

/// How much a mode of publishing puts.
#[derive(Clone, Copy)]
enum Publish {
    All,
    Changes,
}

struct Example {
    global_functions: f64,
    regional_functions: f64,
    /// Evaluations a day of global controls, and of regional controls in one Region.
    global: f64,
    regional: f64,
}

impl Example {
    fn new() -> anyhow::Result<Self> {
        let evaluations = |scope: Scope| of_scope(scope).map(evaluated).sum::<anyhow::Result<u32>>().map(f64::from);
        Ok(Self {
            global_functions: count(Scope::Global),
            regional_functions: count(Scope::Regional),
            global: evaluations(Scope::Global)?,
            regional: evaluations(Scope::Regional)?,
        })
    }

    fn daily(&self) -> f64 {
        self.global + self.regional * f64::from(REGIONS)
    }

    fn functions(&self) -> f64 {
        self.global_functions + self.regional_functions * f64::from(REGIONS)
    }

    /// Evaluations that are put in a month.
    fn put(&self, publish: Publish) -> f64 {
        let daily = match publish {
            Publish::All => 1.0,
            Publish::Changes => 1.0 / 7.0 + DIFFERING,
        };
        self.daily() * DAYS * (daily + TRIGGERED)
    }

    /// What Security Hub charges: our findings, and what AWS Config forwards of those put, above what is free in each Region.
    fn findings(&self, publish: Publish) -> f64 {
        let forwarded = self.put(publish) / self.daily();
        let of_region = |evaluations: f64| (evaluations * (DAYS * (1.0 + TRIGGERED) + forwarded) - price::FREE_FINDINGS).max(0.0);
        let others = f64::from(REGIONS - 1) * of_region(self.regional);
        (of_region(self.global + self.regional) + others) * price::FINDING
    }

    /// The rows of the table: what, and what it costs in a month.
    fn rows(&self, publish: Publish) -> [(&'static str, f64); 6] {
        let runs = (self.functions() + TRIGGERED * self.daily()) * DAYS;
        // Of each control's counters an hour a day is charged; those without the control hear of one function or another nearly always.
        let metrics = METRICS * (self.functions() * DAYS / HOURS + f64::from(REGIONS));
        [
            ("AWS Config: evaluations", self.put(publish) * price::EVALUATION),
            ("AWS Config: items about changed compliance", self.daily() * TRIGGERED * DAYS * price::CONFIGURATION_ITEM),
            ("AWS Lambda", runs * (price::LAMBDA_REQUEST + SECONDS * MEMORY_GB * price::LAMBDA_GB_SECOND)),
            ("CloudWatch: logs", runs * LOG_GB * price::LOG_GB),
            ("CloudWatch: metrics", metrics * price::METRIC_MONTH),
            ("Security Hub: findings", self.findings(publish)),
        ]
    }

    fn total(&self, publish: Publish) -> f64 {
        self.rows(publish).iter().map(|(_, cost)| cost).sum()
    }
}

fn of_scope(scope: Scope) -> impl Iterator<Item = &'static Control> {
    CONTROLS.into_iter().filter(move |control| control.scope == scope)
}

fn count(scope: Scope) -> f64 {
    of_scope(scope).map(|_| 1.0).sum()
}

/// How many evaluations a control makes a day, in the home Region or in each.
fn evaluated(control: &Control) -> anyhow::Result<u32> {
    if control.run.resource_type == ACCOUNT {
        return Ok(1);
    }
    let found = RESOURCES.iter().find(|(scope, resource_type, _)| (*scope, *resource_type) == (control.scope, control.run.resource_type));
    let (_, _, number) =
        found.with_context(|| format!("packaging/xtask/src/costs.rs says nothing of {} in the example ({})", control.run.resource_type, control.id))?;
    Ok(*number)
}

/// The section on costs of docs/deployment.md.
pub(crate) fn section() -> anyhow::Result<String> {
    let example = Example::new()?;
    let mut text = String::new();
    let listed = |scope: Scope| {
        let of_scope = RESOURCES.iter().filter(|(of, _, _)| *of == scope);
        of_scope.map(|(_, resource_type, number)| format!("{number} `{resource_type}`")).collect::<Vec<_>>().join(", ")
    };
    let _ = write!(
        text,
        "**Example account.** {REGIONS} Regions. Once: {}. In each Region: {}. Every other control makes one evaluation, on the account. \
         So the {} functions make *E* = {:.0} + {REGIONS} × {:.0} = {:.0} evaluations a day. {:.0} % of them differ from the day before in outcome or reason (*v*), and changed resources trigger another \
         {:.0} % (*u*). A run takes {SECONDS:.0} s with 256 MB and logs 3 KB.\n\n",
        listed(Scope::Global),
        listed(Scope::Regional),
        example.functions(),
        example.global,
        example.regional,
        example.daily(),
        DIFFERING * 100.0,
        TRIGGERED * 100.0
    );
    let _ = write!(
        text,
        "**Prices.** US East (N. Virginia), US dollars, list prices as known on 23 November 2026 (check them before you rely on them), first tier, no free tiers of new accounts: evaluation {}, configuration item {}, Lambda {:.2} a million \
         requests and {} a GB-second (x86), logs {:.2} a GB, metric {:.2} a month and charged by the hour, alarm {:.2} a month, finding {} above {:.0} a month and Region.\n\n",
        price::EVALUATION,
        price::CONFIGURATION_ITEM,
        price::LAMBDA_REQUEST * 1e6,
        price::LAMBDA_GB_SECOND,
        price::LOG_GB,
        price::METRIC_MONTH,
        price::ALARM_MONTH,
        price::FINDING,
        price::FREE_FINDINGS
    );
    let _ = write!(
        text,
        "**Formulae.** A month has {DAYS} days and {HOURS} hours. Evaluations put: `all` 30.4 *E* (1 + *u*) = {:.0}, `changes` 30.4 *E* (1/7 + *v* + *u*) = {:.0}. Items: 30.4 *E u*, where the recorder records \
         `AWS::Config::ResourceCompliance`. Runs: 30.4 (functions + *E u*). Metrics: 3 (functions × 30.4/730 + Regions). Findings: ours 30.4 *E* (1 + *u*), and one that AWS Config forwards for each evaluation put, \
         above what is free in each Region.\n\n",
        example.put(Publish::All),
        example.put(Publish::Changes)
    );
    text.push_str("| a month, US dollars | `Publish=all` | `Publish=changes` |\n|---|---:|---:|\n");
    for ((what, all), (_, changes)) in example.rows(Publish::All).into_iter().zip(example.rows(Publish::Changes)) {
        let _ = writeln!(text, "| {what} | {all:.2} | {changes:.2} |");
    }
    let (all, changes) = (example.total(Publish::All), example.total(Publish::Changes));
    let _ = writeln!(text, "| **1 account** | **{all:.2}** | **{changes:.2}** |");
    for (accounts, label) in [(10.0, "10"), (100.0, "100"), (1_000.0, "1,000")] {
        let _ = writeln!(text, "| {label} accounts | {:.0} | {:.0} |", all * accounts, changes * accounts);
    }
    let _ = write!(
        text,
        "\nWith `AlarmTopicArn`, alarms come to {:.2} more for each account: one a function, and one a Region. The first run puts everything, and where `AWS::Config::ResourceCompliance` is recorded it makes one item for \
         each resource. Volume tiers, which an organization reaches together, make evaluations beyond 100,000 in a Region cheaper. What the recorder itself costs is not in here.\n",
        (example.functions() + f64::from(REGIONS)) * price::ALARM_MONTH
    );
    Ok(text)
}
