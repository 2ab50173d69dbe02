"""The file HOLD beside the project file: while it is there, nothing is started.

It is looked at again before every single send. Whatever bears the name counts, readable or not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.authoring import sources
from ringg_runner.guards import Hold
from ringg_runner.redaction import showable

if TYPE_CHECKING:
    from pathlib import Path

NAME = "HOLD"
_MAX = 4_096
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class HoldFile:
    """Where the file would be."""

    path: Path

    @classmethod
    def beside(cls, root: Path) -> HoldFile:
        """Return the file of the project whose files lie below `root`."""
        return cls(root / NAME)

    def look(self) -> Hold | None:
        """Return what the file says, or None where there is none."""
        # Unlike Path.exists, this sees a broken link, and it is quick: every send asks.
        if not os.path.lexists(self.path):
            return None
        return Hold(self._reason(), sources.display(self.path))

    def _reason(self) -> str:
        try:
            # A pipe could be waited for without end.
            if not self.path.is_file():
                return "there is something of this name"
            with self.path.open(encoding="utf-8", errors="replace") as stream:
                text = stream.read(_MAX)
        except OSError as failure:
            return f"it cannot be read: {failure.strerror}"
        return showable(text, _SHOWN) or "it gives no reason"
