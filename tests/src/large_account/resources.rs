//! The resources of the account.

use std::fmt::Write;

use serde_json::{Value, json};

use super::call::{Call, ID, REGION};
use crate::http_server::HttpAnswer;

/// The number of resources of each kind.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// Accounts of the organization, all the same as this one.
    pub members: usize,
    /// Customer managed KMS keys with rotation.
    pub keys: usize,
    /// Buckets.
    pub buckets: usize,
    /// The policy of a bucket by its number; without a value, the bucket has no policy.
    pub policy: Option<fn(usize) -> Option<String>>,
    /// Managed policies, each attached to a role.
    pub policies: usize,
    /// The document of a managed policy by its number.
    pub document: Option<fn(usize) -> String>,
    /// IAM users, without policies.
    pub users: usize,
    /// Security groups of a VPC.
    pub groups: usize,
    /// The numbers of the resources that fail: keys without rotation, buckets without a policy and
    /// without MFA delete, security groups that open port 22 to 0.0.0.0/0.
    pub bad: Vec<usize>,
    /// The register, which any bucket returns as its object.
    pub register: Option<String>,
}

/// The creation time of all resources.
const DAY: &str = "2026-01-01T00:00:00Z";

/// A document as IAM encodes it in XML.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// The number after the last hyphen.
fn number(text: &str) -> usize {
    text.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn page(call: &Call, name: &str, all: usize, size: usize) -> (std::ops::Range<usize>, bool) {
    let from = call.parameters[name].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let to = all.min(from + size);
    (from..to, to < all)
}

impl Resources {
    pub(super) fn answer(&self, call: &Call) -> HttpAnswer {
        match call.operation.as_str() {
            "kms:ListKeys" => self.keys(call),
            "kms:DescribeKey" => {
                let id = &call.parameters["KeyId"];
                HttpAnswer::json(&json!({ "KeyMetadata": {
                    "KeyId": id, "Arn": key_arn(id.as_str().unwrap_or_default()),
                    "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": true,
                    "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS",
                    "KeyUsage": "ENCRYPT_DECRYPT" } }))
            }
            "kms:GetKeyRotationStatus" => {
                let is_bad = self.is_bad(call.parameters["KeyId"].as_str().unwrap_or_default());
                HttpAnswer::json(&json!({ "KeyRotationEnabled": !is_bad }))
            }
            "s3:ListBuckets" => self.buckets(call),
            "s3:GetBucketPolicy" => self.policy(call),
            "s3:GetBucketVersioning" => {
                let is_bad = self.is_bad(call.path.trim_matches('/'));
                let mfa_delete = if is_bad { "Disabled" } else { "Enabled" };
                HttpAnswer::xml(format!(
                    "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>{mfa_delete}\
                     </MfaDelete></VersioningConfiguration>"
                ))
            }
            "s3:ListObjectVersions" if self.register.is_some() => versions(),
            "s3:GetObject" if self.register.is_some() => {
                HttpAnswer::new("application/json", self.register.clone().unwrap_or_default())
            }
            "ec2:DescribeSecurityGroups" => self.groups(call),
            "iam:GetAccountAuthorizationDetails" => self.details(call),
            other => HttpAnswer::json(&json!({ "__type": "AccessDeniedException",
                "message": format!("{other} is not part of the large account") }))
            .with_status(400),
        }
    }

    fn is_bad(&self, id: &str) -> bool {
        self.bad.contains(&number(id))
    }

    fn keys(&self, call: &Call) -> HttpAnswer {
        let (range, more) = page(call, "Marker", self.keys, 1_000);
        let next = range.end;
        let keys: Vec<Value> = range
            .map(|at| format!("key-{at:06}"))
            .map(|id| json!({ "KeyId": id, "KeyArn": key_arn(&id) }))
            .collect();
        let mut answer = json!({ "Keys": keys, "Truncated": more });
        if more {
            answer["NextMarker"] = json!(next.to_string());
        }
        HttpAnswer::json(&answer)
    }

    fn buckets(&self, call: &Call) -> HttpAnswer {
        let (range, more) = page(call, "continuation-token", self.buckets, 10_000);
        let next = range.end;
        let mut body = String::from(
            "<?xml version=\"1.0\"?><ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets>",
        );
        for at in range {
            let _ = write!(
                body,
                "<Bucket><Name>bucket-{at:06}</Name><CreationDate>2026-01-01T00:00:00.000Z\
                 </CreationDate><BucketRegion>{}</BucketRegion></Bucket>",
                REGION
            );
        }
        body.push_str("</Buckets>");
        if more {
            let _ = write!(body, "<ContinuationToken>{next}</ContinuationToken>");
        }
        body.push_str("</ListAllMyBucketsResult>");
        HttpAnswer::xml(body)
    }

    fn policy(&self, call: &Call) -> HttpAnswer {
        let bucket = call.path.trim_matches('/');
        let policy = self.policy.filter(|_| !self.is_bad(bucket));
        match policy.and_then(|policy| policy(number(bucket))) {
            Some(policy) => HttpAnswer::new("application/json", policy),
            None => HttpAnswer::xml(
                "<?xml version=\"1.0\"?><Error><Code>NoSuchBucketPolicy</Code><Message>The bucket \
                 policy does not exist</Message></Error>"
                    .to_owned(),
            )
            .with_status(404),
        }
    }

    fn details(&self, call: &Call) -> HttpAnswer {
        let of_users = call.parameters["Filter.member.1"] == "User";
        let all = if of_users { self.users } else { self.policies };
        let (range, more) = page(call, "Marker", all, 1_000);
        let next = range.end;
        let mut body = format!(
            "<GetAccountAuthorizationDetailsResponse \
             xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <GetAccountAuthorizationDetailsResult><IsTruncated>{more}</IsTruncated>"
        );
        if more {
            let _ = write!(body, "<Marker>{next}</Marker>");
        }
        body.push_str("<UserDetailList>");
        for at in range.clone().filter(|_| of_users) {
            let _ = write!(
                body,
                "<member><Path>/</Path><UserName>user-{at:06}</UserName><UserId>AIDA{at:016}\
                 </UserId><Arn>arn:aws:iam::{ID}:user/user-{at:06}</Arn><CreateDate>{DAY}\
                 </CreateDate><GroupList/><AttachedManagedPolicies/><Tags/></member>"
            );
        }
        body.push_str("</UserDetailList><GroupDetailList/><RoleDetailList/><Policies>");
        for at in range.filter(|_| !of_users) {
            let document = self.document.map_or_else(String::new, |document| document(at));
            let _ = write!(
                body,
                "<member><PolicyName>policy-{at:06}</PolicyName><PolicyId>ANPA{at:016}</PolicyId>\
                 <Arn>arn:aws:iam::{ID}:policy/policy-{at:06}</Arn><Path>/</Path>\
                 <DefaultVersionId>v1</DefaultVersionId><AttachmentCount>1</AttachmentCount>\
                 <IsAttachable>true</IsAttachable><CreateDate>{DAY}</CreateDate>\
                 <UpdateDate>{DAY}</UpdateDate><PolicyVersionList><member><Document>{}</Document>\
                 <VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion>\
                 <CreateDate>{DAY}</CreateDate></member></PolicyVersionList></member>",
                percent_encoded(&document)
            );
        }
        body.push_str(
            "</Policies></GetAccountAuthorizationDetailsResult><ResponseMetadata><RequestId>r\
             </RequestId></ResponseMetadata></GetAccountAuthorizationDetailsResponse>",
        );
        HttpAnswer::xml(body)
    }

    fn groups(&self, call: &Call) -> HttpAnswer {
        let (range, more) = page(call, "NextToken", self.groups, 1_000);
        let next = range.end;
        let mut body = String::from(
            "<DescribeSecurityGroupsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>r</requestId><securityGroupInfo>",
        );
        for at in range {
            let block = if self.bad.contains(&at) { "0.0.0.0/0" } else { "10.0.0.0/8" };
            let _ = write!(
                body,
                "<item><groupId>sg-{at:06}</groupId><groupName>group-{at}</groupName><ownerId>{}\
                 </ownerId><vpcId>vpc-1</vpcId><groupDescription>d</groupDescription>\
                 <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22\
                 </toPort><groups/><ipRanges><item><cidrIp>{block}</cidrIp></item></ipRanges>\
                 <ipv6Ranges/><prefixListIds/></item></ipPermissions><ipPermissionsEgress/></item>",
                ID
            );
        }
        body.push_str("</securityGroupInfo>");
        if more {
            let _ = write!(body, "<nextToken>{next}</nextToken>");
        }
        body.push_str("</DescribeSecurityGroupsResponse>");
        HttpAnswer::xml(body)
    }
}

/// A policy that denies requests without TLS, as most buckets of large accounts have.
pub fn denies_http(bucket: usize) -> Option<String> {
    let objects = json!([
        format!("arn:aws:s3:::bucket-{bucket:06}"),
        format!("arn:aws:s3:::bucket-{bucket:06}/*")
    ]);
    let statement = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": objects, "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
    Some(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
}

/// Versions of the register, a few hours old.
fn versions() -> HttpAnswer {
    let mut body = String::from("<ListVersionsResult><IsTruncated>false</IsTruncated>");
    for at in 0..5 {
        let modified = chrono::Utc::now() - chrono::TimeDelta::hours(at);
        let _ = write!(
            body,
            "<Version><Key>register.json</Key><VersionId>version-{at}</VersionId><IsLatest>{}\
             </IsLatest><LastModified>{}</LastModified><Size>100</Size></Version>",
            at == 0,
            modified.format("%Y-%m-%dT%H:%M:%S%.3fZ")
        );
    }
    body.push_str("</ListVersionsResult>");
    HttpAnswer::xml(body)
}

fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:{}:{}:key/{id}", REGION, ID)
}
