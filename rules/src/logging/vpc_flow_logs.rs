//! 3.9: what went through the network can be looked up.

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
    /// Flow logs show who spoke to whom, and who tried to. Without them a scan, a connection to a
    /// stranger or an outflow of data leaves no trace in the network.
    ///
    /// ## Decision
    /// For each VPC of the Region that this account owns: a flow log on the VPC itself is active,
    /// its last delivery has not failed, and its traffic type is among `trafficTypes`. Logs on
    /// single subnets or interfaces do not count, however many they are. VPCs that other accounts
    /// share are evaluated there.
    ///
    /// ## Remediation
    /// Make a flow log of the VPC, for rejected traffic at least.
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
        /// The traffic types of which a flow log must have one.
        traffic: TrafficTypes = ("trafficTypes", "REJECT,ALL", Added),
    }
}

/// What keeps a flow log from counting.
fn shortcoming(log: &FlowLog, traffic: &TrafficTypes) -> Option<String> {
    if !log.active {
        return Some("is not active".to_owned());
    }
    if log.delivery.as_deref() == Some("FAILED") {
        return Some("cannot deliver".to_owned());
    }
    match &log.traffic {
        Some(kind) if traffic.0.contains(kind) => None,
        Some(kind) => Some(format!("records {kind} traffic, and not {}", traffic.0.join(" or "))),
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
            "Amazon CloudWatch charges for delivering, Amazon S3 for storing.",
        )
        .undo("aws ec2 delete-flow-logs with the id that is printed")
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
                    "No flow log of the VPC counts; {} {missed}.",
                    log.id
                )),
                None => Verdict::non_compliant("There is no flow log on the VPC."),
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
            with("a log of rejected traffic", vec![log("fl-1", "vpc-1", "REJECT")])
                .passes("vpc-1", "Flow log fl-1 records REJECT"),
            with(
                "a log that did not deliver yet",
                vec![FlowLog { delivery: None, ..log("fl-1", "vpc-1", "ALL") }],
            )
            .passes("vpc-1", "records ALL"),
            with("a log of accepted traffic", vec![log("fl-1", "vpc-1", "ACCEPT")])
                .fails("vpc-1", "fl-1 records ACCEPT traffic, and not REJECT or ALL"),
            with(
                "a log of accepted traffic, which is allowed",
                vec![log("fl-1", "vpc-1", "ACCEPT")],
            )
            .parameter("trafficTypes", "ACCEPT")
            .passes("vpc-1", "records ACCEPT"),
            with(
                "a log that cannot deliver",
                vec![FlowLog {
                    delivery: Some("FAILED".to_owned()),
                    ..log("fl-1", "vpc-1", "ALL")
                }],
            )
            .fails("vpc-1", "fl-1 cannot deliver"),
            with(
                "a log that is not active, and a good one",
                vec![
                    FlowLog { active: false, ..log("fl-1", "vpc-1", "ALL") },
                    log("fl-2", "vpc-1", "ALL"),
                ],
            )
            .passes("vpc-1", "fl-2"),
            with(
                "a log that is not active",
                vec![FlowLog { active: false, ..log("fl-1", "vpc-1", "ALL") }],
            )
            .fails("vpc-1", "fl-1 is not active"),
            with(
                "a log without a traffic type",
                vec![FlowLog { traffic: None, ..log("fl-1", "vpc-1", "ALL") }],
            )
            .fails("vpc-1", "fl-1 has no traffic type"),
            with("a log on a subnet", vec![log("fl-1", "subnet-1", "ALL")])
                .fails("vpc-1", "no flow log on the VPC"),
            Example::new("a VPC that another account shares")
                .region(Vpcs(vec![vpc("vpc-1", "999988887777")]))
                .expect(Compliance::Compliant, "no VPCs to evaluate"),
            Example::new("the flow logs may not be described")
                .region(Vpcs(vec![vpc("vpc-1", ACCOUNT_ID)]))
                .denied(Key::region(FactKind::FlowLogs, REGION))
                .not_assessed("vpc-1", "ec2:DescribeFlowLogs"),
            Example::new("the VPCs may not be described")
                .denied(Key::region(FactKind::Vpcs, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeVpcs"),
        ]
    }
}
