//! Security groups and the prefix lists in their rules.

use std::str::FromStr;

use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::operation::get_managed_prefix_list_entries::GetManagedPrefixListEntriesOutput;
use aws_sdk_ec2::types;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule, SecurityGroups};
use plumbline_core::operation::ec2;

use crate::collect::not_found_when;
use crate::session::Session;

/// The maximum page size of EC2 for security groups.
const GROUPS_A_PAGE: i32 = 1_000;

/// The maximum page size of EC2 for entries of a prefix list.
const ENTRIES_A_PAGE: i32 = 100;

/// The error code for a prefix list that does not exist.
const NO_SUCH_PREFIX_LIST: &str = "InvalidPrefixListID.NotFound";

pub(in crate::collect) async fn security_groups(
    session: &Session,
    region: &str,
) -> Answer<SecurityGroups> {
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

/// One invalid group makes the whole page invalid: the fact cannot represent a single unread group,
/// and without the group it could pass.
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

/// EC2 returns every list of sources, including empty lists.
fn rule_of(rule: types::IpPermission, what: &str) -> Answer<SecurityGroupRule> {
    let sources = |kind: &str| format!("the {kind} in {what}");
    let ipv4 =
        ec2::DESCRIBE_SECURITY_GROUPS.require(rule.ip_ranges, &sources("IPv4 CIDR blocks"))?;
    let ipv6 =
        ec2::DESCRIBE_SECURITY_GROUPS.require(rule.ipv6_ranges, &sources("IPv6 CIDR blocks"))?;
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
        ipv4: blocks(ipv4.into_iter().map(|range| range.cidr_ip), &sources("IPv4 CIDR block"))?,
        ipv6: blocks(ipv6.into_iter().map(|range| range.cidr_ipv6), &sources("IPv6 CIDR block"))?,
        prefix_lists: lists.into_iter().map(list_id).collect::<Answer<_>>()?,
        groups: rule
            .user_id_group_pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| pair.group_id)
            .collect(),
    })
}

/// The CIDR blocks in the order and number of a configuration item.
fn blocks<Block: FromStr + Ord>(
    cidrs: impl Iterator<Item = Option<String>>,
    what: &str,
) -> Answer<Vec<Block>> {
    let block = |cidr: Option<String>| {
        let cidr = ec2::DESCRIBE_SECURITY_GROUPS.require(cidr, what)?;
        cidr.parse().map_err(|_| {
            ec2::DESCRIBE_SECURITY_GROUPS.malformed(format!("{what} is invalid: '{cidr}'"))
        })
    };
    let mut blocks = cidrs.map(block).collect::<Answer<Vec<Block>>>()?;
    blocks.sort_unstable();
    blocks.dedup();
    Ok(blocks)
}

pub(in crate::collect) async fn prefix_list_entries(
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
    entries_of(cidrs.map_err(not_found_when(NO_SUCH_PREFIX_LIST))?)
}

fn cidrs_of(page: GetManagedPrefixListEntriesOutput) -> Answer<Vec<String>> {
    let entries = ec2::GET_MANAGED_PREFIX_LIST_ENTRIES.require(page.entries, "the entries")?;
    entries
        .into_iter()
        .map(|entry| {
            ec2::GET_MANAGED_PREFIX_LIST_ENTRIES.require_text(
                entry.cidr,
                "the CIDR block of an \
                entry",
            )
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
            return Err(ec2::GET_MANAGED_PREFIX_LIST_ENTRIES
                .malformed(format!("an entry has the invalid CIDR block '{cidr}'")));
        }
    }
    Ok(entries)
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
            "missing in the response: the protocol in the ingress rules of sg-1"
        );
        assert_eq!(
            refused(group(rule().set_ip_ranges(None))),
            "missing in the response: the IPv4 CIDR blocks in the ingress rules of sg-1"
        );
        assert_eq!(
            refused(group(rule().set_ipv6_ranges(None))),
            "missing in the response: the IPv6 CIDR blocks in the ingress rules of sg-1"
        );
        assert_eq!(
            refused(group(rule().ip_ranges(ipv4("10.0.0.0/33")))),
            "the IPv4 CIDR block in the ingress rules of sg-1 is invalid: '10.0.0.0/33'"
        );
        let mut nobodys = group(rule());
        nobodys.owner_id = None;
        assert_eq!(refused(nobodys), "missing in the response: the owner of sg-1");
        let mut without_rules = group(rule());
        without_rules.ip_permissions = None;
        assert_eq!(refused(without_rules), "missing in the response: the ingress rules of sg-1");
        assert!(groups_of(DescribeSecurityGroupsOutput::builder().build(), "us-east-1").is_err());
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
