"""Where the key and the webhooks may travel to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.authoring.urls import base_url_problem, callback_url_problem

SAFE = [
    "https://api.example.com",
    "https://api.example.com:8443/ca/api/v0",
    "https://xn--bcher-kva.example/",
    "https://[2001:db8::1]/v0",
    "http://localhost:8080/v0",
    "http://sandbox.localhost/v0",
    "http://127.0.0.1:8080",
    "http://127.8.9.1",
    "http://[::1]:8080/v0",
]
REFUSED = [
    ("http://api.example.com", "is not an https URL"),
    ("http://10.0.0.1", "is not an https URL"),
    ("http://localhost.example.com", "is not an https URL"),
    ("http://127.0.0.1.example.com", "is not an https URL"),
    ("http://0.0.0.0", "is not an https URL"),
    ("ftp://localhost", "is not an https URL"),
    ("file:///etc/passwd", "is not an https URL"),
    ("//api.example.com", "is not an https URL"),
    ("api.example.com", "is not an https URL"),
    ("https://", "is not an https URL"),
    ("https:///v0", "is not an https URL"),
    ("", "is not an https URL"),
    ("https://[::1", "is not a URL"),
    ("https://api.example.com:port", "is not a URL"),
    ("https://api.example.com:99999", "is not a URL"),
    ("https://user@api.example.com", "holds a user name or a password"),
    ("https://user:pass@api.example.com", "holds a user name or a password"),
    ("http://localhost@api.example.com", "holds a user name or a password"),
    ("https://api.example.com/a b", "holds white space or control characters"),
    ("https://api.example.com/\n", "holds white space or control characters"),
    ("https://api.example.com/\x00", "holds white space or control characters"),
    ("https://api.example.com/\u200b", "holds white space or control characters"),
]


@pytest.mark.parametrize("url", SAFE)
def test_https_and_loopback_are_fine_for_an_api(url: str) -> None:
    assert base_url_problem(url) is None


@pytest.mark.parametrize(("url", "problem"), REFUSED)
def test_a_url_that_could_give_the_key_away_is_refused(url: str, problem: str) -> None:
    assert base_url_problem(url) == problem


@pytest.mark.parametrize("end", ["?a=b", "?", "#part", "#", "?#"])
def test_a_base_url_ends_before_a_query_or_a_fragment(end: str) -> None:
    assert base_url_problem(f"https://api.example.com/v0{end}") == "has a query or a fragment"


@pytest.mark.parametrize("local", [True, False], ids=["local API", "remote API"])
@pytest.mark.parametrize(("url", "problem"), REFUSED)
def test_a_webhook_is_held_to_the_same_rules(url: str, problem: str, local: bool) -> None:
    assert callback_url_problem(url, local=local) == problem


def test_a_webhook_may_have_a_query() -> None:
    assert callback_url_problem("https://hooks.example.com/?campaign=a", local=False) is None


def test_only_an_api_on_this_machine_may_call_loopback() -> None:
    url = "http://localhost:9000/hook"
    assert callback_url_problem(url, local=True) is None
    assert callback_url_problem(url, local=False) == "is not an https URL"


@given(st.text() | st.text().map("https://{}".format))
def test_no_text_breaks_the_reading_of_urls(url: str) -> None:
    problem = base_url_problem(url)
    assert problem is None or problem.startswith(("has", "holds", "is"))
