"""The formats of plans and runs that are neither Markdown nor HTML, and the list of them all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import click
import pytest
import xmlschema
from build import NOW, a_campaign, a_plan, an_environment
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase
from report_samples import DIGEST, GUARDS, HOSTILE, PLANS, RUN_ID, RUNS, a_plan_of, a_run_of

from ringg_runner.guards import GuardCheck
from ringg_runner.planner import Plan
from ringg_runner.report import formats, text, variables, words
from ringg_runner.report.attention import _STOPPED, of_run
from ringg_runner.report.formats import BY_NAME, FORMATS, OF_PLANS, OF_RUNS, endings, of_file
from ringg_runner.runs import Outcome, Run, Stop

JUNIT = xmlschema.XMLSchema(str(Path(__file__).parent / "data" / "junit-10.xsd"))
SAMPLES = [*(f"plan-{name}" for name in PLANS), *(f"run-{name}" for name in RUNS)]


def written(name: str, sample: str) -> str:
    kind, _, of = sample.partition("-")
    if kind == "plan":
        return BY_NAME[name].of_plan(PLANS[of](), refused="not approved")
    return BY_NAME[name].of_run(RUNS[of]())


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", BY_NAME)
def test_every_format_writes_every_plan_and_every_run(name: str, sample: str) -> None:
    told = click.unstyle(written(name, sample))
    assert told == told.encode().decode()
    assert not told.endswith("\n")
    assert "\x1b" not in told
    assert "\u202e" not in told or name == "json"


def test_there_is_one_list_of_formats() -> None:
    assert OF_PLANS == ("text", "json", "markdown", "html")
    assert OF_RUNS == ("text", "json", "markdown", "html", "junit")
    assert len({each.ending for each in FORMATS}) == len(FORMATS)
    assert endings(plans=False) == ".txt, .terraform.json, .json, .md, .html, .xml, .env"
    assert ".xml" not in endings(plans=True)


@pytest.mark.parametrize(
    ("file", "plans", "name"),
    [
        ("a.txt", True, "text"),
        ("a.json", True, "json"),
        ("out/a.b.MD", True, "markdown"),
        ("a.html", False, "html"),
        ("plan.terraform.json", True, "terraform"),
        (".env", True, "dotenv"),
        ("run.env", False, "dotenv"),
        ("run.xml", False, "junit"),
        ("plan.xml", True, None),
        ("plan.htm", True, None),
        ("json", True, None),
    ],
)
def test_a_files_ending_names_its_format(file: str, plans: bool, name: str | None) -> None:
    found = of_file(Path(file), plans=plans)
    assert (found and found.name) == name


@pytest.mark.parametrize("sample", SAMPLES)
def test_json_is_the_document(sample: str) -> None:
    kind, _, _ = sample.partition("-")
    assert json.loads(written("json", sample))["kind"] == kind


def test_variables_tell_what_a_plan_would_do() -> None:
    plan = a_plan_of(2, 3, 1)
    assert variables.of_plan(plan) == {
        "to_start": "2",
        "started": "0",
        "skipped": "3",
        "held": "1",
        "failed": "0",
        "unresolved": "0",
        "cancelled": "0",
        "people": "247",
        "digest": plan.digest,
        "exit_code": "",
    }
    assert variables.of_plan(plan, "not approved")["exit_code"] == "4"
    assert variables.of_plan(a_plan_of(1, counted=False))["people"] == ""


def test_variables_tell_what_a_run_did() -> None:
    assert variables.of_run(a_run_of(0, 0, 2, 3, 4, 5, 6, to_start=5)) == {
        "to_start": "5",
        "started": "2",
        "skipped": "1",
        "held": "1",
        "failed": "1",
        "unresolved": "1",
        "cancelled": "1",
        "people": "247",
        "digest": DIGEST,
        "exit_code": "6",
    }


def test_variables_of_what_the_ledger_tells_claim_nothing_that_it_does_not_know() -> None:
    told = variables.of_run(a_run_of(0, digest="", recalled=True))
    assert [told[name] for name in ("to_start", "digest", "exit_code")] == ["", "", ""]
    assert told["started"] == "1"


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_dotenv_has_few_short_lines_of_a_name_and_a_value(sample: str) -> None:
    lines = written("dotenv", sample).split("\n")
    # GitLab takes 20 variables everywhere, and no empty line.
    assert len(lines) == 10
    assert all(re.fullmatch(r"RINGG_[A-Z_]+=(\d*|sha256:[0-9a-f]{64})", line) for line in lines)


def test_the_widget_counts_what_would_start_and_what_was_started() -> None:
    assert json.loads(BY_NAME["terraform"].of_plan(a_plan_of(2, 3))) == {
        "create": 2,
        "update": 0,
        "delete": 0,
    }
    assert json.loads(BY_NAME["terraform"].of_run(a_run_of(0, 2, 3)))["create"] == 1


def cases(report: str) -> dict[str, TestCase]:
    JUNIT.validate(report)
    (suite,) = JUnitXml.fromstring(report.encode())
    return {case.name: case for case in suite}


@pytest.mark.parametrize("sample", SAMPLES)
def test_junit_has_the_shape_that_others_read(sample: str) -> None:
    report = written("junit", sample)
    assert report.isascii()
    assert cases(report)


def test_junit_has_a_case_for_each_campaign() -> None:
    run = a_run_of(0, 1, 2, 3, 4, 5, 6)
    report = BY_NAME["junit"].of_run(run)
    kinds = [type(case.result[0]) if case.result else None for case in cases(report).values()]
    assert kinds == [None, None, Failure, Error, Skipped, Skipped, Skipped]
    (suite,) = JUnitXml.fromstring(report.encode())
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 1, 1, 3)
    retried = cases(report)["renewals-2026-12-0001"]
    assert "attempt 3 at" in retried.system_out
    assert retried.time == pytest.approx(0.29 + 0.40 + 0.51)
    failed = cases(report)["renewals-2026-12-0002"].result[0]
    assert failed.message == "failed: HTTP 400: Number pool not found. (refused)"


def test_junit_is_red_where_a_guard_refuses_or_the_run_stopped() -> None:
    run = a_run_of(0, 6, stopped=Stop.GUARD, guards=GUARDS, refusal=GUARDS[1])
    found = cases(BY_NAME["junit"].of_run(run))
    red = {name for name, case in found.items() if isinstance(_first(case), Failure | Error)}
    assert red == {"run", "guard max_contacts"}
    assert "987 people" in _message(found["guard max_contacts"])


def test_junit_of_an_apply_that_was_refused_is_red() -> None:
    found = cases(BY_NAME["junit"].of_plan(a_plan_of(1, 0, 1), refused="not approved"))
    assert _message(found["approval"]) == "not approved"
    assert isinstance(_first(found["renewals-2026-12-0000"]), Skipped)


def _first(case: TestCase) -> object:
    return case.result[0] if case.result else None


def _message(case: TestCase) -> str:
    return str(case.result[0].message)


@given(st.text(), st.text())
def test_whatever_a_result_says_junit_reads_it(reason: str, detail: str) -> None:
    run = a_run_of(2, 3)
    results = tuple(
        replace(
            result,
            reason=reason,
            attempts=tuple(replace(attempt, detail=detail) for attempt in result.attempts),
        )
        for result in run.results
    )
    assert len(cases(BY_NAME["junit"].of_run(replace(run, results=results)))) == 2


def plan_text(plan: Plan, **options: object) -> list[str]:
    return click.unstyle(formats.BY_NAME["text"].of_plan(plan, **options)).split("\n")  # type: ignore[arg-type]


def run_text(run: Run, *, verbose: bool = False) -> list[str]:
    return click.unstyle(BY_NAME["text"].of_run(run, verbose=verbose)).split("\n")


def test_guards_stand_between_the_table_and_the_summary() -> None:
    lines = plan_text(a_plan_of(1, guards=GUARDS))
    head = next(number for number, line in enumerate(lines) if line.startswith("STATE"))
    rows = [re.split(r" {2,}", line) for line in lines[head : head + 5]]
    assert [row[:2] for row in rows] == [
        ["STATE", "GUARD"],
        ["ok", "max_starts"],
        ["refuses", "max_contacts"],
        ["overridden", "start_hours"],
        ["not known", "workspace"],
    ]
    assert rows[2][2:] == [
        "at most 900 people",
        "987 people",
        "ringg-runner.yaml:16",
    ]
    assert rows[3][3].endswith("(overridden: agreed with operations for the festival)")
    assert (lines[head - 1], lines[head + 5], lines[head + 6]) == ("", "", "Not checked:")
    assert lines[-1] == "1 to start (120 people)"


def test_a_guard_that_refuses_is_red() -> None:
    coloured = "\n".join(text.of_plan(a_plan_of(1, guards=GUARDS)))
    assert click.style("refuses", fg="red") in coloured
    assert click.style("ok", fg="green") in coloured


def test_what_is_not_known_stops_an_apply_and_is_no_refusal_of_a_plan() -> None:
    assert [check.refuses for check in GUARDS] == [False, True, False, True]
    assert [words.standing_of(check) for check in GUARDS] == [
        *("ok", "refuses", "overridden", "not known"),
    ]


def test_a_plan_that_was_refused_says_so_last() -> None:
    last = plan_text(a_plan_of(1), refused="not approved")[-1]
    assert last == "Refused, so nothing was started: not approved"


def test_the_text_of_a_run_has_every_result_and_the_summary() -> None:
    run = a_run_of(0, 1, 3, stopped=Stop.GUARD, refusal=GUARDS[1])
    lines = run_text(run)
    assert lines[0] == "Apply to production (https://prod-api.ringg.ai/ca/api/v0)"
    assert [line.split()[0] for line in lines[2:6]] == [
        *("OUTCOME", "started", "started", "unresolved"),
    ]
    assert f"Refused: {GUARDS[1]}" in lines
    assert lines[-1] == "2 started (247 people), 1 unresolved"
    assert len(run_text(run, verbose=True)) == len(lines) + 6


def test_the_text_of_a_recalled_run_says_who_tells_of_it() -> None:
    lines = run_text(a_run_of(0, recalled=True))
    assert lines[0] == f"Run {RUN_ID} in production (https://prod-api.ringg.ai/ca/api/v0)"
    assert words.RECALLED in lines


def test_foreign_text_stays_on_its_line() -> None:
    plan = replace(a_plan(a_campaign(file=HOSTILE)), guards=(replace(GUARDS[1], figure=HOSTILE),))
    assert all(line.isprintable() for line in plan_text(plan, refused=HOSTILE, verbose=True))


def test_what_to_do_is_known_for_every_way_a_run_can_stop() -> None:
    assert set(_STOPPED) == set(Stop)


@pytest.mark.parametrize("stop", Stop)
def test_a_run_that_stopped_says_why_and_what_to_do(stop: Stop) -> None:
    (concern,) = of_run(a_run_of(0, stopped=stop))
    assert concern.title.lower() == stop.lower()
    assert concern.todo.endswith(".")


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (a_run_of(0), "1 campaign was started, whose list holds 120 people."),
        (a_run_of(0, 0), "2 campaigns were started, whose lists hold 247 people."),
        (a_run_of(4), "Nothing was started, so nobody is called by this run."),
        (a_run_of(3, 3), "2 campaigns may or may not have started, and nothing else did."),
        (
            a_run_of(0, 3),
            "1 campaign was started, whose list holds 120 people."
            " 1 more may or may not have started.",
        ),
    ],
    ids=["one", "two", "none", "only unresolved", "unresolved too"],
)
def test_what_a_run_came_to_is_a_sentence(run: Run, told: str) -> None:
    assert words.meaning_of_run(run) == told


def test_what_is_not_known_of_people_is_not_made_up() -> None:
    plans = [a_plan_of(count, counted=False) for count in (1, 2)]
    assert [
        words.meaning_of_plan(plan, refused=False).partition("would ")[2] for plan in plans
    ] == [
        "start 1 campaign, whose list holds a number of people that is not known here.",
        "start 2 campaigns, whose lists hold a number of people that is not known here.",
    ]


@pytest.mark.parametrize(
    ("guards", "told"),
    [
        (GUARDS[:1], "An apply would start 2 campaigns, whose lists hold 247 people."),
        (GUARDS[2:], "An apply would start 2 campaigns, whose lists hold 247 people."),
        (
            GUARDS,
            "An apply would be refused by the guard max_contacts, and start nothing. Without that"
            " it would start 2 campaigns, whose lists hold 247 people.",
        ),
        (
            GUARDS[1:2] * 2,
            "An apply would be refused by 2 guards, and start nothing. Without that"
            " it would start 2 campaigns, whose lists hold 247 people.",
        ),
    ],
    ids=["passes", "overridden and not known", "one refuses", "two refuse"],
)
def test_a_plan_that_a_guard_refuses_starts_nothing_and_says_so(
    guards: tuple[GuardCheck, ...], told: str
) -> None:
    plan = a_plan_of(2, guards=guards)
    preview = "This is a preview: nothing was started."
    assert words.meaning_of_plan(plan, refused=False) == f"{preview} {told}"
    refused = "start nothing" in told
    assert words.headline_of_plan(plan).startswith("An apply would be refused: ") is refused


def test_whoever_approves_is_told_how_many_start_whom_they_call_and_which_are_new() -> None:
    first, second, new = text.of_starts(a_plan_of(12))
    assert first.startswith("12 campaigns start in production (https://")
    assert second.startswith("People who are called: 1,")
    assert new.startswith("New here: ")
    assert new.endswith(", and 2 more.")
    first, second, _ = text.of_starts(a_plan_of(1, counted=False))
    assert first.startswith("1 campaign starts in production")
    assert second == "People who are called: how many is not known."


def test_one_person_is_one() -> None:
    run = a_run_of(0)
    (result,) = run.results
    told = words.meaning_of_run(replace(run, results=(replace(result, people=1),)))
    assert told.endswith("whose list holds 1 person.")


def test_a_run_ends_where_it_is_told_to() -> None:
    run = Run("run-1", an_environment(), NOW, NOW, ())
    assert dict(words.facts_of_run(run)) == {
        "Environment": "production",
        "API": "https://api.example.com/v0",
        "Run": "run-1",
        "From": "2026-12-01T04:00:00Z",
        "To": "2026-12-01T04:00:00Z",
    }
    assert [outcome for outcome, _ in words.parts_of_run(run)] == [Outcome.STARTED]
