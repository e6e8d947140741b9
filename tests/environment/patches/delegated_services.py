"""Delegated administrators of stack sets and of aggregators can be registered.

moto: knows six services and refuses all others.
AWS: both services support delegated administrators.
Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
"""

from moto.organizations.models import FakeDelegatedAdministrator

from deployment.organizations.members import AGGREGATORS, STACK_SETS
from patches.registry import sets

sets(
    FakeDelegatedAdministrator,
    "SUPPORTED_SERVICES",
    [*FakeDelegatedAdministrator.SUPPORTED_SERVICES, STACK_SETS, AGGREGATORS],
)
