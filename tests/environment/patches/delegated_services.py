"""Delegated administrators of stack sets, of aggregators and of accounts can be registered.

moto: knows six services and refuses all others.
AWS: all three services support delegated administrators.
Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
"""

from moto.organizations.models import FakeDelegatedAdministrator

from deployment.organizations.members import ACCOUNTS, AGGREGATORS, STACK_SETS
from patches.registry import sets

sets(
    FakeDelegatedAdministrator,
    "SUPPORTED_SERVICES",
    [*FakeDelegatedAdministrator.SUPPORTED_SERVICES, STACK_SETS, AGGREGATORS, ACCOUNTS],
)
