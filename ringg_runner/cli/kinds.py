"""The kinds of values that options take, beside those that click knows."""

from __future__ import annotations

import re

import click


class Rate(click.ParamType[float]):
    """How many in a second, a minute or an hour; a number a second is what comes out."""

    name = "rate"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return how many a second."""
        if isinstance(value, float):
            return value
        found = _RATE.fullmatch(value)
        rate = float(found["count"]) / _SECONDS[found["unit"]] if found else 0.0
        if not rate:
            self.fail(f"{value} is no rate: write 5/s, 100/m or 1000/h", param, ctx)
        return rate


class Duration(click.ParamType[float]):
    """A number of seconds, minutes, hours or days; seconds are what comes out."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds, more than none."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(value)
        seconds = float(found["count"]) * _SECONDS[found["unit"]] if found else 0.0
        if not seconds:
            self.fail(f"{value} is no duration: write 90s, 30m, 24h or 7d", param, ctx)
        return seconds


class Digest(click.ParamType[str]):
    """What a plan is recognised by."""

    name = "digest"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the digest as it is."""
        from ringg_runner.campaigns import is_digest

        if not is_digest(value):
            told = "it is sha256: and 64 digits from 0 to f, as plan shows it"
            self.fail(f"{value!r} is no digest: {told}", param, ctx)
        return value


_RATE = re.compile(r"(?P<count>[0-9]{1,6}(?:\.[0-9]{1,3})?)/(?P<unit>[smh])")
_DURATION = re.compile(r"(?P<count>[0-9]{1,6}(?:\.[0-9]{1,3})?)(?P<unit>[smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
