//! The filters that the benchmark prescribes for 4.1 to 4.15, as data.

use super::pattern::{Pattern, PatternKind};
use super::syntax::{Atom, Expression, Operand, Segment, Test};

/// The events that the filter of a control has to match.
///
/// Source: CIS AWS Foundations Benchmark 1.5.0, section 4; names of events and services are facts.
/// Where the benchmark names only events, the baseline also requires the service of these events. A
/// filter without that condition matches more events, and a filter with it misses no event that the
/// control is about.
#[derive(Clone, Copy, Debug)]
pub struct Requirement {
    /// The control's number.
    pub id: &'static str,
    /// The service of the events (`kms` for `kms.amazonaws.com`), if it is required.
    service: Option<&'static str>,
    /// The names of the events, any of which is required. Empty if the name is not required.
    names: &'static [&'static str],
    /// Further conditions. All are required, and each is met by any of its tests.
    conditions: &'static [&'static [Clause]],
}

/// A test of one member, by its names from the outermost to the innermost.
#[derive(Clone, Copy, Debug)]
enum Clause {
    Is(&'static [&'static str], &'static str),
    IsNot(&'static [&'static str], &'static str),
    IsMissing(&'static [&'static str]),
}

impl Clause {
    fn expression(self) -> Expression {
        let text = |text: &str| Operand::Text(text.to_owned());
        let (path, test) = match self {
            Self::Is(path, value) => (path, Test::Equals(text(value))),
            Self::IsNot(path, value) => (path, Test::Differs(text(value))),
            Self::IsMissing(path) => (path, Test::NotExists),
        };
        Expression::Atom(Atom {
            selector: path.iter().map(|name| Segment::Key((*name).to_owned())).collect(),
            test,
        })
    }
}

impl Requirement {
    /// The events that a filter must match: it covers the control if it [`covers`](super::covers)
    /// this pattern.
    pub fn baseline(&self) -> Pattern {
        let service = self.service.map(|service| format!("{service}.amazonaws.com"));
        let guard = service.map(|source| Atom {
            selector: vec![Segment::Key("eventSource".to_owned())],
            test: Test::Equals(Operand::Text(source)),
        });
        let names: Vec<Expression> =
            self.names.iter().map(|name| Clause::Is(&["eventName"], name).expression()).collect();
        let conditions = self.conditions.iter().map(|any| {
            Expression::any(any.iter().map(|condition| condition.expression()).collect())
        });
        let mut parts: Vec<Expression> = guard.map(Expression::Atom).into_iter().collect();
        if !names.is_empty() {
            parts.push(Expression::any(names));
        }
        parts.extend(conditions);
        Pattern { kind: PatternKind::Json(Expression::all(parts)) }
    }

    /// The names of the events. Empty if the name is not required.
    pub(super) fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// The service of the events, or `other` if it is not required.
    pub(super) fn service_or(&self, other: &'static str) -> &'static str {
        self.service.unwrap_or(other)
    }

    /// The service of all the events, in CloudTrail's spelling: `kms.amazonaws.com`. `None` if they
    /// come from several services.
    pub fn source(&self) -> Option<String> {
        let is_sign_in = self.names == ["ConsoleLogin"];
        let service = self.service.or(is_sign_in.then_some("signin"))?;
        Some(format!("{service}.amazonaws.com"))
    }

    /// The same events without the calls of ClassicLink. EC2-Classic was retired in August 2022.
    pub fn without_classic_link(&self) -> Self {
        let names = self.names.strip_suffix(CLASSIC_LINK).unwrap_or(self.names);
        Self { names, ..*self }
    }

    /// The recommended filter, for `put-metric-filter --filter-pattern`: the baseline itself, which
    /// matches no unnecessary event.
    pub fn remedy(&self) -> String {
        self.baseline().to_string()
    }
}

/// The events that the filter of a control has to match; `None` for a control without a metric
/// filter.
pub fn required(control_id: &str) -> Option<&'static Requirement> {
    REQUIRED.iter().find(|requirement| requirement.id == control_id)
}

const fn names(
    id: &'static str,
    service: &'static str,
    names: &'static [&'static str],
) -> Requirement {
    Requirement { id, service: Some(service), names, conditions: &[] }
}

/// The calls of ClassicLink, at the end of 4.14.
const CLASSIC_LINK: &[&str] = &[
    "AttachClassicLinkVpc",
    "DetachClassicLinkVpc",
    "DisableVpcClassicLink",
    "EnableVpcClassicLink",
];

use Clause::{Is, IsMissing, IsNot};

/// 4.1 to 4.15, in this order.
pub static REQUIRED: [Requirement; 15] = [
    Requirement {
        id: "4.1",
        service: None,
        names: &[],
        conditions: &[
            &[Is(&["errorCode"], "*UnauthorizedOperation"), Is(&["errorCode"], "AccessDenied*")],
            &[IsNot(&["sourceIPAddress"], "delivery.logs.amazonaws.com")],
            &[IsNot(&["eventName"], "HeadBucket")],
        ],
    },
    Requirement {
        id: "4.2",
        service: None,
        names: &["ConsoleLogin"],
        conditions: &[
            &[IsNot(&["additionalEventData", "MFAUsed"], "Yes")],
            &[Is(&["userIdentity", "type"], "IAMUser")],
            &[Is(&["responseElements", "ConsoleLogin"], "Success")],
        ],
    },
    Requirement {
        id: "4.3",
        service: None,
        names: &[],
        conditions: &[
            &[Is(&["userIdentity", "type"], "Root")],
            &[IsMissing(&["userIdentity", "invokedBy"])],
            &[IsNot(&["eventType"], "AwsServiceEvent")],
        ],
    },
    names(
        "4.4",
        "iam",
        &[
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
        ],
    ),
    names(
        "4.5",
        "cloudtrail",
        &["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"],
    ),
    Requirement {
        id: "4.6",
        service: Some("signin"),
        names: &["ConsoleLogin"],
        conditions: &[&[Is(&["errorMessage"], "Failed authentication")]],
    },
    names("4.7", "kms", &["DisableKey", "ScheduleKeyDeletion"]),
    names(
        "4.8",
        "s3",
        &[
            "PutBucketAcl",
            "PutBucketPolicy",
            "PutBucketCors",
            "PutBucketLifecycle",
            "PutBucketReplication",
            "DeleteBucketPolicy",
            "DeleteBucketCors",
            "DeleteBucketLifecycle",
            "DeleteBucketReplication",
        ],
    ),
    names(
        "4.9",
        "config",
        &[
            "StopConfigurationRecorder",
            "DeleteDeliveryChannel",
            "PutDeliveryChannel",
            "PutConfigurationRecorder",
        ],
    ),
    names(
        "4.10",
        "ec2",
        &[
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
        ],
    ),
    names(
        "4.11",
        "ec2",
        &[
            "CreateNetworkAcl",
            "CreateNetworkAclEntry",
            "DeleteNetworkAcl",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
        ],
    ),
    names(
        "4.12",
        "ec2",
        &[
            "CreateCustomerGateway",
            "DeleteCustomerGateway",
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
        ],
    ),
    names(
        "4.13",
        "ec2",
        &[
            "CreateRoute",
            "CreateRouteTable",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
            "DeleteRouteTable",
            "DeleteRoute",
            "DisassociateRouteTable",
        ],
    ),
    names(
        "4.14",
        "ec2",
        &[
            "CreateVpc",
            "DeleteVpc",
            "ModifyVpcAttribute",
            "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection",
            "AttachClassicLinkVpc",
            "DetachClassicLinkVpc",
            "DisableVpcClassicLink",
            "EnableVpcClassicLink",
        ],
    ),
    names(
        "4.15",
        "organizations",
        &[
            "AcceptHandshake",
            "AttachPolicy",
            "CreateAccount",
            "CreateOrganizationalUnit",
            "CreatePolicy",
            "DeclineHandshake",
            "DeleteOrganization",
            "DeleteOrganizationalUnit",
            "DeletePolicy",
            "DetachPolicy",
            "DisablePolicyType",
            "EnablePolicyType",
            "InviteAccountToOrganization",
            "LeaveOrganization",
            "MoveAccount",
            "RemoveAccountFromOrganization",
            "UpdatePolicy",
            "UpdateOrganizationalUnit",
        ],
    ),
];
