"""The scripts of docs/ci/shell, executed from the first commit to the night after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
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
from shells import heard

SCRIPTS = ROOT / "docs" / "ci" / "shell"


@dataclass(frozen=True)
class Machine:
    """A machine with a clone, a ledger in a file outside of it, and the scripts."""

    world: World

    def run(self, script: str, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run a script in the clone; return its exit code and all that it says."""
        folder = self.world.folder
        return heard(
            ["sh", str(SCRIPTS / script), *arguments],
            folder / "clone",
            bare_environment(folder / "home", folder / "bin")
            | {"CI": "", "RINGG_LEDGER_URL": self.world.ledger, **variables},
        )

    def plan(self) -> tuple[int, str]:
        return self.run("plan.sh")

    def digest(self) -> str:
        """Plan, and return the digest that the script tells."""
        code, said = self.plan()
        assert code == 2, said
        (digest,) = re.findall(r"apply\.sh (sha256:[0-9a-f]{64})$", said, re.MULTILINE)
        assert isinstance(digest, str)
        return digest

    def apply(self, digest: str, key: str = KEY) -> tuple[int, str]:
        return self.run("apply.sh", digest, RINGG_API_KEY=key)

    def kept(self, name: str) -> str:
        return (self.world.folder / "home" / "ringg-runner" / name).read_text()

    @property
    def starts(self) -> dict[str, int]:
        return self.world.api.starts()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with serving(tmp_path) as api:
        yield a_machine(World.at(tmp_path, api, f"sqlite:///{tmp_path / 'ledger.db'}"))


def a_machine(world: World) -> Machine:
    install(world.folder / "bin")
    world.developer.git("clone", "--quiet", str(world.origin), str(world.folder / "clone"))
    return Machine(world)


def test_from_the_first_commit_to_the_night_after(machine: Machine) -> None:
    world = machine.world

    # A campaign is committed, planned, and read.
    world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    reviewed = machine.digest()
    assert DIWALI in machine.kept("plan.html")
    assert machine.starts == {}

    # It is applied: just that.
    code, said = machine.apply(reviewed)
    assert code == 0, said
    assert machine.starts == {DIWALI: 1}
    assert DIWALI in machine.kept("run.html")

    # Once more: the plan is used up. A new one has nothing to do.
    code, said = machine.apply(reviewed)
    assert code == 3
    assert "was applied before" in said
    assert "apply.sh: nothing was sent" in said
    assert machine.plan()[0] == 0
    assert machine.starts == {DIWALI: 1}

    # Its manifest is changed, which has no effect.
    world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI, agent="feedback"))
    code, said = machine.plan()
    assert code == 0
    assert "changed since, without effect: agent_id" in said
    assert machine.starts == {DIWALI: 1}

    # A HOLD is committed between the plan and the apply.
    world.push("campaigns/winback.yaml", a_campaign("winback", WINBACK))
    reviewed = machine.digest()
    world.push("HOLD", "the list of Monday was wrong\n")
    code, said = machine.apply(reviewed)
    assert code == 4
    assert "the list of Monday was wrong" in said
    assert machine.starts == {DIWALI: 1}

    # It is taken away: the same plan, which started nothing yet, may be applied.
    world.push("HOLD", None)
    assert machine.apply(reviewed)[0] == 0
    assert machine.starts == {DIWALI: 1, WINBACK: 1}

    # At night.
    code, said = machine.run("nightly.sh", RINGG_API_KEY=KEY)
    assert code == 0, said
    assert "completed" in said
    assert "the trail is whole" in said
    assert machine.starts == {DIWALI: 1, WINBACK: 1}


def test_what_changed_since_the_plan_is_not_started(machine: Machine) -> None:
    machine.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    reviewed = machine.digest()
    machine.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI, agent="feedback"))
    code, said = machine.apply(reviewed)
    assert code == 3, said
    assert "something moved since the review" in said
    assert machine.starts == {}


def test_another_plan_than_the_one_that_was_read_is_not_applied(machine: Machine) -> None:
    machine.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    machine.plan()
    code, said = machine.apply(f"sha256:{'0' * 64}")
    assert code == 3
    assert "was expected" in said
    assert machine.starts == {}


def test_a_mistake_ends_the_plan_and_leaves_none_to_apply(machine: Machine) -> None:
    machine.world.push("campaigns/diwali.yaml", a_campaign("diwali", DIWALI))
    reviewed = machine.digest()
    machine.world.push("campaigns/diwali.yaml", a_campaign("diwali", "no id"))
    code, said = machine.plan()
    assert code == 3
    assert "campaigns/diwali.yaml:4:" in said
    assert machine.apply(reviewed)[0] == 3
    assert machine.starts == {}


def test_without_a_digest_nothing_is_applied(machine: Machine) -> None:
    code, said = machine.run("apply.sh", RINGG_API_KEY=KEY)
    assert code != 0
    assert "which plan? plan.sh tells its digest" in said


@dataclass(frozen=True)
class Failure:
    """An apply that goes wrong: what is special about it, and what the script says then."""

    code: int
    advice: str
    faults: tuple[str, ...] = ()
    agent: str = "${agents.renewals}"
    key: str = KEY


FAILURES = {
    "failed": Failure(1, "read why each failed", agent="unknown-agent"),
    "key refused": Failure(5, "the key was refused", key="rg_live_fedcba9876543210"),
    "unresolved": Failure(6, "people may be being called", faults=("lost:*", "hidden:*")),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_an_apply_that_went_wrong_ends_with_its_code_and_says_what_to_do(
    tmp_path: Path, failure: Failure
) -> None:
    options = [part for fault in failure.faults for part in ("--fault", fault)]
    with serving(tmp_path, *options) as api:
        machine = a_machine(World.at(tmp_path, api, f"sqlite:///{tmp_path / 'ledger.db'}"))
        manifest = a_campaign("diwali", DIWALI).replace("${agents.renewals}", failure.agent)
        machine.world.push("campaigns/diwali.yaml", manifest)
        key = {"RINGG_API_KEY": failure.key}
        ended, said = machine.run("apply.sh", machine.digest(), "--settle=0", **key)
    assert ended == failure.code, said
    assert f"apply.sh: {failure.advice}" in said
