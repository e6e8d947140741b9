"""Organizations: their administrators, and what their members are allowed to do."""
