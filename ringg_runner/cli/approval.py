"""The way from a plan to leave to carry it out: the look, the guards, and a person's yes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ringg_runner.api.server_list import Listing
from ringg_runner.authoring.environments import read_key
from ringg_runner.cli.applying import Approved
from ringg_runner.cli.connecting import Seen, look
from ringg_runner.cli.guarding import refuse, tell_what_is_overridden
from ringg_runner.cli.output import say, write_to_stderr
from ringg_runner.errors import NotApprovedError
from ringg_runner.planner import Action
from ringg_runner.redaction import Secret
from ringg_runner.report import text
from ringg_runner.running.whoami import in_ci
from ringg_runner.times import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringg_runner.campaigns import ListId
    from ringg_runner.cli.applying import Manner
    from ringg_runner.cli.reporting import Reports
    from ringg_runner.cli.reviewing import Review
    from ringg_runner.guards import Guard
    from ringg_runner.ledger.records import Entry
    from ringg_runner.planner import Plan
    from ringg_runner.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approval depends on.

    `known` is what the ledger holds, `overrides` has a person's reasons by guard, and `reports` are
    told of a plan that is refused. The plan is held to `review`. `ask` where a person has to say
    yes, outside the sandbox; `remembers` where earlier starts can be known.
    """

    prepared: Prepared
    known: Mapping[ListId, Entry]
    manner: Manner
    overrides: Mapping[Guard, str]
    reports: Reports
    review: Review
    ask: bool
    remembers: bool

    def get(self) -> Approved:
        """Return a plan that may be carried out.

        Raises NotApprovedError where a guard, a person or nobody's memory stands against it,
        InvalidInputError where there is no key, and PlanFileError where it is not the reviewed one.
        """
        approved = self._get()
        self.review.check(approved.plan)
        return approved

    def _get(self) -> Approved:
        environment = self.prepared.environment
        plan = self._plan(Seen())
        if not plan.summary[Action.START]:
            # Nothing is sent, so nobody need be asked, and only who waits needs a key.
            key = read_key(environment, os.environ) if self.manner.wait else Secret("")
            return self._approved(plan, key, Seen())
        ask = self.ask and not environment.embedded
        if ask and not sys.stdin.isatty():
            starts = f"{plan.summary[Action.START]} to start in {environment.name}"
            with self.reports.if_refused(plan):
                raise NotApprovedError(
                    f"{starts}, and nobody here to ask: nothing was sent",
                    "review the plan, then give --yes",
                )
        key = read_key(environment, os.environ)
        seen = self._look(key)
        plan = self._plan(seen)
        if plan.summary[Action.START]:
            self.review.check(plan)
            with self.reports.if_refused(plan):
                refuse(plan)
                tell_what_is_overridden(plan)
                self._tell_what_is_not_known(seen)
                if ask:
                    _ask(plan)
            if ask:
                # People take their time. What they approved is held against how things stand now.
                seen = self._look(key)
                plan = self._guarded(self._plan(seen).narrowed_to(plan), seen)
                with self.reports.if_refused(plan):
                    refuse(plan)
        return self._approved(plan, key, seen)

    def _look(self, key: Secret) -> Seen:
        manner = self.manner
        return look(self.prepared, key, manner.limits, manner.ca_file, at_list=manner.refresh)

    def _plan(self, seen: Seen) -> Plan:
        now = SystemClock().now()
        return self.prepared.plan(now, self.known, seen.view, seen.holder, self.overrides)

    def _guarded(self, plan: Plan, seen: Seen) -> Plan:
        now = SystemClock().now()
        return self.prepared.guarded(plan, now, seen.view, seen.holder, self.overrides)

    def _approved(self, plan: Plan, key: Secret, seen: Seen) -> Approved:
        return Approved(
            self.prepared, plan, key, self.manner, self.known, seen, overrides=self.overrides
        )

    def _tell_what_is_not_known(self, seen: Seen) -> None:
        """Say what a fresh CI runner cannot know.

        Raises NotApprovedError where that is too much.
        """
        if self.remembers or self.prepared.environment.embedded or not in_ci(os.environ):
            return
        if isinstance(seen.view, Listing):
            if not self.manner.quiet:
                say(
                    "note: there is no ledger here: what was started before is known from the "
                    "server's list alone, which may not show everything"
                )
            return
        raise NotApprovedError(
            "there is no ledger here and the server's list is not read: whether these lists were "
            "started before cannot be known, and starting one again calls everybody again",
            "keep a ledger (setting ledger in the project file), or give --without-memory",
        )


def _ask(plan: Plan) -> None:
    """Show the plan and ask a person; raises NotApprovedError for anything but a yes."""
    for line in (*text.of_plan(plan), "", *text.of_starts(plan)):
        write_to_stderr(line)
    word = plan.environment.name if plan.environment.calls_people else "yes"
    try:
        answer = click.prompt(f"This calls people. Type {word} to go on", err=True, default="no")
    except click.Abort:
        answer = "no"
    if answer != word:
        raise NotApprovedError("not approved: nothing was sent")
