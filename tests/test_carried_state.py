"""What a chunk carries over to the next: counts add up, the last text of a Filldown value counts, errors reach all."""

from __future__ import annotations

from threading import Thread

import pytest

from ecmpaudit.parsing.carried_state import CarriedState, StateChain

RED = CarriedState(3, 1, {"VRF": "red", "PREFIX": "198.51.100.1/32"})
SKIPPED = CarriedState(5)
IPV6 = CarriedState(2, 2, {"PREFIX": "2001:db8::1/128"})


def test_counts_add_up_and_the_later_text_of_a_value_counts() -> None:
    assert RED.followed_by(IPV6) == CarriedState(5, 3, {"VRF": "red", "PREFIX": "2001:db8::1/128"})
    assert IPV6.followed_by(RED) == CarriedState(5, 3, {"VRF": "red", "PREFIX": "198.51.100.1/32"})


def test_a_value_that_was_cleared_is_not_filled_from_further_above() -> None:
    assert RED.followed_by(CarriedState(1, 0, {"PREFIX": ""})).filled == {"VRF": "red", "PREFIX": ""}


def test_lines_without_a_value_change_only_the_count() -> None:
    assert RED.followed_by(SKIPPED) == CarriedState(8, 1, RED.filled)
    assert SKIPPED.followed_by(RED) == CarriedState(8, 1, RED.filled)


def test_states_may_be_added_in_any_grouping() -> None:
    assert RED.followed_by(SKIPPED).followed_by(IPV6) == RED.followed_by(SKIPPED.followed_by(IPV6))


def test_the_first_chunk_begins_with_nothing_and_waits_for_none() -> None:
    assert StateChain(3).before(0) == CarriedState(0, 0, {})


def test_a_chunk_begins_with_the_state_after_all_earlier_ones_in_the_order_of_the_text() -> None:
    states = StateChain(4)
    for number, added in ((2, IPV6), (0, RED), (1, SKIPPED)):  # published in another order than that of the text
        states.publish(number, added)
    assert states.before(1) == RED
    assert states.before(3) == CarriedState(10, 3, {"VRF": "red", "PREFIX": "2001:db8::1/128"})


def test_a_chunk_waits_until_the_earlier_ones_are_published() -> None:
    states = StateChain(2)
    received: list[CarriedState] = []
    waiting = Thread(target=lambda: received.append(states.before(1)))
    waiting.start()
    states.publish(0, RED)
    waiting.join(timeout=60)
    assert received == [RED]


def test_an_error_in_one_chunk_is_raised_in_all_later_ones_and_in_none_before() -> None:
    states = StateChain(3)
    states.publish(0, RED)
    states.fail(1, ValueError("chunk 1 is damaged"))
    assert states.before(1) == RED
    with pytest.raises(ValueError, match="chunk 1 is damaged"):
        states.before(2)


def test_an_error_after_the_state_is_published_does_not_reach_the_other_chunks() -> None:
    states = StateChain(2)
    states.publish(0, RED)
    states.fail(0, ValueError("while its rows were made"))
    assert states.before(1) == RED
