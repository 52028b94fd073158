"""What the configuration file refuses, and in which words: file and line, key, expected, found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.configuration_faults import faults

if TYPE_CHECKING:
    from pathlib import Path


PASSWORD_MESSAGE = "no password belongs in the configuration: name an environment variable with password_env"  # noqa: S105 - the message about one

VALUES = {
    "a count that is a word": (
        "routers:\n  tor1:\n    max_paths: many\n",
        'ecmpaudit.yaml:3: routers.tor1.max_paths: expected a whole number of 1 or more, found "many"',
    ),
    "a count of zero in one family": (
        "routers: {tor1: {max_paths: {ipv6: 0}}}",
        "ecmpaudit.yaml:1: routers.tor1.max_paths.ipv6: expected a whole number of 1 or more, found 0",
    ),
    "a count that is true": (
        "clusters: {prod: {expect: true, pools: [198.51.100.0/24]}}",
        "ecmpaudit.yaml:1: clusters.prod.expect: expected a whole number of 1 or more, found true",
    ),
    "an unknown platform": (
        "routers: {tor1: {platform: frrr}}",
        (
            "ecmpaudit.yaml:1: routers.tor1.platform: expected one of allied_awplus, arista_eos, aruba_aoscx, bird, "
            "brocade_ironware, checkpoint_gaia, cisco_asa, cisco_ios, cisco_iosxr, cisco_nxos, cumulus_nvue, "
            "dell_os10, edgeos, fortios, freebsd, frr, "
            "gobgp, hp_comware, huawei_vrp, juniper_junos, juniper_junos_forwarding, linux, mikrotik_routeros, "
            "nokia_srl, openbgpd, paloalto_panos, vmware_nsx, "
            'found "frrr"; did you mean frr?'
        ),
    ),
    "a port as text": (
        'ssh: {port: "ssh"}',
        'ecmpaudit.yaml:1: ssh.port: expected a port number from 1 to 65535, found "ssh"',
    ),
    "an endless time": (
        "ssh: {connect_timeout: .inf}",
        "ecmpaudit.yaml:1: ssh.connect_timeout: expected a number of seconds, more than 0 and up to 3600, found .inf",
    ),
    "a host that would be an option": (
        "routers: {tor1: {host: -oProxyCommand=x}}",
        'ecmpaudit.yaml:1: routers.tor1.host: expected a host name or an address, found "-oProxyCommand=x"',
    ),
    "a prefix among the addresses": (
        "nodes: {node1: {addresses: [192.0.2.101/24]}}",
        (
            "ecmpaudit.yaml:1: nodes.node1.addresses[0]: expected an address without a length, found 192.0.2.101/24: "
            "write 192.0.2.101"
        ),
    ),
    "an address with its interface": (
        'nodes: {node1: {addresses: ["fe80::1%e0"]}}',
        (
            "ecmpaudit.yaml:1: nodes.node1.addresses[0]: expected an address without its interface, found fe80::1%e0: "
            "write fe80::1"
        ),
    ),
    "an address that is none": (
        "nodes: {node1: {addresses: [192.0.2.256]}}",
        'ecmpaudit.yaml:1: nodes.node1.addresses[0]: expected an IPv4 or IPv6 address, found "192.0.2.256"',
    ),
    "a node without addresses": (
        "nodes:\n  node1: {host: node1}\n",
        (
            "ecmpaudit.yaml:2: nodes.node1.addresses: missing; expected every address that routers may show "
            "as next hop, IPv4 and IPv6"
        ),
    ),
    "an IPv4 pool with host bits": (
        "clusters:\n  prod:\n    pools:\n      - 198.51.100.1/24\n",
        (
            "ecmpaudit.yaml:4: clusters.prod.pools[0]: 198.51.100.1/24 has host bits set: write 198.51.100.0/24, "
            "or 198.51.100.1/32 for that one address"
        ),
    ),
    "an IPv6 pool with host bits": (
        "clusters: {prod: {pools: [{prefix: '2001:db8:31::1/64'}]}}",
        (
            "ecmpaudit.yaml:1: clusters.prod.pools[0].prefix: 2001:db8:31::1/64 has host bits set: "
            "write 2001:db8:31::/64, or 2001:db8:31::1/128 for that one address"
        ),
    ),
    "a pool without a length": (
        "clusters: {prod: {pools: [198.51.100.7]}}",
        (
            "ecmpaudit.yaml:1: clusters.prod.pools[0]: expected a prefix with its length, found 198.51.100.7: "
            "write 198.51.100.7/32"
        ),
    ),
    "a single name of no router": (
        "clusters: {prod: {routers: tor1, pools: [198.51.100.0/24]}}",
        (
            "ecmpaudit.yaml:1: clusters.prod.routers: there is no router tor1; "
            "expected a name from routers, which has none"
        ),
    ),
    "a single prefix that is none": (
        "clusters: {prod: {pools: 198.51.100.0/240}}",
        (
            "ecmpaudit.yaml:1: clusters.prod.pools: expected a prefix such as 198.51.100.0/24 or 2001:db8:31::/64, "
            'found "198.51.100.0/240"'
        ),
    ),
    "a jump host with a shell's characters": (
        "ssh: {jump: 'bastion;id'}",
        (
            "ecmpaudit.yaml:1: ssh.jump: expected jump hosts such as bastion or audit@bastion:2222, separated by "
            'commas, found "bastion;id"'
        ),
    ),
    "a jump host without a name": (
        "routers: {tor1: {jump: 'a,,b'}}",
        (
            "ecmpaudit.yaml:1: routers.tor1.jump: expected jump hosts such as bastion or audit@bastion:2222, separated "
            'by commas, found "a,,b"'
        ),
    ),
    "an empty list of nodes": (
        "clusters: {prod: {nodes: [], pools: [198.51.100.0/24]}}",
        "ecmpaudit.yaml:1: clusters.prod.nodes: expected a list with at least one entry, found an empty list",
    ),
    "a number where a mapping belongs": (
        "routers: {tor1: 7}",
        "ecmpaudit.yaml:1: routers.tor1: expected a mapping, found 7",
    ),
    "an unknown key with a near one": (
        "routers:\n  tor1: {max_path: 3}\n",
        "ecmpaudit.yaml:2: routers.tor1.max_path: unknown key; did you mean max_paths?",
    ),
    "an unknown key of a ceiling": (
        "routers: {tor1: {max_paths: {ipv5: 3}}}",
        "ecmpaudit.yaml:1: routers.tor1.max_paths.ipv5: unknown key; expected one of ipv4, ipv6",
    ),
    "an unknown section": (
        "bgp: {}",
        (
            "ecmpaudit.yaml:1: bgp: unknown key; expected one of ssh, routers, nodes, inventory, parsers, "
            "clusters, fabric, kubernetes, "
            "unavailable, growth, detection, memory, history, alerts"
        ),
    ),
    "a key twice": (
        "nodes:\n  node1: {addresses: [192.0.2.101]}\n  node1: {addresses: [192.0.2.102]}\n",
        "ecmpaudit.yaml:3: nodes.node1: is given twice, first on line 2",
    ),
    "a value with control characters": (
        'ssh: {user: "\\e[31m"}',
        'ecmpaudit.yaml:1: ssh.user: expected a user name, found "\\x1b[31m"',
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_is_refused_with_its_place_and_what_was_expected(case: str, tmp_path: Path) -> None:
    text, message = VALUES[case]
    assert faults(tmp_path, text) == [message]


QUOTES = "put it in quotes"
TRAPS = {
    "a node called no": (
        "nodes: {no: {addresses: [192.0.2.1]}}",
        f'nodes.no: YAML reads this key as true or false: {QUOTES}, "no"',
    ),
    "a node called 12": (
        "nodes: {12: {addresses: [192.0.2.1]}}",
        f'nodes.12: YAML reads this key as a number: {QUOTES}, "12"',
    ),
    "a user called on": (
        "ssh: {user: on}",
        f"ssh.user: expected a user name, found on, which YAML reads as true or false: {QUOTES}",
    ),
    "sexagesimal": (
        "ssh: {user: 12:30}",
        f"ssh.user: expected a user name, found 12:30, which YAML reads as a number of base 60: {QUOTES}",
    ),
    "an IPv6 address of digits": (
        "nodes: {node1: {addresses: [2001:1:2:3:4:5:6:7]}}",
        (
            "nodes.node1.addresses[0]: expected an IPv4 or IPv6 address, found 2001:1:2:3:4:5:6:7, which YAML reads as "
            "a number of base 60: put it in quotes"
        ),
    ),
    "an IPv6 address that ends in colons": (
        "nodes: {node1: {addresses: [2001:db8::]}}",
        (
            "nodes.node1.addresses[0]: expected an IPv4 or IPv6 address, found a mapping: put a value that begins or "
            "ends with a colon in quotes"
        ),
    ),
    "a date": (
        "routers: {a: {labels: {b: 2024-01-31}}}",
        f"routers.a.labels.b: expected a text in one line, found 2024-01-31, which YAML reads as a date: {QUOTES}",
    ),
    "an impossible date": (
        "routers: {a: {labels: {b: 2024-13-45}}}",
        f"routers.a.labels.b: 2024-13-45 is no valid value: {QUOTES}",
    ),
    "an IPv6 address that begins with colons": (
        "nodes: {node1: {addresses: [::1]}}",
        "unexpected colon: indent like the lines above, or put an address with colons in quotes",
    ),
}


@pytest.mark.parametrize("case", TRAPS)
def test_what_yaml_reads_otherwise_is_said_to_need_quotes(case: str, tmp_path: Path) -> None:
    text, message = TRAPS[case]
    assert faults(tmp_path, text)[0] == f"ecmpaudit.yaml:1: {message}"


@pytest.mark.parametrize(
    "text",
    [
        "ssh: {password: hunter2}",
        "ssh: {Password: hunter2}",
        "routers: {tor1: {password: hunter2}}",
        "routers: {tor1: {labels: {password: hunter2}}}",
        "clusters: {prod: {password: hunter2, pools: [198.51.100.0/24]}}",
    ],
    ids=["ssh", "capital", "router", "label", "cluster"],
)
def test_a_password_is_refused_anywhere_and_not_repeated(text: str, tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, text)
    assert fault.endswith(f": {PASSWORD_MESSAGE}")
    assert "hunter2" not in fault


def test_a_password_in_place_of_its_variable_s_name_is_not_repeated(tmp_path: Path) -> None:
    assert faults(tmp_path, "ssh: {password_env: hunter2!}") == [
        "ecmpaudit.yaml:1: ssh.password_env: expected the name of an environment variable, never the password itself"
    ]


def test_all_faults_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "clusters: {prod: {pools: [x]}}\nrouters:\n  no: {port: 0}\nssh: {usr: a}\nssh: {}\n"
    assert [fault.split(": ")[:2] for fault in faults(tmp_path, text)] == [
        ["ecmpaudit.yaml:1", "clusters.prod.pools[0]"],
        ["ecmpaudit.yaml:3", "routers.no"],
        ["ecmpaudit.yaml:3", "routers.no.port"],
        ["ecmpaudit.yaml:4", "ssh.usr"],
        ["ecmpaudit.yaml:5", "ssh"],
    ]
