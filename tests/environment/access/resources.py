"""The IAM action of a call, and its resource.

Service control policies need both. Where the resource of a call is not known
here, it is ``*``: statements on certain resources do not apply to it.
"""

from urllib.parse import unquote

from moto.cloudformation.models import cloudformation_backends
from moto.iam.models import iam_backends

from access import buckets, networks

_ACTIONS = {("lambda", "Invoke"): "lambda:InvokeFunction"}


def action_of(call):
    """The IAM action of a call."""
    if call.api == "s3":
        return buckets.action_of(call.operation)
    if call.api == "s3control":
        return f"s3:{call.operation.replace('PublicAccess', 'AccountPublicAccess')}"
    return _ACTIONS.get((call.api, call.operation), f"{call.service}:{call.operation}")


def resource_of(call):
    """The ARN of the resource of a call, or ``*``."""
    find = _FINDERS.get(call.api)
    return (find(call) if find else None) or "*"


def keys_of(call):
    """Return the condition keys of the service of a call.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    """
    if call.api == "iam" and call.operation.startswith(("Attach", "Detach")):
        return {"iam:PolicyARN": call.form.get("PolicyArn")}
    if call.api == "iam" and call.operation == "CreateRole":
        boundary = call.form.get("PermissionsBoundary")
        return {"iam:PermissionsBoundary": boundary, **tag_keys(_tags_of_form(call.form))}
    if call.api == "cloudformation":
        return tag_keys(_tags_of_form(call.form))
    if (call.api, call.operation) == ("lambda", "CreateFunction"):
        tags = (call.parameter("Tags") or {}).items()
        tags = [{"Key": key, "Value": value} for key, value in tags]
        return {
            **tag_keys(tags),
            **network_keys(call.parameter("VpcConfig"), call.account, call.region),
        }
    return {}


def tag_keys(tags):
    """The condition keys of the tags of a request."""
    return {f"aws:RequestTag/{one['Key']}": str(one.get("Value", "")) for one in tags}


def network_keys(config, account, region):
    """The condition keys of the VPC of a function.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    subnets, groups = networks.of(config)
    return {
        "lambda:SubnetIds": subnets or None,
        "lambda:SecurityGroupIds": groups or None,
        "lambda:VpcIds": networks.vpcs(subnets, account, region) or None,
    }


def _tags_of_form(form):
    names = [name for name in form if name.startswith("Tags.member.") and name.endswith(".Key")]
    return [
        {"Key": form[name], "Value": form.get(name.removesuffix("Key") + "Value", "")}
        for name in names
    ]


def _iam(call):
    given, prefix = call.form, f"arn:{call.partition}:iam::{call.account}"
    if "RoleName" in given:
        roles = iam_backends[call.account][call.partition].get_roles()
        known = next((one.arn for one in roles if one.name == given["RoleName"]), None)
        return known or f"{prefix}:role{given.get('Path', '/')}{given['RoleName']}"
    if "PolicyArn" in given:
        return given["PolicyArn"]
    if call.operation == "CreatePolicy":
        return f"{prefix}:policy{given.get('Path', '/')}{given.get('PolicyName')}"
    if "UserName" in given:
        return f"{prefix}:user/{given['UserName']}"
    return None


def _cloudformation(call):
    given, prefix = call.form, f"arn:{call.partition}:cloudformation:{call.region}:{call.account}"
    if "StackName" in given:
        name = given["StackName"]
        stacks = cloudformation_backends[call.account][call.region].stacks.values()
        known = next((one.stack_id for one in stacks if name in (one.name, one.stack_id)), None)
        return known or (name if name.startswith("arn:") else f"{prefix}:stack/{name}/*")
    if "StackSetName" in given:
        return f"{prefix}:stackset/{given['StackSetName'].partition(':')[0]}:*"
    return None


def _lambda(call):
    arn = call.uri.get("ResourceArn") or call.uri.get("Resource")
    if arn:
        return unquote(arn)
    name = call.uri.get("FunctionName") or call.parameter("FunctionName")
    if not name or name.startswith("arn:"):
        return name
    return f"arn:{call.partition}:lambda:{call.region}:{call.account}:function:{name}"


def _logs(call):
    name = call.parameter("logGroupName")
    prefix = f"arn:{call.partition}:logs:{call.region}:{call.account}"
    return f"{prefix}:log-group:{name}" if name else None


def _config(call):
    name = call.parameter("ConformancePackName")
    prefix = f"arn:{call.partition}:config:{call.region}:{call.account}"
    return f"{prefix}:conformance-pack/{name}/*" if name else None


def _s3(call):
    path = unquote(call.raw_path.strip("/"))
    return f"arn:{call.partition}:s3:::{path}" if path else None


_FINDERS = {
    "iam": _iam,
    "cloudformation": _cloudformation,
    "lambda": _lambda,
    "logs": _logs,
    "config": _config,
    "s3": _s3,
    "sts": lambda call: call.parameter("RoleArn"),
}
