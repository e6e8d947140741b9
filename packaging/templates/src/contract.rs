//! The names that the templates share with `plumbline deploy`, which sets parameters, uploads
//! objects and reads stacks.

pub use crate::own_choices::{
    FUNCTIONS_GLOBAL, LEVEL, OFF, ON, OWN_ROLES, PACKS, PACKS_HERE, ROLES,
};
pub use crate::pack_scope::PackScope;
use crate::parameter::TemplateParameter;
pub use crate::registers::{REGISTER_FOLDER, REGISTER_KEY, REGISTERS, account_register_key};

/// The name of the stack in each Region.
pub const STACK: &str = "plumbline";

/// The template of the functions of regional controls.
pub const FUNCTIONS_REGIONAL: &str = "functions-regional";
/// The templates of functions in each account of an organization, that of the roles first.
pub const OWN_TEMPLATES: [&str; 3] = [OWN_ROLES, FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL];
/// The template of the central functions.
pub const CENTRAL_FUNCTIONS: &str = "central-functions";
/// The template that allows the rules of the organization to invoke the central functions.
pub const CENTRAL_PERMISSION_ORGANIZATION: &str = "central-permission-organization";
/// The template of the role in each member account that the central functions assume.
pub const MEMBER_ROLE: &str = "member-role";
/// The template that deploys this role to the member accounts.
pub const MEMBERS: &str = "members";
/// The template of the stack of a single account.
pub const SINGLE_ACCOUNT: &str = "single-account";
/// The template of the Security Hub rule for duplicate findings.
pub const AUTOMATION_RULE: &str = "automation-rule";
/// The template of the stack of an organization.
pub const ORGANIZATION: &str = "organization";

/// The template of the daily check of an organization's accounts.
pub const ORGANIZATION_TASKS: &str = "organization-tasks";

/// The prefix of central function names, and the name of their role with the default prefix, for
/// the functions of the organization. A value of the parameter [`FUNCTION_SET`].
pub const CENTRAL_SET: &str = "plumbline-central";
/// The central functions that a part of the organization uses first, to test a release.
pub const CANARY_SET: &str = "plumbline-canary";
/// The role of the functions that check the accounts of the organization, with the default prefix.
pub const ORGANIZATION_ROLE: &str = "plumbline-organization";

/// The role in each member account, if [`MEMBER_ROLE_NAME`] does not name another one.
pub const DEFAULT_MEMBER_ROLE: &str = "plumbline-member";

/// Returns the name of a role or managed policy. `prefix` is the parameter [`NAME_PREFIX`], and
/// `name` the name with the default prefix.
pub fn role_name(prefix: &str, name: &str) -> String {
    match name.strip_prefix(STACK) {
        Some(end) => format!("{prefix}{end}"),
        None => name.to_owned(),
    }
}

/// Returns the name of the role in member accounts. `given` is the parameter [`MEMBER_ROLE_NAME`].
pub fn member_role(prefix: &str, given: &str) -> String {
    if given == DEFAULT_MEMBER_ROLE { role_name(prefix, given) } else { given.to_owned() }
}

/// Returns the name of the stack set for a template.
pub fn stack_set(template: &str) -> String {
    format!("plumbline-{template}")
}

/// The operation preferences of stack sets for any caller. They deploy to all accounts even if some
/// fail, and do not reduce the concurrency after failures.
pub mod operation_preferences {
    /// The order of the Regions.
    pub const REGION_CONCURRENCY_TYPE: &str = "PARALLEL";
    /// Whether the concurrency depends on the failure tolerance.
    pub const CONCURRENCY_MODE: &str = "SOFT_FAILURE_TOLERANCE";
    /// The percentage of accounts to deploy to in parallel.
    pub const MAX_CONCURRENT_PERCENTAGE: i32 = 25;
    /// The percentage of accounts in a Region that can fail.
    pub const FAILURE_TOLERANCE_PERCENTAGE: i32 = 100;
}

/// Returns the template name of a conformance pack. `level` is a value of [`LEVEL`].
pub fn pack_template(scope: PackScope, level: &str) -> String {
    format!("conformance-pack-{}-level-{level}", scope.as_str())
}

/// Returns the bucket with the code and templates of a Region. `prefix` is the parameter
/// [`CODE_BUCKET_PREFIX`].
pub fn code_bucket(prefix: &str, region: &str) -> String {
    format!("{prefix}-{region}")
}

/// Returns the bucket of the register in the home Region.
pub fn register_bucket(prefix: &str) -> String {
    format!("{prefix}-register")
}

/// Returns the bucket with the results of the daily account check in the home Region.
pub fn results_bucket(prefix: &str) -> String {
    format!("{prefix}-results")
}

/// The name of the program in the bundle, which AWS Lambda requires.
pub const PROGRAM: &str = "bootstrap";

/// Returns the key of the function code in a code bucket.
pub fn code_key(release: &str) -> String {
    format!("{release}/{PROGRAM}.zip")
}

/// Returns the key of a template in a code bucket.
pub fn template_key(release: &str, template: &str) -> String {
    format!("{release}/{template}.yaml")
}

/// The deployed release. Empty if only the buckets are deployed.
pub const RELEASE: &str = "Release";
/// The release of the parts of an organization's stack other than the stack sets.
pub const RELEASE_HERE: &str = "ReleaseHere";
/// The digest of all other parameters.
pub const SETTINGS: &str = "Settings";
/// The prefix of bucket names.
pub const CODE_BUCKET_PREFIX: &str = "CodeBucketPrefix";
/// The Region in which global controls run.
pub const HOME_REGION: &str = "HomeRegion";
/// The processor architecture of the functions.
pub const ARCHITECTURE: &str = "Architecture";
/// Whether an organization's accounts can still read the common register: [`ON`] or [`OFF`].
pub const SHARED_REGISTER: &str = "SharedRegister";
/// The action in accounts without AWS Config: `scan`, `report` or `off`.
pub const WITHOUT_CONFIG: &str = "WithoutConfig";

/// The memory of the function that checks an account. A parameter.
pub const SCAN_MEMORY_SIZE: &str = "ScanMemorySize";
/// Whether findings are imported into Security Hub: [`ON`] or [`OFF`].
pub const SECURITY_HUB: &str = "SecurityHub";
/// The URL of the control pages to which findings link.
pub const DOCS_URL: &str = "DocsUrl";
/// A former parameter, which is replaced by the template [`AUTOMATION_RULE`].
pub const FORMER_AUTOMATION_RULE: &str = "AutomationRule";
/// The ID of the organization.
pub const ORGANIZATION_ID: &str = "OrganizationId";
/// The comma-separated roots and organizational units to deploy to.
pub const ORGANIZATIONAL_UNIT_IDS: &str = "OrganizationalUnitIds";
/// The comma-separated Regions of an organization's functions.
pub const REGIONS: &str = "Regions";
/// The comma-separated accounts without functions and rules.
pub const EXCLUDED_ACCOUNTS: &str = "ExcludedAccounts";
/// The comma-separated accounts that the user excludes.
pub const EXCLUDE_ACCOUNT: &str = "ExcludeAccount";
/// The comma-separated organizational units that the user excludes.
pub const EXCLUDE_ORGANIZATIONAL_UNIT: &str = "ExcludeOrganizationalUnit";
/// The place of an organization's functions: [`OWN`] or [`CENTRAL`].
pub const FUNCTIONS: &str = "Functions";
/// Each account has its own functions.
pub const OWN: &str = "own";
/// The deploying account has the functions of all accounts.
pub const CENTRAL: &str = "central";
/// The set of central functions: [`CENTRAL_SET`] or [`CANARY_SET`].
pub const FUNCTION_SET: &str = "FunctionSet";
/// The name of the role in member accounts that central functions assume.
pub const MEMBER_ROLE_NAME: &str = "MemberRoleName";
/// The account of the central functions.
pub const CENTRAL_ACCOUNT_ID: &str = "CentralAccountId";
/// Whether a nested stack creates the member role in the deploying account: `true` or `false`.
pub const MEMBER_ROLE_HERE: &str = "MemberRoleHere";
/// The location of the register: `s3://BUCKET/KEY`.
pub const REGISTER: &str = "Register";

/// The account that owns the register's bucket. A parameter of functions.
pub const REGISTER_OWNER: &str = "RegisterOwner";
/// Whether the stack deploys the functions of the deploying account: `true` or `false`.
pub const FUNCTIONS_HERE: &str = "FunctionsHere";
/// The caller of stack set operations: [`CALL_AS_SELF`] or [`CALL_AS_DELEGATED_ADMIN`].
pub const CALL_AS: &str = "CallAs";
/// The management account. Empty in the management account itself.
pub const MANAGEMENT_ACCOUNT_ID: &str = "ManagementAccountId";
/// Whether the stack has an aggregator of AWS Config: [`ON`] or [`OFF`].
pub const AGGREGATOR: &str = "Aggregator";
/// Whether the stack stores queries for the aggregator: [`ON`] or [`OFF`].
pub const QUERIES: &str = "Queries";
/// The account of the functions that the rules of a pack invoke. Empty for the account of the
/// rules. A parameter of packs.
pub const FUNCTIONS_ACCOUNT: &str = "FunctionsAccount";

/// The digest of a pack's body, which changes with its rules. A parameter of central function packs
/// that no rule uses.
pub const BODY: &str = "Body";

/// The prefix of the names of roles and managed policies.
pub const NAME_PREFIX: &str = "NamePrefix";
/// The path of roles and managed policies.
pub const ROLE_PATH: &str = "RolePath";
/// The name of the managed policy that is the permissions boundary of roles in each account.
pub const PERMISSIONS_BOUNDARY: &str = "PermissionsBoundary";
/// The key of the buckets.
pub const BUCKET_KMS_KEY_ARN: &str = "BucketKmsKeyArn";
/// The subnets of central functions in a Region.
pub const SUBNET_IDS: &str = "SubnetIds";
/// The security groups of central functions in a Region.
pub const SECURITY_GROUP_IDS: &str = "SecurityGroupIds";
/// Whether the role of central functions can manage network interfaces: [`ON`] or [`OFF`].
pub const NETWORK_INTERFACES: &str = "NetworkInterfaces";

/// Stack sets of the management account.
pub const CALL_AS_SELF: &str = "SELF";
/// Stack sets that a delegated administrator manages.
pub const CALL_AS_DELEGATED_ADMIN: &str = "DELEGATED_ADMIN";

pub(crate) const ACCOUNT_PATTERN: &str = "^[0-9]{12}$";
/// The characters of URLs (RFC 3986), and the two placeholders.
const DOCS_PATTERN: &str = "^(https://([A-Za-z0-9.:-]|\\{control\\}|\\{slug\\})\
    ([A-Za-z0-9._~:/?#@!$&'()*+,;=%-]|\\{control\\}|\\{slug\\})*)?$";
pub(crate) const REGION_PATTERN: &str = "^[a-z]{2,4}(-[a-z]+)+-[0-9]+$";

/// The retention periods that CloudWatch Logs supports, in days.
const RETENTIONS: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Returns the common parameters of all templates with functions.
pub(crate) fn function_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    vec![
        Parameter::required(
            RELEASE,
            "Folder in the code bucket that contains bootstrap.zip",
            "^[A-Za-z0-9.+-]+$",
            "must be the name of a folder",
        ),
        Parameter::required(
            CODE_BUCKET_PREFIX,
            "Prefix of the code bucket names. The full name is PREFIX-REGION",
            "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])$",
            "must be a valid prefix of a bucket name",
        ),
        Parameter::required(
            HOME_REGION,
            "Region in which global controls run",
            REGION_PATTERN,
            "must be the name of a Region, such as us-east-1",
        )
        .derived("use --home-region instead"),
        Parameter::optional(
            "Register",
            "Location of the register of attestations and exceptions, s3://BUCKET/KEY. Empty: no \
             register",
            "",
        )
        .matching("^(s3://[a-z0-9.-]+/[A-Za-z0-9./_-]+)?$"),
        Parameter::optional(
            REGISTER_OWNER,
            "Account that owns the bucket of the register. Empty: the account of the functions",
            "",
        )
        .matching("^([0-9]{12})?$"),
        Parameter::number_choice(
            "LogRetentionDays",
            "Retention of the function logs in days",
            365,
            &RETENTIONS,
        ),
        Parameter::optional(
            "LogKmsKeyArn",
            "ARN of a multi-Region KMS key that encrypts the logs, with a replica in each Region. \
             Empty: CloudWatch Logs uses its own key",
            "",
        )
        .matching("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$"),
        Parameter::optional(
            "ReservedConcurrency",
            "Reserved concurrency of each function, which is also its maximum. Empty: no \
             reservation and no limit",
            "",
        )
        .matching("^([1-9][0-9]*)?$"),
        Parameter::number("MemorySize", "Memory of each function in MB", 256, (128, 10240)),
        Parameter::choice(
            ARCHITECTURE,
            "Processor architecture of the function code",
            &["x86_64", "arm64"],
        )
        .derived("its value comes from the code"),
        Parameter::choice(
            "Publish",
            "Evaluations that a daily run reports to AWS Config. changes: the changed ones, and \
             all once a week. all: always all",
            &["changes", "all"],
        ),
        Parameter::choice(
            "InspectorScanning",
            "Functions that Amazon Inspector scans. once: one function, because all run the same \
             code. all: every function",
            &["once", "all"],
        ),
        Parameter::choice(
            "Metrics",
            "Counters that become metrics. problems: resources that could not be assessed or \
             published, if any. all: all counters of every run",
            &["problems", "all"],
        ),
        security_hub(),
        Parameter::optional(
            DOCS_URL,
            "URL of the control pages to which Security Hub findings link: \
             https://HOST/{control}-{slug}, or a folder of the pages under docs/controls. Empty: \
             no links",
            "",
        )
        .matching(DOCS_PATTERN),
        Parameter::optional(
            "AlarmTopicArn",
            "ARN of an SNS topic for alarms on function errors. Each Region uses the topic of that \
             account and name. Empty: no alarms",
            "",
        )
        .matching("^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?$"),
    ]
}

/// Returns the parameter that enables the import of findings.
pub(crate) fn security_hub() -> TemplateParameter {
    TemplateParameter::choice(SECURITY_HUB, "Import findings into Security Hub", &[ON, OFF])
}

/// Returns the parameter with the ID of the organization.
pub(crate) fn organization_id() -> TemplateParameter {
    TemplateParameter::required(
        ORGANIZATION_ID,
        "ID of the organization",
        "^o-[a-z0-9]{10,32}$",
        "must be an organization ID, such as o-a1b2c3d4e5",
    )
}

/// Returns the parameter with the name of the member role.
pub(crate) fn member_role_name() -> TemplateParameter {
    TemplateParameter::optional(
        MEMBER_ROLE_NAME,
        "Name of the role in member accounts that the central functions assume. The default \
         begins with NamePrefix instead of plumbline",
        DEFAULT_MEMBER_ROLE,
    )
    .matching("^[A-Za-z0-9+=,.@_-]{1,64}$")
}

/// Returns the parameter with the caller of stack set operations.
pub(crate) fn call_as() -> TemplateParameter {
    TemplateParameter::choice(
        CALL_AS,
        "Role of this account for stack sets: management account (SELF) or delegated administrator",
        &[CALL_AS_SELF, CALL_AS_DELEGATED_ADMIN],
    )
}

/// Returns the parameter with the organizational units of stack sets.
pub(crate) fn organizational_units() -> TemplateParameter {
    TemplateParameter::list(
        ORGANIZATIONAL_UNIT_IDS,
        "Comma-separated roots or organizational units to deploy to",
        "^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$",
    )
}

/// Returns the parameter with the excluded accounts.
pub(crate) fn excluded_accounts() -> TemplateParameter {
    TemplateParameter::list(
        EXCLUDED_ACCOUNTS,
        "Comma-separated accounts to exclude",
        "^([0-9]{12})?$",
    )
    .or("")
}

/// Returns the parameter with the digest of all parameters.
pub(crate) fn settings() -> TemplateParameter {
    TemplateParameter::optional(
        SETTINGS,
        "Digest of all parameters, set by plumbline deploy, so that any changed parameter also \
         changes the stack",
        "",
    )
    .matching("^[0-9a-f]*$")
    .derived("its value comes from the other parameters")
}
