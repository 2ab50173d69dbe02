"""Lets `python -m ringg_runner` be the same as `ringg-runner`."""

import sys

from ringg_runner.cli import main

if __name__ == "__main__":
    sys.exit(main())
