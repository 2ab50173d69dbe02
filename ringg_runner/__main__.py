"""Lets `python -m ringg_runner` be the same as `ringg-runner`."""

import sys

from ringg_runner.cli import main

sys.exit(main())
