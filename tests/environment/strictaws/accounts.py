"""The account that a request acts for."""

import re

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from strictaws.wire import AwsError

_TEST_KEY = re.compile(r"^AKIA(\d{12})TEST$")


def account_of_key(access_key):
    """The account of a key of the form ``AKIA<account>TEST``, or None."""
    found = _TEST_KEY.match(access_key or "")
    return found.group(1) if found else None


class Accounts:
    """Finds accounts, remembering those of keys that moto issued."""

    def __init__(self):
        self._issued = {}

    def of(self, call):
        """The account of a call; unknown session keys are refused."""
        key = call.access_key
        account = account_of_key(key) or self._issued.get(key) or self._search(key)
        if account:
            return account
        if key and key.startswith("ASIA"):
            raise invalid_token(call)
        return DEFAULT_ACCOUNT_ID

    def _search(self, key):
        if not key:
            return None
        for account, partitions in list(iam_backends.items()):
            for backend in list(partitions.values()):
                if key in backend.access_keys:
                    self._issued[key] = account
                    return account
        return None


def invalid_token(call):
    """The error for credentials that were never issued."""
    message = "The security token included in the request is invalid."
    if call.protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        return AwsError(
            "UnrecognizedClientException", message, 400 if call.protocol == "json" else 403
        )
    if call.protocol == "ec2":
        return AwsError(
            "AuthFailure", "AWS was not able to validate the provided access credentials", 401
        )
    code = "InvalidAccessKeyId" if call.protocol == "rest-xml" else "InvalidClientTokenId"
    return AwsError(code, message, 403)
