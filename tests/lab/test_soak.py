"""Three minutes of `ecmpaudit serve` with fault after fault; `python -m tests.lab.soak` has the form for hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.soak import soaked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.laboratory import Lab

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.lab


def test_no_transition_is_missed_or_invented_and_no_descriptor_is_left(lab: Lab, tmp_path: Path) -> None:
    soak = soaked(lab, tmp_path, 180, 40)
    assert len(soak.done) >= 2
    assert list(soak.faults()) == []
    assert soak.keeps_no_descriptor, soak.descriptors
