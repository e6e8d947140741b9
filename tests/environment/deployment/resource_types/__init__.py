"""Resource types that moto's CloudFormation lacks, and limits that it ignores."""
