"""Runs the same steps against two emulators of AWS, and compares their responses."""
