"""What deploys: stacks, stack sets, conformance packs, organizations, types of resources."""
