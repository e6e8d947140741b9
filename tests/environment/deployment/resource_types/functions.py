"""Limits of Lambda functions, as the service checks them."""

import json

from access import buckets, callers
from deployment.errors import refused

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_VARIABLES_BYTES = 4096
MAX_TIMEOUT = 900
MEMORY = range(128, 10_240 + 1)
MAX_DESCRIPTION = 256
MAX_NAME = 64
#: The role of stack sets in an account.
_EXECUTION_ROLE = "stacksets-exec-00000000000000000000000000000000"
_INVALID = "InvalidParameterValueException"


def check_function(properties):
    """Reject properties that Lambda rejects."""
    variables = properties.get("Environment", {}).get("Variables", {})
    if len(json.dumps(variables)) > MAX_VARIABLES_BYTES:
        raise refused(
            "Lambda was unable to configure your environment variables: more than 4 KB", _INVALID
        )
    for name, value in variables.items():
        if not isinstance(value, str):
            raise refused(f"environment variable {name} is not a string")
        if name.startswith("AWS_") or name == "_HANDLER":
            raise refused(f"environment variable {name} is reserved", _INVALID)
    if not 1 <= int(properties.get("Timeout", 3)) <= MAX_TIMEOUT:
        raise refused(f"Timeout is from 1 to {MAX_TIMEOUT} seconds")
    if int(properties.get("MemorySize", MEMORY.start)) not in MEMORY:
        raise refused(f"MemorySize is from {MEMORY.start} to {MEMORY.stop - 1} MB")
    if len(properties.get("Description", "")) > MAX_DESCRIPTION:
        raise refused(f"Description has at most {MAX_DESCRIPTION} characters")
    if len(properties.get("FunctionName", "")) > MAX_NAME:
        raise refused(f"FunctionName has at most {MAX_NAME} characters")


def check_code(code, account, region):
    """Reject code in a bucket to which the account has no access."""
    bucket = code.get("S3Bucket")
    caller = callers.service_role(account, region, _EXECUTION_ROLE)
    exists = buckets.owner_of(bucket)[1] is not None
    if exists and not buckets.may(caller, "s3:GetObject", bucket, code["S3Key"]):
        raise refused(
            "Your access has been denied by S3, please make sure your request credentials have "
            f"permission to GetObject for {bucket}/{code['S3Key']}.",
            "AccessDeniedException",
        )
