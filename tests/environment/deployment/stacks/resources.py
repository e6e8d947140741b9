"""The resources of a stack: which a template wants now, and how they become so."""

import json
import threading

from moto.cloudformation import parsing
from moto.cloudformation.models import Event, Stack, cloudformation_backends
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.utilities.utils import get_partition

from deployment.errors import text_of
from deployment.stacks.acting import Acting
from deployment.stacks.tags import with_tags
from deployment.stacks.templates import STACK, check_parameters
from strictaws.background import pause


class _Takeover(threading.local):
    """Whether the change in progress may take over a bucket that exists.

    ``allowed``: the change set imports existing resources. ``named``: the
    template of the current bucket has a literal name. Each change has its own
    thread.
    """

    allowed = False
    named = False


Takeover = _Takeover()


def copied(value):
    """A copy of a template or a part of it; far quicker than copies of any object."""
    if isinstance(value, dict):
        return {name: copied(part) for name, part in value.items()}
    if isinstance(value, list):
        return [copied(part) for part in value]
    return value


def in_order(template):
    """The names of a template's resources, each after those that it depends on."""
    resources, ordered = template["Resources"], {}

    def place(name):
        if name in ordered or name not in resources:
            return
        before = resources[name].get("DependsOn", [])
        for one in [before] if isinstance(before, str) else before:
            place(one)
        ordered[name] = True

    for name in resources:
        place(name)
    return list(ordered)


def is_wanted(resources, resource):
    """Whether the condition of a resource holds with the parameters of now."""
    condition = resource.get("Condition")
    return not condition or resources.lazy_condition_map[condition]


def _note(stack, logical_id, kind, status, physical="", reason=None):
    """Add the event of a resource to its stack."""
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


def note_creation(resources, logical_id, kind, made):
    """Add the event of a resource that was created to its stack."""
    backend = cloudformation_backends[resources._account_id][resources._region_name]
    stack = backend.stacks.get(resources.stack_id)
    if stack is not None:
        physical = str(getattr(made, "physical_resource_id", None) or logical_id)
        _note(stack, logical_id, kind, "CREATE_COMPLETE", physical)


def note_failure(resources, logical_id, kind, status, problem):
    """Add the event of a resource that failed to its stack."""
    backend = cloudformation_backends[resources._account_id][resources._region_name]
    stack = backend.stacks.get(resources.stack_id)
    if stack is None:
        return
    physical, reason = "", text_of(problem)
    if kind == STACK:
        prefix = f"{stack.name}-{logical_id}-"
        inner = [one for one in backend.stacks.values() if one.name.startswith(prefix)]
        if inner:
            physical = inner[-1].stack_id
            backend.delete_stack(inner[-1].stack_id)
            reason = f"Embedded stack {physical} was not successfully created"
    _note(stack, logical_id, kind, status, physical, reason)


def check_nested(resource_json, resources):
    """Refuse a nested stack whose parameters its template does not accept."""
    if resource_json["Type"] != STACK or not is_wanted(resources, resource_json):
        return
    properties = parsing.clean_json(copied(resource_json["Properties"]), resources)
    account, region = resources._account_id, resources._region_name
    template = get_stack_from_s3_url(
        properties["TemplateURL"], account_id=account, partition=get_partition(region)
    )
    check_parameters(properties.get("Parameters", {}), Stack.parse_template(template))


def load(resources, template, parameters):
    """Let resources have a template and parameters, with nothing resolved yet."""
    resources._template, resources._resource_json_map = template, template["Resources"]
    resources.input_parameters, resources.resolved_parameters = parameters, {}
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()


def _resolved(resources, resource):
    """The properties of a resource as text, with all functions resolved."""
    tagged = with_tags(copied(resource), resources)
    filled = parsing.clean_json(tagged.get("Properties", {}), resources)
    return json.dumps(filled, sort_keys=True, default=str)


def would_change(resources, template, parameters, tags):
    """Whether a template and parameters change any resource; parameters alone are no change."""
    made = getattr(resources, "made", {})
    before, Acting.tags = (resources._template, resources.input_parameters), tags
    load(resources, template, parameters)
    try:
        wanted = {
            name: resource
            for name, resource in template["Resources"].items()
            if is_wanted(resources, resource) and parsing.resource_class_from_type(resource["Type"])
        }
        return set(wanted) != set(made) or any(
            made[name] != _resolved(resources, resource) for name, resource in wanted.items()
        )
    finally:
        Acting.tags = None
        load(resources, *before)


def update(resources, template, parameters=None):
    """Update the resources of a stack to a template, with its present conditions.

    Drifted resources are created again if ``resources.reverts`` names them.
    """
    before, made = resources._resource_json_map, getattr(resources, "made", {})
    load(resources, template, parameters or resources.input_parameters)
    parsed, resources.made = resources._parsed_resources, made
    reverted = _forget_drifted(resources)
    for name in list(made):
        resource = template["Resources"].get(name)
        if resource is None or not is_wanted(resources, resource):
            if before[name].get("DeletionPolicy") != "Retain":
                resources._delete_resource(parsed[name], before[name])
            parsed.pop(name)
            made.pop(name)
    for name in in_order(template):
        pause()
        resource = template["Resources"][name]
        if not is_wanted(resources, resource):
            parsed.pop(name, None)
            continue
        if resources[name] is None:  # moto has no such type
            continue
        wanted = _resolved(resources, resource)
        if name in made and (made[name] != wanted or name in reverted):
            try:
                parsed[name] = _update_one(resources, name, resource)
            except Exception as problem:
                if not getattr(problem, "noted", False):
                    note_failure(resources, name, resource["Type"], "UPDATE_FAILED", problem)
                raise
        made[name] = wanted


def _forget_drifted(resources):
    """Forget resources that were deleted outside of the stack; return the modified ones."""
    modified, drifted = set(), getattr(resources, "reverts", [])
    resources.reverts = []
    for one in drifted:
        if one.state == "DELETED":
            resources._parsed_resources.pop(one.logical_id, None)
            resources.made.pop(one.logical_id, None)
        elif one.is_drifted:
            modified.add(one.logical_id)
    return modified


def _update_one(resources, name, resource):
    """Update a resource; replace one that moto cannot update."""
    check_nested(resource, resources)
    place = (resources._account_id, resources._region_name)
    tagged = with_tags(copied(resource), resources)
    changed = parsing.parse_and_update_resource(name, tagged, resources, *place)
    if changed is None:
        resources._delete_resource(resources[name], resource)
        changed = parsing.parse_and_create_resource(name, resource, resources, *place)
    return changed


def restore(resources, template, parameters, made):
    """Delete what was created since ``made``, and load the former template again."""
    for name in set(getattr(resources, "made", {})) - made:
        resource = resources._resource_json_map[name]
        if resource.get("DeletionPolicy") != "Retain":
            resources._delete_resource(resources._parsed_resources[name], resource)
        resources._parsed_resources.pop(name)
        resources.made.pop(name)
    load(resources, template, parameters)
