"""What the tests of the rules share: run all rules over a network and return what they find, by code."""

from __future__ import annotations

from dataclasses import replace

from ecmpaudit.model import Finding, Network, Node
from ecmpaudit.rules import all_rules
from tests.notation import parse_network

FIVE_NODES = "node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3, node4=192.0.2.4, node5=192.0.2.5"


def findings_in(network: Network | str) -> dict[str, Finding]:
    """Return the findings of all rules by code; a code may come only once."""
    if isinstance(network, str):
        network = parse_network(network)
    found = [finding for rule in all_rules() for finding in rule.check(network)]
    assert len({finding.code for finding in found}) == len(found)
    return {finding.code: finding for finding in found}


def messages_in(network: Network | str) -> dict[str, str]:
    """Return the messages of all findings by code."""
    return {code: finding.message for code, finding in findings_in(network).items()}


def node(name: str, *addresses: str) -> Node:
    """Return a node with these addresses."""
    return Node(name, frozenset(addresses))


def cut_within(text: str, router: str, prefix: str) -> Network:
    """Return the network as a table shows it that ends within a prefix of one router."""
    network = parse_network(text)
    cut = (replace(p, may_have_more=(p.router, p.prefix) == (router, prefix)) for p in network.prefixes)
    return replace(network, prefixes=tuple(cut))


def seen_as_candidates(text: str) -> Network:
    """Return the network as a BIRD table without the kernel's shows it."""
    network = parse_network(text)
    return replace(network, prefixes=tuple(replace(p, shows_candidates_only=True) for p in network.prefixes))
