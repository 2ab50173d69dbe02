"""Runs a command as a job or a reader would, and hears all that it says."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def heard(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """Run a command with these variables and no others; return its exit code and its words."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
