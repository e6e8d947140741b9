//! What the controls over the buckets of each Region share.

use plumbline_core::facts::{Bucket, Buckets, EnabledRegions};
use plumbline_core::fix::{Terraform, TerraformResource};
use plumbline_core::operation::s3;
use plumbline_core::prelude::*;
use serde_json::Value;

/// Situations about buckets in other Regions.
pub(crate) fn elsewhere() -> Vec<Example> {
    let far = |situation| {
        Example::new(situation).account(Buckets(vec![Bucket::new("far", "af-south-1")]))
    };
    vec![
        far("a bucket in a Region that is not enabled, and none in the home Region")
            .account(EnabledRegions(vec![REGION.to_owned()]))
            .expect(Compliance::NotAssessed, "bucket 'far' is in af-south-1, which is disabled")
            .expect(Compliance::Compliant, "no buckets"),
        far("a bucket in another Region, access denied to the enabled Regions")
            .denied(Key::account(FactKind::EnabledRegions))
            .expect(Compliance::NotAssessed, "access denied to ec2:DescribeRegions"),
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

/// What blocks all public access to the bucket of a failure.
pub(crate) fn fix_public_access(failure: &Failure<'_>) -> Fix {
    let bucket = failure.resource.resource_id.as_str();
    let own = failure.evidence.get("bucket").and_then(Value::as_object);
    let has_own = own.is_some_and(|block| block.values().any(|setting| setting == true));
    let resource = TerraformResource::new(
        "aws_s3_bucket_public_access_block",
        bucket,
        &failure.resource.region,
    );
    let resource = resource
        .import(has_own.then_some(bucket))
        .set("bucket", bucket)
        .set("block_public_acls", true)
        .set("block_public_policy", true)
        .set("ignore_public_acls", true)
        .set("restrict_public_buckets", true);
    failure
        .of_finding(&["s3api put-public-access-block"], &[])
        .effect(
            FixEffect::Disruptive,
            "who reaches the bucket by a public ACL or policy is denied.",
        )
        .undo("aws s3api put-public-access-block with the settings that the bucket has now")
        .terraform(Terraform::resource(resource))
}

/// Situations about buckets of which nothing can be read.
pub(crate) fn out_of_reach() -> Vec<Example> {
    let old = Example::new("access denied to the Region of a bucket")
        .account(Buckets(vec![unlocated()]))
        .not_assessed("old", "access denied to s3:GetBucketLocation");
    [elsewhere(), vec![old]].concat()
}
