"""Looks at manifests for what is allowed and yet worth a word: webhooks, windows, repetitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringg_runner.authoring import urls
from ringg_runner.authoring.fields import field_of
from ringg_runner.diagnostics import Diagnostic, error, info, warning
from ringg_runner.times import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringg_runner.authoring.documents import Document
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.fields import Text
    from ringg_runner.authoring.project import Project


def on_callbacks(texts: Iterable[Text], environment: Environment) -> Iterator[Diagnostic]:
    """Yield what is to be known about every callback URL that may be sent at all."""
    for text in texts:
        document, pointer, url = text.field.document, text.field.pointer, text.value.text
        if pointer[-1] != "callback_url":
            continue
        if urls.callback_url_problem(url, local=environment.local):
            continue
        if not environment.local and urls.is_private(url):
            yield error(
                document.file,
                text.field.place,
                "private-callback",
                "callback_url leads to where only this machine or a private network can go",
                "name a host that can be reached from the internet",
            )
            continue
        yield info(
            document.file,
            document.at_key(pointer),
            "callback-undocumented",
            "newer vendor documentation no longer lists callback_url",
            "do not rely on it alone: ringg-runner status tells what has completed",
        )


def on_windows(
    manifests: Iterable[Document], project: Project, now: datetime
) -> Iterator[Diagnostic]:
    """Yield every window that has passed; what is held back on purpose needs no window."""
    for manifest in manifests:
        window = field_of(manifest, project, "start")
        if (
            manifest.data.get("enabled") is False
            or not window
            or not isinstance(window.value, dict)
        ):
            continue
        text = window.value.get("not_after")
        last = parse_moment(text) if isinstance(text, str) else None
        if last and last < now:
            yield warning(
                window.document.file,
                window.below("not_after").place,
                "window-passed",
                f"the window has passed: {text}",
                "move it, or set enabled: false",
            )


def on_repetitions(manifests: Iterable[Document], project: Project) -> Iterator[Diagnostic]:
    """Yield every value that the project's defaults would give anyway."""
    for manifest in manifests:
        for key, value in project.defaults.items():
            if key in manifest.data and manifest.data[key] == value:
                yield info(
                    manifest.file,
                    manifest.at_key((key,)),
                    "same-as-default",
                    f"{key} is the same in the project's defaults",
                    "remove it here",
                )
