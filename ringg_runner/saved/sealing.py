"""A plan as the text of a file: what a file may keep of it, under a seal.

Pure. The seal is a digest, not a signature: it shows that a file is not as it was written, and
nothing about who wrote it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringg_runner.campaigns import digest_of
from ringg_runner.errors import PlanFileError
from ringg_runner.redaction import keepable
from ringg_runner.report import documents
from ringg_runner.reviewed import SavedPlan
from ringg_runner.times import format_moment

if TYPE_CHECKING:
    from datetime import datetime

    from ringg_runner.guards import GuardCheck
    from ringg_runner.planner import Plan, PlannedStart
    from ringg_runner.redaction import Redactor


def seal(plan: Plan, made_at: datetime, version: str, redactor: Redactor) -> SavedPlan:
    """Return a plan as it is saved at a moment, to the second, by a version of the tool.

    Raises PlanFileError where a manifest itself says what no file may hold.
    """
    kept = _may_be_kept(plan, redactor)
    unsealed = SavedPlan(kept, made_at.replace(microsecond=0), version, seal="")
    document = _document(unsealed)
    _refuse_what_no_file_holds(encode(document), redactor)
    return replace(unsealed, seal=seal_of(document))


def _refuse_what_no_file_holds(text: str, redactor: Redactor) -> None:
    if redactor.hide(text) != text:
        raise PlanFileError(
            "the plan is not saved: a name, an id or a URL in it holds the API key",
            "keep the key in its variable or file alone, and have it replaced at Ringg",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PlanFileError(
            "the plan is not saved: the name of a manifest's file is not UTF-8", "rename that file"
        ) from None


def text_of(saved: SavedPlan) -> str:
    """Return the text of the file of a saved plan: one for each saved plan, to the byte."""
    return encode(_document(saved))


def encode(document: dict[str, Any]) -> str:
    """Return the text of the file that holds a document."""
    return f"{documents.encode(document)}\n"


def seal_of(document: dict[str, Any]) -> str:
    """Return the seal that belongs to the document of a saved plan, whatever seal it has."""
    saved = {key: value for key, value in document["saved"].items() if key != "seal"}
    return digest_of(encode(document | {"saved": saved}))


def _document(saved: SavedPlan) -> dict[str, Any]:
    how = {"made_at": format_moment(saved.made_at), "version": saved.version, "seal": saved.seal}
    return documents.of_plan(saved.plan) | {"saved": how}


def _may_be_kept(plan: Plan, redactor: Redactor) -> Plan:
    """Return a plan without keys and phone numbers in all that no manifest says.

    What a plan tells people comes from servers, from other people and from machines.
    """

    def kept(text: str) -> str:
        return keepable(redactor.hide(text))

    return replace(
        plan,
        starts=tuple(_kept_start(planned, redactor) for planned in plan.starts),
        not_checked=tuple(map(kept, plan.not_checked)),
        guards=tuple(_kept_guard(check, redactor) for check in plan.guards),
        selected=plan.selected and replace(plan.selected, by=tuple(map(kept, plan.selected.by))),
    )


def _kept_start(planned: PlannedStart, redactor: Redactor) -> PlannedStart:
    row, entry = planned.row, planned.entry
    # The number of a CI job is no phone number, and leads people to what happened.
    job = entry.run.job_url if entry else None
    reason = keepable(redactor.hide(planned.reason), but=job)
    word = row.word and keepable(redactor.hide(row.word)) if row else None
    return replace(planned, reason=reason, row=row and replace(row, word=word))


def _kept_guard(check: GuardCheck, redactor: Redactor) -> GuardCheck:
    def kept(text: str) -> str:
        return keepable(redactor.hide(text))

    return replace(
        check,
        limit=kept(check.limit),
        figure=kept(check.figure),
        place=kept(check.place),
        overridden=check.overridden and kept(check.overridden),
    )
