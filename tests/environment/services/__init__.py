"""Services of AWS: the strict ones, and those in which moto differs from AWS."""

#: Where answers are otherwise than the models of the services, with the reason why that stays.
DIFFERENCES = {
    "account:GetContactInformation ContactInformation.PhoneNumber": (
        "tests have incomplete contacts, which the service itself does not accept"
    ),
    "cloudformation:DescribeStackEvents StackEvents[].ResourceStatus": (
        "AWS has REVIEW_IN_PROGRESS, the model does not"
    ),
    "config:DescribeConfigurationRecorderStatus ConfigurationRecordersStatus[].lastStatus": (
        "AWS writes SUCCESS, as the example of the AWS CLI shows; the model has Success"
    ),
    "iam:ListVirtualMFADevices VirtualMFADevices[].User.UserName": (
        "root has no name in AWS either"
    ),
}
