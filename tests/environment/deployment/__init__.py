"""Deployment services: stacks, stack sets, conformance packs, organizations, resource types."""
