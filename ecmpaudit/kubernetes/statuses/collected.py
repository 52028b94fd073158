"""All that nodes report of themselves in the objects of a cluster."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import chain
from typing import TYPE_CHECKING, Any

from ecmpaudit.kubernetes.statuses.calico import read_calico
from ecmpaudit.kubernetes.statuses.cilium import read_cilium
from ecmpaudit.kubernetes.statuses.frr import read_frr
from ecmpaudit.kubernetes.statuses.k8gobgp import read_k8gobgp
from ecmpaudit.kubernetes.statuses.metallb import answering_nodes, read_metallb
from ecmpaudit.kubernetes.statuses.openelb import read_openelb
from ecmpaudit.model.facts import Facts
from ecmpaudit.wording import listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.statuses.read import Read
    from ecmpaudit.model import Capture
    from ecmpaudit.model.cluster_faults import ClusterFault

_NAMED = 4
"""Objects that a note names before it only counts them."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What the objects report."""

    facts: Facts = Facts()  # noqa: RUF009 - frozen, and empty
    captures: tuple[Capture, ...] = ()
    """The configurations that nodes run with."""
    faults: tuple[ClusterFault, ...] = ()
    notes: tuple[str, ...] = ()
    """What is not used, and why."""


def reported_in(objects: Objects, prefixes: Mapping[str, Sequence[str]]) -> Reported:
    """Return what nodes report of themselves; `prefixes` are those of each Service."""
    all_read = [
        read_frr(objects),
        read_metallb(objects, prefixes),
        read_k8gobgp(objects),
        read_cilium(objects),
        read_calico(objects),
        read_openelb(objects),
    ]
    return Reported(
        _together([facts for read in all_read for facts in read.facts]),
        tuple(capture for read in all_read for capture in read.captures),
        tuple(fault for read in all_read for fault in read.faults),
        (*(note for read in all_read for note in _unused(read)), *_of_link_layer(objects)),
    )


def _together(parts: Sequence[Facts]) -> Facts:
    """Return the facts of all objects as one."""

    def joined(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        together = chain.from_iterable(values)
        return frozenset(together) if isinstance(getattr(Facts(), name), frozenset) else tuple(together)

    return Facts(**{kind.name: joined(kind.name) for kind in fields(Facts)})


def _unused(read: Read) -> Iterator[str]:
    for why, names in read.unused.items():
        yield f"{listed(names, _NAMED)} {word_for(len(names), 'proves', 'prove')} nothing: {why}"


def _of_link_layer(objects: Objects) -> Iterator[str]:
    for service, nodes in answering_nodes(objects).items():
        verb = word_for(len(nodes), "answers", "answer")
        yield f"Service {service}: {listed(nodes, _NAMED)} {verb} ARP and NDP for it (ServiceL2Status)"
