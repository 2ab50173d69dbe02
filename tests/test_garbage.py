"""While much is read, the collector looks for garbage less often."""

import gc
from collections.abc import Iterator

import pytest

from ringg_runner.garbage import seldom_collected


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    ours = gc.get_threshold()
    yield
    gc.set_threshold(*ours)


@pytest.mark.parametrize(
    ("before", "inside"),
    [
        ((700, 10, 10), (100_000, 10, 10)),
        ((500_000, 5, 5), (500_000, 5, 5)),
        ((0, 10, 10), (0, 10, 10)),
    ],
    ids=["seldom", "not more often than before", "never, if it never did"],
)
def test_the_collector_looks_seldom_inside_and_as_before_afterwards(
    before: tuple[int, int, int], inside: tuple[int, int, int]
) -> None:
    gc.set_threshold(*before)
    with seldom_collected():
        assert gc.get_threshold() == inside
    assert gc.get_threshold() == before


def test_a_failure_inside_changes_nothing_about_that() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="whatever"), seldom_collected():
        raise ValueError("whatever")
    assert gc.get_threshold() == before
