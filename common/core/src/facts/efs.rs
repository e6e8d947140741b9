//! Facts from Amazon EFS.

use serde::{Deserialize, Serialize};

use crate::engine::View;
use crate::evaluation::NotAssessed;
use crate::item::ConfigurationItem;
use crate::resource::Resource;

/// A Region's file systems, source `DescribeFileSystems`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystems(pub Vec<FileSystem>);

/// A file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// `fs-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
}

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
