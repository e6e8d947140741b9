"""CloudFormation stacks: templates, changes with their rollbacks, operations."""
