"""Finds the JSON Schemas, in a wheel and in a checkout alike.

A wheel carries them inside the package; a checkout, and an editable install of it, beside it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

NAMES = ("campaign", "project", "plan", "run", "diagnostics", "ledger", "status", "log")

_PACKAGE = Path(__file__).parent.parent


def text(name: str) -> str:
    """Return a schema as it is written; `name` is one of `NAMES`."""
    inside = _PACKAGE / "schemas"
    folder = inside if inside.is_dir() else _PACKAGE.parent / "schemas"
    return (folder / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def load(name: str) -> dict[str, Any]:
    """Return a schema as data; callers share it and must not change it."""
    schema: dict[str, Any] = json.loads(text(name))
    return schema
