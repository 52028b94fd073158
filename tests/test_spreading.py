"""Models of how flows are spread, on numbers worked out by hand; tests/lab/test_spreading.py asks the kernel."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from ecmpaudit.changes.bounds import bounds
from ecmpaudit.changes.buckets import migrated, wanted_buckets
from ecmpaudit.changes.draining import drained_in, order_of_draining
from ecmpaudit.changes.order_of_next_hops import Ordered
from ecmpaudit.changes.placed import Chosen, Placed
from ecmpaudit.changes.spreading import Member, Members, Model, movement


def members(nodes: str, *weights: int) -> Members:
    return tuple(Member(f"hop-{n}", n, weight) for n, weight in zip(nodes, weights or [1] * len(nodes), strict=True))


def placed(nodes: str, *weights: int, is_by_address: bool = False) -> Placed:
    return Placed(members(nodes, *weights), (), Ordered((), is_by_address=is_by_address), Chosen(Model.HASH_THRESHOLD))


@pytest.mark.parametrize(
    "weights, ends",
    [
        ([1], [2147483648]),
        ([1, 1], [1073741824, 2147483648]),
        ([1, 1, 1], [715827883, 1431655765, 2147483648]),  # 715827882.67 and 1431655765.33, rounded to the nearest
        ([1, 3], [536870912, 2147483648]),
    ],
)
def test_bounds_are_rounded_to_the_nearest_value_of_the_hash(weights: list[int], ends: list[int]) -> None:
    assert bounds(1 << 31, weights) == ends


@pytest.mark.parametrize(
    "before, after, moved, innocent",
    [
        ("abc", "bc", Fraction(1, 2), Fraction(1, 4)),
        ("abc", "ac", Fraction(1, 3), Fraction(0)),
        ("ab", "abc", Fraction(1, 2), Fraction(1, 6)),
        ("ab", "ba", Fraction(1), Fraction(1)),
        ("ab", "", Fraction(1), Fraction(0)),
        ("", "ab", Fraction(0), Fraction(0)),
        ("", "", Fraction(0), Fraction(0)),
        ("ab", "ab", Fraction(0), Fraction(0)),
    ],
)
def test_hash_threshold_moves_what_changes_its_part(
    before: str, after: str, moved: Fraction, innocent: Fraction
) -> None:
    found = movement(members(before), members(after), Model.HASH_THRESHOLD)
    assert found.moved == pytest.approx(moved, abs=1e-8)
    assert found.innocent == pytest.approx(innocent, abs=1e-8)


def test_flows_between_two_links_of_one_node_do_not_move() -> None:
    before = (Member("link1", "a"), Member("link2", "a"), Member("hop-b", "b"), Member("hop-c", "c"))
    found = movement(before, before[1:], Model.HASH_THRESHOLD)
    assert found.shares_before == {"a": Fraction(1, 2), "b": Fraction(1, 4), "c": Fraction(1, 4)}
    assert found.moved == pytest.approx(Fraction(1, 4), abs=1e-8)  # 1/3 to 1/2 from a to b, 2/3 to 3/4 from b to c


@pytest.mark.parametrize(
    "before, after, moved, innocent",
    [
        (members("ab"), members("abc"), Fraction(2, 3), Fraction(1, 3)),
        (members("abc"), members("ab"), Fraction(2, 3), Fraction(1, 2)),
        (members("ab", 2, 4), members("ab", 1, 2), Fraction(0), Fraction(0)),
        (members("abc"), (), Fraction(1), Fraction(0)),
    ],
)
def test_modulo_n_moves_what_has_another_remainder(
    before: Members, after: Members, moved: Fraction, innocent: Fraction
) -> None:
    found = movement(before, after, Model.MODULO_N)
    assert (found.moved, found.innocent) == (moved, innocent)


def test_buckets_are_divided_by_weight_and_given_to_the_last_next_hop_first() -> None:
    assert wanted_buckets([1, 2, 1], 8) == [2, 4, 2]
    assert migrated((None,) * 8, [("a", 1), ("b", 2), ("c", 1)]) == ("c", "c", "b", "b", "b", "b", "a", "a")


def test_a_resilient_group_moves_flows_of_the_lost_node_at_once_and_of_overweight_ones_later() -> None:
    found = movement(members("abcd"), members("bcd"), Model.RESILIENT, 8)
    assert (found.moved, found.innocent, found.moves_later) == (Fraction(1, 4), Fraction(0), Fraction(0))
    found = movement(members("abc"), members("abcd"), Model.RESILIENT, 8)
    assert (found.moved, found.moves_later) == (Fraction(0), Fraction(1, 4))
    assert found.shares_after["d"] == 0


def test_a_node_that_returns_to_a_resilient_group_does_not_get_its_flows_back() -> None:
    full = migrated((None,) * 6, [("a", 1), ("b", 1), ("c", 1)])
    without = migrated(full, [("b", 1), ("c", 1)])
    assert without == ("c", "c", "b", "b", "c", "b")
    assert migrated(without, [("b", 1), ("c", 1), ("a", 1)]) == without


def test_a_resilient_group_needs_a_number_of_buckets() -> None:
    with pytest.raises(ValueError, match="number of buckets"):
        movement(members("ab"), members("a"), Model.RESILIENT)


def test_the_middle_node_is_drained_first() -> None:
    found = order_of_draining([placed("abcde")])
    assert found.nodes[0] == "c"
    every = [drained_in(order, [placed("abcde")]).moved for order in _orders("abcde")]
    assert found.moved == min(every)
    assert max(every) > found.moved


def test_where_addresses_decide_the_place_every_order_moves_as_many() -> None:
    sets = [placed("abcd", is_by_address=True)]
    assert len({drained_in(order, sets).moved for order in _orders("abcd")}) == 1


def test_a_node_of_one_set_alone_costs_nothing_in_others() -> None:
    found = order_of_draining([placed("abc"), placed("xyz")])
    assert sorted(found.nodes) == [*"abcxyz"]
    assert found.moved == order_of_draining([placed("abc")]).moved


def _orders(nodes: str) -> list[tuple[str, ...]]:
    return [*itertools.permutations(nodes)]


def test_a_node_with_two_links_goes_and_comes_back_with_both() -> None:
    linked = (Member("link1", "a"), Member("link2", "a"), Member("hop-b", "b"))
    one = Placed(linked, (), Ordered((), is_by_address=False), Chosen(Model.HASH_THRESHOLD))
    assert drained_in(["a"], [one]).moved == pytest.approx(Fraction(4, 3), abs=1e-8)
    assert order_of_draining([one, placed("ab")]).nodes in (("a", "b"), ("b", "a"))
