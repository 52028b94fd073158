"""Reading a faulty configuration, for tests of what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def faults(folder: Path, text: str) -> list[str]:
    """Return the lines of the error that a text gives, without the folder."""
    path = folder / "ecmpaudit.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_configuration(path)
    return str(error.value).replace(f"{folder}/", "").splitlines()
