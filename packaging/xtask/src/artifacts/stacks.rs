//! Stacks and stack sets as resources of Terraform.

use plumbline_templates::contract::{operation_preferences, stack_set};

use super::hcl::{HclBody, text};

/// The Regions of a stack.
#[derive(Clone, Copy)]
pub(super) enum Places<'a> {
    Home,
    Others,
    All,
    /// The home Region, if the condition is true.
    HomeIf(&'a str),
    /// All Regions, if the condition is true.
    AllIf(&'a str),
}

/// A stack in the deploying account.
pub(super) struct Stack<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) template: &'a str,
    pub(super) places: Places<'a>,
    /// The parameters, if they differ from those of the template.
    pub(super) parameters: Option<String>,
    pub(super) after: &'a [&'a str],
}

pub(super) fn local_of(template: &str) -> String {
    format!("local.{}", template.replace('-', "_"))
}

fn depends_on(body: HclBody, after: &[&str]) -> HclBody {
    let after = (!after.is_empty()).then(|| format!("[{}]", after.join(", ")));
    body.set_if("depends_on", after)
}

impl Stack<'_> {
    pub(super) fn add(self, file: HclBody) -> HclBody {
        let Self { id, name, template, places, parameters, after } = self;
        let home = "var.home_region";
        let (meta, region) = match places {
            Places::Home => (None, home),
            Places::HomeIf(condition) => (Some(("count", format!("{condition} ? 1 : 0"))), home),
            Places::Others => (Some(("for_each", "local.other_regions".to_owned())), "each.key"),
            Places::All => (Some(("for_each", "toset(local.all_regions)".to_owned())), "each.key"),
            Places::AllIf(condition) => {
                let regions = format!("toset({condition} ? local.all_regions : [])");
                (Some(("for_each", regions)), "each.key")
            }
        };
        let mut body = HclBody::new();
        if let Some((name, value)) = meta {
            body = body.set(name, value);
        }
        body = body
            .set("name", text(name))
            .set("region", region)
            .set("template_url", format!("\"${{local.release_urls[{region}]}}/{template}.yaml\""))
            .set("capabilities", "[\"CAPABILITY_NAMED_IAM\"]")
            .set("parameters", parameters.unwrap_or_else(|| local_of(template)))
            .set("tags", "var.tags");
        body = depends_on(body, after);
        file.block(&format!("resource \"aws_cloudformation_stack\" \"{id}\""), body)
    }
}

/// A stack set for the accounts of the organizational units, with its instances.
pub(super) struct StackSet<'a> {
    pub(super) id: &'a str,
    pub(super) template: &'a str,
    pub(super) description: &'a str,
    /// The Regions as an expression.
    pub(super) regions: &'a str,
    pub(super) exists: Option<&'a str>,
    /// The stack set that accounts that join get first.
    pub(super) first: Option<&'a str>,
    pub(super) after: &'a [&'a str],
}

impl StackSet<'_> {
    pub(super) fn add(self, file: HclBody) -> HclBody {
        let Self { id, template, description, regions, exists, first, after, .. } = self;
        let count = exists.map(|condition| format!("{condition} ? 1 : 0"));
        let set = if exists.is_some() { format!("{id}[0]") } else { id.to_owned() };
        let percentages = || {
            HclBody::new()
                .set(
                    "failure_tolerance_percentage",
                    operation_preferences::FAILURE_TOLERANCE_PERCENTAGE.to_string(),
                )
                .set(
                    "max_concurrent_percentage",
                    operation_preferences::MAX_CONCURRENT_PERCENTAGE.to_string(),
                )
                .set(
                    "region_concurrency_type",
                    text(operation_preferences::REGION_CONCURRENCY_TYPE),
                )
        };
        let first = first.map(|first| format!("[aws_cloudformation_stack_set.{first}.arn]"));
        let body = HclBody::new()
            .set_if("count", count.clone())
            .set("name", text(&stack_set(template)))
            .set("description", text(description))
            .set("region", "var.home_region")
            .set("call_as", "var.call_as")
            .set("permission_model", "\"SERVICE_MANAGED\"")
            .set(
                "template_url",
                format!("\"${{local.release_urls[var.home_region]}}/{template}.yaml\""),
            )
            .set("capabilities", "[\"CAPABILITY_NAMED_IAM\"]")
            .set("parameters", local_of(template))
            .set("tags", "var.tags");
        let body = depends_on(body, after)
            .block(
                "auto_deployment",
                HclBody::new()
                    .set("enabled", "true")
                    .set("retain_stacks_on_account_removal", "false")
                    .set_if("depends_on_stack_sets", first),
            )
            .block("managed_execution", HclBody::new().set("active", "true"))
            .block("operation_preferences", percentages())
            .block("timeouts", HclBody::new().set("update", "\"6h\""))
            .block("lifecycle", HclBody::new().set("ignore_changes", "[administration_role_arn]"));
        let file = file.block(&format!("resource \"aws_cloudformation_stack_set\" \"{id}\""), body);
        let units = HclBody::new().set("organizational_unit_ids", "var.organizational_unit_ids");
        let hours =
            HclBody::new().set("create", "\"6h\"").set("update", "\"6h\"").set("delete", "\"6h\"");
        let instances = HclBody::new()
            .set_if("count", count)
            .set("stack_set_name", format!("aws_cloudformation_stack_set.{set}.name"))
            .set("region", "var.home_region")
            .set("call_as", "var.call_as")
            .set("regions", regions);
        let instances = depends_on(instances, after)
            .block("deployment_targets", units)
            .block(
                "operation_preferences",
                percentages()
                    .set("concurrency_mode", text(operation_preferences::CONCURRENCY_MODE)),
            )
            .block("timeouts", hours);
        file.block(&format!("resource \"aws_cloudformation_stack_instances\" \"{id}\""), instances)
    }
}
