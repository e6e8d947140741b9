"""Section 3: trails. The buckets are there already."""

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    trail(demo)


def trail(demo):
    """One trail as the benchmark wants it, and a small regional one."""
    home = demo.client("cloudtrail", HOME)
    bucket = f"demo-audit-logs-{demo.account}"
    home.create_trail(
        Name="account-trail", S3BucketName=bucket, IsMultiRegionTrail=True, EnableLogFileValidation=True
    )
    home.start_logging(Name="account-trail")
    second = demo.client("cloudtrail", SECOND)
    second.create_trail(Name="migration-2019", S3BucketName=bucket, IsMultiRegionTrail=False)
