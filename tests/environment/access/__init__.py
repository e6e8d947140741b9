"""Access decisions: policies, and the principals that they name."""
