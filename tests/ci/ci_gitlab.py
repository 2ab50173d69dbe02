"""GitLab CI in small: the jobs of a pipeline, each on a machine of its own, in the order of stages.

What is not known of the file, a rule's condition included, fails the test.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from ci_world import World, bare_environment, install
from shells import heard

# How it is installed is a matter of the reader's own wheel.
INSTALLATION = (
    'python3 -m venv "$HOME/ringg-runner"',
    '"$HOME/ringg-runner/bin/pip" install --quiet wheels/ringg_runner-*.whl "psycopg[binary]>=3.2,<4"',  # noqa: E501
)
_NOT_JOBS = {"stages", "workflow", "default"}
_KEYS = {"stage", "rules", "script", "after_script", "artifacts", "needs", "environment"}
_HARMLESS = {"resource_group", "interruptible", "timeout"}


@dataclass
class Job:
    """What became of a job. Nobody ran one that is manual."""

    state: str
    log: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Pipeline:
    """A pipeline: of a merge request, of the default branch, or of a schedule."""

    source: str
    ref: str
    commit: str
    jobs: dict[str, Job] = field(default_factory=dict)

    @property
    def states(self) -> dict[str, str]:
        return {name: job.state for name, job in self.jobs.items()}

    @property
    def variables(self) -> dict[str, str]:
        """The predefined variables; a merge request's pipeline has no branch."""
        branch = {} if self.source == "merge_request_event" else {"CI_COMMIT_BRANCH": "main"}
        return {
            **branch,
            "CI_COMMIT_SHA": self.commit,
            "CI_DEFAULT_BRANCH": "main",
            "CI_PIPELINE_SOURCE": self.source,
        }


@dataclass
class GitLab:
    """The service. `variables` are those of all jobs under "*", and of an environment's by name."""

    world: World
    file: Path
    variables: Mapping[str, Mapping[str, str]]

    def run(self, source: str, ref: str, commit: str) -> Pipeline:
        """Run every job that nobody has to start by hand."""
        pipeline = Pipeline(source, ref, commit)
        document = self._document()
        assert _chosen(document["workflow"]["rules"], pipeline.variables)
        for stage in document["stages"]:
            for name, job in _jobs(document).items():
                rule = _chosen(job["rules"], pipeline.variables)
                if job["stage"] != stage or rule is None:
                    continue
                failed = any(each.state == "failed" for each in pipeline.jobs.values())
                if rule.get("when") == "manual" or failed:
                    pipeline.jobs[name] = Job("manual" if not failed else "skipped")
                else:
                    self._run(document, pipeline, name)
        return pipeline

    def play(self, pipeline: Pipeline, name: str) -> Job:
        """Start a manual job, or one again, as a person does."""
        return self._run(self._document(), pipeline, name)

    def _document(self) -> Any:
        document = yaml.safe_load(self.file.read_text())
        for job in _jobs(document).values():
            assert set(job) <= _KEYS | _HARMLESS, job
        assert set(document["default"]) == {"image", "timeout", "before_script"}
        return document

    def _run(self, document: Any, pipeline: Pipeline, name: str) -> Job:
        job, machine = document[name], self.world.folder / f"machine-{uuid4().hex[:8]}"
        workspace = machine / "work"
        self.world.clone(workspace, pipeline.ref, pipeline.commit)
        before = document["default"]["before_script"]
        assert tuple(before[:2]) == INSTALLATION
        variables = self._variables(machine, pipeline, job)
        install(machine / "home" / "ringg-runner" / "bin")
        for other in _needed(document, pipeline, name):
            for path, content in other.artifacts.items():
                (workspace / path).write_bytes(content)
            variables |= _dotenv(other.reports.get("dotenv", b""))
        code, log = _shell([*before[2:], *job["script"]], workspace, variables)
        if "after_script" in job:
            log += _shell(job["after_script"], workspace, variables)[1]
        done = Job("failed" if code else "success", log)
        _keep(job.get("artifacts", {}), workspace, done)
        pipeline.jobs[name] = done
        shutil.rmtree(machine)
        return done

    def _variables(self, machine: Path, pipeline: Pipeline, job: Any) -> dict[str, str]:
        environment = job.get("environment", "*")
        if isinstance(environment, dict):
            assert set(environment) == {"name", "action"}, environment
            environment = environment["name"]
        return {
            **bare_environment(machine / "home", machine / "bin"),
            **pipeline.variables,
            "GITLAB_CI": "true",
            "CI_JOB_URL": f"https://gitlab.example.com/jobs/{uuid4().int % 10**9}",
            **self.variables["*"],
            **self.variables.get(environment, {}),
        }


def _jobs(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: job for name, job in document.items() if name not in _NOT_JOBS}


def _needed(document: Any, pipeline: Pipeline, name: str) -> list[Job]:
    """Return the jobs whose artifacts a job is given: those it needs, or all of earlier stages."""
    job, stages = document[name], document["stages"]
    earlier = [
        other
        for other in pipeline.jobs
        if stages.index(document[other]["stage"]) < stages.index(job["stage"])
    ]
    return [pipeline.jobs[other] for other in job.get("needs", earlier)]


def _shell(lines: list[str], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    return heard(["bash", "-c", "\n".join(["set -eo pipefail", *lines])], folder, variables)


def _keep(artifacts: Mapping[str, Any], workspace: Path, done: Job) -> None:
    assert set(artifacts) <= {"when", "reports", "paths", "expose_as", "expire_in"}, artifacts
    if done.state == "failed" and artifacts.get("when") != "always":
        return
    kept = {path: workspace / path for path in artifacts.get("paths", [])}
    done.artifacts = {path: file.read_bytes() for path, file in kept.items() if file.exists()}
    reports = {kind: workspace / path for kind, path in artifacts.get("reports", {}).items()}
    assert set(reports) <= {"codequality", "terraform", "dotenv", "junit"}
    done.reports = {kind: file.read_bytes() for kind, file in reports.items() if file.exists()}


def _chosen(rules: list[dict[str, str]], variables: Mapping[str, str]) -> dict[str, str] | None:
    """Return the first rule that holds."""
    for rule in rules:
        assert set(rule) <= {"if", "when"}, rule
        if all(_holds(each.split(), variables) for each in rule["if"].split("&&")):
            return rule
    return None


def _holds(words: list[str], variables: Mapping[str, str]) -> bool:
    left, sign, right = words
    equal = _value(left, variables) == _value(right, variables)
    return {"==": equal, "!=": not equal}[sign]


def _value(word: str, variables: Mapping[str, str]) -> str | None:
    if word.startswith("$"):
        return variables.get(word[1:])
    (text,) = shlex.split(word)
    assert word == f'"{text}"', word
    return text


def _dotenv(content: bytes) -> dict[str, str]:
    lines = content.decode().splitlines()
    return dict(line.split("=", 1) for line in lines)
