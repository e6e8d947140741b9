//! The differences between 4.1 to 4.15.

/// One of the fifteen controls.
pub(super) struct AlarmRow {
    /// The number of the recommendation. `filter::required` has its events.
    pub(super) id: &'static str,
    pub(super) slug: &'static str,
    pub(super) level: u8,
    pub(super) safeguards_v8: &'static [&'static str],
    pub(super) safeguards_v7: &'static [&'static str],
    pub(super) title: &'static str,
    /// The section "Why" of the page, in Markdown.
    pub(super) why: &'static str,
    /// The events that a filter has to match, in Markdown.
    pub(super) events: &'static str,
    /// The services that a trail may exclude, with the events that the control then lacks.
    pub(super) excludable: &'static [Excludable],
}

/// A service whose management events a trail may exclude, and the events that a control then lacks.
pub(super) struct Excludable {
    /// The service, as CloudTrail names it.
    pub(super) source: &'static str,
    /// The events that the control lacks.
    pub(super) events: &'static str,
    /// Whether some of them are read events.
    pub(super) reads: bool,
    /// Whether the control fails without them.
    pub(super) breaks: bool,
}

const KMS: &str = "kms.amazonaws.com";
const RDS_DATA: &str = "rdsdata.amazonaws.com";

/// The services that a trail can exclude (CloudTrail API reference,
/// `ExcludeManagementEventSources`, and `eventSource` in advanced selectors).
pub(super) const EXCLUDABLE: [&str; 2] = [KMS, RDS_DATA];

/// The services whose denied calls a trail can exclude.
const DENIED_CALLS: &[Excludable] = &[
    Excludable { source: KMS, events: "denied calls to AWS KMS", reads: true, breaks: true },
    Excludable {
        source: RDS_DATA,
        events: "denied calls to the RDS Data API",
        reads: true,
        breaks: true,
    },
];

/// The services whose root user calls a trail can exclude. They are a small part of root user
/// activity.
const CALLS_OF_ROOT: &[Excludable] = &[
    Excludable { source: KMS, events: "root user activity in AWS KMS", reads: true, breaks: false },
    Excludable {
        source: RDS_DATA,
        events: "root user activity in the RDS Data API",
        reads: true,
        breaks: false,
    },
];

/// The events of 4.7.
const KEY_CHANGES: &[Excludable] = &[Excludable {
    source: KMS,
    events: "DisableKey and ScheduleKeyDeletion",
    reads: false,
    breaks: true,
}];

/// 4.1 to 4.15, in this order.
pub(super) const TABLE: [AlarmRow; 15] = [
    AlarmRow {
        id: "4.1",
        slug: "alarm-unauthorized-calls",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.5", "6.7"],
        title: "An alarm notifies subscribers of unauthorized API calls",
        why: "Attackers test a stolen key, and AWS denies most of their calls. A series of denied \
        calls is often the first sign of an attack.",
        events: "API calls with an error code that matches `*UnauthorizedOperation` or \
        `AccessDenied*`, except log deliveries by AWS services and `HeadBucket`. A filter that \
        also matches these exceptions passes.",
        excludable: DENIED_CALLS,
    },
    AlarmRow {
        id: "4.2",
        slug: "alarm-console-no-mfa",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of console sign-ins without MFA",
        why: "Passwords can be guessed, phished and reused. A console sign-in without MFA shows a \
        gap in the MFA policy, or an attacker who uses that gap.",
        events: "Successful `ConsoleLogin` events of IAM users whose `additionalEventData.MFAUsed` \
            is not `Yes`.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.3",
        slug: "alarm-root-use",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["4.9"],
        title: "An alarm notifies subscribers of root user activity",
        why: "The root user has all permissions, and no policy of the account limits it. Few tasks \
        require the root user, so check each use.",
        events: "Events of the root user that no AWS service invoked, except `AwsServiceEvent`.",
        excludable: CALLS_OF_ROOT,
    },
    AlarmRow {
        id: "4.4",
        slug: "alarm-iam-policy",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of IAM policy changes",
        why: "A principal who can change policies can grant itself all permissions. An unplanned \
        change can be a sign of an attack.",
        events: "IAM API calls that put, delete, attach or detach policies of groups, roles and \
        users, or that create or delete managed policies and their versions.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.5",
        slug: "alarm-cloudtrail",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6"],
        title: "An alarm notifies subscribers of CloudTrail configuration changes",
        why: "Attackers often stop or change trails first, to hide their activity.",
        events: "`CreateTrail`, `UpdateTrail`, `DeleteTrail`, `StartLogging` and `StopLogging`.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.6",
        slug: "alarm-console-failure",
        level: 2,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of failed console sign-ins",
        why: "Password guessing causes failed sign-ins. An alarm reports them while the attack is \
        under way.",
        events: "`ConsoleLogin` events with the error message `Failed authentication`.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.7",
        slug: "alarm-kms-key",
        level: 2,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of KMS keys that are disabled or scheduled for \
        deletion",
        why: "Data that was encrypted with a deleted key is lost permanently. The waiting period \
        before the deletion is the time to react.",
        events: "`DisableKey` and `ScheduleKeyDeletion` of AWS KMS.",
        excludable: KEY_CHANGES,
    },
    AlarmRow {
        id: "4.8",
        slug: "alarm-bucket-policy",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "14"],
        title: "An alarm notifies subscribers of changes to S3 bucket policies and settings",
        why: "A single API call can make a bucket public. After a notification, an administrator \
        can close it before an attacker finds it.",
        events: "Amazon S3 API calls that put or delete the policy, ACL, CORS configuration, \
        lifecycle configuration or replication configuration of a bucket.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.9",
        slug: "alarm-config",
        level: 2,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["1.4", "11.2", "16.1"],
        title: "An alarm notifies subscribers of AWS Config configuration changes",
        why: "Without a recorder, AWS Config does not record later changes to resources.",
        events: "`StopConfigurationRecorder`, `PutConfigurationRecorder`, `PutDeliveryChannel` and \
            `DeleteDeliveryChannel` of AWS Config.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.10",
        slug: "alarm-security-group",
        level: 2,
        safeguards_v8: &["3.3", "8.11"],
        safeguards_v7: &["6.2", "14.6"],
        title: "An alarm notifies subscribers of security group changes",
        why: "Rules that are opened for a test often remain. A notification gives an administrator \
        the opportunity to check each change.",
        events: "Amazon EC2 API calls that create or delete security groups, or that authorize or \
        revoke their rules.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.11",
        slug: "alarm-network-acl",
        level: 2,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["11.3"],
        title: "An alarm notifies subscribers of network ACL changes",
        why: "A network ACL protects all resources of a subnet. Changes are rare, so check each of \
        them.",
        events: "Amazon EC2 API calls that create, delete or replace network ACLs, their entries \
        and their associations.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.12",
        slug: "alarm-gateway",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "11.3"],
        title: "An alarm notifies subscribers of network gateway changes",
        why: "A new gateway opens a new path into the network and out of it.",
        events: "Amazon EC2 API calls that create or delete customer gateways, or that create, \
        delete, attach or detach internet gateways.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.13",
        slug: "alarm-route-table",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "11.3"],
        title: "An alarm notifies subscribers of route table changes",
        why: "Routes decide whether traffic passes through a firewall or bypasses it.",
        events: "Amazon EC2 API calls that create, delete or replace routes, route tables and \
        their associations.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.14",
        slug: "alarm-vpc",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["5.5"],
        title: "An alarm notifies subscribers of VPC and VPC peering changes",
        why: "An attacker can hide workloads in an unplanned VPC, and a peering connection joins \
        networks that were separate.",
        events: "Amazon EC2 API calls that create, delete or modify VPCs, that create, accept, \
        reject or delete peering connections, and the ClassicLink API calls.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.15",
        slug: "alarm-organizations",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "14.6"],
        title: "An alarm notifies subscribers of AWS Organizations changes",
        why: "A change to the organization can remove accounts from its guardrails, or remove the \
        guardrails from its accounts.",
        events: "AWS Organizations API calls that change accounts, organizational units, policies, \
        handshakes and the organization itself.",
        excludable: &[],
    },
];
