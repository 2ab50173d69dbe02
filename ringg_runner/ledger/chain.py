"""The hash that binds each row of the trail to all before it; pure, over values.

Owns what is hashed and in which form; where rows are kept is not its business. The chain shows any
change, removal or reordering to whoever compares it with its head. It is no signature: somebody who
may write the whole database can compute a whole new chain, and only a copy of a hash that is kept
elsewhere, such as an export, shows that.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ringg_runner.ledger.records import TrailRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringg_runner.ledger.records import Event, Key, RunInfo

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)

FIRST = "0" * 64
"""What the first row has in place of an earlier row's hash."""


@dataclass(frozen=True, slots=True)
class Head:
    """The number and the hash of the last row; a trail that ends elsewhere was cut or forged."""

    number: int = 0
    hash: str = FIRST


def canonical(value: object) -> str:
    """Return the one JSON text of a value, whose keys are texts: sorted, ASCII, no white space.

    Raises TypeError or ValueError where JSON has no way to say the value.
    """
    text = _ENCODER.encode(value)
    if "\\ud" in text:
        # Two halves of a character are read back as one, and one sorts otherwise among the keys.
        return _ENCODER.encode(json.loads(text))
    return text


@lru_cache
def canonical_run(run: RunInfo) -> str:
    """Return the one JSON text of a run, which stands in each of its rows."""
    return canonical(asdict(run))


def exact(moment: datetime) -> str:
    """Return a moment in UTC to the microsecond, in a form that sorts as time does.

    Raises ValueError where it lacks its zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment of the ledger needs its zone")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def link(
    head: Head, *, at: datetime, key: Key, event: Event, run: RunInfo, detail: Mapping[str, Any]
) -> TrailRow:
    """Return the row that follows the head, with its hash."""
    number = head.number + 1
    place = canonical((head.hash, number, exact(at), key.base_url, key.list_id, event))
    content = f"{place[:-1]},{canonical_run(run)},{canonical(detail)}]"
    digest = sha256(content.encode()).hexdigest()
    return TrailRow(number, at.astimezone(UTC), key, event, run, detail, head.hash, digest)


def is_whole(row: TrailRow) -> bool:
    """Tell whether a row is what it was when its hash was made."""
    head = Head(row.number - 1, row.previous)
    made = link(head, at=row.at, key=row.key, event=row.event, run=row.run, detail=row.detail)
    return made.hash == row.hash
