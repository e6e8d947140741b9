//! `deploy --canary` and `--promote`: a release reaches the accounts of a unit first.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::central::{delegate, organization, roles};
use super::replaced::replace_code;
use super::{Code, HOME, OTHER, Organization, functions, json_call, regional};

/// The functions that the rules of an account invoke, without the rules' names.
fn invoked(account: &TestAccount, region: &str) -> BTreeSet<String> {
    rule_functions(account, region).into_values().collect()
}

/// The name of the function of each rule.
fn rule_functions(account: &TestAccount, region: &str) -> BTreeMap<String, String> {
    let (mut found, mut body) = (BTreeMap::new(), json!({}));
    loop {
        let target = "StarlingDoveService.DescribeConfigRules";
        let page = json_call(account, region, "config", target, &body);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        found.extend(page["ConfigRules"].as_array().expect("a list").iter().map(|rule| {
            let function = text(&rule["Source"]["SourceIdentifier"]);
            let name = function.rsplit(':').next().expect("a name").to_owned();
            (text(&rule["ConfigRuleName"]), name)
        }));
        match page["NextToken"].as_str() {
            Some(token) => body = json!({ "NextToken": token }),
            None => return found,
        }
    }
}

/// Whether all rules of an account invoke the functions of a set.
fn is_served_by(account: &TestAccount, set: &str) -> bool {
    let start = format!("plumbline-{set}-");
    [(HOME, CONTROLS.len()), (OTHER, regional())].into_iter().all(|(region, count)| {
        let invoked = invoked(account, region);
        invoked.len() == count && invoked.iter().all(|name| name.starts_with(&start))
    })
}

/// Creates an organizational unit.
pub(super) fn unit(management: &TestAccount, name: &str) -> String {
    let root = root(management);
    let made = management
        .organizations("CreateOrganizationalUnit", &json!({ "ParentId": root, "Name": name }));
    made["OrganizationalUnit"]["Id"].as_str().expect("an id").to_owned()
}

pub(super) fn root(management: &TestAccount) -> String {
    let roots = management.organizations("ListRoots", &json!({}));
    roots["Roots"][0]["Id"].as_str().expect("an id").to_owned()
}

pub(super) fn move_account(management: &TestAccount, account: &TestAccount, from: &str, to: &str) {
    let moved =
        json!({ "AccountId": account.id, "SourceParentId": from, "DestinationParentId": to });
    management.organizations("MoveAccount", &moved);
}

/// The digest of a function's code.
fn code_of(account: &TestAccount, region: &str, name: &str) -> String {
    let url = format!("{}/2015-03-31/functions/{name}/configuration", endpoint());
    let mut answer = ureq::get(&url)
        .header("Authorization", account.authorization("lambda", region))
        .call()
        .expect("the function");
    let answer: Value = answer.body_mut().read_json().expect("JSON");
    answer["CodeSha256"].as_str().expect("a digest").to_owned()
}

/// The digests of the code of both sets in the home Region and the other one.
fn codes(account: &TestAccount) -> [[String; 2]; 2] {
    ["canary", "central"].map(|set| {
        [HOME, OTHER].map(|region| code_of(account, region, &format!("plumbline-{set}-5-2")))
    })
}

/// The calls of an account that change something.
fn changes(account: &TestAccount) -> Vec<String> {
    let changes = [":Put", ":Create", ":Update", ":Delete", ":Execute"];
    let is_change = |call: &String| changes.iter().any(|change| call.contains(change));
    account.calls().into_iter().filter(is_change).collect()
}

#[test]
fn a_release_reaches_the_unit_first_and_all_others_by_promotion() {
    let organization = organization();
    let Organization { management, members: [audit, other], code, .. } = &organization;
    delegate(&organization, audit);
    let joined = Organization::join(management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    let (root, unit) = (root(management), unit(management, "canary"));
    move_account(management, other, &root, &unit);
    stdout(&organization.deploy_as(audit, code, &["--apply"]), 0);
    assert!([audit, other, &joined].into_iter().all(|account| is_served_by(account, "central")));
    let deploy = |code: &Code, more: &[&str]| organization.deploy_where_it_is(audit, code, more);

    // Without a unit there is nothing to promote, and own functions have no canary set.
    assert!(stderr(&deploy(code, &["--promote", "--dry-run"]), 2).contains("no canary unit"));
    let own = ["--canary", &unit, "--functions", "own", "--dry-run"];
    assert!(stderr(&deploy(code, &own), 2).contains("requires central functions"));
    let unknown = ["--canary", "ou-ab12-99999999", "--dry-run"];
    assert!(stderr(&deploy(code, &unknown), 2).contains("--canary none"));

    // The accounts of the unit invoke functions of their own.
    let plan = stdout(&deploy(code, &["--canary", &unit, "--dry-run"]), 0);
    let heading = format!("Canary unit {unit} (experimental): 1 account ({}).", other.id);
    assert!(plan.contains(&heading), "{plan}");
    assert!(
        plan.contains("stack 'plumbline-canary': will be created with the functions"),
        "{plan}"
    );
    let before = rule_functions(&joined, HOME);
    stdout(&deploy(code, &["--canary", &unit, "--apply"]), 0);
    assert!(is_served_by(other, "canary"), "{:?}", invoked(other, HOME));
    assert!(is_served_by(audit, "central") && is_served_by(&joined, "central"));
    assert_eq!(rule_functions(&joined, HOME), before);
    assert!(roles(audit).contains(&"plumbline-canary".to_owned()));
    assert_eq!(roles(other), ["plumbline-member"]);
    let again = stdout(&deploy(code, &["--apply"]), 0);
    assert!(again.contains("Nothing to do"), "the unit is recorded: {again}");
    let [canary, central] = codes(audit);
    assert_eq!(canary, central);

    // A new release: only the functions of the unit change, and no account is called.
    let new = Code::new("2");
    let members = [other, &joined, management];
    members.iter().for_each(|account| account.forget("calls"));
    let plan = stdout(&deploy(&new, &["--dry-run"]), 0);
    assert!(plan.contains("until --promote"), "{plan}");
    let report = stdout(&deploy(&new, &["--apply"]), 0);
    assert!(report.contains("2 covered") || report.contains("3 covered"), "{report}");
    let [canary_of_new, central_of_new] = codes(audit);
    assert_eq!(central_of_new, central);
    assert!(canary_of_new.iter().all(|digest| !central.contains(digest)));
    let again = stdout(&deploy(&new, &["--apply"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");
    for account in members {
        assert_eq!(changes(account), Vec::<String>::new());
    }
    let json = stdout(&deploy(&new, &["--dry-run", "--format", "json"]), 0);
    let document: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["canary"]["unit"], json!(unit));
    assert_eq!(document["canary"]["accounts"], json!([other.id]));
    assert_ne!(document["canary"]["other_accounts_release"], document["release"]);
    assert!(
        document["steps"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|step| step["action"] == "nothing"),
        "{json}"
    );

    // Neither another release nor the end of the unit reaches the others by itself.
    let newer = Code::new("3");
    assert!(stderr(&deploy(&newer, &["--promote", "--dry-run"]), 2).contains("is not promoted"));
    let end = ["--canary", "none", "--dry-run"];
    assert!(stderr(&deploy(&new, &end), 2).contains("would reach all accounts"));

    // With the program of the other release, the unit ends without a promotion.
    let [canary_before, _] = codes(audit);
    let back = stdout(&deploy(code, &["--canary", "none", "--dry-run"]), 0);
    assert!(!back.contains("does not run the code"), "{back}");
    stdout(&deploy(code, &["--canary", "none", "--apply"]), 0);
    assert!([audit, other, &joined].into_iter().all(|account| is_served_by(account, "central")));
    assert!(stdout(&deploy(code, &["--apply"]), 0).contains("Nothing to do"));
    stdout(&deploy(code, &["--canary", &unit, "--apply"]), 0);
    let result = stdout(&deploy(&new, &["--apply"]), 0);
    assert!(result.contains("for the canary unit only"), "{result}");
    assert_eq!(codes(audit)[0], canary_before);

    // An account that moves into the unit, and one that moves out.
    move_account(management, &joined, &root, &unit);
    move_account(management, other, &unit, &root);
    stdout(&deploy(&new, &["--apply"]), 0);
    assert!(is_served_by(&joined, "canary") && is_served_by(other, "central"));
    assert_eq!(codes(audit)[1], central);

    // A function of each set that runs other code is found, and gets the code of its release.
    for set in ["canary", "central"] {
        replace_code(audit, HOME, &format!("plumbline-{set}-5-2"), &newer);
    }
    let found = stderr(&deploy(&new, &["--dry-run"]), 3);
    for set in ["canary", "central"] {
        assert!(found.contains(&format!("function 'plumbline-{set}-5-2' in {HOME}")), "{found}");
    }
    stdout(&deploy(&new, &["--apply"]), 0);
    assert_eq!(codes(audit), [canary_of_new.clone(), central.clone()]);

    // The promotion changes the deploying account only.
    [other, &joined, management].iter().for_each(|account| account.forget("calls"));
    let report = stdout(&deploy(&new, &["--promote", "--apply"]), 0);
    assert!(report.contains("updating the stack with the functions"), "{report}");
    for account in [other, &joined, management] {
        assert_eq!(changes(account), Vec::<String>::new());
    }
    assert_eq!(codes(audit), [canary_of_new.clone(), canary_of_new]);
    assert!(stdout(&deploy(&new, &["--apply"]), 0).contains("Nothing to do"));
    assert!(is_served_by(&joined, "canary") && is_served_by(other, "central"));

    // Without a unit, all rules invoke the same functions, and only then are the others deleted.
    let report = stdout(&deploy(&new, &["--canary", "none", "--apply"]), 0);
    let at = |what: &str| report.find(what).unwrap_or_else(|| panic!("{what}\n{report}"));
    assert!(at("updating pack 'plumbline-global'") < at("deleting stack 'plumbline-canary'"));
    assert!([audit, other, &joined].into_iter().all(|account| is_served_by(account, "central")));
    let has_canary = |region| functions(audit, region).iter().any(|name| name.contains("canary"));
    assert!(!has_canary(HOME) && !has_canary(OTHER));
    assert!(!roles(audit).contains(&"plumbline-canary".to_owned()));
    assert!(stdout(&deploy(&new, &["--apply"]), 0).contains("Nothing to do"));

    // The removal of everything includes the canary set.
    stdout(&deploy(&new, &["--canary", &unit, "--apply"]), 0);
    let destroy = stdout(&plumbline_as(audit, &["destroy", "--organization", "--apply"]), 0);
    assert!(destroy.contains("stack 'plumbline-canary' ("), "{destroy}");
    for account in [audit, other, &joined] {
        assert_eq!((Organization::counts(account), roles(account)), ([(0, 0); 2], Vec::new()));
    }
}
