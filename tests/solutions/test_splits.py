"""The index of a split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation_env import splits

POOLS = st.lists(st.integers(0, 4), min_size=1, max_size=5).filter(any)


def test_the_first_type_is_slowest():
    assert splits.all_splits([2, 1]).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]


@pytest.mark.parametrize(
    ("quantities", "keep", "index", "steps", "count"),
    [
        ([1, 1, 1, 1], [1, 0, 1, 0], 10, [8, 4, 2, 1], 16),
        ([2, 1, 2], [2, 0, 1], 13, [6, 3, 1], 18),
        ([3], [2], 2, [1], 4),
        ([0, 5, 0], [0, 4, 0], 4, [6, 1, 1], 6),
    ],
)
def test_indices_worked_out_by_hand(quantities, keep, index, steps, count):
    pool, kept = np.array(quantities), np.array(keep)
    assert splits.strides(pool).tolist() == steps
    assert splits.count_splits(pool) == count
    assert splits.index_of(kept, pool) == index
    assert splits.keep_of(np.array(index), pool).tolist() == keep


@given(st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any), st.data())
def test_games_with_pools_of_their_own(first, data):
    other = data.draw(st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any))
    pools = np.array([first, other])
    index = np.array([data.draw(st.integers(0, count - 1)) for count in splits.count_splits(pools).tolist()])
    keep = splits.keep_of(index, pools)
    assert splits.strides(pools).tolist() == [splits.strides(pool).tolist() for pool in pools]
    assert keep.tolist() == [splits.all_splits(pool)[at].tolist() for pool, at in zip(pools, index, strict=True)]
    assert splits.index_of(keep, pools).tolist() == index.tolist()


@given(POOLS)
def test_what_is_left_is_the_index_from_the_other_end(quantities):
    pool = np.array(quantities)
    table = splits.all_splits(quantities)
    count = int(splits.count_splits(pool))
    assert table.shape == (count, len(pool))
    assert table.dtype == np.int64
    assert (splits.index_of(pool - table, pool) == count - 1 - np.arange(count)).all()


@pytest.mark.parametrize(
    ("quantities", "message"),
    [
        ([1] * 13, r"8,192 ways, and at most 4,096"),
        ([4096], r"4,097 ways"),
        ([10**6] * 3, r"1,000,003,000,003,000,001 ways"),
        ([[1, 1], [99, 99]], r"\[99, 99\] can be split in 10,000 ways"),
        ([1, -1], r"\[1, -1\] must be whole numbers of at least 0"),
        ([1, 0.5], r"\[1, 0.5\] must be whole"),
        ([1, float("nan")], "must be whole"),
        ([float("inf")], "must be whole"),
        ([0, 0], r"\[0, 0\] leave nothing to split"),
        ([], "a number for each item type"),
        (3, "a number for each item type"),
        ([[1], [1, 2]], "lists of equal length"),
        (["many"], "must be numbers"),
    ],
)
def test_impossible_quantities_are_refused(quantities, message):
    with pytest.raises(ValueError, match=message):
        splits.check_quantities(quantities)


def test_the_largest_pools_are_possible():
    for quantities in ([1] * 12, [4095], [15, 15, 15]):
        assert splits.count_splits(splits.check_quantities(quantities)) == splits.MAX_SPLITS


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ([3, 0], r"keep \[3, 0\] must be whole numbers between 0 and the quantities \[2, 1\]"),
        ([[0, 0], [-1, 0]], r"keep \[-1, 0\]"),
        ([0.5, 0], r"keep \[0.5, 0\]"),
        ([0, 0, 0], "a number for each of 2 item types"),
    ],
)
def test_impossible_splits_are_refused(keep, message):
    with pytest.raises(ValueError, match=message):
        splits.check_keep(keep, np.array([2, 1]))


def test_all_splits_takes_one_pool():
    with pytest.raises(ValueError, match="one pool"):
        splits.all_splits([[1, 1], [2, 2]])
