"""Builders: each returns something valid, and takes by name what a test cares about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringg_runner.authoring.documents import Document
from ringg_runner.authoring.environments import ALIAS_GROUPS, Environment
from ringg_runner.authoring.project import Project
from ringg_runner.authoring.yaml_reader import read_documents
from ringg_runner.campaigns import Campaign, ListId, StartRequest, Window
from ringg_runner.diagnostics import Diagnostic, Position, Severity
from ringg_runner.planner import Plan, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
BASE_URL = "https://api.example.com/v0"
WORDS_AS_IDS = {"non-uuid-id": "off"}


def yaml_of(**fields: Any) -> str:
    """One key a line, in the order given; the values as JSON, which YAML reads as the same."""
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
    return "".join(lines)


def a_manifest(*, omit: Iterable[str] = (), **fields: Any) -> str:
    """The YAML text of a manifest, one key a line: version, name, agent, list and pool first."""
    valid = {
        "version": 1,
        "name": "diwali-renewals",
        "agent_id": "agent-1",
        "list_id": "list-1",
        "number_pool_id": "pool-1",
    }
    return yaml_of(**{key: value for key, value in (valid | fields).items() if key not in omit})


def a_project_file(**settings: Any) -> str:
    """The YAML text of a project file, one key a line; ids may be words, which read better."""
    return yaml_of(
        **({"version": 1} | settings | {"rules": WORDS_AS_IDS | settings.get("rules", {})})
    )


def write(path: Path, content: str | bytes) -> Path:
    """Write a file, and the folders above it; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def a_workspace(root: Path, *manifests: str, project: str | None = None) -> Path:
    """A folder with `campaigns/1.yaml` and so on, and a project file."""
    for number, manifest in enumerate(manifests, start=1):
        write(root / "campaigns" / f"{number}.yaml", manifest)
    write(root / "ringg-runner.yaml", a_project_file() if project is None else project)
    return root


def manifests(count: int) -> list[str]:
    """The YAML texts of so many manifests: c1 with list-1, and so on."""
    return [a_manifest(name=f"c{n}", list_id=f"list-{n}") for n in range(1, count + 1)]


def a_project_at(root: Path, url: str, *texts: str) -> None:
    """A folder whose production environment is at this URL, with one manifest if none is given."""
    a_workspace(
        root,
        *(texts or (a_manifest(),)),
        project=a_project_file(environments={"production": {"base_url": url}}),
    )


def a_document(text: str, file: str = "campaigns/a.yaml") -> Document:
    """The one document of a YAML text that has no findings."""
    (document,) = read_documents(text, file)
    assert isinstance(document, Document)
    return document


def a_project(root: Path = Path("/project"), **settings: Any) -> Project:
    """A project in memory; without settings it is one without a file."""
    if not settings:
        return Project(root)
    return Project(root, a_document(a_project_file(**settings), "ringg-runner.yaml"))


def an_environment(**fields: Any) -> Environment:
    """An environment, `production` by default; `aliases` may leave groups out."""
    aliases = {group: fields.get("aliases", {}).get(group, {}) for group in ALIAS_GROUPS}
    valid = Environment("production", BASE_URL, embedded=False, aliases=aliases)
    return replace(valid, **(fields | {"aliases": aliases}))


def a_request(**fields: Any) -> StartRequest:
    """A start request with its ids and nothing else."""
    valid = StartRequest(BASE_URL, "agent-1", ListId("list-1"), "pool-1")
    return replace(valid, **fields)


def a_campaign(*, list_id: str | None = None, **fields: Any) -> Campaign:
    """A campaign that may start now; `list_id` is short for a request with that list."""
    request = a_request() if list_id is None else a_request(list_id=list_id)
    file = "campaigns/a.yaml"
    valid = Campaign("diwali-renewals", file, 1, request, {}, enabled=True, window=Window())
    return replace(valid, **fields)


def a_plan(*campaigns: Campaign, environment: Environment | None = None) -> Plan:
    """The plan for these campaigns at the moment `NOW`; for one campaign if none is given."""
    return make_plan(campaigns or (a_campaign(),), environment or an_environment(), NOW)


def a_finding(**fields: Any) -> Diagnostic:
    """A finding of an error, without a hint."""
    valid = Diagnostic("campaigns/a.yaml", Position(1, 1), Severity.ERROR, "a-rule", "it is wrong")
    return replace(valid, **fields)
