"""Runs the cases of verdicts in ``tests/verdicts`` against a program."""
