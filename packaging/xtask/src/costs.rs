//! Computes the cost of the controls from the declarations, the assumptions about an account, and
//! prices.

use anyhow::Context;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_core::evaluation::ACCOUNT;
use plumbline_rules::registry::CONTROLS;

/// The example account: the number of resources by scope and type. Regional resources are per
/// Region.
pub(crate) const RESOURCES: [(Scope, &str, u32); 14] = [
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
pub(crate) const DAYS: f64 = 30.4;
pub(crate) const HOURS: f64 = 730.0;
/// The share of evaluations that differ from the previous day in outcome or reason. Ages in reasons
/// increase daily.
pub(crate) const DIFFERING: f64 = 0.03;
/// The share of evaluations that changed resources trigger per day, in addition to the daily ones.
pub(crate) const TRIGGERED: f64 = 0.02;
/// The duration of a run in seconds.
pub(crate) const SECONDS: f64 = 2.0;
const MEMORY_GB: f64 = 0.25;
const LOG_GB: f64 = 3e-6;
/// The counters of each run with `Metrics=all`: Evaluations, NotAssessed and FailedPublishes.
const METRICS: f64 = 3.0;
/// The number of recorded changes in the compliance of a pack per day.
pub(crate) const PACK_CHANGES: f64 = 1.0;
/// The daily use of the function that checks an account, for each way to check it.
pub(crate) const COVERAGE: DailyTask = DailyTask { seconds: 10.0, puts: 1.0 };
pub(crate) const SCAN: DailyTask = DailyTask { seconds: 120.0, puts: 2.0 };
const TASK_GB: f64 = 1.0;
/// The state transitions of the state machine per account.
pub(crate) const TRANSITIONS: f64 = 3.0;

/// Prices in US dollars for US East (N. Virginia). The section lists the source of each price.
pub(crate) mod price {
    /// The tiers of evaluations per month in a Region over all accounts of a bill, with their
    /// price. Source: <https://aws.amazon.com/config/pricing/>. Evaluations of rules and of rules
    /// in packs cost the same. Consolidated billing counts the evaluations of all accounts.
    pub(crate) const EVALUATIONS: [(f64, f64); 3] =
        [(100_000.0, 0.001), (500_000.0, 0.000_8), (f64::INFINITY, 0.000_5)];
    pub(crate) const CONFIGURATION_ITEM: f64 = 0.003;
    pub(crate) const LAMBDA_REQUEST: f64 = 0.2e-6;
    pub(crate) const LAMBDA_GB_SECOND: f64 = 0.000_016_666_7;
    pub(crate) const LOG_GB: f64 = 0.50;
    pub(crate) const METRIC_MONTH: f64 = 0.30;
    pub(crate) const ALARM_MONTH: f64 = 0.10;
    pub(crate) const FINDING: f64 = 0.000_03;
    /// Per month, account and Region.
    pub(crate) const FREE_FINDINGS: f64 = 10_000.0;
    /// Amazon Inspector: one scanned function per month.
    pub(crate) const INSPECTED_FUNCTION: f64 = 0.30;
    /// IAM Access Analyzer: one role analyzed for unused access per month.
    pub(crate) const ANALYZED_ROLE: f64 = 0.20;
    /// One state transition of a standard workflow.
    pub(crate) const TRANSITION: f64 = 0.000_025;
    /// One write request to Amazon S3.
    pub(crate) const PUT: f64 = 0.000_005;
}

/// Returns the monthly cost of evaluations in one Region.
fn evaluations(number: f64) -> f64 {
    let mut below = 0.0;
    let mut cost = 0.0;
    for (up_to, price) in price::EVALUATIONS {
        cost += (number.min(up_to) - below).max(0.0) * price;
        below = up_to;
    }
    cost
}

/// Returns the monthly cost of findings of one account in one Region.
fn findings(number: f64) -> f64 {
    (number - price::FREE_FINDINGS).max(0.0) * price::FINDING
}

/// A daily invocation for an account.
#[derive(Clone, Copy)]
pub(crate) struct DailyTask {
    pub(crate) seconds: f64,
    /// The number of objects written to Amazon S3.
    pub(crate) puts: f64,
}

impl DailyTask {
    /// Returns the monthly cost.
    fn cost(self, accounts: f64) -> f64 {
        let day = self.seconds * TASK_GB * price::LAMBDA_GB_SECOND
            + price::LAMBDA_REQUEST
            + TRANSITIONS * price::TRANSITION
            + self.puts * price::PUT;
        DAYS * day * accounts
    }
}

/// The mode of the parameter `Publish`.
#[derive(Clone, Copy)]
pub(crate) enum Publishing {
    All,
    Changes,
}

/// The Regions of an account.
#[derive(Clone, Copy)]
pub(crate) struct Regions {
    /// The number of Regions with the resources of the example, including the home Region.
    pub(crate) used: usize,
    /// The number of Regions with only one evaluation per regional control.
    pub(crate) unused: usize,
}

impl Regions {
    pub(crate) const FEW: Self = Self { used: 4, unused: 0 };
    pub(crate) const ALL: Self = Self { used: 4, unused: 13 };

    pub(crate) fn count(self) -> f64 {
        (self.used + self.unused) as f64
    }
}

pub(crate) struct ExampleAccount {
    pub(crate) regions: Regions,
    global_functions: f64,
    regional_functions: f64,
    /// The daily evaluations of global controls, and of regional controls in one used Region.
    pub(crate) global: f64,
    pub(crate) regional: f64,
}

impl ExampleAccount {
    pub(crate) fn new(regions: Regions) -> anyhow::Result<Self> {
        let evaluations = |scope: Scope| {
            of_scope(scope).map(evaluated).sum::<anyhow::Result<u32>>().map(f64::from)
        };
        Ok(Self {
            regions,
            global_functions: count(Scope::Global),
            regional_functions: count(Scope::Regional),
            global: evaluations(Scope::Global)?,
            regional: evaluations(Scope::Regional)?,
        })
    }

    pub(crate) fn daily(&self) -> f64 {
        self.of_regions().sum()
    }

    pub(crate) fn functions(&self) -> f64 {
        self.global_functions + self.regional_functions * self.regions.count()
    }

    /// Returns the number of roles in an account with its own functions.
    pub(crate) fn roles(&self) -> f64 {
        self.global_functions + self.regional_functions
    }

    /// Returns the number of packs: one regional pack per Region, and one global pack.
    fn packs(&self) -> f64 {
        1.0 + self.regions.count()
    }

    /// Returns how often each evaluation is reported per month.
    fn times_put(publish: Publishing) -> f64 {
        let daily = match publish {
            Publishing::All => 1.0,
            Publishing::Changes => 1.0 / 7.0 + DIFFERING,
        };
        DAYS * (daily + TRIGGERED)
    }

    /// Returns the daily evaluations in each Region.
    fn of_regions(&self) -> impl Iterator<Item = f64> {
        let home = self.global + self.regional;
        std::iter::once(home)
            .chain(std::iter::repeat_n(self.regional, self.regions.used - 1))
            .chain(std::iter::repeat_n(self.regional_functions, self.regions.unused))
    }

    /// Returns the number of reported evaluations per month.
    pub(crate) fn put(&self, publish: Publishing) -> f64 {
        self.daily() * Self::times_put(publish)
    }

    fn runs(&self) -> f64 {
        (self.functions() + TRIGGERED * self.daily()) * DAYS
    }

    /// Returns the monthly cost of all counters as metrics. The counters of a control are charged
    /// for one hour per day. The counters without a control receive data almost all the time.
    pub(crate) fn all_metrics(&self) -> f64 {
        METRICS * (self.functions() * DAYS / HOURS + self.regions.count()) * price::METRIC_MONTH
    }

    /// Returns the imported findings per month in the Region with most findings.
    pub(crate) fn imported_at_home(&self) -> f64 {
        (self.global + self.regional) * DAYS * (1.0 + TRIGGERED)
    }

    /// Returns the monthly cost of configuration items about the compliance of packs.
    fn pack_items(&self) -> f64 {
        DAYS * PACK_CHANGES * self.packs() * price::CONFIGURATION_ITEM
    }

    /// Returns the rows of the table: the item, and its monthly cost for a number of accounts.
    pub(crate) fn rows(&self, publish: Publishing, accounts: f64) -> [(&'static str, f64); 6] {
        let times_put = Self::times_put(publish);
        let put = self.of_regions().map(|daily| evaluations(daily * times_put * accounts)).sum();
        let imported =
            self.of_regions().map(|daily| findings(daily * DAYS * (1.0 + TRIGGERED))).sum::<f64>();
        let items = DAYS * self.daily() * TRIGGERED * price::CONFIGURATION_ITEM;
        let runs = self.runs();
        [
            ("AWS Config: evaluations", put),
            ("AWS Config: items of `ResourceCompliance`", items * accounts),
            ("AWS Config: items of `ConformancePackCompliance`", self.pack_items() * accounts),
            (
                "AWS Lambda",
                runs * (price::LAMBDA_REQUEST + SECONDS * MEMORY_GB * price::LAMBDA_GB_SECOND)
                    * accounts,
            ),
            ("CloudWatch: logs", runs * LOG_GB * price::LOG_GB * accounts),
            ("Security Hub: findings", imported * accounts),
        ]
    }

    pub(crate) fn total(&self, publish: Publishing, accounts: f64) -> f64 {
        self.rows(publish, accounts).iter().map(|(_, cost)| cost).sum()
    }

    /// Returns the cost of functions and roles in other services and of the account check: the
    /// item, and its monthly cost for a number of accounts.
    pub(crate) fn besides(&self, accounts: f64) -> [(&'static str, f64); 10] {
        let inspected = self.functions() * price::INSPECTED_FUNCTION;
        let alarms = (self.functions() + self.regions.count()) * price::ALARM_MONTH;
        [
            (
                "own: Amazon Inspector, one function per account",
                price::INSPECTED_FUNCTION * accounts,
            ),
            ("own: Amazon Inspector, `InspectorScanning=all`", inspected * accounts),
            ("own: unused access analyzer", self.roles() * price::ANALYZED_ROLE * accounts),
            ("own: alarms (`AlarmTopicArn`)", alarms * accounts),
            ("central: Amazon Inspector, one function", price::INSPECTED_FUNCTION),
            ("central: Amazon Inspector, `InspectorScanning=all`", inspected),
            ("central: unused access analyzer", price::ANALYZED_ROLE * accounts),
            ("central: alarms (`AlarmTopicArn`)", alarms),
            ("central: daily check", COVERAGE.cost(accounts)),
            ("**scan alone**, without AWS Config, daily", SCAN.cost(accounts)),
        ]
    }
}

fn of_scope(scope: Scope) -> impl Iterator<Item = &'static Control> {
    CONTROLS.into_iter().filter(move |control| control.scope == scope)
}

fn count(scope: Scope) -> f64 {
    of_scope(scope).map(|_| 1.0).sum()
}

/// Returns the daily evaluations of a control, in the home Region or in each Region.
pub(crate) fn evaluated(control: &Control) -> anyhow::Result<u32> {
    if control.run.resource_type == ACCOUNT {
        return Ok(1);
    }
    let found = RESOURCES.iter().find(|(scope, resource_type, _)| {
        (*scope, *resource_type) == (control.scope, control.run.resource_type)
    });
    let (_, _, number) = found.with_context(|| {
        format!(
            "packaging/xtask/src/costs.rs has no number of {} in the example ({})",
            control.run.resource_type, control.id
        )
    })?;
    Ok(*number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares costs to a millionth of a dollar.
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

    /// Two Regions below a tier do not reach it together, but two accounts in one Region do.
    #[test]
    fn tiers_count_for_each_region_over_all_accounts() {
        let times_put = ExampleAccount::times_put(Publishing::All);
        let example = ExampleAccount {
            regions: Regions::FEW,
            global_functions: 1.0,
            regional_functions: 1.0,
            global: 0.0,
            regional: 100_000.0 / times_put,
        };
        let of_evaluations = |accounts| example.rows(Publishing::All, accounts)[0].1;
        is(of_evaluations(1.0), 100.0 * Regions::FEW.count());
        is(of_evaluations(2.0), 180.0 * Regions::FEW.count());
        // A cost without tiers grows with the number of accounts.
        for (one, two) in example
            .rows(Publishing::All, 1.0)
            .into_iter()
            .zip(example.rows(Publishing::All, 2.0))
            .skip(1)
        {
            is(two.1, 2.0 * one.1);
        }
    }

    /// A Region without resources adds its functions, and one evaluation for each.
    #[test]
    fn an_unused_region_costs_its_functions() {
        let example = |unused| ExampleAccount {
            regions: Regions { used: 2, unused },
            global_functions: 5.0,
            regional_functions: 3.0,
            global: 50.0,
            regional: 30.0,
        };
        let (without, with) = (example(0), example(2));
        is(without.daily(), 110.0);
        is(with.daily(), 116.0);
        is(with.functions() - without.functions(), 6.0);
        is(with.pack_items() - without.pack_items(), 2.0 * DAYS * price::CONFIGURATION_ITEM);
        is(with.roles(), without.roles());
    }

    /// A charge for a function or alarm applies in each account with its own functions, and only
    /// once with central functions.
    #[test]
    fn central_functions_are_charged_once() {
        let example = ExampleAccount::new(Regions::ALL).expect("the example");
        let (one, many) = (example.besides(1.0), example.besides(1_000.0));
        for ((what, one), (_, many)) in one.into_iter().zip(many) {
            let is_once = ["Inspector", "alarms"].iter().any(|word| what.contains(word))
                && what.starts_with("central");
            is(many, if is_once { one } else { 1_000.0 * one });
        }
        let cost =
            |begin: &str| one.iter().find(|(what, _)| what.starts_with(begin)).expect("a row").1;
        is(cost("own: Amazon Inspector, `Ins"), example.functions() * 0.3);
        is(cost("own: unused"), 12.6);
        is(cost("own: alarms"), (example.functions() + 17.0) * 0.1);
        is(cost("**scan"), 30.4 * (120.0 * 0.000_016_666_7 + 0.2e-6 + 0.000_075 + 0.000_01));
    }
}
