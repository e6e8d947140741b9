"""What a request is: account, service, operation, Region, protocol, resource."""

import io
import json
import re
from functools import cached_property
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode

from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.utilities.utils import get_partition

#: botocore's name of a service where it differs from the signing name.
BOTOCORE_NAME = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "elasticfilesystem": "efs",
    "access-analyzer": "accessanalyzer",
    "tagging": "resourcegroupstaggingapi",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
}
#: The prefix of IAM actions where it differs from the signing name.
IAM_PREFIX = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}

_SCOPE = re.compile(r"Credential=([^/,\s]+)/(\d+)/([^/,\s]+)/([^/,\s]+)/aws4_request")
_CBOR_PATH = re.compile(r"^/service/([^/]+)/operation/([^/]+)$")

#: Parameters that name what a request is about, best first.
_RESOURCE_NAMES = (
    "roleArn",
    "policyArn",
    "userName",
    "roleName",
    "groupName",
    "trailName",
    "configRuleName",
    "resourceId",
    "topicArn",
    "keyId",
    "logGroupName",
    "alarmName",
    "bucket",
    "groupId",
    "prefixListId",
    "vpcId",
    "instanceId",
    "dbInstanceIdentifier",
    "fileSystemId",
    "stackName",
    "functionName",
    "accountId",
    "policyName",
    "name",
)


def action_service(signing_name):
    """The IAM action prefix for a signing name."""
    return IAM_PREFIX.get(signing_name, signing_name)


class Call:
    """One request to the imitation of AWS."""

    def __init__(self, environ, body):
        self.environ = environ
        self.body = body
        self.method = environ["REQUEST_METHOD"]
        self.raw_path = environ.get("RAW_URI", "/").split("?")[0]
        self.query = environ.get("QUERY_STRING", "")
        self.access_key, self.region, self.signing_name = self._credential()
        self.account = None
        self.api = BOTOCORE_NAME.get(self.signing_name, self.signing_name)
        if self.signing_name == "s3" and self.raw_path.startswith("/v20180820/"):
            self.api = "s3control"
        self.service = "s3control" if self.api == "s3control" else action_service(self.signing_name)
        self.model = self._model()
        self.uri = {}
        self.protocol, self.operation = self._identify()

    @property
    def partition(self):
        """The partition of the request's Region."""
        return get_partition(self.region)

    def _credential(self):
        found = _SCOPE.search(self.environ.get("HTTP_AUTHORIZATION", ""))
        if not found:
            credential = self.arguments.get("X-Amz-Credential", "")
            found = _SCOPE.search("Credential=" + unquote(credential))
        if not found:
            return None, "us-east-1", "s3" if "Action" not in self.form else "sts"
        return found.group(1), found.group(3), found.group(4).lower()

    def _model(self):
        try:
            return get_service_model(self.api)
        except Exception:  # botocore knows no such service
            return None

    def _identify(self):
        cbor = _CBOR_PATH.match(self.raw_path)
        if cbor and "HTTP_SMITHY_PROTOCOL" in self.environ:
            return "smithy-rpc-v2-cbor", cbor.group(2)
        target = self.environ.get("HTTP_X_AMZ_TARGET")
        if target:
            return "json", target.rpartition(".")[2]
        declared = self.model.metadata.get("protocol", "query") if self.model else None
        if declared not in ("rest-json", "rest-xml"):
            action = self.form.get("Action") or self.arguments.get("Action")
            return ("ec2" if declared == "ec2" else "query"), action
        try:
            request = Request(dict(self.environ))
            operation, self.uri = get_service_router(self.api).match(request)
            return declared, operation.name
        except Exception:  # no operation has that method and path
            return declared, None

    @cached_property
    def arguments(self):
        """The query string, last value of each name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form(self):
        """A form body, last value of each name."""
        kind = self.environ.get("CONTENT_TYPE", "")
        if not kind.startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def parameters(self):
        """A JSON body; ``{}`` if it is missing or not an object."""
        try:
            value = json.loads(self.body) if self.body else {}
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def parameter(self, name, default=None):
        """A top-level parameter of a query or JSON request."""
        if self.form:
            return self.form.get(name, default)
        if self.protocol in ("query", "ec2"):
            return self.arguments.get(name, default)
        return self.parameters.get(name, default)

    def replace_form(self, form):
        """Send moto another form than the client sent us."""
        body = urlencode(form).encode()
        self.environ["wsgi.input"] = io.BytesIO(body)
        self.environ["CONTENT_LENGTH"] = str(len(body))

    def header(self, name):
        """A request header, or None."""
        return self.environ.get("HTTP_" + name.upper().replace("-", "_"))

    @cached_property
    def bucket(self):
        """The bucket of an S3 request; None for other services."""
        if self.api != "s3":
            return None
        return unquote(self.raw_path.lstrip("/").split("/")[0]) or None

    @cached_property
    def text(self):
        """Path, query and body, as sent and decoded, for substring matches."""
        sent = f"{self.raw_path}?{self.query}\n{self.body.decode('utf-8', 'replace')}"
        return sent + "\n" + unquote(sent.replace("+", " "))

    @cached_property
    def resource(self):
        """The best guess at what the request is about; empty when unknown."""
        if self.api == "s3":
            return unquote(self.raw_path.strip("/"))
        if self.uri:
            return "/".join(str(value) for value in self.uri.values())
        given = self.form or self.parameters
        if not given and self.query:
            given = {key: value[0] for key, value in parse_qs(self.query).items()}
        lowered = {}
        for key, value in given.items():
            key = key.split(".")[0].lower()
            if isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, str):
                lowered.setdefault(key, value)
        for name in _RESOURCE_NAMES:
            for key in (name.lower(), name.lower() + "s"):
                if lowered.get(key):
                    return lowered[key]
        return ""
