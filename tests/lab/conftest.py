"""The lab for the tests in this folder: started once, clean before each test, removed at the end whatever happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.lab.availability import why_unavailable
from tests.lab.laboratory import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


def need_the_lab() -> None:
    """Skip where there can be no lab, or fail if ECMPAUDIT_LAB=required."""
    reason = why_unavailable()
    if reason is not None and os.environ.get("ECMPAUDIT_LAB") == "required":
        pytest.fail(f"ECMPAUDIT_LAB=required, but {reason}")
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield the running lab; skip where there can be none, or fail if ECMPAUDIT_LAB=required."""
    need_the_lab()
    lab = Lab(tmp_path_factory.mktemp("lab") / "lab")
    try:
        lab.start()
        yield lab
    finally:
        lab.stop()


@pytest.fixture(autouse=True)
def clean_state(lab: Lab) -> None:
    """Wait for the clean state before each test: a state that was left may need a moment for its way back."""
    lab.wait_clean()
