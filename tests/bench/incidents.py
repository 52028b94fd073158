"""Incidents measured: `python -m tests.bench.incidents [--mixes N] [--routers N]…`.

First seeded random mixes of 1 to 6 planted faults of every shape, in fabrics of 2 to 60 routers, 2 to 200 prefixes and
2 to 128 nodes: how many mixes whose faults do not touch are found exactly, and by how many incidents the others exceed
what was planted. Two faults touch if they share elements of two axes: nodes, routers, prefixes. The findings are made
from the views as the rules would, but without looking for causes, which takes most of the time of an audit.
Then with `--routers`: what grouping adds to an audit of which 1 % of all cells are faulty.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.judge import judge
from ecmpaudit.cli.main import GARBAGE_THRESHOLDS
from ecmpaudit.incidents import incidents_of
from ecmpaudit.model import Kind, Severity, fingerprints
from ecmpaudit.rules import rule
from ecmpaudit.rules.messages import finding_about
from tests.bench.fleet import write_fleet
from tests.fabrics import ROOM, Fabric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from ecmpaudit.model import Finding, Incident, Network

_LARGEST = (60, 200, 128)
_MOST_FAULTS = 6


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted fault: its kind, and its block."""

    kind: Kind
    nodes: frozenset[int]
    routers: frozenset[int]
    prefixes: frozenset[int]

    def touches(self, other: Planted) -> bool:
        """Return whether the two share elements of two axes; a fault of a router has every node and prefix."""
        axes = ("nodes", "routers", "prefixes")
        return sum(not getattr(self, axis).isdisjoint(getattr(other, axis)) for axis in axes) > 1


@dataclass(frozen=True, slots=True)
class Mix:
    """One random mix and what was found."""

    planted: tuple[Planted, ...]
    incidents: tuple[Incident, ...]
    is_every_finding_in_one: bool

    @property
    def touches(self) -> bool:
        """Two of the faults touch."""
        return any(one.touches(other) for number, one in enumerate(self.planted) for other in self.planted[:number])

    @property
    def is_exact(self) -> bool:
        """The incidents are the planted faults, no more and no fewer."""
        return Counter(map(_identity, self.incidents)) == Counter(map(_identity_of_planted, self.planted))


def mix_of(seed: int) -> Mix:
    """Return the mix of a seed."""
    chance = random.Random(seed)  # noqa: S311 - the same seed gives the same mix
    routers, prefixes, nodes = (chance.randint(2, largest) for largest in _LARGEST)
    fabric = Fabric(routers, prefixes, nodes)
    unparsed: dict[int, str] = {}
    shapes = [chance.choice(_SHAPES) for _ in range(chance.randint(1, _MOST_FAULTS))]
    planted = tuple(shape(fabric, chance, unparsed) for shape in shapes)
    network = fabric.network(unparsed=unparsed)
    findings = _findings(network)
    incidents = incidents_of(network, findings)
    grouped = sorted(finding for incident in incidents for finding in incident.findings)
    return Mix(planted, incidents, grouped == sorted(fingerprints(findings)))


def _findings(network: Network) -> tuple[Finding, ...]:
    """Return the findings of rules 001, 002, 101, 102, 201 and 202, without causes."""
    found = judge(replace(network, prefixes=()), [rule("ECMP001"), rule("ECMP002")])
    short = [view for view in network.prefixes if len(view.installed) < (view.expected or 0)]
    missing = tuple(
        finding_about(view, "ECMP101" if view.routes else "ECMP102", Severity.ERROR, "short", evidence=())
        for view in short
    )
    named = tuple(replace(finding, missing=view.missing) for finding, view in zip(missing, short, strict=True))
    limited = replace(network, prefixes=tuple(view for view in short if view.ceiling and view.ceiling.value < ROOM))
    return (*found, *named, *judge(limited, [rule("ECMP201"), rule("ECMP202")]))


def _some(chance: Random, size: int, most: int) -> frozenset[int]:
    return frozenset(chance.sample(range(size), chance.randint(1, min(most, size))))


def _block(
    fabric: Fabric, nodes: Iterable[int], routers: Iterable[int], prefixes: Iterable[int], kind: Kind = Kind.MISSING
) -> Planted:
    planted = Planted(kind, frozenset(nodes), frozenset(routers), frozenset(prefixes))
    fabric.lack(planted.nodes, planted.routers, planted.prefixes)
    return Planted(Kind.NO_ROUTE if len(planted.nodes) == fabric.nodes else kind, *_axes(planted))


def _axes(planted: Planted) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    return planted.nodes, planted.routers, planted.prefixes


def _node_everywhere(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    return _block(fabric, [chance.randrange(fabric.nodes)], range(fabric.routers), range(fabric.prefixes))


def _node_on_one_router(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    router = chance.randrange(fabric.routers)
    return _block(fabric, [chance.randrange(fabric.nodes)], [router], range(fabric.prefixes))


def _node_at_one_prefix(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    prefix = chance.randrange(fabric.prefixes)
    return _block(fabric, [chance.randrange(fabric.nodes)], range(fabric.routers), [prefix])


def _prefix_everywhere(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    return _block(fabric, range(fabric.nodes), range(fabric.routers), [chance.randrange(fabric.prefixes)])


def _prefix_on_one_router(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    router = chance.randrange(fabric.routers)
    return _block(fabric, range(fabric.nodes), [router], [chance.randrange(fabric.prefixes)])


def _router(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    return _block(fabric, range(fabric.nodes), [chance.randrange(fabric.routers)], range(fabric.prefixes))


def _set_of_nodes(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    first = chance.randrange(fabric.nodes)
    nodes = range(first, min(fabric.nodes, first + chance.randint(1, 24)))
    return _block(fabric, nodes, _some(chance, fabric.routers, 4), _some(chance, fabric.prefixes, 8))


def _single_cells(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    routers, prefixes = _some(chance, fabric.routers, 6), _some(chance, fabric.prefixes, 8)
    return _block(fabric, [chance.randrange(fabric.nodes)], routers, prefixes)


def _of_a_router(fabric: Fabric, kind: Kind, router: int) -> Planted:
    nodes, prefixes = frozenset(range(fabric.nodes)), frozenset(range(fabric.prefixes))
    return Planted(kind, nodes, frozenset({router}), prefixes)


def _ceiling(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    router = chance.randrange(fabric.routers)
    fabric.ceilings[router] = chance.randint(1, fabric.nodes - 1)
    return _of_a_router(fabric, Kind.CEILING, router)


def _not_asked(fabric: Fabric, chance: Random, _: dict[int, str]) -> Planted:
    router = chance.randrange(fabric.routers)
    fabric.failures[router] = chance.choice(["connection refused", "no answer within 60 s", "host key changed"])
    return _of_a_router(fabric, Kind.NOT_CHECKED, router)


def _not_understood(fabric: Fabric, chance: Random, unparsed: dict[int, str]) -> Planted:
    router = chance.randrange(fabric.routers)
    unparsed[router] = chance.choice(["the prefix is missing", "no rule of the template matches it"])
    return Planted(Kind.NOT_CHECKED, frozenset(), frozenset({router}), frozenset())


_SHAPES: tuple[Callable[[Fabric, Random, dict[int, str]], Planted], ...] = (
    _node_everywhere,
    _node_on_one_router,
    _node_at_one_prefix,
    _prefix_everywhere,
    _prefix_on_one_router,
    _router,
    _set_of_nodes,
    _single_cells,
    _ceiling,
    _not_asked,
    _not_understood,
)


def _identity(incident: Incident) -> tuple[object, ...]:
    nodes = incident.nodes if incident.kind in {Kind.MISSING, Kind.NO_ROUTE} else ()
    prefixes = () if incident.kind is Kind.NOT_CHECKED else tuple(sorted(incident.prefixes))
    return incident.kind, nodes, incident.routers, prefixes


def _identity_of_planted(planted: Planted) -> tuple[object, ...]:
    is_of_nodes = planted.kind in {Kind.MISSING, Kind.NO_ROUTE}
    nodes = tuple(f"worker-{node}" for node in sorted(planted.nodes)) if is_of_nodes else ()
    prefixes = () if planted.kind is Kind.NOT_CHECKED else sorted(map(Fabric(0, 0, 0).prefix, planted.prefixes))
    return planted.kind, nodes, tuple(f"rtr{router}" for router in sorted(planted.routers)), tuple(prefixes)


def measure_mixes(number: int) -> None:
    """Print how well planted faults are found."""
    apart = exact = every = 0
    beyond: Counter[int] = Counter()
    for seed in range(number):
        mix = mix_of(seed)
        every += mix.is_every_finding_in_one
        if mix.touches:
            beyond[len(mix.incidents) - len(mix.planted)] += 1
        else:
            apart += 1
            exact += mix.is_exact
    print(f"{number:,} mixes; every finding in exactly one incident: {every:,}")
    print(f"faults do not touch: {exact:,} of {apart:,} found exactly ({exact / max(apart, 1):.1%})")
    differences = ", ".join(f"{extra:+d}: {times:,}" for extra, times in sorted(beyond.items()))
    print(f"faults touch: incidents beyond the planted faults, and in how many mixes: {differences}", flush=True)


def measure_cost(routers: int, *, is_scattered: bool) -> None:
    """Print what the step adds to an audit of a snapshot with 200 prefixes and 64 nodes, in seconds of processor."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - loading is no part of the audit
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        request = Request.of(ScopeOptions(write_fleet(Path(name), routers, 200, 64, is_scattered=is_scattered)))
        began = time.process_time()
        material = read_material(read_inputs([str(Path(name) / "snapshot")]), only=request.audited)
        audit = audit_material(material, request, chosen_rules((), ()))
        whole = time.process_time() - began
    began = time.process_time()
    incidents = incidents_of(audit.network, audit.findings)
    step = time.process_time() - began
    cells = sum(len(prefix.missing) for prefix in audit.network.prefixes)
    print(
        f"{routers:,} routers x 200 prefixes x 64 nodes, {cells:,} faulty cells {'scattered' if is_scattered else ''}: "
        f"audit {whole - step:.1f} s, grouping {step:.2f} s ({step / (whole - step):.1%}), "
        f"{len(audit.findings):,} findings, {len(incidents):,} incidents",
        flush=True,
    )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mixes", type=int, default=1000)
    parser.add_argument("--routers", type=int, action="append", default=[], help="sizes of the audits that are timed")
    asked = parser.parse_args()
    if asked.mixes:
        measure_mixes(asked.mixes)
    for routers in asked.routers:
        measure_cost(routers, is_scattered=False)
        measure_cost(routers, is_scattered=True)


if __name__ == "__main__":
    main()
