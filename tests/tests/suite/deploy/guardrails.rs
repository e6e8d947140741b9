//! Organizations whose service control policies demand names, a permissions boundary, a tag and a
//! VPC.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::canary;
use super::central::{delegate, organization, roles};
use super::{HOME, OTHER, Organization, functions, regional};

/// Denies actions to all accounts below the root of an organization under a condition.
fn deny(management: &TestAccount, name: &str, actions: &[&str], condition: &Value) {
    let statement = json!({ "Sid": name, "Effect": "Deny", "Action": actions, "Resource": "*",
        "Condition": condition });
    attach(management, &statement);
}

/// Attaches a statement to the root of an organization.
fn attach(management: &TestAccount, statement: &Value) {
    let roots = management.organizations("ListRoots", &json!({}));
    let root = roots["Roots"][0]["Id"].as_str().expect("a root");
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    management.control("organization/scp", json!({ "target": root, "policy": policy }));
}

/// The policies that demand names, a boundary, a tag and a VPC.
fn demand_all(management: &TestAccount) {
    let absent = |key: &str| json!({ "Null": { key: "true" } });
    deny(management, "Boundary", &["iam:CreateRole"], &absent("iam:PermissionsBoundary"));
    let tagged = [
        "cloudformation:CreateChangeSet",
        "cloudformation:CreateStack",
        "cloudformation:CreateStackSet",
        "iam:CreateRole",
        "lambda:CreateFunction",
        "logs:CreateLogGroup",
        "states:CreateStateMachine",
    ];
    deny(management, "Tag", &tagged, &absent("aws:RequestTag/CostCenter"));
    deny(management, "Vpc", &["lambda:CreateFunction"], &absent("lambda:VpcIds"));
    let names =
        ["role", "policy"].map(|kind| format!("arn:aws:iam::*:{kind}/security/acme-audit-*"));
    let actions = ["iam:CreateRole", "iam:CreatePolicy"];
    attach(
        management,
        &json!({ "Sid": "Names", "Effect": "Deny", "Action": actions, "NotResource": names }),
    );
}

/// Creates the policy that is the boundary of roles.
fn create_boundary(account: &TestAccount) {
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    account.iam(&[
        ("Action", "CreatePolicy"),
        ("PolicyName", "limits"),
        ("PolicyDocument", document),
    ]);
}

/// The first identifier of the default VPC that begins with a prefix.
fn of_vpc(account: &TestAccount, region: &str, action: &str, prefix: &str) -> String {
    let answer = account.query("ec2", "2016-11-15", region, &[("Action", action)]);
    let found = answer.split(['<', '>']).find(|text| text.starts_with(prefix));
    found.unwrap_or_else(|| panic!("no {prefix} in {answer}")).to_owned()
}

/// The parameters for the subnets and security groups of both Regions.
fn networks(account: &TestAccount) -> Vec<String> {
    let of_region = |region: &str| {
        let subnet = of_vpc(account, region, "DescribeSubnets", "subnet-");
        let group = of_vpc(account, region, "DescribeSecurityGroups", "sg-");
        [format!("{region}:SubnetIds={subnet}"), format!("{region}:SecurityGroupIds={group}")]
    };
    let parameters = [HOME, OTHER].into_iter().flat_map(of_region);
    parameters.flat_map(|given| ["--parameter-overrides".to_owned(), given]).collect()
}

/// The document of a role.
fn role(account: &TestAccount, name: &str) -> String {
    account.iam(&[("Action", "GetRole"), ("RoleName", name)])
}

fn function(account: &TestAccount, region: &str, name: &str) -> Value {
    let url = format!("{}/2015-03-31/functions/{name}", endpoint());
    let call = ureq::get(&url).header("Authorization", account.authorization("lambda", region));
    call.call().expect("a function").body_mut().read_json().expect("JSON")
}

#[test]
fn guardrails_are_shown_beforehand_and_met() {
    let organization = organization();
    let Organization { management, members: [audit, other], code, .. } = &organization;
    delegate(&organization, audit);
    // The policies deny the name of the boundary too.
    for account in [audit, other] {
        create_boundary(account);
    }
    demand_all(management);

    let plan = stdout(&organization.deploy_as(audit, code, &["--dry-run"]), 0);
    let both = format!("2 accounts ({}, {})", audit.id, other.id);
    for expected in [
        "Service control policies deny parts of this deployment:",
        &format!("iam:CreateRole will be denied in {}", sorted(&both)),
        "statement 'Boundary' of policy 'test-",
        "with iam:PermissionsBoundary. Give --parameter-overrides PermissionsBoundary=NAME.",
        "with aws:RequestTag/CostCenter. Give --tag CostCenter=VALUE.",
        "with lambda:VpcIds. Give SubnetIds and SecurityGroupIds for each Region",
        &format!(
            "lambda:CreateFunction will be denied in 1 account ({}), {OTHER}, {HOME}",
            audit.id
        ),
        &format!("cloudformation:CreateStackSet will be denied in 1 account ({})", audit.id),
        "states:CreateStateMachine will be denied",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    for (action, kind) in [("iam:CreateRole", "role"), ("iam:CreatePolicy", "policy")] {
        let names = |line: &&str| {
            line.contains(&format!("{action} will be denied in"))
                && line.contains("statement 'Names' of policy 'test-")
        };
        let line = plan.lines().find(names).unwrap_or_else(|| panic!("{action}\n{plan}"));
        let advice = format!(
            "Names must match arn:aws:iam::*:{kind}/security/acme-audit-*: give \
             NamePrefix or RolePath with --parameter-overrides."
        );
        assert!(line.ends_with(&advice), "{line}");
    }
    let document =
        stdout(&organization.deploy_as(audit, code, &["--dry-run", "--format", "json"]), 0);
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let denials = document["denials"].as_array().expect("a list");
    assert!(denials.iter().any(|line| line.to_string().contains("iam:CreateRole")), "{denials:?}");
    let denied = organization.deploy_as(audit, code, &["--apply"]);
    assert!(stderr(&denied, 3).contains("explicit deny in a service control policy"));

    let mut given = vec!["--parameter-overrides", "PermissionsBoundary=limits"];
    given.extend(["--parameter-overrides", "RolePath=/security/", "--tag", "CostCenter=17"]);
    given.extend(["--parameter-overrides", "NamePrefix=acme-audit"]);
    let networks = networks(audit);
    given.extend(networks.iter().map(String::as_str));
    let with = |mode: &'static str| [given.as_slice(), &[mode]].concat();
    let plan = stdout(&organization.deploy_as(audit, code, &with("--dry-run")), 0);
    for expected in [
        "policies read; none is known to deny what will be created",
        "Tags: CostCenter=17. AWS CloudFormation cannot set tags on managed policies",
        "will be created with the functions, in subnet-",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    stdout(&organization.deploy_as(audit, code, &with("--apply")), 0);
    assert_eq!(functions(audit, HOME).len(), CONTROLS.len() + 2);
    assert_eq!(functions(audit, OTHER).len(), regional());
    assert_eq!(roles(other), ["acme-audit-member"]);
    for (account, name) in [
        (other, "acme-audit-member"),
        (audit, "acme-audit-member"),
        (audit, "acme-audit-central"),
        (audit, "acme-audit-organization"),
        (audit, "acme-audit-organization-states"),
        (audit, "acme-audit-aggregator"),
    ] {
        let role = role(account, name);
        let boundary = format!("arn:aws:iam::{}:policy/limits", account.id);
        for expected in [boundary.as_str(), "<Path>/security/</Path>", "CostCenter", ">17<"] {
            assert!(role.contains(expected), "{name}: {expected}\n{role}");
        }
    }
    let made = function(audit, OTHER, "plumbline-central-2-1-1");
    let subnets = &made["Configuration"]["VpcConfig"]["SubnetIds"];
    assert_eq!(subnets.as_array().map(Vec::len), Some(1), "{made}");
    let variables = &made["Configuration"]["Environment"]["Variables"];
    assert_eq!(variables["PLUMBLINE_ROLE_NAME"], "/security/acme-audit-member");

    // Everything is recorded.
    let again = stdout(&organization.deploy_where_it_is(audit, code, &["--apply"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");

    // The functions of a canary unit meet the same policies, in the same subnets.
    let unit = canary::unit(management, "canary");
    canary::move_account(management, other, &canary::root(management), &unit);
    stdout(&organization.deploy_where_it_is(audit, code, &["--canary", &unit, "--apply"]), 0);
    let of_unit = function(audit, OTHER, "plumbline-canary-2-1-1");
    assert_eq!(&of_unit["Configuration"]["VpcConfig"]["SubnetIds"], subnets);
    let role_of_unit = role(audit, "acme-audit-canary");
    for expected in ["policy/limits", "<Path>/security/</Path>", ">17<"] {
        assert!(role_of_unit.contains(expected), "{expected}\n{role_of_unit}");
    }
    let again = stdout(&organization.deploy_where_it_is(audit, code, &["--apply"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");

    // Other tags reach the accounts.
    let next = ["--tag", "CostCenter=18", "--tag", "Team=audit", "--apply"];
    stdout(&organization.deploy_where_it_is(audit, code, &next), 0);
    assert!(role(other, "acme-audit-member").contains(">18<"));
    let again = stdout(&organization.deploy_where_it_is(audit, code, &["--dry-run"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");

    let moved = ["--parameter-overrides", "RolePath=/other/", "--dry-run"];
    let refused = stderr(&organization.deploy_where_it_is(audit, code, &moved), 2);
    assert!(refused.contains("the roles were deployed with the path '/security/'"), "{refused}");
    let renamed = ["--parameter-overrides", "NamePrefix=acme", "--dry-run"];
    let refused = stderr(&organization.deploy_where_it_is(audit, code, &renamed), 2);
    let expected = "the roles were deployed with the name prefix 'acme-audit'";
    assert!(refused.contains(expected), "{refused}");

    stdout(&plumbline_as(audit, &["destroy", "--organization", "--apply"]), 0);
    assert_eq!([audit, other].map(roles), [Vec::<String>::new(), Vec::new()]);
    assert!(functions(audit, HOME).is_empty());
}

/// The accounts of a text in the order of the program.
fn sorted(text: &str) -> String {
    let (number, accounts) = text.split_once('(').expect("accounts");
    let mut accounts: Vec<&str> = accounts.trim_end_matches(')').split(", ").collect();
    accounts.sort_unstable();
    format!("{number}({})", accounts.join(", "))
}

#[test]
fn what_no_parameter_allows_is_shown_too() {
    let organization = organization();
    let Organization { management, members: [audit, other], code, .. } = &organization;
    let untagged = json!({ "Null": { "aws:RequestTag/CostCenter": "true" } });
    deny(management, "Policies", &["iam:CreatePolicy"], &untagged);
    let mut open = untagged.clone();
    open["StringNotEquals"] = json!({ "aws:SourceVpc": "vpc-1" });
    deny(management, "Open", &["lambda:CreateFunction"], &open);
    let absent = json!({ "Null": { "lambda:SubnetIds": "true" } });
    deny(management, "Vpc", &["lambda:CreateFunction"], &absent);
    let plan = ["--functions", "own", "--tag", "CostCenter=1", "--dry-run"];
    let plan = stdout(&organization.deploy_as(management, code, &plan), 0);
    for expected in [
        "AWS CloudFormation cannot tag managed policies: exempt this action in the policy.",
        "Only central functions can be in a VPC: --functions central.",
        "iam:CreatePolicy will be denied in 2 accounts",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    assert!(!plan.contains("'Open'"), "the tag is given: {plan}");
    let plan_of_own = ["--functions", "own", "--dry-run"];
    let plan = stdout(&organization.deploy_as(management, code, &plan_of_own), 0);
    assert!(plan.contains("lambda:CreateFunction may be denied in 2 accounts"), "{plan}");
    assert!(plan.contains("depending on aws:SourceVpc"), "{plan}");

    // An account that a policy names, the keys of all tags, and packs in the stacks of accounts.
    let role = format!("arn:aws:iam::{}:role/*", audit.id.as_str().max(&other.id));
    let statement = json!({ "Sid": "One", "Effect": "Deny", "Action": "iam:CreateRole",
        "Resource": role });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let roots = management.organizations("ListRoots", &json!({}));
    let root = roots["Roots"][0]["Id"].clone();
    management.control("organization/scp", json!({ "target": root, "policy": policy }));
    let keys = json!({ "ForAllValues:StringNotEquals": { "aws:TagKeys": ["CostCenter"] } });
    deny(management, "Keys", &["lambda:CreateFunction"], &keys);
    deny(management, "Packs", &["config:PutConformancePack"], &json!({}));
    let plan = stdout(&organization.deploy_as(management, code, &plan_of_own), 0);
    for expected in [
        "iam:CreateRole will be denied in 1 account",
        "statement 'Keys' of policy",
        "with aws:TagKeys. Give the tags that the policy demands: --tag KEY=VALUE.",
        "config:PutConformancePack will be denied in 2 accounts",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }

    // In the deploying account, a denied Region and an unknown deploying role are shown.
    delegate(&organization, audit);
    let elsewhere = json!({ "StringEquals": { "aws:RequestedRegion": OTHER } });
    deny(management, "Region", &["lambda:CreateFunction"], &elsewhere);
    let plan = stdout(&organization.deploy_as(audit, code, &["--dry-run"]), 0);
    assert!(plan.contains("statement 'Region' of policy"), "{plan}");

    // The management account is not restricted, and the deploying account may not read policies.
    let reads = json!({ "target": audit.id, "actions": ["organizations:ListPolicies"] });
    management.control("organization/scp", reads);
    let plan = stdout(&organization.deploy_as(audit, code, &["--dry-run"]), 0);
    assert!(plan.contains("The service control policies cannot be read"), "{plan}");
    assert!(!plan.contains(&format!("({})", other.id)), "{plan}");
}

#[test]
fn values_that_no_function_can_have_are_refused() {
    let organization = organization();
    let refused = |more: &[&str]| {
        let output = organization.deploy(&[more, &["--dry-run"]].concat());
        stderr(&output, 2)
    };
    let subnet = "SubnetIds=subnet-0123456789abcdef0";
    let given = |value: &str| refused(&["--parameter-overrides", value]);
    assert!(given(subnet).contains("for several Regions at once"));
    assert!(given(&format!("{HOME}:{subnet}")).contains("only one of subnets and security groups"));
    assert!(given(&format!("us-west-2:{subnet}")).contains("to which nothing is deployed"));
    assert!(given("us-east-1:Level=1").contains("has the same value in all Regions"));
    let own = [
        "--functions",
        "own",
        "--parameter-overrides",
        "us-east-1:SubnetIds=subnet-0123456789abcdef0",
    ];
    assert!(refused(&own).contains("are given for own functions"));
    assert!(refused(&["--tag", "aws:x=1"]).contains("tag 'aws:x' cannot be set"));
    assert!(refused(&["--tag", "none", "--tag", "a=1"]).contains("'none' is given together"));
}
