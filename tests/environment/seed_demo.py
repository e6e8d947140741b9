#!/usr/bin/env python3
"""Seeds a believable demo account into the AWS test environment, by boto3.

    python tests/environment/seed_demo.py --endpoint http://127.0.0.1:PORT [--account 111122223333]

Run it once on a fresh server. The modules of `demo`, one for each section of
the benchmark, say what it creates.
"""

import argparse
import contextlib
import json
import urllib.request

import boto3
from botocore.config import Config

from demo import HOME, SECOND, identity, logging, monitoring, network, storage


class Seeder:
    """The demo account."""

    def __init__(self, endpoint, account):
        self.endpoint, self.account = endpoint.rstrip("/"), account

    def client(self, service, region=HOME):
        """A client that acts as the demo account."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=f"AKIA{self.account}TEST",
            aws_secret_access_key="not-checked",
            config=Config(retries={"max_attempts": 1}),
        )

    def control(self, path, body):
        """Set what the API of AWS cannot set."""
        request = urllib.request.Request(
            f"{self.endpoint}/_plumbline/{path}",
            data=json.dumps({"account": self.account, **body}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def run(self):
        """Everything, in order."""
        self.control("ec2/regions", {"regions": [HOME, SECOND]})
        hub = self.client("securityhub")
        # An account of an organization may have it already.
        with contextlib.suppress(hub.exceptions.ResourceConflictException):
            hub.enable_security_hub(EnableDefaultStandards=False)
        for section in (identity, storage, logging, monitoring, network):
            section.seed(self)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--account", default="111122223333")
    options = parser.parse_args()
    Seeder(options.endpoint, options.account).run()
    print(f"account {options.account} seeded")


if __name__ == "__main__":
    main()
