"""The transport of the test environment: HTTP, the wire protocols of AWS, faults, accounts.

This package knows no benchmark and no service: services are handed to
:class:`strictaws.application.Application` as parts.

A *part* has two methods. ``handlers()`` returns functions by (service,
operation); such a function takes the call and a function that lets moto
answer, and returns a response, or None to let moto answer. ``control()``
returns functions by (method, path) of the control interface.

Importing the package sets the variables that moto reads when it is imported.
"""

import os

# Buckets are always in the path, managed policies exist as in a real account,
# and the bulky default images do not.
os.environ.setdefault("S3_IGNORE_SUBDOMAIN_BUCKETNAME", "true")
os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.pop("MOTO_ACCOUNT_ID", None)
# moto builds sessions of its own; they must never look for real credentials.
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
