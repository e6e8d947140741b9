"""Steps of tests that change stacks."""


def change(client, text, kind="CREATE", name="stack", **more):
    """Execute a change set, see it in progress, and return the stack when it is done."""
    client.create_change_set(
        StackName=name,
        ChangeSetName="change",
        ChangeSetType=kind,
        TemplateBody=text,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        **more,
    )
    client.execute_change_set(ChangeSetName="change", StackName=name)
    return settled(client, name)


def settled(client, name="stack"):
    """The stack after it was in progress."""
    first = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    assert first.endswith("_IN_PROGRESS")
    client.account.control("work/settle")
    found = client.describe_stacks(StackName=name)["Stacks"][0]
    assert not found["StackStatus"].endswith("_IN_PROGRESS")
    return found


def events(client, name="stack"):
    """Logical ids and states of a stack's events, oldest first."""
    found = client.describe_stack_events(StackName=name)["StackEvents"]
    return [(one["LogicalResourceId"], one["ResourceStatus"]) for one in reversed(found)]


def topics(account, region="us-east-1"):
    """The names of an account's topics."""
    pages = account.client("sns", region).pages("list_topics")
    return sorted(one["TopicArn"].rpartition(":")[2] for page in pages for one in page["Topics"])
