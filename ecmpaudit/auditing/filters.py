"""The part of an audit that `--router`, `--node`, `--prefix`, `--vrf` and `--label` ask for.

The whole network is judged, and then narrowed: a filter changes no finding, it only leaves some out. What could not be
checked stays, unless it is of a router that was not asked for. A filter that matches nothing is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.configuration.patterns import has_label, names_matching, words_of
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Node, Severity
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.sections import Device
    from ecmpaudit.model import Audit, AuditedPrefix, Finding, Network


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a run or a comparison has, of which filters choose."""

    routers: Collection[str]
    nodes: Mapping[str, Node]
    """By name."""
    prefixes: Collection[str]
    vrfs: Collection[str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The names that filters leave; None where nothing is filtered by that kind of name."""

    routers: frozenset[str] | None = None
    nodes: tuple[Node, ...] | None = None
    prefixes: frozenset[str] | None = None
    vrfs: frozenset[str] | None = None

    def has_place(self, router: str | None, vrf: str, prefix: str) -> bool:
        """Return whether a prefix on a router is left, whatever its next hops."""
        return _holds(self.routers, router) and _holds(self.vrfs, vrf) and _holds(self.prefixes, prefix)

    def has_prefix(self, prefix: AuditedPrefix) -> bool:
        """Return whether an audited prefix is left."""
        is_of_node = self.nodes is None or any(
            prefix.uses(node) or (prefix.expectation and node.name in {each.name for each in prefix.expectation.nodes})
            for node in self.nodes
        )
        return self.has_place(prefix.router, prefix.vrf, prefix.prefix) and is_of_node

    def has_finding(self, finding: Finding) -> bool:
        """Return whether a finding is left: each filter has to match what it names."""
        if finding.severity is Severity.INCOMPLETE:
            return finding.router is None or _holds(self.routers, finding.router)
        places = ((self.routers, finding.router), (self.vrfs, finding.vrf), (self.prefixes, finding.prefix))
        return all(_holds(names, name) for names, name in places) and self._has_node(finding)

    def _has_node(self, finding: Finding) -> bool:
        """Return whether one of the nodes is missing, is an unexpected next hop, or is named in the message."""
        if self.nodes is None:
            return True
        words = {word.strip("(),;:") for word in finding.message.split()}
        return any(
            node.name in words or node.addresses & words or any(node.has(hop) for hop in finding.unexpected)
            for node in self.nodes
        ) or any(node.name == missing.name for node in self.nodes for missing in finding.missing)


def _holds(names: frozenset[str] | None, name: str | None) -> bool:
    return names is None or name in names


def narrowed(audit: Audit, options: FilterOptions, configuration: Configuration | None) -> Audit:
    """Return the audit with what the filters leave, and a note that says so; the audit itself without filters.

    Raises:
        ConfigurationError: a filter matches nothing, or a label is in no configuration.
    """
    if not options.given:
        return audit
    return left_of(audit, chosen_of(audit, options, configuration), options)


def left_of(audit: Audit, chosen: Chosen, options: FilterOptions) -> Audit:
    """Return the audit with what is chosen, and a note with the filters that chose it."""
    from ecmpaudit.incidents import incidents_of  # noqa: PLC0415 - the history has filters too, and no audit

    findings = tuple(finding for finding in audit.findings if chosen.has_finding(finding))
    network = _narrowed_network(audit.network, chosen, options)
    return replace(audit, network=network, findings=findings, incidents=incidents_of(network, findings))


def chosen_of(audit: Audit, options: FilterOptions, configuration: Configuration | None) -> Chosen:
    """Return the names that the filters leave of an audit; errors are those of `narrowed`."""
    network = audit.network
    routers = {state.name for state in network.routers if not state.is_node} | {*network.asked}
    nodes = [node for finding in audit.findings for node in finding.missing]
    nodes += [node for prefix in network.prefixes if prefix.expectation for node in prefix.expectation.nodes]
    known = Known(
        routers | {prefix.router for prefix in network.prefixes if prefix.router},
        nodes_by_name(nodes),
        {prefix.prefix for prefix in network.prefixes} | {f.prefix for f in audit.findings if f.prefix},
        {prefix.vrf for prefix in network.prefixes},
    )
    return chosen_among(known, options, configuration)


def nodes_by_name(nodes: Iterable[Node]) -> dict[str, Node]:
    """Return the nodes by name, each with all of its addresses: what is expected may name those of one family."""
    addresses: dict[str, frozenset[str]] = {}
    for node in nodes:
        addresses[node.name] = addresses.get(node.name, frozenset()) | node.addresses
    return {name: Node(name, own) for name, own in addresses.items()}


def chosen_among(known: Known, options: FilterOptions, configuration: Configuration | None) -> Chosen:
    """Return the names that the filters leave of those known; errors are those of `narrowed`."""
    labelled_routers, labelled_nodes = _labelled(options.only_labels, configuration)
    routers = _names("--router", options.only_routers, known.routers)
    if labelled_routers is not None:
        routers = labelled_routers if routers is None else routers & labelled_routers
    return Chosen(
        routers,
        _nodes(options.only_nodes, labelled_nodes, known.nodes),
        _names("--prefix", map(_canonical, words_of(options.only_prefixes)), known.prefixes),
        _names("--vrf", options.only_vrfs, known.vrfs),
    )


def _names(option: str, given: Iterable[str], known: Iterable[str]) -> frozenset[str] | None:
    words = words_of(given)
    return frozenset(names_matching(option, words, sorted(known))) if words else None


def _canonical(text: str) -> str:
    """Return a prefix in its usual form; a pattern stays as it is."""
    try:
        return str(ip_network(text))
    except ValueError:
        return text


def _nodes(given: Iterable[str], labelled: frozenset[str] | None, known: Mapping[str, Node]) -> tuple[Node, ...] | None:
    """Return the nodes that a name, an address or a label chooses."""
    if not words_of(given) and labelled is None:
        return None
    names = {name for node in known.values() for name in (node.name, *node.addresses)}
    wanted = _names("--node", given, names)
    return tuple(
        node
        for name, node in sorted(known.items())
        if (wanted is None or {name, *node.addresses} & wanted) and (labelled is None or name in labelled)
    )


def _labelled(
    given: Iterable[str], configuration: Configuration | None
) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Return the routers and the nodes that have all labels; None of those of which none has such a key."""
    wanted: dict[str, list[str]] = {}
    for word in words_of(given):
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ConfigurationError(f"--label {word}: expected a label and its value, such as site=a")
        wanted.setdefault(key, []).append(value)
    if not wanted:
        return None, None
    if configuration is None:
        raise ConfigurationError(f"--label {','.join(given)}: labels are in a configuration: give --config FILE")
    found = [_with_labels(devices, wanted) for devices in (configuration.routers, configuration.nodes)]
    if not any(found):
        pairs = {pair for device in _devices(configuration) for pair in device.labels.items()}
        labels = sorted(f"{key}={value}" for key, value in pairs)
        keys = {key for key, _ in pairs}
        mistyped = next((word for word in words_of(given) if word.partition("=")[0] not in keys), "")
        raise ConfigurationError(
            f"--label {','.join(given)}: no router and no node has it; the labels are {', '.join(labels) or 'none'}"
            f"{suggestion(mistyped, labels) if mistyped else ''}"
        )
    return found[0], found[1]


def _devices(configuration: Configuration) -> Iterable[Device]:
    return (*configuration.routers.values(), *configuration.nodes.values())


def _with_labels(devices: Mapping[str, Device], wanted: Mapping[str, list[str]]) -> frozenset[str] | None:
    if not any(key in device.labels for device in devices.values() for key in wanted):
        return None
    return frozenset(
        name
        for name, device in devices.items()
        if all(any(has_label(device.labels, key, value) for value in values) for key, values in wanted.items())
    )


def routers_asked(named: Iterable[str], options: FilterOptions, configuration: Configuration) -> tuple[str, ...]:
    """Return the routers of a configuration that a scan asks: those named, matched and labelled; empty for all.

    Raises:
        ConfigurationError: a name matches no router, or nothing is left.
    """
    words = words_of((*named, *options.only_routers))
    found = names_matching("--router", words, list(configuration.routers)) if words else tuple(configuration.routers)
    labelled, _ = _labelled(options.only_labels, configuration)
    left = tuple(name for name in found if labelled is None or name in labelled)
    if not left and configuration.routers:
        raise ConfigurationError(f"{' '.join(options.given)}: no router is left to ask")
    return left if words or labelled is not None else ()


def _narrowed_network(network: Network, chosen: Chosen, options: FilterOptions) -> Network:
    states = tuple(state for state in network.routers if state.is_node or _holds(chosen.routers, state.name))
    nodes = {state.name for state in network.routers if state.is_node}

    def is_left(host: str | None) -> bool:
        return host is None or host in nodes or _holds(chosen.routers, host)

    return replace(
        network,
        routers=states,
        prefixes=tuple(prefix for prefix in network.prefixes if chosen.has_prefix(prefix)),
        asked=tuple(name for name in network.asked if is_left(name)),
        not_answered=tuple(each for each in network.not_answered if is_left(each.router)),
        not_read=tuple(each for each in network.not_read if is_left(each.router)),
        notes=(*network.notes, f"only a part is shown: {', '.join(options.given)}"),
    )
