"""A scan of two pools out of many routes, in a real FRR and a real BIRD: `python -m tests.bench.pools [--others N]`.

Needs root and the lab's daemons. It prints what a scan receives, with SSH's own bytes, and how long it takes, beside
the bare commands over `ssh` and beside `--full`; and whether the findings are the same.
"""

from __future__ import annotations

import argparse
import json
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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--others", type=int, default=200_000, help="routes that are in no pool")
    others = parser.parse_args().others
    with tempfile.TemporaryDirectory() as folder, large_tables.running(Path(folder) / "lab", others) as instance:
        print(f"{others:,} routes beside {len(large_tables.PREFIXES)} audited prefixes")
        scan = partial(instance.scan, run=ecmpaudit_process)
        for router, (pool, whole) in BARE.items():
            measured(instance, router, "ssh, its pool of IPv4", partial(instance.ssh, timeout=600), pool)
            measured(instance, router, "ssh, whole table", partial(instance.ssh, timeout=600), whole)
            little = findings(measured(instance, router, "scan", scan))
            everything = findings(measured(instance, router, "scan --full", scan, "--full"))
            print(f"{router}  findings of both: {'the same' if little == everything else 'DIFFERENT'}, {len(little)}")


if __name__ == "__main__":
    main()
