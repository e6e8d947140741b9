//! Creates the section on costs of `docs/deployment.md`.

use std::fmt::Write;

use plumbline_core::benchmark::Scope;

use crate::costs::{
    COVERAGE, DAYS, DIFFERING, ExampleAccount, HOURS, PACK_CHANGES, Publishing, RESOURCES, Regions,
    SCAN, SECONDS, TRANSITIONS, TRIGGERED, price,
};

/// The width of a page, which leaves two columns for a sign.
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

/// Wraps a line of the page, unless it belongs to a table.
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
        "**Example account.** The account has these global resources: {}. Each of the {used} \
         Regions that it uses has these resources: {}. Every other control reports one evaluation, \
         for the account. {} functions therefore report *E* = {:.0} + {used} × {:.0} = {:.0} \
         evaluations per day. If rules are deployed to {:.0} Regions, each regional control also \
         reports one evaluation in each of the {unused} unused Regions: {} functions, *E* = {}. \
         {:.0} % of the evaluations differ from the previous day in outcome or reason (*v*). \
         Changed resources trigger another {:.0} % (*u*). A run takes {SECONDS:.0} s with 256 MB \
         and logs 3 KB.\n\n",
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
        "**Prices.** The prices are list prices in US dollars for US East (N. Virginia), without \
         the free tiers of new accounts. Check them before you rely on them. The last column \
         states the source, read in copies of these pages on 2026-11-28.\n\n\
         | item | price | source |\n|---|---:|---|\n",
    );
    let rows = [
        (
            "AWS Config: evaluation, tiers per month and Region over all accounts of a \
             consolidated bill; the same for rules in packs, assumed to be charged once",
            format!(
                "{first_price} up to {}, {second_price} up to {}, then {last_price}",
                thousands(first),
                thousands(second)
            ),
            "AWS Config pricing, prices since 1 August 2019",
        ),
        (
            "AWS Config: configuration item, recorded continuously",
            price::CONFIGURATION_ITEM.to_string(),
            "third-party pages, which agree",
        ),
        (
            "AWS Lambda: one million requests; one GB-second (x86)",
            format!("{:.2}; {}", price::LAMBDA_REQUEST * 1e6, price::LAMBDA_GB_SECOND),
            "not verified again; known on 2026-11-23",
        ),
        (
            "CloudWatch: one GB of logs; one metric per month, charged by the hour; one alarm per \
             month",
            format!("{:.2}; {:.2}; {:.2}", price::LOG_GB, price::METRIC_MONTH, price::ALARM_MONTH),
            "not verified again; known on 2026-11-23",
        ),
        (
            "Security Hub CSPM: one finding above 10,000 per month, account and Region",
            price::FINDING.to_string(),
            "not verified again; known on 2026-11-23",
        ),
        (
            "Amazon Inspector: one function with standard scanning per month",
            format!("{:.2}", price::INSPECTED_FUNCTION),
            "third-party pages, which agree; the AWS page was not available",
        ),
        (
            "IAM Access Analyzer: one role or user analyzed for unused access per month",
            format!("{:.2}", price::ANALYZED_ROLE),
            "AWS Security Blog, 2025-05-12",
        ),
        (
            "AWS Step Functions: one state transition of a standard workflow",
            price::TRANSITION.to_string(),
            "AWS Step Functions pricing, undated copy",
        ),
        (
            "Amazon S3: one write request",
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
        "\n**Formulas.** A month has {DAYS} days and {HOURS} hours. The following numbers are for \
         4 Regions and 17 Regions. Evaluations reported with `changes`, the default: {DAYS} *E* \
         (1/7 + *v* + *u*) = {} and {}; with `all`: {DAYS} *E* (1 + *u*) = {} and {}. \
         Configuration items: {DAYS} *E u* if the recorder records \
         `AWS::Config::ResourceCompliance`, and {DAYS} × {PACK_CHANGES} per pack if it records \
         `AWS::Config::ConformancePackCompliance`. Runs: {DAYS} (functions + *E u*). Findings: \
         {DAYS} *E* (1 + *u*), of which {} are in the home Region, which is below the free number \
         there. AWS Config adds no findings, because it does not send evaluations of rules in \
         packs to Security Hub ([limits](#limits)).\n\n",
        put(few, Publishing::Changes),
        put(all, Publishing::Changes),
        put(few, Publishing::All),
        put(all, Publishing::All),
        thousands(few.imported_at_home())
    );
}

fn one_account(text: &mut String, examples: [&ExampleAccount; 2]) {
    text.push_str(
        "| one account, US dollars per month | 4 Regions, `changes` | 4, `all` | 17, `changes` | \
         17, `all` |\n|---|---:|---:|---:|---:|\n",
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
    table(text, "total in US dollars per month, by number of accounts", rows);
}

fn besides(text: &mut String, example: &ExampleAccount) {
    let names = example.besides(1.0).map(|(what, _)| what);
    let columns = ACCOUNTS.map(|accounts| example.besides(accounts).map(|(_, cost)| cost));
    let rows = names.into_iter().enumerate().map(|(at, what)| {
        let costs = columns.map(|column| column.get(at).copied().unwrap_or_default());
        (what.to_owned(), costs)
    });
    let regions = example.regions.count();
    table(text, &format!("additional costs, {regions:.0} Regions, by number of accounts"), rows);
    let problem = 2.0 * 2.0 * DAYS / HOURS * price::METRIC_MONTH;
    let _ = write!(
        text,
        "*Own* means functions in each account. *Central* means functions in one account for all \
         accounts. *Scan alone* means a daily scan of accounts without a recorder. AWS Config, AWS \
         Lambda and logs cost the same for *own* and *central*. The table assumes that a scan \
         takes {:.0} s and the check of an account {:.0} s, at 1 GB, with {TRANSITIONS} state \
         transitions, and {} and {} written objects. These assumptions were not measured on AWS. \
         In the test environment, a scan of the demo account in 17 Regions took 380 calls, 1.4 s \
         of processor time (debug build) and 85 MB on 2026-11-28. The remaining time is for the \
         responses of AWS. In each topology, CloudTrail charges the reads in additional copies of \
         management events.\n\n\
         Each account with own functions in {regions:.0} Regions has these additional costs. \
         `Metrics=all` costs {:.2} USD, for three counters per function and three per Region. By \
         default, a function that cannot read or publish something costs about {problem:.2} USD, \
         and other functions cost nothing. The first run reports all evaluations. If \
         `AWS::Config::ResourceCompliance` is recorded, the first run creates one item per \
         resource. If the recorder records their types, Plumbline's {:.0} roles, as many managed \
         policies, and {:.0} functions are also items: {:.2} USD once, and {:.2} USD for the \
         functions at each release. A few stacks are also items. Log groups are not, because AWS \
         Config does not record them. All other costs of the recorder are not included.\n",
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
