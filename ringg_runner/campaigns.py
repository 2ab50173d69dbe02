"""A campaign, resolved: what the rest of the program knows of a manifest, and its start request.

Values only. Neither can be built wrong: what reaches the wire has passed through here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NewType

from ringg_runner.redaction import HIDDEN, holds_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

ListId = NewType("ListId", str)
"""The id of an uploaded contact list; it identifies the campaign at the API."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# A lone surrogate, as in a variable that is not UTF-8, cannot be sent.
_ID = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def is_id(text: str) -> bool:
    """Tell whether a text can be an id: not empty, without white space or control characters.

    The vendor's own example of a pool's id is no UUID, so nothing more can be asked.
    """
    return _ID.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Tell whether a text is one that `digest_of` returns."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(text: str) -> str:
    """Return what a text is recognised by, where it may not or need not be kept itself."""
    # Few commands need a digest, and openssl takes its time to load.
    import hashlib

    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """`POST /campaign/v2/start`, as the API documents it; what is unset is left out of the body."""

    base_url: str
    agent_id: str
    list_id: ListId
    number_pool_id: str
    callback_url: str | None = None
    email_completion_user_ids: tuple[str, ...] = ()
    private: bool = False
    """Whether the callback URL holds something that no text may show."""

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what must never be sent."""
        ids = (self.agent_id, self.list_id, self.number_pool_id, *self.email_completion_user_ids)
        if not all(map(is_id, ids)):
            raise ValueError("a start request needs ids without white space")

    @property
    def url(self) -> str:
        """Where the request goes."""
        return f"{self.base_url}/campaign/v2/start"

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body, in the order in which the API documents its fields."""
        body: dict[str, Any] = {
            "agent_id": self.agent_id,
            "list_id": self.list_id,
            "number_pool_id": self.number_pool_id,
        }
        if self.callback_url is not None:
            body["callback_url"] = self.callback_url
        if self.email_completion_user_ids:
            body["email_completion_user_ids"] = list(self.email_completion_user_ids)
        return body

    @property
    def shown_body(self) -> dict[str, Any]:
        """The body as people may see it."""
        return self.body | ({"callback_url": HIDDEN} if self.private else {})

    @property
    def kept_body(self) -> dict[str, Any]:
        """The body as it may be kept, and compared: a private callback URL as its digest.

        So is one with a phone number in it.
        """
        url = self.callback_url
        if url is None or is_digest(url) or not (self.private or holds_number(url)):
            return self.body
        return self.body | {"callback_url": digest_of(url)}

    @classmethod
    def of_kept(cls, base_url: str, body: Mapping[str, Any]) -> StartRequest:
        """Return the request that a kept body stands for, to be compared and shown.

        Raises KeyError, TypeError and ValueError for what is no such body.
        """
        callback_url = body.get("callback_url")
        return cls(
            base_url,
            body["agent_id"],
            ListId(body["list_id"]),
            body["number_pool_id"],
            callback_url,
            tuple(body.get("email_completion_user_ids", ())),
            private=callback_url is not None and is_digest(callback_url),
        )

    @property
    def values(self) -> tuple[str, ...]:
        """Every text in the body, the longest first: what an echo of it could hold."""
        texts = (self.agent_id, self.list_id, self.number_pool_id, self.callback_url or "")
        given = {text for text in (*texts, *self.email_completion_user_ids) if text}
        return tuple(sorted(given, key=lambda text: (-len(text), text)))


@dataclass(frozen=True, slots=True)
class Window:
    """When a campaign may be started; an end that is None is open."""

    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A manifest whose references are resolved for one environment.

    One that the ledger alone tells of has no manifest: its file is empty, and its line 0.
    """

    name: str
    file: str
    line: int
    request: StartRequest
    labels: Mapping[str, str]
    enabled: bool
    window: Window

    @property
    def list_id(self) -> ListId:
        """The list that the campaign calls."""
        return self.request.list_id

    @property
    def place(self) -> str:
        """Where it is written, as `file:line`; `-` where there is no manifest."""
        return f"{self.file}:{self.line}" if self.file else "-"


def in_order(campaigns: Iterable[Campaign]) -> list[Campaign]:
    """Return campaigns in the order of their manifests: by file, then by line."""
    return sorted(campaigns, key=lambda campaign: (campaign.file, campaign.line))
