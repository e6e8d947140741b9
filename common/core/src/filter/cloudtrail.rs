//! Typical events of CloudTrail.

use serde_json::{Value, json};

/// The values that CloudTrail events commonly have at a path, and whether almost every event has
/// one.
pub(super) fn usual_values(path: &str) -> (&'static [&'static str], bool) {
    match path {
        "$.eventName" => (&["DescribeInstances", "ListBuckets", "ListFunctions20150331"], true),
        "$.eventSource" => (
            &[
                "ec2.amazonaws.com",
                "s3.amazonaws.com",
                "lambda.amazonaws.com",
                "dynamodb.amazonaws.com",
            ],
            true,
        ),
        "$.awsRegion" => (&["us-east-1", "eu-west-1", "ap-southeast-2"], true),
        "$.sourceIPAddress" => (&["192.0.2.1", "198.51.100.1", "203.0.113.1"], true),
        "$.userAgent" => (&["aws-cli/2.15.0", "console.amazonaws.com"], true),
        "$.eventVersion" => (&["1.11", "1.08"], true),
        "$.eventTime" => (&["2024-01-01T00:00:00Z"], true),
        "$.eventType" => (&["AwsApiCall", "AwsServiceEvent", "AwsConsoleSignIn"], true),
        "$.eventCategory" => (&["Management", "Data"], true),
        "$.recipientAccountId" => (&["111122223333", "444455556666"], true),
        "$.userIdentity.type" => (&["IAMUser", "AssumedRole", "AWSService", "Root"], true),
        "$.userIdentity.accountId" => (&["111122223333", "444455556666"], false),
        "$.userIdentity.arn" => {
            (&["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"], false)
        }
        "$.userIdentity.invokedBy" => (&["cloudformation.amazonaws.com"], false),
        "$.userIdentity.userName" => (&["alice", "bob", "carol"], false),
        "$.userIdentity.sessionContext.sessionIssuer.userName" => (&["app", "deployment"], false),
        "$.errorCode" => {
            (&["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"], false)
        }
        "$.errorMessage" => (&["Failed authentication"], false),
        "$.responseElements.ConsoleLogin" => (&["Success", "Failure"], false),
        "$.additionalEventData.MFAUsed" => (&["No", "Yes"], false),
        _ => (&[], false),
    }
}

/// Common events of CloudTrail, with the members that filters usually test.
pub(super) fn ordinary_events() -> Vec<Value> {
    let user = json!({"type": "IAMUser", "principalId": "AIDAEXAMPLE",
        "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333",
        "userName": "alice"});
    let role = json!({"type": "AssumedRole", "principalId": "AROAEXAMPLE:app",
        "arn": "arn:aws:sts::111122223333:assumed-role/app/app", "accountId": "111122223333"});
    let service = json!({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"});
    let event = |source: &str,
                 name: &str,
                 read_only: bool,
                 category: &str,
                 identity: &Value,
                 address: &str| {
        json!({
            "eventVersion": "1.11", "userIdentity": identity, "eventTime": "2024-01-01T00:00:00Z",
            "eventSource": format!("{source}.amazonaws.com"), "eventName": name,
            "awsRegion": "us-east-1", "sourceIPAddress": address, "userAgent": "aws-cli/2.15.0",
            "requestParameters": {}, "responseElements": null,
            "requestID": "11111111-2222-3333-4444-555555555555",
            "eventID": "66666666-7777-8888-9999-000000000000", "readOnly": read_only,
            "eventType": "AwsApiCall",
            "managementEvent": category == "Management", "recipientAccountId": "111122223333",
            "eventCategory": category,
        })
    };
    vec![
        event("ec2", "DescribeInstances", true, "Management", &user, "192.0.2.1"),
        event("s3", "GetObject", true, "Data", &role, "198.51.100.7"),
        event("iam", "ListUsers", true, "Management", &user, "203.0.113.9"),
        event("sts", "AssumeRole", true, "Management", &service, "autoscaling.amazonaws.com"),
        event("kms", "Decrypt", true, "Management", &role, "198.51.100.7"),
        event("logs", "CreateLogStream", false, "Management", &role, "lambda.amazonaws.com"),
        event("dynamodb", "UpdateItem", false, "Data", &role, "198.51.100.7"),
        event("lambda", "UpdateFunctionCode20150331v2", false, "Management", &user, "192.0.2.1"),
    ]
}
