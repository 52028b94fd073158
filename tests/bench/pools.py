"""A scan of two pools out of many routes, in a real FRR and a real BIRD: `python -m tests.bench.pools [--others N]`.

Needs root and the lab's daemons. It prints what a scan receives, with SSH's own bytes, and how long it takes, beside
the bare commands over `ssh` and beside `--full`; and whether the findings are the same. `its questions` are the
commands of that scan, one after the other in one session of `ssh`. With --real-time, what is measured goes before all
else on this machine, as on one that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab import namespaces
from tests.lab.test_pushed_down_pools import findings
from tests.lab.topologies import large_tables
from tests.lab.topologies.network import MANAGEMENT_INTERFACE
from tests.program import ecmpaudit_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.topologies.instance import Instance

BARE = {
    "rx1": ("vtysh -c 'show ip route vrf all 172.31.0.0/24 longer-prefixes'", "vtysh -c 'show ip route vrf all'"),
    "rx2": ("birdc -r 'show route all where net ~ [ 172.31.0.0/24+ ]'", "birdc -r 'show route all'"),
}
"""For each router what prints the pool of IPv4, and the whole table."""
TIMES = 3


def sent(instance: Instance, router: str) -> int:
    """Return the bytes that a router has sent to who scans it."""
    space = instance.machines[router].namespace
    (shown,) = json.loads(namespaces.ip(space, "-s", "-j", "link", "show", "dev", MANAGEMENT_INTERFACE))
    return int(shown["stats64"]["tx"]["bytes"])


def measured(instance: Instance, router: str, what: str, run: Callable[..., Any], *arguments: str) -> Any:
    """Run it, print seconds and kilobytes of a router, and return what it returns."""
    before, bytes_before = time.monotonic(), sent(instance, router)
    result = run(router, *arguments)
    seconds, received = time.monotonic() - before, sent(instance, router) - bytes_before
    print(f"{router}  {what:<22}{seconds:8.2f} s{received / 1000:12.1f} kB", flush=True)
    return result


def questions(snapshot: Path) -> str:
    """Return the commands of a scan that was saved, as one line for a shell."""
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    return "; ".join(capture["command"] for capture in manifest["captures"])


def put_first(instance: Instance) -> None:
    """Let this process, the routers' daemons and whatever they start run before anything else on this machine."""
    spaces = [namespaces.identity(instance.machines[router].namespace) for router in BARE]
    for process in (os.getpid(), *namespaces.processes(*spaces)):
        for thread in Path(f"/proc/{process}/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(1))


def compare(instance: Instance, router: str, folder: Path) -> None:
    """Print the lines of one router."""
    pool, whole = BARE[router]
    scan, ssh = partial(instance.scan, run=ecmpaudit_process), partial(instance.ssh, timeout=600)
    saved = folder / f"saved-{router}"
    little = findings(measured(instance, router, "scan", scan, "--save", str(saved)))
    for _ in range(TIMES - 1):
        measured(instance, router, "scan", scan)
    for what, command in (("its questions", questions(saved)), ("its pool of IPv4", pool), ("whole table", whole)):
        for _ in range(TIMES):
            measured(instance, router, f"ssh, {what}", ssh, command)
    everything = findings(measured(instance, router, "scan --full", scan, "--full"))
    print(f"{router}  findings of both: {'the same' if little == everything else 'DIFFERENT'}, {len(little)}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--others", type=int, default=200_000, help="routes that are in no pool")
    parser.add_argument("--real-time", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, large_tables.running(Path(name) / "lab", asked.others) as instance:
        print(f"{asked.others:,} routes beside {len(large_tables.PREFIXES)} audited prefixes")
        if asked.real_time:
            put_first(instance)
        for router in BARE:
            compare(instance, router, Path(name))


if __name__ == "__main__":
    main()
