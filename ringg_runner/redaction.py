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
from urllib.parse import quote, unquote

HIDDEN = "[hidden]"
SHORTEST = 4
"""Below so many characters a text is no secret, and hiding it would garble every other word."""

_IN_KEYS = "_live_"
KEY = re.compile(rf"\b(?:rg|ringg){_IN_KEYS}(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{{8,}}")
"""The shape of Ringg's API keys, by its documentation; others are a UUID, as every id is one.

A digit is asked for, so that no variable's name is taken for a key.
"""

# C0 without tab and line breaks, DEL and C1.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# The marks that reorder text or are not seen, and the separators that terminals take for new lines.
_MARKS = (
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
# What stands for no character: XML forbids it, and no encoding has it.
_NOTHING = "\ud800-\udfff\ufffe\uffff"
_UNSHOWABLE = re.compile(f"[\t\n\r{_CONTROL}{_MARKS}\ud800-\udfff]+")
_UNWRITABLE = re.compile(f"[{_CONTROL}{_NOTHING}]")
_HARMFUL = re.compile(f"[\n\r{_CONTROL}{_MARKS}{_NOTHING}]")
_REPLACEMENT = "\ufffd"

# The value of a key that sounds secret, and who stands before the @ of a URL. References are none.
_CREDENTIAL = re.compile(
    r"""((?:key|token|secret|password)["']?\s*:\s+["']?)([^\s"'${}\[\],#]+)"""
    r"""|(://)([^/\s@"'${}]+)(?=@)""",
    re.IGNORECASE,
)


# Digits after a plus, digits in one run, and digits in groups; what belongs to an id is none.
_NUMBER = re.compile(
    r"(?P<called>\+ ?\(?[0-9](?:[ ()./-]{0,3}[0-9]){6,})"
    r"|(?<![\w-])(?:(?P<run>[0-9]{8,})|\([0-9]{1,5}\)(?:[ -]{0,2}[0-9]){5,14}"
    r"|[0-9](?:[ ()-]{0,2}[0-9]){9,14})(?![\w-])"
)
_DATE = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_DIGIT = re.compile(r"[0-9]")
_SHORTEST_NUMBER = 10
_NUMBER_IN_URL = re.compile(r"\+[0-9]{7,15}(?![0-9])|(?<![\w-])[0-9]{10,15}(?![\w-])")


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

    def star(self, line: str) -> str:
        """Return a line, as long as it was, with stars for its secrets."""
        pattern = _pattern(self._secrets)
        return pattern.sub(_stars, line) if pattern else line


def without_keys(text: str) -> str:
    """Return a text without whatever has the shape of an API key."""
    return KEY.sub(HIDDEN, text) if _IN_KEYS in text else text


def without_numbers(text: str) -> str:
    """Return a text without whatever looks like a phone number: eight digits in a row, or more.

    A moment, a date, and digits that are a part of an id stay.
    """
    return _NUMBER.sub(_without_number, text)


def _without_number(found: re.Match[str]) -> str:
    if found["called"] or found["run"]:
        return HIDDEN
    digits = len(_DIGIT.findall(_DATE.sub("", found[0])))
    return HIDDEN if digits >= _SHORTEST_NUMBER else found[0]


def holds_number(url: str) -> bool:
    """Tell whether a URL holds what looks like a phone number, be it escaped."""
    return _NUMBER_IN_URL.search(unquote(url)) is not None


def keepable(text: str, *, but: str | None = None) -> str:
    """Return a foreign text as a file may keep it: one line, without keys and phone numbers.

    Of the numbers those stay that are a part of `but`, where the text holds that.
    """
    line = without_keys(showable(text))
    left = without_keys(showable(but)) if but else ""
    return left.join(map(without_numbers, line.split(left))) if left else without_numbers(line)


def starred_keys(line: str) -> str:
    """Return a line, as long as it was, with stars for whatever has the shape of an API key."""
    return KEY.sub(_stars, line) if _IN_KEYS in line else line


def _stars(found: re.Match[str]) -> str:
    return "*" * len(found[0])


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in (_spelled(secret), _packed(secret))}
    return _any_of(forms, re.IGNORECASE) if forms else None


def _packed(secret: str) -> str:
    return re.escape(base64.b64encode(secret.encode()).decode().rstrip("="))


def _spelled(secret: str) -> str:
    """Return a pattern for a secret whose characters are escaped: all, some, or none."""
    return "".join(_any_of(_spellings(character)).pattern for character in secret)


def _spellings(character: str) -> set[str]:
    """Return patterns for a character as it is, in URLs, JSON, HTML, and quoted by programs."""
    code = ord(character)
    plain = (character, quote(character, safe=""), html.escape(character))
    return {
        *map(re.escape, (*plain, json.dumps(character)[1:-1])),
        rf"\\+{re.escape(character)}",
        rf"\\+u{code:04x}",
        rf"\\+x{code:02x}",
        f"%{code:02x}",
        f"&#0*{code};",
        f"&#x0*{code:x};",
    }


def _any_of(patterns: set[str], flags: int = 0) -> re.Pattern[str]:
    longest_first = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
    return re.compile(f"(?:{'|'.join(longest_first)})", flags)


def showable(text: str, limit: int | None = None) -> str:
    """Return a foreign text as one line that no terminal obeys, cut to `limit` characters."""
    line = " ".join(_UNSHOWABLE.sub(" ", text).split())
    if limit is not None and len(line) > limit:
        return line[: limit - 1] + "…"
    return line


def writable(text: str) -> str:
    """Return a text that XML and every encoding can hold: what they can't is replaced."""
    return _UNWRITABLE.sub(_REPLACEMENT, text)


def harmless(line: str) -> str:
    """Return a line, tabs kept, in which what a terminal would obey is replaced one for one."""
    return _HARMFUL.sub(_REPLACEMENT, line)


def starred(line: str) -> str:
    """Return a line of YAML, as long as it was, with stars for what looks like a password."""
    return _CREDENTIAL.sub(
        lambda found: f"{found[1] or found[3]}{'*' * len(found[2] or found[4])}", line
    )
