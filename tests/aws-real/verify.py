#!/usr/bin/env python3
"""Answers, in a sandbox organization, the questions that only AWS can answer. See README.md."""

import sys

from verification.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
