"""Plans and runs as one page of HTML: it needs nothing from anywhere, and no script.

Everything foreign is escaped on its way into the page, and what reorders or hides text is taken
out. A policy in the page lets a browser use this page's own style, and fetch nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringg_runner import __version__
from ringg_runner.redaction import showable
from ringg_runner.report import words
from ringg_runner.report.html import timeline, view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringg_runner.planner import Plan
    from ringg_runner.runs import Run


def plan_lines(
    plan: Plan,
    *,
    refused: str | None = None,
    verbose: bool = False,  # noqa: ARG001
) -> Iterator[str]:
    """Yield the page of a plan; `refused` is why an apply of it started nothing."""
    yield _rendered(view.of_plan(plan, refused))


def run_lines(run: Run, *, verbose: bool = False) -> Iterator[str]:  # noqa: ARG001
    """Yield the page of a run."""
    yield _rendered(view.of_run(run))


def _rendered(page: view.Page) -> str:
    templates = _templates()
    source, _, _ = _loader().get_source(templates, "page.css")
    style = Markup(source)  # noqa: S704, our own
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return templates.get_template("page.html").render(
        page=page,
        style=style,
        style_digest=digest,
        version=__version__,
        named=view.NAMED,
        many_rows=timeline.OPEN,
        legend=timeline.LEGEND,
        height=timeline.HEIGHT,
        about_guards=words.GUARDS,
        guard_heads=words.GUARD_HEADS,
        cells_of_guard=words.cells_of_guard,
    )


@cache
def _loader() -> PackageLoader:
    return PackageLoader(__name__, "templates", encoding="utf-8")


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["number"] = lambda number: f"{number:,}"
    return templates


def _shown(value: Any) -> Any:
    """Make every text showable that comes into the page, wherever it stands."""
    return showable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
