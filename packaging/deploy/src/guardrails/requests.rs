//! The requests with which a deployment creates resources, as far as policies can depend on them.

use std::collections::BTreeMap;

use plumbline_core::policy::{PlannedKey, PlannedRequest};
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{
    AGGREGATOR, CENTRAL_SET, MEMBER_ROLE, MEMBER_ROLE_NAME, NAME_PREFIX, ON, ORGANIZATION_ROLE,
    OWN_ROLES, PACKS, PERMISSIONS_BOUNDARY, ROLE_PATH, SECURITY_GROUP_IDS, STACK, SUBNET_IDS,
    member_role, role_name, stack_set,
};

use super::tags::StackTags;

pub(crate) const BOUNDARY_KEY: &str = "iam:PermissionsBoundary";
/// The start of the keys of single tags.
pub(crate) const REQUEST_TAG: &str = "aws:RequestTag/";
/// The keys of all tags of a request.
pub(crate) const TAG_KEYS: &str = "aws:TagKeys";
pub(crate) const NETWORK_KEYS: [&str; 3] =
    ["lambda:VpcIds", "lambda:SubnetIds", "lambda:SecurityGroupIds"];
pub(crate) const REGION_KEY: &str = "aws:RequestedRegion";

/// A role of stack sets in an account. Its name ends with digits that AWS assigns.
const STACK_SETS_ROLE: &str = "stacksets-exec-00000000000000000000000000000000";

/// What requests depend on.
pub(crate) struct Plans<'a> {
    pub(crate) partition: &'a str,
    pub(crate) organization: &'a str,
    pub(crate) home_region: &'a str,
    pub(crate) is_central: bool,
    /// The parameters of the deployment, with all defaults.
    pub(crate) value: &'a dyn Fn(&str) -> String,
    pub(crate) tags: &'a StackTags,
    /// The ARN of the deploying user. Unknown for a role, because its session does not state the
    /// path.
    pub(crate) user: Option<&'a str>,
}

/// A place in which resources are created.
#[derive(Clone, Copy)]
pub(crate) struct PlannedPlace<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    /// Whether it is the deploying account. Stack sets deploy to the others.
    pub(crate) is_here: bool,
    /// The subnets and security groups of central functions in the Region.
    pub(crate) network: Option<&'a ParameterValues>,
}

/// Whether AWS CloudFormation tags the resource of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tagging {
    Tagged,
    /// The type has no tags in AWS CloudFormation.
    Never,
    /// With another request, or with either.
    Unknown,
}

impl Plans<'_> {
    /// Returns the requests for a place.
    pub(crate) fn requests(&self, place: PlannedPlace<'_>) -> Vec<PlannedRequest> {
        let is_home = place.region == self.home_region;
        let mut planned: Vec<(&str, String, Tagging)> = Vec::new();
        let mut create = |action, resource, tagging| planned.push((action, resource, tagging));
        if place.is_here {
            let stack = self.arn("cloudformation", place, &format!("stack/{STACK}/0"));
            create("cloudformation:CreateChangeSet", stack, Tagging::Tagged);
            create(
                "s3:CreateBucket",
                format!("arn:{}:s3:::{STACK}", self.partition),
                Tagging::Unknown,
            );
        } else {
            let set = stack_set(if self.is_central { MEMBER_ROLE } else { OWN_ROLES });
            let stack = format!("stack/StackSet-{set}-0/0");
            let arn = self.arn("cloudformation", place, &stack);
            if is_home || !self.is_central {
                create("cloudformation:CreateStack", arn, Tagging::Tagged);
            }
        }
        if place.is_here && is_home {
            let set = format!("stackset/{}:0", stack_set(MEMBER_ROLE));
            let arn = self.arn("cloudformation", place, &set);
            create("cloudformation:CreateStackSet", arn, Tagging::Tagged);
        }
        for role in self.roles(place) {
            let arn = self.identity(place, "role", &role);
            create("iam:CreateRole", arn.clone(), Tagging::Tagged);
            create("iam:CreatePolicy", self.identity(place, "policy", &role), Tagging::Never);
            create("iam:AttachRolePolicy", arn, Tagging::Never);
        }
        if !self.is_central && !place.is_here && (self.value)(PACKS) == ON {
            let pack = self.arn("config", place, &format!("conformance-pack/{STACK}"));
            create("config:PutConformancePack", pack, Tagging::Unknown);
        }
        let name = match (self.is_central, place.is_here) {
            (true, true) => Some(format!("{CENTRAL_SET}-2-1-1")),
            (true, false) => None,
            (false, _) => (!place.is_here).then(|| format!("{STACK}-2-1-1")),
        };
        if let Some(name) = name {
            let function = self.arn("lambda", place, &format!("function:{name}"));
            create("lambda:CreateFunction", function, Tagging::Tagged);
            let logs = self.arn("logs", place, &format!("log-group:/aws/lambda/{name}"));
            create("logs:CreateLogGroup", logs, Tagging::Tagged);
        }
        if self.is_central && place.is_here && is_home {
            let machine = self.arn("states", place, &format!("stateMachine:{ORGANIZATION_ROLE}"));
            create("states:CreateStateMachine", machine, Tagging::Tagged);
            let schedule =
                self.arn("scheduler", place, &format!("schedule/default/{ORGANIZATION_ROLE}"));
            create("scheduler:CreateSchedule", schedule, Tagging::Never);
        }
        planned
            .into_iter()
            .map(|(action, resource, tagging)| self.request(place, action, resource, tagging))
            .collect()
    }

    /// Returns the names of roles that are created in the home Region of an account.
    fn roles(&self, place: PlannedPlace<'_>) -> Vec<String> {
        if place.region != self.home_region {
            return Vec::new();
        }
        let prefix = (self.value)(NAME_PREFIX);
        let mut roles = match (self.is_central, place.is_here) {
            (true, true) => vec![
                role_name(&prefix, CENTRAL_SET),
                role_name(&prefix, ORGANIZATION_ROLE),
                role_name(&prefix, &format!("{ORGANIZATION_ROLE}-states")),
                role_name(&prefix, &format!("{ORGANIZATION_ROLE}-schedule")),
            ],
            (true, false) => vec![member_role(&prefix, &(self.value)(MEMBER_ROLE_NAME))],
            (false, true) => Vec::new(),
            (false, false) => vec![role_name(&prefix, &format!("{STACK}-own-2-1-1"))],
        };
        if place.is_here && (self.value)(AGGREGATOR) == ON {
            roles.push(role_name(&prefix, &format!("{STACK}-aggregator")));
        }
        roles
    }

    fn arn(&self, service: &str, place: PlannedPlace<'_>, resource: &str) -> String {
        let PlannedPlace { account, region, .. } = place;
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition)
    }

    fn identity(&self, place: PlannedPlace<'_>, kind: &str, name: &str) -> String {
        let path = (self.value)(ROLE_PATH);
        format!("arn:{}:iam::{}:{kind}{path}{name}", self.partition, place.account)
    }

    fn request(
        &self,
        place: PlannedPlace<'_>,
        action: &str,
        resource: String,
        tagging: Tagging,
    ) -> PlannedRequest {
        let PlannedPlace { account, region, is_here, network } = place;
        let one = |value: &str| PlannedKey::Values(vec![value.to_owned()]);
        let mut keys = BTreeMap::from([
            ("aws:principalorgid", one(self.organization)),
            ("aws:principalaccount", one(account)),
            ("aws:resourceorgid", one(self.organization)),
            ("aws:resourceaccount", one(account)),
            ("aws:securetransport", one("true")),
        ]);
        if !action.starts_with("iam:") {
            keys.insert("aws:requestedregion", one(region));
        }
        let member_role = format!("arn:{}:iam::{account}:role/{STACK_SETS_ROLE}", self.partition);
        if !is_here {
            keys.insert("aws:principalarn", one(&member_role));
        } else if let Some(user) = self.user {
            keys.insert("aws:principalarn", one(user));
        }
        if action == "iam:CreateRole" {
            let boundary = (self.value)(PERMISSIONS_BOUNDARY);
            let arn = format!("arn:{}:iam::{account}:policy/{boundary}", self.partition);
            let key = if boundary.is_empty() { PlannedKey::Absent } else { one(&arn) };
            keys.insert("iam:permissionsboundary", key);
        }
        if action == "lambda:CreateFunction" {
            let list = |name: &str| -> Vec<String> {
                let value = network.and_then(|network| network.get(name)).map(String::as_str);
                let parts = value.unwrap_or_default().split(',').map(str::trim);
                parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
            };
            let key = |values: Vec<String>| match values.is_empty() {
                true => PlannedKey::Absent,
                false => PlannedKey::Values(values),
            };
            let subnets = list(SUBNET_IDS);
            let vpc = if subnets.is_empty() { PlannedKey::Absent } else { PlannedKey::Present };
            keys.insert("lambda:vpcids", vpc);
            keys.insert("lambda:subnetids", key(subnets));
            keys.insert("lambda:securitygroupids", key(list(SECURITY_GROUP_IDS)));
        }
        let mut keys: BTreeMap<String, PlannedKey> =
            keys.into_iter().map(|(name, key)| (name.to_owned(), key)).collect();
        if tagging != Tagging::Unknown {
            keys.insert(REQUEST_TAG.to_ascii_lowercase(), PlannedKey::Absent);
            keys.insert(TAG_KEYS.to_ascii_lowercase(), PlannedKey::Absent);
        }
        let names: Vec<String> = self.tags.all().map(|(key, _)| key.to_owned()).collect();
        if tagging == Tagging::Tagged && !names.is_empty() {
            keys.insert(TAG_KEYS.to_ascii_lowercase(), PlannedKey::Values(names));
            keys.extend(
                self.tags
                    .all()
                    .map(|(key, value)| (format!("{REQUEST_TAG}{key}").to_lowercase(), one(value))),
            );
        }
        PlannedRequest { action: action.to_owned(), resource, keys }
    }
}
