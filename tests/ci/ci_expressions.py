"""GitHub's expressions, as far as workflows here use them: what is not known fails the test.

Written by its documentation: https://docs.github.com/actions/reference/evaluate-expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>&&|\|\||==|!=|[!().,]))"
)
_WHOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_KEYWORDS = {"true": True, "false": False, "null": None}
STATUSES = ("always", "cancelled", "success", "failure")


class Lenient(dict[str, Any]):
    """A context in which what is missing is null, as secrets are, and what an event may lack."""


@dataclass
class Expressions:
    """Evaluates with these contexts, and these functions without arguments."""

    contexts: Mapping[str, Any]
    functions: Mapping[str, Callable[[], bool]] = field(default_factory=dict)

    def text(self, template: object) -> str:
        """Return a text with what its expressions come to."""
        if isinstance(template, bool):
            return str(template).lower()
        return _WHOLE.sub(lambda found: _shown(self.value(found[1])), str(template))

    def holds(self, condition: object) -> bool:
        """Tell whether the `if` of a job or a step holds; it may lack its braces."""
        source = str(condition).strip()
        whole = _WHOLE.fullmatch(source)
        source = whole[1] if whole else source
        asks = any(re.search(rf"\b{status}\(", source) for status in STATUSES)
        return (asks or self.functions["success"]()) and _truth(self.value(source))

    def value(self, source: str) -> Any:
        """Return what an expression comes to."""
        tokens, at = [], 0
        source = source.rstrip()
        while at < len(source):
            found = _TOKEN.match(source, at)
            assert found, f"not understood: {source[at:]} in {source}"
            tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        reading = _Reading(self, tokens)
        value = reading.any_of()
        assert not reading.tokens, f"too much: {reading.tokens} in {source}"
        return value


@dataclass
class _Reading:
    """What is left of an expression. Both sides of an operator are evaluated: none has effects."""

    known: Expressions
    tokens: list[tuple[str, str]]

    def any_of(self) -> Any:
        value = self.all_of()
        while self._take("||"):
            other = self.all_of()
            value = value if _truth(value) else other
        return value

    def all_of(self) -> Any:
        value = self.comparison()
        while self._take("&&"):
            other = self.comparison()
            value = other if _truth(value) else value
        return value

    def comparison(self) -> Any:
        value = self.single()
        for sign in ("==", "!="):
            if self._take(sign):
                return _equal(value, self.single()) == (sign == "==")
        return value

    def single(self) -> Any:
        if self._take("!"):
            return not _truth(self.single())
        if self._take("("):
            value = self.any_of()
            assert self._take(")")
            return value
        return self._named()

    def _named(self) -> Any:
        kind, word = self.tokens.pop(0)
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word)
        assert kind == "name", word
        if word in _KEYWORDS:
            return _KEYWORDS[word]
        if self._take("("):
            assert self._take(")"), f"{word} with arguments"
            return self.known.functions[word]()
        return self._path(word)

    def _path(self, root: str) -> Any:
        value = self.known.contexts[root]
        while self._take("."):
            _, name = self.tokens.pop(0)
            if value is not None:
                value = value.get(name) if isinstance(value, Lenient) else value[name]
        return value

    def _take(self, sign: str) -> bool:
        found = bool(self.tokens) and self.tokens[0] == ("sign", sign)
        if found:
            self.tokens.pop(0)
        return found


def _truth(value: Any) -> bool:
    return value not in (None, False, "", 0)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is type(other):
        return bool(one == other)
    return _number(one) == _number(other)


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return float("nan")


def _shown(value: Any) -> str:
    assert not isinstance(value, Mapping), value
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
