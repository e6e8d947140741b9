//! The names that two sides share: the templates, which contain them, and `plumbline deploy`, which
//! sets parameters, uploads objects and reads stacks by them.

use crate::parameter::TemplateParameter;
pub use crate::registers::{REGISTER_FOLDER, REGISTER_KEY, REGISTERS, account_register_key};

/// The name of the stack in each Region.
pub const STACK: &str = "plumbline";

/// The template of the roles and of the functions of global controls.
pub const FUNCTIONS_GLOBAL: &str = "functions-global";
/// The template of the functions of regional controls.
pub const FUNCTIONS_REGIONAL: &str = "functions-regional";
/// The template of the central functions.
pub const CENTRAL_FUNCTIONS: &str = "central-functions";
/// The template that lets the rules of the whole organization invoke the central functions.
pub const CENTRAL_PERMISSION_ORGANIZATION: &str = "central-permission-organization";
/// The template of the role in each member that the central functions assume.
pub const MEMBER_ROLE: &str = "member-role";
/// The template that brings that role into the members.
pub const MEMBERS: &str = "members";
/// The template of the stack of a single account.
pub const SINGLE_ACCOUNT: &str = "single-account";
/// The template of the rule of Security Hub about duplicates.
pub const AUTOMATION_RULE: &str = "automation-rule";
/// The template of the stack of an organization.
pub const ORGANIZATION: &str = "organization";

/// The template of what looks after an organization's accounts.
pub const ORGANIZATION_TASKS: &str = "organization-tasks";

/// What the names of the central functions begin with, and the name of their role: the functions
/// that serve the organization. A value of the parameter [`FUNCTION_SET`].
pub const CENTRAL_SET: &str = "plumbline-central";
/// The central functions that a part of the organization tries before the others.
pub const CANARY_SET: &str = "plumbline-canary";
/// The role of the functions that look after the organization's accounts.
pub const ORGANIZATION_ROLE: &str = "plumbline-organization";

/// The name of the stack set that deploys a template to an organization's accounts.
pub fn stack_set(template: &str) -> String {
    format!("plumbline-{template}")
}

/// How stack sets deploy, whoever starts the operation: to all accounts although some fail, which
/// are reported. The concurrency is not reduced when accounts fail.
pub mod operation_preferences {
    /// In which order Regions are deployed to.
    pub const REGION_CONCURRENCY_TYPE: &str = "PARALLEL";
    /// Whether the concurrency depends on the failure tolerance.
    pub const CONCURRENCY_MODE: &str = "SOFT_FAILURE_TOLERANCE";
    /// The share of accounts that are deployed to at the same time.
    pub const MAX_CONCURRENT_PERCENTAGE: i32 = 25;
    /// The share of accounts in a Region that may fail.
    pub const FAILURE_TOLERANCE_PERCENTAGE: i32 = 100;
}

/// Where the rules of a conformance pack run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackScope {
    /// In the home Region.
    Global,
    /// In every Region.
    Regional,
}

impl PackScope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Global, Self::Regional];

    /// The word in names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Regional => "regional",
        }
    }

    /// The name of the deployed pack.
    pub fn pack_name(self) -> String {
        format!("plumbline-{}", self.as_str())
    }
}

/// The name of a conformance pack's template; `level` is a value of the parameter [`LEVEL`].
pub fn pack_template(scope: PackScope, level: &str) -> String {
    format!("conformance-pack-{}-level-{level}", scope.as_str())
}

/// The bucket of a Region's code and templates; `prefix` is the parameter [`CODE_BUCKET_PREFIX`].
pub fn code_bucket(prefix: &str, region: &str) -> String {
    format!("{prefix}-{region}")
}

/// The bucket of the register, in the home Region.
pub fn register_bucket(prefix: &str) -> String {
    format!("{prefix}-register")
}

/// The bucket of what came of looking after accounts, in the home Region.
pub fn results_bucket(prefix: &str) -> String {
    format!("{prefix}-results")
}

/// The name of the program in the bundle, which AWS Lambda requires.
pub const PROGRAM: &str = "bootstrap";

/// The key of the functions' code in a code bucket.
pub fn code_key(release: &str) -> String {
    format!("{release}/{PROGRAM}.zip")
}

/// The key of a template in a code bucket.
pub fn template_key(release: &str, template: &str) -> String {
    format!("{release}/{template}.yaml")
}

/// The release that is deployed; nothing but the buckets when empty.
pub const RELEASE: &str = "Release";
/// The release of what an organization's stack has besides the stack sets.
pub const RELEASE_HERE: &str = "ReleaseHere";
/// The digest of all other parameters.
pub const SETTINGS: &str = "Settings";
/// What the names of the buckets begin with.
pub const CODE_BUCKET_PREFIX: &str = "CodeBucketPrefix";
/// The Region in which global controls run.
pub const HOME_REGION: &str = "HomeRegion";
/// The processor of the functions.
pub const ARCHITECTURE: &str = "Architecture";
/// Whether an organization's accounts may still read the register of all: [`ON`] or [`OFF`].
pub const SHARED_REGISTER: &str = "SharedRegister";
/// The benchmark's level.
pub const LEVEL: &str = "Level";
/// Whether the rules are deployed: [`ON`] or [`OFF`].
pub const PACKS: &str = "Packs";
/// What is done in accounts without AWS Config: `scan`, `report` or `off`.
pub const WITHOUT_CONFIG: &str = "WithoutConfig";

/// The memory of the function that checks an account. A parameter.
pub const SCAN_MEMORY_SIZE: &str = "ScanMemorySize";
/// Whether findings go to Security Hub: [`ON`] or [`OFF`].
pub const SECURITY_HUB: &str = "SecurityHub";
/// Where the pages of the controls are, to which findings lead.
pub const DOCS_URL: &str = "DocsUrl";
/// A former parameter, of what is the template [`AUTOMATION_RULE`] now.
pub const FORMER_AUTOMATION_RULE: &str = "AutomationRule";
/// The organization's id.
pub const ORGANIZATION_ID: &str = "OrganizationId";
/// The roots and organizational units whose accounts get the functions, with commas.
pub const ORGANIZATIONAL_UNIT_IDS: &str = "OrganizationalUnitIds";
/// All Regions of an organization's functions, with commas.
pub const REGIONS: &str = "Regions";
/// Whether the stack deploys the organization's conformance packs: `true` or `false`.
pub const PACKS_BY_STACK: &str = "PacksByStack";
/// The accounts that get neither functions nor rules, with commas.
pub const EXCLUDED_ACCOUNTS: &str = "ExcludedAccounts";
/// The accounts that were named to be excluded, with commas.
pub const EXCLUDE_ACCOUNT: &str = "ExcludeAccount";
/// The organizational units that were named to be excluded, with commas.
pub const EXCLUDE_ORGANIZATIONAL_UNIT: &str = "ExcludeOrganizationalUnit";
/// Where an organization's functions are: [`OWN`] or [`CENTRAL`].
pub const FUNCTIONS: &str = "Functions";
/// Each account has its own functions.
pub const OWN: &str = "own";
/// The deploying account has the functions of all accounts.
pub const CENTRAL: &str = "central";
/// Which central functions these are: [`CENTRAL_SET`] or [`CANARY_SET`].
pub const FUNCTION_SET: &str = "FunctionSet";
/// The name of the role in the members that central functions assume.
pub const MEMBER_ROLE_NAME: &str = "MemberRoleName";
/// The account of the central functions.
pub const CENTRAL_ACCOUNT_ID: &str = "CentralAccountId";
/// Whether the deploying account gets the members' role by a stack of its own: `true` or `false`.
pub const MEMBER_ROLE_HERE: &str = "MemberRoleHere";
/// Where the register is: `s3://BUCKET/KEY`.
pub const REGISTER: &str = "Register";

/// The account that owns the register's bucket. A parameter of functions.
pub const REGISTER_OWNER: &str = "RegisterOwner";
/// Whether the deploying account gets the functions by its stack: `true` or `false`.
pub const FUNCTIONS_HERE: &str = "FunctionsHere";
/// Whose stack sets these are: [`CALL_AS_SELF`] or [`CALL_AS_DELEGATED_ADMIN`].
pub const CALL_AS: &str = "CallAs";
/// The management account; empty in itself.
pub const MANAGEMENT_ACCOUNT_ID: &str = "ManagementAccountId";
/// Whether the stack has an aggregator of AWS Config: [`ON`] or [`OFF`].
pub const AGGREGATOR: &str = "Aggregator";
/// Whether the stack stores queries for the aggregator: [`ON`] or [`OFF`].
pub const QUERIES: &str = "Queries";
/// The account whose functions the rules of a pack invoke; the rules' own when empty. A parameter
/// of packs.
pub const FUNCTIONS_ACCOUNT: &str = "FunctionsAccount";

/// The digest of a pack's body: a pack whose rules changed has another one. A parameter of the
/// packs of central functions that no rule uses.
pub const BODY: &str = "Body";

/// A switch is on.
pub const ON: &str = "on";
/// A switch is off.
pub const OFF: &str = "off";
/// Stack sets of the management account.
pub const CALL_AS_SELF: &str = "SELF";
/// Stack sets that a delegated administrator manages.
pub const CALL_AS_DELEGATED_ADMIN: &str = "DELEGATED_ADMIN";

pub(crate) const ACCOUNT_PATTERN: &str = "^[0-9]{12}$";
/// The characters of addresses (RFC 3986), with the two placeholders.
const DOCS_PATTERN: &str = "^(https://([A-Za-z0-9.:-]|\\{control\\}|\\{slug\\})\
    ([A-Za-z0-9._~:/?#@!$&'()*+,;=%-]|\\{control\\}|\\{slug\\})*)?$";
pub(crate) const REGION_PATTERN: &str = "^[a-z]{2,4}(-[a-z]+)+-[0-9]+$";

/// The retentions that CloudWatch Logs knows, in days.
const RETENTIONS: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The parameters that every template with functions has.
pub(crate) fn function_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    vec![
        Parameter::required(
            RELEASE,
            "The folder in the code bucket that holds bootstrap.zip",
            "^[A-Za-z0-9.+-]+$",
            "The name of a folder",
        ),
        Parameter::required(
            CODE_BUCKET_PREFIX,
            "The code bucket of each Region is named so, with a dash and the Region behind it",
            "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])$",
            "The beginning of a bucket's name",
        ),
        Parameter::required(
            HOME_REGION,
            "The Region in which global controls run",
            REGION_PATTERN,
            "A Region like us-east-1",
        )
        .derived("give --home-region"),
        Parameter::optional(
            "Register",
            "Where the register of attestations and exceptions is, s3://BUCKET/KEY; none when \
             empty",
            "",
        )
        .matching("^(s3://[a-z0-9.-]+/[A-Za-z0-9./_-]+)?$"),
        Parameter::optional(
            REGISTER_OWNER,
            "The account that owns the register's bucket; the functions' own when empty",
            "",
        )
        .matching("^([0-9]{12})?$"),
        Parameter::number_choice(
            "LogRetentionDays",
            "How many days the functions' logs are kept",
            365,
            &RETENTIONS,
        ),
        Parameter::optional(
            "LogKmsKeyArn",
            "The KMS key that encrypts the logs; CloudWatch Logs encrypts them itself when empty. \
             A multi-Region key with a replica in each Region",
            "",
        )
        .matching("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$"),
        Parameter::optional(
            "ReservedConcurrency",
            "How many invocations of each function are reserved and the most at a time; no limit \
             when empty",
            "",
        )
        .matching("^([1-9][0-9]*)?$"),
        Parameter::number("MemorySize", "The functions' memory in MB", 256, (128, 10240)),
        Parameter::choice(
            ARCHITECTURE,
            "The processor for which bootstrap is built",
            &["x86_64", "arm64"],
        )
        .derived("it follows from the code"),
        Parameter::choice(
            "Publish",
            "Which evaluations go to AWS Config at a daily run: those that changed, and weekly \
             all; or always all",
            &["changes", "all"],
        ),
        Parameter::choice(
            "InspectorScanning",
            "Whether Amazon Inspector scans one function, since all run the same code, or all",
            &["once", "all"],
        ),
        Parameter::choice(
            "Metrics",
            "Which counters become metrics: of what could not be assessed or published where \
             there is any, or all at every run",
            &["problems", "all"],
        ),
        security_hub(),
        Parameter::optional(
            DOCS_URL,
            "Where the pages of the controls are, to which findings in Security Hub lead: \
             https://HOST/{control}-{slug}, or a folder of the pages under docs/controls; no \
             links when empty",
            "",
        )
        .matching(DOCS_PATTERN),
        Parameter::optional(
            "AlarmTopicArn",
            "The SNS topic that hears of functions' errors, of the same account and name in each \
             Region; no alarms when empty",
            "",
        )
        .matching("^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?$"),
    ]
}

/// The switch of findings.
pub(crate) fn security_hub() -> TemplateParameter {
    TemplateParameter::choice(SECURITY_HUB, "Whether findings go to Security Hub", &[ON, OFF])
}

/// The organization's id.
pub(crate) fn organization_id() -> TemplateParameter {
    TemplateParameter::required(
        ORGANIZATION_ID,
        "The organization's id",
        "^o-[a-z0-9]{10,32}$",
        "An organization's id like o-a1b2c3d4e5",
    )
}

/// The name of the role in the members.
pub(crate) fn member_role_name() -> TemplateParameter {
    TemplateParameter::optional(
        MEMBER_ROLE_NAME,
        "The name of the role in the members that central functions assume",
        "plumbline-member",
    )
    .matching("^[A-Za-z0-9+=,.@_-]{1,64}$")
}

/// Whose stack sets a stack makes.
pub(crate) fn call_as() -> TemplateParameter {
    TemplateParameter::choice(
        CALL_AS,
        "Whether this is the management account, or a delegated administrator of stack sets",
        &[CALL_AS_SELF, CALL_AS_DELEGATED_ADMIN],
    )
}

/// Where the accounts of stack sets are.
pub(crate) fn organizational_units() -> TemplateParameter {
    TemplateParameter::list(
        ORGANIZATIONAL_UNIT_IDS,
        "The roots or organizational units whose accounts get it, with commas",
        "^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$",
    )
}

/// Accounts that get nothing.
pub(crate) fn excluded_accounts() -> TemplateParameter {
    TemplateParameter::list(
        EXCLUDED_ACCOUNTS,
        "Accounts that get nothing, with commas",
        "^([0-9]{12})?$",
    )
    .or("")
}

/// The digest of all parameters.
pub(crate) fn settings() -> TemplateParameter {
    TemplateParameter::optional(
        SETTINGS,
        "A digest of all parameters, set by plumbline deploy: a change of any parameter is a \
         change of the stack then",
        "",
    )
    .matching("^[0-9a-f]*$")
    .derived("it follows from the other parameters")
}

/// The parameters of the stack that users deploy, besides those of the packs.
pub(crate) fn stack_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    // The stack makes the register's bucket, and may have no release yet.
    let mut parameters = function_parameters();
    let given = [RELEASE, REGISTER, REGISTER_OWNER];
    parameters.retain(|parameter| !given.contains(&parameter.name()));
    parameters.extend([
        Parameter::optional(
            RELEASE,
            "The release to deploy: a folder in the code buckets. Empty makes the buckets only, so \
             that it can be uploaded",
            "",
        )
        .matching("^[A-Za-z0-9.+-]*$")
        .derived("it follows from code and templates"),
        Parameter::choice(LEVEL, "The benchmark's level; 2 contains 1", &["2", "1"])
            .derived("give --level"),
        Parameter::choice(
            PACKS,
            "Whether the rules are deployed, or the functions only",
            &[ON, OFF],
        ),
        settings(),
    ]);
    parameters
}

/// The parameters that an organization's stack has besides.
pub(crate) fn organization_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    vec![
        organization_id().derived("it follows from the organization"),
        organizational_units().derived("give --organizational-unit"),
        Parameter::list(REGIONS, "All Regions, with commas, the home Region too", REGION_PATTERN)
            .derived("give --region"),
        Parameter::choice(
            FUNCTIONS,
            "Whether each account has functions of its own, or this account has those of all",
            &[OWN, CENTRAL],
        )
        .derived("give --functions"),
        member_role_name(),
        Parameter::choice(
            PACKS_BY_STACK,
            "Whether this stack makes the organization's conformance packs; one that fails in a \
             single account takes the stack's change back. plumbline deploy puts them itself, \
             account by account",
            &["true", "false"],
        )
        .derived(
            "an organization's packs are put by this command itself; Packs=off leaves them out",
        ),
        Parameter::list(
            EXCLUDED_ACCOUNTS,
            "Accounts that get neither functions nor rules, with commas. Where this stack makes \
             the packs, those outside of the units are to be named too",
            "^([0-9]{12})?$",
        )
        .or("")
        .derived("give --exclude-account or --exclude-organizational-unit"),
        Parameter::list(
            EXCLUDE_ACCOUNT,
            "The accounts that plumbline deploy excludes by their ids, with commas: it remembers \
             them here, and excludes those of ExcludedAccounts",
            "^([0-9]{12})?$",
        )
        .or("")
        .derived("give --exclude-account"),
        Parameter::list(
            EXCLUDE_ORGANIZATIONAL_UNIT,
            "The organizational units whose accounts plumbline deploy excludes, with commas: it \
             remembers them here, and excludes those of ExcludedAccounts",
            "^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})?$",
        )
        .or("")
        .derived("give --exclude-organizational-unit"),
        Parameter::choice(
            SHARED_REGISTER,
            "Whether the accounts may read the register of all too, as former releases do",
            &[OFF, ON],
        )
        .derived("it follows from the deployed release"),
        Parameter::choice(
            FUNCTIONS_HERE,
            "Whether this account gets the functions by this stack: the management account, which \
             stack sets leave out",
            &["false", "true"],
        )
        .derived("it follows from the credentials"),
        Parameter::optional(
            RELEASE_HERE,
            "The release of this account's own functions, and with any the aggregator and queries: \
             apart from Release, so that what fails here is not taken back from all accounts",
            "",
        )
        .matching("^[A-Za-z0-9.+-]*$")
        .derived("it follows from code and templates"),
        call_as().derived("it follows from the credentials"),
        Parameter::optional(
            MANAGEMENT_ACCOUNT_ID,
            "The management account, to which a delegated administrator's stack sets belong; this \
             account when empty",
            "",
        )
        .matching("^([0-9]{12})?$")
        .derived("it follows from the organization"),
        Parameter::choice(
            AGGREGATOR,
            "Whether an aggregator of AWS Config over the organization is made",
            &[ON, OFF],
        ),
        Parameter::choice(QUERIES, "Whether queries for the aggregator are stored", &[ON, OFF]),
    ]
}
