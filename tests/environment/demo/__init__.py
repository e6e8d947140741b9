"""What the demo account holds, one module for each section of the benchmark."""

from datetime import UTC, datetime, timedelta

HOME, SECOND = "us-east-1", "eu-west-1"


def days_ago(days):
    """A time that many days ago, as the credential report writes it."""
    moment = datetime.now(UTC) - timedelta(days=days, minutes=7)
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
