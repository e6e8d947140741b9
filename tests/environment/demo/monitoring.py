"""Section 4: metric filters, alarms, topics.

The log group exists already, and Security Hub is enabled in the home Region.
"""

from demo import HOME

GROUP = "CloudTrail/account"

PATTERNS = {
    "root-use": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
    ' && $.eventType != "AwsServiceEvent" }',
    "trail-changes": "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail)"
    " || ($.eventName = DeleteTrail) || ($.eventName = StartLogging)"
    " || ($.eventName = StopLogging) }",
    "key-changes": "{ ($.eventSource = kms.amazonaws.com)"
    " && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }",
    "config-changes": "{ ($.eventSource = config.amazonaws.com)"
    " && ($.eventName = StopConfigurationRecorder) }",
    "sign-in-failures": "{ ($.eventName = ConsoleLogin)"
    ' && ($.errorMessage = "Failed authentication") }',
    "refused-calls": '{ ($.errorCode = "*UnauthorizedOperation")'
    ' || ($.errorCode = "AccessDenied*") }',
}


# Controls: 4.1, 4.2, 4.3, 4.4, 4.5, 4.6, 4.7, 4.8, 4.9, 4.10, 4.11, 4.12, 4.13, 4.14, 4.15, 4.16.
def seed(demo):
    """Chains that are complete, and chains that are not."""
    logs, sns = demo.client("logs", HOME), demo.client("sns", HOME)
    for name, pattern in PATTERNS.items():
        logs.put_metric_filter(
            logGroupName=GROUP,
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[
                {"metricName": name, "metricNamespace": "Trail", "metricValue": "1"}
            ],
        )
    heard = sns.create_topic(Name="security-alarms")["TopicArn"]
    sns.subscribe(TopicArn=heard, Protocol="email", Endpoint="security@example.com")
    demo.control("sns/confirm", {"topic_arn": heard})
    unheard = sns.create_topic(Name="nobody")["TopicArn"]
    cloudwatch = demo.client("cloudwatch", HOME)
    for name, topic in (
        ("root-use", heard),
        ("trail-changes", heard),
        ("refused-calls", heard),
        ("key-changes", unheard),
    ):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Trail",
            MetricName=name,
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[topic],
        )
    cloudwatch.put_alarm_mute_rule(
        Name="maintenance",
        Rule={"Schedule": {"Expression": "cron(0 2 * * SUN)", "Duration": "PT4H"}},
        MuteTargets={"AlarmNames": ["trail-changes"]},
    )
