//! Arranges the results of an aggregator by account and control. No I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use plumbline_aws::aggregator::{RuleCompliance, RuleResult, Source};
use plumbline_core::aws::AccountId;
use plumbline_core::benchmark::Scope;
use plumbline_core::benchmark::{BENCHMARK, TOOL};
use plumbline_core::control::Control;
use plumbline_core::coverage::pack_rule_name;

use super::coverage::CoverageResults;
use crate::formats::matrix::data::{
    AggregatorName, Cell, Column, Matrix, RegionCell, RegionStatus, Row, SCHEMA, Status,
    StatusCounts,
};

/// The source status of a Region for which the aggregator has no source.
const NOT_LISTED: &str = "NOT_LISTED";

/// The rules of controls by name.
pub(super) struct Rules {
    controls: Vec<&'static Control>,
    by_name: HashMap<String, usize>,
}

impl Rules {
    pub(super) fn new(controls: Vec<&'static Control>) -> Self {
        let by_name =
            controls.iter().enumerate().map(|(at, control)| (control.rule_name(), at)).collect();
        Self { controls, by_name }
    }

    /// Finds the control of a rule. The name is the name of the control's rule, optionally with the
    /// suffix that AWS Config adds in a conformance pack. Other prefixes or suffixes do not match.
    fn control_of(&self, rule: &str) -> Option<usize> {
        self.by_name.get(pack_rule_name(rule).unwrap_or(rule)).copied()
    }

    /// Whether a rule belongs to one of the controls.
    pub(super) fn has(&self, rule: &str) -> bool {
        self.control_of(rule).is_some()
    }
}

/// The data that was read from an aggregator.
pub(super) struct AggregatorData {
    pub(super) aggregator: AggregatorName,
    pub(super) home_region: String,
    /// The accounts, each with the Regions in which regional controls must have results. Other
    /// Regions can have results too.
    pub(super) accounts: BTreeMap<AccountId, BTreeSet<String>>,
    pub(super) sources: Vec<Source>,
    pub(super) results: Vec<RuleResult>,
    /// The names of accounts, if they are known.
    pub(super) names: BTreeMap<AccountId, String>,
    /// The results of the daily account check, if they were given.
    pub(super) coverage: Option<CoverageResults>,
    /// Failed reads, because of which accounts may be missing.
    pub(super) unread: Vec<String>,
}

/// The sources of an aggregator by account.
struct Sources<'a> {
    of_accounts: HashMap<&'a AccountId, Vec<&'a Source>>,
    of_organization: Vec<&'a Source>,
}

impl<'a> Sources<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let mut of_accounts: HashMap<&AccountId, Vec<&Source>> = HashMap::new();
        let mut of_organization = Vec::new();
        for source in sources {
            match &source.account {
                Some(account) => of_accounts.entry(account).or_default().push(source),
                None => of_organization.push(source),
            }
        }
        Self { of_accounts, of_organization }
    }

    /// Returns how current the aggregator is in a Region of an account.
    ///
    /// If the organization source failed, everything is stale, because AWS does not state which
    /// accounts the failure concerns. If it succeeded, it confirms accounts only if AWS lists no
    /// account sources at all.
    fn place(&self, account: &AccountId, region: &str) -> RegionStatus {
        let own = self
            .of_accounts
            .get(account)
            .into_iter()
            .flatten()
            .filter(|source| source.region.as_deref().is_none_or(|of| of == region));
        let organization = self
            .of_organization
            .iter()
            .filter(|source| !source.is_current() || self.of_accounts.is_empty());
        // Failed sources first, then the oldest one.
        let worst =
            own.chain(organization).min_by_key(|source| (source.is_current(), source.updated));
        match worst {
            Some(source) => RegionStatus {
                region: region.to_owned(),
                source: source.status.clone(),
                updated_at: source.updated,
                error: source.error.clone().filter(|_| !source.is_current()),
                is_current: source.is_current(),
                coverage: None,
            },
            None => RegionStatus {
                region: region.to_owned(),
                source: NOT_LISTED.to_owned(),
                updated_at: None,
                error: None,
                is_current: false,
                coverage: None,
            },
        }
    }
}

/// Returns the status of a control from all its results in a Region. Failures remain failures at
/// any age.
fn status(results: &[&RuleResult], place: &RegionStatus) -> Status {
    let worst = results.iter().map(|result| match result.compliance {
        RuleCompliance::NonCompliant => Status::NonCompliant,
        RuleCompliance::InsufficientData => Status::InsufficientData,
        RuleCompliance::Compliant => Status::Compliant,
    });
    match worst.min() {
        Some(Status::NonCompliant) => Status::NonCompliant,
        Some(_) if !place.is_current => Status::Stale,
        Some(status) => status,
        None if !place.is_current && place.source != NOT_LISTED => Status::Stale,
        None => Status::NoResult,
    }
}

/// Arranges the results by account and control.
pub(super) fn matrix(generated_at: DateTime<Utc>, rules: &Rules, data: AggregatorData) -> Matrix {
    let AggregatorData {
        aggregator,
        home_region,
        mut accounts,
        sources,
        results,
        coverage,
        mut names,
        unread,
    } = data;
    let coverage = coverage.as_ref();
    for (account, regions) in coverage.into_iter().flat_map(CoverageResults::regions) {
        if let Some(known) = accounts.get_mut(account) {
            known.extend(regions);
        }
    }
    let sources = Sources::new(&sources);
    let mut by_account: HashMap<&AccountId, BTreeMap<usize, BTreeMap<&str, Vec<&RuleResult>>>> =
        HashMap::new();
    for result in &results {
        let Some(control) = rules.control_of(&result.rule) else { continue };
        by_account
            .entry(&result.account)
            .or_default()
            .entry(control)
            .or_default()
            .entry(&result.region)
            .or_default()
            .push(result);
    }
    let none = BTreeMap::new();
    let rows: Vec<Row> = accounts
        .iter()
        .map(|(account, regions)| {
            let row = row(
                account,
                regions,
                &home_region,
                &rules.controls,
                by_account.get(account).unwrap_or(&none),
                &sources,
                coverage,
            );
            Row { name: names.remove(account), ..row }
        })
        .collect();
    let column = |(at, control): (usize, &&'static Control)| Column {
        id: control.id.as_str(),
        slug: control.slug,
        title: control.title,
        level: control.level,
        severity: control.severity,
        accounts: StatusCounts::of(
            rows.iter().filter_map(|row| row.controls.get(at)).map(|cell| cell.status),
        ),
    };
    Matrix {
        schema: SCHEMA,
        generated_at,
        tool: TOOL,
        benchmark: BENCHMARK,
        aggregator,
        home_region,
        controls: rules.controls.iter().enumerate().map(column).collect(),
        results_of: coverage.map(CoverageResults::run),
        summary: StatusCounts::of(
            rows.iter().flat_map(|row| &row.controls).map(|cell| cell.status),
        ),
        accounts: rows,
        unread,
        left_out: Vec::new(),
    }
}

fn row(
    account: &AccountId,
    regions: &BTreeSet<String>,
    home_region: &str,
    controls: &[&'static Control],
    results: &BTreeMap<usize, BTreeMap<&str, Vec<&RuleResult>>>,
    sources: &Sources<'_>,
    coverage: Option<&CoverageResults>,
) -> Row {
    let with_results = results.values().flat_map(BTreeMap::keys).copied();
    let all: BTreeSet<&str> =
        regions.iter().map(String::as_str).chain(with_results).chain([home_region]).collect();
    let found = |region: &str| coverage.map(|results| results.place(account, region));
    let place = |region| {
        let coverage = found(region).map(|place| place.note());
        (region, RegionStatus { coverage, ..sources.place(account, region) })
    };
    let places: BTreeMap<&str, RegionStatus> = all.into_iter().map(place).collect();
    let none = BTreeMap::new();
    let cell = |(at, control): (usize, &&'static Control)| {
        let results = results.get(&at).unwrap_or(&none);
        // A rule that remained in another Region also counts, but does not replace the expected
        // rule.
        let expected: Vec<&str> = match control.scope {
            Scope::Global => vec![home_region],
            Scope::Regional => regions.iter().map(String::as_str).collect(),
        };
        let checked: BTreeSet<&str> = expected.into_iter().chain(results.keys().copied()).collect();
        let regions: Vec<RegionCell> = checked
            .into_iter()
            .filter_map(|region| {
                let results = results.get(region).map(Vec::as_slice).unwrap_or_default();
                let cell = region_cell(region, results, places.get(region)?);
                Some(match found(region) {
                    Some(place) => place.amended(control, cell),
                    None => cell,
                })
            })
            .collect();
        let status = regions.iter().map(|region| region.status).min().unwrap_or(Status::NoResult);
        Cell { id: control.id.as_str(), status, regions }
    };
    let controls: Vec<Cell> = controls.iter().enumerate().map(cell).collect();
    let counts = StatusCounts::of(controls.iter().map(|cell| cell.status));
    Row {
        account_id: account.clone(),
        name: None,
        regions: places.into_values().collect(),
        counts,
        controls,
    }
}

fn region_cell(region: &str, results: &[&RuleResult], place: &RegionStatus) -> RegionCell {
    // Two rules of one control evaluate the same resources, so their numbers are not added.
    let failing = results.iter().filter_map(|result| result.failing).max();
    let is_capped = results.iter().any(|result| result.is_capped && result.failing.is_some());
    let mut rules: Vec<String> = results.iter().map(|result| result.rule.clone()).collect();
    rules.sort_unstable();
    RegionCell {
        region: region.to_owned(),
        status: status(results, place),
        failing,
        is_capped,
        rules,
        evaluated_at: None,
    }
}

#[cfg(test)]
mod tests {
    use plumbline_rules::registry::{CONTROLS, find};

    use super::*;

    const ONE: &str = "111122223333";
    const TWO: &str = "444455556666";

    fn account(id: &str) -> AccountId {
        AccountId::new(id).expect("an id")
    }

    fn source(of: Option<&str>, region: Option<&str>, status: &str) -> Source {
        Source {
            account: of.map(account),
            region: region.map(str::to_owned),
            status: status.to_owned(),
            updated: None,
            error: None,
        }
    }

    fn result(rule: &str, of: &str, region: &str, compliance: RuleCompliance) -> RuleResult {
        let failing = (compliance == RuleCompliance::NonCompliant).then_some(25);
        RuleResult {
            rule: rule.to_owned(),
            account: account(of),
            region: region.to_owned(),
            compliance,
            failing,
            is_capped: failing.is_some(),
        }
    }

    fn rules(ids: &[&str]) -> Rules {
        Rules::new(ids.iter().map(|id| find(id).expect("a control")).collect())
    }

    fn matrix(
        ids: &[&str],
        accounts: &[(&str, &[&str])],
        sources: Vec<Source>,
        results: Vec<RuleResult>,
    ) -> Matrix {
        let aggregator = AggregatorName {
            name: "all".to_owned(),
            account_id: account(ONE),
            region: "us-east-1".to_owned(),
        };
        let accounts = accounts
            .iter()
            .map(|(id, regions)| {
                (account(id), regions.iter().map(|region| (*region).to_owned()).collect())
            })
            .collect();
        let data = AggregatorData {
            aggregator,
            home_region: "us-east-1".to_owned(),
            accounts,
            sources,
            results,
            coverage: None,
            names: BTreeMap::from([(account(TWO), "example-audit".to_owned())]),
            unread: Vec::new(),
        };
        super::matrix(DateTime::UNIX_EPOCH, &rules(ids), data)
    }

    fn statuses(matrix: &Matrix) -> Vec<Vec<Status>> {
        matrix
            .accounts
            .iter()
            .map(|row| row.controls.iter().map(|cell| cell.status).collect())
            .collect()
    }

    #[test]
    fn rules_are_known_by_their_whole_names() {
        let rules = Rules::new(CONTROLS.to_vec());
        for (at, control) in CONTROLS.iter().enumerate() {
            let name = control.rule_name();
            assert_eq!(rules.control_of(&name), Some(at));
            assert_eq!(rules.control_of(&format!("{name}-conformance-pack-a1b2c3d4e")), Some(at));
            for other in [
                "-conformance-pack-",
                "-conformance-pack-x-y",
                "-of-somebody",
                "x",
                "-conformance-pack-a-conformance-pack-b",
            ] {
                assert_eq!(rules.control_of(&format!("{name}{other}")), None, "{name}{other}");
            }
            for other in [
                control.slug,
                control.id.as_str(),
                &format!("x-{name}"),
                &format!("cis-{}", control.id.dashed()),
                &name.to_uppercase(),
            ] {
                assert_eq!(rules.control_of(other), None, "{other}");
            }
        }
    }

    #[test]
    fn the_worst_region_counts() {
        let (ssh, key) = ("cis-5-2-sg-admin-ports-ipv4", "cis-1-4-root-access-key");
        let fresh =
            || vec![source(Some(ONE), None, "SUCCEEDED"), source(Some(TWO), None, "SUCCEEDED")];
        let both: &[&str] = &["us-east-1", "eu-west-1"];
        let pass = |rule, of, region| result(rule, of, region, RuleCompliance::Compliant);
        let results = vec![
            pass(ssh, ONE, "us-east-1"),
            result(ssh, ONE, "eu-west-1", RuleCompliance::NonCompliant),
            pass(key, ONE, "us-east-1"),
            pass(ssh, TWO, "us-east-1"),
            pass(key, TWO, "eu-west-1"),
        ];
        let matrix = matrix(&["5.2", "1.4"], &[(ONE, both), (TWO, both)], fresh(), results);
        use Status::{Compliant, NoResult, NonCompliant};
        // Account two has no rule of 5.2 in eu-west-1, and its rule of 1.4 is outside of the home
        // Region.
        assert_eq!(statuses(&matrix), [[NonCompliant, Compliant], [NoResult, NoResult]]);
        assert_eq!(matrix.accounts[0].controls[0].failing(), (25, true));
        assert_eq!(
            matrix.controls[0].accounts,
            StatusCounts { non_compliant: 1, no_result: 1, ..StatusCounts::default() }
        );
        assert_eq!(
            matrix.summary,
            StatusCounts {
                compliant: 1,
                non_compliant: 1,
                no_result: 2,
                ..StatusCounts::default()
            }
        );
    }

    #[test]
    fn an_account_of_which_nothing_is_held_passes_nothing() {
        let matrix = matrix(&["5.2", "1.4"], &[(ONE, &[])], Vec::new(), Vec::new());
        assert_eq!(statuses(&matrix), [[Status::NoResult; 2]]);
    }

    #[test]
    fn of_two_rules_the_worse_counts() {
        let name = "cis-1-4-root-access-key";
        for (other, expected) in [
            (RuleCompliance::NonCompliant, Status::NonCompliant),
            (RuleCompliance::InsufficientData, Status::InsufficientData),
            (RuleCompliance::Compliant, Status::Compliant),
        ] {
            let results = vec![
                result(&format!("{name}-conformance-pack-abc"), ONE, "us-east-1", other),
                result(name, ONE, "us-east-1", RuleCompliance::Compliant),
            ];
            let matrix = matrix(
                &["1.4"],
                &[(ONE, &["us-east-1"])],
                vec![source(Some(ONE), Some("us-east-1"), "SUCCEEDED")],
                results,
            );
            assert_eq!(statuses(&matrix), [[expected]]);
        }
    }

    #[test]
    fn passes_of_sources_that_are_not_current_are_stale() {
        let of = |sources: Vec<Source>, compliance: Option<RuleCompliance>| {
            let results = compliance
                .map(|compliance| result("cis-1-4-root-access-key", ONE, "us-east-1", compliance))
                .into_iter()
                .collect();
            matrix(&["1.4"], &[(ONE, &["us-east-1"])], sources, results).accounts[0].controls[0]
                .status
        };
        let own = |region, status| source(Some(ONE), region, status);
        let pass = Some(RuleCompliance::Compliant);
        for status in ["FAILED", "OUTDATED", "UNKNOWN"] {
            assert_eq!(of(vec![own(Some("us-east-1"), status)], pass), Status::Stale);
            assert_eq!(of(vec![own(Some("us-east-1"), status)], None), Status::Stale);
            assert_eq!(of(vec![own(None, status)], pass), Status::Stale);
            assert_eq!(
                of(vec![own(Some("us-east-1"), "SUCCEEDED"), own(None, status)], pass),
                Status::Stale
            );
            assert_eq!(
                of(
                    vec![
                        own(Some("us-east-1"), "SUCCEEDED"),
                        source(None, Some("eu-west-1"), status)
                    ],
                    pass
                ),
                Status::Stale,
                "the organization"
            );
            assert_eq!(
                of(vec![own(Some("us-east-1"), status)], Some(RuleCompliance::NonCompliant)),
                Status::NonCompliant
            );
            assert_eq!(
                of(vec![own(Some("us-east-1"), "SUCCEEDED"), own(Some("eu-west-1"), status)], pass),
                Status::Compliant,
                "another Region"
            );
        }
        assert_eq!(of(Vec::new(), pass), Status::Stale, "no source at all");
        assert_eq!(
            of(vec![own(Some("eu-west-1"), "SUCCEEDED")], pass),
            Status::Stale,
            "no source in this Region"
        );
        assert_eq!(
            of(
                vec![
                    source(Some(TWO), Some("us-east-1"), "SUCCEEDED"),
                    source(None, None, "SUCCEEDED")
                ],
                pass
            ),
            Status::Stale,
            "only others are listed"
        );
        assert_eq!(
            of(vec![source(None, Some("us-east-1"), "SUCCEEDED")], pass),
            Status::Compliant,
            "the organization alone is listed"
        );
        assert_eq!(of(vec![source(None, None, "SUCCEEDED")], None), Status::NoResult);
    }
}
