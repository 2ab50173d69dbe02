"""What must not be seen is not seen, in whatever form it comes back."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.redaction import (
    HIDDEN,
    Redactor,
    Secret,
    harmless,
    holds_number,
    keepable,
    showable,
    starred,
    without_numbers,
    writable,
)

KEY = 'rg_live_a/b+c"d=42'


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        KEY.upper(),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        json.dumps(KEY)[1:-1],
        KEY.replace('"', "&quot;"),
        base64.b64encode(KEY.encode()).decode(),
        KEY.replace("r", "\\u0072"),
        KEY.replace("r", "\\\\u0072").replace("_", "\\\\u005F"),
        KEY.replace('"', '\\\\"'),
        KEY.replace("l", "\\x6c"),
        "".join(f"&#{ord(character)};" for character in KEY),
        KEY.replace("_", "&#x5F;").replace("l", "&#0108;"),
        "".join(f"%{ord(character):02X}" for character in KEY),
        KEY.replace("/", "\\/"),
    ],
    ids=[
        "plain",
        "upper case",
        "percent",
        "percent in lower case",
        "json",
        "html",
        "base64",
        "a JSON escape",
        "JSON within JSON",
        "a quote within JSON within JSON",
        "bytes as Python shows them",
        "HTML numbers",
        "some HTML numbers",
        "percent throughout",
        "an escaped slash",
    ],
)
def test_a_secret_is_hidden_in_every_form_in_which_it_is_echoed(echo: str) -> None:
    hidden = Redactor.of(KEY).hide(f"<{echo}>")
    assert hidden.rstrip("=>") + ">" == f"<{HIDDEN}>"


def test_a_secret_shows_itself_in_no_repr() -> None:
    assert "rg_live" not in repr(Secret(KEY))
    assert "rg_live" not in f"{Secret(KEY)} {Redactor.of(KEY)!r}"
    assert Secret(KEY).reveal() == KEY


def test_without_secrets_a_text_stays_as_it_is() -> None:
    assert Redactor.of("").hide("all of it") == "all of it"


def test_one_redactor_hides_several_secrets() -> None:
    assert Redactor.of("first").also("second").hide("first, second") == f"{HIDDEN}, {HIDDEN}"


@given(st.text(), st.text(min_size=8), st.text())
def test_a_secret_is_in_no_text_that_was_redacted(before: str, secret: str, after: str) -> None:
    hidden = Redactor.of(secret).hide(before + secret + after)
    assert secret not in hidden.replace(HIDDEN, "")


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\r\nb\x00c", "a b c"),
        ("over\u202ewritten\u2028line", "over written line"),
        ("\x9b2J", "2J"),
        ("  a   b  ", "a b"),
        ("नमस्ते", "नमस्ते"),
        ("half a \ud800 character", "half a character"),
        ("un\u00adseen\U000e0041", "un seen"),
    ],
)
def test_a_foreign_text_becomes_one_line_that_no_terminal_obeys(foreign: str, shown: str) -> None:
    assert showable(foreign) == shown


def test_a_long_text_is_cut_where_it_says_so() -> None:
    assert showable("x" * 10, 5) == "xxxx…"
    assert showable("x" * 5, 5) == "xxxxx"


@given(st.text())
def test_whatever_is_shown_is_one_line_without_control_characters(text: str) -> None:
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in showable(text))
    assert len(showable(text).splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_writable_can_be_encoded_and_keeps_its_line_breaks(text: str) -> None:
    written = writable(text)
    assert len(written) == len(text)
    assert written.encode().decode() == written
    assert [c for c in written if c in "\t\n\r"] == [c for c in text if c in "\t\n\r"]
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in written if c not in "\t\n\r")


@given(st.text(st.characters(exclude_categories=())))
def test_a_harmless_line_has_as_many_characters_and_is_one_line(text: str) -> None:
    line = harmless(text)
    assert len(line) == len(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line if c != "\t")
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("api_key: rg_live_1 # mine", "api_key: ********* # mine"),
        ("  Auth-Token:  'abc'", "  Auth-Token:  '***'"),
        ("{api_key: abc, name: b}", "{api_key: ***, name: b}"),
        ('{"password": "abc"}', '{"password": "***"}'),
        ("ledger: postgresql://joe:abc@db/x", "ledger: postgresql://*******@db/x"),
        ("ledger: postgresql://joe:${env.PW}@db/x", "ledger: postgresql://joe:${env.PW}@db/x"),
        ("api_key: ${env.KEY}", "api_key: ${env.KEY}"),
        ("api_key_env: RINGG_API_KEY", "api_key_env: RINGG_API_KEY"),
        ("callback_url: https://example.com/a?b=c", "callback_url: https://example.com/a?b=c"),
    ],
)
def test_what_looks_like_a_password_is_starred_out_and_nothing_moves(line: str, shown: str) -> None:
    assert starred(line) == shown
    assert len(starred(line)) == len(line)


@pytest.mark.parametrize(
    "number",
    [
        "+919812345678",
        "+91 98123 45678",
        "+91-98123-45678",
        "+1 (555) 123-4567",
        "+1.555.123.4567",
        "+44 20 7946 0958",
        "+12345678",
        "12345678",
        "9812345678",
        "919812345678",
        "00919812345678",
        "98123 45678",
        "98123-45678",
        "(98123) 45678",
        "555-123-4567",
    ],
)
@pytest.mark.parametrize("around", ["{}", "call {}, please", "tel:{}", "?to={}&x=1", "wa.me/{}."])
def test_a_phone_number_is_hidden(number: str, around: str) -> None:
    assert without_numbers(around.format(number)) == around.format(HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "830f767a-397e-4b39-82ff-235cd344e2f9",
        "12345678-1234-1234-1234-123456789012",
        "list-12345678",
        "12345678-list",
        "run_12345678901",
        "a12345678",
        "12345678b",
        "1234567",
        "+123456",
        "started 2026-12-01T04:00:00Z by run",
        "not before 2026-12-01T09:00:00+05:30",
        "from 2026-12-01 to 2026-12-05",
        "2026-12-01 09:30",
        "4,812 people",
        "HTTP 500: 3 of 4",
        "192.168.100.200:8443",
        "1 234 567",
    ],
)
def test_what_is_no_phone_number_stays(text: str) -> None:
    assert without_numbers(text) == text


@given(st.text(st.sampled_from("0123456789 -+().ab[]/")))
def test_a_text_without_numbers_has_none_to_hide(text: str) -> None:
    once = without_numbers(text)
    assert without_numbers(once) == once
    assert without_numbers(f"{text} 9812345678 {text}").count(HIDDEN) > 0


@given(st.text())
def test_what_a_file_keeps_can_be_kept_again(text: str) -> None:
    assert keepable(keepable(text)) == keepable(text)
    assert keepable(text) in (showable(keepable(text)), "")


def test_the_number_of_what_is_excepted_stays() -> None:
    job = "https://ci.example.com/jobs/12345678901"
    assert keepable(f"by {job}\n(12345678901)", but=job) == f"by {job} ([hidden])"
    assert keepable("by 12345678901", but=job) == "by [hidden]"
    assert keepable("by 12345678901", but="") == "by [hidden]"


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        ("https://hooks.example.com/+919812345678", True),
        ("https://hooks.example.com/%2B9198123456", True),
        ("https://hooks.example.com/?to=919812345678&x=1", True),
        ("https://hooks.example.com/9812345678", True),
        ("https://hooks.example.com/20261201", False),
        ("https://hooks.example.com/?run=1234567890123456", False),
        ("https://hooks.example.com/830f767a-397e-4b39-82ff-123456789012", False),
        ("https://hooks.example.com:8443/list-9812345678", False),
    ],
)
def test_a_phone_number_in_a_url_is_found(url: str, holds: bool) -> None:
    assert holds_number(url) is holds
