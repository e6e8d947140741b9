"""Templates and parameters of a request, checked as CloudFormation checks them."""

import functools
import re
from urllib.parse import unquote, urlsplit

import yaml
from moto.cloudformation.models import Stack
from moto.s3.models import s3_backends

from deployment.errors import stack_error

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_TEMPLATE_BYTES = 51_200
MAX_TEMPLATE_BYTES_IN_BUCKET = 1_048_576
STACK = "AWS::CloudFormation::Stack"
#: Types that may contain roles with names.
_WITH_ROLES = (STACK, "AWS::CloudFormation::StackSet", "AWS::IAM::Role")
_S3_HOST = re.compile(r"(?:(.+)\.)?s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?")


def template_text(call, stack=None):
    """The template of a request: in the body, in a bucket of the account, or that of the stack.

    Where it is in a bucket, the request is changed so that moto finds it there.
    """
    url = call.form.get("TemplateURL")
    if stack is not None and call.form.get("UsePreviousTemplate") == "true":
        return stack.template
    if url is None:
        text = call.form.get("TemplateBody", "")
        if len(text.encode()) > MAX_TEMPLATE_BYTES:
            raise stack_error(f"Member must have length less than or equal to {MAX_TEMPLATE_BYTES}")
        return text
    if "TemplateBody" in call.form:
        raise stack_error("You must specify either Template Body or Template URL")
    bucket_name, key, region = location(url, call.region)
    buckets = s3_backends[call.account][call.partition]
    bucket = buckets.buckets.get(bucket_name)
    if bucket is None:
        raise stack_error("S3 error: Access Denied")
    if bucket.region_name != region:
        raise stack_error(
            "S3 error: The bucket you are attempting to access must be addressed using the "
            "specified endpoint."
        )
    found = buckets.get_object(bucket_name, key)
    if found is None:
        raise stack_error("S3 error: The specified key does not exist.")
    if len(found.value) > MAX_TEMPLATE_BYTES_IN_BUCKET:
        raise stack_error(f"Template may not exceed {MAX_TEMPLATE_BYTES_IN_BUCKET} bytes in size.")
    moto_url = f"https://s3.amazonaws.com/{bucket_name}/{key}"
    call.replace_form({**call.form, "TemplateURL": moto_url})
    return found.value.decode()


def location(url, region):
    """Bucket, key and Region of a URL at S3, with the bucket in its host or in its path.

    At the environment's own address, the Region is that of the request.
    """
    parts = urlsplit(url)
    at_s3 = _S3_HOST.fullmatch(parts.hostname or "")
    if not at_s3 and parts.hostname not in ("127.0.0.1", "localhost"):
        raise stack_error("TemplateURL must be a supported URL.")
    path = unquote(parts.path).lstrip("/")
    if at_s3 is None:
        return (*path.partition("/")[::2], region)
    bucket, key = (at_s3.group(1), path) if at_s3.group(1) else path.partition("/")[::2]
    return bucket, key, at_s3.group(2) or "us-east-1"


def parse(text):
    """A template as data; short forms of functions (``!Ref``) are not understood."""
    return yaml.safe_load(text) or {}


@functools.lru_cache(maxsize=64)
def parsed(text):
    """A template as data. All its stacks share the data, so it must not be changed."""
    return Stack.parse_template(text)


def may_contain_roles(template):
    """Whether CloudFormation wants ``CAPABILITY_NAMED_IAM`` for a template."""
    return any(one["Type"] in _WITH_ROLES for one in template.get("Resources", {}).values())


def given_parameters(form, stack):
    """The parameters of a request, with the stack's own where the request keeps them."""
    given = {}
    for key, name in form.items():
        found = re.fullmatch(r"Parameters\.member\.(\d+)\.ParameterKey", key)
        if not found:
            continue
        prefix = f"Parameters.member.{found.group(1)}"
        if form.get(f"{prefix}.UsePreviousValue") == "true":
            given[name] = stack.stack_parameters[name]
        else:
            given[name] = form.get(f"{prefix}.ParameterValue", "")
    return given


def check_parameters(given, template):
    """Refuse parameters that a template does not accept."""
    known = template.get("Parameters", {})
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise stack_error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for name, parameter in known.items():
        value = given.get(name, parameter.get("Default"))
        if value is None:
            raise stack_error(f"Parameters: [{name}] must have values")
        allowed = [str(one) for one in parameter.get("AllowedValues", [])]
        is_list = parameter["Type"] == "CommaDelimitedList"
        for one in str(value).split(",") if is_list else [str(value)]:
            if allowed and one not in allowed:
                raise stack_error(f"Parameter '{name}' must be one of AllowedValues")
            pattern = parameter.get("AllowedPattern", ".*")
            if not re.fullmatch(pattern, one):
                raise stack_error(
                    f"Parameter {name} failed to satisfy constraint: must match pattern {pattern}"
                )
