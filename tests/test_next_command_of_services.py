"""The command that shows more of a Service without a route: its own, and none of a name that is none."""

from __future__ import annotations

import pytest

from ecmpaudit.incidents.evidence import command_for
from ecmpaudit.model import Finding, Network, Severity


@pytest.mark.parametrize(
    "key, command",
    [
        ("lab/waiting", "kubectl describe service -n lab waiting"),
        ("lab/$(reboot)", "ecmpaudit routes FILE… --ecmp"),
        ("-f/x", "ecmpaudit routes FILE… --ecmp"),
        ("lab/a\x1b[31m", "ecmpaudit routes FILE… --ecmp"),
        ("lab/a b", "ecmpaudit routes FILE… --ecmp"),
    ],
)
def test_the_next_step_names_the_service(key: str, command: str) -> None:
    finding = Finding(code="ECMP107", severity=Severity.WARNING, message="no address", services=(key,))
    assert command_for([finding], Network()) == command
