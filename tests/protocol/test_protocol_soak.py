"""A long apply against an API that goes wrong all the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.skipif(not SOAK.exists(), reason="the benchmarks are not part of a source package")
@pytest.mark.parametrize("options", [(), ("--unreadable",)], ids=["readable", "unreadable"])
def test_whatever_the_api_does_no_list_is_started_twice_and_the_report_is_its_own_count(
    options: tuple[str, ...],
) -> None:
    command = [sys.executable, str(SOAK), "--campaigns", "300", "--concurrency", "32", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the most often 1 times" in done.stdout
