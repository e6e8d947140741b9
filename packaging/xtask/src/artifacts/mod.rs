//! Deployments with tools of others: modules for Terraform, customizations for Landing Zone
//! Accelerator on AWS, and a manifest for Customizations for AWS Control Tower.

mod cfct;
mod hcl;
mod landing_zone;
mod lza;
mod module;
mod stacks;
mod terraform;
mod variables;

/// The folders with generated files of this kind, below the root. Each also has pages that are not
/// generated.
pub(crate) const FOLDERS: [&str; 5] = [
    "packaging/terraform/central",
    "packaging/terraform/own",
    "packaging/terraform/single-account",
    "packaging/lza",
    "packaging/cfct",
];

/// Returns the paths and contents of all generated files.
pub(crate) fn files() -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for module in terraform::modules()? {
        let folder = format!("packaging/terraform/{}", module.name);
        let named = module.files()?.into_iter();
        files.extend(named.map(|(name, content)| (format!("{folder}/{name}"), content)));
    }
    let others = lza::files().into_iter().chain(cfct::files());
    files.extend(others.map(|(path, content)| (format!("packaging/{path}"), content)));
    Ok(files)
}

/// Returns the paths of modules with a table of their variables.
pub(crate) fn variable_tables() -> anyhow::Result<Vec<(String, String)>> {
    terraform::modules()?
        .into_iter()
        .map(|module| {
            Ok((format!("packaging/terraform/{}/README.md", module.name), module.table()?))
        })
        .collect()
}
