"""A router whose routing daemon does not run: one finding about it, and no node is blamed."""

from __future__ import annotations

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture, Severity
from ecmpaudit.reporting.verdict import exit_code
from ecmpaudit.rules import all_rules

NOTHING_RUNS = "Exiting: failed to connect to any daemons."
NO_SOCKET = "Unable to connect to server control socket (/run/bird/bird.ctl): No such file or directory"
HINT = "Hint: if this seems wrong, try running me as a privileged user!"
FRR = ("vtysh -c 'show ip route vrf all'", "vtysh -c 'show ipv6 route vrf all'", "vtysh -c 'show zebra'")
BIRD = ("birdc -r 'show route all'", "birdc -r 'show protocols all'")
KERNEL = {
    "ip -j -4 route show table all": '[{"dst":"192.0.2.0/24","dev":"eth0","protocol":"kernel","scope":"link"}]\n',
    "ip -j -6 route show table all": '[{"dst":"2001:db8::/64","dev":"eth0","protocol":"kernel"}]\n',
}


def audit_of_router(platform: str, commands: tuple[str, ...], said: str) -> Audit:
    """Return the audit of a router whose daemon's client fails, and whose kernel has lost the routes."""
    failure = f"the command failed with exit status 1: {said}"
    captures = [Capture("tor1", platform, asked, "", f"ssh tor1: {asked}", failure=failure) for asked in commands]
    captures += [Capture("tor1", platform, asked, text, f"ssh tor1: {asked}") for asked, text in KERNEL.items()]
    pools = ["198.51.100.7/32", "2001:db8:100::7/128"]
    expectations = Expectations.from_flags(pools, None, parse_nodes(["node1=192.0.2.1+2001:db8::1"]))
    return audit_material(read_material(captures), Request(expectations), all_rules())


@pytest.mark.parametrize(
    "platform, commands, said",
    [("frr", FRR, NOTHING_RUNS), ("frr", FRR, "zebra is not running"), ("bird", BIRD, NO_SOCKET)],
    ids=["FRR", "zebra", "BIRD"],
)
def test_a_router_without_its_daemon_is_one_incomplete_finding(
    platform: str, commands: tuple[str, ...], said: str
) -> None:
    audit = audit_of_router(platform, commands, said)
    assert exit_code(audit, Severity.ERROR) == 3
    (finding,) = [found for found in audit.findings if found.code != "ECMP003"]
    words = said.removeprefix("Exiting: ")
    assert finding.message == f"tor1: not completely checked: its routing daemon does not run: {words}"


def test_a_user_that_may_not_run_vtysh_proves_nothing_about_the_daemon() -> None:
    audit = audit_of_router("frr", FRR, f"{NOTHING_RUNS} {HINT}")
    assert exit_code(audit, Severity.ERROR) != 0
    assert not any("does not run" in found.message for found in audit.findings)
