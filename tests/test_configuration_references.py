"""What contradicts another part of the configuration: unknown names, and what may occur only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.configuration.reader import read_configuration
from tests.configuration_faults import faults

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration

NODES = "nodes: {node1: {addresses: [192.0.2.101]}, node2: {addresses: [192.0.2.102]}}\nrouters: {tor1: , tor2: }\n"
REFERENCES = {
    "an address of two nodes": (
        "nodes:\n  node1: {addresses: ['2001:db8::1']}\n  node2: {addresses: ['2001:db8:0::1']}\n",
        "3: nodes.node2.addresses[0]: 2001:db8::1 belongs to node node1 already: an address identifies one node",
    ),
    "an address twice in one node": (
        "nodes: {node1: {addresses: [192.0.2.1, 192.0.2.1]}}",
        "1: nodes.node1.addresses[1]: 192.0.2.1 occurs twice in this list",
    ),
    "a node called like a router": (
        "routers: {a: }\nnodes: {a: {addresses: [192.0.2.1]}}",
        "2: nodes.a: a is a router's name already: expected another name for the node",
    ),
    "a machine of two routers": (
        "routers:\n  a: {host: 192.0.2.1}\n  b: {host: 192.0.2.1}",
        "3: routers.b.host: 192.0.2.1 is router a already: one machine cannot be asked as two",
    ),
    "a machine of a router by its name and of another": (
        "routers:\n  tor1:\n  b: {host: TOR1}",
        "3: routers.b.host: TOR1 is router tor1 already: one machine cannot be asked as two",
    ),
    "a machine of two nodes": (
        "nodes:\n  a: {addresses: 192.0.2.2, host: '2001:db8::1'}\n  n: {addresses: 192.0.2.1, host: '2001:DB8:0::1'}",
        (
            "3: nodes.n.host: 2001:DB8:0::1 is node a already: one machine cannot be asked as two; "
            "of a node that is not asked, leave `host` out"
        ),
    ),
    "an unknown node of a cluster": (
        NODES + "clusters: {prod: {nodes: [node1, nod2], pools: [198.51.100.0/24]}}",
        "3: clusters.prod.nodes[1]: there is no node nod2; nodes has node1, node2; did you mean node2?",
    ),
    "an unknown router of a cluster": (
        NODES + "clusters: {prod: {routers: [spine], pools: [198.51.100.0/24]}}",
        "3: clusters.prod.routers[0]: there is no router spine; routers has tor1, tor2",
    ),
    "an unknown node of a pool, and no nodes at all": (
        "clusters: {prod: {pools: [{prefix: 198.51.100.0/24, nodes: [node1]}]}}",
        "1: clusters.prod.pools[0].nodes[0]: there is no node node1; expected a name from nodes, which has none",
    ),
    "an unknown node of an exception": (
        NODES + "clusters:\n  prod:\n    exceptions:\n    - prefix: 198.51.100.7/32\n      nodes: [node3]\n",
        "7: clusters.prod.exceptions[0].nodes[0]: there is no node node3; nodes has node1, node2",
    ),
    "nodes and a number": (
        NODES + "clusters: {prod: {nodes: [node1], expect: 2, pools: [198.51.100.0/24]}}",
        "3: clusters.prod.expect: expected either nodes or expect, found both",
    ),
    "an exception with two answers": (
        NODES + "clusters: {prod: {exceptions: [{prefix: 198.51.100.7/32, expect: 2, ignore: true}]}}",
        (
            "3: clusters.prod.exceptions[0]: 198.51.100.7/32: expected exactly one of nodes, expect, ignore; "
            "found expect and ignore"
        ),
    ),
    "an exception with none": (
        "clusters: {prod: {exceptions: [{prefix: 198.51.100.7/32}]}}",
        (
            "1: clusters.prod.exceptions[0]: 198.51.100.7/32: expected exactly one of nodes, expect, ignore; "
            "found none of them"
        ),
    ),
    "a cluster that audits nothing": (
        "clusters: {prod: {expect: 5}}",
        "1: clusters.prod: expected pools: without one, nothing of this cluster is audited",
    ),
    "a pool twice in a cluster": (
        "clusters: {prod: {expect: 5, pools: [198.51.100.0/24, {prefix: 198.51.100.0/24, expect: 3}]}}",
        "1: clusters.prod.pools[1].prefix: 198.51.100.0/24 is in this list already",
    ),
    "a pool of two clusters on one router": (
        NODES + "clusters:\n  a: {routers: [tor1, tor2], pools: [198.51.100.0/24]}\n"
        "  b: {routers: [tor2], pools: [198.51.100.0/24]}\n",
        (
            "5: clusters.b.pools[0]: 198.51.100.0/24 is in pools of cluster a already, "
            "and both clusters are on router tor2"
        ),
    ),
    "an exception of two clusters on all routers": (
        (
            "clusters:\n  a: {exceptions: [{prefix: 2001:db8::7/128, expect: 2}]}\n"
            "  b: {exceptions: [{prefix: 2001:db8::7/128, expect: 3}]}\n"
        ),
        (
            "3: clusters.b.exceptions[0].prefix: 2001:db8::7/128 is in exceptions of cluster a already, "
            "and both clusters are on all routers"
        ),
    ),
}


@pytest.mark.parametrize("case", REFERENCES)
def test_what_contradicts_another_part_of_the_file_is_refused(case: str, tmp_path: Path) -> None:
    text, message = REFERENCES[case]
    assert faults(tmp_path, text) == [f"ecmpaudit.yaml:{message}"]


def accepted(folder: Path, text: str) -> Configuration:
    path = folder / "ecmpaudit.yaml"
    path.write_text(text, encoding="utf-8")
    return read_configuration(path)


@pytest.mark.parametrize(
    "other",
    ["port: 2222", "user: b", "command_prefix: docker exec bgp", "config: /home/audit/other_config"],
)
def test_one_host_may_lead_to_several_machines(tmp_path: Path, other: str) -> None:
    text = f"routers:\n  a: {{host: 192.0.2.1}}\n  b: {{host: 192.0.2.1, {other}}}\n"
    assert list(accepted(tmp_path, text).routers) == ["a", "b"]


def test_one_machine_may_be_router_and_node_and_is_asked_as_both(tmp_path: Path) -> None:
    host = "host: '2001:db8::1', platform: bird"
    text = f"routers: {{a: {{{host}}}}}\nnodes: {{n: {{addresses: [192.0.2.1], {host}}}}}\n"
    router, node = targets_of(accepted(tmp_path, text))
    assert (router.name, node.name, router.host) == ("a", "n", node.host)
    assert any(command.startswith("birdc -r 'show route all") for command in router.commands)
    assert "birdc -r 'show protocols all'" in node.commands


def test_a_node_that_is_not_asked_may_have_the_address_of_a_router(tmp_path: Path) -> None:
    text = "routers: {a: {host: 192.0.2.1}}\nnodes: {n: {addresses: [192.0.2.1]}}\n"
    assert list(accepted(tmp_path, text).nodes) == ["n"]
