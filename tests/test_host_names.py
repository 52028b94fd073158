"""Host names are host names or addresses, wherever one is given: nothing else reaches a resolver or a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from ecmpaudit.configuration.host_names import is_host_name
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.errors import ConfigurationError
from tests.configuration_faults import faults

if TYPE_CHECKING:
    from pathlib import Path

GOOD = [
    "tor1",
    "tor1.example.com",
    "tor1.example.com.",
    "3com.example",
    "tor_1-mgmt",
    "xn--bcher-kva.example",
    "192.0.2.1",
    "2001:db8::1",
    "::ffff:192.0.2.1",
    "fe80::1%eth0",
    "fe80::1%br-lan.10",
    "a" * 63,
    ".".join(["a" * 49] * 5),
]
BAD = [
    "",
    ".",
    "tor1..example",
    ".example",
    "-tor1",
    "tor1-",
    "tor1.-example",
    "$(touch${IFS}x)",
    "`reboot`",
    "tor1;reboot",
    "tor1|sh",
    "tor1&",
    "tor1>x",
    "tor1'",
    'tor1"',
    "tor1\\",
    "tor 1",
    "tor1\n",
    "tor1\t",
    "tor1/24",
    "user@tor1",
    "[2001:db8::1]",
    "[2001:db8::1]:22",
    "tor1:22",
    "fe80::1%",
    "fe80::1%$(reboot)",
    "fe80::1%eth0;x",
    "192.0.2.1%eth0",
    "tor1%eth0",
    "192.0.2.300",
    "192.0.2",
    "2130706433",
    "bücher.example",
    "tor¹",
    "٣.example.٣",
    "*",
    "tor?",
    "!tor1",
    "a" * 64,
    ".".join(["a" * 50] * 5),
]


@pytest.mark.parametrize("text", GOOD)
def test_a_host_name_or_an_address_is_one(text: str) -> None:
    assert is_host_name(text)


@pytest.mark.parametrize("text", BAD)
def test_everything_else_is_none(text: str) -> None:
    assert not is_host_name(text)


@pytest.mark.parametrize(
    "section,more", [("routers", ""), ("nodes", ", addresses: [192.0.2.9]")], ids=["router", "node"]
)
@pytest.mark.parametrize("host", ["$(touch${IFS}x)", "fe80::1%$(reboot)", "192.0.2.300", "tor1:22"])
def test_the_configuration_refuses_a_host_that_is_none(tmp_path: Path, section: str, more: str, host: str) -> None:
    assert faults(tmp_path, f"{section}: {{one: {{host: '{host}'{more}}}}}") == [
        f'ecmpaudit.yaml:1: {section}.one.host: expected a host name or an address, found "{host}"'
    ]


@pytest.mark.parametrize("user", ["$(reboot)", "a;b", "`x`", "a|b", "-x"])
def test_the_configuration_refuses_a_user_with_a_shells_characters(tmp_path: Path, user: str) -> None:
    assert faults(tmp_path, f"ssh: {{user: '{user}'}}") == [
        f'ecmpaudit.yaml:1: ssh.user: expected a user name, found "{user}"'
    ]


def test_a_router_whose_name_is_no_host_name_needs_a_host() -> None:
    routers = {"$(touch${IFS}x)": {"platform": "frr"}}
    with pytest.raises(ConfigurationError, match=r"^routers\.\$\(touch\$\{IFS\}x\): the name is no host name; add `ho"):
        targets_of(Configuration.model_validate({"routers": routers}))


def test_a_router_whose_name_is_no_host_name_is_asked_at_its_host() -> None:
    routers = {"rack/1": {"platform": "frr", "host": "2001:db8::1"}}
    (target,) = targets_of(Configuration.model_validate({"routers": routers}))
    assert (target.name, target.ssh_host) == ("rack/1", "2001:db8::1")


def test_a_target_of_another_source_is_refused_before_anything_is_looked_up(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f'Match exec "touch {tmp_path}/%h"\n  User audit\n', encoding="utf-8")
    host = "$(touch${IFS}x)"
    (capture,) = collect([Target("tor1", host, commands=("show",), ssh_config=config)])
    assert capture.failure == f'expected a host name or an address, found "{host}": set `host`'
    assert list(tmp_path.iterdir()) == [config]
