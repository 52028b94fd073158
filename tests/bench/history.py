"""How large a history grows and how fast it answers: `python -m tests.bench.history [RUNS]`.

1,000 runs, or RUNS, of 50 routers with 100 prefixes each, five next hops for each prefix. In each run, two prefixes
lose or get back a node; every 50th run, one router does not answer. Prints one line for each figure.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.judge import judge
from ecmpaudit.history.differences import differences
from ecmpaudit.history.store import open_history
from ecmpaudit.model import (
    Audit,
    AuditedPrefix,
    Expectation,
    Network,
    NextHop,
    NextHops,
    Node,
    Past,
    Route,
    RouterState,
)
from ecmpaudit.model.runs import Asked
from ecmpaudit.reporting.history import render_history
from ecmpaudit.reporting.period import render_period
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.model import Place

RUNS, ROUTERS, PREFIXES, NODES = 1000, 50, 100, 5
START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
EVERY = dt.timedelta(minutes=15)
NODE_LIST = tuple(Node(f"node{n}", frozenset({f"192.0.2.{n}", f"2001:db8::{n}"})) for n in range(1, NODES + 1))
EXPECTED = Expectation("pool", NODES, NODE_LIST)


def prefix_of(number: int) -> str:
    """Every other prefix is IPv6."""
    return f"2001:db8:100::{number:x}/128" if number % 2 else f"198.51.100.{number}/32"


def audited(place: Place, lacking: frozenset[int]) -> AuditedPrefix:
    """Return a prefix without the nodes that it lacks."""
    router, vrf, prefix = place
    base = "2001:db8::" if ":" in prefix else "192.0.2."
    hops = tuple(NextHop(f"{base}{n}", "eth0") for n in range(1, NODES + 1) if n not in lacking)
    route = Route(prefix, "bgp", NextHops(hops), distance=20, metric=0, is_selected=True)
    return AuditedPrefix(router, vrf, prefix, (route,), EXPECTED)


def network_of(prefixes: dict[Place, AuditedPrefix], unread: str | None, past: Past) -> Network:
    """Return what one run sees."""
    names = [f"tor{n}" for n in range(ROUTERS)]
    states = tuple(
        RouterState(name, failure="timed out", has_data=False)
        if name == unread
        else RouterState(name, whole_families=frozenset({4, 6}))
        for name in names
    )
    return Network(states, tuple(p for p in prefixes.values() if p.router != unread), past=past)


def main(folder: Path, runs: int) -> None:
    """Fill a history and print size and times."""
    chance = random.Random(1)  # noqa: S311 - the same network every time
    places = [(f"tor{r}", "default", prefix_of(n)) for r in range(ROUTERS) for n in range(PREFIXES)]
    prefixes = {place: audited(place, frozenset()) for place in places}
    codes = tuple(rule.code for rule in all_rules())
    asked = Asked("scan", tuple(f"tor{n}" for n in range(ROUTERS)), ("198.51.100.0/24",), codes=codes)
    file = folder / "history.db"
    recording: list[float] = []
    now = START.isoformat()
    with open_history(str(file)) as history:
        for number in range(runs):
            for place in chance.sample(places, 2):
                whole = len(prefixes[place].installed) == NODES
                prefixes[place] = audited(place, frozenset({chance.randint(1, NODES)} if whole else ()))
            now = (START + number * EVERY).isoformat()
            unread = f"tor{number % ROUTERS}" if number % 50 == 49 else None
            past = history.past(now) if number % 100 == 99 else Past()
            network = network_of(prefixes, unread, past)
            audit = Audit(network, judge(network, all_rules()))
            begun = time.perf_counter()
            history.record(audit, asked, started=now, finished=now)
            recording.append(time.perf_counter() - begun)
    print(f"{runs} runs of {ROUTERS} routers x {PREFIXES} prefixes")
    print(f"size: {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB")
    print(f"recording one run: {sum(recording) / runs * 1000:.0f} ms, slowest {max(recording) * 1000:.0f} ms")
    with open_history(str(file)) as history:
        timed("runs and faults, rendered", lambda: len(render_history(history.runs(), history.incidents())))
        timed(
            "report over all runs, rendered", lambda: len(render_period(history.period(START.isoformat(), now), "html"))
        )
        timed("past facts for a run", lambda: len(history.past(now).last))
        timed(
            "differences of two runs",
            lambda: len(differences(history.observation("1"), history.observation("last")).changes),
        )
        timed("pruned to a day", lambda: history.prune(dt.timedelta(days=1), now=now))
    print(f"size after that: {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB")


def timed(what: str, work: Callable[[], int]) -> None:
    """Print how long something took, and the number that it gave."""
    begun = time.perf_counter()
    number = work()
    print(f"{what}: {(time.perf_counter() - begun) * 1000:.0f} ms ({number})")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        main(Path(own), int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
