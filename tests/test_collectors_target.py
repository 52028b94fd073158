"""The remote command line, and what importing costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ecmpaudit.collectors.target import Target, capture_source, remote_command_line
from ecmpaudit.errors import ConfigurationError

COMMAND = "vtysh -c 'show ip route vrf all'"


@pytest.mark.parametrize(
    "target,line",
    [
        pytest.param(Target("tor1"), COMMAND, id="bare"),
        pytest.param(Target("tor1", sudo=True), f"sudo -n {COMMAND}", id="sudo"),
        pytest.param(
            Target("tor1", command_prefix="sudo docker exec bgp"), f"sudo docker exec bgp {COMMAND}", id="prefix"
        ),
        pytest.param(
            Target("tor1", sudo=True, command_prefix="docker exec bgp"), f"sudo -n docker exec bgp {COMMAND}", id="both"
        ),
        pytest.param(
            Target("tor1", command_prefix="ip netns exec 'my vrf; reboot'"),
            f"ip netns exec 'my vrf; reboot' {COMMAND}",
            id="quoted word stays one word",
        ),
        pytest.param(Target("tor1", command_prefix="x; reboot"), f"'x;' reboot {COMMAND}", id="no shell in the prefix"),
        pytest.param(Target("tor1", command_prefix="  "), COMMAND, id="blank prefix"),
    ],
)
def test_sudo_and_prefix_are_put_before_the_command(target: Target, line: str) -> None:
    assert remote_command_line(target, COMMAND) == line


def test_prefix_with_an_open_quote_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='command_prefix of tor1: "docker \'exec" cannot be split'):
        remote_command_line(Target("tor1", command_prefix="docker 'exec"), COMMAND)


def test_source_names_router_and_command() -> None:
    assert capture_source(Target("tor1"), COMMAND) == f"ssh tor1: {COMMAND}"


def test_host_defaults_to_the_name() -> None:
    assert (Target("tor1").ssh_host, Target("tor1", host="2001:db8::1").ssh_host) == ("tor1", "2001:db8::1")


@pytest.mark.parametrize("module", ["target", "snapshot"])
def test_module_does_not_load_paramiko(module: str) -> None:
    program = f"import sys, ecmpaudit.collectors.{module}; print('paramiko' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n"
