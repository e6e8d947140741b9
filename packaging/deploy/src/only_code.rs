//! Only the buckets, code and templates, for tools that deploy the templates themselves: Terraform,
//! Landing Zone Accelerator, Control Tower.

use std::fmt::Write;

use plumbline_templates::contract::{REGISTER_KEY, register_bucket};

use crate::parameters::without_release;
use crate::place::count;
use crate::stack::{Stack, WantedStack};
use crate::state::{Deployment, RegionState};

impl Deployment {
    /// Returns the wanted stack of a Region. If only code is deployed, a stack with a release does
    /// not change.
    pub(crate) fn wanted_stack(&self, state: &RegionState) -> WantedStack {
        if !self.source.only_code {
            return WantedStack::With(self.parameters_in(&state.region));
        }
        let parameters = without_release(&self.source.template, &self.parameters);
        match state.stack.as_ref().and_then(Stack::release) {
            Some(_) => WantedStack::Buckets(parameters),
            None => WantedStack::With(parameters),
        }
    }

    /// Formats the values that other tools require, as variables of Terraform.
    pub(crate) fn settings(&self) -> String {
        let (target, release) = (&self.target, &self.source.release);
        let prefix = self.prefix();
        let register = format!("s3://{}/{REGISTER_KEY}", register_bucket(prefix));
        let mut text = format!(
            "\nDone: code and templates are in the buckets of {}. Other tools deploy them from \
             account {} with the register {register} and these values:\n\n",
            count(self.regions.len(), "Region"),
            target.account,
        );
        let organization = target.organization.as_ref().map(|one| one.id.as_str());
        let values = [
            ("release", Some(release.name.as_str())),
            ("code_bucket_prefix", Some(prefix)),
            ("architecture", Some(release.architecture)),
            ("home_region", Some(target.home_region.as_str())),
            ("organization_id", organization),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                let _ = writeln!(text, "{name:18} = \"{value}\"");
            }
        }
        let regions: Vec<String> =
            target.regions.iter().map(|region| format!("\"{region}\"")).collect();
        let _ = writeln!(text, "{:18} = [{}]", "regions", regions.join(", "));
        text
    }
}
