//! An organization in which all accounts are the same.

use std::fmt::Write;

use serde_json::{Value, json};

use super::call::{Call, ID};
use crate::http_server::HttpAnswer;

/// The Regions that are enabled.
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The answer of an organization with this number of accounts; none for calls about an account.
pub(super) fn answer(members: usize, call: &Call) -> Option<HttpAnswer> {
    let text = |name: &str| call.parameters[name].as_str().unwrap_or_default().to_owned();
    Some(match call.operation.as_str() {
        "sts:GetCallerIdentity" => sts(
            "GetCallerIdentity",
            &format!(
                "<Arn>arn:aws:iam::{ID}:user/auditor</Arn><UserId>AIDAAUDITOR</UserId>\
                 <Account>{ID}</Account>"
            ),
        ),
        "sts:AssumeRole" => {
            let role = text("RoleArn");
            let account = role.split(':').nth(4).unwrap_or_default();
            let until = (chrono::Utc::now() + chrono::TimeDelta::hours(1))
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            sts(
                "AssumeRole",
                &format!(
                    "<Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>x\
                     </SecretAccessKey><SessionToken>t</SessionToken><Expiration>{until}\
                     </Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:s\
                     </AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/audit/s</Arn>\
                     </AssumedRoleUser>"
                ),
            )
        }
        "organizations:ListAccounts" => {
            let accounts: Vec<Value> = (0..members)
                .map(|at| format!("{:012}", 200_000_000_000_usize + at))
                .map(|id| json!({ "Id": id, "Status": "ACTIVE", "State": "ACTIVE", "Name": id }))
                .collect();
            HttpAnswer::json(&json!({ "Accounts": accounts }))
        }
        "ec2:DescribeRegions" => {
            let mut body = String::from(
                "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
                 <requestId>r</requestId><regionInfo>",
            );
            for region in REGIONS {
                let _ = write!(
                    body,
                    "<item><regionName>{region}</regionName><regionEndpoint>e</regionEndpoint>\
                     <optInStatus>opt-in-not-required</optInStatus></item>"
                );
            }
            body.push_str("</regionInfo></DescribeRegionsResponse>");
            HttpAnswer::xml(body)
        }
        _ => return None,
    })
}

fn sts(operation: &str, result: &str) -> HttpAnswer {
    HttpAnswer::xml(format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>r</RequestId>\
         </ResponseMetadata></{operation}Response>"
    ))
}
