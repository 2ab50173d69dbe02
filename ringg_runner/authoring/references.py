"""The references in a text: `${agents.renewals}`, and `$${` for a literal `${`.

It owns their syntax and the walk through them. What a name stands for is the caller's to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from ringg_runner.diagnostics import Diagnostic, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringg_runner.authoring.documents import Document, Pointer

MAX_LENGTH = 8_192
"""How many characters one reference may stand for; references that double each other pass it."""

_TOKEN = re.compile(r"\$\$\{|\$\{(?P<name>[^${}\s]*)\}|(?P<broken>\$\{[^}]*\}?)")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a reference stands for nothing; `fragment` is the reference as it is written."""

    fragment: str
    rule: str
    message: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text without references; `private` where any of it came from an environment variable."""

    text: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A text whose references stand for nothing: all of them, at once."""

    problems: tuple[Problem, ...]

    def findings(self, document: Document, pointer: Pointer) -> list[Diagnostic]:
        """Return the problems as findings, each where its reference stands in the document."""
        return [
            error(document.file, document.at_text(pointer, p.fragment), p.rule, p.message, p.hint)
            for p in self.problems
        ]


Lookup: TypeAlias = "Callable[[str], Resolved | Problem]"
"""What a name stands for, as it is written: references in it are resolved in turn."""


def resolve(text: str, lookup: Lookup) -> Resolved | Unresolved:
    """Return the text with every reference replaced, or every problem in it."""
    value = _Walk(lookup).through(text, ())
    if isinstance(value, Resolved) and len(value.text) > max(MAX_LENGTH, len(text)):
        first = next(token.group() for token in _TOKEN.finditer(text) if token.group("name"))
        return _unresolved(
            first,
            "too-long",
            f"with its references it has more than {MAX_LENGTH:,} characters",
            "shorten what it refers to",
        )
    return value


def names(text: str) -> Iterator[str]:
    """Yield the name in every reference of a text."""
    for token in _TOKEN.finditer(text):
        if token.group("name"):
            yield token.group("name")


def sole(text: str) -> str | None:
    """Return the name in a text that is one reference and nothing else; None for any other."""
    token = _TOKEN.fullmatch(text)
    return (token.group("name") or None) if token else None


def escape(text: str) -> str:
    """Return a literal text as it has to be written so that it holds no references."""
    return text.replace("${", "$${")


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk from a text to all that it refers to; each name is followed once."""

    lookup: Lookup
    known: dict[str, Resolved | Unresolved] = field(default_factory=dict)

    def through(self, text: str, way: tuple[str, ...]) -> Resolved | Unresolved:
        if "${" not in text:
            return Resolved(text)
        parts: list[str] = []
        problems: dict[Problem, None] = {}
        private = False
        end = 0
        for token in _TOKEN.finditer(text):
            parts.append(text[end : token.start()])
            end = token.end()
            if token.group() == "$${":
                parts.append("${")
                continue
            value = self._follow(token.group(), token.group("name"), way)
            if isinstance(value, Unresolved):
                problems |= dict.fromkeys(value.problems)
            else:
                parts.append(value.text)
                private = private or value.private
        parts.append(text[end:])
        if problems:
            return Unresolved(tuple(problems))
        return Resolved("".join(parts), private)

    def _follow(
        self, fragment: str, name: str | None, way: tuple[str, ...]
    ) -> Resolved | Unresolved:
        if not name:
            return _unresolved(
                fragment,
                "malformed-reference",
                f"{fragment} is not a reference",
                "write ${group.name}, or $${ for a literal ${",
            )
        if name in way:
            circle = " → ".join((*way[way.index(name) :], name))
            return _unresolved(
                fragment, "circular-reference", f"{fragment} leads back to itself", circle
            )
        if name not in self.known:
            self.known[name] = self._value(fragment, name, way)
        return self.known[name]

    def _value(self, fragment: str, name: str, way: tuple[str, ...]) -> Resolved | Unresolved:
        value = self.lookup(name)
        if isinstance(value, Problem):
            return Unresolved((value,))
        inner = self.through(value.text, (*way, name))
        if isinstance(inner, Unresolved):
            # The reference that is written here is the one that the reader can see.
            return Unresolved(tuple(replace(p, fragment=fragment) for p in inner.problems))
        if len(inner.text) > MAX_LENGTH:
            return _unresolved(
                fragment,
                "too-long",
                f"{fragment} stands for more than {MAX_LENGTH:,} characters",
                "shorten what it refers to",
            )
        return Resolved(inner.text, inner.private or value.private)


def _unresolved(fragment: str, rule: str, message: str, hint: str) -> Unresolved:
    return Unresolved((Problem(fragment, rule, message, hint),))
