//! Items of network ACLs and route tables.

use plumbline_core::facts::{Destination, NetworkAcl, RouteTable};
use serde_json::{Value, json};

use super::item::item;
use crate::environment::TestAccount;

pub(super) fn acl_item(account: &TestAccount, region: &str, acl: &NetworkAcl) -> Value {
    let entries = acl.ingress.iter().map(|entry| {
        let (ipv4, ipv6) = if entry.source.addr().is_ipv4() {
            (Some(entry.source), None)
        } else {
            (None, Some(entry.source))
        };
        json!({
            "cidrBlock": ipv4, "ipv6CidrBlock": ipv6, "egress": false, "icmpTypeCode": null,
            "portRange": entry.ports.map(|(from, to)| json!({ "from": from, "to": to })),
            "protocol": entry.protocol, "ruleAction": if entry.allow { "allow" } else { "deny" },
            "ruleNumber": entry.number
        })
    });
    let out = json!({ "cidrBlock": "0.0.0.0/0", "egress": true, "icmpTypeCode": null,
        "ipv6CidrBlock": null, "portRange": null, "protocol": "-1", "ruleAction": "allow",
        "ruleNumber": 100 });
    let configuration = json!({
        "associations": [], "entries": entries.chain([out]).collect::<Vec<_>>(), "isDefault": false,
        "networkAclId": acl.id, "tags": [], "vpcId": acl.vpc,
        "ownerId": acl.owner
    });
    item(
        account,
        region,
        "AWS::EC2::NetworkAcl",
        &acl.id,
        &format!("arn:aws:ec2:{region}:{}:network-acl/{}", account.id, acl.id),
        configuration,
    )
}

pub(super) fn table_item(account: &TestAccount, table: &RouteTable) -> Value {
    let routes = table.routes.iter().map(|route| {
        let (ipv4, ipv6, list) = match &route.to {
            Destination::Block(block) if block.addr().is_ipv4() => (Some(block), None, None),
            Destination::Block(block) => (None, Some(block), None),
            Destination::PrefixList(list) => (None, None, Some(list)),
        };
        json!({
            "destinationCidrBlock": ipv4, "destinationIpv6CidrBlock": ipv6,
            "destinationPrefixListId": list, "egressOnlyInternetGatewayId": null,
            "gatewayId": route.gateway, "instanceId": null, "instanceOwnerId": null,
            "natGatewayId": null, "transitGatewayId": null, "networkInterfaceId": null,
            "origin": "CreateRoute", "state": if route.active { "active" } else { "blackhole" },
            "vpcPeeringConnectionId": route.peering
        })
    });
    let main = table.main.then(|| {
        json!({ "main": true, "routeTableAssociationId": "rtbassoc-1",
        "routeTableId": table.id, "subnetId": null })
    });
    let own = table.subnets.iter().map(|id| {
        json!({ "main": false,
        "routeTableAssociationId": "rtbassoc-2", "routeTableId": table.id, "subnetId": id })
    });
    let configuration = json!({
        "associations": own.chain(main).collect::<Vec<_>>(), "propagatingVgws": [],
        "routeTableId": table.id, "routes": routes.collect::<Vec<_>>(), "tags": [],
        "vpcId": table.vpc, "ownerId": table.owner
    });
    item(
        account,
        &table.region,
        "AWS::EC2::RouteTable",
        &table.id,
        &format!("arn:aws:ec2:{}:{}:route-table/{}", table.region, account.id, table.id),
        configuration,
    )
}
