//! What the controls over the buckets of each Region share.

use plumbline_core::facts::{Bucket, Buckets, EnabledRegions};
use plumbline_core::operation::s3;
use plumbline_core::prelude::*;

/// Situations about buckets in other Regions.
pub(crate) fn elsewhere() -> Vec<Example> {
    let far = |situation| {
        Example::new(situation).account(Buckets(vec![Bucket::new("far", "af-south-1")]))
    };
    vec![
        far("a bucket in a Region that is not enabled, and none in the home Region")
            .account(EnabledRegions(vec![REGION.to_owned()]))
            .expect(Compliance::NotAssessed, "bucket far is in af-south-1, which is not enabled")
            .expect(Compliance::Compliant, "no buckets"),
        far("a bucket in another Region, access denied to the enabled Regions")
            .denied(Key::account(FactKind::EnabledRegions))
            .expect(Compliance::NotAssessed, "ec2:DescribeRegions was denied"),
    ]
}

/// A bucket whose Region may not be asked for.
pub(crate) fn unlocated() -> Bucket {
    Bucket {
        unlocated: Some(ReadError::new(
            s3::GET_BUCKET_LOCATION.name,
            Cause::Denied,
            "AccessDenied",
        )),
        ..Bucket::new("old", "")
    }
}

/// The words of the command that blocks all public access to a bucket.
pub(crate) fn block_public_access(bucket: &str) -> [&str; 6] {
    let all = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,\
        RestrictPublicBuckets=true";
    let option = "--public-access-block-configuration";
    ["s3api", "put-public-access-block", "--bucket", bucket, option, all]
}

/// Situations about buckets of which nothing can be read.
pub(crate) fn out_of_reach() -> Vec<Example> {
    let old = Example::new("access denied to the Region of a bucket")
        .account(Buckets(vec![unlocated()]))
        .not_assessed("old", "s3:GetBucketLocation was denied");
    [elsewhere(), vec![old]].concat()
}
