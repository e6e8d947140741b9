"""Services of AWS: the strict ones, and those in which moto differs from AWS."""

#: Where answers are otherwise than the models of the services, with the reason why that stays.
DIFFERENCES = {
    "cloudformation:DescribeStackEvents StackEvents[].ResourceStatus": (
        "AWS has REVIEW_IN_PROGRESS, the model does not"
    ),
}
