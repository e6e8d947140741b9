//! The service control policy `protect`: members cannot change the resources that check them, and
//! deployments still work.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::package;
use plumbline_tests::programs::stdout;
use serde_json::{Value, json};

use super::{Code, HOME, OTHER, Organization, SERVICES, regional};

const DENIED: &str = "with an explicit deny in a service control policy";

/// A call of a member's administrator, in the home Region.
enum Tampering {
    /// IAM or CloudFormation: the API version and the form.
    Form(&'static str, &'static str, Vec<(&'static str, String)>),
    /// AWS Config or CloudWatch Logs: the target and the document.
    Document(&'static str, &'static str, Value),
    /// AWS Lambda: method, path and document.
    Rest(&'static str, String, Value),
}

impl Tampering {
    /// The status and the body of the answer.
    fn attempt(&self, account: &TestAccount) -> (u16, String) {
        let (service, method, path) = match self {
            Self::Form(service, ..) | Self::Document(service, ..) => (*service, "POST", "/"),
            Self::Rest(method, path, _) => ("lambda", *method, path.as_str()),
        };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", endpoint()))
            .header("Authorization", account.authorization(service, HOME));
        let (request, body) = match self {
            Self::Form(_, version, fields) => {
                let version = ("Version", (*version).to_owned());
                let form: Vec<String> = fields
                    .iter()
                    .chain([&version])
                    .map(|(name, value)| format!("{name}={}", escaped(value)))
                    .collect();
                let kind = "application/x-www-form-urlencoded";
                (request.header("Content-Type", kind), form.join("&"))
            }
            Self::Document(_, target, body) => {
                let request = request.header("X-Amz-Target", *target);
                (request.header("Content-Type", "application/x-amz-json-1.1"), body.to_string())
            }
            Self::Rest(_, _, body) => {
                (request.header("Content-Type", "application/json"), body.to_string())
            }
        };
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.run(request.body(body).expect("a request")).expect("an answer");
        let text = answer.body_mut().read_to_string().expect("a text");
        (answer.status().as_u16(), text)
    }
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn iam(fields: &[(&'static str, &str)]) -> Tampering {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Tampering::Form("iam", "2010-05-08", fields)
}

fn stack(action: &str, name: &str) -> Tampering {
    let fields = vec![("Action", action.to_owned()), ("StackName", name.to_owned())];
    Tampering::Form("cloudformation", "2010-05-15", fields)
}

/// The stack of a stack set in a member.
fn stack_of_set(member: &TestAccount) -> String {
    let fields = [("Action", "ListStacks")];
    let answer = member.query("cloudformation", "2010-05-15", HOME, &fields);
    let name = answer
        .split("<StackName>")
        .filter_map(|part| part.split('<').next())
        .find(|name| name.starts_with("StackSet-plumbline-functions-global-"));
    name.expect("a stack").to_owned()
}

/// The calls with which a member's administrator could change the resources that check the account.
fn tampering(member: &TestAccount) -> Vec<Tampering> {
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let function = |path: &str| format!("/2015-03-31/functions/plumbline-1-4{path}");
    let policy = format!("arn:aws:iam::{}:policy/plumbline-1-4", member.id);
    let set = stack_of_set(member);
    let role = ("RoleName", "plumbline-1-4");
    let document = ("PolicyDocument", trust);
    let (attached, assumed) = (("PolicyArn", policy.as_str()), ("AssumeRolePolicyDocument", trust));
    vec![
        Tampering::Rest("PUT", function("/code"), json!({ "ZipFile": "UEsFBg==" })),
        Tampering::Rest(
            "PUT",
            function("/configuration"),
            json!({ "Environment": { "Variables": { "PLUMBLINE_HOME_REGION": OTHER } } }),
        ),
        Tampering::Rest("DELETE", function(""), json!({})),
        Tampering::Rest("DELETE", function("/policy/AllowConfig"), json!({})),
        Tampering::Rest(
            "PUT",
            function("/concurrency").replace("2015-03-31", "2017-10-31"),
            json!({ "ReservedConcurrentExecutions": 0 }),
        ),
        iam(&[("Action", "PutRolePolicy"), role, ("PolicyName", "deny"), document]),
        iam(&[("Action", "DetachRolePolicy"), role, attached]),
        iam(&[("Action", "DeleteRole"), role]),
        // A policy that is attached elsewhere cannot be deleted.
        iam(&[("Action", "AttachRolePolicy"), ("RoleName", "other"), attached]),
        iam(&[("Action", "UpdateAssumeRolePolicy"), role, document]),
        iam(&[("Action", "CreatePolicyVersion"), attached, document, ("SetAsDefault", "true")]),
        iam(&[("Action", "CreateRole"), ("RoleName", "plumbline-mine"), assumed]),
        // A role with an exempt name.
        iam(&[("Action", "CreateRole"), ("RoleName", "stacksets-exec-mine"), assumed]),
        stack("DeleteStack", &set),
        stack("UpdateStack", &set),
        stack("UpdateTerminationProtection", &set),
        Tampering::Document(
            "config",
            "StarlingDoveService.DeleteConformancePack",
            json!({ "ConformancePackName": "OrgConformsPack-plumbline-global-0a1b2c3d" }),
        ),
        Tampering::Document(
            "logs",
            "Logs_20140328.DeleteLogGroup",
            json!({ "logGroupName": "/aws/lambda/plumbline-1-4" }),
        ),
    ]
}

/// The digests of the code of an account's functions.
fn code(account: &TestAccount, region: &str) -> Vec<String> {
    let url = format!("{}/2015-03-31/functions/", endpoint());
    let mut answer = ureq::get(&url)
        .header("Authorization", account.authorization("lambda", region))
        .call()
        .expect("functions are listed");
    let answer: Value = answer.body_mut().read_json().expect("JSON");
    let functions = answer["Functions"].as_array().expect("a list").iter();
    functions.map(|one| one["CodeSha256"].as_str().expect("a digest").to_owned()).collect()
}

/// The generated policy, attached to the organization's root, its management account or not.
fn protect(management: &TestAccount, target: &str) -> Value {
    let file = package().join("../cfn/protect.scp.json");
    let policy = std::fs::read_to_string(file).expect("the policy");
    let policy: Value = serde_json::from_str(&policy).expect("JSON");
    management.control("organization/scp", json!({ "target": target, "policy": policy }))
}

fn detach(management: &TestAccount, policy: &Value) {
    let id = policy["id"].as_str().expect("an id");
    let scp = "_plumbline/organization/scp";
    let url = format!("{}/{scp}?account={}&id={id}", endpoint(), management.id);
    ureq::delete(&url).call().expect("it is detached");
}

fn root(management: &TestAccount) -> String {
    let roots = management.organizations("ListRoots", &json!({}));
    roots["Roots"][0]["Id"].as_str().expect("a root").to_owned()
}

#[test]
fn members_cannot_tamper_and_deployments_go_on() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    stdout(&organization.deploy(&["--apply"]), 0);
    first.create_role("other");
    let policy = protect(management, &root(management));
    for tampering in tampering(first) {
        let (status, answer) = tampering.attempt(first);
        assert!((400..500).contains(&status) && answer.contains(DENIED), "{status} {answer}");
    }
    assert_eq!(Organization::counts(first), all);
    // The policy does not affect other resources.
    let trust = ("AssumeRolePolicyDocument", "{}");
    let own = iam(&[("Action", "CreateRole"), ("RoleName", "own"), trust]);
    assert_eq!(own.attempt(first).0, 200);

    // Stack sets and AWS Config use roles that the policy exempts, here and in accounts that join.
    let (before, next) = (code(first, HOME), Code::new("2"));
    stdout(&organization.deploy_as(management, &next, &["--apply"]), 0);
    let after = code(first, HOME);
    assert!(after.len() == before.len() && after.iter().all(|digest| !before.contains(digest)));
    let joined = Organization::join(management, "joined");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    management.control("organization/settle", json!({}));
    assert_eq!([first, second, &joined].map(Organization::counts), [all; 3]);

    // Without the policy, the same call succeeds.
    let id = policy["id"].as_str().expect("an id");
    let url =
        format!("{}/_plumbline/organization/scp?account={}&id={id}", endpoint(), management.id);
    ureq::delete(&url).call().expect("it is detached");
    let path = "/2015-03-31/functions/plumbline-1-4".to_owned();
    assert_eq!(Tampering::Rest("DELETE", path, json!({})).attempt(first).0, 204);
    assert_eq!(Organization::counts(first)[0].0, CONTROLS.len() - 1);
}

/// The account that deploys is a member like any other, unless it is the management account.
#[test]
fn whoever_deploys_must_not_be_protected_from_itself() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], code, .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    for service in SERVICES {
        let delegate = json!({ "AccountId": first.id, "ServicePrincipal": service });
        management.organizations("RegisterDelegatedAdministrator", &delegate);
    }
    let policy = protect(management, &first.id);
    let denied = organization.deploy_as(first, code, &["--apply"]);
    let said = [denied.stdout, denied.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(denied.status.code() != Some(0) && said.contains(DENIED), "{said}");
    detach(management, &policy);
    protect(management, &second.id);
    stdout(&organization.deploy_as(first, code, &["--apply"]), 0);
    assert_eq!(Organization::counts(second)[0].0, CONTROLS.len());
}
