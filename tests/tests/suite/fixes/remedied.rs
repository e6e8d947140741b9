//! The effect of fixes on an account: the failures pass, and the undo commands restore the previous
//! state.

use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{plumbline, stdout};
use serde_json::{Value, json};

use super::{bash, fixed, fixed_with, path, printed, scan};

/// The JSON output of a command.
fn answer(account: &TestAccount, command: &str) -> Value {
    serde_json::from_str(&printed(account, command)).expect("JSON")
}

/// The lines of a script's output that undo it.
fn undone(account: &TestAccount, output: &str) {
    let undo: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("Undo: ")).collect();
    assert!(!undo.is_empty(), "{output}");
    for command in undo.iter().rev() {
        printed(account, command);
    }
}

#[test]
fn a_password_policy_comes_back() {
    let account = TestAccount::new();
    printed(
        &account,
        "aws iam update-account-password-policy --minimum-password-length 10 --max-password-age 60",
    );
    let read = "aws iam get-account-password-policy";
    let before = answer(&account, read);
    let output = fixed_with(&account, "1.8,1.9", &[]);
    assert_ne!(answer(&account, read), before);
    undone(&account, &output);
    assert_eq!(answer(&account, read), before);
    let bare = TestAccount::new();
    let output = fixed_with(&bare, "1.8", &[]);
    undone(&bare, &output);
    assert!(!printed(&bare, &format!("{read} 2>&1 || true")).contains("MinimumPasswordLength"));
}

#[test]
fn a_bucket_policy_comes_back() {
    let account = TestAccount::new();
    let id = &account.id;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "It's \"kept\"",
        "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{id}:root") },
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::one-{id}/*") }] });
    printed(
        &account,
        &format!(
            "aws s3api create-bucket --bucket one-{id}\naws s3api create-bucket --bucket two-{id}\n\
             aws s3api put-bucket-policy --bucket one-{id} --policy '{}'",
            policy.to_string().replace('\'', "'\\''")
        ),
    );
    let output = fixed_with(&account, "2.1.2,2.1.5", &[]);
    undone(&account, &output);
    let read = |bucket: &str| {
        printed(
            &account,
            &format!(
                "aws s3api get-bucket-policy --bucket {bucket}-{id} --query Policy --output text \
                 2>&1 || true"
            ),
        )
    };
    assert_eq!(serde_json::from_str::<Value>(&read("one")).expect("JSON"), policy);
    assert!(read("two").contains("NoSuchBucketPolicy"));
}

/// Groups that fail for several reasons: the same rule is removed once.
#[test]
fn groups_that_open_several_ports() {
    let account = TestAccount::new();
    let open = |port: u16| {
        json!([{ "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
            "IpRanges": [{ "CidrIp": "0.0.0.0/0", "Description": "of $(us)" }],
            "Ipv6Ranges": [{ "CidrIpv6": "::/0" }] }])
    };
    printed(
        &account,
        &format!(
            "group=$(aws ec2 describe-security-groups --filters Name=group-name,Values=default \
             --query 'SecurityGroups[0].GroupId' --output text)\n\
             aws ec2 authorize-security-group-ingress --group-id \"$group\" --ip-permissions '{}'\n\
             aws ec2 authorize-security-group-ingress --group-id \"$group\" --ip-permissions '{}'",
            open(22),
            open(3389)
        ),
    );
    let output = fixed_with(&account, "5.2,5.3,5.4", &[]);
    assert!(output.contains("IsEgress"), "the rules are shown before: {output}");
}

/// A network ACL keeps its entries for other ports.
#[test]
fn acls_keep_the_other_ports() {
    let account = TestAccount::new();
    fixed_with(&account, "5.1", &[("ADMIN_NETWORK", "198.51.100.0/24")]);
    let entries = answer(
        &account,
        "aws ec2 describe-network-acls --query 'NetworkAcls[0].Entries[?!Egress]'",
    );
    let entries = entries.as_array().expect("entries");
    let narrow = |entry: &&Value| entry["CidrBlock"] == "198.51.100.0/24";
    assert_eq!(entries.iter().filter(narrow).count(), 1, "{entries:#?}");
    let has = |protocol: &str, from: i64, to: i64| {
        entries.iter().any(|entry| {
            entry["Protocol"] == protocol
                && entry["CidrBlock"] == "0.0.0.0/0"
                && entry["PortRange"] == json!({ "From": from, "To": to })
        })
    };
    for protocol in ["6", "17"] {
        assert!(has(protocol, 0, 21) && has(protocol, 23, 3388) && has(protocol, 3390, 65_535));
    }
}

/// A trail that meets no requirement: wrong selectors, one Region, and stopped.
#[test]
fn trails_that_miss_everything() {
    let selectors = [
        (
            "--event-selectors",
            json!([{ "ReadWriteType": "WriteOnly", "IncludeManagementEvents": true,
                "ExcludeManagementEventSources": ["kms.amazonaws.com"] },
                { "ReadWriteType": "WriteOnly", "IncludeManagementEvents": true, "DataResources": [
                    { "Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"] }] }]),
        ),
        (
            "--advanced-event-selectors",
            json!([{ "Name": "Writes", "FieldSelectors": [
                    { "Field": "eventCategory", "Equals": ["Management"] },
                    { "Field": "readOnly", "Equals": ["false"] }] },
                { "Name": "Functions", "FieldSelectors": [
                    { "Field": "eventCategory", "Equals": ["Data"] },
                    { "Field": "resources.type", "Equals": ["AWS::Lambda::Function"] }] }]),
        ),
    ];
    for (option, before) in selectors {
        let account = TestAccount::new();
        let id = &account.id;
        printed(
            &account,
            &format!(
                "aws s3api create-bucket --bucket logs-{id}\n\
                 aws cloudtrail create-trail --name main --s3-bucket-name logs-{id}\n\
                 aws cloudtrail put-event-selectors --trail-name main {option} '{before}'"
            ),
        );
        let output = fixed_with(&account, "3.1,3.2,3.10,3.11", &[]);
        let read = || answer(&account, "aws cloudtrail get-event-selectors --trail-name main");
        assert!(read().to_string().contains("AWS::Lambda::Function"), "{:#}", read());
        undone(&account, &output);
        let member =
            if option.starts_with("--adv") { "AdvancedEventSelectors" } else { "EventSelectors" };
        let after = read();
        let names = |selectors: &Value| -> Vec<String> {
            let of = |one: &Value| format!("{}{}", one["ReadWriteType"], one["Name"]);
            selectors.as_array().expect("a list").iter().map(of).collect()
        };
        assert_eq!(names(&after[member]), names(&before), "{after:#}");
    }
}

/// If no trail exists, one is created.
#[test]
fn an_account_without_a_trail() {
    let account = TestAccount::new();
    let bucket = format!("logs-{}", account.id);
    printed(&account, &format!("aws s3api create-bucket --bucket {bucket}"));
    fixed_with(&account, "3.1", &[("TRAIL_BUCKET", &bucket)]);
}

/// A key that the commands of one control delete no longer exists for those of the others.
#[test]
fn one_key_that_several_controls_ask_for() {
    let account = TestAccount::new();
    let key = printed(
        &account,
        "aws iam create-user --user-name=-alice >/dev/null\n\
         aws iam create-login-profile --user-name=-alice --password 'correct Horse 1' >/dev/null\n\
         aws iam create-access-key --user-name=-alice >/dev/null\n\
         aws iam create-access-key --user-name=-alice --query AccessKey.AccessKeyId --output text",
    );
    let keys =
        answer(&account, "aws iam list-access-keys --user-name=-alice --query AccessKeyMetadata");
    let (first, second) = (keys[0]["AccessKeyId"].as_str(), keys[1]["AccessKeyId"].as_str());
    assert_eq!(second, Some(key.trim()));
    let (first, second) = (first.expect("a key"), second.expect("a key"));
    fixed_with(
        &account,
        "1.11,1.13",
        &[("ACCESS_KEY_ID_1", first), ("ACCESS_KEY_ID_2", second), ("ACCESS_KEY_ID_3", first)],
    );
}

#[test]
fn settings_of_the_region() {
    let account = TestAccount::new();
    fixed(&account, "1.20,2.2.1");
    let account = TestAccount::new();
    let id = &account.id;
    printed(
        &account,
        &format!(
            "aws s3api create-bucket --bucket config-{id}\n\
             aws s3api create-bucket --bucket data-{id}\n\
             key=$(aws kms create-key --query KeyMetadata.KeyId --output text)\n\
             aws kms create-key --multi-region >/dev/null\n\
             test -n \"$key\""
        ),
    );
    fixed(&account, "3.8,4.16");
}

#[test]
fn a_recorder_of_some_types() {
    let account = TestAccount::new();
    let id = &account.id;
    printed(
        &account,
        &format!(
            "aws s3api create-bucket --bucket config-{id}\n\
             aws configservice put-configuration-recorder --configuration-recorder \
             '{}'",
            json!({ "name": "{odd} name", "roleARN": format!("arn:aws:iam::{id}:role/config"),
                "recordingGroup": { "allSupported": false, "includeGlobalResourceTypes": false,
                    "resourceTypes": ["AWS::EC2::Instance"] } })
        ),
    );
    let bucket = format!("config-{id}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = scan(&account, folder.path(), "3.5");
    let script = stdout(&plumbline(&["fix", "--include-disruptive", path(&file)]), 0);
    let output = stdout(&bash(&account, &script, &[("CONFIG_BUCKET", &bucket)]), 0);
    let reason = || {
        let file = scan(&account, folder.path(), "3.5");
        let text = std::fs::read_to_string(file).expect("a report");
        let report: Value = serde_json::from_str(&text).expect("JSON");
        report["accounts"][0]["controls"][0]["evaluations"][0]["reason"].to_string()
    };
    // Only the first delivery is missing.
    assert!(reason().contains("has the last status PENDING"), "{}", reason());
    undone(&account, &output);
    assert!(reason().contains("does not record all supported resource types"), "{}", reason());
}

/// AWS answers with success if it creates no flow log.
#[test]
fn flow_logs_that_aws_does_not_create_end_the_script() {
    let account = TestAccount::new();
    let bucket = format!("arn:aws:s3:::flows-{}", account.id);
    let folder = tempfile::tempdir().expect("a folder");
    let file = scan(&account, folder.path(), "3.9");
    let script = stdout(&plumbline(&["fix", "--include-disruptive", path(&file)]), 0);
    let refused = bash(&account, &script, &[("FLOW_LOG_BUCKET_ARN", &bucket)]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("scan again"), "{error}");
    assert!(String::from_utf8_lossy(&refused.stdout).contains("does not exist"));
    printed(&account, &format!("aws s3api create-bucket --bucket flows-{}", account.id));
    fixed_with(&account, "3.9", &[("FLOW_LOG_BUCKET_ARN", &bucket)]);
}

#[test]
fn users_with_policies_of_their_own() {
    let account = TestAccount::new();
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:List*", "Resource": "*" }] });
    printed(
        &account,
        &format!(
            "aws iam create-user --user-name bob --path /a/ >/dev/null\n\
             aws iam put-user-policy --user-name bob --policy-name=-x --policy-document \
             '{document}'\n\
             aws iam attach-user-policy --user-name bob --policy-arn \
             arn:aws:iam::aws:policy/ReadOnlyAccess\n\
             aws iam create-group --group-name readers >/dev/null"
        ),
    );
    let output = fixed_with(&account, "1.15", &[("GROUP_1", "readers")]);
    assert!(output.contains("s3:List*"), "the document is shown before: {output}");
}
