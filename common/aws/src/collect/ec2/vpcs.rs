//! VPCs, their flow logs, and their peering connections.

use aws_sdk_ec2::operation::describe_flow_logs::DescribeFlowLogsOutput;
use aws_sdk_ec2::operation::describe_vpc_peering_connections::DescribeVpcPeeringConnectionsOutput;
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::types;
use ipnet::IpNet;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{
    FlowLog, FlowLogs, PeerVpc, PeeringConnection, PeeringConnections, Vpc, Vpcs,
};
use plumbline_core::operation::ec2;

use super::block;
use crate::session::Session;

/// The maximum page size of EC2 for VPCs and for flow logs.
const VPCS_A_PAGE: i32 = 1_000;

/// The maximum page size of EC2 for VPC peering connections.
const CONNECTIONS_A_PAGE: i32 = 1_000;

pub(in crate::collect) async fn vpcs(session: &Session, region: &str) -> Answer<Vpcs> {
    let client = session.ec2(region);
    let page = |token| client.describe_vpcs().max_results(VPCS_A_PAGE).set_next_token(token).send();
    session.list(ec2::DESCRIBE_VPCS, page, DescribeVpcsOutput::next_token, vpcs_of).await.map(Vpcs)
}

fn vpcs_of(page: DescribeVpcsOutput) -> Answer<Vec<Vpc>> {
    let vpc = |vpc: types::Vpc| {
        let id = ec2::DESCRIBE_VPCS.require_text(vpc.vpc_id, "a VPC's id")?;
        Ok(Vpc {
            owner: ec2::DESCRIBE_VPCS.require_text(vpc.owner_id, &format!("the owner of {id}"))?,
            id,
        })
    };
    ec2::DESCRIBE_VPCS.require(page.vpcs, "the VPCs")?.into_iter().map(vpc).collect()
}

pub(in crate::collect) async fn flow_logs(session: &Session, region: &str) -> Answer<FlowLogs> {
    let client = session.ec2(region);
    let page =
        |token| client.describe_flow_logs().max_results(VPCS_A_PAGE).set_next_token(token).send();
    session
        .list(ec2::DESCRIBE_FLOW_LOGS, page, DescribeFlowLogsOutput::next_token, flow_logs_of)
        .await
        .map(FlowLogs)
}

fn flow_logs_of(page: DescribeFlowLogsOutput) -> Answer<Vec<FlowLog>> {
    let log = |log: types::FlowLog| {
        Ok(FlowLog {
            id: ec2::DESCRIBE_FLOW_LOGS.require_text(log.flow_log_id, "a flow log's id")?,
            resource: ec2::DESCRIBE_FLOW_LOGS
                .require_text(log.resource_id, "the resource of a flow log")?,
            active: log.flow_log_status.as_deref() == Some("ACTIVE"),
            delivery: log.deliver_logs_status,
            traffic: log.traffic_type.map(|kind| kind.as_str().to_owned()),
        })
    };
    ec2::DESCRIBE_FLOW_LOGS.require(page.flow_logs, "the flow logs")?.into_iter().map(log).collect()
}

pub(in crate::collect) async fn peering_connections(
    session: &Session,
    region: &str,
) -> Answer<PeeringConnections> {
    let client = session.ec2(region);
    let page = |token| {
        client
            .describe_vpc_peering_connections()
            .max_results(CONNECTIONS_A_PAGE)
            .set_next_token(token)
            .send()
    };
    session
        .list(
            ec2::DESCRIBE_VPC_PEERING_CONNECTIONS,
            page,
            DescribeVpcPeeringConnectionsOutput::next_token,
            connections_of,
        )
        .await
        .map(PeeringConnections)
}

fn connections_of(page: DescribeVpcPeeringConnectionsOutput) -> Answer<Vec<PeeringConnection>> {
    ec2::DESCRIBE_VPC_PEERING_CONNECTIONS
        .require(page.vpc_peering_connections, "the connections")?
        .into_iter()
        .map(connection_of)
        .collect()
}

fn connection_of(connection: types::VpcPeeringConnection) -> Answer<PeeringConnection> {
    let id = ec2::DESCRIBE_VPC_PEERING_CONNECTIONS
        .require_text(connection.vpc_peering_connection_id, "a connection's id")?;
    Ok(PeeringConnection {
        requester: side_of(connection.requester_vpc_info, &format!("the requester of {id}"))?,
        accepter: side_of(connection.accepter_vpc_info, &format!("the accepter of {id}"))?,
        id,
    })
}

/// The first block is returned twice, alone and in the set.
fn side_of(side: Option<types::VpcPeeringConnectionVpcInfo>, what: &str) -> Answer<PeerVpc> {
    let side = ec2::DESCRIBE_VPC_PEERING_CONNECTIONS.require(side, what)?;
    let ipv4 = side.cidr_block_set.into_iter().flatten().filter_map(|entry| entry.cidr_block);
    let ipv6 =
        side.ipv6_cidr_block_set.into_iter().flatten().filter_map(|entry| entry.ipv6_cidr_block);
    let cidrs = side.cidr_block.into_iter().chain(ipv4).chain(ipv6).filter(|cidr| !cidr.is_empty());
    let mut blocks = cidrs
        .map(|cidr| block(ec2::DESCRIBE_VPC_PEERING_CONNECTIONS, &cidr, what))
        .collect::<Answer<Vec<IpNet>>>()?;
    blocks.sort_unstable();
    blocks.dedup();
    Ok(PeerVpc {
        vpc: ec2::DESCRIBE_VPC_PEERING_CONNECTIONS
            .require_text(side.vpc_id, &format!("the VPC of {what}"))?,
        owner: ec2::DESCRIBE_VPC_PEERING_CONNECTIONS
            .require_text(side.owner_id, &format!("the owner of {what}"))?,
        blocks,
    })
}
