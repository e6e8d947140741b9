//! Facts from Amazon EC2 and Amazon VPC.

use std::str::FromStr;

use aws_sdk_ec2::operation::describe_flow_logs::DescribeFlowLogsOutput;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput;
use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::operation::describe_vpc_peering_connections::DescribeVpcPeeringConnectionsOutput;
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::operation::get_managed_prefix_list_entries::GetManagedPrefixListEntriesOutput;
use aws_sdk_ec2::types;
use ipnet::IpNet;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{
    Destination, EbsDefaultEncryption, FlowLog, FlowLogs, Instance, Instances, NetworkAcl,
    NetworkAclEntry, NetworkAcls, PeerVpc, PeeringConnection, PeeringConnections,
    PrefixListEntries, Route, RouteTable, RouteTables, SecurityGroup, SecurityGroupRule,
    SecurityGroups, Vpc, Vpcs,
};
use plumbline_core::operation::{Operation, ec2};

use super::gone_when;
use crate::session::Session;

/// The most security groups that EC2 returns in a page.
const GROUPS_A_PAGE: i32 = 1_000;

/// The most instances that EC2 returns in a page.
const INSTANCES_A_PAGE: i32 = 1_000;
/// The most VPCs, and the most flow logs, that EC2 returns in a page.
const VPCS_A_PAGE: i32 = 1_000;

/// The most entries of a prefix list that EC2 returns in a page.
const ENTRIES_A_PAGE: i32 = 100;

/// The most network ACLs that EC2 returns in a page.
const ACLS_A_PAGE: i32 = 1_000;

/// The most route tables that EC2 returns in a page.
const TABLES_A_PAGE: i32 = 100;

/// The most peering connections that EC2 returns in a page.
const CONNECTIONS_A_PAGE: i32 = 1_000;

/// The code for a prefix list that does not exist.
const NO_SUCH_PREFIX_LIST: &str = "InvalidPrefixListID.NotFound";

pub(super) async fn security_groups(session: &Session, region: &str) -> Answer<SecurityGroups> {
    let client = session.ec2(region);
    let page = |token| {
        client.describe_security_groups().max_results(GROUPS_A_PAGE).set_next_token(token).send()
    };
    session
        .list(
            ec2::DESCRIBE_SECURITY_GROUPS,
            page,
            DescribeSecurityGroupsOutput::next_token,
            |page| groups_of(page, region),
        )
        .await
        .map(SecurityGroups)
}

/// One group that cannot be understood makes the whole page so: the fact has no room for a single
/// unread group, and leaving it out would let it pass.
fn groups_of(page: DescribeSecurityGroupsOutput, region: &str) -> Answer<Vec<SecurityGroup>> {
    let groups =
        ec2::DESCRIBE_SECURITY_GROUPS.require(page.security_groups, "the security groups")?;
    groups.into_iter().map(|group| group_of(group, region)).collect()
}

fn group_of(group: types::SecurityGroup, region: &str) -> Answer<SecurityGroup> {
    let id = ec2::DESCRIBE_SECURITY_GROUPS.require_text(group.group_id, "a group's id")?;
    let member = |name: &str| format!("{name} of {id}");
    Ok(SecurityGroup {
        name: ec2::DESCRIBE_SECURITY_GROUPS.require_text(group.group_name, &member("the name"))?,
        owner: ec2::DESCRIBE_SECURITY_GROUPS.require_text(group.owner_id, &member("the owner"))?,
        region: region.to_owned(),
        vpc: group.vpc_id,
        ingress: rules_of(group.ip_permissions, &member("the ingress rules"))?,
        egress: rules_of(group.ip_permissions_egress, &member("the egress rules"))?,
        id,
    })
}

fn rules_of(rules: Option<Vec<types::IpPermission>>, what: &str) -> Answer<Vec<SecurityGroupRule>> {
    ec2::DESCRIBE_SECURITY_GROUPS
        .require(rules, what)?
        .into_iter()
        .map(|rule| rule_of(rule, what))
        .collect()
}

/// EC2 sends every list of sources, an empty one where there are none.
fn rule_of(rule: types::IpPermission, what: &str) -> Answer<SecurityGroupRule> {
    let sources = |kind: &str| format!("the {kind} in {what}");
    let ipv4 = ec2::DESCRIBE_SECURITY_GROUPS.require(rule.ip_ranges, &sources("IPv4 blocks"))?;
    let ipv6 = ec2::DESCRIBE_SECURITY_GROUPS.require(rule.ipv6_ranges, &sources("IPv6 blocks"))?;
    let lists =
        ec2::DESCRIBE_SECURITY_GROUPS.require(rule.prefix_list_ids, &sources("prefix lists"))?;
    let list_id = |list: types::PrefixListId| {
        ec2::DESCRIBE_SECURITY_GROUPS
            .require_text(list.prefix_list_id, &sources("id of a prefix list"))
    };
    Ok(SecurityGroupRule {
        protocol: ec2::DESCRIBE_SECURITY_GROUPS
            .require_text(rule.ip_protocol, &sources("protocol"))?,
        from_port: rule.from_port,
        to_port: rule.to_port,
        ipv4: blocks(ipv4.into_iter().map(|range| range.cidr_ip), &sources("IPv4 block"))?,
        ipv6: blocks(ipv6.into_iter().map(|range| range.cidr_ipv6), &sources("IPv6 block"))?,
        prefix_lists: lists.into_iter().map(list_id).collect::<Answer<_>>()?,
        groups: rule
            .user_id_group_pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| pair.group_id)
            .collect(),
    })
}

/// The blocks in the order and number in which a configuration item's would be told.
fn blocks<Block: FromStr + Ord>(
    cidrs: impl Iterator<Item = Option<String>>,
    what: &str,
) -> Answer<Vec<Block>> {
    let block = |cidr: Option<String>| {
        let cidr = ec2::DESCRIBE_SECURITY_GROUPS.require(cidr, what)?;
        cidr.parse()
            .map_err(|_| ec2::DESCRIBE_SECURITY_GROUPS.malformed(format!("{what} is '{cidr}'")))
    };
    let mut blocks = cidrs.map(block).collect::<Answer<Vec<Block>>>()?;
    blocks.sort_unstable();
    blocks.dedup();
    Ok(blocks)
}

pub(super) async fn vpcs(session: &Session, region: &str) -> Answer<Vpcs> {
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

pub(super) async fn flow_logs(session: &Session, region: &str) -> Answer<FlowLogs> {
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
                .require_text(log.resource_id, "what a flow log is on")?,
            active: log.flow_log_status.as_deref() == Some("ACTIVE"),
            delivery: log.deliver_logs_status,
            traffic: log.traffic_type.map(|kind| kind.as_str().to_owned()),
        })
    };
    ec2::DESCRIBE_FLOW_LOGS.require(page.flow_logs, "the flow logs")?.into_iter().map(log).collect()
}

pub(super) async fn prefix_list_entries(
    session: &Session,
    region: &str,
    id: &str,
) -> Answer<PrefixListEntries> {
    let client = session.ec2(region);
    let page = |token| {
        client
            .get_managed_prefix_list_entries()
            .prefix_list_id(id)
            .max_results(ENTRIES_A_PAGE)
            .set_next_token(token)
            .send()
    };
    let cidrs = session
        .list(
            ec2::GET_MANAGED_PREFIX_LIST_ENTRIES,
            page,
            GetManagedPrefixListEntriesOutput::next_token,
            cidrs_of,
        )
        .await;
    entries_of(cidrs.map_err(gone_when(NO_SUCH_PREFIX_LIST))?)
}

fn cidrs_of(page: GetManagedPrefixListEntriesOutput) -> Answer<Vec<String>> {
    let entries = ec2::GET_MANAGED_PREFIX_LIST_ENTRIES.require(page.entries, "the entries")?;
    entries
        .into_iter()
        .map(|entry| {
            ec2::GET_MANAGED_PREFIX_LIST_ENTRIES.require_text(entry.cidr, "an entry's block")
        })
        .collect()
}

fn entries_of(cidrs: Vec<String>) -> Answer<PrefixListEntries> {
    let mut entries = PrefixListEntries::default();
    for cidr in cidrs {
        if let Ok(block) = cidr.parse() {
            entries.ipv4.push(block);
        } else if let Ok(block) = cidr.parse() {
            entries.ipv6.push(block);
        } else {
            return Err(
                ec2::GET_MANAGED_PREFIX_LIST_ENTRIES.malformed(format!("an entry is '{cidr}'"))
            );
        }
    }
    Ok(entries)
}

pub(super) async fn instances(session: &Session, region: &str) -> Answer<Instances> {
    let client = session.ec2(region);
    let page = |token| {
        client.describe_instances().max_results(INSTANCES_A_PAGE).set_next_token(token).send()
    };
    session
        .list(ec2::DESCRIBE_INSTANCES, page, DescribeInstancesOutput::next_token, instances_of)
        .await
        .map(Instances)
}

fn instances_of(page: DescribeInstancesOutput) -> Answer<Vec<Instance>> {
    let reservations = ec2::DESCRIBE_INSTANCES.require(page.reservations, "the reservations")?;
    let instances = reservations.into_iter().map(|reservation| {
        ec2::DESCRIBE_INSTANCES.require(reservation.instances, "a reservation's instances")
    });
    instances.collect::<Answer<Vec<_>>>()?.into_iter().flatten().map(instance_of).collect()
}

/// An instance without a profile has no member for it.
fn instance_of(instance: types::Instance) -> Answer<Instance> {
    let id = ec2::DESCRIBE_INSTANCES.require_text(instance.instance_id, "an instance's id")?;
    let state = instance.state.and_then(|state| state.name).map(|name| name.as_str().to_owned());
    let profile = |profile: types::IamInstanceProfile| {
        ec2::DESCRIBE_INSTANCES
            .require_text(profile.arn, &format!("the ARN of the profile of {id}"))
    };
    Ok(Instance {
        state: ec2::DESCRIBE_INSTANCES.require_text(state, &format!("the state of {id}"))?,
        profile: instance.iam_instance_profile.map(profile).transpose()?,
        id,
    })
}

pub(super) async fn ebs_default_encryption(
    session: &Session,
    region: &str,
) -> Answer<EbsDefaultEncryption> {
    let answer = session
        .send(
            ec2::GET_EBS_ENCRYPTION_BY_DEFAULT,
            session.ec2(region).get_ebs_encryption_by_default().send(),
        )
        .await?;
    ec2::GET_EBS_ENCRYPTION_BY_DEFAULT
        .require(answer.ebs_encryption_by_default, "the setting")
        .map(|enabled| EbsDefaultEncryption { enabled })
}

pub(super) async fn network_acls(session: &Session, region: &str) -> Answer<NetworkAcls> {
    let client = session.ec2(region);
    let page = |token| {
        client.describe_network_acls().max_results(ACLS_A_PAGE).set_next_token(token).send()
    };
    session
        .list(ec2::DESCRIBE_NETWORK_ACLS, page, DescribeNetworkAclsOutput::next_token, acls_of)
        .await
        .map(NetworkAcls)
}

fn acls_of(page: DescribeNetworkAclsOutput) -> Answer<Vec<NetworkAcl>> {
    ec2::DESCRIBE_NETWORK_ACLS
        .require(page.network_acls, "the network ACLs")?
        .into_iter()
        .map(acl_of)
        .collect()
}

fn acl_of(acl: types::NetworkAcl) -> Answer<NetworkAcl> {
    let id = ec2::DESCRIBE_NETWORK_ACLS.require_text(acl.network_acl_id, "an ACL's id")?;
    let mut ingress = Vec::new();
    for entry in ec2::DESCRIBE_NETWORK_ACLS.require(acl.entries, &format!("the entries of {id}"))? {
        if !ec2::DESCRIBE_NETWORK_ACLS
            .require(entry.egress, &format!("the direction of an entry of {id}"))?
        {
            ingress.push(entry_of(entry, &id)?);
        }
    }
    ingress.sort_by_key(|entry| entry.number);
    Ok(NetworkAcl {
        owner: ec2::DESCRIBE_NETWORK_ACLS
            .require_text(acl.owner_id, &format!("the owner of {id}"))?,
        vpc: ec2::DESCRIBE_NETWORK_ACLS.require_text(acl.vpc_id, &format!("the VPC of {id}"))?,
        ingress,
        id,
    })
}

fn entry_of(entry: types::NetworkAclEntry, id: &str) -> Answer<NetworkAclEntry> {
    let number = ec2::DESCRIBE_NETWORK_ACLS
        .require(entry.rule_number, &format!("the number of an entry of {id}"))?;
    let member = |name: &str| format!("{name} of entry {number} of {id}");
    let allow =
        match ec2::DESCRIBE_NETWORK_ACLS.require(entry.rule_action, &member("the action"))? {
            types::RuleAction::Allow => true,
            types::RuleAction::Deny => false,
            other => {
                return Err(ec2::DESCRIBE_NETWORK_ACLS.malformed(format!(
                    "{} is '{}'",
                    member("the action"),
                    other.as_str()
                )));
            }
        };
    let ports = match entry.port_range {
        None => None,
        Some(range) => {
            let from = ec2::DESCRIBE_NETWORK_ACLS.require(range.from, &member("the first port"))?;
            Some((from, ec2::DESCRIBE_NETWORK_ACLS.require(range.to, &member("the last port"))?))
        }
    };
    let source = ec2::DESCRIBE_NETWORK_ACLS
        .require(entry.cidr_block.or(entry.ipv6_cidr_block), &member("the block"))?;
    Ok(NetworkAclEntry {
        number,
        allow,
        protocol: ec2::DESCRIBE_NETWORK_ACLS
            .require_text(entry.protocol, &member("the protocol"))?,
        ports,
        source: block(ec2::DESCRIBE_NETWORK_ACLS, &source, &member("the block"))?,
    })
}

fn block(operation: Operation, cidr: &str, what: &str) -> Answer<IpNet> {
    cidr.parse().map_err(|_| operation.malformed(format!("{what} is '{cidr}'")))
}

pub(super) async fn route_tables(session: &Session, region: &str) -> Answer<RouteTables> {
    let client = session.ec2(region);
    let page = |token| {
        client.describe_route_tables().max_results(TABLES_A_PAGE).set_next_token(token).send()
    };
    session
        .list(ec2::DESCRIBE_ROUTE_TABLES, page, DescribeRouteTablesOutput::next_token, |page| {
            tables_of(page, region)
        })
        .await
        .map(RouteTables)
}

fn tables_of(page: DescribeRouteTablesOutput, region: &str) -> Answer<Vec<RouteTable>> {
    ec2::DESCRIBE_ROUTE_TABLES
        .require(page.route_tables, "the route tables")?
        .into_iter()
        .map(|table| table_of(table, region))
        .collect()
}

fn table_of(table: types::RouteTable, region: &str) -> Answer<RouteTable> {
    let id = ec2::DESCRIBE_ROUTE_TABLES.require_text(table.route_table_id, "a table's id")?;
    let member = |name: &str| format!("{name} of {id}");
    let (mut main, mut subnets) = (false, Vec::new());
    for association in
        ec2::DESCRIBE_ROUTE_TABLES.require(table.associations, &member("the associations"))?
    {
        main |= ec2::DESCRIBE_ROUTE_TABLES
            .require(association.main, &member("the kind of an association"))?;
        subnets.extend(association.subnet_id);
    }
    let routes = ec2::DESCRIBE_ROUTE_TABLES.require(table.routes, &member("the routes"))?;
    Ok(RouteTable {
        owner: ec2::DESCRIBE_ROUTE_TABLES.require_text(table.owner_id, &member("the owner"))?,
        region: region.to_owned(),
        vpc: ec2::DESCRIBE_ROUTE_TABLES.require_text(table.vpc_id, &member("the VPC"))?,
        main,
        subnets,
        routes: routes
            .into_iter()
            .map(|route| route_of(route, &member("the destination of a route")))
            .collect::<Answer<_>>()?,
        id,
    })
}

/// A route whose state AWS does not tell counts as one that works.
fn route_of(route: types::Route, what: &str) -> Answer<Route> {
    let to = match (
        route.destination_cidr_block.or(route.destination_ipv6_cidr_block),
        route.destination_prefix_list_id,
    ) {
        (Some(cidr), _) => Destination::Block(block(ec2::DESCRIBE_ROUTE_TABLES, &cidr, what)?),
        (None, list) => {
            Destination::PrefixList(ec2::DESCRIBE_ROUTE_TABLES.require_text(list, what)?)
        }
    };
    Ok(Route {
        to,
        gateway: route.gateway_id,
        peering: route.vpc_peering_connection_id,
        active: route.state != Some(types::RouteState::Blackhole),
    })
}

pub(super) async fn peering_connections(
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

/// The first block is told twice, alone and in the set.
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

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;
    use types::builders::IpPermissionBuilder;

    use super::*;

    fn rule() -> IpPermissionBuilder {
        let lists = types::IpPermission::builder()
            .set_prefix_list_ids(Some(Vec::new()))
            .set_ipv6_ranges(Some(Vec::new()));
        lists.set_ip_ranges(Some(Vec::new())).ip_protocol("tcp").from_port(22).to_port(22)
    }

    fn ipv4(cidr: &str) -> types::IpRange {
        types::IpRange::builder().cidr_ip(cidr).build()
    }

    fn group(rule: IpPermissionBuilder) -> types::SecurityGroup {
        let group = types::SecurityGroup::builder()
            .group_id("sg-1")
            .group_name("g")
            .owner_id("111122223333")
            .vpc_id("vpc-1");
        group.ip_permissions(rule.build()).set_ip_permissions_egress(Some(Vec::new())).build()
    }

    fn refused(group: types::SecurityGroup) -> String {
        let unread = groups_of(
            DescribeSecurityGroupsOutput::builder().security_groups(group).build(),
            "us-east-1",
        )
        .expect_err("malformed");
        assert_eq!(unread.cause, Cause::Malformed);
        unread.message
    }

    #[test]
    fn groups_with_their_rules() {
        let ipv6 = types::Ipv6Range::builder().cidr_ipv6("::/0").build();
        let list = types::PrefixListId::builder().prefix_list_id("pl-1").build();
        let pair = types::UserIdGroupPair::builder().group_id("sg-2").build();
        let rule = rule()
            .ip_ranges(ipv4("10.0.0.0/8"))
            .ip_ranges(ipv4("0.0.0.0/0"))
            .ip_ranges(ipv4("10.0.0.0/8"));
        let group = group_of(
            group(rule.ipv6_ranges(ipv6).prefix_list_ids(list).user_id_group_pairs(pair)),
            "us-east-1",
        )
        .expect("a group");
        assert_eq!(
            (group.id.as_str(), group.owner.as_str(), group.region.as_str(), group.vpc.as_deref()),
            ("sg-1", "111122223333", "us-east-1", Some("vpc-1"))
        );
        let read = &group.ingress[0];
        assert_eq!(
            read.ipv4.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["0.0.0.0/0", "10.0.0.0/8"]
        );
        assert_eq!(
            (
                read.ipv6.len(),
                read.prefix_lists[0].as_str(),
                read.groups[0].as_str(),
                read.from_port
            ),
            (1, "pl-1", "sg-2", Some(22))
        );
    }

    #[test]
    fn what_is_missing_could_be_a_pass_and_is_refused() {
        assert_eq!(
            refused(group(rule().set_ip_protocol(None))),
            "the answer lacks the protocol in the ingress rules of sg-1"
        );
        assert_eq!(
            refused(group(rule().set_ip_ranges(None))),
            "the answer lacks the IPv4 blocks in the ingress rules of sg-1"
        );
        assert_eq!(
            refused(group(rule().set_ipv6_ranges(None))),
            "the answer lacks the IPv6 blocks in the ingress rules of sg-1"
        );
        assert_eq!(
            refused(group(rule().ip_ranges(ipv4("10.0.0.0/33")))),
            "the IPv4 block in the ingress rules of sg-1 is '10.0.0.0/33'"
        );
        let mut nobodys = group(rule());
        nobodys.owner_id = None;
        assert_eq!(refused(nobodys), "the answer lacks the owner of sg-1");
        let mut without_rules = group(rule());
        without_rules.ip_permissions = None;
        assert_eq!(refused(without_rules), "the answer lacks the ingress rules of sg-1");
        assert!(groups_of(DescribeSecurityGroupsOutput::builder().build(), "us-east-1").is_err());
    }

    #[test]
    fn instances_have_a_state() {
        let state = types::InstanceState::builder().name(types::InstanceStateName::Running).build();
        let instance = types::Instance::builder().instance_id("i-1");
        let profile = |arn: &str| types::IamInstanceProfile::builder().arn(arn).build();
        let found = instance_of(
            instance.clone().state(state.clone()).iam_instance_profile(profile("arn:p")).build(),
        )
        .expect("an instance");
        assert_eq!((found.state.as_str(), found.profile.as_deref()), ("running", Some("arn:p")));
        assert_eq!(
            instance_of(instance.clone().state(state.clone()).build())
                .expect("an instance")
                .profile,
            None
        );
        assert_eq!(
            instance_of(instance.clone().build()).expect_err("no state").cause,
            Cause::Malformed
        );
        assert_eq!(
            instance_of(instance.state(state).iam_instance_profile(profile("")).build())
                .expect_err("no ARN")
                .cause,
            Cause::Malformed
        );
        assert!(instances_of(DescribeInstancesOutput::builder().build()).is_err());
    }

    #[test]
    fn entries_of_both_families() {
        let entries =
            entries_of(vec!["10.0.0.0/8".into(), "2001:db8::/32".into()]).expect("entries");
        assert_eq!((entries.ipv4.len(), entries.ipv6.len()), (1, 1));
        assert_eq!(
            entries_of(vec!["10.0.0.0".into()]).expect_err("no block").cause,
            Cause::Malformed
        );
        assert!(cidrs_of(GetManagedPrefixListEntriesOutput::builder().build()).is_err());
    }
}
