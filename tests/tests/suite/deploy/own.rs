//! `--functions own`: functions and rules of each account in the same stacks, and the move from
//! stacks of earlier releases.

use plumbline_rules::registry::CONTROLS;
use plumbline_templates::own_roles::own_role_name;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::package;
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::central::{organization as recorded, roles};
use super::{HOME, OTHER, Organization, SERVICES, json_call, regional};

/// The service of organization packs.
const PACK_SERVICE: &str = SERVICES[1];

/// An organization with own functions and recorders in all accounts.
fn organization() -> Organization {
    Organization { functions: Some("own"), ..recorded() }
}

fn all() -> [(usize, usize); 2] {
    [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())]
}

const NOTHING: (usize, usize) = (0, 0);

/// Calls an operation of CloudFormation.
fn cloudformation(account: &TestAccount, region: &str, fields: &[(&str, &str)]) -> String {
    account.query("cloudformation", "2010-05-15", region, fields)
}

/// The texts of an XML element.
fn elements<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    answer
        .split(begin.as_str())
        .skip(1)
        .filter_map(|rest| rest.split(end.as_str()).next())
        .collect()
}

/// The events of an account's stacks of functions, the first one first: type and status.
fn events(account: &TestAccount, region: &str) -> Vec<Vec<(String, String)>> {
    let stacks = cloudformation(account, region, &[("Action", "ListStacks")]);
    let stacks: Vec<&str> = elements(&stacks, "StackName");
    let functions = stacks.into_iter().filter(|name| name.contains("plumbline-functions-"));
    let of_stack = |name: &str| {
        let fields = [("Action", "DescribeStackEvents"), ("StackName", name)];
        let answer = cloudformation(account, region, &fields);
        let types = elements(&answer, "ResourceType").into_iter().map(str::to_owned);
        let states = elements(&answer, "ResourceStatus").into_iter().map(str::to_owned);
        let mut events: Vec<(String, String)> = types.zip(states).collect();
        events.reverse();
        events
    };
    functions.map(of_stack).collect()
}

/// At no moment is there a rule without its function: AWS creates the rules after all permissions.
fn assert_rules_are_last(account: &TestAccount, region: &str) {
    let stacks = events(account, region);
    assert_eq!(stacks.len(), if region == HOME { 2 } else { 1 }, "{stacks:?}");
    for events in stacks {
        let at = |kind: &str| -> Vec<usize> {
            let of_kind = |(_, (one, state)): &(usize, &(String, String))| {
                one == kind && state == "CREATE_COMPLETE"
            };
            events.iter().enumerate().filter(of_kind).map(|(at, _)| at).collect()
        };
        let (packs, permissions) =
            (at("AWS::Config::ConformancePack"), at("AWS::Lambda::Permission"));
        assert_eq!(packs.len(), 1, "{events:?}");
        assert!(permissions.iter().all(|permission| *permission < packs[0]), "{events:?}");
        assert!(!permissions.is_empty());
    }
}

#[test]
fn an_account_that_joins_gets_functions_and_rules_or_neither() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(!report.contains("organization pack"), "{report}");
    assert_eq!([management, first, second].map(Organization::counts), [all(); 3]);
    let own: Vec<String> = CONTROLS.iter().map(|control| own_role_name(control)).collect();
    for account in [management, first] {
        let roles = roles(account);
        assert!(own.iter().all(|role| roles.contains(role)), "{roles:?}");
        assert!(!roles.contains(&"plumbline-1-4".to_owned()), "{roles:?}");
    }
    management.forget("calls");
    for mode in ["--dry-run", "--apply"] {
        assert!(stdout(&organization.deploy(&[mode]), 0).contains("Nothing to do"));
    }
    let is_change = |call: &&String| {
        let operation = call.split(':').nth(1).unwrap_or_default();
        !["Describe", "Get", "List", "Head", "Lookup"]
            .iter()
            .any(|read| operation.starts_with(read))
    };
    let calls = management.calls();
    assert_eq!(calls.iter().filter(is_change).collect::<Vec<_>>(), Vec::<&String>::new());

    let join = |name: &str, regions: &[&str]| {
        let joined = Organization::join(management, name);
        for region in regions {
            joined.recorder(region);
        }
        joined
    };
    let recorded = join("recorded", &[HOME, OTHER]);
    let without_home = join("without home", &[OTHER]);
    let without_other = join("without other", &[HOME]);
    // CloudFormation must not allow AWS Config to invoke functions.
    let denied = join("denied", &[HOME, OTHER]);
    let actions = json!(["lambda:AddPermission"]);
    let denial = json!({ "target": denied.id, "actions": actions });
    management.control("organization/scp", denial);
    management.control("organization/settle", json!({}));

    assert_eq!(Organization::counts(&recorded), all());
    for region in [HOME, OTHER] {
        assert_rules_are_last(&recorded, region);
    }
    // The roles are apart, so the rules of one Region do not depend on those of another.
    assert_eq!(Organization::counts(&without_home), [NOTHING, all()[1]]);
    assert_eq!(Organization::counts(&without_other), [all()[0], NOTHING]);
    assert_eq!(Organization::counts(&denied), [NOTHING; 2]);

    let error = stderr(&organization.deploy(&["--apply"]), 3);
    for set in ["global", "regional"] {
        let expected =
            format!("account {}, {HOME}: plumbline-functions-{set} is FAILED", denied.id);
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    assert!(!error.contains(&without_home.id) && !error.contains(&without_other.id), "{error}");
    let plan = organization.deploy(&["--dry-run", "--exclude-account", &denied.id]);
    let plan = stdout(&plan, 0);
    assert!(plan.contains("no-recorder: 1 in eu-west-1, 1 in us-east-1"), "{plan}");

    // With a recorder, they get both.
    without_home.recorder(HOME);
    without_other.recorder(OTHER);
    let exclusion = ["--exclude-account", denied.id.as_str(), "--apply", "--strict"];
    stdout(&organization.deploy(&exclusion), 0);
    assert_eq!([&without_home, &without_other].map(Organization::counts), [all(); 2]);
    assert!(stdout(&organization.deploy(&["--apply", "--strict"]), 0).contains("Nothing to do"));
}

/// The management account has functions in a stack of the deployment, which must not fail.
#[test]
fn a_management_account_without_a_recorder_has_functions_without_rules() {
    let organization = organization();
    let Organization { management, members: [first, _], .. } = &organization;
    json_call(
        management,
        OTHER,
        "config",
        "StarlingDoveService.DeleteConfigurationRecorder",
        &json!({ "ConfigurationRecorderName": "default" }),
    );
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(report.contains("no-recorder: 1 in eu-west-1\n"), "{report}");
    assert_eq!(Organization::counts(management), [all()[0], (regional(), 0)]);
    assert_eq!(Organization::counts(first), all());
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));
    management.recorder(OTHER);
    stdout(&organization.deploy(&["--apply"]), 0);
    assert_eq!(Organization::counts(management), all());
}

/// Own functions need no access to the organization's conformance packs.
#[test]
fn a_delegated_administrator_needs_packs_for_central_functions_only() {
    let organization = organization();
    let Organization { management, members: [administrator, other], code, .. } = &organization;
    for service in SERVICES.iter().filter(|service| **service != PACK_SERVICE) {
        let delegated = json!({ "AccountId": administrator.id, "ServicePrincipal": service });
        management.organizations("RegisterDelegatedAdministrator", &delegated);
    }
    management
        .organizations("DisableAWSServiceAccess", &json!({ "ServicePrincipal": PACK_SERVICE }));
    let central = ["--functions", "central", "--dry-run"];
    let error = stderr(&organization.deploy_as(administrator, code, &central), 2);
    assert!(error.contains(PACK_SERVICE) && !error.contains(SERVICES[0]), "{error}");
    let report = stdout(&organization.deploy_as(administrator, code, &["--apply"]), 0);
    assert!(!report.contains("trusted access"), "{report}");
    assert_eq!([administrator, other].map(Organization::counts), [all(); 2]);
    let again = organization.deploy_as(administrator, code, &["--apply"]);
    assert!(stdout(&again, 0).contains("Nothing to do"));
    let destroy = plumbline_as(administrator, &["destroy", "--organization", "--apply"]);
    stdout(&destroy, 0);
    assert_eq!([administrator, other].map(Organization::counts), [[NOTHING; 2]; 2]);
    assert!(!roles(other).iter().any(|role| role.starts_with("plumbline-")));
}

/// The template of an organization as earlier releases had it: without the stack set of the roles,
/// and without rules in the stacks of functions.
fn former_template() -> String {
    let file = package().join("../cfn/organization.yaml");
    let options = serde_saphyr::options! { strict_booleans: false };
    let text = std::fs::read_to_string(file).expect("the template");
    let mut template: Value =
        serde_saphyr::from_str_with_options(&text, options).expect("the template is YAML");
    let parameters = template["Parameters"].as_object_mut().expect("an object");
    for name in ["Roles", "PacksHere"] {
        parameters.remove(name).expect("a new parameter");
    }
    template["Conditions"].as_object_mut().expect("an object").remove("HasPacksHere");
    let resources = template["Resources"].as_object_mut().expect("an object");
    for id in ["StackSetRoles", "RolesHere"] {
        resources.remove(id).expect("a new resource");
    }
    let constants = [("Roles", json!("functions-global")), ("Packs", json!("off"))];
    for id in ["StackSetGlobal", "StackSetRegional"] {
        let properties = &mut resources[id]["Properties"];
        properties["AutoDeployment"].as_object_mut().expect("an object").remove("DependsOn");
        for parameter in properties["Parameters"].as_array_mut().expect("a list") {
            for (name, value) in &constants {
                if parameter["ParameterKey"] == *name {
                    parameter["ParameterValue"] = value.clone();
                }
            }
        }
    }
    for id in ["FunctionsGlobal", "FunctionsRegional"] {
        let resource = resources[id].as_object_mut().expect("an object");
        resource.remove("Metadata");
        for (name, value) in &constants {
            resource["Properties"]["Parameters"][name] = value.clone();
        }
    }
    let global = json!({ "Ref": "FunctionsGlobal" });
    let after = json!({ "Fn::If": ["FunctionsHereGlobal", global, { "Ref": "AWS::NoValue" }] });
    resources["FunctionsRegional"]["Metadata"] = json!({ "After": [after] });
    template.to_string()
}

/// Changes the stacks of a deployment to those of an earlier release, whose organization packs had
/// the rules.
fn make_former(management: &TestAccount) {
    let template = former_template();
    let names: Value = serde_json::from_str(&template).expect("JSON");
    let names = names["Parameters"].as_object().expect("an object").keys().cloned();
    let parameters: Vec<(String, String)> = names
        .enumerate()
        .flat_map(|(at, name)| {
            let key = |end: &str| format!("Parameters.member.{}.{end}", at + 1);
            let previous = (key("UsePreviousValue"), "true".to_owned());
            [(key("ParameterKey"), name), previous]
        })
        .collect();
    for region in [HOME, OTHER] {
        let mut fields = vec![
            ("Action", "CreateChangeSet"),
            ("StackName", "plumbline"),
            ("ChangeSetName", "former"),
            ("ChangeSetType", "UPDATE"),
            ("TemplateBody", template.as_str()),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        fields.extend(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        cloudformation(management, region, &fields);
        management.control("work/settle", json!({}));
        let execute = [
            ("Action", "ExecuteChangeSet"),
            ("StackName", "plumbline"),
            ("ChangeSetName", "former"),
        ];
        cloudformation(management, region, &execute);
        management.control("work/settle", json!({}));
        let scopes: &[&str] = if region == HOME { &["global", "regional"] } else { &["regional"] };
        for scope in scopes {
            let file = package().join(format!("../cfn/conformance-pack-{scope}-level-2.yaml"));
            let body = std::fs::read_to_string(file).expect("the pack");
            json_call(
                management,
                region,
                "config",
                "StarlingDoveService.PutOrganizationConformancePack",
                &json!({ "OrganizationConformancePackName": format!("plumbline-{scope}"),
                    "TemplateBody": body }),
            );
        }
    }
    management.control("work/settle", json!({}));
}

/// The names of an organization's packs in a Region.
fn organization_packs(management: &TestAccount, region: &str) -> usize {
    let target = "StarlingDoveService.DescribeOrganizationConformancePacks";
    let answer = json_call(management, region, "config", target, &json!({}));
    answer["OrganizationConformancePacks"].as_array().expect("a list").len()
}

/// Whether the rules of an account are those of its own packs.
fn has_own_packs(account: &TestAccount) -> bool {
    let is_own = |region: &str| {
        let rules = json_call(
            account,
            region,
            "config",
            "StarlingDoveService.DescribeConfigRules",
            &json!({}),
        );
        let rules = rules["ConfigRules"].as_array().expect("a list").clone();
        rules.iter().all(|rule| {
            let name = rule["ConfigRuleName"].as_str().expect("a name");
            name.ends_with("-neglobal") || name.ends_with("egional")
        })
    };
    is_own(HOME) && is_own(OTHER)
}

#[test]
fn an_earlier_deployment_moves_its_rules_and_roles_and_is_never_without() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    stdout(&organization.deploy(&["--apply"]), 0);
    make_former(management);
    let former = |account: &TestAccount| {
        assert_eq!(Organization::counts(account), all());
        assert!(!has_own_packs(account));
        let roles = roles(account);
        assert!(roles.contains(&"plumbline-1-4".to_owned()), "{roles:?}");
        assert!(!roles.contains(&"plumbline-own-1-4".to_owned()), "{roles:?}");
    };
    for account in [management, first, second] {
        former(account);
    }

    // The test environment describes a pack in progress once.
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    let in_progress = "'plumbline-global': in progress (CREATE_IN_PROGRESS); will then be deleted";
    assert!(plan.contains(in_progress), "{plan}");
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    for expected in [
        "organization pack 'plumbline-global': will be deleted after the stacks of all accounts \
         have its rules",
        "stack sets: all accounts get the roles of 'own-roles', then functions with rules in the \
         same stacks; the roles of 'functions-global' will be deleted last",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }

    // One account does not get its new roles: all accounts keep their former roles, which the
    // functions use until then, and the organization packs.
    let role = [("RoleName", "plumbline-own-1-4")];
    second.iam(
        &[&[("Action", "CreateRole"), ("AssumeRolePolicyDocument", "{}")], &role[..]].concat(),
    );
    let error = stderr(&organization.deploy(&["--apply"]), 3);
    assert!(
        error.contains(&format!("account {}, {HOME}: plumbline-own-roles is FAILED", second.id)),
        "{error}"
    );
    assert!(error.contains("the organization packs and former roles remain"), "{error}");
    assert_eq!([HOME, OTHER].map(|region| organization_packs(management, region)), [2, 1]);
    let twice = all().map(|(functions, rules)| (functions, rules * 2));
    assert_eq!([management, first, second].map(Organization::counts), [twice; 3]);
    for account in [management, first, second] {
        assert!(roles(account).contains(&"plumbline-1-4".to_owned()));
    }

    second.iam(&[&[("Action", "DeleteRole")], &role[..]].concat());
    stdout(&organization.deploy(&["--apply"]), 0);
    assert_eq!([HOME, OTHER].map(|region| organization_packs(management, region)), [0; 2]);
    for account in [management, first, second] {
        assert_eq!(Organization::counts(account), all());
        assert!(has_own_packs(account));
        let roles = roles(account);
        let own = roles.iter().filter(|role| role.starts_with("plumbline-own-")).count();
        assert_eq!(own, CONTROLS.len());
        assert!(!roles.contains(&"plumbline-1-4".to_owned()), "{roles:?}");
    }
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));
}

#[test]
fn an_earlier_deployment_moves_to_central_functions_or_is_removed() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    stdout(&organization.deploy(&["--apply"]), 0);
    make_former(management);
    stdout(&organization.deploy(&["--functions", "central", "--apply"]), 0);
    let served = all().map(|(_, rules)| (0, rules));
    assert_eq!([first, second].map(Organization::counts), [served; 2]);
    assert_eq!(roles(first), ["plumbline-member"]);
    stdout(&organization.deploy(&["--apply"]), 0);
    assert_eq!([first, second].map(Organization::counts), [all(); 2]);

    make_former(management);
    let report = stdout(&plumbline_as(management, &["destroy", "--organization", "--apply"]), 0);
    assert!(report.contains("organization pack 'plumbline-global': will be deleted"), "{report}");
    for account in [management, first, second] {
        assert_eq!(Organization::counts(account), [NOTHING; 2]);
        assert!(!roles(account).iter().any(|role| role.starts_with("plumbline-")));
    }
}
