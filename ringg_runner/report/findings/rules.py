"""What each rule says, in a line, for programs that list rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "no-such-file": "a path leads nowhere",
    "unreadable": "the file cannot be read, or is no regular file",
    "too-large": "the file is larger than 1 MiB",
    "not-utf-8": "the file is not UTF-8",
    "empty-file": "the file holds no document",
    "yaml-syntax": "this is not YAML",
    "yaml-tag": "a tag such as '!!str'",
    "ambiguous-scalar": "an unquoted word that YAML readers disagree about",
    "duplicate-key": "a key a second time",
    "key-not-text": "a key that is a number, a boolean, nothing, or no single word",
    "merge-key": "'<<'",
    "unknown-alias": "'*name' without a complete '&name' before it",
    "too-deep": "nested deeper than 32 levels",
    "too-many-values": "more values than a document may hold",
    "missing-key": "a required key is missing",
    "unknown-key": "a key that is not known here",
    "wrong-type": "text, list, mapping or boolean expected, and something else is there",
    "wrong-value": "not the one value that is allowed",
    "malformed": "an id with white space or control characters, an impossible name or label",
    "not-a-moment": "no date with time and zone, or a day that does not exist",
    "repeated": "an item of a list a second time",
    "empty": "an empty text, list or mapping where something must stand",
    "schema": "anything else that the schema forbids",
    "malformed-reference": "'${…}' that is no reference",
    "unknown-reference": "a reference to a name that this environment does not have",
    "circular-reference": "a reference that leads back to itself",
    "unset-variable": "the environment variable is not set or empty",
    "too-long": "a text that is longer than 8,192 characters with its references",
    "not-an-id": "what a reference brings is empty, or has white space or control characters in it",
    "callback-url": "the URL is not https, or holds a user name or password",
    "empty-window": "'not_after' is before 'not_before'",
    "duplicate-name": "two selected manifests with one 'name'",
    "duplicate-list": "two selected manifests that call one list",
    "other-agent": "the server's list says that this list was uploaded for another agent",
    "second-document": "a project file with more than one document",
    "unknown-environment": "'default_environment' names none that exists",
    "two-keys": "'api_key_env' and 'api_key_file' together",
    "base-url": "the URL is not https, or holds a query, a user name or a password",
}
