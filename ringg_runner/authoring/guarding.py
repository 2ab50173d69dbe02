"""The guards that a project file sets: what is wrong with them, and what they come to.

Their values are plain, and no reference is resolved in them: what is reviewed is what holds.
"""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from ringg_runner.diagnostics import Diagnostic, did_you_mean, error
from ringg_runner.guards import SETTINGS, Guard, Guards, StartHours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringg_runner.authoring.documents import Document, Json, Pointer


def examine(
    document: Document, environment: str, settings: Mapping[str, Json]
) -> Iterator[Diagnostic]:
    """Yield what no schema can see in the guards of an environment."""
    hours = settings.get("guards", {}).get("start_hours")
    if hours is None:
        return
    pointer: Pointer = ("environments", environment, "guards", "start_hours")
    # Few projects set hours, and everybody would wait for it.
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(hours["timezone"])
    except (KeyError, ValueError, OSError):
        yield error(
            document.file,
            document.at((*pointer, "timezone")),
            "unknown-timezone",
            f"no time zone is called {hours['timezone']}",
            did_you_mean(hours["timezone"], zoneinfo.available_timezones())
            or "name one of the IANA database, such as Asia/Kolkata",
        )
    if hours["from"] >= hours["to"]:
        yield error(
            document.file,
            document.at((*pointer, "to")),
            "empty-hours",
            f"these hours end at {hours['to']}, and begin at {hours['from']}",
            "let them begin before they end: hours do not reach over midnight",
        )


def open_guards(
    document: Document | None, environment: str, settings: Mapping[str, Json]
) -> Guards:
    """Return the guards of an environment by its settings in a checked project file."""
    guards = settings.get("guards")
    if not guards or document is None:
        return Guards()
    pointer = ("environments", environment, "guards")
    places: dict[Guard, str] = {
        guard: f"{document.file}:{document.at_key((*pointer, guard)).start.line}"
        for guard in SETTINGS
        if guard in guards
    }
    hours = guards.get("start_hours")
    return Guards(
        **guards | {"start_hours": hours and _hours(hours)},
        places=places,
    )


def _hours(setting: Mapping[str, Json]) -> StartHours:
    opens, closes = (time.fromisoformat(setting[key]) for key in ("from", "to"))
    return StartHours(tuple(setting["days"]), opens, closes, setting["timezone"])
