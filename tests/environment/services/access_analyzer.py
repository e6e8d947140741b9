"""IAM Access Analyzer, which moto lacks: analyzers."""

import time
from collections import defaultdict
from datetime import UTC, datetime

from strictaws import paging, wire

_PAGE = 2


class AccessAnalyzer:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._analyzers = defaultdict(dict)

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("accessanalyzer", "CreateAnalyzer"): self.create_analyzer,
            ("accessanalyzer", "ListAnalyzers"): self.list_analyzers,
            ("accessanalyzer", "DeleteAnalyzer"): self.delete_analyzer,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "access-analyzer/status"): self.set_analyzer_status}

    def set_analyzer_status(self, given):
        """Give an analyzer another status than ACTIVE."""
        self._analyzers[given["account"], given["region"]][given["name"]]["status"] = given[
            "status"
        ]
        return {"ok": True}

    def create_analyzer(self, call, _):
        """Create an analyzer, active at once."""
        name, kind = call.parameter("analyzerName"), call.parameter("type")
        if kind not in call.model.shape_for("Type").enum or not name:
            raise wire.AwsError("ValidationException", "analyzerName or type is not valid")
        analyzers = self._analyzers[call.account, call.region]
        if name in analyzers:
            raise wire.AwsError("ConflictException", f"Analyzer {name} already exists", 409)
        arn = f"arn:{call.partition}:access-analyzer:{call.region}:{call.account}:analyzer/{name}"
        analyzers[name] = {
            "arn": arn,
            "name": name,
            "type": kind,
            "createdAt": datetime.fromtimestamp(int(time.time()), UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
            "status": "ACTIVE",
        }
        return wire.json_result(call, {"arn": arn})

    def list_analyzers(self, call, _):
        """List analyzers, filtered by type, in small pages."""
        wanted = call.arguments.get("type")
        analyzers = self._analyzers[call.account, call.region].values()
        kept = [analyzer for analyzer in analyzers if wanted in (None, analyzer["type"])]
        size = min(int(call.arguments.get("maxResults", _PAGE)), _PAGE)
        try:
            part, following = paging.page(
                kept,
                f"analyzers/{call.account}/{call.region}/{wanted}",
                call.arguments.get("nextToken"),
                size,
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("ValidationException", "Invalid nextToken") from problem
        answer = {"analyzers": part}
        if following:
            answer["nextToken"] = following
        return wire.json_result(call, answer)

    def delete_analyzer(self, call, _):
        """Delete an analyzer."""
        name = call.uri.get("analyzerName")
        if self._analyzers[call.account, call.region].pop(name, None) is None:
            raise wire.AwsError("ResourceNotFoundException", f"Analyzer {name} does not exist", 404)
        return wire.json_result(call, {})
