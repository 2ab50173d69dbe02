"""Says at once whether data fits a schema.

jsonschema is the authority, and the one that explains; it is asked wherever this says no. Hence
this may be stricter, as it is about white space, and never more lenient.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema_rs import Draft7Validator

from ringg_runner.authoring import schemas
from ringg_runner.times import parse_moment

if TYPE_CHECKING:
    from ringg_runner.authoring.documents import Json


def fits(data: Json, schema_name: str) -> bool:
    """Tell whether data fits the schema of that name beyond doubt."""
    return _validator(schema_name).is_valid(data)


@cache
def _validator(schema_name: str) -> Draft7Validator:
    return validator_of(schemas.load(schema_name))


def validator_of(schema: dict[str, Any]) -> Draft7Validator:
    """Return what judges by a schema, as `fits` does."""
    return Draft7Validator(
        _strict(schema),
        formats={"date-time": lambda text: parse_moment(text) is not None},
        validate_formats=True,
    )


def _strict(schema: Any) -> Any:
    """Return a schema whose patterns refuse what is white space to Python, or to JavaScript."""
    if isinstance(schema, dict):
        return {
            key: value.replace(r"\S", r"[^\s\x1c-\x1f\x85]")
            if key == "pattern" and isinstance(value, str)
            else _strict(value)
            for key, value in schema.items()
        }
    return [_strict(item) for item in schema] if isinstance(schema, list) else schema
