"""Who may do what: policies, and the principals that they are about."""
