//! What running the controls costs: computed from the declarations, assumptions about an account,
//! and prices.

use std::fmt::Write;

use anyhow::Context;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_core::evaluation::ACCOUNT;
use plumbline_rules::registry::CONTROLS;

/// The example: how many resources a control evaluates, by its scope and the type of resource; in
/// each Region for regional controls.
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
const REGIONS: usize = 4;
const DAYS: f64 = 30.4;
const HOURS: f64 = 730.0;
/// The share of evaluations that differ from those of the day before, in outcome or in reason: ages
/// in reasons grow daily.
const DIFFERING: f64 = 0.03;
/// The share of evaluations that a changed resource triggers in a day, besides the daily ones.
const TRIGGERED: f64 = 0.02;
/// How long a run takes.
const SECONDS: f64 = 2.0;
const MEMORY_GB: f64 = 0.25;
const LOG_GB: f64 = 3e-6;
/// Counters that every run tells with `Metrics=all`: Evaluations, NotAssessed and FailedPublishes.
const METRICS: f64 = 3.0;
/// How often a day the compliance of a pack changes, as AWS Config records it.
const PACK_CHANGES: f64 = 1.0;

/// Prices in US dollars, US East (N. Virginia).
mod price {
    /// Up to how many evaluations a month, in a Region and all accounts of a bill together, each
    /// costs how much. <https://aws.amazon.com/config/pricing/>: evaluations of rules and of rules
    /// in packs cost the same, and consolidated billing counts those of all accounts.
    pub(super) const EVALUATIONS: [(f64, f64); 3] =
        [(100_000.0, 0.001), (500_000.0, 0.000_8), (f64::INFINITY, 0.000_5)];
    pub(super) const CONFIGURATION_ITEM: f64 = 0.003;
    pub(super) const LAMBDA_REQUEST: f64 = 0.2e-6;
    pub(super) const LAMBDA_GB_SECOND: f64 = 0.000_016_666_7;
    pub(super) const LOG_GB: f64 = 0.50;
    pub(super) const METRIC_MONTH: f64 = 0.30;
    pub(super) const ALARM_MONTH: f64 = 0.10;
    pub(super) const FINDING: f64 = 0.000_03;
    /// A month, for each account and Region.
    pub(super) const FREE_FINDINGS: f64 = 10_000.0;
}

/// What evaluations in one Region cost in a month.
fn evaluations(number: f64) -> f64 {
    let mut below = 0.0;
    let mut cost = 0.0;
    for (up_to, price) in price::EVALUATIONS {
        cost += (number.min(up_to) - below).max(0.0) * price;
        below = up_to;
    }
    cost
}

/// What findings of one account in one Region cost in a month.
fn findings(number: f64) -> f64 {
    (number - price::FREE_FINDINGS).max(0.0) * price::FINDING
}

/// How much a mode of publishing puts.
#[derive(Clone, Copy)]
enum Publishing {
    All,
    Changes,
}

struct ExampleAccount {
    global_functions: f64,
    regional_functions: f64,
    /// Evaluations a day of global controls, and of regional controls in one Region.
    global: f64,
    regional: f64,
}

impl ExampleAccount {
    fn new() -> anyhow::Result<Self> {
        let evaluations = |scope: Scope| {
            of_scope(scope).map(evaluated).sum::<anyhow::Result<u32>>().map(f64::from)
        };
        Ok(Self {
            global_functions: count(Scope::Global),
            regional_functions: count(Scope::Regional),
            global: evaluations(Scope::Global)?,
            regional: evaluations(Scope::Regional)?,
        })
    }

    fn daily(&self) -> f64 {
        self.global + self.regional * REGIONS as f64
    }

    fn functions(&self) -> f64 {
        self.global_functions + self.regional_functions * REGIONS as f64
    }

    /// How often each evaluation is put in a month.
    fn times_put(publish: Publishing) -> f64 {
        let daily = match publish {
            Publishing::All => 1.0,
            Publishing::Changes => 1.0 / 7.0 + DIFFERING,
        };
        DAYS * (daily + TRIGGERED)
    }

    /// Evaluations a day in each Region.
    fn of_regions(&self) -> impl Iterator<Item = f64> {
        let home = self.global + self.regional;
        std::iter::once(home).chain(std::iter::repeat_n(self.regional, REGIONS - 1))
    }

    /// Evaluations that are put in a month.
    fn put(&self, publish: Publishing) -> f64 {
        self.daily() * Self::times_put(publish)
    }

    fn runs(&self) -> f64 {
        (self.functions() + TRIGGERED * self.daily()) * DAYS
    }

    /// What all counters as metrics cost: of each control's an hour a day is charged; those without
    /// the control hear of one function or another nearly always.
    fn all_metrics(&self) -> f64 {
        METRICS * (self.functions() * DAYS / HOURS + REGIONS as f64) * price::METRIC_MONTH
    }

    /// The rows of the table: what, and what it costs in a month in so many accounts.
    fn rows(&self, publish: Publishing, accounts: f64) -> [(&'static str, f64); 5] {
        let times_put = Self::times_put(publish);
        let put = self.of_regions().map(|daily| evaluations(daily * times_put * accounts)).sum();
        // Ours, and what AWS Config forwards of those put.
        let imported = self
            .of_regions()
            .map(|daily| findings(daily * (DAYS * (1.0 + TRIGGERED) + times_put)))
            .sum::<f64>();
        let items = DAYS * (self.daily() * TRIGGERED + PACK_CHANGES * (1.0 + REGIONS as f64));
        let runs = self.runs();
        [
            ("AWS Config: evaluations", put),
            (
                "AWS Config: items about changed compliance",
                items * price::CONFIGURATION_ITEM * accounts,
            ),
            (
                "AWS Lambda",
                runs * (price::LAMBDA_REQUEST + SECONDS * MEMORY_GB * price::LAMBDA_GB_SECOND)
                    * accounts,
            ),
            ("CloudWatch: logs", runs * LOG_GB * price::LOG_GB * accounts),
            ("Security Hub: findings", imported * accounts),
        ]
    }

    fn total(&self, publish: Publishing, accounts: f64) -> f64 {
        self.rows(publish, accounts).iter().map(|(_, cost)| cost).sum()
    }
}

fn of_scope(scope: Scope) -> impl Iterator<Item = &'static Control> {
    CONTROLS.into_iter().filter(move |control| control.scope == scope)
}

fn count(scope: Scope) -> f64 {
    of_scope(scope).map(|_| 1.0).sum()
}

/// How many evaluations a control makes a day, in the home Region or in each.
pub(crate) fn evaluated(control: &Control) -> anyhow::Result<u32> {
    if control.run.resource_type == ACCOUNT {
        return Ok(1);
    }
    let found = RESOURCES.iter().find(|(scope, resource_type, _)| {
        (*scope, *resource_type) == (control.scope, control.run.resource_type)
    });
    let (_, _, number) = found.with_context(|| {
        format!(
            "packaging/xtask/src/costs.rs says nothing of {} in the example ({})",
            control.run.resource_type, control.id
        )
    })?;
    Ok(*number)
}

/// The section on costs of docs/deployment.md.
pub(crate) fn section() -> anyhow::Result<String> {
    let example = ExampleAccount::new()?;
    let mut text = String::new();
    let listed = |scope: Scope| {
        let of_scope = RESOURCES.iter().filter(|(of, _, _)| *of == scope);
        of_scope
            .map(|(_, resource_type, number)| format!("{number} `{resource_type}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let _ = write!(
        text,
        "**Example account.** {REGIONS} Regions. Once: {}. In each Region: {}. Every other control \
         makes one evaluation, on the account. \
         So the {} functions make *E* = {:.0} + {REGIONS} × {:.0} = {:.0} evaluations a day. {:.0} \
         % of them differ from the day before in outcome or reason (*v*), and changed resources \
         trigger another \
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
    let [(first, first_price), (second, second_price), (_, last_price)] = price::EVALUATIONS;
    let _ = write!(
        text,
        "**Prices.** US East (N. Virginia), US dollars, list prices as known on 23 November 2026 \
         (check them before you rely on them), no free tiers of new accounts. An evaluation costs \
         {first_price} up to {}, \
         {second_price} up to {} and {last_price} above, a month and Region, counted over all \
         accounts of an organization's bill; what rules in packs evaluate costs as much, and we \
         take it to be charged once. \
         Configuration item {}, Lambda {:.2} a million requests and {} a GB-second (x86), logs \
         {:.2} a GB, metric {:.2} a month and charged by the hour, alarm {:.2} a month, finding {} \
         above {} a month, \
         account and Region.\n\n",
        thousands(first),
        thousands(second),
        price::CONFIGURATION_ITEM,
        price::LAMBDA_REQUEST * 1e6,
        price::LAMBDA_GB_SECOND,
        price::LOG_GB,
        price::METRIC_MONTH,
        price::ALARM_MONTH,
        price::FINDING,
        thousands(price::FREE_FINDINGS)
    );
    let _ = write!(
        text,
        "**Formulae.** A month has {DAYS} days and {HOURS} hours. Evaluations put: `all` 30.4 *E* \
         (1 + *u*) = {}, `changes` 30.4 *E* (1/7 + *v* + *u*) = {}. Items: 30.4 (*E u* + packs), \
         one a day for each pack, \
         where the recorder records `AWS::Config::ResourceCompliance` and \
         `AWS::Config::ConformancePackCompliance`. Runs: 30.4 (functions + *E u*). Findings: ours \
         30.4 *E* (1 + *u*), and one that AWS Config \
         forwards for each evaluation put, above what is free in each Region.\n\n",
        thousands(example.put(Publishing::All)),
        thousands(example.put(Publishing::Changes))
    );
    text.push_str("| a month, US dollars | `Publish=all` | `Publish=changes` |\n|---|---:|---:|\n");
    for ((what, all), (_, changes)) in
        example.rows(Publishing::All, 1.0).into_iter().zip(example.rows(Publishing::Changes, 1.0))
    {
        let _ = writeln!(text, "| {what} | {all:.2} | {changes:.2} |");
    }
    let (all, changes) =
        (example.total(Publishing::All, 1.0), example.total(Publishing::Changes, 1.0));
    let _ = writeln!(text, "| **1 account** | **{all:.2}** | **{changes:.2}** |");
    for accounts in [10.0, 100.0, 1_000.0] {
        let (all, changes) = (
            example.total(Publishing::All, accounts),
            example.total(Publishing::Changes, accounts),
        );
        let _ = writeln!(
            text,
            "| {} accounts | {} | {} |",
            thousands(accounts),
            thousands(all),
            thousands(changes)
        );
    }
    let roles = example.global_functions + example.regional_functions;
    let problem = 2.0 * 2.0 * DAYS / HOURS * price::METRIC_MONTH;
    let _ = write!(
        text,
        "\nFor each account besides: `Metrics=all` comes to {:.2}, three counters for each \
         function and three for each Region; by default a function that cannot read or publish \
         something comes to about {problem:.2}, \
         and nothing otherwise. With `AlarmTopicArn`, alarms come to {:.2}: one a function, and \
         one a Region. The first run puts everything, and where `AWS::Config::ResourceCompliance` \
         is recorded it makes one item \
         for each resource. Where the recorder records their types, Plumbline's own {roles:.0} \
         roles and {:.0} functions are items too: {:.2} once, and {:.2} for the \
         functions at each release. So are a few stacks, but no log groups: AWS Config does not \
         record those. What the recorder costs otherwise is not in here.\n",
        example.all_metrics(),
        (example.functions() + REGIONS as f64) * price::ALARM_MONTH,
        example.functions(),
        (roles + example.functions()) * price::CONFIGURATION_ITEM,
        example.functions() * price::CONFIGURATION_ITEM
    );
    Ok(text)
}

/// A number without its fraction, with commas.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal to a millionth of a dollar.
    fn is(cost: f64, expected: f64) {
        assert!((cost - expected).abs() < 1e-6, "{cost} is not {expected}");
    }

    #[test]
    fn evaluations_get_cheaper_at_the_tiers() {
        for (number, cost) in [
            (0.0, 0.0),
            (1.0, 0.001),
            (100_000.0, 100.0),
            (100_001.0, 100.000_8),
            (500_000.0, 420.0),
            (500_001.0, 420.000_5),
            (1_500_000.0, 920.0),
        ] {
            is(evaluations(number), cost);
        }
    }

    #[test]
    fn the_first_findings_are_free() {
        for (number, cost) in [(0.0, 0.0), (10_000.0, 0.0), (10_001.0, 0.000_03), (110_000.0, 3.0)]
        {
            is(findings(number), cost);
        }
    }

    /// Two Regions below a tier do not reach it together; two accounts in one Region do.
    #[test]
    fn tiers_count_for_each_region_over_all_accounts() {
        let times_put = ExampleAccount::times_put(Publishing::All);
        let example = ExampleAccount {
            global_functions: 1.0,
            regional_functions: 1.0,
            global: 0.0,
            regional: 100_000.0 / times_put,
        };
        let of_evaluations = |accounts| example.rows(Publishing::All, accounts)[0].1;
        is(of_evaluations(1.0), 100.0 * REGIONS as f64);
        is(of_evaluations(2.0), 180.0 * REGIONS as f64);
        // What has no tiers grows with the accounts.
        for (one, two) in example
            .rows(Publishing::All, 1.0)
            .into_iter()
            .zip(example.rows(Publishing::All, 2.0))
            .skip(1)
        {
            is(two.1, 2.0 * one.1);
        }
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!(
            [0.0, 999.4, 1_000.0, 26_636.2, 1_234_567.0].map(thousands),
            ["0", "999", "1,000", "26,636", "1,234,567"]
        );
    }
}
