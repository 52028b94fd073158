"""Kernels of routers that have something else than the routing daemon wrote: it was changed without FRR."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from tests.lab import namespaces
from tests.lab.plan import family

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.laboratory import Lab

METRIC = "20"
"""Of FRR's routes in the kernel."""


@contextmanager
def routes_deleted(lab: Lab, router: str, *prefixes: str) -> Iterator[None]:
    """Hold routes out of a router's kernel that FRR still has as installed.

    FRR writes its own route again as soon as the kernel reports its removal, and ignores one with `proto kernel`: so
    the route is replaced by such a route before it is deleted.
    """
    with ExitStack() as undo:
        for prefix in prefixes:
            version = f"-{family(prefix)}"
            undo.callback(_write, lab, router, prefix, "nhid", str(_route(lab, router, prefix)["nhid"]))
            foreign = ["blackhole", prefix, "proto", "kernel", "metric", METRIC]
            lab.run_in(router, ["ip", version, "route", "replace", *foreign])
            lab.run_in(router, ["ip", version, "route", "del", *foreign])
        yield


@contextmanager
def member_removed(lab: Lab, router: str, node: str, *prefixes: str) -> Iterator[None]:
    """Hold one node's next hop out of the routes of a router's kernel."""
    with _only_with(lab, router, frozenset(lab.node_names.values()) - {node}, prefixes):
        yield


@contextmanager
def stale_route(lab: Lab, router: str, node: str, *prefixes: str) -> Iterator[None]:
    """Hold routes with one node as their only next hop in a router's kernel, as from before the others announced."""
    with _only_with(lab, router, frozenset({node}), prefixes):
        yield


@contextmanager
def _only_with(lab: Lab, router: str, nodes: frozenset[str], prefixes: Sequence[str]) -> Iterator[None]:
    with ExitStack() as undo:
        for prefix in prefixes:
            route = _route(lab, router, prefix)
            undo.callback(_write, lab, router, prefix, "nhid", str(route["nhid"]))
            hops = [hop for hop in route["nexthops"] if lab.node_names[hop["gateway"]] in nodes]
            words = [("nexthop", "via", hop["gateway"], "dev", hop["dev"]) for hop in hops]
            _write(lab, router, prefix, *(word for hop in words for word in hop))
        yield


@contextmanager
def hash_of_addresses_only(lab: Lab, router: str) -> Iterator[None]:
    """Hold a router's kernel at its default: two hosts always use the same next hop."""
    namespace = lab.machines[router].namespace
    namespaces.set_hash_policy(namespace, 0)
    try:
        yield
    finally:
        namespaces.set_hash_policy(namespace, 1)


def _route(lab: Lab, router: str, prefix: str) -> dict[str, Any]:
    (route,) = json.loads(lab.run_in(router, ["ip", "-j", f"-{family(prefix)}", "route", "show", prefix]))
    found: dict[str, Any] = route
    return found


def _write(lab: Lab, router: str, prefix: str, *next_hops: str) -> None:
    """Put a route to a prefix in place of the one that may be there, in the name of FRR."""
    route = [prefix, "proto", "bgp", "metric", METRIC, *next_hops]
    lab.run_in(router, ["ip", f"-{family(prefix)}", "route", "replace", *route])
