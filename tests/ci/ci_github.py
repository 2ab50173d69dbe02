"""GitHub Actions in small: runs the jobs of a workflow in order, each on a machine of its own.

Shell steps and our own action are executed. Foreign actions are a table, `FOREIGN`; a step, an
input, a context or a function that is not known fails the test.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import yaml
from ci_expressions import Expressions, Lenient
from ci_world import ROOT, World, bare_environment, install, put_command

REPOSITORY = "team/campaigns"
OURS = re.compile(r"your-organisation/ringg-runner@v\d+\.\d+\.\d+")
SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}

Artifacts: TypeAlias = dict[str, dict[str, bytes]]


@dataclass(frozen=True)
class Event:
    """Why a workflow runs: on which ref at which commit, and what GitHub tells about it."""

    name: str
    ref: str
    sha: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    fork: bool = False

    @classmethod
    def pushed(cls, sha: str) -> Event:
        return cls("push", "refs/heads/main", sha)

    @classmethod
    def proposed(cls, number: int, sha: str, *, fork: bool = False) -> Event:
        head = {"repo": {"full_name": "stranger/campaigns" if fork else REPOSITORY}}
        payload = {"pull_request": {"number": number, "head": head}}
        return cls("pull_request", f"refs/pull/{number}/merge", sha, payload, fork=fork)


@dataclass
class Step:
    """What became of a step, and which secrets it was given."""

    name: str
    outcome: str
    log: str
    outputs: dict[str, str]
    secrets: frozenset[str] = frozenset()


@dataclass
class Job:
    """What became of a job. Nobody ran one that is skipped."""

    conclusion: str
    steps: list[Step] = field(default_factory=list)
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return "".join(step.log for step in self.steps)

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset[str]().union(*(step.secrets for step in self.steps))

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


@dataclass
class WorkflowRun:
    """A run of a workflow: its jobs, and what they keep for each other and for people."""

    workflow: Path
    event: Event
    jobs: dict[str, Job] = field(default_factory=dict)
    artifacts: Artifacts = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid4().int)[:10])


@dataclass
class GitHub:
    """The service. `secrets` are the repository's under "", and an environment's under its name.

    `review` is asked before a job that has an environment: whether its reviewers let it go on. The
    step of the id `kills` is killed, with all that it began, once it says that something started.
    """

    world: World
    secrets: Mapping[str, Mapping[str, str]]
    review: Callable[[WorkflowRun], bool] = lambda _: True
    kills: str | None = None

    def __post_init__(self) -> None:
        self.comments_file.write_text("[]")
        command = f'"{sys.executable}" "{Path(__file__).parent}/gh.py"'
        put_command(self.world.folder / "gh-bin" / "gh", command)

    @property
    def comments_file(self) -> Path:
        return self.world.folder / "comments.json"

    @property
    def comments(self) -> list[dict[str, Any]]:
        comments: list[dict[str, Any]] = json.loads(self.comments_file.read_text())
        return comments

    def run(self, workflow: Path, event: Event) -> WorkflowRun:
        """Run every job that is to run; later ones see what earlier ones left."""
        return self.run_again(WorkflowRun(workflow, event))

    def run_again(self, run: WorkflowRun, *only: str) -> WorkflowRun:
        """Run a workflow again, as a person can: as a whole, or only these jobs."""
        document = yaml.load(run.workflow.read_text(), Loader=Yaml)
        assert set(document) <= {"name", "on", "permissions", "concurrency", "jobs"}, document
        _insist_that_it_is_triggered(document["on"], run.event)
        for name, job in document["jobs"].items():
            if not only or name in only:
                run.jobs[name] = _JobRun(self, run, document, job).finish()
        return run


class Yaml(yaml.SafeLoader):
    """YAML 1.2, as GitHub reads it: `on` is a word."""


Yaml.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def _insist_that_it_is_triggered(triggers: Mapping[str, Any], event: Event) -> None:
    trigger = triggers[event.name] or {}
    if isinstance(trigger, Mapping):
        known = {"branches", "paths", "inputs"}
        assert set(trigger) <= known, trigger
        if "branches" in trigger:
            assert event.ref.removeprefix("refs/heads/") in trigger["branches"]
        if "inputs" in trigger:
            assert set(event.inputs) <= set(trigger["inputs"])


class _JobRun:
    """A job on its machine."""

    def __init__(
        self, service: GitHub, run: WorkflowRun, document: Mapping[str, Any], job: Any
    ) -> None:
        self.service, self.run, self.document, self.job = service, run, document, job
        self.machine = service.world.folder / f"machine-{uuid4().hex[:8]}"
        self.workspace = self.machine / "work"
        self.temp = self.machine / "temp"
        self.result = Job("success")
        self.cancelled = self.is_victim = False
        self.read: set[str] = set()
        self.path: list[str] = []
        self.extra: dict[str, str] = {}

    def finish(self) -> Job:
        """Run the steps, if the job is to run at all."""
        # Each of these has a meaning that the rest of this file knows, or none for a test.
        known = {"runs-on", "timeout-minutes", "permissions", "steps", "environment"}
        assert set(self.job) <= known | {"needs", "if", "outputs", "concurrency"}, self.job
        needed = self._needed()
        functions = {"success": lambda: all(each.conclusion == "success" for each in needed)}
        self.expressions = Expressions(self._contexts(), functions)
        if not self.expressions.holds(self.job.get("if", "success()")):
            return Job("skipped")
        for concurrency in (self.document.get("concurrency"), self.job.get("concurrency")):
            assert not concurrency or self.expressions.text(concurrency["group"])
        if "environment" in self.job and not self.service.review(self.run):
            return Job("failure")
        self._prepare_machine()
        for step in self.job["steps"]:
            self._step(step)
        outputs = self.job.get("outputs", {})
        self.result.outputs = {key: self._now().text(value) for key, value in outputs.items()}
        shutil.rmtree(self.machine)
        return self.result

    def _needed(self) -> list[Job]:
        needs = self.job.get("needs", [])
        return [self.run.jobs[name] for name in ([needs] if isinstance(needs, str) else needs)]

    def _prepare_machine(self) -> None:
        for folder in (self.workspace, self.temp, self.machine / "bin"):
            folder.mkdir(parents=True)
        (self.machine / "event.json").write_text(json.dumps(self.run.event.payload))
        # The action is installed once in a job; here it was by an earlier step. How it is
        # installed is executed by .ci/action.
        install(self.temp / "ringg-runner" / "venv" / "bin")

    # --- contexts

    def _contexts(self) -> dict[str, Any]:
        event = self.run.event
        needs = self.job.get("needs", [])
        names = [needs] if isinstance(needs, str) else needs
        return {
            "github": {
                "event": Lenient(_lenient(event.payload)),
                "ref": event.ref,
                "sha": event.sha,
                "repository": REPOSITORY,
                "token": self._token(),
            },
            "secrets": _Secrets(self._secrets(), self.read),
            "inputs": self._inputs(),
            "needs": {name: {"outputs": self.run.jobs[name].outputs} for name in names},
            "steps": {
                step["id"]: {"outputs": Lenient()} for step in self.job["steps"] if "id" in step
            },
        }

    def _inputs(self) -> dict[str, str]:
        """Return the inputs of a dispatch; those of other events are there, and empty."""
        dispatch = self.document["on"].get("workflow_dispatch") or {}
        return dict.fromkeys(dispatch.get("inputs", {}), "") | dict(self.run.event.inputs)

    def _secrets(self) -> dict[str, str]:
        if self.run.event.fork:
            return {}
        own = self.service.secrets.get(self.job.get("environment", ""), {})
        return {**self.service.secrets[""], **own}

    def _token(self) -> str:
        allowed = self.job.get("permissions", self.document["permissions"])
        assert isinstance(allowed, dict), "permissions are named one by one"
        if self.run.event.fork:
            allowed = dict.fromkeys(allowed, "read")
        return ",".join(f"{what}={how}" for what, how in allowed.items())

    def _now(self) -> Expressions:
        conclusion, cancelled = self.result.conclusion, self.cancelled
        self.expressions.functions = {
            "success": lambda: conclusion == "success",
            "failure": lambda: conclusion == "failure",
            "cancelled": lambda: cancelled,
            "always": lambda: True,
        }
        return self.expressions

    # --- steps

    def _step(self, step: Mapping[str, Any]) -> None:
        known = {"name", "id", "if", "uses", "with", "run", "env", "shell", "working-directory"}
        assert set(step) <= known, step
        now = self._now()
        name = step.get("id") or step.get("name") or step.get("uses") or step["run"]
        if not now.holds(step.get("if", "success()")):
            self.result.steps.append(Step(name, "skipped", "", {}))
            return
        self.read.clear()
        self.is_victim = "id" in step and step["id"] == self.service.kills
        environment = {key: now.text(value) for key, value in step.get("env", {}).items()}
        inputs = {key: now.text(value) for key, value in step.get("with", {}).items()}
        uses = step.get("uses")
        if uses is None:
            done = self._shell(step, environment)
        elif OURS.fullmatch(uses):
            done = self._own_action(inputs, environment)
        else:
            done = FOREIGN[uses](self, inputs)
        done.name, done.secrets = name, frozenset(self.read)
        self.result.steps.append(done)
        if done.outcome == "failure":
            self.result.conclusion = "failure"
        if "id" in step:
            # From now on an output that there is not is a mistake.
            self.expressions.contexts["steps"][step["id"]]["outputs"] = done.outputs

    def _own_action(self, given: Mapping[str, str], environment: Mapping[str, str]) -> Step:
        action = yaml.load((ROOT / "action.yml").read_text(), Loader=Yaml)
        declared = action["inputs"]
        assert set(given) <= set(declared), given
        missing = {key for key, its in declared.items() if its.get("required")} - set(given)
        assert not missing, missing
        inputs = {key: str(its.get("default", "")) for key, its in declared.items()} | dict(given)
        inner = action["runs"]["steps"]
        steps = {step["id"]: {"outputs": Lenient()} for step in inner if "id" in step}
        outcome, log = "success", ""
        known = Expressions(
            {"github": {"action_path": str(ROOT)}, "inputs": inputs, "steps": steps},
            {"success": lambda: outcome == "success"},
        )
        for step in inner:
            if not known.holds(step.get("if", "success()")):
                continue
            own = {key: known.text(value) for key, value in step.get("env", {}).items()}
            place = known.text(step.get("working-directory", "."))
            done = self._shell(step | {"working-directory": place}, {**environment, **own})
            outcome, log = done.outcome, log + done.log
            if "id" in step:
                steps[step["id"]]["outputs"].update(done.outputs)
            if outcome == "failure":
                break
        outputs = {key: known.text(its["value"]) for key, its in action["outputs"].items()}
        return Step("", outcome, log, outputs)

    def _shell(self, step: Mapping[str, Any], environment: Mapping[str, str]) -> Step:
        script = self.temp / f"{uuid4().hex}.sh"
        script.write_text(step["run"])
        assert "${{" not in step["run"]
        files = {name: self.temp / f"{name}-{uuid4().hex}" for name in ("OUTPUT", "PATH", "ENV")}
        files["STEP_SUMMARY"] = self.temp / f"summary-{uuid4().hex}"
        for file in files.values():
            file.touch()
        process = subprocess.Popen(
            [*SHELLS[step.get("shell")], str(script)],
            cwd=self.workspace / step.get("working-directory", "."),
            env=self._variables(environment) | {f"GITHUB_{n}": str(f) for n, f in files.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        log = self._log_of(process)
        self.path += files["PATH"].read_text().splitlines()
        self.extra |= _assignments(files["ENV"].read_text())
        self.result.summary += files["STEP_SUMMARY"].read_text()
        outcome = "failure" if process.returncode else "success"
        return Step("", outcome, log, _assignments(files["OUTPUT"].read_text()))

    def _log_of(self, process: subprocess.Popen[str]) -> str:
        lines = []
        with process:
            assert process.stdout
            for line in process.stdout:
                lines.append(line)
                if self.is_victim and line.startswith("started "):
                    os.killpg(process.pid, signal.SIGKILL)
        return "".join(lines)

    def _variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        event = self.run.event
        bare = bare_environment(self.machine / "home", self.service.world.folder / "gh-bin")
        bare["PATH"] = ":".join([*reversed(self.path), bare["PATH"]])
        return {
            **bare,
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(self.machine / "event.json"),
            "GITHUB_REF": event.ref,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": self.run.id,
            "GITHUB_SERVER_URL": "https://github.example.com",
            "GITHUB_SHA": event.sha,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "GH_FAKE_COMMENTS": str(self.service.comments_file),
            **self.extra,
            **environment,
        }

    # --- what foreign actions do

    def check_out(self, inputs: Mapping[str, str]) -> Step:
        assert inputs["persist-credentials"] == "false", "the token stays out of the clone"
        assert set(inputs) <= {"ref", "persist-credentials"}, inputs
        event = self.run.event
        # Without a ref it is the commit of the event, with one the newest of that ref.
        commit = None if "ref" in inputs else event.sha
        self.workspace.rmdir()
        self.service.world.clone(self.workspace, inputs.get("ref", event.ref), commit)
        return Step("", "success", "", {})

    def set_up_python(self, inputs: Mapping[str, str]) -> Step:
        assert set(inputs) == {"python-version"}
        assert tuple(map(int, inputs["python-version"].split("."))) >= (3, 11)
        return Step("", "success", "", {})

    def upload(self, inputs: Mapping[str, str]) -> Step:
        known = {"name", "path", "overwrite", "if-no-files-found", "retention-days"}
        assert set(inputs) <= known, inputs
        paths = inputs["path"].split()
        # Files whose names begin with a dot are left out, unless asked for.
        assert not any(part.startswith(".") for path in paths for part in Path(path).parts)
        found = [path for path in paths if (self.workspace / path).exists()]
        if not found and inputs.get("if-no-files-found") == "error":
            return Step("", "failure", "No files were found", {})
        taken = inputs["name"] in self.run.artifacts
        if found and taken and inputs.get("overwrite") != "true":
            return Step("", "failure", "an artifact with this name already exists", {})
        if found:
            kept = {path: (self.workspace / path).read_bytes() for path in found}
            self.run.artifacts[inputs["name"]] = kept
        return Step("", "success", "", {})

    def download(self, inputs: Mapping[str, str]) -> Step:
        assert set(inputs) == {"name"}, inputs
        for path, content in self.run.artifacts[inputs["name"]].items():
            (self.workspace / path).write_bytes(content)
        return Step("", "success", "", {})


FOREIGN: dict[str, Callable[[_JobRun, Mapping[str, str]], Step]] = {
    "actions/checkout@v4": _JobRun.check_out,
    "actions/setup-python@v5": _JobRun.set_up_python,
    "actions/upload-artifact@v4": _JobRun.upload,
    "actions/download-artifact@v4": _JobRun.download,
}


class _Secrets(Lenient):
    """Secrets, and which of them were read. One that is not there is empty."""

    def __init__(self, values: Mapping[str, str], read: set[str]) -> None:
        super().__init__(values)
        self._read = read

    def get(self, name: str, default: Any = None) -> Any:
        if name in self:
            self._read.add(name)
        return super().get(name, default)


def _lenient(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Lenient({key: _lenient(each) for key, each in value.items()})
    return value


def _assignments(text: str) -> dict[str, str]:
    """Read a file command: `name=value`, or `name<<END` with lines until the end."""
    values: dict[str, str] = {}
    lines = text.splitlines()
    while lines:
        line = lines.pop(0)
        if found := re.fullmatch(r"([^=<]+)<<(.+)", line):
            end = lines.index(found[2])
            values[found[1]] = "\n".join(lines[:end])
            del lines[: end + 1]
        elif line:
            name, equals, value = line.partition("=")
            assert equals, line
            values[name] = value
    return values
