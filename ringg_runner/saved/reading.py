"""Reads a saved plan, and trusts nothing: what is not exactly what was written is refused.

Pure: from the bytes of a file to the plan. What is read back is written again and compared to the
byte, so that nothing in the file can say anything that the plan does not.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from ringg_runner.authoring import fit, schemas
from ringg_runner.errors import PlanFileError
from ringg_runner.redaction import showable
from ringg_runner.saved import rebuilding, sealing

if TYPE_CHECKING:
    from ringg_runner.reviewed import SavedPlan

VERSION = 1
"""The only version of the document that there is."""


def read(data: bytes, name: str) -> SavedPlan:
    """Return the plan of a file with these bytes; `name` is what messages call it.

    Raises PlanFileError for everything that this program did not write just so.
    """
    text, document = _parse(data, name)
    _refuse_others(document, name)
    if sealing.encode(document) != text:
        _refuse(name, "was changed: its text is not what ringg-runner writes, to the byte")
    if sealing.seal_of(document) != document["saved"]["seal"]:
        _refuse(name, "was changed: its seal is not that of what it holds")
    try:
        saved = rebuilding.saved_plan(document)
    except ValueError as failure:
        _refuse(name, f"holds what no plan holds: {failure}")
    _refuse_contradictions(document, saved, name)
    return saved


def _parse(data: bytes, name: str) -> tuple[str, dict[str, Any]]:
    try:
        text = data.decode()
        # A plan holds no fraction; and what is no number in JSON is one to this parser.
        document = json.loads(text, parse_float=_no_number, parse_constant=_no_number)
        # Half a character can be escaped in JSON, and written in no file.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        _refuse(name, "is not JSON in UTF-8 as ringg-runner writes it")
    return text, document if isinstance(document, dict) else {}


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of a plan")


def _refuse_others(document: dict[str, Any], name: str) -> None:
    """Refuse what is no saved plan at all, or one of another time."""
    if document.get("kind") != "plan":
        _refuse(name, "is not a plan")
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        _refuse(name, f"has version {version} of plans, and only {VERSION} is known here")
    if "saved" not in document:
        _refuse(name, "is a plan to be read, not a saved one: it has no seal")
    if not fit.fits(document, "plan"):
        _refuse(name, f"does not have the shape of a plan: {_misfit(document)}")


def _misfit(document: dict[str, Any]) -> str:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import best_match

    found = best_match(Draft7Validator(schemas.load("plan")).iter_errors(document))
    # The schema is held more strictly here than there, where it is about moments.
    place = found.json_path if found else "a moment in it is none"
    return showable(place, 100)


def _refuse_contradictions(document: dict[str, Any], saved: SavedPlan, name: str) -> None:
    """Refuse a document that says something else than the plan that it holds."""
    text = sealing.text_of(saved)
    whole = json.loads(text)
    for key, value in document.items():
        if whole.get(key) != value:
            _refuse(name, f"contradicts itself: its {key} is not what follows from the rest")
    if text != sealing.encode(document):
        _refuse(name, "was changed: its keys are in another order")


def _refuse(name: str, why: str) -> NoReturn:
    raise PlanFileError(f"{showable(name)} {why}")
