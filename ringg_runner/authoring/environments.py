"""An environment, opened: one API with its base URL, its names for ids, and the way to its key.

The key is read last of all, when somebody is about to need it, and leaves here as a `Secret`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ringg_runner.authoring import guarding, references, urls
from ringg_runner.authoring.project import PRODUCTION, SANDBOX
from ringg_runner.authoring.references import Problem, Resolved
from ringg_runner.diagnostics import did_you_mean, error
from ringg_runner.errors import FindingsError, InvalidInputError, UsageError
from ringg_runner.guards import Guards
from ringg_runner.redaction import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ringg_runner.authoring.project import Project

BASE_URL = "https://prod-api.ringg.ai/ca/api/v0"
"""The documented base URL of the Ringg API."""

EMBEDDED_BASE_URL = "http://sandbox.localhost/ca/api/v0"
"""How the embedded sandbox is called; a name below .localhost never leaves the machine."""

ALIAS_GROUPS = ("agents", "lists", "number_pools", "users", "vars")

_EMBEDDED_KEY = "embedded-sandbox-key"
_MAX_KEY = 4_096


@dataclass(frozen=True, slots=True)
class Environment:
    """One API; `embedded` where it is the sandbox in this process."""

    name: str
    base_url: str
    embedded: bool
    aliases: Mapping[str, Mapping[str, str]]
    api_key_env: str = "RINGG_API_KEY"
    api_key_file: Path | None = None
    guards: Guards = field(default_factory=Guards)

    @property
    def local(self) -> bool:
        """Whether the API is on this machine: no other may be reached by plain http."""
        return self.embedded or self.base_url.startswith("http:")

    @property
    def calls_people(self) -> bool:
        """Whether a start here has to be taken to call real people."""
        return self.name == PRODUCTION or not self.local


def open_environment(project: Project, name: str | None, environ: Mapping[str, str]) -> Environment:
    """Return the environment of that name, or the default one.

    Raises UsageError for a name that is not known, and FindingsError where a setting refers to
    nothing or where the base URL could carry the key away in the open.
    """
    name = name or project.default_environment
    if name not in project.known:
        raise UsageError(
            f"no environment is called {name}",
            did_you_mean(name, project.known) or f"known: {', '.join(sorted(project.known))}",
        )
    default_url = SANDBOX if name == SANDBOX else BASE_URL
    base_url = _setting(project, name, "base_url", environ) or default_url
    embedded = base_url == SANDBOX
    problem = None if embedded else urls.base_url_problem(base_url)
    if problem and project.document:
        place = project.document.at(("environments", name, "base_url"))
        finding = error(project.document.file, place, "base-url", f"base_url {problem}", urls.HINT)
        raise FindingsError("the project file is invalid", [finding])
    key_file = _setting(project, name, "api_key_file", environ)
    return Environment(
        name,
        EMBEDDED_BASE_URL if embedded else base_url.rstrip("/"),
        embedded,
        _aliases(project, name),
        project.settings(name).get("api_key_env", "RINGG_API_KEY"),
        project.root / key_file if key_file else None,
        guarding.open_guards(project.document, name, project.settings(name)),
    )


def stand_in(project: Project, name: str) -> Environment:
    """Return an environment that cannot be opened here, for the sake of its names for ids."""
    return Environment(name, BASE_URL, embedded=False, aliases=_aliases(project, name))


def _aliases(project: Project, name: str) -> dict[str, Mapping[str, str]]:
    return {group: project.settings(name).get(group, {}) for group in ALIAS_GROUPS}


def _setting(project: Project, name: str, key: str, environ: Mapping[str, str]) -> str | None:
    """Return a setting that may refer to the environment's variables."""
    text = project.settings(name).get(key)
    if text is None:
        return None
    value = references.resolve(text, partial(variable, environ))
    if isinstance(value, Resolved):
        return value.text
    assert project.document is not None
    findings = value.findings(project.document, ("environments", name, key))
    raise FindingsError("the project file is invalid", findings)


def variable(environ: Mapping[str, str], name: str) -> Resolved | Problem:
    """Return what `env.NAME` stands for: private, since it may be a secret, and final."""
    group, _, key = name.partition(".")
    if group != "env":
        return Problem(
            f"${{{name}}}",
            "unknown-reference",
            f"unknown reference ${{{name}}}",
            "only ${env.NAME} is known here",
        )
    if not environ.get(key):
        return Problem(
            f"${{{name}}}",
            "unset-variable",
            f"the environment variable {key} is not set",
            f"set {key}, or remove the reference",
        )
    return Resolved(references.escape(environ[key]), private=True)


def ledger_place(
    project: Project, environment: Environment, environ: Mapping[str, str]
) -> str | Path:
    """Return where the ledger of an environment is: a URL, or a file.

    The embedded sandbox has one of its own, so that whoever begins a rehearsal anew never removes
    the memory of real starts. Raises FindingsError where the setting refers to nothing.
    """
    place = _setting(project, environment.name, "ledger", environ)
    if place is None:
        return project.state / ("sandbox-ledger.db" if environment.embedded else "ledger.db")
    return place if "://" in place else project.root / place


def read_key(environment: Environment, environ: Mapping[str, str]) -> Secret:
    """Return the API key.

    Raises InvalidInputError where there is none, or where what is there cannot be one. No message
    shows any of it.
    """
    if environment.embedded:
        return Secret(_EMBEDDED_KEY)
    if environment.api_key_file is None:
        where = f"the environment variable {environment.api_key_env}"
        key = environ.get(environment.api_key_env, "")
    else:
        where = f"the key file {environment.api_key_file}"
        key = _read_file(environment.api_key_file)
    key = key.strip()
    if not key:
        raise InvalidInputError(
            f"no API key: {where} is empty or not there",
            f"put the key of environment {environment.name} there; "
            "to rehearse without one, use --env sandbox",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInputError(
            f"{where} does not hold an API key: it has white space or foreign characters in it",
            "put the key there, and nothing else",
        )
    return Secret(key)


def key_at_hand(environment: Environment, environ: Mapping[str, str]) -> str | None:
    """Return the key where it can be had at once, and None elsewhere.

    For those who keep it out of manifests and messages: they do not wait for a pipe to give it.
    """
    file = environment.api_key_file
    if environment.embedded or (file is not None and not os.path.isfile(file)):  # noqa: PTH113
        return None
    try:
        return read_key(environment, environ).reveal()
    except InvalidInputError:
        return None


def _read_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_MAX_KEY)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or failure
        raise InvalidInputError(f"the key file {path} cannot be read: {reason}") from None
