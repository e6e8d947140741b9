//! Where the services that controls read are available, from botocore's table of endpoints.

use crate::aws::Partition;

/// The commercial Regions without Amazon Macie. Plumbline calls Macie in Regions that are newer
/// than the table.
const WITHOUT_MACIE: &[&str] = &[
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-2",
    "me-central-1",
    "mx-central-1",
];

/// Whether Amazon Macie is available in a Region.
pub fn has_macie(partition: Partition, region: &str) -> bool {
    partition == Partition::Aws && !WITHOUT_MACIE.contains(&region)
}

/// Whether AWS Account Management is available in a partition.
pub fn has_account_management(partition: Partition) -> bool {
    partition != Partition::GovCloud
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_regions() {
        assert!(has_macie(Partition::Aws, "us-east-1") && has_macie(Partition::Aws, "xx-new-1"));
        assert!(!has_macie(Partition::Aws, "ca-west-1"));
        assert!(!has_macie(Partition::China, "cn-north-1"));
        assert!(!has_macie(Partition::GovCloud, "us-gov-west-1"));
        assert!(has_account_management(Partition::China));
        assert!(!has_account_management(Partition::GovCloud));
        assert!(WITHOUT_MACIE.is_sorted());
    }
}
