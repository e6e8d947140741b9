//! Facts from Amazon EFS.

use aws_sdk_efs::operation::describe_file_systems::DescribeFileSystemsOutput;
use aws_sdk_efs::types::FileSystemDescription;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{FileSystem, FileSystems};
use plumbline_core::operation::efs;

use crate::session::Session;

/// The maximum page size of EFS for file systems.
const SYSTEMS_A_PAGE: i32 = 100;

pub(super) async fn file_systems(session: &Session, region: &str) -> Answer<FileSystems> {
    let client = session.efs(region);
    let page =
        |token| client.describe_file_systems().max_items(SYSTEMS_A_PAGE).set_marker(token).send();
    session
        .list(efs::DESCRIBE_FILE_SYSTEMS, page, DescribeFileSystemsOutput::next_marker, systems_of)
        .await
        .map(FileSystems)
}

fn systems_of(page: DescribeFileSystemsOutput) -> Answer<Vec<FileSystem>> {
    efs::DESCRIBE_FILE_SYSTEMS
        .require(page.file_systems, "the file systems")?
        .into_iter()
        .map(system_of)
        .collect()
}

fn system_of(system: FileSystemDescription) -> Answer<FileSystem> {
    let id = efs::DESCRIBE_FILE_SYSTEMS
        .require_text(Some(system.file_system_id), "a file system's id")?;
    Ok(FileSystem {
        arn: efs::DESCRIBE_FILE_SYSTEMS
            .require_text(system.file_system_arn, &format!("the ARN of {id}"))?,
        encrypted: efs::DESCRIBE_FILE_SYSTEMS
            .require(system.encrypted, &format!("the encryption of {id}"))?,
        id,
    })
}
