"""`drain --wait-gone` against real daemons and packets; `python -m tests.bench.drains` drains 40 times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.draining import KINDS, Drain, drain_once, traffic

if TYPE_CHECKING:
    from tests.lab.laboratory import Lab

pytestmark = pytest.mark.lab


@pytest.mark.sampled(2)
@pytest.mark.parametrize("kind, node", list(zip(KINDS, ["node5", "node2", "node3", "node1"], strict=True)), ids=KINDS)
def test_a_node_is_gone_when_no_packet_reaches_it_any_more(lab: Lab, kind: str, node: str) -> None:
    with traffic(lab):
        drained = drain_once(lab, kind, node, lab.configuration())
    assert drained.is_right, drained


def test_a_router_that_cannot_be_asked_is_never_gone(lab: Lab) -> None:
    with lab.daemon_stopped("node4"), lab.sshd_stopped("tor2"):
        drain = Drain(lab, lab.configuration(), "node4", "--wait-gone", "--interval", "0.5", "--timeout", "4")
        assert drain.ended() == 3
    assert drain.lines[-1]["state"] == "not asked"
    assert list(drain.lines[-1]["not_asked"]) == ["tor2"]
    assert drain.lines[-1]["present"] == []


@pytest.mark.parametrize("pool", ["172.31.0.0/16", "fd00:31::/32"], ids=["IPv4", "IPv6"])
def test_a_poll_of_one_router_and_pool_takes_2_kb_at_most(lab: Lab, pool: str) -> None:
    drain = Drain(lab, lab.configuration(), "node3", "--wait-back", "--pool", pool, "--stable", "1", "--timeout", "30")
    assert drain.ended() == 0
    sizes = drain.lines[-1]["bytes"]
    assert set(sizes) == {"tor1", "tor2"}
    assert 500 < max(sizes.values()) <= 2_000, sizes
