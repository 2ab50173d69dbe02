"""Makes campaigns of manifests: defaults, references, and the rules that no schema can state.

It works on manifests with findings too, so that everything wrong with a file is told at once; only
where nothing is wrong does a campaign come out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringg_runner.authoring import environments, references, urls
from ringg_runner.authoring.fields import Field, Text, field_of
from ringg_runner.authoring.references import Problem, Resolved
from ringg_runner.campaigns import Campaign, ListId, StartRequest, Window, is_id
from ringg_runner.diagnostics import Diagnostic, did_you_mean, error
from ringg_runner.times import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringg_runner.authoring.documents import Document, Json
    from ringg_runner.authoring.environments import Environment
    from ringg_runner.authoring.project import Project

_FIELDS = ("name", "agent_id", "list_id", "number_pool_id")
"""The manifest's own fields that a reference may name, beside `labels.NAME`."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The campaigns of some manifests in one environment, and what stands in the way of others.

    `texts` are the fields that may hold references, for those who look at them more closely.
    """

    campaigns: tuple[Campaign, ...]
    findings: tuple[Diagnostic, ...]
    texts: tuple[Text, ...] = ()


def resolve(
    manifests: Iterable[Document],
    project: Project,
    environment: Environment,
    environ: Mapping[str, str],
) -> Resolution:
    """Resolve every manifest for an environment; `environ` holds what `${env.NAME}` stands for."""
    findings: list[Diagnostic] = []
    texts: list[Text] = []
    resolved: list[tuple[Document, Campaign]] = []
    for manifest in manifests:
        # A document that is no mapping has its finding already.
        if isinstance(manifest.data, dict):
            reading = _Reading(manifest, project, environment, environ)
            campaign = reading.campaign()
            findings += reading.findings
            texts += reading.texts
            if campaign is not None:
                resolved.append((manifest, campaign))
    findings += _taken_twice(resolved, "name", "duplicate-name", lambda c: c.name)
    findings += _taken_twice(resolved, "list_id", "duplicate-list", lambda c: c.list_id)
    campaigns = tuple(campaign for _, campaign in resolved)
    return Resolution(campaigns, tuple(findings), tuple(texts))


def _taken_twice(
    resolved: Iterable[tuple[Document, Campaign]],
    key: str,
    rule: str,
    value_of: Callable[[Campaign], str],
) -> list[Diagnostic]:
    first: dict[str, Document] = {}
    findings = []
    for manifest, campaign in resolved:
        value = value_of(campaign)
        other = first.setdefault(value, manifest)
        if other is not manifest:
            line, column = other.at((key,)).start
            findings.append(
                error(
                    manifest.file,
                    manifest.at((key,)),
                    rule,
                    f"the {key} {value} is taken by {other.file}:{line}:{column}",
                    "one list is one campaign, and is started once"
                    if key == "list_id"
                    else "give each campaign a name of its own",
                )
            )
    return findings


@dataclass(frozen=True, slots=True)
class _Reading:
    """One manifest on its way to a campaign."""

    manifest: Document
    project: Project
    environment: Environment
    environ: Mapping[str, str]
    findings: list[Diagnostic] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def campaign(self) -> Campaign | None:
        agent_id = self._required_id("agent_id")
        list_id = self._required_id("list_id")
        number_pool_id = self._required_id("number_pool_id")
        callback_url = self._callback_url()
        emails = self._ids("email_completion_user_ids")
        window = self._window()
        labels, enabled = self._value("labels", {}), self._value("enabled", True)
        name = self._value("name", None)
        if self.findings or not isinstance(name, str):
            return None
        if not (agent_id and list_id and number_pool_id):
            return None
        request = StartRequest(
            self.environment.base_url,
            agent_id,
            ListId(list_id),
            number_pool_id,
            callback_url.text if callback_url else None,
            emails,
            private=callback_url is not None and callback_url.private,
        )
        return Campaign(
            name, self.manifest.file, self.manifest.position.line, request, labels, enabled, window
        )

    def _field(self, key: str) -> Field | None:
        return field_of(self.manifest, self.project, key)

    def _value(self, key: str, default: Any) -> Any:
        found = self._field(key)
        return found.value if found else default

    def _required_id(self, key: str) -> str | None:
        found = self._field(key)
        if found:
            return self._id(found)
        if key != "list_id" and key not in self.manifest.data:
            self.findings.append(
                error(
                    self.manifest.file,
                    self.manifest.at(()),
                    "missing-key",
                    f"{key} is missing",
                    f"add it here, or under defaults in the project file: {key}: …",
                )
            )
        return None

    def _ids(self, key: str) -> tuple[str, ...]:
        found = self._field(key)
        if not found or not isinstance(found.value, list):
            return ()
        items = map(found.below, range(len(found.value)))
        return tuple(text for text in map(self._id, items) if text)

    def _id(self, found: Field) -> str | None:
        value = self._text(found)
        if value is None:
            return None
        if is_id(value.text):
            return value.text
        # White space that is written here is the schema's to find; what a reference brings is not.
        if value.text != found.value:
            self._find(
                found,
                "not-an-id",
                f"{found.value} stands for no id: it is empty, or has white space in it",
                "correct what it refers to",
            )
        return None

    def _callback_url(self) -> Resolved | None:
        found = self._field("callback_url")
        value = self._text(found) if found else None
        if not found or not value:
            return None
        problem = urls.callback_url_problem(value.text, local=self.environment.local)
        if problem:
            self._find(found, "callback-url", f"callback_url {problem}", urls.HINT)
        return value

    def _window(self) -> Window:
        found = self._field("start")
        if not found or not isinstance(found.value, dict):
            return Window()
        moments = {
            key: parse_moment(text) for key, text in found.value.items() if isinstance(text, str)
        }
        window = Window(moments.get("not_before"), moments.get("not_after"))
        if window.not_before and window.not_after and window.not_after < window.not_before:
            self._find(
                found.below("not_after"),
                "empty-window",
                "start.not_after is before start.not_before",
                "swap the two",
            )
        return window

    def _text(self, found: Field) -> Resolved | None:
        """Return a text with its references resolved, or None, and findings that say why."""
        if not isinstance(found.value, str):
            return None
        value = references.resolve(found.value, self._look_up)
        if isinstance(value, Resolved):
            self.texts.append(Text(found, value))
            return value
        self.findings.extend(value.findings(found.document, found.pointer))
        return None

    def _look_up(self, name: str) -> Resolved | Problem:
        if name.startswith("env."):
            return environments.variable(self.environ, name)
        group, dot, key = name.partition(".")
        if dot:
            text = self._groups().get(group, {}).get(key)
        else:
            text = self._value(name, None) if name in _FIELDS else None
        if isinstance(text, str):
            return Resolved(text)
        fragment = f"${{{name}}}"
        near = did_you_mean(fragment, (f"${{{known}}}" for known in self._known()))
        return Problem(
            fragment,
            "unknown-reference",
            f"unknown reference {fragment}",
            near or f"define it under environments.{self.environment.name} in the project file",
        )

    def _groups(self) -> dict[str, Mapping[str, Json]]:
        """Return what a reference may name as `${group.name}`."""
        labels = self._value("labels", {})
        return {**self.environment.aliases, "labels": labels if isinstance(labels, dict) else {}}

    def _known(self) -> Iterator[str]:
        """Yield every name that a reference may bear here."""
        yield from (key for key in _FIELDS if isinstance(self._value(key, None), str))
        for group, texts in self._groups().items():
            yield from (f"{group}.{key}" for key, text in texts.items() if isinstance(text, str))

    def _find(self, found: Field, rule: str, message: str, hint: str) -> None:
        self.findings.append(error(found.document.file, found.place, rule, message, hint))
