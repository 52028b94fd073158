"""Beyond the kernel's route, with real daemons: a silent node is found in every state, and its outage is computed.

The states are judged in both families at once, on the router that has the state.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import frr
from tests.lab.conftest import need_the_lab
from tests.lab.outage import computed, measured
from tests.lab.plan import FABRIC_INTERFACE
from tests.lab.processes import wait_until
from tests.lab.topologies.state import ALL_STATES
from tests.lab.wire import NODES, SERVICES, WITHOUT_OBJECTS, Timers, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.lab.outage import Flow, Outage
    from tests.program import Ended

pytestmark = pytest.mark.lab

WRITTEN = {4: "172.31.9.8/32", 6: "fd00:31::9:8/128"}
"""Prefixes that no node announces: states write routes to them on rx1."""
HOLD = 600
"""Seconds: no state ends because a session ends."""
BOTH = tuple(node.name for node in NODES)


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """These tests have a network of their own."""


@pytest.fixture(scope="module", name="wire")
def _wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    need_the_lab()
    yield from running(Wire(tmp_path_factory.mktemp("wire") / "wire", Timers(HOLD, 30)))


def running(wire: Wire) -> Iterator[Wire]:
    try:
        wire.start()
        yield wire
    finally:
        wire.stop()


# States: routes of rx1 to the written prefixes, or those of BGP


def next_hops(version: int, *nodes: str) -> list[str]:
    return [node.addresses[version == 6] for node in NODES if node.name in nodes]


@contextmanager
def kernel_route(wire: Wire, *nodes: str) -> Iterator[None]:
    """Hold routes of the kernel with next hops of their own."""
    with ExitStack() as undo:
        for version, prefix in WRITTEN.items():
            hops = [w for hop in next_hops(version, *nodes) for w in ("nexthop", "via", hop, "dev", FABRIC_INTERFACE)]
            wire.ip("rx1", f"-{version}", "route", "add", prefix, *hops)
            undo.callback(wire.ip, "rx1", f"-{version}", "route", "del", prefix)
        yield


@contextmanager
def kernel_route_with_use_neigh(wire: Wire, *nodes: str) -> Iterator[None]:
    """Let the kernel of rx1 look at neighbour entries for IPv4; IPv6 has no such setting."""
    wire.write("rx1", "net/ipv4/fib_multipath_use_neigh", 1)
    try:
        with kernel_route(wire, *nodes):
            yield
    finally:
        wire.write("rx1", "net/ipv4/fib_multipath_use_neigh", 0)


@contextmanager
def group_of_objects(wire: Wire, kind: str, *nodes: str) -> Iterator[dict[str, str]]:
    """Hold routes with a group of next-hop objects that no daemon made; yield each group with its first member."""
    with ExitStack() as undo:
        groups = {}
        for version, prefix in WRITTEN.items():
            group, *members = [f"{version}{number}00" for number in range(len(nodes) + 1)]
            for number, hop in zip(members, next_hops(version, *nodes), strict=True):
                wire.ip("rx1", "nexthop", "add", "id", number, "via", hop, "dev", FABRIC_INTERFACE)
                undo.callback(wire.ip, "rx1", "nexthop", "del", "id", number)
            buckets = ["buckets", "32"] if kind == "resilient" else []
            wire.ip("rx1", "nexthop", "add", "id", group, "group", "/".join(members), "type", kind, *buckets)
            undo.callback(wire.ip, "rx1", "nexthop", "del", "id", group)
            wire.ip("rx1", f"-{version}", "route", "add", prefix, "nhid", group)
            undo.callback(wire.ip, "rx1", f"-{version}", "route", "del", prefix)
            groups[group] = members[0]
        yield groups


@contextmanager
def resilient_group(wire: Wire, *nodes: str) -> Iterator[None]:
    """Hold routes with a resilient group of next-hop objects."""
    with group_of_objects(wire, "resilient", *nodes):
        yield


@contextmanager
def static_route(wire: Wire, *nodes: str) -> Iterator[None]:
    """Hold static routes of FRR, which have next-hop objects."""
    words = {4: "ip", 6: "ipv6"}
    lines = [f"{words[v]} route {prefix} {hop}" for v, prefix in WRITTEN.items() for hop in next_hops(v, *nodes)]
    frr.configure(wire.machines["rx1"], *lines)
    try:
        wait_until(
            lambda: all(len(wire.next_hops("rx1", prefix)) == len(nodes) for prefix in WRITTEN.values()), 30,
            "the kernel has the static routes",
        )  # fmt: skip
        yield
    finally:
        frr.configure(wire.machines["rx1"], *(f"no {line}" for line in lines))


@contextmanager
def announced(_: Wire, *__: str) -> Iterator[None]:
    """Hold nothing more: both nodes announce the service."""
    yield


@dataclass(frozen=True, slots=True)
class State:
    """A state with silent nodes, and what has to be found in it."""

    name: str
    make: Callable[..., AbstractContextManager[None]]
    severities: dict[int, str]
    """Of ECMP304, by family."""
    nodes: tuple[str, ...] = BOTH
    """The next hops."""
    silent: tuple[str, ...] = ("node2",)
    router: str = "rx1"
    prefixes: tuple[str, ...] = tuple(WRITTEN.values())


ERROR = {4: "error", 6: "error"}
INFO = {4: "info", 6: "info"}
STATES = (
    State("next hops of its own", kernel_route, ERROR),
    State("use_neigh", kernel_route_with_use_neigh, {4: "info", 6: "error"}),
    State("a group of FRR", static_route, INFO),
    State("a resilient group", resilient_group, ERROR),
    State("one next hop alone", static_route, ERROR, nodes=("node2",)),
    State("a group of which none answers", static_route, ERROR, silent=BOTH),
    State("BGP of FRR", announced, INFO, prefixes=tuple(SERVICES.values())),
    State("BGP of BIRD", announced, ERROR, router="rx2", prefixes=tuple(SERVICES.values())),
)

CHOSEN = STATES if ALL_STATES else STATES[:3]
"""`make test` runs those with the most differences."""


def settings(state: State) -> dict[str, Any]:
    """Return the parts of a configuration that audits a state's prefixes on its router alone."""
    cluster = {"pools": list(state.prefixes), "nodes": list(state.nodes), "routers": [state.router]}
    return {"clusters": {"wire": cluster}, "detection": HOLD}


def found(done: Ended) -> dict[tuple[str, str], tuple[str, str]]:
    """Return severity and message of each finding, by code and prefix."""
    report = json.loads(done.stdout)
    assert [each for each in report["not_answered"] if each["undetermined"]] == []
    return {(f["code"], f["prefix"]): (f["severity"], f["message"]) for f in report["findings"]}


@pytest.mark.parametrize("state", CHOSEN, ids=[state.name for state in CHOSEN])
def test_a_silent_node_is_found_and_nothing_else(wire: Wire, state: State) -> None:
    with state.make(wire, *state.nodes), wire.silent(*state.silent):
        done = wire.scan("scan", state.router, **settings(state))
    findings = found(done)
    wanted = {("ECMP304", prefix): state.severities[6 if ":" in prefix else 4] for prefix in state.prefixes}
    assert {key: severity for key, (severity, _) in findings.items()} == wanted
    for _, message in findings.values():
        assert f"{len(state.silent)} of {len(state.nodes)} next hop" in message
        for node in state.silent:
            assert re.search(rf"{node} \(.*\) on {FABRIC_INTERFACE}: (FAILED|INCOMPLETE)", message)
    assert done.returncode == (1 if "error" in state.severities.values() else 0)


def test_the_chain_ends_at_the_neighbour_and_names_the_timers(wire: Wire) -> None:
    state = State("BGP of BIRD", announced, ERROR, router="rx2", prefixes=tuple(SERVICES.values()))
    with wire.silent("node2"):
        for number in range(3):  # all namespaces share one neighbour table: entries go where it is full
            saved = wire.folder / f"silent{number}"
            if len(found(wire.scan("scan", state.router, "--save", str(saved), **settings(state)))) >= len(SERVICES):
                break
    for prefix in SERVICES.values():
        done = wire.scan("explain", prefix, str(saved), **settings(state))
        (router,) = json.loads(done.stdout)["routers"]
        steps = {node["node"]: {link["link"]: link for link in node["links"]} for node in router["nodes"]}
        assert [node["broken"] for node in router["nodes"]] == [None, "neighbour"]
        assert {name: links["neighbour"]["state"] for name, links in steps.items()} == {
            "node1": "ok",
            "node2": "broken",
        }
        assert all(f"within {HOLD} s (hold time)" in links["detection"]["text"] for links in steps.values())
        assert done.returncode == 1


@pytest.mark.parametrize("router", ["rx1", "rx2"])
def test_nothing_is_found_where_every_node_answers_whatever_other_entries_say(wire: Wire, router: str) -> None:
    services = State("", announced, {}, router=router, prefixes=tuple(SERVICES.values()))
    assert found(wire.scan("scan", router, **settings(services))) == {}
    with kernel_route(wire, "node1"), wire.silent("node2"):  # node2 fails, and is no next hop
        alone = State("", announced, {}, nodes=("node1",))
        assert found(wire.scan("scan", "rx1", **settings(alone))) == {}
    for address in (address for node in NODES for address in wire.addresses(node.name)):
        for state in ("stale", "delay"):
            link = json.loads(wire.ip(router, "-j", "neigh", "show", "to", address))
            if link and "lladdr" in link[0]:
                entry = [address, "lladdr", link[0]["lladdr"], "dev", FABRIC_INTERFACE, "nud", state]
                wire.ip(router, "neigh", "replace", *entry)
    assert found(wire.scan("scan", router, **settings(services))) == {}


def test_a_kernel_that_prints_no_next_hops_is_judged_by_its_groups(wire: Wire) -> None:
    """`ip route` shows the next-hop object alone; zebra puts a group back that somebody replaced."""
    state = State("", announced, {}, prefixes=tuple(SERVICES.values()))
    wire.write("rx1", "net/ipv4/nexthop_compat_mode", 0)
    try:
        assert found(wire.scan("scan", "rx1", **settings(state))) == {}
        with wire.silent("node2"):
            findings = found(wire.scan("scan", "rx1", **settings(state)))
    finally:
        wire.write("rx1", "net/ipv4/nexthop_compat_mode", 1)
    assert {key: severity for key, (severity, _) in findings.items()} == {
        ("ECMP304", prefix): "info" for prefix in SERVICES.values()
    }


# How long a death goes unnoticed


def differences(wire: Wire, longest: float) -> tuple[dict[Flow, float], dict[Flow, Outage]]:
    """Return the computed and the measured outages when node2 falls silent."""
    wanted = computed(wire)
    outages = measured(wire, "node2", longest)
    wait_until(wire.is_at_rest, 60, "node2 is back")
    return wanted, outages


@pytest.mark.parametrize("hold", [3, 9] if ALL_STATES else [3])
def test_the_hold_time_is_the_longest_outage(tmp_path_factory: pytest.TempPathFactory, hold: int) -> None:
    need_the_lab()
    for wire in running(Wire(tmp_path_factory.mktemp("wire") / "wire", Timers(hold, hold // 3), WITHOUT_OBJECTS)):
        wanted, outages = differences(wire, hold + 30)
        assert set(wanted.values()) == {hold}
        assert wanted.keys() == outages.keys()
        for (router, version), outage in outages.items():
            least = hold if router == "rx1" else hold * 0.75  # BIRD starts it with up to a quarter less (RFC 4271, 10)
            assert least - 1 <= outage.since_last_message <= hold + 1, (router, version)
            assert outage.measured <= hold + 1, (router, version)


def test_the_detection_time_of_bfd_is_the_longest_outage(tmp_path_factory: pytest.TempPathFactory) -> None:
    need_the_lab()
    timers = Timers(180, 60, has_bfd=True)
    for wire in running(Wire(tmp_path_factory.mktemp("wire") / "wire", timers, WITHOUT_OBJECTS)):
        wanted = computed(wire)
        outages = measured(wire, "node2", 30)
        assert set(wanted.values()) == {0.9}
        for flow, outage in outages.items():
            assert outage.measured == pytest.approx(0.9, abs=1), flow
