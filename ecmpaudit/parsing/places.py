"""Namespaces and containers of one name on several hosts are several places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Sequence

Read = TypeVar("Read")
"""A capture, or a route table that was read without one."""


def with_distinct_places(reads: Sequence[Read]) -> list[Read]:
    """Return the same, with captures of such places named `HOST/PLACE`; a place of a single host keeps its name."""
    hosts: dict[str | None, set[str]] = {}
    for read in reads:
        if isinstance(read, Capture) and read.host is not None:
            hosts.setdefault(read.router, set()).add(read.host)
    return [_named(read, hosts) for read in reads]


def _named(read: Read, hosts: dict[str | None, set[str]]) -> Read:
    if isinstance(read, Capture) and read.host is not None and len(hosts[read.router]) > 1:
        return replace(read, router=f"{read.host}/{read.router}")
    return read
