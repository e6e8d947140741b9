//! What 4.1 to 4.15 differ in.

/// One of the fifteen controls.
pub(super) struct AlarmRow {
    /// The recommendation's number. The events themselves are those of `filter::required`.
    pub(super) id: &'static str,
    pub(super) slug: &'static str,
    pub(super) level: u8,
    pub(super) safeguards_v8: &'static [&'static str],
    pub(super) safeguards_v7: &'static [&'static str],
    pub(super) title: &'static str,
    /// The page's section on why, in Markdown.
    pub(super) why: &'static str,
    /// The events that a filter has to match, in Markdown.
    pub(super) events: &'static str,
    /// What the control loses where a trail excludes a service.
    pub(super) excludable: &'static [Excludable],
}

/// A service whose management events a trail may exclude, and what a control loses with them.
pub(super) struct Excludable {
    /// The service, as CloudTrail names it.
    pub(super) source: &'static str,
    /// The events that are lost.
    pub(super) events: &'static str,
    /// Whether some of them read.
    pub(super) reads: bool,
    /// Whether the control fails without them.
    pub(super) breaks: bool,
}

const KMS: &str = "kms.amazonaws.com";
const RDS_DATA: &str = "rdsdata.amazonaws.com";

/// The services that CloudTrail lets trails exclude (`ExcludeManagementEventSources` in its API
/// reference; `eventSource` in advanced selectors likewise).
pub(super) const EXCLUDABLE: [&str; 2] = [KMS, RDS_DATA];

/// Services whose denied calls are lost.
const DENIED_CALLS: &[Excludable] = &[
    Excludable { source: KMS, events: "the denied calls of AWS KMS", reads: true, breaks: true },
    Excludable {
        source: RDS_DATA,
        events: "the denied calls of the RDS Data API",
        reads: true,
        breaks: true,
    },
];

/// Services whose calls by the root user are lost. These are few beside all others.
const CALLS_OF_ROOT: &[Excludable] = &[
    Excludable {
        source: KMS,
        events: "what the root user does in AWS KMS",
        reads: true,
        breaks: false,
    },
    Excludable {
        source: RDS_DATA,
        events: "what the root user does in the RDS Data API",
        reads: true,
        breaks: false,
    },
];

/// What 4.7 is about.
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
        why: "A stolen key is tried out before it is used, and most of what is tried is refused. A \
            run of refusals is often the first sign.",
        events: "Calls that end in `*UnauthorizedOperation` or `AccessDenied*`, without deliveries \
            of CloudWatch Logs and without `HeadBucket`. A filter that counts those too covers all \
            the more.",
        excludable: DENIED_CALLS,
    },
    AlarmRow {
        id: "4.2",
        slug: "alarm-console-no-mfa",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of console sign-ins without MFA",
        why: "A password alone can be guessed, phished and reused. A sign-in without a second \
            factor shows a gap, or somebody who uses it.",
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
        why: "Root can do everything and nothing limits it. It is needed so seldom that each use \
            deserves a question.",
        events: "Events of `Root` that no AWS service invoked, other than `AwsServiceEvent`.",
        excludable: CALLS_OF_ROOT,
    },
    AlarmRow {
        id: "4.4",
        slug: "alarm-iam-policy",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of IAM policy changes",
        why: "Who may write policies can give themselves everything. A change that nobody planned \
            is an alarm.",
        events: "Calls of IAM that write, delete, attach or detach policies of groups, roles and \
            users, and that make or delete managed policies and their versions.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.5",
        slug: "alarm-cloudtrail",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6"],
        title: "An alarm notifies subscribers of CloudTrail configuration changes",
        why: "The recording is the first thing that an intruder would rather have off.",
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
        why: "Guessing passwords makes failures. Where they come from is told while the guessing \
            still goes on.",
        events: "`ConsoleLogin` events with the error message `Failed authentication`.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.7",
        slug: "alarm-kms-key",
        level: 2,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["16"],
        title: "An alarm notifies subscribers of KMS keys that are disabled or scheduled for deletion",
        why: "What a deleted key has encrypted is lost for good. The days until its deletion are \
            the time in which to notice.",
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
        why: "One call opens a bucket to the world. Told at once, it is closed before it is found.",
        events: "Calls of Amazon S3 that write or delete the policy, ACL, CORS rules, lifecycle or \
            replication of a bucket.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.9",
        slug: "alarm-config",
        level: 2,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["1.4", "11.2", "16.1"],
        title: "An alarm notifies subscribers of AWS Config configuration changes",
        why: "Without the recorder nobody sees what changes afterwards.",
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
        why: "A rule that is opened for a test tends to stay. Who is told of the change can ask.",
        events: "Calls of Amazon EC2 that make or delete security groups, and that authorize or \
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
        why: "Network ACLs guard whole subnets, and they change seldom.",
        events: "Calls of Amazon EC2 that make, delete or replace network ACLs, their entries and \
            their associations.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.12",
        slug: "alarm-gateway",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "11.3"],
        title: "An alarm notifies subscribers of network gateway changes",
        why: "A new gateway is a new way out of the network, and a new way in.",
        events: "Calls of Amazon EC2 that make or delete customer gateways, and that make, delete, \
            attach or detach internet gateways.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.13",
        slug: "alarm-route-table",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "11.3"],
        title: "An alarm notifies subscribers of route table changes",
        why: "A route decides whether traffic passes the firewall or goes around it.",
        events: "Calls of Amazon EC2 that make, delete or replace routes, route tables and their \
            associations.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.14",
        slug: "alarm-vpc",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["5.5"],
        title: "An alarm notifies subscribers of VPC and VPC peering changes",
        why: "A VPC that nobody ordered hosts what nobody should see, and a peering joins what was \
            apart.",
        events: "Calls of Amazon EC2 that make, delete or modify VPCs, that make, accept, reject \
            or delete peering connections, and those of ClassicLink.",
        excludable: &[],
    },
    AlarmRow {
        id: "4.15",
        slug: "alarm-organizations",
        level: 1,
        safeguards_v8: &["8.11"],
        safeguards_v7: &["6.2", "14.6"],
        title: "An alarm notifies subscribers of AWS Organizations changes",
        why: "Who changes the organization moves accounts out of its guardrails, or the guardrails \
            away from its accounts.",
        events: "Calls of AWS Organizations that change accounts, organizational units, policies, \
            handshakes and the organization itself.",
        excludable: &[],
    },
];
