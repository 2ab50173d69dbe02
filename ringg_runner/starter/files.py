"""The files of a project to begin with, as texts.

Without an API to fill it, the project has the sandbox alone. With one, the campaign that is written
holds real ids, so it stays on hold until a person has looked at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringg_runner.authoring.environments import BASE_URL
from ringg_runner.authoring.yaml_writer import scalar
from ringg_runner.redaction import showable
from ringg_runner.starter.names import without_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringg_runner.starter.inventory import Alias, Inventory

PROJECT = "ringg-runner.yaml"
CAMPAIGN = "campaigns/first-campaign.yaml"
SCHEMAS = {"campaign": "schemas/campaign.schema.json", "project": "schemas/project.schema.json"}

NEEDED = ("agents", "lists", "number_pools")
"""The groups that a campaign cannot do without."""

_NOWHERE = "first"
"""The alias that the campaign uses where there is none to choose from."""

# Made up; the sandbox takes any id.
_SANDBOX_IDS = {
    "agents": "9e5d2c71-4b0a-4f63-8d17-6a2f3c8b5e04",
    "lists": "3f8a6b1d-92c4-4e75-b0a8-1d7c5f2e9b36",
    "number_pools": "c4b70e92-5d1f-4a38-96e3-8f0b2a7d1c55",
}

_PROJECT = """\
{modelines}#
# Where the campaigns are, and which APIs they can go to. What stands for an id has its name here,
# and is used in campaigns as ${{agents.{agent}}}.
version: 1
manifests: [campaigns]

# Where a campaign goes without --env: to the API inside ringg-runner, which calls nobody.
default_environment: sandbox

environments:
  sandbox:
    base_url: sandbox
{sandbox}
{real}"""

_NO_API = """\
  # The real API; its key comes from the variable RINGG_API_KEY. Copy the ids from the dashboard,
  # and apply with --env production.
  # production:
  #   agents:
  #     first:
  #   lists:
  #     first:
  #   number_pools:
  #     first:
"""

_CAMPAIGN = """\
{modelines}#
# One campaign: an agent calls everybody on a contact list, from a pool of numbers. A list is
# started once, however often `ringg-runner apply` runs. More campaigns go into files of their own.
version: 1
name: first-campaign
agent_id: ${{agents.{agents}}}
list_id: ${{lists.{lists}}}
number_pool_id: ${{number_pools.{number_pools}}}
{hold}"""

_HOLD = """\
# These are ids of your workspace, chosen without knowing what they are for. Look at them, then
# remove this line; until then the campaign is on hold.
enabled: false
"""


@dataclass(frozen=True, slots=True)
class Target:
    """The API that fills a project, as its environment will be written, and what it lists."""

    environment: str
    base_url: str
    api_key_env: str
    inventory: Inventory

    @property
    def missing(self) -> tuple[str, ...]:
        """The groups that a campaign needs, and that nothing is known of."""
        return tuple(group for group in NEEDED if not self.inventory.groups[group].aliases)


def starter(schemas: Mapping[str, str], target: Target | None = None) -> dict[str, str]:
    """Return the text of each file by its path; `schemas` holds the texts of the schemas."""
    chosen = _choice(target.inventory) if target else dict.fromkeys(NEEDED, _NOWHERE)
    sandbox = (f"    {group}:\n      {chosen[group]}: {_SANDBOX_IDS[group]}" for group in NEEDED)
    project = _PROJECT.format(
        modelines=_modelines(SCHEMAS["project"]),
        agent=chosen["agents"],
        sandbox="\n".join(sandbox) + "\n",
        real="".join(f"{line}\n" for line in _environment(target)) if target else _NO_API,
    )
    campaign = _CAMPAIGN.format(
        modelines=_modelines(f"../{SCHEMAS['campaign']}"), hold=_HOLD if target else "", **chosen
    )
    written = {path: schemas[name] for name, path in SCHEMAS.items()}
    return {PROJECT: project, CAMPAIGN: campaign, **written}


def _modelines(schema: str) -> str:
    """Return what tells editors which schema a file has: most of them, then JetBrains'."""
    return f"# yaml-language-server: $schema={schema}\n# $schema: {schema}\n"


def _choice(inventory: Inventory) -> dict[str, str]:
    """Choose an alias of each group that belong together: a draft, and the agent it is for."""
    agents = {each.thing.id: each.name for each in inventory.groups["agents"].aliases}
    lists = inventory.groups["lists"].aliases
    first = {
        group: aliases[0].name if (aliases := inventory.groups[group].aliases) else _NOWHERE
        for group in NEEDED
    }
    for each in lists:
        if (agent_id := each.thing.agent_id) and agent_id in agents:
            return first | {"lists": each.name, "agents": agents[agent_id]}
    return first


def _environment(target: Target) -> Iterator[str]:
    yield "  # What the API listed when this file was written. Phone numbers were left out."
    yield f"  {target.environment}:"
    if target.base_url != BASE_URL:
        yield f"    base_url: {scalar(target.base_url)}"
    yield f"    api_key_env: {scalar(target.api_key_env)}"
    agents = {each.thing.id: each.name for each in target.inventory.groups["agents"].aliases}
    for name, group in target.inventory.groups.items():
        yield from (f"    # {remark}" for remark in group.remarks)
        if not group.aliases:
            yield f"    # {name}: none known"
            continue
        yield f"    {name}:"
        for alias in group.aliases:
            comment = _comment(alias, agents)
            line = f"      {alias.name}: {scalar(alias.thing.id)}"
            yield f"{line}  # {comment}" if comment else line


def _comment(alias: Alias, agents: Mapping[str, str]) -> str:
    thing = alias.thing
    agent = agents.get(thing.agent_id or "")
    parts = [
        showable(without_private(thing.name), 60),
        thing.comment,
        f"for agents.{agent}" if agent else "",
    ]
    return ", ".join(part for part in parts if part and part != alias.name)
