"""The JSON documents: in the shape of their schemas, and the same bytes for the same input."""

import copy
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from build import NOW, a_campaign, a_finding, a_plan, a_request, an_environment
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, ValidationError

from ringg_runner.api.server_list import Listing, Row
from ringg_runner.api.verdict import Verdict
from ringg_runner.authoring import schemas
from ringg_runner.campaigns import Campaign
from ringg_runner.diagnostics import Position, Severity
from ringg_runner.pipeline import Checked
from ringg_runner.report import documents
from ringg_runner.runs import Attempt, Evidence, Outcome, Result, Run
from ringg_runner.selecting import Selected
from ringg_runner.waiting import End, Seen, Waited, Waiting

FULL = a_campaign(
    name="b",
    line=9,
    request=a_request(
        list_id="list-2",
        callback_url="https://hooks.example.com/é",
        email_completion_user_ids=("user-1",),
    ),
)
SELECTED = Selected(2, 40, ("team=growth", "name b or d*"))


def plan_of(*campaigns: Campaign) -> dict[str, Any]:
    return documents.of_plan(replace(a_plan(*campaigns), selected=SELECTED))


PLAN = plan_of(a_campaign(enabled=False), FULL)
CHECK = documents.of_check(
    Checked(
        files=("campaigns/a.yaml", "campaigns/b.yaml"),
        manifests=1,
        findings=(
            a_finding(position=Position(4, 11), end=Position(4, 28), hint="mend it"),
            a_finding(severity=Severity.WARNING),
        ),
    )
)
RUN = documents.of_run(
    Run(
        run_id="run-1",
        environment=an_environment(),
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=2),
        results=(
            Result(
                FULL,
                Outcome.STARTED,
                "the API answered",
                Evidence.ANSWER,
                has_ongoing_calls=True,
                attempts=(Attempt(1, NOW, 0.25, 200, next(iter(Verdict)), "ok"),),
            ),
            Result(
                a_campaign(),
                Outcome.UNRESOLVED,
                "no answer",
                attempts=(Attempt(1, NOW, 30.0, None, next(iter(Verdict)), "lost"),),
            ),
        ),
        selected=SELECTED,
        waited=Waited(
            Waiting((Seen(FULL), Seen(a_campaign(), awaited=False))).after(
                Listing({FULL.list_id: Row(FULL.list_id, "ongoing", people=7)}), NOW
            ),
            End.LIMIT,
            seconds=60.0004,
            limit=60,
        ),
    )
)
DOCUMENTS = {"plan": PLAN, "diagnostics": CHECK, "run": RUN}
EMPTY = {
    "plan": documents.of_plan(replace(a_plan(), starts=())),
    "diagnostics": documents.of_check(Checked((), 0, ())),
    "run": documents.of_run(Run("run-1", an_environment(), NOW, NOW, ())),
}


def validate(document: dict[str, Any], name: str) -> None:
    Draft7Validator(schemas.load(name)).validate(document)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_the_shape_of_its_schema(name: str) -> None:
    validate(DOCUMENTS[name], name)
    assert (DOCUMENTS[name]["version"], DOCUMENTS[name]["kind"]) == (1, name)


@pytest.mark.parametrize("name", EMPTY)
def test_a_document_of_nothing_has_the_shape_of_its_schema(name: str) -> None:
    validate(EMPTY[name], name)


def objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(inner for item in value.values() for inner in objects(item))]
    if isinstance(value, list):
        return [inner for item in value for inner in objects(item)]
    return []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_refuses_a_key_more_anywhere(name: str) -> None:
    for index in range(len(objects(DOCUMENTS[name]))):
        document = copy.deepcopy(DOCUMENTS[name])
        objects(document)[index]["surplus"] = 1
        with pytest.raises(ValidationError, match="surplus"):
            validate(document, name)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_refuses_a_key_less_anywhere_but_in_a_request(name: str) -> None:
    optional = {"callback_url", "email_completion_user_ids"}
    for index, whole in enumerate(objects(DOCUMENTS[name])):
        for key in whole.keys() - optional:
            document = copy.deepcopy(DOCUMENTS[name])
            del objects(document)[index][key]
            with pytest.raises(ValidationError, match=key):
                validate(document, name)


def test_a_plan_is_written_as_it_is_reviewed() -> None:
    digest = PLAN["digest"]
    assert {
        "version": 1,
        "kind": "plan",
        "environment": "production",
        "base_url": "https://api.example.com/v0",
        "selected": {"count": 2, "of": 40, "by": ["team=growth", "name b or d*"]},
        "digest": digest,
        "summary": {"start": 1, "skip": 0, "hold": 1},
        "people": None,
        "read": {"ledger": False, "server": False},
        "not_checked": [
            "agent id, list id, pool id: whether they exist; the API says so when asked to start",
            "the ledger: what was started before",
            "the server's list of campaigns: what has started already",
        ],
        "guards": [],
        "manifests": [],
        "campaigns": [
            {
                "name": "diwali-renewals",
                "file": "campaigns/a.yaml",
                "line": 1,
                "list_id": "list-1",
                "action": "hold",
                "evidence": None,
                "reason": "enabled: false",
                "people": None,
                "ledger": None,
                "server": None,
                "request": {
                    "method": "POST",
                    "url": "https://api.example.com/v0/campaign/v2/start",
                    "body": {
                        "agent_id": "agent-1",
                        "list_id": "list-1",
                        "number_pool_id": "pool-1",
                    },
                },
            },
            {
                "name": "b",
                "file": "campaigns/a.yaml",
                "line": 9,
                "list_id": "list-2",
                "action": "start",
                "evidence": None,
                "reason": "the API will say if it already started",
                "people": None,
                "ledger": None,
                "server": None,
                "request": {
                    "method": "POST",
                    "url": "https://api.example.com/v0/campaign/v2/start",
                    "body": {
                        "agent_id": "agent-1",
                        "list_id": "list-2",
                        "number_pool_id": "pool-1",
                        "callback_url": "https://hooks.example.com/é",
                        "email_completion_user_ids": ["user-1"],
                    },
                },
            },
        ],
    } == PLAN


def test_a_check_is_written_with_every_finding() -> None:
    assert CHECK == {
        "version": 1,
        "kind": "diagnostics",
        "files": 2,
        "manifests": 1,
        "errors": 1,
        "warnings": 1,
        "diagnostics": [
            {
                "file": "campaigns/a.yaml",
                "line": 4,
                "column": 11,
                "end": {"line": 4, "column": 28},
                "severity": "error",
                "rule": "a-rule",
                "message": "it is wrong",
                "hint": "mend it",
            },
            {
                "file": "campaigns/a.yaml",
                "line": 1,
                "column": 1,
                "end": None,
                "severity": "warning",
                "rule": "a-rule",
                "message": "it is wrong",
                "hint": None,
            },
        ],
    }


def test_a_run_is_written_with_every_attempt_and_its_moments_in_utc() -> None:
    assert (RUN["started_at"], RUN["finished_at"]) == (
        "2026-12-01T04:00:00Z",
        "2026-12-01T04:00:02Z",
    )
    assert RUN["exit_code"] == 6
    assert RUN["selected"] == PLAN["selected"]
    assert [result["evidence"] for result in RUN["campaigns"]] == ["answer", None]
    assert [result["attempts"][0]["status"] for result in RUN["campaigns"]] == [200, None]


def test_a_run_is_written_with_what_waiting_for_it_came_to() -> None:
    waited = RUN["waited"]
    assert (waited["end"], waited["over"], waited["seconds"]) == ("limit", False, 60.0)
    assert waited["counts"] == {"completed": 0, "ended": 0, "live": 1, "unknown": 0}
    live, unresolved = waited["campaigns"]
    assert (live["name"], live["server"]) == ("b", {"status": "ongoing", "people": 7})
    assert (live["since"], live["over"]) == ("2026-12-01T04:00:00Z", False)
    assert (unresolved["server"], unresolved["over"]) == (None, None)
    assert EMPTY["run"]["waited"] is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_written_in_the_order_of_its_schema(name: str) -> None:
    document = DOCUMENTS[name]
    ordered = [key for key in schemas.load(name)["properties"] if key in document]
    assert list(document) == ordered


def test_a_document_is_encoded_as_readable_json() -> None:
    assert documents.encode({"b": "é", "a": [1]}) == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}'


def test_the_same_plan_is_the_same_bytes() -> None:
    campaigns = [a_campaign(enabled=False), FULL]
    texts = {documents.encode(plan_of(*order)) for order in (campaigns, campaigns[::-1])}
    assert texts == {documents.encode(PLAN)}


@given(st.text(), st.text())
def test_whatever_a_finding_says_the_document_reads_back(file: str, message: str) -> None:
    document = documents.of_check(Checked((file,), 0, (a_finding(file=file, message=message),)))
    assert json.loads(documents.encode(document)) == document
    validate(document, "diagnostics")
