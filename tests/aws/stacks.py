"""CloudFormation's stacks as deployment meets them.

moto makes a stack at once, knows no failures, takes conditions as they were
when the stack was made, and does not take over buckets that exist. Here a
change that fails is rolled back and leaves its events, and every operation is
seen under way once.
"""

import copy
import functools
import json
import re
from urllib.parse import unquote, urlsplit

import yaml
from moto.cloudformation import parsing
from moto.cloudformation.models import CloudFormationBackend, Event, Stack, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_stack_id, get_stack_from_s3_url
from moto.s3.models import FakeBucket, s3_backends
from moto.core.utils import utcnow
from moto.utilities.utils import get_partition

import wire

MAX_TEMPLATE_BYTES = 51_200
MAX_TEMPLATE_BYTES_IN_BUCKET = 1_048_576
# What may contain roles with names.
_WITH_ROLES = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet", "AWS::IAM::Role")
_STACK = "AWS::CloudFormation::Stack"
_CHANGEABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


def refused(message):
    """The error for a request that CloudFormation does not take."""
    return wire.AwsError("ValidationError", message)


def text_of(problem):
    """What AWS would say of what went wrong."""
    return getattr(problem, "message", None) or str(problem) or type(problem).__name__


class Imports:
    """Whether the change that is under way takes over what exists, and whether the bucket at hand has a written out name.

    Handlers and moto run under one lock.
    """

    allowed = False
    named = False


# Resources.

_create, _update = parsing.parse_and_create_resource, parsing.parse_and_update_resource


def note(resources, logical_id, kind, status, problem):
    """Write down that a resource of a stack failed."""
    backend = cloudformation_backends[resources._account_id][resources._region_name]
    stack = backend.stacks.get(resources.stack_id)
    if stack is None:
        return
    physical, reason = "", text_of(problem)
    if kind == _STACK:
        inner = [one for one in backend.stacks.values() if one.name.startswith(f"{stack.name}-{logical_id}-")]
        if inner:
            physical = inner[-1].stack_id
            backend.delete_stack(inner[-1].stack_id)
            reason = f"Embedded stack {physical} was not successfully created"
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical,
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
    )


def create_resource(logical_id, resource_json, resources_map, account_id, region_name):
    """As moto's, and a failure is told in the stack's events."""
    Imports.named = isinstance(resource_json.get("Properties", {}).get("BucketName"), str)
    try:
        check_nested(resource_json, resources_map)
        return _create(logical_id, copy.deepcopy(resource_json), resources_map, account_id, region_name)
    except Exception as problem:
        if not getattr(problem, "noted", False) or resource_json["Type"] == _STACK:
            note(resources_map, logical_id, resource_json["Type"], "CREATE_FAILED", problem)
            problem.noted = True
        raise


parsing.parse_and_create_resource = create_resource

_make_bucket = FakeBucket.create_from_cloudformation_json.__func__


@classmethod
def make_bucket(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """As moto's, but one's own bucket is taken over where that was asked for."""
    own = s3_backends[account_id][get_partition(region_name)].buckets.get(resource_name)
    if own is not None and Imports.allowed and Imports.named and cloudformation_json.get("DeletionPolicy") == "Retain":
        return own
    return _make_bucket(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)


FakeBucket.create_from_cloudformation_json = make_bucket


def _is_wanted(resources, resource):
    condition = resource.get("Condition")
    return not condition or resources.lazy_condition_map[condition]


def check_nested(resource_json, resources_map):
    """A stack within a stack takes the parameters that its template has, and no others; moto does not look."""
    if resource_json["Type"] != _STACK or not _is_wanted(resources_map, resource_json):
        return
    properties = parsing.clean_json(copy.deepcopy(resource_json["Properties"]), resources_map)
    account, region = resources_map._account_id, resources_map._region_name
    template = get_stack_from_s3_url(properties["TemplateURL"], account_id=account, partition=get_partition(region))
    check_parameters(properties.get("Parameters", {}), Stack.parse_template(template))


def update_resource(logical_id, resource_json, resources_map, account_id, region_name):
    """As moto's; what moto cannot update is made anew."""
    check_nested(resource_json, resources_map)
    changed = _update(logical_id, copy.deepcopy(resource_json), resources_map, account_id, region_name)
    if changed is None:
        resources_map._delete_resource(resources_map[logical_id], resource_json)
        changed = create_resource(logical_id, resource_json, resources_map, account_id, region_name)
    return changed


def _load(resources, template, parameters):
    resources._template, resources._resource_json_map = template, template["Resources"]
    resources.input_parameters, resources.resolved_parameters = parameters, {}
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()


def _meant(resources, resource):
    """The properties of a resource with everything filled in."""
    filled = parsing.clean_json(copy.deepcopy(resource.get("Properties", {})), resources)
    return json.dumps(filled, sort_keys=True, default=str)


def changes(resources, template, parameters):
    """Whether a template and parameters change any resource. Parameters alone are no change."""
    made, before = getattr(resources, "made", {}), (resources._template, resources.input_parameters)
    _load(resources, template, parameters)
    try:
        wanted = {
            name: resource
            for name, resource in template["Resources"].items()
            if _is_wanted(resources, resource) and parsing.resource_class_from_type(resource["Type"])
        }
        return set(wanted) != set(made) or any(made[name] != _meant(resources, resource) for name, resource in wanted.items())
    finally:
        _load(resources, *before)


def update(resources, template, parameters=None):
    """Bring the resources of a stack to a template, with the conditions of now."""
    before, made = resources._resource_json_map, getattr(resources, "made", {})
    _load(resources, template, parameters or resources.input_parameters)
    parsed, resources.made = resources._parsed_resources, made
    for name in list(made):
        resource = template["Resources"].get(name)
        if resource is None or not _is_wanted(resources, resource):
            if before[name].get("DeletionPolicy") != "Retain":
                resources._delete_resource(parsed[name], before[name])
            parsed.pop(name)
            made.pop(name)
    for name in resources._ResourceMap__get_resources_in_dependency_order():
        resource = template["Resources"][name]
        if not _is_wanted(resources, resource):
            parsed.pop(name, None)
            continue
        if resources[name] is None:  # moto has no such type
            continue
        meant = _meant(resources, resource)
        if name in made and made[name] != meant:
            try:
                parsed[name] = update_resource(name, resource, resources, resources._account_id, resources._region_name)
            except Exception as problem:
                if not getattr(problem, "noted", False):
                    note(resources, name, resource["Type"], "UPDATE_FAILED", problem)
                raise
        made[name] = meant


parsing.ResourceMap.update = update

_delete = parsing.ResourceMap.delete


def delete(resources):
    """As moto's, without resources whose condition does not hold."""
    kept = resources._resource_json_map
    resources._resource_json_map = {name: one for name, one in kept.items() if resources._parsed_resources.get(name) is not None}
    try:
        _delete(resources)
    finally:
        resources._resource_json_map = kept


parsing.ResourceMap.delete = delete


# Changes.


def new_stack(account, region, name):
    """A stack that has nothing yet."""
    stack = Stack(
        stack_id=generate_stack_id(name, region, account),
        name=name,
        template={},
        parameters={},
        account_id=account,
        region_name=region,
    )
    stack.status = "REVIEW_IN_PROGRESS"
    cloudformation_backends[account][region].stacks[stack.stack_id] = stack
    return stack


def change(stack, template, parameters):
    """Bring a stack to a template, or roll it back."""
    resources, is_new = stack.resource_map, stack.status == "REVIEW_IN_PROGRESS"
    stack._add_stack_event("CREATE_IN_PROGRESS" if is_new else "UPDATE_IN_PROGRESS", resource_status_reason="User Initiated")
    before = (resources._template, resources.input_parameters, set(getattr(resources, "made", {})))
    if not is_new:
        stack.last_updated_time = utcnow()
    try:
        content = stack.parse_template(template)
        resources.update(content, parameters)
    except Exception as problem:
        _roll_back(stack, is_new, before, problem)
    else:
        stack.template, stack.template_dict = template, content
        stack.parameters, stack.output_map = parameters, stack._create_output_map()
        stack.status = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"
    stack._add_stack_event(stack.status)


def execute(backend, change_set_name, stack_name=None):
    """Do what a change set says, or roll it back."""
    change_set = backend.describe_change_set(change_set_name)
    Imports.allowed = getattr(change_set, "imports", False)
    try:
        change(change_set.stack, change_set.template, change_set.parameters)
    finally:
        Imports.allowed = False
    change_set.execution_status = "EXECUTE_COMPLETE"


def _roll_back(stack, is_new, before, problem):
    state = "ROLLBACK" if is_new else "UPDATE_ROLLBACK"
    resources = stack.resource_map
    stack._add_stack_event(f"{state}_IN_PROGRESS", resource_status_reason=text_of(problem))
    template, parameters, made = before
    if is_new:
        resources.delete()
    else:
        for name in set(getattr(resources, "made", {})) - made:
            resource = resources._resource_json_map[name]
            if resource.get("DeletionPolicy") != "Retain":
                resources._delete_resource(resources._parsed_resources[name], resource)
            resources._parsed_resources.pop(name)
            resources.made.pop(name)
        _load(resources, template, parameters)
    stack.status = f"{state}_COMPLETE"


CloudFormationBackend.execute_change_set = execute

_parse = functools.lru_cache(maxsize=16)(Stack.parse_template)
Stack.parse_template = staticmethod(lambda template: copy.deepcopy(_parse(template)))

_must_differ = CloudFormationResponse._validate_different_update


def must_differ(responses, *given):
    """As moto's, but not of change sets: those without changes are made, and fail."""
    if responses._get_action() != "CreateChangeSet":
        _must_differ(responses, *given)


CloudFormationResponse._validate_different_update = must_differ

_parameters = Stack.parameter_list.fget


def parameter_list(stack):
    """As moto's, with lists as they were given."""
    shown = [dict(one) for one in _parameters(stack)]
    for one in shown:
        if isinstance(one["ParameterValue"], list):
            one["ParameterValue"] = ",".join(one["ParameterValue"])
    return shown


Stack.parameter_list = property(parameter_list)
# What a later change takes where it asks for the former values.
Stack.stack_parameters = property(lambda stack: {one["ParameterKey"]: one["ParameterValue"] for one in stack.parameter_list})


class Stacks:
    """Handlers; one instance serves all accounts."""

    def __init__(self):
        self._under_way = {}
        self._at_once = set()

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("cloudformation", "CreateChangeSet"): self.create_change_set,
            ("cloudformation", "ExecuteChangeSet"): self.execute_change_set,
            ("cloudformation", "DescribeStacks"): self.describe_stacks,
            ("cloudformation", "DeleteStack"): self.delete_stack,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "cloudformation/status"): self.set_status, ("POST", "cloudformation/at-once"): self.set_at_once}

    def set_at_once(self, given):
        """Let nobody see an account's stacks under way: the AWS CLI would wait for half a minute."""
        (self._at_once.add if given["at_once"] else self._at_once.discard)(given["account"])
        return {"at_once": given["at_once"]}

    def set_status(self, given):
        """Put a stack into a state."""
        stack = self._find(given["account"], given["region"], given["stack"])
        if stack is None:
            raise ValueError(f"no stack {given['stack']}")
        stack.status = given["status"]
        return {"status": stack.status}

    @staticmethod
    def _find(account, region, name):
        stacks = cloudformation_backends[account][region].stacks.values()
        return next((stack for stack in stacks if name in (stack.name, stack.stack_id)), None)

    def create_change_set(self, call, forward):
        """As strict as AWS about the stack's state, template, parameters and capabilities."""
        form, stack = call.form, self._find(call.account, call.region, call.form.get("StackName"))
        template = parsing_template(template_text(call))
        check_parameters(given_parameters(form, stack), template)
        has_roles = any(resource["Type"] in _WITH_ROLES for resource in template.get("Resources", {}).values())
        if has_roles and "CAPABILITY_NAMED_IAM" not in form.values():
            raise wire.AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
        if form.get("ChangeSetType") == "CREATE":
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise refused(f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{form['ChangeSetName']}].")
            if stack is not None:
                del cloudformation_backends[call.account][call.region].stacks[stack.stack_id]
        elif stack is None or stack.status not in _CHANGEABLE:
            state = f"is in {stack.status} state and can not be updated." if stack else "does not exist"
            raise refused(f"Stack:{form.get('StackName')} {state}")
        response = forward()
        if response.status < 300:
            # By its name one might find that of another stack.
            change_set = list(cloudformation_backends[call.account][call.region].change_sets.values())[-1]
            change_set.imports = form.get("ImportExistingResources") == "true"
            is_update = change_set.change_set_type == "UPDATE"
            if is_update and not changes(change_set.stack.resource_map, change_set.template_dict, change_set.parameters):
                change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
                change_set.status_reason = "The submitted information didn't contain changes. Submit different information to create a change set."
        return response

    def execute_change_set(self, call, forward):
        """Under way at first."""
        response = forward()
        backend = cloudformation_backends[call.account][call.region]
        change_set = backend.describe_change_set(call.form["ChangeSetName"])
        self._starts(call, change_set.stack, f"{change_set.change_set_type}_IN_PROGRESS")
        return response

    def _starts(self, call, stack, state):
        if call.account not in self._at_once:
            self._under_way[stack.stack_id] = state

    def delete_stack(self, call, forward):
        """Under way at first."""
        stack = self._find(call.account, call.region, call.form.get("StackName"))
        if stack is not None:
            self._starts(call, stack, "DELETE_IN_PROGRESS")
        return forward()

    def describe_stacks(self, call, forward):
        """What is under way is seen so once."""
        name = call.form.get("StackName")
        backend = cloudformation_backends[call.account][call.region]
        stack = self._find(call.account, call.region, name) or backend.deleted_stacks.get(name)
        state = self._under_way.pop(stack.stack_id, None) if stack is not None else None
        if state is None:
            return forward()
        ended, stack.status = stack.status, state
        try:
            return forward()
        finally:
            stack.status = ended


def template_text(call):
    """The template of a request: in it, or in a bucket of the account, where moto is told to look for it too."""
    url = call.form.get("TemplateURL")
    if url is None:
        text = call.form.get("TemplateBody", "")
        if len(text.encode()) > MAX_TEMPLATE_BYTES:
            raise refused(f"Member must have length less than or equal to {MAX_TEMPLATE_BYTES}")
        return text
    if "TemplateBody" in call.form:
        raise refused("You must specify either Template Body or Template URL")
    bucket_name, key, region = place_of(url, call.region)
    buckets = s3_backends[call.account][call.partition]
    bucket = buckets.buckets.get(bucket_name)
    if bucket is None:
        raise refused("S3 error: Access Denied")
    if bucket.region_name != region:
        raise refused("S3 error: The bucket you are attempting to access must be addressed using the specified endpoint.")
    found = buckets.get_object(bucket_name, key)
    if found is None:
        raise refused("S3 error: The specified key does not exist.")
    if len(found.value) > MAX_TEMPLATE_BYTES_IN_BUCKET:
        raise refused(f"Template may not exceed {MAX_TEMPLATE_BYTES_IN_BUCKET} bytes in size.")
    call.replace_form({**call.form, "TemplateURL": f"https://s3.amazonaws.com/{bucket_name}/{key}"})
    return found.value.decode()


def place_of(url, region):
    """Bucket, key and Region of an address at S3, with the bucket in its host or in its path. At our own address, the Region is that of the request."""
    parts = urlsplit(url)
    at_s3 = re.fullmatch(r"(?:(.+)\.)?s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?", parts.hostname or "")
    if not at_s3 and parts.hostname not in ("127.0.0.1", "localhost"):
        raise refused("TemplateURL must be a supported URL.")
    path = unquote(parts.path).lstrip("/")
    if at_s3 is None:
        return (*path.partition("/")[::2], region)
    bucket, key = (at_s3.group(1), path) if at_s3.group(1) else path.partition("/")[::2]
    return bucket, key, at_s3.group(2) or "us-east-1"


def given_parameters(form, stack):
    """The parameters of a request, with those that a stack has where it asks for them."""
    given = {}
    for key, name in form.items():
        found = re.fullmatch(r"Parameters\.member\.(\d+)\.ParameterKey", key)
        if found and form.get(f"Parameters.member.{found.group(1)}.UsePreviousValue") == "true":
            given[name] = stack.stack_parameters[name]
        elif found:
            given[name] = form.get(f"Parameters.member.{found.group(1)}.ParameterValue", "")
    return given


def check_parameters(given, template):
    """Refuse parameters that a template does not take."""
    known = template.get("Parameters", {})
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise refused(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for name, parameter in known.items():
        value = given.get(name, parameter.get("Default"))
        if value is None:
            raise refused(f"Parameters: [{name}] must have values")
        allowed = [str(one) for one in parameter.get("AllowedValues", [])]
        values = str(value).split(",") if parameter["Type"] == "CommaDelimitedList" else [str(value)]
        for one in values:
            if allowed and one not in allowed:
                raise refused(f"Parameter '{name}' must be one of AllowedValues")
            if not re.fullmatch(parameter.get("AllowedPattern", ".*"), one):
                raise refused(f"Parameter {name} failed to satisfy constraint: must match pattern {parameter['AllowedPattern']}")


def parsing_template(body):
    """A template as data; ours have no short forms of functions."""
    return yaml.safe_load(body) or {}
