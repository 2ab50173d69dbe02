"""Keeps secrets out of every text: the key is never shown, whoever echoes it.

Everything that comes from a server, or from a library that saw the key, passes through here
before anything else may look at it.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "[hidden]"
SHORTEST = 4
"""Below so many characters a text is no secret, and hiding it would garble every other word."""

KEY = re.compile(r"\b(?:rg|ringg)_live_(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{8,}")
"""The shape of Ringg's API keys, by its documentation; others are a UUID, as every id is one.

A digit is asked for, so that no variable's name is taken for a key.
"""

# C0, DEL and C1, the marks that reorder text, and the separators that terminals take for new lines.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that no output may hold; only `reveal` gives it away."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself, for the one header that needs it."""
        return self._value


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces secrets in a text, in the forms in which a server or a proxy echoes them."""

    _secrets: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, *secrets: str) -> Redactor:
        """Return a redactor for these secrets; what is too short to be one is passed over."""
        return cls(frozenset(secret for secret in secrets if len(secret) >= SHORTEST))

    def also(self, *secrets: str) -> Redactor:
        """Return a redactor that hides these secrets too."""
        return Redactor.of(*self._secrets, *secrets)

    def hide(self, text: str) -> str:
        """Return the text without its secrets."""
        pattern = _pattern(self._secrets)
        return pattern.sub(HIDDEN, text) if pattern else text


def without_keys(text: str) -> str:
    """Return a text without whatever has the shape of an API key."""
    return KEY.sub(HIDDEN, text)


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in _forms(secret)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None


def _forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }


def showable(text: str, limit: int | None = None) -> str:
    """Return a foreign text as one line that no terminal obeys, cut to `limit` characters."""
    line = " ".join(_UNSHOWABLE.sub(" ", text).split())
    if limit is not None and len(line) > limit:
        return line[: limit - 1] + "…"
    return line
