"""Security Hub: the hub, and the format of its findings."""
