"""Conformance packs of AWS Config: of one account and of an organization."""
