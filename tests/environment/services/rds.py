"""RDS where moto differs from AWS: resource ids of instances."""

import base64
import hashlib

from moto.rds.models import rds_backends


class Databases:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("rds", "CreateDBInstance"): self.create_instance}

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    @staticmethod
    def create_instance(call, forward):
        """Create an instance with a unique resource id; in moto all have the same."""
        response = forward()
        name = call.parameter("DBInstanceIdentifier", "")
        instance = rds_backends[call.account][call.region].databases.get(name)
        if response.status == 200 and instance:
            digest = hashlib.sha256(f"{call.account}/{call.region}/{name}".encode()).digest()
            instance.dbi_resource_id = "db-" + base64.b32encode(digest).decode()[:26]
        return response
