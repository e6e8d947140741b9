//! Facts from AWS KMS.

use aws_sdk_kms::operation::list_keys::ListKeysOutput;
use aws_sdk_kms::types::KeyMetadata;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{KmsKey, KmsKeyMetadata, KmsKeyRotation, KmsKeys};
use plumbline_core::operation::kms;

use super::not_found_when;
use crate::session::Session;

/// The maximum page size of KMS for keys.
const KEYS_A_PAGE: i32 = 1_000;

/// The error code for a key that does not exist.
const NOT_FOUND: &str = "NotFoundException";

pub(super) async fn keys(session: &Session, region: &str) -> Answer<KmsKeys> {
    let client = session.kms(region);
    let page = |token| client.list_keys().limit(KEYS_A_PAGE).set_marker(token).send();
    session.list(kms::LIST_KEYS, page, ListKeysOutput::next_marker, keys_of).await.map(KmsKeys)
}

fn keys_of(page: ListKeysOutput) -> Answer<Vec<KmsKey>> {
    if page.truncated && page.next_marker.is_none() {
        return Err(kms::LIST_KEYS.malformed(
            "the response is truncated and has no marker for the next \
                page",
        ));
    }
    let key = |key: aws_sdk_kms::types::KeyListEntry| {
        Ok(KmsKey {
            id: kms::LIST_KEYS.require_text(key.key_id, "a key's id")?,
            arn: kms::LIST_KEYS.require_text(key.key_arn, "a key's ARN")?,
        })
    };
    kms::LIST_KEYS.require(page.keys, "the keys")?.into_iter().map(key).collect()
}

pub(super) async fn metadata(session: &Session, region: &str, id: &str) -> Answer<KmsKeyMetadata> {
    let answer = session
        .send(kms::DESCRIBE_KEY, session.kms(region).describe_key().key_id(id).send())
        .await
        .map_err(not_found_when(NOT_FOUND))?;
    metadata_of(kms::DESCRIBE_KEY.require(answer.key_metadata, "the key")?)
}

/// An absent value could hide a key from the control.
fn metadata_of(key: KeyMetadata) -> Answer<KmsKeyMetadata> {
    Ok(KmsKeyMetadata {
        manager: kms::DESCRIBE_KEY
            .require(key.key_manager, "the manager of the key")?
            .as_str()
            .to_owned(),
        state: kms::DESCRIBE_KEY.require(key.key_state, "the key's state")?.as_str().to_owned(),
        spec: kms::DESCRIBE_KEY.require(key.key_spec, "the key's type")?.as_str().to_owned(),
        origin: kms::DESCRIBE_KEY.require(key.origin, "the key's origin")?.as_str().to_owned(),
    })
}

pub(super) async fn rotation(session: &Session, region: &str, id: &str) -> Answer<KmsKeyRotation> {
    let call = session.kms(region).get_key_rotation_status().key_id(id);
    // An absent flag counts as false.
    session
        .send(kms::GET_KEY_ROTATION_STATUS, call.send())
        .await
        .map_err(not_found_when(NOT_FOUND))
        .map(|answer| KmsKeyRotation { enabled: answer.key_rotation_enabled })
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::{KeyListEntry, KeyManagerType, KeySpec, KeyState, OriginType};
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn lists_are_complete() {
        let entry = || KeyListEntry::builder().key_id("k").key_arn("arn");
        assert_eq!(
            keys_of(ListKeysOutput::builder().keys(entry().build()).build()),
            Ok(vec![KmsKey { id: "k".into(), arn: "arn".into() }])
        );
        assert_eq!(
            keys_of(ListKeysOutput::builder().keys(entry().build()).truncated(true).build())
                .expect_err("cut")
                .cause,
            Cause::Malformed
        );
        assert_eq!(
            keys_of(ListKeysOutput::builder().build()).expect_err("no list").cause,
            Cause::Malformed
        );
    }

    #[test]
    fn keys_are_complete() {
        let key = || {
            KeyMetadata::builder()
                .key_id("k")
                .key_manager(KeyManagerType::Customer)
                .key_state(KeyState::Enabled)
                .origin(OriginType::AwsKms)
        };
        let read =
            metadata_of(key().key_spec(KeySpec::SymmetricDefault).build().expect("complete"))
                .expect("a key");
        assert_eq!((read.manager.as_str(), read.spec.as_str()), ("CUSTOMER", "SYMMETRIC_DEFAULT"));
        assert_eq!(
            metadata_of(key().build().expect("complete")).expect_err("no type").cause,
            Cause::Malformed
        );
    }
}
