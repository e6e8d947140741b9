//! 3.9: VPC flow logs.

use plumbline_core::facts::{FlowLog, FlowLogs, Vpc, Vpcs};
use plumbline_core::fix::{FixCommand, Input, Terraform};
use plumbline_core::parameters::TrafficTypes;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::shell::CREATE_FLOW_LOG;

plumbline_core::control! {
    /// Every VPC has an active flow log
    ///
    /// ## Why
    /// Flow logs show which addresses communicated, or tried to. Without them, port scans,
    /// connections to unknown hosts and data exfiltration leave no trace in the network.
    ///
    /// ## Decision
    /// For each VPC of the Region that this account owns: the VPC itself has an active flow log.
    /// The last delivery of the flow log has not failed, and its traffic type is in `trafficTypes`.
    /// Flow logs on subnets or network interfaces do not count, regardless of their number. VPCs
    /// that other accounts share are evaluated in those accounts.
    ///
    /// ## Remediation
    /// Create a flow log on the VPC with traffic type `REJECT` or `ALL`.
    ///
    /// ```sh
    /// aws ec2 create-flow-logs --resource-type VPC --resource-ids VPC --traffic-type REJECT --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET
    /// ```
    pub(crate) struct VpcFlowLogs: ResourceControl;
    id: ControlId::new("3.9"),
    slug: "vpc-flow-logs",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["8.2", "13.6"],
    safeguards_v7: &["6.2", "12.5"],
    since: "0.1.0",
    facts: &[FactKind::Vpcs, FactKind::FlowLogs],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The accepted traffic types of a flow log.
        traffic: TrafficTypes = ("trafficTypes", "REJECT,ALL", Added),
    }
}

/// Returns the reason if a flow log does not count.
fn shortcoming(log: &FlowLog, traffic: &TrafficTypes) -> Option<String> {
    if !log.active {
        return Some("is not active".to_owned());
    }
    if log.delivery.as_deref() == Some("FAILED") {
        return Some("fails to deliver".to_owned());
    }
    match &log.traffic {
        Some(kind) if traffic.0.contains(kind) => None,
        Some(kind) => Some(format!("records {kind} traffic, not {}", traffic.0.join(" or "))),
        None => Some("has no traffic type".to_owned()),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    let given = failure.parameters.get("trafficTypes").map_or("REJECT", String::as_str);
    let traffic = given.split(',').next().unwrap_or(given).trim();
    let bucket = Input::shared("FLOW_LOG_BUCKET_ARN", "the ARN of the bucket for flow logs");
    let command = FixCommand::call(&CREATE_FLOW_LOG)
        .argument(failure.resource.region.as_str())
        .argument(failure.resource.resource_id.as_str())
        .argument(traffic)
        .argument(bucket);
    Fix::new()
        .command(command)
        .effect(
            FixEffect::Costs,
            "Amazon CloudWatch charges for the delivery, and Amazon S3 for the storage.",
        )
        .undo("aws ec2 delete-flow-logs with the id that the script prints")
        .terraform(Terraform::Argument(
            "aws_flow_log: vpc_id, traffic_type, log_destination_type = \"s3\", log_destination"
                .to_owned(),
        ))
}

impl ResourceControl for VpcFlowLogs {
    type Resource = Vpc;
    type Parameters = Parameters;

    fn evaluate(
        vpc: &Subject<'_, Vpc>,
        view: &View<'_>,
        Parameters { traffic }: &Parameters,
    ) -> Assessed {
        let logs: Vec<&FlowLog> =
            view.region::<FlowLogs>()?.0.iter().filter(|log| log.resource == vpc.id).collect();
        let evidence = json!({ "flow_logs": logs });
        let shortcomings: Vec<(&FlowLog, Option<String>)> =
            logs.into_iter().map(|log| (log, shortcoming(log, traffic))).collect();
        let verdict =
            match shortcomings.iter().find(|(_, missed)| missed.is_none()).or(shortcomings.first())
            {
                Some((log, None)) => Verdict::compliant(format!(
                    "Flow log {} records {} traffic.",
                    log.id,
                    log.traffic.as_deref().unwrap_or_default()
                )),
                Some((log, Some(missed))) => Verdict::non_compliant(format!(
                    "No flow log of the VPC meets the requirement: {} {missed}.",
                    log.id
                )),
                None => Verdict::non_compliant("The VPC has no flow log."),
            };
        Ok(verdict.evidence(evidence))
    }

    fn examples() -> Vec<Example> {
        let vpc = |id: &str, owner: &str| Vpc { id: id.to_owned(), owner: owner.to_owned() };
        let log = |id: &str, resource: &str, traffic: &str| FlowLog {
            id: id.to_owned(),
            resource: resource.to_owned(),
            active: true,
            delivery: Some("SUCCESS".to_owned()),
            traffic: Some(traffic.to_owned()),
        };
        let with = |situation, logs: Vec<FlowLog>| {
            Example::new(situation)
                .region(Vpcs(vec![vpc("vpc-1", ACCOUNT_ID)]))
                .region(FlowLogs(logs))
        };
        vec![
            with("a flow log of rejected traffic", vec![log("fl-1", "vpc-1", "REJECT")])
                .passes("vpc-1", "Flow log fl-1 records REJECT"),
            with(
                "a flow log without a delivery yet",
                vec![FlowLog { delivery: None, ..log("fl-1", "vpc-1", "ALL") }],
            )
            .passes("vpc-1", "records ALL"),
            with("a flow log of accepted traffic", vec![log("fl-1", "vpc-1", "ACCEPT")])
                .fails("vpc-1", "fl-1 records ACCEPT traffic, not REJECT or ALL"),
            with(
                "a flow log of accepted traffic, an accepted type",
                vec![log("fl-1", "vpc-1", "ACCEPT")],
            )
            .parameter("trafficTypes", "ACCEPT")
            .passes("vpc-1", "records ACCEPT"),
            with(
                "a flow log that fails to deliver",
                vec![FlowLog {
                    delivery: Some("FAILED".to_owned()),
                    ..log("fl-1", "vpc-1", "ALL")
                }],
            )
            .fails("vpc-1", "fl-1 fails to deliver"),
            with(
                "an inactive and an active flow log",
                vec![
                    FlowLog { active: false, ..log("fl-1", "vpc-1", "ALL") },
                    log("fl-2", "vpc-1", "ALL"),
                ],
            )
            .passes("vpc-1", "fl-2"),
            with(
                "an inactive flow log",
                vec![FlowLog { active: false, ..log("fl-1", "vpc-1", "ALL") }],
            )
            .fails("vpc-1", "fl-1 is not active"),
            with(
                "a flow log without a traffic type",
                vec![FlowLog { traffic: None, ..log("fl-1", "vpc-1", "ALL") }],
            )
            .fails("vpc-1", "fl-1 has no traffic type"),
            with("a flow log on a subnet", vec![log("fl-1", "subnet-1", "ALL")])
                .fails("vpc-1", "has no flow log"),
            Example::new("a VPC that another account shares")
                .region(Vpcs(vec![vpc("vpc-1", "999988887777")]))
                .expect(Compliance::Compliant, "no VPCs to evaluate"),
            Example::new("access denied to DescribeFlowLogs")
                .region(Vpcs(vec![vpc("vpc-1", ACCOUNT_ID)]))
                .denied(Key::region(FactKind::FlowLogs, REGION))
                .not_assessed("vpc-1", "ec2:DescribeFlowLogs"),
            Example::new("access denied to DescribeVpcs")
                .denied(Key::region(FactKind::Vpcs, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeVpcs"),
        ]
    }
}
