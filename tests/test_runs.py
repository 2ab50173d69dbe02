"""The exit code follows from the outcomes, whatever the format."""

from __future__ import annotations

import pytest
from build import NOW, a_campaign, an_environment
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.errors import ExitCode
from ringg_runner.runs import Outcome, Result, Run, Stop


def a_run(*outcomes: Outcome, stopped: Stop | None = None) -> Run:
    results = tuple(Result(a_campaign(), outcome, "") for outcome in outcomes)
    return Run("run-1", an_environment(), NOW, NOW, results, stopped)


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (a_run(), ExitCode.OK),
        (a_run(Outcome.STARTED, Outcome.SKIPPED, Outcome.HELD), ExitCode.OK),
        (a_run(Outcome.STARTED, Outcome.FAILED), ExitCode.FAILED),
        (a_run(Outcome.FAILED, stopped=Stop.BALANCE_TOO_LOW), ExitCode.FAILED),
        (a_run(Outcome.FAILED, stopped=Stop.KEY_REFUSED), ExitCode.KEY_REFUSED),
        (a_run(Outcome.CANCELLED, stopped=Stop.INTERRUPTED), ExitCode.INTERRUPTED),
        (a_run(Outcome.CANCELLED, stopped=Stop.TERMINATED), ExitCode.TERMINATED),
        (a_run(Outcome.FAILED, stopped=Stop.INTERRUPTED), ExitCode.FAILED),
        (a_run(Outcome.UNRESOLVED, stopped=Stop.INTERRUPTED), ExitCode.UNRESOLVED),
        (a_run(Outcome.UNRESOLVED, Outcome.FAILED, stopped=Stop.KEY_REFUSED), ExitCode.UNRESOLVED),
    ],
)
def test_the_gravest_thing_that_is_true_of_a_run_is_its_exit_code(run: Run, code: ExitCode) -> None:
    assert run.exit_code is code


@given(st.lists(st.sampled_from(Outcome)), st.sampled_from(Stop) | st.none())
def test_an_unresolved_start_is_never_hidden_behind_another_code(
    outcomes: list[Outcome], stopped: Stop | None
) -> None:
    run = a_run(*outcomes, stopped=stopped)
    assert (run.exit_code is ExitCode.UNRESOLVED) == (Outcome.UNRESOLVED in outcomes)


@given(st.lists(st.sampled_from(Outcome)))
def test_the_summary_counts_every_campaign_once(outcomes: list[Outcome]) -> None:
    summary = a_run(*outcomes).summary
    assert list(summary) == list(Outcome)
    assert sum(summary.values()) == len(outcomes)
