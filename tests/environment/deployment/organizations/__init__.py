"""Organizations: who acts for one, and what its members may do."""
