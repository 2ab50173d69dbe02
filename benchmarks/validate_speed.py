"""How long `validate` takes beside its peers, and how much memory: ratios within one run.

Every peer is a process of its own over the same files, and all take turns in every round.
check-jsonschema is looked for on PATH and left out where it is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import ringg_runner
from ringg_runner.authoring import schemas

MOST_ARGUMENTS = 20_000
"""check-jsonschema takes files by name alone, and a command line has an end."""

PROJECT = """\
version: 1
environments:
  production:
    agents:
      renewals: 7c7595a7-5094-42b6-90d4-bf07f1e3a083
    number_pools:
      india: 58f1005f-c3cc-46b2-8564-43f71d3d225a
"""

MANIFEST = """\
# The renewals of one region.
version: 1
name: renewals-{number}
agent_id: ${{agents.renewals}}
list_id: {list_id}
number_pool_id: ${{number_pools.india}}
labels:
  team: growth
  region: r{region}
  quarter: q4-2026
start:
  not_before: "2099-12-01T09:00:00+05:30"
  not_after: "2099-12-05T18:00:00+05:30"
enabled: true
# Reviewed by the team.
"""

BARE = """\
import json, sys, pathlib, yaml
judge = {judge}(json.loads(pathlib.Path("schema.json").read_text()))
for file in sorted(pathlib.Path("campaigns").iterdir()):
    with file.open("rb") as stream:
        assert judge.is_valid(yaml.load(stream, Loader=yaml.CSafeLoader))
"""
EVENTS = """\
import pathlib, yaml
for file in sorted(pathlib.Path("campaigns").iterdir()):
    with file.open("rb") as stream:
        for event in yaml.parse(stream, Loader=yaml.CSafeLoader):
            pass
"""
CLICK = "import click; click.group()(lambda: None)(['--help'])"
OURS = "import sys; from ringg_runner.cli import main; sys.exit(main(sys.argv[1:]))"


class Cost(NamedTuple):
    """What one process took."""

    seconds: float
    mebibytes: float


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for count in options.files:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(folder, count)
            report(f"{count:,} files", bulk(folder, count), folder, options.rounds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, 1)
        report("start", start(), folder, max(options.rounds, 9))


def prepare(folder: Path, count: int) -> None:
    """Write a project with so many manifests of 15 lines, all of them right."""
    (folder / "campaigns").mkdir()
    (folder / "ringg-runner.yaml").write_text(PROJECT)
    (folder / "schema.json").write_text(schemas.text("campaign"))
    for number in range(count):
        list_id = uuid.uuid5(uuid.NAMESPACE_OID, str(number))
        text = MANIFEST.format(number=number, list_id=list_id, region=number % 40)
        (folder / "campaigns" / f"c{number:06}.yaml").write_text(text)


def bulk(folder: Path, count: int) -> dict[str, list[str]]:
    """Return the peers for many files; the first is what the ratios are against."""
    peers = {
        "C loader, jsonschema-rs": python(
            "import jsonschema_rs; " + BARE.format(judge="jsonschema_rs.Draft7Validator")
        ),
        "C loader, jsonschema": python(
            "import jsonschema; " + BARE.format(judge="jsonschema.Draft7Validator")
        ),
        "libyaml's events": python(EVENTS),
        "ringg-runner validate": python(OURS, "validate"),
    }
    found = shutil.which("check-jsonschema")
    if found and count <= MOST_ARGUMENTS:
        files = sorted(f"campaigns/{file.name}" for file in (folder / "campaigns").iterdir())
        peers["check-jsonschema"] = [found, "--schemafile", "schema.json", *files]
    return peers


def start() -> dict[str, list[str]]:
    """Return the peers for a single file, and for no work at all."""
    return {
        "import yaml": python("import yaml"),
        "validate of one file": python(OURS, "validate", "campaigns/c000000.yaml"),
        "an empty click program": python(CLICK),
        "ringg-runner --help": python(OURS, "--help"),
    }


def python(code: str, *arguments: str) -> list[str]:
    """Return the command that runs this code."""
    return [sys.executable, "-c", code, *arguments]


def report(title: str, peers: dict[str, list[str]], folder: Path, rounds: int) -> None:
    """Measure the peers in turns, and print the median of each and its ratio to the first."""
    costs: dict[str, list[Cost]] = {name: [] for name in peers}
    for _ in range(rounds):
        for name, command in peers.items():
            costs[name].append(measure(command, folder))
    first = statistics.median(cost.seconds for cost in next(iter(costs.values())))
    sys.stdout.write(f"{title:<28}{'seconds':>10}{'ratio':>8}{'MiB':>8}\n")
    for name, measured in costs.items():
        seconds = statistics.median(cost.seconds for cost in measured)
        memory = max(cost.mebibytes for cost in measured)
        sys.stdout.write(f"{name:<28}{seconds:>10.3f}{seconds / first:>8.2f}{memory:>8.0f}\n")
    sys.stdout.write("\n")
    sys.stdout.flush()


def measure(command: list[str], folder: Path) -> Cost:
    """Run a command to its end; raises RuntimeError where it fails."""
    # From the same place for all, in a checkout and after an installation.
    above = str(Path(ringg_runner.__file__).parent.parent)
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": above}
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} exited with {process.returncode}")
    return Cost(seconds, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
