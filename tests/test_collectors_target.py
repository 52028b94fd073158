"""The remote command line, and what importing costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.target import Target, capture_source, remote_command_line
from ecmpaudit.configuration.schema import Configuration
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


@pytest.mark.parametrize("place", ["ssh", "tor1"])
def test_one_variable_for_password_and_passphrase_is_refused(place: str) -> None:
    own = {"passphrase_env": "SECRET"} if place == "tor1" else {}
    ssh = {"password_env": "SECRET"} | ({"passphrase_env": "SECRET"} if place == "ssh" else {})
    configuration = Configuration.model_validate({"ssh": ssh, "routers": {"tor1": {"platform": "frr", **own}}})
    with pytest.raises(ConfigurationError, match="tor1: password_env and passphrase_env both name SECRET"):
        targets_of(configuration)


def test_the_two_secrets_of_a_target_are_apart() -> None:
    ssh = {"password_env": "PASSWORD", "passphrase_env": "PASSPHRASE"}
    (target,) = targets_of(Configuration.model_validate({"ssh": ssh, "routers": {"tor1": {"platform": "frr"}}}))
    assert (target.password_env, target.passphrase_env) == ("PASSWORD", "PASSPHRASE")


def test_source_names_router_and_command() -> None:
    assert capture_source(Target("tor1"), COMMAND) == f"ssh tor1: {COMMAND}"


def test_host_defaults_to_the_name() -> None:
    assert (Target("tor1").ssh_host, Target("tor1", host="2001:db8::1").ssh_host) == ("tor1", "2001:db8::1")


@pytest.mark.parametrize("module", ["target", "snapshot"])
def test_module_does_not_load_paramiko(module: str) -> None:
    program = f"import sys, ecmpaudit.collectors.{module}; print('paramiko' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n"
