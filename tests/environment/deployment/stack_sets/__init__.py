"""CloudFormation stack sets with service-managed permissions."""
