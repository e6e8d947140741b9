"""``AWS::Scheduler::Schedule``."""

import re

from moto.scheduler.models import scheduler_backends

from deployment.errors import refused
from deployment.resource_types.added import Added

_EXPRESSION = re.compile(r"rate\(\d+ (minute|hour|day)s?\)|cron\(.+\)|at\(.+\)")


class Schedule(Added):
    """A schedule. Nothing happens at its time: the control interface runs it."""

    TYPE, NAME = "AWS::Scheduler::Schedule", "Name"

    @classmethod
    def has_cfn_attr(cls, attr):
        """Whether ``Fn::GetAtt`` knows the attribute."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name):
        """The ARN."""
        return self.arn

    def put(self, properties, account, region):
        """Create the schedule."""
        if not _EXPRESSION.fullmatch(properties["ScheduleExpression"]):
            raise refused(f"Invalid Schedule Expression {properties['ScheduleExpression']}.")
        window = properties["FlexibleTimeWindow"]
        if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
            raise refused("MaximumWindowInMinutes is for the mode FLEXIBLE, which needs it")
        made = scheduler_backends[account][region].create_schedule(
            description=properties.get("Description"),
            end_date=properties.get("EndDate"),
            flexible_time_window=window,
            group_name=properties.get("GroupName"),
            kms_key_arn=properties.get("KmsKeyArn"),
            name=self.name,
            schedule_expression=properties["ScheduleExpression"],
            schedule_expression_timezone=properties.get("ScheduleExpressionTimezone", "UTC"),
            start_date=properties.get("StartDate"),
            state=properties.get("State", "ENABLED"),
            target=properties["Target"],
            action_after_completion=None,
        )
        self.arn, self.group = made.arn, properties.get("GroupName")

    def remove(self, account, region):
        """Delete the schedule."""
        scheduler_backends[account][region].delete_schedule(self.group, self.name)
