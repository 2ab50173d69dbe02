"""Keeps the garbage collector out of the way while much is read that stays."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SELDOM = 100_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage in circles only now and then, while the block runs.

    By default every 700 new objects lead to a look, and all that was read is looked through again
    and again: a third of the time of a check.
    """
    before = gc.get_threshold()
    gc.set_threshold(before[0] and max(_SELDOM, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
