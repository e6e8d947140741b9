"""Types of resources that the CloudFormation of moto lacks, and limits that it ignores."""
