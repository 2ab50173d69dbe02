import gc

import pytest

from ringg_runner.garbage import seldom_collected


@pytest.mark.parametrize("before", [(700, 10, 10), (500_000, 5, 5), (0, 10, 10)])
def test_the_collector_looks_less_often_inside_and_as_before_afterwards(
    before: tuple[int, int, int],
) -> None:
    ours = gc.get_threshold()
    gc.set_threshold(*before)
    try:
        with pytest.raises(ZeroDivisionError), seldom_collected():
            inside = gc.get_threshold()
            _ = 1 / 0
        assert gc.get_threshold() == before
    finally:
        gc.set_threshold(*ours)
    assert inside[1:] == before[1:]
    assert inside[0] == 0 if before[0] == 0 else inside[0] >= max(before[0], 100_000)
