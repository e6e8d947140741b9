"""Managed policies have the names that ``GetAccountAuthorizationDetails`` looks for.

moto: the answer's template reads ``policy_id`` and ``policy_name``, which the class lacks, and
leaves both out.
AWS: ``ManagedPolicyDetail`` has ``PolicyId`` and ``PolicyName``.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html
"""

from moto.iam.models import ManagedPolicy

from patches.registry import sets

sets(ManagedPolicy, "policy_id", property(lambda policy: policy.id))
sets(ManagedPolicy, "policy_name", property(lambda policy: policy.name))
