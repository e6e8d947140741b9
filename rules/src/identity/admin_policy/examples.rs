//! Situations with their verdicts.

use plumbline_core::facts::{
    AttachedAwsPolicies, Holding, IdentityKind, InlinePolicy, PolicyDocument, PolicyHolder,
    PolicyHolders, UserPolicies, UserWithPolicies,
};
use plumbline_core::prelude::*;
use plumbline_core::register::{Accounts, Exception, Register};

pub(super) fn all() -> Vec<Example> {
    const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}}"#;
    const ALL_BUT_IAM: &str =
        r#"{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#;
    const IAM: &str = r#"{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;
    const MISSPELLED: &str =
        r#"{"Statement":{"Effect":"Allow","NotAction":"iam:CreateUserX","Resource":"*"}}"#;
    const UNKNOWN_BESIDE: &str = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Allow","Actions":"s3:*"}]}"#;
    const UNKNOWN_ELEMENT: &str =
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:Get*","Actions":"*","Resource":"*"}]}"#;
    const UNKNOWN_OPERATOR: &str = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringResembles":{"aws:x":"y"}}}]}"#;
    const ENCODED: &str = r#"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%2C%22Condition%22%3A%7B%22Bool%22%3A%7B%22aws%3AMultiFactorAuthPresent%22%3A%22true%22%7D%7D%7D%5D%7D"#;
    const AWS_POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
    const VERSION: &str = "arn:aws:iam::aws:policy/AdministratorAccess:v1";
    let holder = |id: &str, arn: &str, holding| PolicyHolder {
        id: id.to_owned(),
        name: id.to_ascii_lowercase(),
        arn: arn.to_owned(),
        holding,
    };
    let own = |attachments, document: &str| {
        holder(
            "ANPA1",
            "arn:aws:iam::111122223333:policy/anpa1",
            Holding::Managed { attachments, document: document.to_owned() },
        )
    };
    let principal = |id: &str, kind, documents: &[&str]| {
        let policy = |(number, document): (usize, &&str)| InlinePolicy {
            name: format!("inline-{number}"),
            document: (*document).to_owned(),
        };
        let inline = documents.iter().enumerate().map(policy).collect();
        holder(
            id,
            &format!("arn:aws:iam::111122223333:x/{id}"),
            Holding::Principal { kind, inline, attached: Vec::new() },
        )
    };
    let empty = |situation| {
        Example::new(situation)
            .account(UserPolicies::default())
            .account(PolicyHolders::default())
            .account(AttachedAwsPolicies::default())
    };
    let with = |situation, holders| empty(situation).account(PolicyHolders(holders));
    let aws = |situation| {
        let holding = Holding::AwsManaged { attachments: 2, version: "v1".to_owned() };
        empty(situation).account(AttachedAwsPolicies(vec![holder(
            "ANPAADMIN",
            AWS_POLICY,
            holding,
        )]))
    };
    let document = |text: &str| PolicyDocument(text.to_owned());
    let user = |documents: &[&str]| {
        UserPolicies(vec![UserWithPolicies(principal("AIDA1", IdentityKind::User, documents))])
    };
    let attached = |id: &str, kind| {
        let mut holder = principal(id, kind, &[]);
        if let Holding::Principal { attached, .. } = &mut holder.holding {
            attached.push(AWS_POLICY.to_owned());
        }
        UserWithPolicies(holder)
    };
    let excepted = |holders: &[&str]| {
        let exception = Exception {
            control: "1.16".to_owned(),
            accounts: vec![Accounts::All],
            except_accounts: None,
            regions: None,
            resources: vec![AWS_POLICY.to_owned()],
            holders: Some(holders.iter().map(|holder| (*holder).to_owned()).collect()),
            reason: "They administer the account.".to_owned(),
            approved_by: "Cloud Security".to_owned(),
            until: days_ago(-30).date_naive(),
        };
        Register::new(Vec::new(), vec![exception])
    };
    vec![
        with("an attached policy that allows everything", vec![own(1, EVERYTHING)])
            .fails("ANPA1", "Attached once. Statement 'All' allows"),
        with("everything under a condition, URL-encoded", vec![own(3, ENCODED)])
            .fails("ANPA1", "aws:MultiFactorAuthPresent"),
        with("a policy that allows reading", vec![own(2, READ)])
            .passes("ANPA1", "Attached 2 times. No statement"),
        with("a policy that nobody has", vec![own(0, EVERYTHING)])
            .expect(Compliance::Compliant, "No policy that counts"),
        with("a document that is not understood", vec![own(1, "{}")])
            .not_assessed("ANPA1", "not understood"),
        with(
            "a group and a role with inline policies",
            vec![
                principal("AGPA1", IdentityKind::Group, &[READ, EVERYTHING]),
                principal("AROA1", IdentityKind::Role, &[READ, READ]),
            ],
        )
        .fails("AGPA1", "Inline policy: Statement 'All' of 'inline-1'")
        .passes("AROA1", "The 2 inline policies together do not allow"),
        with(
            "a role with two inline policies that together allow everything",
            vec![principal("AROA1", IdentityKind::Role, &[ALL_BUT_IAM, IAM, READ])],
        )
        .fails("AROA1", "Statements 1 of 'inline-0' and 1 of 'inline-1' together allow"),
        with(
            "two roles of which each has a part",
            vec![
                principal("AROA1", IdentityKind::Role, &[ALL_BUT_IAM]),
                principal("AROA2", IdentityKind::Role, &[IAM]),
            ],
        )
        .passes("AROA1", "The inline policy does not allow")
        .passes("AROA2", "The inline policy does not allow"),
        with(
            "everything allowed beside an inline policy that is not understood",
            vec![principal("AROA1", IdentityKind::Role, &["[]", EVERYTHING])],
        )
        .fails("AROA1", "'All' of 'inline-1'"),
        with("NotAction with a name that does not exist", vec![own(1, MISSPELLED)])
            .fails("ANPA1", "'iam:createuserx' matches no action"),
        with("everything allowed beside an unknown element", vec![own(1, UNKNOWN_BESIDE)])
            .fails("ANPA1", "Statement 1 allows every action"),
        with("everything allowed under an unknown operator", vec![own(1, UNKNOWN_OPERATOR)])
            .fails("ANPA1", "A condition on aws:x does not change that"),
        with("reading allowed, with an unknown element", vec![own(1, UNKNOWN_ELEMENT)])
            .not_assessed("ANPA1", "unknown element 'Actions'"),
        with(
            "an inline policy that is not understood beside a harmless one",
            vec![principal("AROA1", IdentityKind::Role, &["[]", READ])],
        )
        .not_assessed("AROA1", "inline policy 'inline-0' is not understood"),
        empty("a user with an inline policy")
            .account(user(&[READ]))
            .passes("AIDA1", "The inline policy does not"),
        empty("inline policies do not count")
            .account(user(&[EVERYTHING]))
            .parameter("includeInline", "false")
            .expect(Compliance::Compliant, "No policy that"),
        aws("a policy of AWS that allows everything")
            .resource(VERSION, document(EVERYTHING))
            .fails("ANPAADMIN", "Attached 2 times"),
        aws("an AWS managed policy with its holders, of which one was not recorded")
            .resource(VERSION, document(EVERYTHING))
            .account(UserPolicies(vec![attached("AIDA1", IdentityKind::User)]))
            .fails("ANPAADMIN", "Attached to user 'aida1' and 1 not recorded. Statement"),
        aws("an AWS managed policy of which one holder is excepted")
            .resource(VERSION, document(EVERYTHING))
            .account(UserPolicies(vec![attached("AIDA1", IdentityKind::User)]))
            .account(PolicyHolders(vec![attached("AROA1", IdentityKind::Role).0]))
            .register(excepted(&["arn:aws:iam::*:x/AROA1"]))
            .fails("ANPAADMIN", "Not excepted: AIDA1."),
        aws("an AWS managed policy of which all holders are excepted")
            .resource(VERSION, document(EVERYTHING))
            .account(UserPolicies(vec![attached("AIDA1", IdentityKind::User)]))
            .account(PolicyHolders(vec![attached("AROA1", IdentityKind::Role).0]))
            .register(excepted(&["arn:aws:iam::*:x/AROA1", "arn:aws:iam::*:x/AIDA?"]))
            .waived("ANPAADMIN", "Waived until"),
        aws("a policy of AWS that allows reading")
            .resource(VERSION, document(READ))
            .passes("ANPAADMIN", "No statement"),
        aws("a policy of AWS, and such do not count")
            .parameter("includeAwsManaged", "false")
            .expect(Compliance::Compliant, "No policy that"),
        aws("a policy of AWS that may not be read")
            .denied(Key::resource(FactKind::PolicyDocument, REGION, VERSION))
            .not_assessed("ANPAADMIN", "iam:GetPolicyVersion"),
        with(
            "an own policy that allows everything, and those of AWS may not be listed",
            vec![own(1, EVERYTHING)],
        )
        .denied(Key::account(FactKind::AttachedAwsPolicies))
        .fails("ANPA1", "Attached")
        .not_assessed("111122223333", "iam:ListPolicies"),
        with("the users' policies may not be read", vec![own(1, READ)])
            .denied(Key::account(FactKind::UserPolicies))
            .passes("ANPA1", "No statement")
            .not_assessed("111122223333", "iam:GetAccountAuthorizationDetails"),
        empty("the policies of AWS may not be listed")
            .denied(Key::account(FactKind::AttachedAwsPolicies))
            .expect(Compliance::NotAssessed, "iam:ListPolicies"),
    ]
}
