//! VPCs.

use crate::evaluation::NotAssessed;
use crate::facts::{Vpc, Vpcs};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl Resource for Vpc {
    const TYPE: &'static str = "AWS::EC2::VPC";
    const NOUN: (&'static str, &'static str) = ("VPC", "VPCs");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<Vpcs>()?.0.iter().collect())
    }

    fn from_item(_: &ConfigurationItem) -> Option<Self> {
        None
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.owner == view.context().account.as_str()
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:vpc/{}",
            context.partition, context.region, self.owner, self.id
        ))
    }
}
