"""Which branch of an `anyOf` or a `oneOf` was meant: findings speak of that one alone.

Where a value fits no branch, jsonschema reports that and nothing more, with what every branch has
against it. Nobody wants to read all of that: people have one of them in mind.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from jsonschema import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def expand(
    reported: ValidationError, branch: str | None = None
) -> Iterator[tuple[ValidationError, str | None]]:
    """Yield what the meant branch has against a value, with the name of that branch.

    A report of any other kind is yielded as it is. Where not even the value's type fits a branch,
    that is what is reported, with the types of all.
    """
    if reported.validator not in ("anyOf", "oneOf") or not reported.context:
        yield reported, branch
        return
    in_order = sorted(reported.context, key=_index)
    branches = [list(errors) for _, errors in groupby(in_order, key=_index)]
    meant = min(branches, key=_distance)
    if any(map(_is_of_type, meant)):
        yield _of_no_type(reported), branch
        return
    schema = cast("Any", reported.validator_value)[_index(meant[0])]
    name = schema.get("title") or _discriminator(schema) or branch
    for error in meant:
        yield from expand(error, name)


def _index(error: ValidationError) -> int:
    return int(error.relative_schema_path[0])


def _distance(errors: Sequence[ValidationError]) -> tuple[bool, bool, int]:
    """Tell how far a value is from a branch: another type, another kind, or so many mistakes."""
    return (
        any(map(_is_of_type, errors)),
        any(error.validator == "const" and len(error.relative_path) < 2 for error in errors),
        len(errors),
    )


def _is_of_type(error: ValidationError) -> bool:
    """Tell whether it is the value itself, and nothing in it, that has the wrong type."""
    return error.validator == "type" and not error.relative_path


def _of_no_type(reported: ValidationError) -> ValidationError:
    wanted: list[str] = []
    for error in filter(_is_of_type, reported.context or ()):
        types = cast("str | list[str]", error.validator_value)
        wanted += [types] if isinstance(types, str) else types
    return ValidationError(
        reported.message,
        validator="type",
        validator_value=list(dict.fromkeys(wanted)),
        instance=reported.instance,
        schema=reported.schema,
        path=reported.relative_path,
        schema_path=reported.relative_schema_path,
        parent=reported.parent,
    )


def _discriminator(schema: dict[str, dict[str, dict[str, object]]]) -> str | None:
    """Return the key and value by which a branch without a title is known: `kind: daily`."""
    for key, value in schema.get("properties", {}).items():
        if "const" in value:
            return f"{key}: {value['const']}"
    return None
