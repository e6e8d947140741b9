//! Members that every item has.

use serde_json::{Value, json};

use crate::environment::TestAccount;
use crate::lambda_runtime::now;

/// The members that all items share.
pub(super) fn item(
    account: &TestAccount,
    region: &str,
    resource_type: &str,
    id: &str,
    arn: &str,
    configuration: Value,
) -> Value {
    json!({
        "relatedEvents": [], "relationships": [], "configuration": configuration,
        "supplementaryConfiguration": {}, "tags": {},
        "configurationItemVersion": "1.3", "configurationItemCaptureTime": now(),
        "configurationStateId": 1, "awsAccountId": account.id,
        "configurationItemStatus": "OK", "resourceType": resource_type, "resourceId": id,
        "resourceName": null, "ARN": arn, "awsRegion": region,
        "availabilityZone": "Not Applicable", "configurationStateMd5Hash": "",
        "resourceCreationTime": null
    })
}
