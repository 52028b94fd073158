"""A hard month of recorded runs, and what it costs to look back: `python -m tests.bench.hard_month [RUNS]…`.

3,000 runs, or RUNS, of 6 routers with 12 prefixes each and 8 nodes. Nodes come and go, routers do not answer, and one
run in a hundred is dated a day back. Prints the size of the history, and the seconds of CPU of whole commands. With two
sizes or more, the last line has the exponent of the growth between the first and the last: 1 is linear.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import random
import tempfile
from pathlib import Path

from ecmpaudit.auditing.judge import judge
from ecmpaudit.history.store import open_history
from ecmpaudit.incidents import incidents_of
from ecmpaudit.model import Audit, AuditedPrefix, Expectation, Network, NextHop, NextHops, Node, Route, RouterState
from ecmpaudit.model.runs import Asked
from ecmpaudit.rules import all_rules
from tests.bench.parsing import ours
from tests.bench.recording import cpu_seconds

ROUTERS, PREFIXES, NODES = 6, 12, 8
EVERY = dt.timedelta(minutes=15)
NODE_LIST = tuple(Node(f"node{n}", frozenset({f"192.0.2.{n}", f"2001:db8::{n}"})) for n in range(1, NODES + 1))
COMMANDS = {
    "history": ["history"],
    "history, JSON": ["history", "--format", "json"],
    "history of a day": ["history", "--since", "1d"],
    "history of one router": ["history", "--router", "tor1"],
    "report of a month": ["report", "--since", "5w"],
    "report of a week": ["report", "--since", "7d"],
}


def audited(router: str, number: int, lacking: frozenset[int]) -> AuditedPrefix:
    """Return a prefix without the nodes that it lacks; every other one is IPv6."""
    prefix = f"2001:db8:100::{number:x}/128" if number % 2 else f"198.51.100.{number}/32"
    base = "2001:db8::" if number % 2 else "192.0.2."
    hops = tuple(NextHop(f"{base}{n}", "eth0") for n in range(1, NODES + 1) if n not in lacking)
    route = Route(prefix, "bgp", NextHops(hops), distance=20, metric=0, is_selected=True)
    return AuditedPrefix(router, "default", prefix, (route,), Expectation("pool", NODES, NODE_LIST))


def fill(file: Path, runs: int) -> None:
    """Record the runs; the last one ends now."""
    chance = random.Random(1)  # noqa: S311 - the same month every time
    names = [f"tor{n}" for n in range(ROUTERS)]
    lacking: dict[tuple[str, int], frozenset[int]] = {}
    start = dt.datetime.now(dt.UTC) - runs * EVERY
    rules = all_rules()
    asked = Asked("scan", tuple(names), ("198.51.100.0/24", "2001:db8:100::/64"), codes=tuple(r.code for r in rules))
    with open_history(str(file)) as history:
        for number in range(runs):
            if chance.random() < 0.2:
                place = chance.choice(names), chance.randrange(PREFIXES)
                lacking[place] = frozenset() if lacking.get(place) else frozenset({chance.randint(1, NODES)})
            unread = chance.choice(names) if chance.random() < 0.05 else None
            states = tuple(
                RouterState(name, failure="timed out", has_data=False)
                if name == unread
                else RouterState(name, whole_families=frozenset({4, 6}))
                for name in names
            )
            prefixes = tuple(
                audited(name, n, lacking.get((name, n), frozenset()))
                for name in names
                for n in range(PREFIXES)
                if name != unread
            )
            network = Network(states, prefixes)
            findings = judge(network, rules)
            audit = Audit(network, findings, incidents=incidents_of(network, findings))
            clock = dt.timedelta(days=-1) if number % 100 == 99 else dt.timedelta()
            now = (start + number * EVERY + clock).isoformat()
            history.record(audit, asked, started=now, finished=now)


def measure(runs: int) -> dict[str, float]:
    """Print what a history of so many runs costs, and return the seconds by command."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "history.db"
        fill(file, runs)
        size = sum(each.stat().st_size for each in file.parent.iterdir()) / 1e6
        seconds = {what: cpu_seconds(ours(*words, "--history", str(file))) for what, words in COMMANDS.items()}
    shown = ", ".join(f"{what} {each:.2f} s" for what, each in seconds.items())
    print(f"{runs:,} runs of {ROUTERS} x {PREFIXES} x {NODES}: {size:.1f} MB; {shown}", flush=True)
    return seconds


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=int, nargs="*", default=[3000])
    sizes = sorted(parser.parse_args().runs)
    found = [measure(size) for size in sizes]
    if len(sizes) > 1:
        growth = math.log(sizes[-1] / sizes[0])
        each = (f"{what} {math.log(found[-1][what] / found[0][what]) / growth:.2f}" for what in COMMANDS)
        print(f"exponents from {sizes[0]:,} to {sizes[-1]:,} runs: {', '.join(each)}")


if __name__ == "__main__":
    main()
