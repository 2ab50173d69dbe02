"""Campaigns and start requests cannot be built wrong."""

from typing import Any

import pytest
from build import BASE_URL, a_campaign, a_request

from ringg_runner.campaigns import digest_of, is_id
from ringg_runner.redaction import HIDDEN

NO_IDS = ["", " ", "a b", "a\n", "\ta", "a\x00", "a\x1bb", "a\x7f", "a\x85", "a\u2028b", "a\ud800"]


@pytest.mark.parametrize("text", ["a", "123e4567-e89b-12d3-a456-426614174000", "pool-uuid-here"])
def test_an_id_is_any_word(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", NO_IDS, ids=ascii)
def test_white_space_and_control_characters_make_no_id(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize("text", NO_IDS, ids=ascii)
@pytest.mark.parametrize("field", ["agent_id", "list_id", "number_pool_id"])
def test_a_request_without_a_real_id_cannot_be_built(field: str, text: str) -> None:
    with pytest.raises(ValueError, match="needs ids"):
        a_request(**{field: text})


def test_a_request_with_a_broken_user_id_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="needs ids"):
        a_request(email_completion_user_ids=("user-1", "a b"))


def test_the_body_leaves_out_what_is_unset() -> None:
    request = a_request()
    assert request.body == {
        "agent_id": "agent-1",
        "list_id": "list-1",
        "number_pool_id": "pool-1",
    }
    assert request.url == f"{BASE_URL}/campaign/v2/start"


def test_the_body_holds_what_is_set_in_the_documented_order() -> None:
    request = a_request(
        callback_url="https://hooks.example.com", email_completion_user_ids=("user-1", "user-2")
    )
    assert list(request.body.items())[3:] == [
        ("callback_url", "https://hooks.example.com"),
        ("email_completion_user_ids", ["user-1", "user-2"]),
    ]


def test_a_private_callback_is_sent_and_not_shown() -> None:
    request = a_request(callback_url="https://hooks.example.com/s3cret", private=True)
    assert request.body["callback_url"] == "https://hooks.example.com/s3cret"
    assert request.shown_body == request.body | {"callback_url": HIDDEN}


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"callback_url": "https://hooks.example.com"}, "https://hooks.example.com"),
        ({"callback_url": "https://a.example", "private": True}, digest_of("https://a.example")),
        (
            {"callback_url": "https://a.example/+919812345678"},
            digest_of("https://a.example/+919812345678"),
        ),
        ({"callback_url": digest_of("a"), "private": True}, digest_of("a")),
        ({"private": True}, None),
    ],
    ids=["plain", "private", "phone number", "digest", "none"],
)
def test_a_body_is_kept_without_what_may_not_be_kept(
    fields: dict[str, Any], kept: str | None
) -> None:
    assert a_request(**fields).kept_body.get("callback_url") == kept


def test_a_request_that_is_not_private_is_shown_as_it_is() -> None:
    request = a_request(callback_url="https://hooks.example.com")
    assert request.shown_body == request.body


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({}, ("agent-1", "list-1", "pool-1")),
        (
            {"callback_url": "https://a.example", "email_completion_user_ids": ("u",)},
            ("https://a.example", "agent-1", "list-1", "pool-1", "u"),
        ),
        ({"agent_id": "same", "list_id": "same"}, ("pool-1", "same")),
    ],
    ids=["ids", "all", "each once"],
)
def test_the_values_of_a_request_come_longest_first(
    fields: dict[str, Any], values: tuple[str, ...]
) -> None:
    assert a_request(**fields).values == values


def test_a_campaign_is_known_by_its_list() -> None:
    assert a_campaign(list_id="list-7").list_id == "list-7"
