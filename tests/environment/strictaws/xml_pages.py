"""Cuts pages out of the complete XML lists that moto answers with."""

from xml.etree import ElementTree

from strictaws import paging


def cut(response, call, keys, listing, token, size, container=None):
    """Leave one page of the lists ``keys`` in a parsed answer.

    Several lists are paged as one, in their order. ``container`` names the
    element that holds the lists when it is not the root. Returns the root, the
    holder, the XML namespace, and the next token or None, for :func:`put`.
    """
    root = ElementTree.fromstring(response.body)
    space = root.tag[: root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    holder = root.find(space + container) if container else root
    members = call.model.operation_model(call.operation).output_shape.members
    lists = [holder.find(space + members[key].serialization.get("name", key)) for key in keys]
    everything = [
        (number, item) for number, items in enumerate(lists) if items is not None for item in items
    ]
    part, following = paging.page(everything, listing, token, size)
    for items in lists:
        for item in list(items if items is not None else ()):
            items.remove(item)
    for number, item in part:
        lists[number].append(item)
    return root, holder, space, following


def put(response, root, holder, space, values):
    """Set scalar elements beside the lists (None removes) and write the answer."""
    for name, value in values.items():
        for old in holder.findall(space + name):
            holder.remove(old)
        if value is not None:
            ElementTree.SubElement(holder, space + name).text = value
    if space:
        ElementTree.register_namespace("", space[1:-1])
    response.body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    response.headers.pop("Content-Length", None)
