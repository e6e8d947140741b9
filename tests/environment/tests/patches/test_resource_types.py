import pytest
from moto.cloudformation import parsing

TYPES = [
    "AWS::CloudFormation::StackSet",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeBuild::Project",
    "AWS::Config::ConfigRule",
    "AWS::Config::ConfigurationAggregator",
    "AWS::Config::ConformancePack",
    "AWS::Config::OrganizationConformancePack",
    "AWS::Lambda::ResourcePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::Scheduler::Schedule",
    "AWS::SecurityHub::AutomationRule",
]


@pytest.mark.parametrize("name", TYPES)
def test_moto_does_not_know_the_type(unpatched, name):
    assert parsing.resource_class_from_type(name) is None


def test_patched_moto_knows_all_types(account):
    from patches.resource_types import TYPES as added

    assert sorted(one.cloudformation_type() for one in added) == TYPES
    for name in TYPES:
        assert parsing.resource_class_from_type(name).cloudformation_type() == name
