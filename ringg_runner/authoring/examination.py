"""Everything there is to say about manifests, in one environment or in all of them.

What `validate` tells and what stops `plan` and `apply` comes from here, so that they agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringg_runner.authoring import environments, resolver, secrets
from ringg_runner.authoring.lint import Surroundings, lint
from ringg_runner.diagnostics import Severity, count
from ringg_runner.errors import FindingsError
from ringg_runner.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.manifests import Loaded
    from ringg_runner.authoring.project import Project
    from ringg_runner.campaigns import Campaign
    from ringg_runner.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Subject:
    """Manifests with their project, and what comes from outside: variables and the moment.

    `whole` where the manifests are all that the project has.
    """

    loaded: Loaded
    project: Project
    environ: Mapping[str, str]
    now: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """The campaigns of the manifests in one environment, and what was found on the way there."""

    campaigns: tuple[Campaign, ...]
    findings: tuple[Diagnostic, ...]


def examine(subject: Subject, environment: Environment) -> Examined:
    """Examine manifests in an environment that is open; no finding shows the environment's key."""
    campaigns, findings, key = _examine(subject, environment)
    return Examined(campaigns, tuple(_hidden(findings, [key])))


def examine_in_all(subject: Subject, names: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Examine manifests in several environments: each finding once, with those that it holds in.

    An environment whose settings stand for nothing on this machine is examined all the same, as
    far as its names for ids go. Raises UsageError for an environment that is not known.
    """
    found: dict[tuple[object, ...], tuple[Diagnostic, list[str]]] = {}
    keys: list[str | None] = []
    for name in names:
        environment, findings = _opened(subject, name)
        _, more, key = _examine(subject, environment)
        keys.append(key)
        for finding in (*findings, *more):
            identity = (finding.file, finding.position, finding.rule, finding.message)
            places = found.setdefault(identity, (finding, []))[1]
            if name not in places:
                places.append(name)
    told = (
        finding
        if len(places) == len(names) or _stands_below_environments(finding, subject.project)
        else replace(finding, message=f"{finding.message} in environment {', '.join(places)}")
        for finding, places in found.values()
    )
    return tuple(_hidden(told, keys))


def _examine(
    subject: Subject, environment: Environment
) -> tuple[tuple[Campaign, ...], tuple[Diagnostic, ...], str | None]:
    loaded, project, environ = subject.loaded, subject.project, subject.environ
    resolution = resolver.resolve(loaded.manifests, project, environment, environ)
    key = environments.key_at_hand(environment, environ)
    # Of a file that could not be read nobody knows what it uses, and a reference that leads nowhere
    # may have been meant for any name.
    whole = subject.whole and not (
        count(loaded.findings, Severity.ERROR)
        or any(finding.rule == "unknown-reference" for finding in resolution.findings)
    )
    around = Surroundings(project, environment, key, subject.now, whole)
    linted = lint(loaded.manifests, resolution, around)
    return resolution.campaigns, (*loaded.findings, *resolution.findings, *linted), key


def _opened(subject: Subject, name: str) -> tuple[Environment, tuple[Diagnostic, ...]]:
    """Return an environment, and why some of its settings stand for nothing here."""
    project, environ = subject.project, subject.environ
    try:
        environment = environments.open_environment(project, name, environ)
    except FindingsError as failure:
        return environments.stand_in(project, name), failure.findings
    try:
        environments.ledger_place(project, environment, environ)
    except FindingsError as failure:
        return environment, failure.findings
    return environment, ()


def _hidden(findings: Iterable[Diagnostic], keys: Iterable[str | None]) -> Iterator[Diagnostic]:
    known = [key for key in keys if key and len(key) >= secrets.SHORTEST]
    if not known:
        yield from findings
        return
    redactor = Redactor.of(*known)
    for finding in findings:
        yield replace(
            finding,
            message=redactor.hide(finding.message),
            hint=finding.hint and redactor.hide(finding.hint),
            quote=finding.quote and replace(finding.quote, text=redactor.star(finding.quote.text)),
        )


def _stands_below_environments(finding: Diagnostic, project: Project) -> bool:
    """Tell whether a finding's own place says which environment it is about."""
    document = project.document
    if document is None or finding.file != document.file:
        return False
    keys = document.places().keys
    block = keys.get(("environments",))
    tops = (place.start for pointer, place in keys.items() if len(pointer) == 1)
    above = max((start for start in tops if start <= finding.position), default=None)
    return block is not None and above == block.start
