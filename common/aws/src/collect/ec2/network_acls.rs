//! Network ACLs.

use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput;
use aws_sdk_ec2::types;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{NetworkAcl, NetworkAclEntry, NetworkAcls};
use plumbline_core::operation::ec2;

use super::block;
use crate::session::Session;

/// The maximum page size of EC2 for network ACLs.
const ACLS_A_PAGE: i32 = 1_000;

pub(in crate::collect) async fn network_acls(
    session: &Session,
    region: &str,
) -> Answer<NetworkAcls> {
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
        .require(entry.cidr_block.or(entry.ipv6_cidr_block), &member("the CIDR block"))?;
    Ok(NetworkAclEntry {
        number,
        allow,
        protocol: ec2::DESCRIBE_NETWORK_ACLS
            .require_text(entry.protocol, &member("the protocol"))?,
        ports,
        source: block(ec2::DESCRIBE_NETWORK_ACLS, &source, &member("the CIDR block"))?,
    })
}
