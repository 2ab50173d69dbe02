"""Names for ids: what people call a thing at the API, made fit to be an alias.

What looks like a phone number, an e-mail address or a key never becomes part of a name: project
files are read by more people than the dashboard is.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain, count

MAX_NAME = 40
"""How many characters an alias has at the most, its number left out."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DATE = r"(?:19|20)\d\d([-._/ ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PRIVATE = re.compile(
    r"\S+@\S+"
    r"|\b(?:rg|ringg)_live_\w*"
    rf"|(?<!\d)(?!{_DATE}(?!\d))\+?\(?\d(?:[\s().-]*\d){{6,}}",
    re.IGNORECASE,
)


def is_name(text: str) -> bool:
    """Tell whether a text can name an environment or stand as an alias."""
    return _NAME.fullmatch(text) is not None


def without_private(text: str) -> str:
    """Return a text without what looks like a phone number, an e-mail address or a key."""
    return _PRIVATE.sub(" ", text)


def is_private(text: str) -> bool:
    """Tell whether a text is a phone number, an e-mail address or a key, and nothing else."""
    return _PRIVATE.fullmatch(text) is not None and _UUID.fullmatch(text) is None


def alias(text: str, kind: str, taken: set[str]) -> str:
    """Return an alias that is not taken for what is called so, and take it.

    Where nothing of the text can be used, it is the kind with a number.
    """
    name = _slug(text)
    if name and not name[0].isalpha():
        name = f"{kind}-{name}"
    numbered = (f"{name or kind}-{number}" for number in count(2 if name else 1))
    found = next(each for each in chain(filter(None, (name,)), numbered) if each not in taken)
    taken.add(found)
    return found


def _slug(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", without_private(text)).encode("ascii", "ignore")
    words = re.findall(r"[a-z0-9]+", ascii_only.decode().lower())
    return "-".join(words)[:MAX_NAME].rstrip("-")
