"""Plans and runs as they happen, from none to very many campaigns, and with hostile texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from build import NOW, a_campaign, a_request, an_environment

from ringg_runner.api.server_list import Row
from ringg_runner.api.verdict import Verdict
from ringg_runner.campaigns import Campaign, ListId
from ringg_runner.guards import Guard, GuardCheck
from ringg_runner.planner import Action, Plan, PlannedStart, make_plan
from ringg_runner.runs import Attempt, Evidence, Outcome, Result, Run, Stop

PRODUCTION = an_environment(base_url="https://prod-api.ringg.ai/ca/api/v0")
RUN_ID = "5b0c6f0e-9f43-4ad3-8a3e-1f6d2f6f7a10"
DIGEST = f"sha256:{'8a82339' * 9}0"

HOSTILE = (
    "<script>alert(1)</script> `code` | pipe | **bold** [link](https://evil.example) @octocat #12"
    " https://evil.example/x www.evil.example a@b.example :tada: <img src=x onerror=alert(1)>"
    " octo/repo#3 deadbeefcafe ${x} $x$ ~~gone~~ \\| \u202egnitirw\x1b[31m\nnew line"
)
HINDI = "सर्वर व्यस्त है, कृपया बाद में पुनः प्रयास करें"
ARABIC = "الخادم مشغول، يرجى المحاولة لاحقًا"

GUARDS = (
    GuardCheck(
        Guard.MAX_STARTS,
        passes=True,
        limit="at most 20 starts",
        figure="7 starts",
        place="ringg-runner.yaml:14",
    ),
    GuardCheck(
        Guard.MAX_CONTACTS,
        passes=False,
        limit="at most 900 people",
        figure="987 people",
        place="ringg-runner.yaml:16",
    ),
    GuardCheck(
        Guard.START_HOURS,
        passes=False,
        limit="mon to fri, 09:00 to 19:00 in Asia/Kolkata",
        figure="closed until Wed 2026-12-02 09:00",
        place="ringg-runner.yaml:15",
        overridden="agreed with operations for the festival",
    ),
    GuardCheck(
        Guard.WORKSPACE,
        passes=None,
        limit="only workspace 5f0c2c1e",
        figure="not asked yet",
        place="ringg-runner.yaml:17",
    ),
)


def an_id(number: int) -> str:
    return str(UUID(int=(number + 1) * 0x2F3A_9C51_0D27_4BE1_8F00_12_34_56_78, version=4))


def a_start(number: int, name: str = "", **fields: object) -> Campaign:
    """A campaign with ids as they are, and a webhook."""
    request = a_request(
        base_url=PRODUCTION.base_url,
        agent_id=an_id(900),
        list_id=ListId(an_id(number)),
        number_pool_id=an_id(901),
        callback_url=f"https://hooks.example.com/ringg?campaign={number}",
    )
    name = name or f"renewals-2026-12-{number:04}"
    file = f"campaigns/renewals/{number // 10:03}.yaml"
    valid = a_campaign(name=name, file=file, line=1 + number % 10 * 8, request=request)
    return replace(valid, **fields)  # type: ignore[arg-type]


def a_plan_of(
    starts: int, skips: int = 0, holds: int = 0, *, counted: bool = True, **fields: object
) -> Plan:
    """A plan with so many of each action; `counted` where the server's list tells of people."""
    planned = []
    for number in range(starts + skips + holds):
        campaign = a_start(number)
        row = Row(campaign.list_id, "draft", people=120 + number * 7 % 900) if counted else None
        if number < starts:
            reason = "the server's list says draft" if counted else "not in the server's list"
            each = PlannedStart(campaign, Action.START, reason, row=row)
        elif number < starts + skips:
            reason = f"started 2026-11-30T09:00:11Z by run {RUN_ID} (ann@build-7)"
            each = PlannedStart(campaign, Action.SKIP, reason, Evidence.LEDGER, row=row)
        else:
            each = PlannedStart(campaign, Action.HOLD, "not before 2026-12-01T09:00:00Z", row=row)
        planned.append(each)
    plan = make_plan([], PRODUCTION, NOW)
    return replace(plan, starts=tuple(planned), **fields)  # type: ignore[arg-type]


def attempts(
    *verdicts: Verdict, begun: datetime = NOW, wait: float = 2.0, detail: str = ""
) -> tuple[Attempt, ...]:
    """Attempts, one after the other, with waits between them."""
    made = []
    for n, verdict in enumerate(verdicts, start=1):
        seconds = 0.18 + 0.11 * n
        status, said = _ANSWERS[verdict]
        made.append(Attempt(n, begun, seconds, status, verdict, detail or said))
        begun += timedelta(seconds=seconds + wait * n)
    return tuple(made)


_ANSWERS: Mapping[Verdict, tuple[int | None, str]] = {
    Verdict.STARTED: (200, "campaign registered successfully!"),
    Verdict.ALREADY_STARTED: (400, "campaign already started"),
    Verdict.FAILED: (400, "Number pool not found."),
    Verdict.KEY_REFUSED: (401, "Invalid credentials"),
    Verdict.BALANCE_TOO_LOW: (402, "your current balance is insufficient"),
    Verdict.THROTTLED: (429, "slow down"),
    Verdict.NOT_SENT: (None, "no connection: the name cannot be resolved"),
    Verdict.AMBIGUOUS: (None, "no whole answer within 30 s"),
}

_MAYBE = "may or may not have started: no whole answer within 30 s; the server's list: draft"
_COURSES: tuple[tuple[Outcome, str, Evidence | None, tuple[Verdict, ...]], ...] = (
    (
        Outcome.STARTED,
        "campaign registered successfully!",
        Evidence.ANSWER,
        (Verdict.STARTED,),
    ),
    (
        Outcome.STARTED,
        "campaign registered successfully!",
        Evidence.ANSWER,
        (Verdict.THROTTLED, Verdict.NOT_SENT, Verdict.STARTED),
    ),
    (
        Outcome.FAILED,
        "HTTP 400: Number pool not found. (refused)",
        None,
        (Verdict.FAILED,),
    ),
    (Outcome.UNRESOLVED, _MAYBE, None, (Verdict.AMBIGUOUS, Verdict.AMBIGUOUS)),
    (
        Outcome.SKIPPED,
        f"started 2026-11-30T09:00:11Z by run {RUN_ID} (ann@build-7)",
        Evidence.LEDGER,
        (),
    ),
    (Outcome.HELD, "enabled: false", None, ()),
    (Outcome.CANCELLED, "not attempted: the run was interrupted", None, ()),
)


def a_result(number: int, course: int, begun: datetime = NOW, **fields: object) -> Result:
    outcome, reason, evidence, verdicts = _COURSES[course]
    result = Result(
        a_start(number),
        outcome,
        reason,
        evidence,
        attempts=attempts(*verdicts, begun=begun),
        people=120 + number * 7 % 900,
    )
    return replace(result, **fields)  # type: ignore[arg-type]


def a_run_of(*courses: int, **fields: object) -> Run:
    """A run whose results take these courses, one after the other."""
    results = tuple(
        a_result(number, course, NOW + timedelta(seconds=number * 0.21))
        for number, course in enumerate(courses)
    )
    run = Run(
        RUN_ID,
        PRODUCTION,
        NOW,
        NOW + timedelta(seconds=12 + len(courses) * 0.21),
        results,
        digest=DIGEST,
    )
    return replace(run, **fields)  # type: ignore[arg-type]


def reworded(planned: PlannedStart, reason: str, *, name: str, file: str, url: str) -> PlannedStart:
    """The same start with other foreign words in it."""
    request = replace(planned.campaign.request, callback_url=url)
    campaign = replace(planned.campaign, name=name, file=file, request=request)
    return replace(planned, reason=reason, campaign=campaign)


def _hostile_plan() -> Plan:
    plan = a_plan_of(2, 1, 1)
    starts = tuple(
        reworded(
            planned,
            text,
            name=f"{'a-very-long-name-' * 3}{number}" if number else "x",
            file=f"campaigns/{text}.yaml",
            url=f"https://x.example/{text}",
        )
        for number, (planned, text) in enumerate(
            zip(plan.starts, (HOSTILE, HINDI, ARABIC, HOSTILE), strict=True)
        )
    )
    guards = (
        GuardCheck(Guard.HOLD, passes=False, limit=HOSTILE, figure=HINDI, place=HOSTILE),
        replace(GUARDS[2], overridden=HOSTILE),
    )
    return replace(plan, starts=starts, guards=guards)


def _hostile_run() -> Run:
    run = a_run_of(3, 2, 1, 4, 5, 6)
    texts = (HOSTILE, HINDI, ARABIC, HOSTILE, HINDI, HOSTILE)
    results = tuple(
        replace(
            result,
            reason=text,
            campaign=replace(result.campaign, file=f"campaigns/{text}.yaml"),
            attempts=tuple(replace(attempt, detail=text) for attempt in result.attempts),
        )
        for result, text in zip(run.results, texts, strict=True)
    )
    return replace(run, results=results)


PLANS: Mapping[str, Callable[[], Plan]] = {
    "none": lambda: a_plan_of(0, 3),
    "one": lambda: a_plan_of(1, counted=False),
    "twelve": lambda: a_plan_of(7, 3, 2, guards=GUARDS),
    "twelve-calm": lambda: a_plan_of(9, 3, guards=GUARDS[:1]),
    "four-hundred": lambda: a_plan_of(300, 80, 20),
    "hostile": _hostile_plan,
}
RUNS: Mapping[str, Callable[[], Run]] = {
    "none": lambda: a_run_of(4, 4),
    "one": lambda: a_run_of(0),
    "twelve": lambda: a_run_of(0, 0, 1, 0, 2, 0, 3, 0, 0, 4, 5, 0),
    "interrupted": lambda: a_run_of(0, 1, 0, 3, 6, 6, 6, stopped=Stop.INTERRUPTED),
    "guard": lambda: a_run_of(0, 0, 6, 6, stopped=Stop.GUARD, guards=GUARDS, refusal=GUARDS[1]),
    "recalled": lambda: a_run_of(0, 0, 3, digest="", recalled=True),
    "four-hundred": lambda: a_run_of(*([0] * 17 + [1, 2, 3]) * 20),
    "hostile": _hostile_run,
}
