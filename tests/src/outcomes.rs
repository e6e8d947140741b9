//! Results of controls, from a report and from recorded facts.

use std::collections::BTreeMap;

use plumbline_core::aws::Partition;
use plumbline_core::benchmark::Scope;
use plumbline_core::engine::Job;
use plumbline_core::fact::Facts;
use plumbline_core::parameters::Values;
use plumbline_core::register::Register;
use plumbline_core::snapshot::Snapshot;
use plumbline_core::view::Context;
use plumbline_rules::registry::CONTROLS;
use serde_json::Value;

/// Outcomes by control, Region and resource.
pub type OutcomeByResource = BTreeMap<(String, String, String), String>;

/// The outcomes in the report of a scan.
pub fn outcomes_of(report: &Value) -> OutcomeByResource {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut outcomes = OutcomeByResource::new();
    for control in report["accounts"][0]["controls"].as_array().expect("controls") {
        for evaluation in control["evaluations"].as_array().expect("evaluations") {
            outcomes.insert(
                (
                    text(&control["id"]),
                    text(&evaluation["region"]),
                    text(&evaluation["resource_id"]),
                ),
                text(&evaluation["compliance"]),
            );
        }
    }
    outcomes
}

/// The outcomes of controls that evaluate facts.
pub fn decided(snapshot: &Snapshot, facts: &Facts) -> OutcomeByResource {
    let recorded = &snapshot.accounts[0];
    let mut outcomes = OutcomeByResource::new();
    for control in CONTROLS {
        let regions = if control.scope == Scope::Global {
            vec![recorded.home_region.clone()]
        } else {
            recorded.regions.clone()
        };
        for region in regions {
            let context = Context {
                account: recorded.account_id.clone(),
                partition: Partition::Aws,
                region: region.clone(),
                home_region: recorded.home_region.clone(),
                now: snapshot.recorded_at,
            };
            let configured = control.configure(Values::new()).expect("valid parameters");
            let job = Job {
                control: &configured,
                context: &context,
                register: &Register::default(),
                item: None,
            };
            for evaluation in job.decide(facts).evaluations {
                let resource = evaluation.resource;
                outcomes.insert(
                    (control.id.to_string(), resource.region, resource.resource_id),
                    evaluation.compliance.to_string(),
                );
            }
        }
    }
    outcomes
}
