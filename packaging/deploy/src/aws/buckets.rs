//! The code and register buckets.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use aws_smithy_types::base64;
use plumbline_aws::documents::{StoreError, read_document};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::aws::AccountId;
use plumbline_core::operation::{Operation, Service, s3};
use plumbline_templates::contract::{REGISTER_FOLDER, REGISTER_KEY, account_register_key};
use plumbline_templates::release::Release;
use sha2::{Digest as _, Sha256};

/// The permission of this call is `s3:GetObject`.
const HEAD_OBJECT: Operation = Operation::new(Service::S3, "s3:HeadObject", "*");
const LIST_OBJECTS: Operation = Operation::new(Service::S3, "s3:ListObjectsV2", "*");
const PUT_OBJECT: Operation = Operation::new(Service::S3, "s3:PutObject", "*");

/// A register without entries, because the functions always read a register.
pub(crate) const EMPTY_REGISTER: &[u8] = b"{\"schema\": 1}\n";

/// The objects of a release that a bucket lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// The keys without an object.
    pub(crate) missing: Vec<String>,
    /// The keys with another object. `deploy` never overwrites a release.
    pub(crate) replaced: Vec<String>,
}

impl Lacking {
    /// Returns all objects of a release.
    pub(crate) fn all(release: &Release) -> Self {
        let missing = release.objects.iter().map(|(key, _)| key.clone()).collect();
        Self { missing, replaced: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.replaced.is_empty()
    }

    /// Returns the number of objects to upload.
    pub(crate) fn len(&self) -> usize {
        self.missing.len() + self.replaced.len()
    }

    pub(crate) fn contains(&self, key: &String) -> bool {
        self.missing.contains(key) || self.replaced.contains(key)
    }
}

/// Lists the prefixes of register buckets in the account, which a removed deployment left.
pub(crate) async fn kept_prefixes(
    session: &Session,
    account: &AccountId,
    home_region: &str,
) -> Result<Vec<String>, AwsError> {
    let start = format!("plumbline-{account}");
    let call = session.s3(home_region).list_buckets().prefix(&start).max_buckets(1_000).send();
    let answer = session.send(s3::LIST_BUCKETS, call).await?;
    let names = answer.buckets().iter().filter_map(|bucket| bucket.name());
    let prefixes = names.filter_map(|name| {
        let prefix = [name.strip_suffix("-register")?].concat();
        let rest = prefix.strip_prefix(&start)?;
        (rest.is_empty() || rest.starts_with('-')).then_some(prefix)
    });
    Ok(prefixes.collect())
}

/// Creates the prefix for the buckets of a new deployment. It ends with random characters, so that
/// no one can create the buckets first.
pub(crate) fn new_prefix(account: &AccountId) -> String {
    let end: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
    format!("plumbline-{account}-{end}")
}

/// Finds the objects of a release that a bucket lacks by their SHA-256 checksums. Returns all
/// objects if the bucket does not exist.
pub(crate) async fn lacking(
    session: &Session,
    owner: &AccountId,
    region: &str,
    bucket: &str,
    release: &Release,
) -> Result<Lacking, AwsError> {
    let client = session.s3(region);
    let call = client
        .list_objects_v2()
        .bucket(bucket)
        .prefix(format!("{}/", release.name))
        .expected_bucket_owner(owner.as_str())
        .send();
    let keys: BTreeSet<String> = match session.send(LIST_OBJECTS, call).await {
        Ok(answer) => {
            answer.contents().iter().filter_map(|object| Some(object.key()?.to_owned())).collect()
        }
        Err(unread) if unread.code == "NoSuchBucket" => BTreeSet::new(),
        Err(unread) => return Err(AwsError(unread)),
    };
    let mut lacking = Lacking::default();
    for (key, content) in &release.objects {
        if !keys.contains(key) {
            lacking.missing.push(key.clone());
            continue;
        }
        let call = client
            .head_object()
            .bucket(bucket)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .expected_bucket_owner(owner.as_str())
            .send();
        let answer = session.send(HEAD_OBJECT, call).await?;
        if answer.checksum_sha256() != Some(checksum(content).as_str()) {
            lacking.replaced.push(key.clone());
        }
    }
    Ok(lacking)
}

/// Retains the registers of accounts that a bucket lacks, by their checksums. If an account is no
/// longer named, its register becomes that of all other accounts. Otherwise the account would keep
/// its former entries.
pub(crate) async fn retain_lacking(
    session: &Session,
    owner: &AccountId,
    region: &str,
    bucket: &str,
    registers: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), AwsError> {
    let client = session.s3(region);
    let mut keys = BTreeSet::new();
    let mut next = None;
    loop {
        let call = client
            .list_objects_v2()
            .bucket(bucket)
            .prefix(REGISTER_FOLDER)
            .set_continuation_token(next)
            .expected_bucket_owner(owner.as_str())
            .send();
        let answer = match session.send(LIST_OBJECTS, call).await {
            Ok(answer) => answer,
            Err(unread) if unread.code == "NoSuchBucket" => return Ok(()),
            Err(unread) => return Err(AwsError(unread)),
        };
        keys.extend(answer.contents().iter().filter_map(|one| Some(one.key()?.to_owned())));
        next = answer.next_continuation_token().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    let others = registers.get(&account_register_key(None)).cloned().unwrap_or_default();
    for key in &keys {
        registers.entry(key.clone()).or_insert_with(|| others.clone());
    }
    for key in keys {
        let call = client
            .head_object()
            .bucket(bucket)
            .key(&key)
            .checksum_mode(ChecksumMode::Enabled)
            .expected_bucket_owner(owner.as_str())
            .send();
        let answer = session.send(HEAD_OBJECT, call).await?;
        let held = answer.checksum_sha256();
        if registers.get(&key).is_some_and(|wanted| held == Some(checksum(wanted).as_str())) {
            registers.remove(&key);
        }
    }
    Ok(())
}

/// Returns the SHA-256 checksum of an object in the format of S3.
fn checksum(content: &[u8]) -> String {
    base64::encode(Sha256::digest(content))
}

/// Uploads an object to a bucket that must belong to the account.
pub(crate) async fn put(
    session: &Session,
    owner: &AccountId,
    region: &str,
    bucket: &str,
    key: &str,
    content: &[u8],
) -> Result<(), AwsError> {
    let call = session
        .s3(region)
        .put_object()
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(owner.as_str())
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(ByteStream::from(content.to_vec()))
        .customize()
        .config_override(
            aws_sdk_s3::config::Builder::new()
                .timeout_config(session.upload_timeouts(content.len())),
        )
        .send();
    Ok(session.send(PUT_OBJECT, call).await.map(|_| ())?)
}

/// Reads the deployed register, if it exists.
pub(crate) async fn register(
    session: &Session,
    bucket: &str,
    owner: &AccountId,
) -> Result<Option<Vec<u8>>, StoreError> {
    match read_document(session, &format!("s3://{bucket}/{REGISTER_KEY}"), Some(owner)).await {
        Ok(content) => Ok(Some(content)),
        Err(StoreError::Aws { error, .. })
            if ["NoSuchBucket", "NoSuchKey"].contains(&error.0.code.as_str()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
