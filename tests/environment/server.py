#!/usr/bin/env python3
"""Serves the AWS test environment on loopback. See README.md beside this file."""

from strictaws.server import arguments, serve


def make_application(options):
    """Build the application with all parts; imports moto, which takes a second."""
    from parts import environment

    return environment(options.check_answers)


if __name__ == "__main__":
    serve(arguments(__doc__), make_application)
