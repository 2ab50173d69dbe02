"""Whatever a server sends is read, and nothing secret gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.api.answers import MAX_DETAIL, Answer, read_answer
from ringg_runner.redaction import HIDDEN, Redactor

KEY = "rg_live_0123456789"
NOTHING_SECRET = Redactor.of()


def an_answer(body: bytes | str | dict[str, Any] | list[Any], status: int = 400) -> Answer:
    if isinstance(body, dict | list):
        body = json.dumps(body)
    content = body if isinstance(body, bytes) else body.encode()
    return read_answer(status, {}, content, Redactor.of(KEY))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"message": "Number pool not found."}, "Number pool not found."),
        ({"detail": "Number pool not found."}, "Number pool not found."),
        ({"error": "Slow down"}, "Slow down"),
        (
            {"error": {"code": "POOL", "message": "Number pool not found."}},
            "POOL; Number pool not found.",
        ),
        (
            {"detail": [{"loc": ["body", "agent_id"], "msg": "field required"}]},
            "body; agent_id; field required",
        ),
        ({"message": "same", "detail": "same"}, "same"),
        ('"just text"', "just text"),
        ("Number pool not found.", "Number pool not found."),
        (
            "<html><head><style>p {}</style></head><body><h1>502</h1><p>Bad\n gateway</p></body>",
            "502 Bad gateway",
        ),
        ("<HTML><HEAD><TITLE>x</TITLE></HEAD><H1>Down</H1>", "Down"),
        ("Down<!-- why <b>", "Down"),
        ("Down<script>if (a < b) {", "Down"),
        ("<head><title>x</title><body>Down</body>", "Down"),
        ("<head><title>x</title>", ""),
        ("<header>Down</header>", "Down"),
        (b"\xff\xfe broken \x1b[2J", "�� broken [2J"),
        ('{"message": "cut', '{"message": "cut'),
        ("", ""),
        ("   ", ""),
        ("12", ""),
        ("null", ""),
    ],
)
def test_what_the_server_said_is_found_in_any_shape(body: Any, detail: str) -> None:
    assert an_answer(body).detail == detail


def test_a_long_answer_is_cut_for_people_and_kept_for_the_judge() -> None:
    answer = an_answer({"message": "x" * 1000})
    assert len(answer.detail) == MAX_DETAIL
    assert answer.texts == ("x" * 1000,)


def test_the_flags_that_are_set_are_known_by_name_at_any_depth() -> None:
    answer = an_answer({"already_started": True, "more": [{"ok": True, "no": False}], "n": 1})
    assert answer.flags == ("already_started", "ok")
    assert answer.texts == ()


@pytest.mark.parametrize("depth", [100, 5_000, 30_000])
def test_deep_nesting_is_read_as_text_at_worst(depth: int) -> None:
    assert an_answer(b"[" * depth + b'"deep"' + b"]" * depth).detail


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"key {KEY} is wrong"},
        {KEY: {"deep": [KEY]}},
        {"message": KEY.upper()},
        f"plain {KEY}",
        f"<p>{KEY}</p>",
        '{"message": "\\u0072g_live_0123456789"}',
        '{"message": "rg_live_0123456789',
    ],
    ids=["value", "key and depth", "other case", "text", "html", "escaped", "cut"],
)
def test_the_key_gets_through_nowhere(body: Any) -> None:
    answer = an_answer(body)
    everything = f"{answer!r} {answer.data!r} {answer.detail}"
    assert KEY.lower() not in everything.lower()
    assert HIDDEN in everything


def test_the_key_gets_through_no_header() -> None:
    answer = read_answer(429, {"retry-after": KEY}, b"", Redactor.of(KEY))
    assert answer.retry_after == HIDDEN


@given(st.binary())
def test_any_bytes_are_read(body: bytes) -> None:
    assert read_answer(400, {}, body, NOTHING_SECRET).status == 400


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(_JSON)
def test_json_is_read_as_json(data: Any) -> None:
    answer = read_answer(200, {}, json.dumps(data).encode(), NOTHING_SECRET)
    assert answer.data == data
