"""A saved plan reads back as it was, and not at all where anything about it was changed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from build import NOW, a_campaign, a_request
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from plans import SECRET_URL, a_full_plan, an_entry, planned, saved, some_plans

from ringg_runner.api.server_list import Listing, Row, Unreadable
from ringg_runner.authoring import schemas
from ringg_runner.campaigns import ListId
from ringg_runner.errors import PlanFileError
from ringg_runner.guards import Guard, GuardCheck
from ringg_runner.planner import Action, Plan
from ringg_runner.redaction import Redactor
from ringg_runner.report import documents
from ringg_runner.reviewed import SavedPlan, hold_to
from ringg_runner.saved import reading, rebuilding, sealing

Path: TypeAlias = tuple[str | int, ...]
Document: TypeAlias = dict[str, Any]

FULL = a_full_plan()
TEXT = sealing.text_of(saved(FULL))
DATA = TEXT.encode()
SMALL = sealing.text_of(saved(planned(a_campaign()))).encode()


def read(text: str | bytes) -> SavedPlan:
    return reading.read(text if isinstance(text, bytes) else text.encode(), "plan.json")


def refused(text: str | bytes) -> str:
    """Why this text is refused."""
    with pytest.raises(PlanFileError) as failure:
        read(text)
    assert failure.value.exit_code == 3
    assert failure.value.hint == "make the plan again: ringg-runner plan -o plan.json"
    assert str(failure.value).startswith("plan.json ")
    return str(failure.value).removeprefix("plan.json ")


def starts_of(plan: Plan) -> list[tuple[str, Document]]:
    return [
        (planned.campaign.name, planned.campaign.request.kept_body)
        for planned in plan.starts
        if planned.action is Action.START
    ]


# Reading back


def test_a_saved_plan_is_the_document_of_the_plan_with_its_seal() -> None:
    document = json.loads(TEXT)
    assert list(document) == list(schemas.load("plan")["properties"])
    seal = document.pop("saved")
    assert document == documents.of_plan(FULL)
    assert seal == {
        "made_at": "2026-12-01T04:00:00Z",
        "version": "0.1.0",
        "seal": read(TEXT).seal,
    }
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", seal["seal"])


@given(some_plans(st.text()))
def test_what_is_saved_reads_back_as_the_same_text_and_the_same_digest(plan: Plan) -> None:
    text = sealing.text_of(saved(plan))
    back = read(text)
    assert sealing.text_of(back) == text
    assert (back.plan.digest, back.plan.summary) == (plan.digest, plan.summary)
    assert (back.made_at, back.version) == (NOW, "0.1.0")
    Draft7Validator(schemas.load("plan")).validate(json.loads(text))


@given(some_plans(st.text()))
def test_where_nothing_moved_a_plan_held_to_its_saved_self_is_the_same(plan: Plan) -> None:
    back = read(sealing.text_of(saved(plan)))
    assert hold_to(plan, back.plan) == plan


def test_two_plans_saved_at_different_moments_have_different_seals() -> None:
    later = sealing.seal(FULL, NOW.replace(minute=1), "0.1.0", Redactor.of())
    assert later.seal != saved(FULL).seal


# What a file may keep


NUMBER = "+91 98123 45678"


def with_texts(text: str) -> Plan:
    """A plan in which everything that a manifest does not say is this text."""
    told = planned(
        a_campaign(name="a", list_id="list-a", file="campaigns/a.yaml"),
        a_campaign(name="b", list_id="list-b", file="campaigns/b.yaml"),
        known={ListId("list-a"): an_entry("list-a", evidence="person", reason=text)},
        view=Listing({ListId("list-b"): Row(ListId("list-b"), text)}),
    )
    unread = planned(a_campaign(), view=Unreadable(text)).not_checked
    guard = GuardCheck(Guard.HOLD, False, text, text, text, overridden=text)
    return replace(told, guards=(guard,), not_checked=unread)


@pytest.mark.parametrize(
    "secret",
    [NUMBER, "919812345678", "rg_live_0123456789abcdef", "the very key"],
    ids=["number", "digits", "shape of a key", "key"],
)
def test_neither_a_key_nor_a_phone_number_gets_into_a_file_by_what_others_said(secret: str) -> None:
    text = sealing.text_of(saved(with_texts(f"call {secret} first"), "the very key"))
    assert text.count("call [hidden] first") == 8
    assert secret not in text


def test_what_is_kept_is_one_line_that_no_terminal_obeys() -> None:
    text = sealing.text_of(saved(with_texts("a\x1b[31m\nb\u202e")))
    assert "a [31m b" in text
    assert not any(sign in text for sign in ("\\u001b", "\u202e", "\\n"))


def test_the_job_that_a_reason_names_can_still_be_found() -> None:
    job = "https://ci.example.com/jobs/12345678901"
    entry = an_entry("list-1", reason="call 12345678901")
    entry = replace(entry, run=replace(entry.run, job_url=job), evidence="person")
    (start,) = saved(planned(a_campaign(), known={ListId("list-1"): entry})).plan.starts
    assert job in start.reason
    assert start.reason.endswith("call [hidden]")


def test_a_private_url_is_kept_as_its_digest() -> None:
    assert SECRET_URL not in TEXT


@pytest.mark.parametrize("number", ["+919812345678", "%2B919812345678", "?to=919812345678"])
def test_a_url_with_a_phone_number_is_kept_as_its_digest(number: str) -> None:
    request = a_request(callback_url=f"https://hooks.example.com/{number}")
    plan = planned(a_campaign(request=request))
    text = sealing.text_of(saved(plan))
    assert "9812345678" not in text
    assert hold_to(plan, read(text).plan) == plan


def test_a_manifest_that_holds_the_key_is_not_saved() -> None:
    plan = planned(a_campaign(request=a_request(agent_id="my-very-key")))
    with pytest.raises(PlanFileError, match="holds the API key") as failure:
        saved(plan, "my-very-key")
    assert "my-very-key" not in f"{failure.value} {failure.value.hint}"


def test_a_file_whose_name_is_no_text_cannot_be_in_a_saved_plan() -> None:
    plan = planned(a_campaign(file="campaigns/\udcff.yaml"))
    with pytest.raises(PlanFileError, match="not UTF-8"):
        saved(plan)


# Whatever is changed


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_a_file_with_any_byte_changed_is_refused(mask: int) -> None:
    for place in range(len(SMALL)):
        changed = bytearray(SMALL)
        changed[place] ^= mask
        refused(bytes(changed))


def test_a_file_with_any_byte_less_or_more_is_refused() -> None:
    for place in range(len(SMALL)):
        refused(SMALL[:place] + SMALL[place + 1 :])
        refused(SMALL[:place] + b" " + SMALL[place:])
    refused(SMALL + b"\n")


def test_a_file_that_was_cut_anywhere_is_refused() -> None:
    for length in range(len(SMALL)):
        refused(SMALL[:length])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: f"\ufeff{text}", "is not JSON"),
        (lambda text: text.replace("\n", "\r\n"), "its text is not what ringg-runner writes"),
        (lambda text: text.rstrip("\n"), "its text is not what ringg-runner writes"),
        (lambda text: json.dumps(json.loads(text)), "its text is not what ringg-runner writes"),
        (
            lambda text: text.replace('"kind"', '"kind": "plan",\n  "kind"'),
            "its text is not what ringg-runner writes",
        ),
        (
            lambda text: text.replace("production", "\\u0070roduction"),
            "its text is not what ringg-runner writes",
        ),
    ],
    ids=["byte order mark", "line ends", "no last line end", "compact", "duplicate", "escape"],
)
def test_a_file_in_another_text_is_refused_though_it_says_the_same(change: Any, why: str) -> None:
    assert why in refused(change(TEXT))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"kind": "plan", "guards": ' + b"[" * 500 + b"]" * 500 + b"}", "has no seal"),
        (
            b'{"kind": "plan", "saved": {}, "guards": ' + b"[" * 500 + b"]" * 500 + b"}",
            "does not have the shape of a plan: $",
        ),
        (b'{"kind": "\\ud800"}', "is not JSON"),
        (b'{"people": NaN}', "is not JSON"),
        (b'{"people": 1.0}', "is not JSON"),
        (b'{"people": ' + b"1" * 5_000 + b"}", "is not JSON"),
        (b"[]", "is not a plan"),
        (b'"plan"', "is not a plan"),
        (b'{"kind": "run"}', "is not a plan"),
        (b'{"kind": "plan", "version": 2}', "has version 2 of plans, and only 1 is known"),
        (documents.encode(documents.of_plan(FULL)).encode(), "it has no seal"),
        (b'{"kind": "plan", "version": 1, "saved": {}}', "does not have the shape of a plan: $"),
    ],
)
def test_what_is_no_saved_plan_is_refused_by_what_it_is(data: bytes, why: str) -> None:
    assert why in refused(data)


@given(st.binary())
def test_no_bytes_are_a_saved_plan_by_chance(data: bytes) -> None:
    refused(data)


# Every field, by somebody who knows how the seal is made


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to everything in a document that holds nothing more."""
    if not isinstance(value, dict | list) or not value:
        yield path
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield from leaves(item, (*path, key))


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def changed(path: Path, value: Any) -> Document:
    document: Document = copy.deepcopy(json.loads(TEXT))
    at(document, path[:-1])[path[-1]] = value
    return document


def others(path: Path, value: Any) -> list[Any]:
    """What could stand in a leaf instead: of another kind, and of the same."""
    values: list[Any] = [None, True, False, 0, -1, 7, "", "x", [], {}, "draft"]
    values += [
        *map(str, Action),
        "started",
        "server_list",
        "ledger",
        "person",
        "not_started",
        "claimed",
    ]
    if isinstance(value, str):
        values += [f"{value}x", value[:-1], f"{value} ", value.upper(), value.replace("a", "b")]
        values += [re.sub(r"[0-9]", "1", value), re.sub(r"[0-9]", "٣", value)]
    if isinstance(value, int):
        values += [value + 1, float(value)]
    return [each for each in values if (type(each), each) != (type(value), value)]


DOCUMENT = json.loads(TEXT)
LEAVES = [path for path in leaves(DOCUMENT) if path != ("saved", "seal")]
CHANGES = [(path, other) for path in LEAVES for other in others(path, at(DOCUMENT, path))]


def resealed(document: Document) -> str:
    document["saved"]["seal"] = sealing.seal_of(document)
    return sealing.encode(document)


def forged(document: Document) -> str | None:
    """The text of a document in which all follows from the change; None where nothing can."""
    try:
        made = rebuilding.saved_plan(document)
        again = sealing.seal(made.plan, made.made_at, made.version, Redactor.of())
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return sealing.text_of(again)


def test_the_tampering_reaches_every_key_of_the_schema() -> None:
    named = {key for path in LEAVES for key in path if isinstance(key, str)}
    plan = schemas.load("plan")
    campaign = plan["properties"]["campaigns"]["items"]["properties"]
    groups = [plan["properties"], campaign, plan["definitions"]["guard"]["properties"]]
    groups += [campaign["request"]["properties"], campaign["request"]["properties"]["body"]]
    assert {*plan["properties"], *campaign, *groups[2]} <= named
    assert {*campaign["request"]["properties"]["body"]["properties"]} <= named
    assert {*campaign["ledger"]["properties"], *campaign["server"]["properties"]} <= named


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_a_changed_field_under_the_old_seal_is_refused(path: Path) -> None:
    for other in others(path, at(DOCUMENT, path)):
        refused(sealing.encode(changed(path, other)))


def test_a_changed_seal_is_refused() -> None:
    seal = DOCUMENT["saved"]["seal"]
    for other in ("", seal[:-1], seal.upper(), f"sha256:{'0' * 64}", None):
        refused(sealing.encode(changed(("saved", "seal"), other)))


def test_a_key_in_another_place_is_refused_under_a_new_seal_too() -> None:
    document = json.loads(TEXT)
    document["version"] = document.pop("version")
    assert "another order" in refused(resealed(document))


def test_any_key_left_out_is_refused_under_a_new_seal_too() -> None:
    for path in LEAVES:
        if isinstance(path[-1], str):
            document = json.loads(TEXT)
            del at(document, path[:-1])[path[-1]]
            assert path[-1] in ("callback_url",) or refused(resealed(document))


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("digest",), f"sha256:{'0' * 64}", "its digest is not what follows from the rest"),
        (("summary", "start"), 3, "its summary is not what follows"),
        (("people",), 7, "its people is not what follows"),
        (("campaigns", 0, "name"), "z", "its digest is not what follows"),
        (("campaigns", 0, "request", "url"), "https://evil.example.com", "its campaigns is not"),
        (("campaigns", 0, "list_id"), "list-z", "its campaigns is not"),
        (("campaigns", 0, "name"), "b", "two campaigns have one name"),
        (("campaigns", 0, "request", "body", "list_id"), "list-b", "two campaigns have one list"),
        (("campaigns", 0, "file"), "campaigns/z.yaml", "not in the order of their manifests"),
        (("campaigns", 0, "file"), "campaigns/0.yaml", "the manifest of a has no digest"),
        (("campaigns", 0, "evidence"), "ledger", "evidence of a does not belong to a start"),
        (("campaigns", 2, "evidence"), None, "evidence of c does not belong to a skip"),
        (("read", "ledger"), False, "it says how b stood, and that nobody looked"),
        (("read", "server"), False, "it says how a stood, and that nobody looked"),
        (("manifests", 0, "file"), "campaigns/z.yaml", "manifests are not in their order"),
        (("campaigns", 0, "request", "body", "agent_id"), "a b", "ids without white space"),
        (("campaigns", 1, "ledger", "since"), "2026-02-30T00:00:00Z", "a moment in it is none"),
        (("saved", "made_at"), "2026-13-01T00:00:00Z", "a moment in it is none"),
        (("campaigns", 0, "line"), 0, "shape of a plan: $.campaigns[0].line"),
    ],
)
def test_a_contradiction_is_refused_by_its_name_under_a_new_seal(
    path: Path, value: Any, why: str
) -> None:
    assert why in refused(resealed(changed(path, value)))


NOT_COMPARED = {"reason", "not_checked", "guards", "version", "read"}
"""What tells people something, and what is looked at anew in any case."""


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_a_changed_field_under_a_new_seal_starts_nothing_that_the_manifests_do_not(
    path: Path,
) -> None:
    for other in others(path, at(DOCUMENT, path)):
        for text in (resealed(changed(path, other)), forged(changed(path, other))):
            if text is None:
                continue
            try:
                found = read(text)
            except PlanFileError:
                continue
            told = hold_to(FULL, found.plan)
            assert [start for start in starts_of(told) if start not in starts_of(FULL)] == []
            compared = text != TEXT and NOT_COMPARED.isdisjoint(path) and path[0] != "saved"
            # What was not to start can be forged to anything: it does not start by that.
            if compared and path[:2] in (("campaigns", 0), ("campaigns", 1)):
                held = told.starts[int(path[1])]
                assert (held.action, bool(held.reason)) == (Action.HOLD, True), other
            if compared and path[0] in ("environment", "base_url"):
                assert starts_of(told) == []


def test_a_start_forged_out_of_a_hold_or_a_skip_is_held_and_told() -> None:
    for place, name in ((2, "c"), (3, "d"), (4, "e")):
        document = changed(("campaigns", place, "action"), "start")
        document["campaigns"][place]["evidence"] = None
        text = forged(document)
        assert text is not None
        told = hold_to(FULL, read(text).plan)
        assert name not in dict(starts_of(told))
