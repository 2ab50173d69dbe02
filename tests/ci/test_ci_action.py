"""The action of action.yml: what it passes on, what it tells, and how its step ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from build import write
from ci_github import SHELLS, Event, GitHub, Job
from ci_ledgers import a_shared_ledger
from ci_world import (
    DIWALI,
    KEY,
    ROOT,
    WINBACK,
    World,
    a_campaign,
    bare_environment,
    install,
    serving,
)

COUNTS = ("to_start", "started", "skipped", "held", "failed", "unresolved")
CHECKOUT = {"uses": "actions/checkout@v4", "with": {"persist-credentials": False}}


@dataclass
class Caller:
    """A workflow with one job, in which the action is used once and its comment is shown."""

    world: World
    secrets: dict[str, str] = field(default_factory=lambda: {"RINGG_API_KEY": KEY})

    def use(self, command: str, **inputs: str) -> Job:
        """Use the action; underscores stand for the hyphens of its inputs."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        use = {
            "id": "it",
            "uses": "your-organisation/ringg-runner@v0.1.0",
            "with": {"command": command, **given},
            "env": {"RINGG_LEDGER_URL": self.world.ledger, **self.secrets},
        }
        shown = {
            "id": "shown",
            "if": "always() && steps.it.outputs.comment != ''",
            "run": 'cat "$COMMENT"',
            "env": {"COMMENT": "${{ steps.it.outputs.comment }}"},
        }
        job = {"runs-on": "ubuntu-latest", "steps": [CHECKOUT, use, shown]}
        workflow = {"on": {"push": None}, "permissions": {}, "jobs": {"it": job}}
        file = write(self.world.folder / "workflow.yml", yaml.safe_dump(workflow))
        github = GitHub(self.world, {"": {}})
        return github.run(file, Event.pushed(self.world.head)).jobs["it"]


@contextmanager
def a_caller(folder: Path, *options: str) -> Iterator[Caller]:
    with serving(folder, *options) as api:
        caller = Caller(World.at(folder, api, f"sqlite:///{folder / 'ledger.db'}"))
        caller.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
        yield caller


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    with a_caller(tmp_path) as caller:
        yield caller


def told(job: Job) -> dict[str, str]:
    return job.step("it").outputs


# --- what is told


def test_a_plan_with_something_to_start_succeeds_and_says_so(caller: Caller) -> None:
    job = caller.use("plan", environment="production")
    assert job.conclusion == "success", job.log
    outputs = told(job)
    assert (outputs["changes"], outputs["exit_code"]) == ("true", "0")
    assert (outputs["to_start"], outputs["started"]) == ("1", "0")
    assert outputs["digest"].startswith("sha256:")
    assert job.step("shown").log.startswith("<!-- ringg-runner plan production -->\n")
    assert DIWALI in job.step("shown").log
    assert DIWALI in job.summary


def test_an_apply_tells_what_became_of_each(caller: Caller) -> None:
    caller.world.push("campaigns/winback.yaml", a_campaign("winback", WINBACK) + "enabled: false\n")
    job = caller.use("apply", environment="production")
    assert job.conclusion == "success", job.log
    outputs = told(job)
    assert (outputs["changes"], outputs["exit_code"]) == ("true", "0")
    assert [outputs[count] for count in COUNTS] == ["1", "1", "0", "1", "0", "0"]
    assert job.step("shown").log.startswith("<!-- ringg-runner apply production -->\n")
    assert DIWALI in job.summary
    again = told(caller.use("apply", environment="production"))
    assert (again["changes"], again["started"], again["skipped"]) == ("false", "0", "1")
    assert caller.world.api.starts() == {DIWALI: 1}


def test_validate_shows_findings_beside_their_lines(caller: Caller) -> None:
    caller.world.push("campaigns/diwali.yaml", a_campaign("diwali", "no id"))
    job = caller.use("validate")
    assert job.conclusion == "failure"
    assert "::error file=campaigns/diwali.yaml,line=4," in job.log
    assert told(job)["exit_code"] == "3"
    assert job.step("shown").outcome == "skipped"


def test_what_is_to_be_applied_can_be_pinned_by_its_digest(caller: Caller) -> None:
    digest = told(caller.use("plan"))["digest"]
    refused = caller.use("apply", expect_digest=f"sha256:{'0' * 64}")
    assert (refused.conclusion, told(refused)["exit_code"]) == ("failure", "3")
    assert caller.world.api.starts() == {}
    assert caller.use("apply", expect_digest=digest).conclusion == "success"
    assert caller.world.api.starts() == {DIWALI: 1}


# --- how it ends


@dataclass(frozen=True)
class Failure:
    """A command that goes wrong, and what is special about it."""

    command: str
    code: str
    path: str = "campaigns/diwali.yaml"
    text: str = a_campaign("diwali", DIWALI)
    key: str = KEY
    faults: tuple[str, ...] = ()


MISTAKE = a_campaign("diwali", "no id")
WRONG_ID = a_campaign("diwali", DIWALI).replace("${agents.renewals}", "unknown-agent")
FAILURES = {
    "validate, a mistake": Failure("validate", "3", text=MISTAKE),
    "plan, a mistake": Failure("plan", "3", text=MISTAKE),
    "apply, a mistake": Failure("apply", "3", text=MISTAKE),
    "apply, a start that failed": Failure("apply", "1", text=WRONG_ID),
    "apply, a HOLD": Failure("apply", "4", path="HOLD", text="wait\n"),
    "apply, a refused key": Failure("apply", "5", key="rg_live_fedcba9876543210"),
    "apply, a lost answer": Failure("apply", "6", faults=("lost:*", "hidden:*")),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_command_that_failed_fails_its_step_and_tells_its_code(
    tmp_path: Path, failure: Failure
) -> None:
    options = [part for fault in failure.faults for part in ("--fault", fault)]
    with a_caller(tmp_path, *options) as caller:
        caller.world.push(failure.path, failure.text)
        caller.secrets["RINGG_API_KEY"] = failure.key
        rest = "--settle=0\n--without-memory" if failure.command == "apply" else ""
        job = caller.use(failure.command, environment="production", arguments=rest)
        starts = caller.world.api.starts()
    assert job.conclusion == "failure", job.log
    assert (told(job)["exit_code"], told(job)["changes"]) == (failure.code, "false")
    assert starts == ({DIWALI: 1} if failure.code == "6" else {})
    if failure.command != "validate":
        assert job.step("shown").log == job.summary
        assert job.summary.startswith("<!-- ringg-runner ")
        assert job.summary.count("\n### ") == 1


@pytest.mark.parametrize("name", ["environment", "plan_file", "expect_digest"])
def test_an_input_that_an_expression_left_empty_starts_nothing(caller: Caller, name: str) -> None:
    job = caller.use("apply", **{name: ""})
    assert job.conclusion == "failure"
    assert "is empty" in job.log
    assert (told(job)["exit_code"], told(job)["changes"]) == ("64", "false")
    assert caller.world.api.starts() == {}


def test_whoever_may_only_read_the_ledger_starts_nothing(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with a_shared_ledger(request) as ledger, serving(tmp_path) as api:
        caller = Caller(World.at(tmp_path, api, ledger.writer))
        caller.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
        assert caller.use("apply").conclusion == "success"
        caller.world.push("campaigns/winback.yaml", a_campaign("winback", WINBACK))
        caller.world = replace(caller.world, ledger=ledger.reader)
        assert told(caller.use("plan"))["to_start"] == "1"
        job = caller.use("apply")
        assert (job.conclusion, told(job)["exit_code"]) == ("failure", "1"), job.log
        assert api.starts() == {DIWALI: 1}


def test_another_command_is_refused(caller: Caller) -> None:
    job = caller.use("ledger")
    assert job.conclusion == "failure"
    assert "::error::the input command is validate, plan or apply" in job.log
    assert told(job)["exit_code"] == "64"


# --- what is passed on


def test_a_line_is_one_argument_and_nothing_in_it_is_obeyed(caller: Caller) -> None:
    caller.world.push("campaigns/two words.yaml", a_campaign("winback", WINBACK))
    job = caller.use("plan", arguments="\ncampaigns/two words.yaml\n\n--limit=1\n")
    assert told(job)["to_start"] == "1", job.log
    assert WINBACK in job.summary
    for line in ("$(touch obeyed)", "`touch obeyed`", "; touch obeyed", '"', "${HOME}"):
        job = caller.use("plan", arguments=f"--name={line}")
        assert told(job)["exit_code"] == "3", job.log
        assert f"(name {line})" in job.log


@pytest.mark.parametrize("name", ["environment", "plan_file", "expect_digest"])
def test_no_input_is_obeyed_by_the_shell(caller: Caller, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "obeyed"
    value = f"$(touch {victim}); touch {victim}; `touch {victim}`"
    assert caller.use("apply", **{name: value}).conclusion == "failure"
    assert not victim.exists()


def test_a_project_below_the_root_is_found(caller: Caller) -> None:
    developer = caller.world.developer
    developer.git("mv", "-k", "campaigns", "ringg-runner.yaml", ".")
    (developer.root / "marketing").mkdir()
    developer.git("mv", "campaigns", "ringg-runner.yaml", "marketing")
    caller.world.push("README.md", "Our campaigns\n")
    job = caller.use("plan", working_directory="marketing", plan_file="plan.json")
    assert told(job)["to_start"] == "1", job.log
    assert "saved to plan.json" in job.log


# --- when it is cancelled


def test_an_apply_that_is_cancelled_ends_in_order_and_tells_it(tmp_path: Path) -> None:
    # GitHub signals the shell alone. The second start waits for its turn, an hour away.
    with ExitStack() as stack:
        caller = stack.enter_context(a_caller(tmp_path))
        caller.world.push("campaigns/winback.yaml", a_campaign("winback", WINBACK))
        step = _step_of_the_action("run")
        process = stack.enter_context(_begun(tmp_path, caller, step))
        assert process.stdout
        shown = iter(process.stdout)
        assert any(line.startswith("started ") for line in shown)
        os.kill(process.pid, signal.SIGINT)
        rest = "".join(shown)
        assert process.wait(timeout=60) == 143
        assert "1 started, 1 cancelled" in rest
        assert caller.world.api.starts() == {DIWALI: 1}
    outputs = dict(line.split("=", 1) for line in (tmp_path / "OUTPUT").read_text().splitlines())
    assert (outputs["exit_code"], outputs["started"], outputs["changes"]) == ("143", "1", "false")
    assert "1 started" in Path(outputs["comment"]).read_text()


def _step_of_the_action(name: str) -> dict[str, str]:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    found: dict[str, str] = next(step for step in steps if step.get("id") == name)
    return found


def _begun(folder: Path, caller: Caller, step: dict[str, str]) -> subprocess.Popen[str]:
    install(folder / "bin")
    files = {f"GITHUB_{name}": str(folder / name) for name in ("OUTPUT", "STEP_SUMMARY")}
    inputs = dict.fromkeys(step["env"], "-")
    inputs |= {"COMMAND": "apply", "ARGUMENTS": "--rate=1/h\n--concurrency=1"}
    secrets = {"RINGG_LEDGER_URL": caller.world.ledger, "RINGG_API_KEY": KEY}
    script = write(folder / "run.sh", step["run"])
    return subprocess.Popen(
        [*SHELLS["bash"], str(script)],
        cwd=caller.world.developer.root,
        env=bare_environment(folder / "home", folder / "bin")
        | {**files, **inputs, **secrets, "RUNNER_TEMP": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
