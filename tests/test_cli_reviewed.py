"""`apply --plan` and `apply --expect-digest`: just what was reviewed is started, or it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from build import a_manifest, a_project_file, a_workspace, manifests
from conftest import Cli, Finished
from plans import SECRET_URL
from servers import NO_LIST, Say, Server, hangs_up, lists, says, serving

from ringg_runner.campaigns import digest_of
from ringg_runner.planner import Plan
from ringg_runner.redaction import Redactor
from ringg_runner.reviewed import SavedPlan
from ringg_runner.saved import reading, sealing
from ringg_runner.times import SystemClock

KEY = "rg_live_0123456789abcdef"
REGISTERED = says(200, {"status": "campaign registered successfully!"})
OTHER_DIGEST = f"sha256:{'0' * 64}"


@contextmanager
def a_reviewed_project(
    cli: Cli,
    root: Path,
    *texts: str,
    listing: Say = NO_LIST,
    refresh: bool = False,
    **settings: Any,
) -> Iterator[Server]:
    """A project at a server, with a plan that was saved of it; by default of two campaigns."""
    with serving(REGISTERED, listing=listing) as server:
        project = {"environments": {"production": {"base_url": server.url}}, **settings}
        a_workspace(root, *(texts or manifests(2)), project=a_project_file(**project))
        command = ("plan", "-o", "plan.json", *(["--refresh"] if refresh else []))
        done = cli(*command, RINGG_API_KEY=KEY)
        assert done.code == 0, done.err
        yield server


def apply(cli: Cli, *arguments: str, **variables: str) -> Finished:
    command = ("apply", "--plan", "plan.json", "--yes", "--concurrency", "1")
    return cli(*command, *arguments, RINGG_API_KEY=KEY, **variables)


def told(done: Finished) -> dict[str, tuple[str, str]]:
    """The outcome and the reason of each campaign."""
    campaigns = json.loads(done.out)["campaigns"]
    return {one["name"]: (one["outcome"], one["reason"]) for one in campaigns}


def edit(root: Path, file: str, before: str, after: str) -> None:
    path = root / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def reseal(root: Path, change: Callable[[SavedPlan], SavedPlan]) -> None:
    """Change a saved plan as somebody does who knows how it is sealed."""
    path = root / "plan.json"
    saved = change(reading.read(path.read_bytes(), "plan.json"))
    again = sealing.seal(saved.plan, saved.made_at, saved.version, Redactor.of())
    path.write_text(sealing.text_of(again))


def aged(seconds: float) -> Callable[[SavedPlan], SavedPlan]:
    # By the clock as it is then: a table of tests is made long before the last of them.
    return lambda saved: replace(saved, made_at=SystemClock().now() - timedelta(seconds=seconds))


# What is started


def test_just_what_was_reviewed_is_started(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path, *manifests(2)) as server:
        (tmp_path / "campaigns" / "3.yaml").write_text(a_manifest(name="new", list_id="new"))
        done = apply(cli)
        document = json.loads((tmp_path / "plan.json").read_text())
    assert (done.code, done.last_line) == (0, "2 started")
    sent = [request.json for request in server.requests]
    assert sent == [campaign["request"]["body"] for campaign in document["campaigns"]]


def test_a_private_url_is_sent_as_it_is_and_never_told(cli: Cli, tmp_path: Path) -> None:
    hook = {"HOOK": SECRET_URL}
    with serving(REGISTERED) as server:
        project = a_project_file(environments={"production": {"base_url": server.url}})
        a_workspace(tmp_path, a_manifest(callback_url="${env.HOOK}"), project=project)
        cli("plan", "-o", "plan.json", **hook)
        moved = apply(cli, "--format", "json", HOOK=f"{SECRET_URL}-2")
        cli("plan", "-o", "plan.json", **hook)
        done = apply(cli, **hook)
    assert told(moved)["diwali-renewals"] == (
        "held",
        "callback_url is another than in the reviewed plan",
    )
    assert done.last_line == "1 started"
    assert [request.json["callback_url"] for request in server.requests] == [SECRET_URL]
    assert "s3cret" not in moved.out + moved.err + done.out + done.err


def test_the_trail_keeps_under_which_plan_a_list_was_claimed(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path, a_manifest()):
        apply(cli)
    seal = json.loads((tmp_path / "plan.json").read_text())["saved"]["seal"]
    assert seal in cli("ledger", "show", "list-1").out
    assert cli("ledger", "verify").code == 0


# A second use


def test_a_plan_is_used_once(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        first, second = apply(cli), apply(cli)
        dry = cli("apply", "--plan", "plan.json", "--dry-run")
        sent = len(server.requests)
    assert (first.code, second.code, dry.code, sent) == (0, 3, 3, 2)
    for done in (second, dry):
        assert done.out == ""
        assert "plan.json was applied before: run " in done.err
        assert "make the plan again, which skips what was started" in done.err


def test_a_plan_of_which_one_start_failed_is_used_too(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        server.script[:] = [says(400, {"message": "no"})]
        assert [apply(cli).code for _ in range(2)] == [1, 3]
        assert len(server.requests) == 2


def test_a_plan_that_claimed_nothing_may_be_tried_again(cli: Cli, tmp_path: Path) -> None:
    texts = (*manifests(1), a_manifest(name="live", list_id="live"))
    with a_reviewed_project(cli, tmp_path, *texts, listing=lists(live="running")) as server:
        refused = cli("apply", "--plan", "plan.json", RINGG_API_KEY=KEY)
        without_key = cli("apply", "--plan", "plan.json", "--yes")
        edit(tmp_path, "campaigns/1.yaml", "version: 1", "version: 1 # really")
        held = apply(cli)
        edit(tmp_path, "campaigns/1.yaml", "version: 1 # really", "version: 1")
        done = apply(cli)
    assert [refused.code, without_key.code, held.code, done.code] == [4, 3, 0, 0]
    # What the list showed is remembered, which is no start, and uses nothing up.
    assert held.last_line == "0 started, 1 skipped, 1 held"
    assert (done.last_line, server.started_lists) == ("1 started, 1 skipped", ["list-1"])


@pytest.mark.parametrize(
    ("listing", "option"), [(lists(), "--quiet"), (NO_LIST, "--without-memory")]
)
def test_a_ledger_that_may_be_too_young_to_know_a_first_use_is_told_of(
    cli: Cli, tmp_path: Path, listing: Say, option: str
) -> None:
    with a_reviewed_project(cli, tmp_path, listing=listing):
        done = apply(cli, option, CI="true")
    assert (done.code, done.last_line) == (0, "2 started")
    assert "no ledger here can know whether plan.json was applied before" in done.err


@pytest.mark.parametrize("damage", ["ledger", "nothing"])
def test_a_dry_run_says_where_the_ledger_cannot_tell(cli: Cli, tmp_path: Path, damage: str) -> None:
    with a_reviewed_project(cli, tmp_path):
        if damage == "ledger":
            (tmp_path / ".ringg-runner").mkdir()
            (tmp_path / ".ringg-runner" / "ledger.db").write_text("no database, " * 100)
        done = cli("apply", "--plan", "plan.json", "--dry-run")
    assert (done.code, done.last_line) == (0, "2 to start")
    assert "\n  the ledger: what was started before\n" in done.out
    assert ("warning: the ledger is not read" in done.err) == (damage != "nothing")


# What moved


def test_what_moved_is_held_and_named_and_the_rest_is_started(cli: Cli, tmp_path: Path) -> None:
    texts = manifests(5)
    with a_reviewed_project(cli, tmp_path, *texts) as server:
        edit(tmp_path, "campaigns/1.yaml", "version: 1", "version: 1 # a word more")
        edit(tmp_path, "campaigns/2.yaml", "pool-1", "pool-2")
        edit(tmp_path, "campaigns/3.yaml", "version: 1\n", "version: 1\nenabled: false\n")
        (tmp_path / "campaigns" / "4.yaml").unlink()
        done = apply(cli, "--format", "json")
    changed = "campaigns/{}.yaml changed since the plan was made"
    assert told(done) == {
        "c1": ("held", changed.format(1)),
        "c2": (
            "held",
            f"{changed.format(2)}; number_pool_id is pool-2, and was pool-1 in the reviewed plan",
        ),
        "c3": ("held", "enabled: false; the reviewed plan starts it"),
        "c4": ("held", "no longer in campaigns/4.yaml"),
        "c5": ("started", "campaign registered successfully!"),
    }
    assert (done.code, server.started_lists) == (0, ["list-5"])


def test_a_default_of_the_project_that_moved_is_named(cli: Cli, tmp_path: Path) -> None:
    text = a_manifest(omit=["number_pool_id"])
    defaults = {"number_pool_id": "pool-1"}
    with a_reviewed_project(cli, tmp_path, text, defaults=defaults) as server:
        edit(tmp_path, "ringg-runner.yaml", "pool-1", "pool-2")
        done = apply(cli, "--format", "json")
    assert told(done)["diwali-renewals"] == (
        "held",
        "number_pool_id is pool-2, and was pool-1 in the reviewed plan",
    )
    assert server.requests == []


def test_what_was_started_meanwhile_is_skipped(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        assert cli("apply", "campaigns/1.yaml", "--yes", RINGG_API_KEY=KEY).code == 0
        done = apply(cli)
    assert (done.code, done.last_line) == (0, "1 started, 1 skipped")
    assert server.started_lists == ["list-1", "list-2"]


def test_a_ledger_that_moved_is_named(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path, a_manifest()) as server:
        server.script[:] = [hangs_up]
        assert cli("apply", "--yes", "--settle", "0", RINGG_API_KEY=KEY).code == 6
        # Now there is a ledger to be read, and the plan sees it.
        cli("plan", "-o", "plan.json")
        cli("ledger", "resolve", "list-1", "--not-started", "--reason", "looked it up")
        done = apply(cli, "--format", "json")
    outcome, reason = told(done)["diwali-renewals"]
    assert (outcome, len(server.requests)) == ("held", 1)
    assert reason.startswith("the ledger says not started since ")
    assert ", and said unresolved since " in reason


@pytest.mark.parametrize(
    ("listing", "outcome", "reason"),
    [
        (lists(list_1="draft"), "started", "campaign registered successfully!"),
        (lists(list_1="running"), "skipped", "the server's list says running"),
        (lists(list_1="pending"), "held", "the server's list says “pending”, and said “draft”"),
        (
            lists(),
            "held",
            "the server's list says nothing, and said “draft” when the plan was made",
        ),
        (says(500), "held", "the server's list is not read here, and was for the reviewed plan"),
        (lists(list_1="failed"), "held", "the server's list says failed: only a person knows"),
    ],
    ids=["same", "started", "moved", "gone", "unreadable", "ended"],
)
def test_a_server_list_that_the_plan_saw_is_compared(
    cli: Cli, tmp_path: Path, listing: Say, outcome: str, reason: str
) -> None:
    draft = lists(list_1="draft")
    with a_reviewed_project(cli, tmp_path, a_manifest(), listing=draft, refresh=True) as server:
        server.listing = listing
        dry = cli("apply", "--plan", "plan.json", "--dry-run", RINGG_API_KEY=KEY)
        done = apply(cli, "--format", "json")
    was, why = told(done)["diwali-renewals"]
    assert (was, done.code, len(server.requests)) == (outcome, 0, outcome == "started")
    assert why.startswith(reason)
    assert outcome == "started" or reason in dry.out


def test_a_server_list_that_the_plan_did_not_see_is_not_compared(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path, a_manifest(), listing=lists(list_1="pending")):
        assert apply(cli).last_line == "1 started"


def test_a_mistake_in_a_manifest_of_the_plan_stops_everything(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        edit(tmp_path, "campaigns/1.yaml", "pool-1", "${number_pools.none}")
        done = apply(cli)
    assert (done.code, done.out, server.requests) == (3, "", [])
    assert "campaigns/1.yaml:5:18" in done.err


def test_a_list_of_another_agent_stops_a_start_and_nothing_that_is_held(
    cli: Cli, tmp_path: Path
) -> None:
    def of_agent(agent: str) -> Say:
        rows = [{"id": "list-1", "campaign_status": "draft", "agent_id": agent}]
        return says(200, {"campaigns": rows, "pagination": {"total": 1}})

    with a_reviewed_project(cli, tmp_path, listing=of_agent("agent-9")) as server:
        stopped = apply(cli)
        edit(tmp_path, "campaigns/1.yaml", "version: 1", "version: 1 # changed")
        done = apply(cli)
    assert (stopped.code, done.code, server.started_lists) == (3, 0, ["list-2"])
    assert "was uploaded for the agent agent-9" in stopped.err


# What cannot be trusted


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("pool-1", "pool-2", "was changed: its seal is not that of what it holds"),
        ("\n", " \n", "was changed: its text is not what ringg-runner writes"),
        ('"plan"', '"run"', "is not a plan"),
        ("{", "", "is not JSON"),
    ],
)
def test_a_changed_plan_is_refused_and_nothing_else_is_looked_at(
    cli: Cli, tmp_path: Path, before: str, after: str, told: str
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        edit(tmp_path, "plan.json", before, after)
        (tmp_path / "ringg-runner.yaml").write_text("broken: [")
        done = apply(cli)
    assert (done.code, done.out, server.requests, server.looks) == (3, "", [], [])
    assert f"plan.json {told}" in done.err
    assert not (tmp_path / ".ringg-runner").exists()


def pool(name: str) -> Callable[[SavedPlan], SavedPlan]:
    def change(saved: SavedPlan) -> SavedPlan:
        first, *rest = saved.plan.starts
        request = replace(first.campaign.request, number_pool_id=name)
        forged = replace(first, campaign=replace(first.campaign, request=request))
        return replace(saved, plan=replace(saved.plan, starts=(forged, *rest)))

    return change


def environment(**fields: str) -> Callable[[SavedPlan], SavedPlan]:
    def change(saved: SavedPlan) -> SavedPlan:
        plan: Plan = saved.plan
        there = replace(plan.environment, **fields)  # type: ignore[arg-type]
        starts = [
            replace(
                start,
                campaign=replace(
                    start.campaign,
                    request=replace(start.campaign.request, base_url=there.base_url),
                ),
            )
            for start in plan.starts
        ]
        return replace(saved, plan=replace(plan, environment=there, starts=tuple(starts)))

    return change


def test_a_plan_forged_with_a_new_seal_starts_what_the_manifests_say_or_nothing(
    cli: Cli, tmp_path: Path
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        reseal(tmp_path, pool("pool-9"))
        done = apply(cli, "--format", "json")
    assert told(done)["c1"] == (
        "held",
        "number_pool_id is pool-1, and was pool-9 in the reviewed plan",
    )
    assert [(r.json["list_id"], r.json["number_pool_id"]) for r in server.requests] == [
        ("list-2", "pool-1")
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            environment(name="staging"),
            "plan.json is a plan for staging, and none is called so here",
        ),
        (environment(name="sandbox"), "and sandbox is http://sandbox.localhost/ca/api/v0 now"),
        (environment(base_url="https://a.example.com"), "was made for https://a.example.com, and"),
        (aged(90_000), "plan.json is 25 hours old, and 24 hours are allowed"),
        (aged(-400), "the clocks disagree"),
    ],
    ids=["environment", "another environment", "base_url", "old", "of the future"],
)
def test_a_plan_of_another_place_or_time_is_refused(
    cli: Cli, tmp_path: Path, change: Callable[[SavedPlan], SavedPlan], told: str
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        reseal(tmp_path, change)
        done = apply(cli)
        dry = cli("apply", "--plan", "plan.json", "--dry-run")
    assert (done.code, dry.code, done.out, dry.out, server.requests) == (3, 3, "", "", [])
    assert told in done.err
    assert told in dry.err


def test_the_project_may_not_lead_elsewhere_since(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        edit(tmp_path, "ringg-runner.yaml", "/ca/api/v0", "/ca/api/v1")
        done = apply(cli)
    assert (done.code, server.requests) == (3, [])
    assert f"plan.json was made for {server.url}, and production is " in done.err


@pytest.mark.parametrize(("name", "code"), [("production", 0), ("sandbox", 3), ("none", 3)])
def test_an_environment_that_is_named_must_be_the_plans(
    cli: Cli, tmp_path: Path, name: str, code: int
) -> None:
    with a_reviewed_project(cli, tmp_path):
        done = apply(cli, "--env", name)
    assert done.code == code
    assert ("is a plan for production, and --env says" in done.err) == (code == 3)


@pytest.mark.parametrize(
    ("age", "allowed", "code"),
    [(3_000, "1h", 0), (4_000, "1h", 3), (90_000, "7d", 0), (100, "90s", 3), (1_700, "30m", 0)],
)
def test_how_old_a_plan_may_be_can_be_said(
    cli: Cli, tmp_path: Path, age: float, allowed: str, code: int
) -> None:
    with a_reviewed_project(cli, tmp_path):
        reseal(tmp_path, aged(age))
        assert apply(cli, "--max-age", allowed).code == code


def test_without_any_manifest_of_it_a_plan_is_in_the_wrong_folder(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_reviewed_project(cli, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        done = cli("apply", "--plan", "../plan.json", "--yes", RINGG_API_KEY=KEY)
    assert done.code == 3
    assert "none of the manifests of ../plan.json is here" in done.err
    assert "apply it in the folder where it was made" in done.err


def test_a_plan_of_nothing_starts_nothing(cli: Cli, tmp_path: Path) -> None:
    def emptied(saved: SavedPlan) -> SavedPlan:
        return replace(saved, plan=replace(saved.plan, starts=(), manifests={}))

    with a_reviewed_project(cli, tmp_path) as server:
        reseal(tmp_path, emptied)
        done = apply(cli)
    assert (done.code, done.last_line, server.requests) == (0, "0 started", [])


def test_a_manifest_called_like_standard_input_is_not_taken_for_it(
    cli: Cli, tmp_path: Path
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        (tmp_path / "-").write_text(a_manifest(name="dash", list_id="dash"))
        assert cli("plan", str(tmp_path / "-"), "-o", "plan.json").code == 0
        done = apply(cli)
    assert (done.last_line, server.started_lists) == ("1 started", ["dash"])


# Usage


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("campaigns",), "--plan takes no PATH"),
        (("--max-age", "1"), "1 is no duration: write 90s, 30m, 24h or 7d"),
        (("--max-age", "0s"), "0s is no duration"),
        (("--max-age", "-1h"), "-1h is no duration"),
        (("--max-age", "1.5"), "1.5 is no duration"),
        (("--max-age", ""), " is no duration"),
        (("--expect-digest", ""), "'' is no digest"),
        (("--expect-digest", "0" * 64), "is no digest: it is sha256: and 64 digits"),
        (("--expect-digest", f"sha256:{'0' * 63}"), "is no digest"),
        (("--expect-digest", f"sha256:{'A' * 64}"), "is no digest"),
        (("--expect-digest", f"{OTHER_DIGEST}\n"), "is no digest"),
    ],
)
def test_what_cannot_be_enforced_is_wrong_usage(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        done = apply(cli, *arguments)
    assert (done.code, done.out, server.requests) == (64, "", [])
    assert told in done.err


def test_an_age_without_a_plan_is_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest())
    for command in (("apply", "--yes"), ("apply", "--dry-run")):
        done = cli(*command, "--max-age", "1h")
        assert (done.code, done.out) == (64, "")
        assert "--max-age is about a saved plan" in done.err


def test_a_plan_that_saw_the_list_is_never_applied_without_it(cli: Cli, tmp_path: Path) -> None:
    draft = lists(list_1="draft")
    with a_reviewed_project(cli, tmp_path, a_manifest(), listing=draft, refresh=True) as server:
        done = apply(cli, "--no-refresh")
    assert (done.code, server.requests) == (64, [])
    assert "--no-refresh would leave that unchecked" in done.err


def test_a_plan_that_saw_no_list_may_be_applied_without_it(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        done = apply(cli, "--no-refresh")
    assert (done.last_line, server.looks) == ("2 started", [])


# --expect-digest


def digest_in(root: Path) -> str:
    digest: str = json.loads((root / "plan.json").read_text())["digest"]
    return digest


def expecting(cli: Cli, digest: str, *arguments: str) -> Finished:
    return cli("apply", "--yes", "--expect-digest", digest, *arguments, RINGG_API_KEY=KEY)


def test_the_plan_of_the_expected_digest_is_started(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path):
        digest = digest_in(tmp_path)
        dry = expecting(cli, digest, "--dry-run")
        done = expecting(cli, digest)
        again = expecting(cli, digest)
    assert (dry.code, dry.last_line) == (0, "2 to start")
    assert (done.code, done.last_line) == (0, "2 started")
    assert again.code == 3


@pytest.mark.parametrize(
    ("arguments", "name", "looks"),
    [((), "the plan as things stand now", 1), (("--plan", "plan.json"), "plan.json", 0)],
    ids=["anew", "of a file"],
)
def test_another_digest_is_refused_with_both_of_them(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], name: str, looks: int
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        done = expecting(cli, OTHER_DIGEST, *arguments)
        digest = digest_in(tmp_path)
    assert (done.code, done.out, server.requests) == (3, "", [])
    assert len(server.looks) == looks
    assert (
        f"{name} has the digest {digest}, and {OTHER_DIGEST} was expected: nothing was sent"
        in done.err
    )
    assert "look at the plan again, and give its digest" in done.err


def test_a_dry_run_shows_the_plan_whose_digest_it_refuses(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path):
        done = expecting(cli, OTHER_DIGEST, "--dry-run", "--detailed-exitcode")
        digest = digest_in(tmp_path)
    assert (done.code, done.last_line) == (3, "2 to start")
    assert f"Digest: {digest}\n" in done.out
    assert OTHER_DIGEST in done.err


def test_where_nothing_is_to_start_the_digest_is_checked_too(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(enabled=False))
    cli("plan", "-o", "plan.json")
    assert expecting(cli, digest_in(tmp_path)).code == 0
    assert expecting(cli, OTHER_DIGEST).code == 3


def test_what_the_list_shows_changes_the_digest(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path, listing=lists(list_1="running")) as server:
        done = expecting(cli, digest_in(tmp_path))
    assert (done.code, done.out, server.requests, len(server.looks)) == (3, "", [], 1)


def test_with_both_the_file_and_the_plan_made_anew_must_have_the_digest(
    cli: Cli, tmp_path: Path
) -> None:
    with a_reviewed_project(cli, tmp_path) as server:
        digest = digest_in(tmp_path)
        cli("apply", "campaigns/1.yaml", "--yes", RINGG_API_KEY=KEY)
        moved = expecting(cli, digest, "--plan", "plan.json")
        cli("plan", "-o", "plan.json")
        done = expecting(cli, digest_in(tmp_path), "--plan", "plan.json")
    assert (moved.code, moved.out) == (3, "")
    assert (done.code, done.last_line) == (0, "1 started, 1 skipped")
    assert server.started_lists == ["list-1", "list-2"]


def test_a_digest_of_some_text_is_not_that_of_a_plan(cli: Cli, tmp_path: Path) -> None:
    with a_reviewed_project(cli, tmp_path):
        seal = json.loads((tmp_path / "plan.json").read_text())["saved"]["seal"]
        for digest in (seal, digest_of((tmp_path / "plan.json").read_text())):
            assert expecting(cli, digest, "--plan", "plan.json").code == 3
