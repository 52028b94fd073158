"""One scan of hosts that are broken in many ways, among others: each is named, and all others are audited."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.bench.broken_hosts import asked_of, differences, faults, routers_of
from tests.scanned_hosts import scanned_hosts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.sshd
def test_each_broken_host_has_kind_step_and_remedy_and_every_other_one_is_audited(tmp_path: Path) -> None:
    with ExitStack() as running:
        hosts = running.enter_context(scanned_hosts(tmp_path))
        broken = faults(hosts, running)
        routers = routers_of(hosts, 4 * len(broken), broken, every=2)  # each fault over IPv4 and IPv6
        hosts.configure(routers, {}, connect_timeout=120, command_timeout=120)
        _, report = asked_of(hosts, 300)
    assert {name.partition("_")[0] for name in routers} == {*broken, "healthy", "stale", "other"}
    assert list(differences(report, broken, routers.keys())) == []
