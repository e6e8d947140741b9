"""The tags of stacks, which CloudFormation sets on the resources whose type has ``Tags``.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
"""

import re

from moto.cloudformation import parsing

from deployment.stacks.acting import Acting

#: Types whose schema has ``Tags``. ``AWS::IAM::ManagedPolicy``, ``AWS::Scheduler::Schedule`` and
#: ``AWS::Lambda::ResourcePolicy`` have none.
TAGGED = (
    "AWS::CloudFormation::Stack",
    "AWS::CloudFormation::StackSet",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
)


def with_tags(resource, resources):
    """A copied resource with the tags of the stack that its template does not set itself."""
    if resource["Type"] not in TAGGED or not Acting.tags:
        return resource
    properties = resource.setdefault("Properties", {})
    own = parsing.clean_json(properties.get("Tags"), resources)
    own = own if isinstance(own, list) else []
    named = {one["Key"] for one in own}
    more = [{"Key": key, "Value": Acting.tags[key]} for key in Acting.tags if key not in named]
    properties["Tags"] = [*own, *more]
    return resource


def given(form):
    """The tags of a request, or None where it has none; an empty list ends all tags."""
    keys = {name: value for name, value in form.items() if name.endswith(".Key")}
    tags = {
        key: form.get(name.removesuffix("Key") + "Value", "")
        for name, key in keys.items()
        if re.fullmatch(r"Tags\.member\.\d+\.Key", name)
    }
    return tags if tags or "Tags" in form else None
