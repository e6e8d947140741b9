"""The operations on the drift of one stack."""

import json
import uuid
from datetime import UTC, datetime

from moto.cloudformation.models import cloudformation_backends

from deployment.errors import stack_error
from deployment.stacks.changes import CHANGEABLE
from deployment.stacks.drift import drift_of
from strictaws import paging, wire

_PAGE = 10


class StackDrift:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._detections = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("cloudformation", "DetectStackDrift"): self.detect,
            ("cloudformation", "DescribeStackDriftDetectionStatus"): self.status,
            ("cloudformation", "DescribeStackResourceDrifts"): self.resources,
        }

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    @staticmethod
    def _stack(call):
        name = call.parameter("StackName")
        stacks = cloudformation_backends[call.account][call.region].stacks.values()
        stack = next((one for one in stacks if name in (one.name, one.stack_id)), None)
        if stack is None:
            raise stack_error(f"Stack [{name}] does not exist")
        return stack

    def detect(self, call, _):
        """Compare a stack with its template; the answer to that is ready when it is asked for."""
        stack = self._stack(call)
        if stack.status not in CHANGEABLE:
            raise stack_error(
                f"Drift detection cannot be performed on stack [{stack.name}] while in "
                f"[{stack.status}] state."
            )
        identity = str(uuid.uuid4())
        stack.environment_drift = drift_of(stack)
        self._detections[identity] = (stack, stack.environment_drift, datetime.now(UTC))
        return wire.xml_result(call, {"StackDriftDetectionId": identity})

    def status(self, call, _):
        """How the comparison of a stack ended."""
        identity = call.parameter("StackDriftDetectionId")
        if identity not in self._detections:
            raise stack_error(f"Drift detection {identity} does not exist")
        stack, found, time = self._detections[identity]
        drifted = sum(one.is_drifted for one in found)
        answer = {
            "StackId": stack.stack_id,
            "StackDriftDetectionId": identity,
            "StackDriftStatus": "DRIFTED" if drifted else "IN_SYNC",
            "DetectionStatus": "DETECTION_COMPLETE",
            "DriftedStackResourceCount": drifted,
            "Timestamp": time,
        }
        return wire.xml_result(call, answer)

    def resources(self, call, _):
        """The resources of a stack as they were compared last, in pages."""
        stack = self._stack(call)
        prefix = "StackResourceDriftStatusFilters.member."
        states = {value for key, value in call.form.items() if key.startswith(prefix)}
        found = [
            one
            for one in getattr(stack, "environment_drift", [])
            if not states or one.state in states
        ]
        listing = f"drifts/{stack.stack_id}/{sorted(states)}"
        try:
            part, following = paging.page(found, listing, call.parameter("NextToken"), _PAGE)
        except paging.InvalidToken as problem:
            raise stack_error("NextToken is invalid") from problem
        answer = {"StackResourceDrifts": [_shown(stack, one) for one in part]}
        if following:
            answer["NextToken"] = following
        return wire.xml_result(call, answer)


def _shown(stack, one):
    shown = {
        "StackId": stack.stack_id,
        "LogicalResourceId": one.logical_id,
        "PhysicalResourceId": one.physical_id,
        "ResourceType": one.kind,
        "StackResourceDriftStatus": one.state,
        "Timestamp": datetime.now(UTC),
        "ExpectedProperties": json.dumps(one.expected),
    }
    if one.state == "MODIFIED":
        shown["ActualProperties"] = json.dumps(one.actual)
        shown["PropertyDifferences"] = [
            {
                "PropertyPath": path,
                "ExpectedValue": json.dumps(expected),
                "ActualValue": json.dumps(actual),
                "DifferenceType": "NOT_EQUAL",
            }
            for path, expected, actual in one.differences
        ]
    return shown
