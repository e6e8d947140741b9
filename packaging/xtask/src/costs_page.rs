//! The figures of `docs/operate/costs.md`.

use std::fmt::Write;

use plumbline_core::benchmark::Scope;

use crate::costs::{
    COVERAGE, DAYS, DIFFERING, ExampleAccount, HOURS, PACK_CHANGES, Publishing, RESOURCES, Regions,
    SCAN, SECONDS, TRANSITIONS, TRIGGERED, price,
};

/// The columns of a page. A sign may exceed them by two.
const PAGE_WIDTH: usize = 118;

/// The numbers of accounts in tables.
const ACCOUNTS: [f64; 5] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0];

/// Returns the section.
pub(crate) fn section() -> anyhow::Result<String> {
    let few = ExampleAccount::new(Regions::FEW)?;
    let all = ExampleAccount::new(Regions::ALL)?;
    let mut text = String::new();
    example(&mut text, &few, &all);
    prices(&mut text);
    formulae(&mut text, &few, &all);
    one_account(&mut text, [&few, &all]);
    by_accounts(&mut text, [&few, &all]);
    besides(&mut text, &all);
    Ok(text.lines().fold(String::new(), |page, line| page + &wrapped(line)))
}

/// A line of a page, wrapped unless it belongs to a table.
fn wrapped(line: &str) -> String {
    if line.starts_with('|') {
        return format!("{line}\n");
    }
    let (mut text, mut width) = (String::new(), 0);
    for word in line.split_whitespace() {
        // A sign at the start of a line would create a list.
        let is_sign = ["+", "-", "*", "="].contains(&word);
        if width > 0 {
            let fits = width + 1 + word.chars().count() <= PAGE_WIDTH || is_sign;
            text.push(if fits { ' ' } else { '\n' });
            width = if fits { width + 1 } else { 0 };
        }
        text.push_str(word);
        width += word.chars().count();
    }
    text.push('\n');
    text
}

fn example(text: &mut String, few: &ExampleAccount, all: &ExampleAccount) {
    let listed = |scope: Scope| {
        let of_scope = RESOURCES.iter().filter(|(of, _, _)| *of == scope);
        of_scope
            .map(|(_, resource_type, number)| format!("{number} `{resource_type}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Regions { used, unused } = all.regions;
    let _ = write!(
        text,
        "## Example account\n\nThe account has these resources once: {}. In each of the {used} \
         Regions that it uses, it also has: {}. Every other control has one evaluation, for the \
         account. {} functions therefore result in *E* = {:.0} + {used} × {:.0} = {:.0} \
         evaluations per day. With rules in {:.0} Regions, each regional control has one \
         evaluation in each of the {unused} Regions that the account \
         does not use: {} functions, *E* = {}. {:.0} % of the evaluations differ from the previous \
         day in outcome or reason (*v*), and changed resources trigger another {:.0} % (*u*). A \
         run takes {SECONDS:.0} s with 256 MB and logs 3 KB.\n\n",
        listed(Scope::Global),
        listed(Scope::Regional),
        few.functions(),
        few.global,
        few.regional,
        few.daily(),
        all.regions.count(),
        all.functions(),
        thousands(all.daily()),
        DIFFERING * 100.0,
        TRIGGERED * 100.0
    );
}

fn prices(text: &mut String) {
    let [(first, first_price), (second, second_price), (_, last_price)] = price::EVALUATIONS;
    text.push_str(
        "## Prices\n\nList prices of US East (N. Virginia) in US dollars, without free tiers of \
         new accounts. Check them before you rely on them. The last column states where each price \
         was found, in copies of these pages, on 2026-11-28.\n\n\
         | what | price | found |\n|---|---:|---|\n",
    );
    let rows = [
        (
            "AWS Config: evaluation, per month and Region, over all accounts of an organization's \
             bill; the same for rules in packs, [assumed](not-verified.md#all-deployments) to be \
             charged once",
            format!(
                "{first_price} up to {}, {second_price} up to {}, then {last_price}",
                thousands(first),
                thousands(second)
            ),
            "AWS Config pricing, prices since 2019-08-01",
        ),
        (
            "AWS Config: configuration item, recorded continuously",
            price::CONFIGURATION_ITEM.to_string(),
            "pages of third parties, which agree",
        ),
        (
            "AWS Lambda: 1 million requests; 1 GB-second (x86)",
            format!("{:.2}; {}", price::LAMBDA_REQUEST * 1e6, price::LAMBDA_GB_SECOND),
            "as of 2026-11-23, not looked up again",
        ),
        (
            "CloudWatch: 1 GB of logs; a metric per month, charged by the hour; an alarm per month",
            format!("{:.2}; {:.2}; {:.2}", price::LOG_GB, price::METRIC_MONTH, price::ALARM_MONTH),
            "as of 2026-11-23, not looked up again",
        ),
        (
            "Security Hub CSPM: a finding above 10,000 per month, account and Region",
            price::FINDING.to_string(),
            "as of 2026-11-23, not looked up again",
        ),
        (
            "Amazon Inspector: a function with standard scanning, per month",
            format!("{:.2}", price::INSPECTED_FUNCTION),
            "pages of third parties, which agree; AWS's own page was not read",
        ),
        (
            "IAM Access Analyzer: a role or user analyzed for unused access, per month",
            format!("{:.2}", price::ANALYZED_ROLE),
            "AWS Security Blog, 2025-05-12",
        ),
        (
            "AWS Step Functions: one state transition of a standard workflow",
            price::TRANSITION.to_string(),
            "AWS Step Functions pricing, a copy without a date",
        ),
        (
            "Amazon S3: a write request",
            price::PUT.to_string(),
            "AWS documentation, *Automated Security Response on AWS*, cost",
        ),
        (
            "AWS CloudTrail: 100,000 management events of a second copy",
            "2.00".to_owned(),
            "AWS documentation, *Automated Security Response on AWS*, cost",
        ),
    ];
    for (what, price, found) in rows {
        let _ = writeln!(text, "| {what} | {price} | {found} |");
    }
}

fn formulae(text: &mut String, few: &ExampleAccount, all: &ExampleAccount) {
    let put = |example: &ExampleAccount, publish| thousands(example.put(publish));
    let _ = write!(
        text,
        "\n## Formulas\n\nA month has {DAYS} days and {HOURS} hours.\n\n\
         | what | formula | 4 Regions | 17 Regions |\n|---|---|---:|---:|\n\
         | evaluations sent, `changes` (the default) | {DAYS} *E* (1/7 + *v* + *u*) | {} | {} |\n\
         | evaluations sent, `all` | {DAYS} *E* (1 + *u*) | {} | {} |\n\
         | items, if the recorder records `AWS::Config::ResourceCompliance` | {DAYS} *E u* | | |\n\
         | items, if the recorder records `AWS::Config::ConformancePackCompliance` | \
         {DAYS} × {PACK_CHANGES} for each pack | | |\n\
         | runs | {DAYS} (functions + *E u*) | | |\n\
         | findings | {DAYS} *E* (1 + *u*) | | |\n\n\
         {} of the findings are in the home Region, fewer than the free number there. AWS Config \
         does not add findings: it does not forward evaluations of rules in packs to Security Hub \
         ([limits](limits.md#duplicate-findings)).\n\n",
        put(few, Publishing::Changes),
        put(all, Publishing::Changes),
        put(few, Publishing::All),
        put(all, Publishing::All),
        thousands(few.imported_at_home())
    );
}

fn one_account(text: &mut String, examples: [&ExampleAccount; 2]) {
    text.push_str(
        "## One account\n\n| one account, per month, in US dollars | 4 Regions, `changes` | 4, \
         `all` | 17, `changes` | 17, `all` |\n|---|---:|---:|---:|---:|\n",
    );
    let columns = examples.map(|example| {
        [Publishing::Changes, Publishing::All].map(|publish| example.rows(publish, 1.0))
    });
    let [[first, second], [third, fourth]] = columns;
    for ((((what, first), second), third), fourth) in
        first.into_iter().zip(second).zip(third).zip(fourth)
    {
        let _ = writeln!(
            text,
            "| {what} | {first:.2} | {:.2} | {:.2} | {:.2} |",
            second.1, third.1, fourth.1
        );
    }
    let [few, all] = examples;
    let sums = [
        (few, Publishing::Changes),
        (few, Publishing::All),
        (all, Publishing::Changes),
        (all, Publishing::All),
    ]
    .map(|(example, publish)| format!("**{:.2}**", example.total(publish, 1.0)));
    let _ = writeln!(text, "| **total** | {} |\n", sums.join(" | "));
}

fn table(text: &mut String, head: &str, rows: impl Iterator<Item = (String, [f64; 5])>) {
    let _ = write!(text, "| {head} |");
    for accounts in ACCOUNTS {
        let _ = write!(text, " {} |", thousands(accounts));
    }
    text.push_str("\n|---|---:|---:|---:|---:|---:|\n");
    for (what, costs) in rows {
        let _ = writeln!(text, "| {what} | {} |", costs.map(money).join(" | "));
    }
    text.push('\n');
}

fn by_accounts(text: &mut String, examples: [&ExampleAccount; 2]) {
    let rows = examples.into_iter().flat_map(|example| {
        [(Publishing::Changes, "changes"), (Publishing::All, "all")].map(|(publish, name)| {
            let what = format!("{:.0} Regions, `{name}`", example.regions.count());
            (what, ACCOUNTS.map(|accounts| example.total(publish, accounts)))
        })
    });
    text.push_str("## Many accounts\n\n");
    table(text, "sum per month in US dollars, by the number of accounts", rows);
}

fn besides(text: &mut String, example: &ExampleAccount) {
    let names = example.besides(1.0).map(|(what, _)| what);
    let columns = ACCOUNTS.map(|accounts| example.besides(accounts).map(|(_, cost)| cost));
    let rows = names.into_iter().enumerate().map(|(at, what)| {
        let costs = columns.map(|column| column.get(at).copied().unwrap_or_default());
        (what.to_owned(), costs)
    });
    let regions = example.regions.count();
    let head = format!("additionally, {regions:.0} Regions, by the number of accounts");
    table(text, &head, rows);
    let problem = 2.0 * 2.0 * DAYS / HOURS * price::METRIC_MONTH;
    let _ = write!(
        text,
        "*Own* means functions in each account, *central* means functions of one account for all. \
         The costs of AWS Config, AWS Lambda and logs are the same in both. *Scan alone* means a \
         daily scan of accounts without a recorder.\n\n\
         These are assumptions, not measured on AWS: a scan needs {:.0} s and the daily check of \
         an account {:.0} s, at 1 GB, with {TRANSITIONS} state transitions, and with {} and {} \
         objects written. In the test environment a scan of the demo account in 17 Regions needed \
         380 calls, 1.4 s of processor time (debug build) and 85 MB on 2026-11-28. The remaining \
         time is the assumed response time of AWS.\n\n\
         ## Other costs\n\n\
         Second copies of management events cost what CloudTrail charges for the reads, in each \
         topology.\n\n\
         For each account with own functions in {regions:.0} Regions, `Metrics=all` costs {:.2} \
         a month for three counters for each function and three for each Region. By default, a \
         function that cannot read or publish something costs about {problem:.2} a month, and \
         other functions cost nothing.\n\n\
         The first run sends everything. If `AWS::Config::ResourceCompliance` is recorded, it \
         creates one item for each resource. If the recorder records their types, Plumbline's own \
         {:.0} roles, as many managed policies, and {:.0} functions are items too: {:.2} once, and \
         {:.2} for the functions with each release. A few stacks are items too, but log groups are \
         not: AWS Config does not record them. Other costs of the recorder are not included.\n",
        SCAN.seconds,
        COVERAGE.seconds,
        SCAN.puts,
        COVERAGE.puts,
        example.all_metrics(),
        example.roles(),
        example.functions(),
        (2.0 * example.roles() + example.functions()) * price::CONFIGURATION_ITEM,
        example.functions() * price::CONFIGURATION_ITEM
    );
}

/// Formats an amount, with cents below ten dollars.
fn money(amount: f64) -> String {
    if amount < 9.995 { format!("{amount:.2}") } else { thousands(amount) }
}

/// Formats a number with thousands separators and without a fraction.
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

    #[test]
    fn paragraphs_are_wrapped_and_tables_are_not() {
        let words = vec!["+ word"; 40].join(" ");
        let text = wrapped(&words);
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.len() <= 120), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("word")), "{text}");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), words);
        let row = format!("| {words} |");
        assert_eq!(wrapped(&row), format!("{row}\n"));
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!(
            [0.0, 999.4, 1_000.0, 26_636.2, 1_234_567.0].map(thousands),
            ["0", "999", "1,000", "26,636", "1,234,567"]
        );
        assert_eq!([0.3, 9.99, 9.996, 1_197_000.0].map(money), ["0.30", "9.99", "10", "1,197,000"]);
    }
}
