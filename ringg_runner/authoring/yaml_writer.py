"""Plain data to YAML text that `yaml_reader` reads as the same data, and so does everybody else.

One key a line, the keys in their order. A text stands without quotes only where no reader of YAML
could take it for anything but text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ringg_runner.authoring import scalars
from ringg_runner.authoring.yaml_reader import read_documents
from ringg_runner.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.authoring.documents import Json

# References, URLs, words and UUIDs. What else may stand without quotes is not worth knowing.
_PLAIN = re.compile(
    r"(?:[A-Za-z_/]|\$\{)(?:[A-Za-z0-9_./${}?=&+-]|:(?!$))*"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
# What is no character to YAML, or is a line break to it.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def dump(*documents: Mapping[str, Json]) -> str:
    """Return documents as one YAML text, with a line `---` between them.

    Mappings, lists, texts, whole numbers, booleans, None and moments with their zone can be
    written. Raises ValueError for anything else, and for what the reader would refuse, such as a
    document that is nested too deep.
    """
    try:
        text = "---\n".join("".join(f"{line}\n" for line in _lines(each)) for each in documents)
    except RecursionError:
        raise ValueError("this cannot be a manifest: it holds itself") from None
    for item in read_documents(text, "dump"):
        if isinstance(item, Diagnostic):
            raise ValueError(f"this cannot be a manifest: {item.message}")
    return text


def scalar(value: Json) -> str:
    """Return one value as it stands behind a colon; raises ValueError where it is no scalar."""
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    if not isinstance(value, str):
        raise ValueError(f"{value!r} has no place in a manifest")
    return value if _is_plain(value) else _quoted(value)


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and scalars.read(text) == text


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _lines(value: Json, indent: str = "") -> Iterator[str]:
    """Yield a mapping or a list, one line for each scalar in it."""
    if not value:
        yield f"{indent}{'{}' if isinstance(value, Mapping) else '[]'}"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"the key {key!r} is no text")
            yield from _item(f"{indent}{scalar(key)}:", item, indent)
    else:
        for item in value:
            yield from _item(f"{indent}-", item, indent)


def _item(head: str, item: Json, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping | list | tuple):
        yield head
        yield from _lines(item, f"{indent}  ")
    else:
        yield f"{head} {scalar(item)}"
