"""The broken states of OSPF, RIP and static routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.topologies.state import BrokenState

STATES: tuple[BrokenState, ...] = ()
