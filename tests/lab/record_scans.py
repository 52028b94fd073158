"""Records the scans in tests/fixtures/scans: `python -m tests.lab.record_scans`, as root, in the checkout.

One router, one node with BIRD and one with FRR are asked; of the other nodes only the addresses are known.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.lab.audit_configuration import configuration
from tests.lab.laboratory import Lab
from tests.lab.plan import ON_ALL_NODES
from tests.lab.states.kernel import stale_route
from tests.program import ROOT

SCANS = ROOT / "tests" / "fixtures" / "scans"
_ROUTER = "tor1"
_ASKED_NODES = ("node1", "node5")


def record() -> None:
    """Replace the recorded scans and the configuration that belongs to them."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            lab.start()
            lab.wait_clean()
            described = part_of_the_lab(lab)
            file = lab.folder / "ecmpaudit.yaml"
            file.write_text(json.dumps(described), encoding="utf-8")
            shutil.rmtree(SCANS, ignore_errors=True)
            lab.scan("--save", str(SCANS / "healthy"), configuration=file)
            with stale_route(lab, _ROUTER, "node1", *ON_ALL_NODES):
                lab.scan("--save", str(SCANS / "stale_kernel_route"), configuration=file)
        finally:
            lab.stop()
    offline = {key: value for key, value in described.items() if key != "ssh"}
    (SCANS / "ecmpaudit.yaml").write_text(json.dumps(offline, indent=2) + "\n", encoding="utf-8")


def part_of_the_lab(lab: Lab) -> dict[str, Any]:
    """Return the configuration: the nodes that are not asked have their link-local addresses in it."""
    described = configuration(lab.folder)
    described["routers"] = {_ROUTER: described["routers"][_ROUTER]}
    for name, node in described["nodes"].items():
        if name not in _ASKED_NODES:
            node["addresses"] = [address for address, owner in lab.node_names.items() if owner == name]
            del node["host"], node["platform"]
    return described


if __name__ == "__main__":
    record()
