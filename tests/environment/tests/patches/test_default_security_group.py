def inbound(account):
    """The inbound rules of the default security group of the default VPC, and its ID."""
    named = [{"Name": "group-name", "Values": ["default"]}]
    (group,) = account.client("ec2").describe_security_groups(Filters=named)["SecurityGroups"]
    return group["IpPermissions"], group["GroupId"]


def test_moto_has_no_inbound_rule(unpatched):
    assert inbound(unpatched)[0] == []


def test_default_group_allows_itself(account):
    rules, group = inbound(account)
    (rule,) = rules
    assert rule["IpProtocol"] == "-1"
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group]
    assert [pair["UserId"] for pair in rule["UserIdGroupPairs"]] == [account.id]
    assert (rule["IpRanges"], rule["Ipv6Ranges"], rule["PrefixListIds"]) == ([], [], [])


def test_rule_can_be_removed(account):
    rules, group = inbound(account)
    account.client("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    assert inbound(account)[0] == []


def test_rule_can_be_removed_by_its_id(account):
    client, group = account.client("ec2"), inbound(account)[1]
    named = [{"Name": "group-id", "Values": [group]}]
    listed = client.describe_security_group_rules(Filters=named)["SecurityGroupRules"]
    names = [rule["SecurityGroupRuleId"] for rule in listed if not rule["IsEgress"]]
    assert len(names) == 1
    client.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=names)
    assert inbound(account)[0] == []


def test_other_groups_have_no_inbound_rule(account):
    client = account.client("ec2")
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = client.create_security_group(GroupName="other", Description="other", VpcId=vpc)
    found = client.describe_security_groups(GroupIds=[made["GroupId"]])["SecurityGroups"][0]
    assert found["IpPermissions"] == []
