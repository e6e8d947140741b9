"""A server on 127.0.0.1 that gives the answers of one case and refuses every other call."""

import base64
import http.server
import json
import re
import urllib.parse

from strictaws import cbor

#: Operations of services that put them into method and path.
_REST = [
    ("account", "POST", r"^/getContactInformation$", "GetContactInformation"),
    ("account", "POST", r"^/getAlternateContact$", "GetAlternateContact"),
    ("access-analyzer", "GET", r"^/analyzer$", "ListAnalyzers"),
    ("macie2", "GET", r"^/macie$", "GetMacieSession"),
    (
        "macie2",
        "GET",
        r"^/automated-discovery/configuration$",
        "GetAutomatedDiscoveryConfiguration",
    ),
    ("macie2", "GET", r"^/automated-discovery/accounts$", "ListAutomatedDiscoveryAccounts"),
    ("macie2", "GET", r"^/administrator$", "GetAdministratorAccount"),
    ("macie2", "POST", r"^/jobs/list$", "ListClassificationJobs"),
    ("macie2", "POST", r"^/datasources/s3$", "DescribeBuckets"),
    ("elasticfilesystem", "GET", r"^/2015-02-01/file-systems$", "DescribeFileSystems"),
    ("securityhub", "GET", r"^/accounts$", "DescribeHub"),
    ("s3", "GET", r"^/v20180820/configuration/publicAccessBlock", "GetPublicAccessBlock"),
    ("s3", "GET", r"^/\?(?!.*location)", "ListBuckets"),
    ("s3", "GET", r"^/$", "ListBuckets"),
    ("s3", "GET", r"^/[^?]+\?.*\blocation\b", "GetBucketLocation"),
    ("s3", "HEAD", r"^/[^/?]+/?$", "HeadBucket"),
    ("s3", "GET", r"\bversioning\b", "GetBucketVersioning"),
    ("s3", "GET", r"\bencryption\b", "GetBucketEncryption"),
    ("s3", "GET", r"\bpolicyStatus\b", "GetBucketPolicyStatus"),
    ("s3", "GET", r"\bpolicy\b", "GetBucketPolicy"),
    ("s3", "GET", r"\bacl\b", "GetBucketAcl"),
    ("s3", "GET", r"\blogging\b", "GetBucketLogging"),
    ("s3", "GET", r"\bpublicAccessBlock\b", "GetPublicAccessBlock"),
]
#: Prefixes of IAM actions by the name under which requests are signed.
_SIGNED = {"monitoring": "cloudwatch", "elasticfilesystem": "efs"}
_REQUEST = "00000000-0000-4000-8000-000000000000"


class Answers:
    """What AWS answers in one case."""

    def __init__(self, given):
        self.given = given
        self.refused = []

    def find(self, call, region, text):
        """The answer to a call; an error for one that is not among the answers."""
        for entry in self.given.get("calls", []):
            is_there = entry.get("region", region) == region
            if entry["call"] == call and is_there and all(p in text for p in entry.get("when", [])):
                return entry
        account, partition = self.given["account"], self.given.get("partition", "aws")
        if call == "sts:GetCallerIdentity":
            arn = f"arn:{partition}:sts::{account}:assumed-role/auditor/session"
            identity = "<UserId>AROAEXAMPLE:session</UserId>"
            return {"xml": f"<Arn>{arn}</Arn>{identity}<Account>{account}</Account>"}
        if call == "ec2:DescribeRegions":
            item = (
                "<item><regionName>{0}</regionName>"
                "<regionEndpoint>ec2.{0}.amazonaws.com</regionEndpoint>"
                "<optInStatus>opt-in-not-required</optInStatus></item>"
            )
            regions = "".join(item.format(name) for name in self.given["regions"])
            return {"xml": f"<regionInfo>{regions}</regionInfo>"}
        self.refused.append(f"{call} {region}")
        return {"error": "AccessDenied", "message": "not an answer of this case", "status": 403}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers in the protocol in which it is asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing is logged."""

    def answer(self):
        """Find out what is asked, and answer."""
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        pattern = r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/"
        scope = re.search(pattern, self.headers.get("authorization") or "")
        region, service = scope.groups() if scope else ("", "")
        target, form = self.headers.get("x-amz-target"), urllib.parse.parse_qs(body)
        rpc = re.match(r"^/service/[^/]+/operation/([A-Za-z]+)$", self.path)
        if rpc:
            kind, operation = "cbor", rpc.group(1)
        elif target:
            kind, operation = "json", target.split(".")[-1]
        elif "Action" in form:
            kind, operation = "query", form["Action"][0]
        else:
            kind = "xml" if service == "s3" else "rest"
            operation = self._by_path(service)
        call = f"{_SIGNED.get(service, service)}:{operation}"
        if call == "s3:GetPublicAccessBlock" and self.path.startswith("/v2018"):
            call = "s3control:GetPublicAccessBlock"
        text = f"{self.path} {urllib.parse.unquote_plus(body)}"
        self._give(kind, service, operation, self.server.answers.find(call, region, text))

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def _by_path(self, service):
        # The query distinguishes the operations of S3; in other services, the path does.
        place = self.path if service == "s3" else self.path.partition("?")[0]
        for owner, method, path, name in _REST:
            if owner == service and method == self.command and re.search(path, place):
                return name
        return place

    def _give(self, kind, service, operation, entry):
        headers = {"x-amzn-requestid": _REQUEST}
        code, message = entry.get("error"), entry.get("message", "")
        failure = {"__type": code, "message": message}
        if kind == "cbor":
            headers |= {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
            payload = cbor.encode(failure if code else entry.get("json", {}))
        elif kind in ("json", "rest"):
            headers["content-type"] = "application/x-amz-json-1.1"
            if code:
                headers["x-amzn-errortype"] = code
            payload = json.dumps(failure if code else entry.get("json", {})).encode()
        else:
            headers["content-type"] = "text/xml"
            payload = _xml(kind, service, operation, entry).encode()
        self.send_response(entry.get("status", 400 if code else 200))
        for name, value in {**headers, "content-length": str(len(payload))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)


def _xml(kind, service, operation, entry):
    code = entry.get("error")
    error = f"<Code>{code}</Code><Message>{entry.get('message', '')}</Message>"
    if code and kind == "xml":
        return f"<Error>{error}</Error>"
    if code and service == "ec2":
        errors = f"<Errors><Error>{error}</Error></Errors>"
        return f"<Response>{errors}<RequestID>{_REQUEST}</RequestID></Response>"
    if code:
        reported = f"<Error><Type>Sender</Type>{error}</Error>"
        return f"<ErrorResponse>{reported}<RequestId>{_REQUEST}</RequestId></ErrorResponse>"
    if kind == "xml":
        return entry["xml"]
    if service == "ec2":
        inner = f"{entry['xml']}<requestId>{_REQUEST}</requestId>"
        return f"<{operation}Response>{inner}</{operation}Response>"
    if "csv" in entry:
        report = base64.b64encode("\n".join(entry["csv"]).encode()).decode()
        result = (
            f"<Content>{report}</Content><ReportFormat>text/csv</ReportFormat>"
            f"<GeneratedTime>{entry['generated']}</GeneratedTime>"
        )
    else:
        result = entry["xml"]
    metadata = f"<ResponseMetadata><RequestId>{_REQUEST}</RequestId></ResponseMetadata>"
    wrapped = f"<{operation}Result>{result}</{operation}Result>{metadata}"
    return f"<{operation}Response>{wrapped}</{operation}Response>"
