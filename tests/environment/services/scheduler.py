"""Schedules, which run on request of a test."""

from moto.scheduler.models import scheduler_backends

from access.callers import identity_statements, trust_statements
from access.policies import Request, decision, is_allowed
from services.step_functions.calls import role_of


class Schedules:
    """The control function. ``state_machines`` start executions; schedules are moto's."""

    def __init__(self, state_machines):
        self._state_machines = state_machines

    def handlers(self):
        """Handlers by (service, operation): none."""
        return {}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "scheduler/run"): self.run}

    def run(self, given):
        """Run a schedule: start its state machine, if its role is allowed to."""
        account, region = given["account"], given["region"]
        group = scheduler_backends[account][region].get_schedule_group(given.get("group"))
        if given["name"] not in group.schedules:
            raise ValueError(f"no schedule {given['name']}")
        schedule = group.schedules[given["name"]]
        if schedule.state != "ENABLED":
            raise ValueError(f"{given['name']} is {schedule.state}")
        target = schedule.target
        if ":stateMachine:" not in target["Arn"]:
            raise ValueError(f"{target['Arn']} is no state machine; others are not run here")
        caller = role_of(target["RoleArn"], account, region)
        if caller.role is None:
            raise ValueError(f"no role {target['RoleArn']}")
        service = (("Service", "scheduler.amazonaws.com"),)
        trust = trust_statements(caller.role)
        keys = {"aws:SourceAccount": account}
        assume = Request("sts:AssumeRole", target["RoleArn"], service, keys)
        if trust is not None and not is_allowed(trust, assume):
            raise ValueError(f"{target['RoleArn']} does not trust {service[0][1]}")
        start = caller.request("states:StartExecution", target["Arn"])
        if decision(identity_statements(caller.role), start) != "Allow":
            raise ValueError(f"{target['RoleArn']} may not start {target['Arn']}")
        execution = self._state_machines.begin(target["Arn"], None, target.get("Input") or "{}")
        return {"execution": execution.arn}
