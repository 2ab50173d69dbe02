"""Moments: read with their zone or not at all, written in UTC."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.times import SystemClock, format_moment, parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01T09:00:00+05:30", datetime(2026, 12, 1, 3, 30, tzinfo=UTC)),
        ("2026-12-01T09:00:00Z", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("2026-12-01t09:00:00z", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("2026-12-01T09:00-00:30", datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
        ("2026-12-01T09:00:00.25Z", datetime(2026, 12, 1, 9, 0, 0, 250_000, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
    ],
    ids=["zone", "utc", "lower case", "no seconds", "fraction", "leap day"],
)
def test_a_moment_with_its_zone_is_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01",
        "2026-12-01T09:00:00",
        "2026-12-01 09:00:00Z",
        "2026-12-01T09:00:00+0530",
        "2026-12-01T09:00:00+5:30",
        "2026-12-01T09Z",
        "2026-1-1T09:00:00Z",
        "2026-W49-2T09:00:00Z",
        "2026-12-01T09:00:00Z\n",
        "٢٠٢٦-12-01T09:00:00Z",
        "2026-02-30T09:00:00Z",
        "2026-12-01T25:00:00Z",
        "2026-12-01T09:00:60Z",
        "2026-12-01T09:00:00+24:00",
        "0001-01-01T00:00:00+05:30",
        "9999-12-31T23:59:59-05:30",
        "tomorrow",
        "",
    ],
)
def test_what_names_no_moment_is_none(text: str) -> None:
    assert parse_moment(text) is None


@given(st.text())
def test_no_text_breaks_the_reading_of_moments(text: str) -> None:
    assert parse_moment(text) is None or text.isascii()


ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),
        max_value=datetime(9998, 1, 1),
        timezones=ZONES,
    )
)
def test_a_moment_that_is_written_reads_back_in_whole_seconds(moment: datetime) -> None:
    assert parse_moment(format_moment(moment)) == moment.replace(microsecond=0)


def test_a_moment_is_written_as_utc_in_whole_seconds() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    moment = datetime(2026, 12, 1, 9, 0, 0, 999_999, tzinfo=india)
    assert format_moment(moment) == "2026-12-01T03:30:00Z"


def test_the_system_clock_is_in_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    before = clock.elapsed()
    asyncio.run(clock.sleep(0))
    assert clock.elapsed() >= before
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
