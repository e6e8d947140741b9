//! The parts of central functions for tools that deploy to accounts and organizational units by
//! their names, with the values of required parameters.

use plumbline_templates::aggregator::AGGREGATOR_STACK;
use plumbline_templates::central_rules::{CENTRAL_RULES_GLOBAL, CENTRAL_RULES_REGIONAL};
use plumbline_templates::contract::{
    ARCHITECTURE, CENTRAL_ACCOUNT_ID, CENTRAL_FUNCTIONS, CENTRAL_PERMISSION_ORGANIZATION,
    CODE_BUCKET_PREFIX, HOME_REGION, MEMBER_ROLE, OFF, ORGANIZATION_ID, ORGANIZATION_TASKS,
    REGIONS, REGISTER, REGISTER_OWNER, RELEASE,
};
use plumbline_templates::template::Template;

/// The account of the central functions, as Control Tower and Landing Zone Accelerator name it.
pub(super) const CENTRAL_ACCOUNT: &str = "Audit";
/// The organizational unit of all accounts.
pub(super) const ALL_ACCOUNTS: &str = "Root";
/// An example of the home Region, which users replace.
pub(super) const HOME: &str = "us-east-1";
/// An example of the other Regions, which users replace.
pub(super) const OTHERS: [&str; 1] = ["eu-west-1"];

/// The values that users store once, by the name of the setting.
pub(super) const SETTINGS: [(&str, &str); 6] = [
    (RELEASE, "release"),
    (CODE_BUCKET_PREFIX, "code-bucket-prefix"),
    (REGISTER, "register"),
    (ARCHITECTURE, "architecture"),
    (ORGANIZATION_ID, "organization-id"),
    (CENTRAL_ACCOUNT_ID, "central-account-id"),
];

/// The Regions of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartRegions {
    Home,
    Others,
    All,
}

impl PartRegions {
    /// Returns the names of the Regions.
    pub(super) fn names(self) -> Vec<&'static str> {
        let home = [HOME].into_iter().filter(|_| self != Self::Others);
        home.chain(OTHERS.into_iter().filter(|_| self != Self::Home)).collect()
    }
}

/// A stack or stack set.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) template: &'static str,
    pub(super) regions: PartRegions,
    /// Whether it is for all accounts, or for the account of the central functions.
    pub(super) is_for_all: bool,
}

/// Returns all parts in their order: functions, permission, member role, rules, daily check.
pub(super) fn parts() -> [Part; 9] {
    let part = |name, description, template, regions, is_for_all| Part {
        name,
        description,
        template,
        regions,
        is_for_all,
    };
    use PartRegions::{All, Home, Others};
    [
        part("plumbline-central-home", "Functions with their role", CENTRAL_FUNCTIONS, Home, false),
        part("plumbline-central", "Functions", CENTRAL_FUNCTIONS, Others, false),
        part(
            "plumbline-central-permission-home",
            "Permission for the rules of the organization",
            CENTRAL_PERMISSION_ORGANIZATION,
            Home,
            false,
        ),
        part(
            "plumbline-central-permission",
            "Permission for the rules of the organization",
            CENTRAL_PERMISSION_ORGANIZATION,
            Others,
            false,
        ),
        part("plumbline-aggregator", "Aggregator and queries", AGGREGATOR_STACK, Home, false),
        part("plumbline-member-role", "Role that the functions assume", MEMBER_ROLE, Home, true),
        part(
            "plumbline-central-rules-global",
            "Rules of global controls",
            CENTRAL_RULES_GLOBAL,
            Home,
            true,
        ),
        part(
            "plumbline-central-rules-regional",
            "Rules of regional controls",
            CENTRAL_RULES_REGIONAL,
            All,
            true,
        ),
        part(
            "plumbline-organization-tasks",
            "Daily check of all accounts",
            ORGANIZATION_TASKS,
            Home,
            false,
        ),
    ]
}

/// The value of a parameter.
pub(super) enum PartValue {
    Fixed(String),
    /// A stored value.
    Setting(&'static str),
}

impl Part {
    /// Returns the parameters of the part. All others have their defaults.
    pub(super) fn parameters(&self) -> Vec<(String, PartValue)> {
        let template = plumbline_templates::all();
        let template = template.iter().find(|template| template.name() == self.template);
        let names = template.into_iter().flat_map(Template::parameters);
        let value = |name: &str| {
            let setting = |parameter| {
                SETTINGS
                    .iter()
                    .find(|(of, _)| *of == parameter)
                    .map(|(_, name)| PartValue::Setting(name))
            };
            match name {
                HOME_REGION => Some(PartValue::Fixed(HOME.to_owned())),
                REGIONS => Some(PartValue::Fixed(PartRegions::All.names().join(","))),
                REGISTER_OWNER => setting(CENTRAL_ACCOUNT_ID),
                "GlobalControls" if self.regions == PartRegions::Others => {
                    Some(PartValue::Fixed(OFF.to_owned()))
                }
                _ => setting(name),
            }
        };
        names
            .filter_map(|parameter| Some((parameter.name().to_owned(), value(parameter.name())?)))
            .collect()
    }
}
