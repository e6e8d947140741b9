"""``AWS::CloudWatch::Alarm``."""

from moto.cloudwatch.models import cloudwatch_backends

from deployment.errors import refused
from deployment.resource_types.added import Added


class Alarm(Added):
    """An alarm on one metric. Its actions are in its own Region."""

    TYPE, NAME = "AWS::CloudWatch::Alarm", "AlarmName"

    def put(self, properties, account, region):
        """Put the alarm."""
        for action in properties.get("AlarmActions", []):
            given = action.split(":")[3]
            if given != region:
                message = f"Invalid region {given} specified. Only {region} is supported."
                raise refused(message, "ValidationError")
        cloudwatch_backends[account][region].put_metric_alarm(
            name=self.name,
            namespace=properties["Namespace"],
            metric_name=properties["MetricName"],
            comparison_operator=properties["ComparisonOperator"],
            evaluation_periods=int(properties["EvaluationPeriods"]),
            period=int(properties["Period"]),
            threshold=float(properties["Threshold"]),
            statistic=properties["Statistic"],
            description=properties.get("AlarmDescription", ""),
            dimensions=properties.get("Dimensions", []),
            alarm_actions=properties.get("AlarmActions", []),
            treat_missing_data=properties.get("TreatMissingData"),
        )

    def remove(self, account, region):
        """Delete the alarm."""
        cloudwatch_backends[account][region].delete_alarms([self.name])
