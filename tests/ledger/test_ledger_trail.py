"""The chain of the trail: nobody changes a row, or an entry, without that being seen."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from ledger_build import API, MINE, NOW, OTHER, a_history, a_key, claim, finish, the_entry
from ledger_places import KINDS, a_place, execute
from ledger_workers import writing
from sqlalchemy import insert

from ringg_runner.ledger import Broken, Event, Ledger, LedgerError, State, open_ledger
from ringg_runner.ledger.chain import FIRST, Head, canonical, exact, is_whole, link
from ringg_runner.ledger.pen import Pen
from ringg_runner.ledger.rows import trail_columns
from ringg_runner.ledger.tables import TRAIL


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    """A ledger with six rows: l-1 in all but the fourth, which is about l-2."""
    place = a_place(request.param, request)
    with open_ledger(place) as ledger:
        a_history(ledger)
        assert ledger.verify() is None
    return place


def verify(url: str) -> Broken | None:
    with open_ledger(url, create=False) as ledger:
        return ledger.verify()


def change(column: str, value: str, number: int = 2) -> str:
    return f"UPDATE ringg_trail SET {column} = '{value}' WHERE number = {number}"


HASH = "a" * 64


@pytest.mark.parametrize(
    ("statements", "number", "sentence"),
    [
        pytest.param([change("detail", '{"number":2}')], 2, "was changed", id="detail"),
        pytest.param([change("event", "look")], 2, "was changed", id="event"),
        pytest.param([change("at", "2026-12-01T09:00:01Z")], 2, "was changed", id="moment"),
        pytest.param([change("list_id", "l-2")], 2, "was changed", id="list"),
        pytest.param([change("base_url", "https://x")], 2, "was changed", id="api"),
        pytest.param(
            [change("run", '{"run_id":"run-9","host":"h","user":"u","version":"1"}')],
            2,
            "was changed",
            id="run",
        ),
        pytest.param([change("hash", HASH)], 2, "was changed", id="hash"),
        pytest.param([change("hash", HASH, 6)], 6, "was changed", id="last-hash"),
        pytest.param([change("previous", HASH)], 2, "does not follow", id="previous"),
        pytest.param([change("previous", HASH, 1)], 1, "does not follow", id="first-previous"),
        pytest.param([change("detail", "no JSON")], 2, "cannot be read", id="detail-no-json"),
        pytest.param([change("detail", "[]")], 2, "cannot be read", id="detail-no-object"),
        pytest.param([change("run", '{"who":"me"}')], 2, "cannot be read", id="run-unknown"),
        pytest.param([change("at", "yesterday")], 2, "cannot be read", id="no-moment"),
        pytest.param([change("event", "party")], 2, "cannot be read", id="event-unknown"),
        pytest.param(["DELETE FROM ringg_trail WHERE number = 1"], 1, "missing", id="no-first"),
        pytest.param(["DELETE FROM ringg_trail WHERE number = 3"], 3, "missing", id="no-middle"),
        pytest.param(["DELETE FROM ringg_trail WHERE number = 6"], 6, "missing", id="no-last"),
        pytest.param(["DELETE FROM ringg_trail WHERE number > 3"], 4, "missing", id="cut"),
        pytest.param(["DELETE FROM ringg_trail"], 1, "row 1 of the trail is missing", id="empty"),
        pytest.param(
            [change("number", "99"), change("number", "2", 3), change("number", "3", 99)],
            2,
            "does not follow",
            id="swapped",
        ),
        pytest.param(
            [
                "DELETE FROM ringg_trail WHERE number = 3",
                *(change("number", str(n - 1), n) for n in (4, 5, 6)),
                "UPDATE ringg_ledger SET head_number = 5",
            ],
            3,
            "does not follow",
            id="closed-up",
        ),
        pytest.param(
            ["INSERT INTO ringg_trail SELECT 0, at, base_url, list_id, event, run, detail,"
             " previous, hash FROM ringg_trail WHERE number = 1"],
            0,
            "has no place",
            id="before-the-first",
        ),
        pytest.param(
            ["UPDATE ringg_ledger SET head_number = 5"], 6, "behind the head", id="head-number"
        ),
        pytest.param(
            [f"UPDATE ringg_ledger SET head_hash = '{HASH}'"],
            6,
            "row 6, the last of the trail, is not the one",
            id="head-hash",
        ),
        pytest.param(
            ["UPDATE ringg_entries SET state = 'not_started' WHERE list_id = 'l-1'"],
            6,
            "the entry of list l-1 is not what the trail tells",
            id="entry-state",
        ),
        pytest.param(
            ["UPDATE ringg_entries SET request = '{}' WHERE list_id = 'l-2'"],
            4,
            "the entry of list l-2 is not what",
            id="entry-request",
        ),
        pytest.param(
            ["DELETE FROM ringg_entries WHERE list_id = 'l-1'"],
            6,
            "the entry of list l-1 is missing",
            id="entry-deleted",
        ),
        pytest.param(
            ["UPDATE ringg_entries SET state = 'odd' WHERE list_id = 'l-1'"],
            None,
            "the entry of list l-1 cannot be read",
            id="entry-unreadable",
        ),
        pytest.param(
            ["INSERT INTO ringg_entries SELECT base_url, 'l-9', state, name, run_id, run, request,"
             " evidence, reason, changed_at, lease_until FROM ringg_entries WHERE list_id = 'l-1'"],
            None,
            "the entry of list l-9 is not what",
            id="entry-invented",
        ),
        pytest.param(
            ["INSERT INTO ringg_ledger SELECT 'x', schema_version, 0, 'x' FROM ringg_ledger"],
            None,
            "the trail has no head",
            id="two-heads",
        ),
    ],
)  # fmt: skip
def test_tampering_is_found_where_it_begins(
    url: str, statements: list[str], number: int | None, sentence: str
) -> None:
    execute(url, *statements)
    broken = verify(url)
    assert broken is not None
    assert broken.number == number
    assert sentence in broken.sentence


def test_a_lease_alone_is_not_covered(url: str) -> None:
    execute(url, f"UPDATE ringg_entries SET lease_until = '{exact(NOW)}' WHERE list_id = 'l-2'")
    assert verify(url) is None


def test_a_well_made_row_behind_the_head_is_found(url: str) -> None:
    with open_ledger(url) as ledger:
        last = ledger.trail()[-1]
    forged = link(
        Head(last.number, last.hash), at=NOW, key=a_key(), event=Event.LOOK, run=MINE, detail={}
    )
    with writing(url) as pen:
        pen.connection.execute(insert(TRAIL).values(trail_columns(forged)))
    assert verify(url) == Broken(7, "row 7 was added behind the head's back")


def ends_nothing(pen: Pen) -> None:
    detail = {"state": "started", "held": True, "reason": "", "evidence": None}
    pen.append(a_key("l-9"), MINE, Event.STARTED, detail, NOW)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda pen: pen.append(a_key(), MINE, Event.CLAIMED, {}, NOW), id="empty"),
        pytest.param(
            lambda pen: pen.append(a_key(), MINE, Event.STARTED, {"held": True}, NOW), id="half"
        ),
        pytest.param(ends_nothing, id="ends-nothing"),
    ],
)
def test_a_well_chained_row_that_makes_no_sense_is_found(
    url: str, write: Callable[[Pen], object]
) -> None:
    with writing(url) as pen:
        write(pen)
    broken = verify(url)
    assert broken == Broken(7, "row 7 does not say what its event needs")


READS: dict[str, Callable[[Ledger], object]] = {
    "entry": the_entry,
    "entries": Ledger.entries,
    "claim": claim,
    "finish": finish,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_an_unreadable_entry_is_an_error_that_names_the_ledger(
    url: str, read: Callable[[Ledger], object]
) -> None:
    execute(url, "UPDATE ringg_entries SET run = '{' WHERE list_id = 'l-1'")
    with open_ledger(url) as ledger:
        with pytest.raises(LedgerError, match="is damaged: the entry of list l-1 cannot be read"):
            read(ledger)
        assert len(ledger.trail()) == 6


def test_an_unreadable_row_is_an_error_that_names_it(url: str) -> None:
    execute(url, change("run", "{", 4))
    with open_ledger(url) as ledger, pytest.raises(LedgerError, match="row 4 of the trail cannot"):
        ledger.trail()


def test_nothing_is_written_behind_a_trail_without_a_head(url: str) -> None:
    execute(url, "INSERT INTO ringg_ledger SELECT 'x', 1, 0, 'x' FROM ringg_ledger")
    with open_ledger(url) as ledger:
        with pytest.raises(LedgerError, match="is damaged: the trail has no head"):
            claim(ledger, a_key("l-9"))
        assert ledger.entry(a_key("l-9")) is None


def test_nothing_is_written_over_a_row_that_is_there_already(url: str) -> None:
    execute(url, "UPDATE ringg_ledger SET head_number = 5")
    with open_ledger(url) as ledger:
        with pytest.raises(LedgerError, match="is damaged"):
            claim(ledger, a_key("l-9"))
        assert ledger.entry(a_key("l-9")) is None


def test_damaged_storage_is_found(request: pytest.FixtureRequest) -> None:
    url = a_place("sqlite", request)
    with open_ledger(url) as ledger:
        a_history(ledger)
    execute(
        url,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '(list_id)', '(name)')"
        " WHERE name = 'ringg_entries_list'",
    )
    broken = verify(url)
    assert broken is not None
    assert broken.number is None
    assert broken.sentence.startswith("the file is damaged: row 1 missing from index")
    with pytest.raises(LedgerError, match="is damaged: row 1 missing from index"):
        open_ledger(url)


def test_the_chain_can_be_checked_from_the_rows_alone(url: str) -> None:
    with open_ledger(url) as ledger:
        rows = ledger.trail()
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.previous for row in rows] == [FIRST, *(row.hash for row in rows[:-1])]
    assert all(map(is_whole, rows))


def test_the_hash_of_a_row_never_changes_its_recipe() -> None:
    row = link(
        Head(), at=NOW, key=a_key(), event=Event.ATTEMPT, run=OTHER, detail={"b": 1, "a": "é"}
    )
    recipe = (
        f'["{FIRST}",1,"2026-12-01T09:00:00.123456Z","{API}","l-1","attempt",'
        '{"commit":null,"host":"ci-2","job_url":"https://ci.example/7","run_id":"run-2",'
        '"user":"bob","version":"1.1"},{"a":"\\u00e9","b":1}]'
    )
    assert row.hash == sha256(recipe.encode()).hexdigest()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}', id="sorted"),
        pytest.param({"s": State.STARTED}, '{"s":"started"}', id="enum"),
        pytest.param("é\ud800\n", '"\\u00e9\\ud800\\n"', id="ascii"),
        pytest.param((1.5, 10**20), "[1.5,100000000000000000000]", id="numbers"),
    ],
)
def test_there_is_one_text_for_a_value(value: object, text: str) -> None:
    assert canonical(value) == text
