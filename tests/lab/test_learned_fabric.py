"""A fabric whose links are learned: from the first recorded run on, a link that is cut is named once, at its tier."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.conftest import need_the_lab
from tests.lab.topologies import fabric
from tests.lab.topologies.instance import Instance
from tests.lab.topologies.state import ALL_STATES, holding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.lab, pytest.mark.skipif(not ALL_STATES, reason="of `make lab`")]

TIERS = fabric.NETWORK.configuration["fabric"]["tiers"]
CUTS = {state.name: state for state in fabric.STATES}


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """Leave the big lab alone: these tests have hosts of their own."""
    need_the_lab()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Yield the fabric, at rest."""
    running = Instance(fabric.NETWORK, tmp_path_factory.mktemp("learned") / "lab")
    try:
        running.start()
        running.wait_clean()
        yield running
    finally:
        running.stop()


def recorded(instance: Instance, folder: Path, **written: object) -> dict[str, Any]:
    described = instance.plain_configuration()
    known = {key: described["fabric"][key] for key in ("default_route", "loopbacks")}
    described |= {"fabric": {"learn": True, **known, **written}, "history": {"url": str(folder / "history.db")}}
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(described), encoding="utf-8")
    report: dict[str, Any] = json.loads(instance.scan("--record", configuration=file).stdout)
    return report


@pytest.mark.parametrize(
    "written, tiers",
    [({}, ("tier 1 to tier 2", "nodes to tier 1")), ({"tiers": TIERS}, ("leaves to spines", "nodes to leaves"))],
    ids=["nothing written", "tiers written"],
)
def test_a_cut_link_is_named_once_at_its_tier(
    instance: Instance, tmp_path: Path, written: dict[str, object], tiers: tuple[str, str]
) -> None:
    for number in range(2):
        report = recorded(instance, tmp_path, **written)
        assert report["findings"] == []
        assert any("a link that is cut now is not expected" in note for note in report["notes"]) == (number == 0)
    for name, tier in zip(
        ("link between leaf2 and spine1 cut", "link between node3 and leaf2 cut"), tiers, strict=True
    ):
        with holding(instance, CUTS[name]):
            report = recorded(instance, tmp_path, **written)
        instance.wait_clean()
        found = [each["message"] for each in report["findings"] if not each["code"].startswith("ECMP6")]
        assert len(found) == 1, found
        assert f"({tier})" in found[0]
        assert all(end in found[0] for end in name.split()[2:5:2]), found
