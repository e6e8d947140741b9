//! 4.1 to 4.15: one mechanism, one table.

mod chain;
mod examples;
mod threshold;

use plumbline_core::parameters::MaybeAccount;
use plumbline_core::prelude::*;

plumbline_core::parameters! {
    /// What can be set.
    pub(crate) struct Parameters {
        /// The account whose log group the organization's trail delivers to and which monitors for
        /// all: the control is not applicable in the others then.
        monitoring_account: MaybeAccount = ("monitoringAccount", "none"),
    }
}

/// What the fifteen look at.
const FACTS: &[FactKind] = &[
    FactKind::Trails,
    FactKind::TrailSettings,
    FactKind::TrailStatus,
    FactKind::TrailSelectors,
    FactKind::MetricFilters,
    FactKind::Alarms,
    FactKind::TopicSubscriptions,
];

macro_rules! alarms {
    ($($module:ident $name:ident {
        id: $id:literal, slug: $slug:literal, level: $level:literal, safeguards_v8: $v8:expr,
        safeguards_v7: $v7:expr,
        title: $title:literal, why: $why:literal, counts: $counts:literal,
        pattern: $pattern:literal,
    })+) => {
        $(
            #[doc = $title]
            pub(crate) mod $module {
                use super::*;

                #[doc = $title]
                pub(crate) struct $name;

                impl AccountControl for $name {
                    type Parameters = Parameters;

                    fn evaluate(view: &View<'_>,
                        Parameters { monitoring_account: MaybeAccount(account) }: &Parameters) -> Assessed {
                        chain::evaluate($id, account.as_ref(), view)
                    }

                    fn examples() -> Vec<Example> {
                        examples::of($id, $pattern)
                    }
                }

                /// The declaration.
                pub(crate) static CONTROL: plumbline_core::control::Control = plumbline_core::control::Control {
                    id: ControlId::new($id),
                    slug: $slug,
                    title: $title,
                    doc_comment: concat!(
                        "\n## Why\n", $why, "\n\n## Decision\nA chain without a gap: a trail that \
                            records all management events of all Regions delivers to a log group; ",
                        "metric filters of that group count the events below, alone or together; \
                         an alarm watches the filter's metric, directly or by metric math; its \
                         actions ",
                        "are enabled and name an SNS topic; and the topic has a confirmed \
                         subscription. Several trails, filters and alarms may be there: one \
                         complete chain is ",
                        "enough. The log group may be in another Region.\n\nTo be counted: ",
                        $counts,
                        " What a filter counts is decided by meaning, not by its text; where it ",
                        "misses an event, the reason shows the event. A filter narrowed by \
                         anything else, for example by user or Region, misses some.\n\n",
                        "A log group of another account is not assessed here. When that account is \
                         the `monitoringAccount`, the control is not applicable. An alarm that a \
                         single ",
                        "event does not set off, for its threshold, comparison or statistic or for \
                         what the filter counts, is mentioned and does not fail.\n\n",
                        "## Remediation\nCount the events, watch the count, and tell \
                         somebody.\n\nIn the Region of the trail's log group LOG-GROUP, with the \
                         ADDRESS of who is to be told:\n\n",
                        "```sh\nTOPIC=$(aws sns create-topic --name plumbline-alarms --query \
                         TopicArn --output text)\n",
                        "aws sns subscribe --topic-arn \"$TOPIC\" --protocol email \
                         --notification-endpoint ADDRESS\n",
                        "aws logs put-metric-filter --log-group-name LOG-GROUP --filter-name ",
                        $slug, " \\\n   --metric-transformations metricName=", $slug,
                        ",metricNamespace=Plumbline,metricValue=1 \\\n   --filter-pattern '",
                        $pattern, "'\n",
                        "aws cloudwatch put-metric-alarm --alarm-name ", $slug, " --metric-name ",
                        $slug, " --namespace Plumbline --statistic Sum --period 300 \\\n   ",
                        "--evaluation-periods 1 --threshold 1 --comparison-operator \
                         GreaterThanOrEqualToThreshold --treat-missing-data notBreaching \\\n   ",
                        "--alarm-actions \"$TOPIC\"\n```\n\nThen follow the link in the mail: \
                         until the subscription is confirmed, nobody is told. The topic and its \
                         subscription serve ",
                        "all of 4.1 to 4.15: asking for them again changes nothing.\n",
                    ),
                    level: $level,
                    assessment: Assessment::Automated,
                    severity: Severity::Low,
                    scope: Scope::Global,
                    change_triggered: false,
                    attestable: false,
                    safeguards_v8: $v8,
                    safeguards_v7: $v7,
                    facts: FACTS,
                    run: Run::account::<$name>(),
                };
            }
        )+

        #[cfg(test)]
        const TABLE: &[(&str, &str)] = &[$(($id, $pattern)),+];
    };
}

alarms! {
    unauthorized_calls UnauthorizedCalls {
        id: "4.1", slug: "alarm-unauthorized-calls", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["6.5", "6.7"],
        title: "Somebody is told when API calls are refused.",
        why: "A stolen key is tried out before it is used, and most of what is tried is refused. A \
            run of refusals is often the first sign.",
        counts: "Calls that end in `*UnauthorizedOperation` or `AccessDenied*`, without deliveries \
            of CloudWatch Logs and without `HeadBucket`. A filter that counts those too covers all \
            the \
            more.",
        pattern: r#"{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }"#,
    }
    console_no_mfa ConsoleNoMfa {
        id: "4.2", slug: "alarm-console-no-mfa", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "Somebody is told when a user signs in to the console without MFA.",
        why: "A password alone can be guessed, phished and reused. A sign-in without a second \
            factor shows a gap, or somebody who uses it.",
        counts: "Successful `ConsoleLogin` events of IAM users whose `additionalEventData.MFAUsed` \
            is not `Yes`.",
        pattern: r#"{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }"#,
    }
    root_use RootUse {
        id: "4.3", slug: "alarm-root-use", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["4.9"],
        title: "Somebody is told when the root user acts.",
        why: "Root can do everything and nothing limits it. It is needed so seldom that each use \
            deserves a question.",
        counts: "Events of `Root` that no AWS service invoked, other than `AwsServiceEvent`.",
        pattern: r#"{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent") }"#,
    }
    iam_policy IamPolicy {
        id: "4.4", slug: "alarm-iam-policy", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "Somebody is told when IAM policies change.",
        why: "Who may write policies can give themselves everything. A change that nobody planned \
            is an alarm.",
        counts: "Calls of IAM that write, delete, attach or detach policies of groups, roles and \
            users, and that make or delete managed policies and their versions.",
        pattern: r#"{ ($.eventSource = "iam.amazonaws.com") && (($.eventName = "DeleteGroupPolicy") || ($.eventName = "DeleteRolePolicy") || ($.eventName = "DeleteUserPolicy") || ($.eventName = "PutGroupPolicy") || ($.eventName = "PutRolePolicy") || ($.eventName = "PutUserPolicy") || ($.eventName = "CreatePolicy") || ($.eventName = "DeletePolicy") || ($.eventName = "CreatePolicyVersion") || ($.eventName = "DeletePolicyVersion") || ($.eventName = "AttachRolePolicy") || ($.eventName = "DetachRolePolicy") || ($.eventName = "AttachUserPolicy") || ($.eventName = "DetachUserPolicy") || ($.eventName = "AttachGroupPolicy") || ($.eventName = "DetachGroupPolicy")) }"#,
    }
    cloudtrail Cloudtrail {
        id: "4.5", slug: "alarm-cloudtrail", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["6"],
        title: "Somebody is told when trails change.",
        why: "The recording is the first thing that an intruder would rather have off.",
        counts: "`CreateTrail`, `UpdateTrail`, `DeleteTrail`, `StartLogging` and `StopLogging`.",
        pattern: r#"{ ($.eventSource = "cloudtrail.amazonaws.com") && (($.eventName = "CreateTrail") || ($.eventName = "UpdateTrail") || ($.eventName = "DeleteTrail") || ($.eventName = "StartLogging") || ($.eventName = "StopLogging")) }"#,
    }
    console_failure ConsoleFailure {
        id: "4.6", slug: "alarm-console-failure", level: 2, safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "Somebody is told when sign-ins to the console fail.",
        why: "Guessing passwords makes failures. Where they come from is told while the guessing \
            still goes on.",
        counts: "`ConsoleLogin` events with the error message `Failed authentication`.",
        pattern: r#"{ ($.eventSource = "signin.amazonaws.com") && ($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed authentication") }"#,
    }
    kms_key KmsKeyLoss {
        id: "4.7", slug: "alarm-kms-key", level: 2, safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "Somebody is told when KMS keys are disabled or put up for deletion.",
        why: "What a deleted key has encrypted is lost for good. The days until its deletion are \
            the time in which to notice.",
        counts: "`DisableKey` and `ScheduleKeyDeletion` of AWS KMS.",
        pattern: r#"{ ($.eventSource = "kms.amazonaws.com") && (($.eventName = "DisableKey") || ($.eventName = "ScheduleKeyDeletion")) }"#,
    }
    bucket_policy BucketPolicyChange {
        id: "4.8", slug: "alarm-bucket-policy", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "14"],
        title: "Somebody is told when access to buckets changes.",
        why: "One call opens a bucket to the world. Told at once, it is closed before it is found.",
        counts: "Calls of Amazon S3 that write or delete the policy, ACL, CORS rules, lifecycle or \
            replication of a bucket.",
        pattern: r#"{ ($.eventSource = "s3.amazonaws.com") && (($.eventName = "PutBucketAcl") || ($.eventName = "PutBucketPolicy") || ($.eventName = "PutBucketCors") || ($.eventName = "PutBucketLifecycle") || ($.eventName = "PutBucketReplication") || ($.eventName = "DeleteBucketPolicy") || ($.eventName = "DeleteBucketCors") || ($.eventName = "DeleteBucketLifecycle") || ($.eventName = "DeleteBucketReplication")) }"#,
    }
    config ConfigChange {
        id: "4.9", slug: "alarm-config", level: 2, safeguards_v8: &["8.11"],
        safeguards_v7: &["1.4", "11.2", "16.1"],
        title: "Somebody is told when AWS Config is changed.",
        why: "Without the recorder nobody sees what changes afterwards.",
        counts: "`StopConfigurationRecorder`, `PutConfigurationRecorder`, `PutDeliveryChannel` and \
            `DeleteDeliveryChannel` of AWS Config.",
        pattern: r#"{ ($.eventSource = "config.amazonaws.com") && (($.eventName = "StopConfigurationRecorder") || ($.eventName = "DeleteDeliveryChannel") || ($.eventName = "PutDeliveryChannel") || ($.eventName = "PutConfigurationRecorder")) }"#,
    }
    security_group SecurityGroupChange {
        id: "4.10", slug: "alarm-security-group", level: 2, safeguards_v8: &["3.3", "8.11"],
        safeguards_v7: &["6.2", "14.6"],
        title: "Somebody is told when security groups change.",
        why: "A rule that is opened for a test tends to stay. Who is told of the change can ask.",
        counts: "Calls of Amazon EC2 that make or delete security groups, and that authorize or \
            revoke their rules.",
        pattern: r#"{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "AuthorizeSecurityGroupIngress") || ($.eventName = "AuthorizeSecurityGroupEgress") || ($.eventName = "RevokeSecurityGroupIngress") || ($.eventName = "RevokeSecurityGroupEgress") || ($.eventName = "CreateSecurityGroup") || ($.eventName = "DeleteSecurityGroup")) }"#,
    }
    network_acl NetworkAclChange {
        id: "4.11", slug: "alarm-network-acl", level: 2, safeguards_v8: &["8.11"],
        safeguards_v7: &["11.3"],
        title: "Somebody is told when network ACLs change.",
        why: "Network ACLs guard whole subnets, and they change seldom.",
        counts: "Calls of Amazon EC2 that make, delete or replace network ACLs, their entries and \
            their associations.",
        pattern: r#"{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateNetworkAcl") || ($.eventName = "CreateNetworkAclEntry") || ($.eventName = "DeleteNetworkAcl") || ($.eventName = "DeleteNetworkAclEntry") || ($.eventName = "ReplaceNetworkAclEntry") || ($.eventName = "ReplaceNetworkAclAssociation")) }"#,
    }
    gateway GatewayChange {
        id: "4.12", slug: "alarm-gateway", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "11.3"],
        title: "Somebody is told when gateways change.",
        why: "A new gateway is a new way out of the network, and a new way in.",
        counts: "Calls of Amazon EC2 that make or delete customer gateways, and that make, delete, \
            attach or detach internet gateways.",
        pattern: r#"{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateCustomerGateway") || ($.eventName = "DeleteCustomerGateway") || ($.eventName = "AttachInternetGateway") || ($.eventName = "CreateInternetGateway") || ($.eventName = "DeleteInternetGateway") || ($.eventName = "DetachInternetGateway")) }"#,
    }
    route_table RouteTableChange {
        id: "4.13", slug: "alarm-route-table", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "11.3"],
        title: "Somebody is told when routes change.",
        why: "A route decides whether traffic passes the firewall or goes around it.",
        counts: "Calls of Amazon EC2 that make, delete or replace routes, route tables and their \
            associations.",
        pattern: r#"{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateRoute") || ($.eventName = "CreateRouteTable") || ($.eventName = "ReplaceRoute") || ($.eventName = "ReplaceRouteTableAssociation") || ($.eventName = "DeleteRouteTable") || ($.eventName = "DeleteRoute") || ($.eventName = "DisassociateRouteTable")) }"#,
    }
    vpc VpcChange {
        id: "4.14", slug: "alarm-vpc", level: 1, safeguards_v8: &["8.11"], safeguards_v7: &["5.5"],
        title: "Somebody is told when VPCs and their peerings change.",
        why: "A VPC that nobody ordered hosts what nobody should see, and a peering joins what was \
            apart.",
        counts: "Calls of Amazon EC2 that make, delete or modify VPCs, that make, accept, reject \
            or delete peering connections, and those of ClassicLink.",
        pattern: r#"{ ($.eventSource = "ec2.amazonaws.com") && (($.eventName = "CreateVpc") || ($.eventName = "DeleteVpc") || ($.eventName = "ModifyVpcAttribute") || ($.eventName = "AcceptVpcPeeringConnection") || ($.eventName = "CreateVpcPeeringConnection") || ($.eventName = "DeleteVpcPeeringConnection") || ($.eventName = "RejectVpcPeeringConnection") || ($.eventName = "AttachClassicLinkVpc") || ($.eventName = "DetachClassicLinkVpc") || ($.eventName = "DisableVpcClassicLink") || ($.eventName = "EnableVpcClassicLink")) }"#,
    }
    organizations OrganizationsChange {
        id: "4.15", slug: "alarm-organizations", level: 1, safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "14.6"],
        title: "Somebody is told when the organization changes.",
        why: "Who changes the organization moves accounts out of its guardrails, or the guardrails \
            away from its accounts.",
        counts: "Calls of AWS Organizations that change accounts, organizational units, policies, \
            handshakes and the organization itself.",
        pattern: r#"{ ($.eventSource = "organizations.amazonaws.com") && (($.eventName = "AcceptHandshake") || ($.eventName = "AttachPolicy") || ($.eventName = "CreateAccount") || ($.eventName = "CreateOrganizationalUnit") || ($.eventName = "CreatePolicy") || ($.eventName = "DeclineHandshake") || ($.eventName = "DeleteOrganization") || ($.eventName = "DeleteOrganizationalUnit") || ($.eventName = "DeletePolicy") || ($.eventName = "DetachPolicy") || ($.eventName = "DisablePolicyType") || ($.eventName = "EnablePolicyType") || ($.eventName = "InviteAccountToOrganization") || ($.eventName = "LeaveOrganization") || ($.eventName = "MoveAccount") || ($.eventName = "RemoveAccountFromOrganization") || ($.eventName = "UpdatePolicy") || ($.eventName = "UpdateOrganizationalUnit")) }"#,
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::filter::REQUIRED;

    use super::TABLE;

    #[test]
    fn patterns_are_those_that_are_prescribed() {
        let prescribed: Vec<(&str, String)> =
            REQUIRED.iter().map(|required| (required.id, required.remedy())).collect();
        assert_eq!(
            TABLE.iter().map(|(id, pattern)| (*id, (*pattern).to_owned())).collect::<Vec<_>>(),
            prescribed
        );
    }
}
