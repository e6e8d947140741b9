//! The report of a scan, in the format of `plumbline scan --format json`.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::control::ConfiguredControl;
use plumbline_core::coverage::AccountRound;
use plumbline_core::fact::Facts;
use plumbline_core::scan_report::{
    AccountReport, AccountRun, ChangedParameter, ControlReport, LeftOutControl, Origin, RunReport,
    RunTool, ScanReport, ScanTarget, SelectedControls, rules_digest,
};

use super::checker::CoverageChecker;
use super::scan::{RegionScan, ScannedRun};

/// The source of parameters.
const BY: &str = "the deployment";

/// The report of the scan of one round.
pub(super) fn scan_report(
    checker: &CoverageChecker,
    round: &AccountRound,
    controls: &[ConfiguredControl],
    scans: Vec<RegionScan>,
    facts: Facts,
) -> ScanReport {
    let AccountRound { account, run, .. } = round;
    let settings = &checker.settings;
    let regions: Vec<String> = scans.iter().map(|scan| scan.region.clone()).collect();
    let runs: Vec<ScannedRun> = scans.into_iter().flat_map(|scan| scan.runs).collect();
    let evaluations = runs.iter().flat_map(|run| &run.outcome.evaluations);
    let account_run = AccountRun::of(account.clone(), &regions, None, facts.iter(), evaluations);
    let scanned: BTreeSet<_> = runs.iter().map(|run| run.control.control().id).collect();
    let mut by_control: BTreeMap<_, (ConfiguredControl, Vec<_>)> = BTreeMap::new();
    for ScannedRun { control, context, outcome } in runs {
        let evaluations = outcome.evaluations.into_iter().map(|one| (context.clone(), one));
        let id = control.control().id;
        by_control.entry(id).or_insert_with(|| (control, Vec::new())).1.extend(evaluations);
    }
    let reports: Vec<ControlReport> = by_control
        .into_values()
        .map(|(control, evaluations)| ControlReport::new(&control, evaluations))
        .collect();
    let selected: Vec<ConfiguredControl> = controls
        .iter()
        .filter(|control| scanned.contains(&control.control().id))
        .cloned()
        .collect();
    let left_out = settings.controls.iter().filter(|control| !scanned.contains(&control.id));
    let left_out: Vec<LeftOutControl> = left_out
        .map(|control| LeftOutControl { id: control.id, by: "coverage".to_owned() })
        .collect();
    let report = RunReport {
        tool: RunTool {
            name: "plumbline",
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("PLUMBLINE_COMMIT"),
        },
        started_at: Some(run.started_at),
        finished_at: Some(checker.now),
        origin: Origin::Live,
        caller: None,
        target: ScanTarget {
            home_region: run.home_region.clone(),
            role_name: settings.role.as_ref().map(ToString::to_string),
            organization: false,
            regions_limited_to: regions.clone(),
        },
        accounts: vec![account_run],
        controls: SelectedControls {
            known: settings.controls.len(),
            evaluated: selected.len(),
            left_out,
        },
        parameters: selected.iter().flat_map(|one| ChangedParameter::of(one, BY)).collect(),
        rules_digest: rules_digest(&selected),
        register: None,
        config: None,
        baseline: None,
        complete: false,
        incomplete_because: Vec::new(),
        full_benchmark: false,
    };
    let account = AccountReport::new(account.clone(), settings.partition, regions, reports);
    ScanReport::new(checker.now, report.conclude(), vec![account])
}
