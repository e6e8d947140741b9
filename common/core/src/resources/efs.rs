//! File systems.

use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::facts::{FileSystem, FileSystems};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl Resource for FileSystem {
    const TYPE: &'static str = "AWS::EFS::FileSystem";
    const NOUN: (&'static str, &'static str) = ("file system", "file systems");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<FileSystems>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Configuration {
            file_system_id: String,
            arn: String,
            encrypted: bool,
        }
        let Configuration { file_system_id, arn, encrypted } = item.configuration()?;
        Some(Self { id: file_system_id, arn, encrypted })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}
