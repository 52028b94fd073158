"""A first ecmpaudit.yaml from what an audit without a configuration saw; comments say what was inferred.

Pools are written as the audited prefixes, joined where they adjoin: what a cluster's whole pool is, no router shows.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from ipaddress import collapse_addresses, ip_network
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.model import name_key
from ecmpaudit.model.addressing import address_key, is_ipv6, is_link_local
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.model import Audit, AuditedPrefix, Expectation

_SHOWN = 3
"""Prefixes that a comment names."""
_HEAD = """\
# Written by `ecmpaudit config init`: check what it inferred, and change it.
# All keys: docs/configuration.md, or `ecmpaudit config schema`.
"""
_SSH = """\
# For `ecmpaudit scan`:
# ssh:
#   user: audit
#   key: ~/.ssh/id_ed25519
"""
_Expected: TypeAlias = "tuple[str, ...] | int"
"""Names of nodes, or only their number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the files show beside the audit."""

    platforms: Mapping[str, str]
    """The platform of each router."""
    addresses: Mapping[str, Sequence[str]]
    """The addresses that nodes report, by node."""
    kubernetes: Sequence[str] = ()
    """The files of cluster objects, as the configuration names them."""


def first_configuration(audit: Audit, seen: Seen) -> str:
    """Return the text of a configuration that expects what the audit inferred."""
    inferred = [prefix for prefix in audit.network.prefixes if prefix.expectation and prefix.expectation.is_inferred]
    names = _names_of_nodes(inferred, seen.addresses)
    sections = [_HEAD, _SSH, _routers(audit, seen)]
    if seen.kubernetes:
        sections.append(f"kubernetes: [{', '.join(map(_quoted, seen.kubernetes))}]\n")
    if inferred:
        sections += [_nodes(names, seen.addresses), _pools(inferred, names)]
    elif not seen.kubernetes:
        sections.append(_NOTHING_AUDITED)
    return "\n".join(section for section in sections if section)


_NOTHING_AUDITED = """\
# No prefix looks load-balanced. For example:
# nodes:
#   node1: 192.0.2.101
#   node2: 192.0.2.102
# clusters:
#   prod:
#     pools: [198.51.100.0/24]
"""


def _routers(audit: Audit, seen: Seen) -> str:
    named = [state.name for state in audit.network.routers if state.name in seen.platforms and not state.is_node]
    if not named:
        return "routers: {} # tor1: {host: 192.0.2.1, platform: frr}\n"
    ceilings = {
        prefix.router: f" # its ceiling was read: {prefix.ceiling.value} ({safe(prefix.ceiling.source)})"
        for prefix in audit.network.prefixes
        if prefix.ceiling
    }
    lines = [f"  {_quoted(name)}: {{platform: {seen.platforms[name]}}}{ceilings.get(name, '')}" for name in named]
    return "\n".join(["routers: # `host` is the name unless it is given", *lines, ""])


def _names_of_nodes(prefixes: Iterable[AuditedPrefix], reported: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the name of the node of each address: the one that reports it, else node1, node2 … in their order."""
    known = {address: node for node, addresses in reported.items() for address in addresses}
    seen = {node.name for prefix in prefixes if prefix.expectation for node in prefix.expectation.nodes}
    names = {address: known[address] for address in seen & known.keys()}
    unknown = sorted(seen - known.keys(), key=address_key)
    taken, number = set(reported), 0
    for addresses in _paired(unknown):
        number += 1
        while f"node{number}" in taken:
            number += 1
        names |= dict.fromkeys(addresses, f"node{number}")
    return names


def _paired(addresses: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the addresses, an IPv4 and an IPv6 address together where all agree in their last number."""
    four = {address.rpartition(".")[2]: address for address in addresses if not is_ipv6(address)}
    six = {address.rpartition(":")[2]: address for address in addresses if is_ipv6(address)}
    is_unique = len(four) + len(six) == len(addresses)
    if is_unique and four.keys() == six.keys() and not any(map(is_link_local, addresses)):
        return [(four[last], six[last]) for last in four]
    return [(address,) for address in addresses]


def _nodes(names: Mapping[str, str], reported: Collection[str]) -> str:
    by_node: dict[str, list[str]] = defaultdict(list)
    for address, node in names.items():
        by_node[node].append(address)
    lines = [
        f"  {_quoted(node)}: [{', '.join(_quoted(a) for a in sorted(addresses, key=address_key))}]"
        for node, addresses in sorted(by_node.items(), key=lambda item: name_key(item[0]))
    ]
    if not lines:
        return ""
    is_paired = any(len(addresses) > 1 and node not in reported for node, addresses in by_node.items())
    inferred = ", IPv4 and IPv6 joined by the last number" if is_paired else ""
    return "\n".join([f"nodes: # inferred from the next hops{inferred}", *lines, ""])


def _pools(prefixes: Iterable[AuditedPrefix], names: Mapping[str, str]) -> str:
    expected = _expected_by_prefix(prefixes, names)
    by_set: dict[_Expected, list[str]] = defaultdict(list)
    for prefix, nodes in expected.items():
        by_set[nodes].append(prefix)
    lines = [
        "clusters:",
        "  cluster1:",
        "    pools: # inferred from the prefixes; widen them to your announcer's pools",
    ]
    for nodes, of_set in by_set.items():
        key = f"expect: {nodes}" if isinstance(nodes, int) else f"nodes: [{', '.join(map(_quoted, nodes))}]"
        for pool, inside in _joined(of_set):
            lines.append(f"      - prefix: {_quoted(pool)} # {_named(inside)}")
            lines.append(f"        {key}")
    return "\n".join([*lines, ""])


def _expected_by_prefix(prefixes: Iterable[AuditedPrefix], names: Mapping[str, str]) -> dict[str, _Expected]:
    """Return what each prefix is expected to have: on several routers, the largest of their sets."""
    found: dict[str, _Expected] = {}
    for prefix in prefixes:
        if prefix.expectation is None:
            continue
        new = _nodes_or_number(prefix.expectation, names)
        old = found.get(prefix.prefix)
        if isinstance(old, tuple) and isinstance(new, tuple):
            found[prefix.prefix] = tuple(dict.fromkeys((*old, *new)))
        elif old is None or _size(new) > _size(old):
            found[prefix.prefix] = new
    return {prefix: tuple(sorted(nodes)) if isinstance(nodes, tuple) else nodes for prefix, nodes in found.items()}


def _nodes_or_number(expectation: Expectation, names: Mapping[str, str]) -> _Expected:
    nodes = dict.fromkeys(names[node.name] for node in expectation.nodes)
    return tuple(nodes) if nodes else expectation.count


def _size(expected: _Expected) -> int:
    return expected if isinstance(expected, int) else len(expected)


def _joined(prefixes: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each pool with the prefixes in it."""
    networks = [ip_network(prefix) for prefix in prefixes]
    for version in (4, 6):
        of_family = [network for network in networks if network.version == version]
        for pool in collapse_addresses(of_family):  # type: ignore[type-var]  # all of one family
            yield str(pool), [str(each) for each in of_family if each.subnet_of(pool)]  # type: ignore[arg-type]  # as above


def _named(prefixes: Sequence[str]) -> str:
    shown = ", ".join(prefixes[:_SHOWN])
    return f"{counted(len(prefixes), 'prefix')}: {shown}{', …' if len(prefixes) > _SHOWN else ''}"


def _quoted(text: str) -> str:
    """Return a text as YAML reads it back: in quotes where it is no plain word."""
    is_plain = text.replace(".", "").replace("-", "").replace("_", "").isalnum() and text.isascii()
    is_word = is_plain and text[0].isalpha() and text.lower() not in _NOT_TEXT
    return text if is_word or _is_plain_address(text) else json.dumps(text)


_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"})


def _is_plain_address(text: str) -> bool:
    return Counter(text)["."] == 3 and all(character in "0123456789./" for character in text)  # noqa: PLR2004 - four numbers
