"""The ceilings that platforms ship with, from `[[ceiling]]` in their platform.toml: only where nothing else is said.

Each holds for a range of versions and has its source. A default is never a guess: it is looked up by who has read that
the configuration or the build says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.digits import order_of
from ecmpaudit.model import Ceiling
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.platforms.registry import DefaultCeiling


def default_ceiling(platform: str, setting: str, version: str | None = None) -> Ceiling | None:
    """Return the ceiling that a platform has while a setting is not given, or given without a number.

    Without a version, only a default that all versions share is returned; None where it is unlimited or unknown.
    """
    of_setting = [default for default in platforms()[platform].ceilings if default.setting == setting]
    if version is None:
        holds = of_setting if len({default.value for default in of_setting}) == 1 else []
        holds = [default for default in holds if default.since is None and default.before is None]
    else:
        holds = [default for default in of_setting if _is_within(version, default)]
    return Ceiling(holds[0].value, holds[0].source) if holds else None


def _is_within(version: str, default: DefaultCeiling) -> bool:
    number = _number(version)
    return (default.since is None or number >= _number(default.since)) and (
        default.before is None or number < _number(default.before)
    )


def _number(version: str) -> tuple[tuple[int, str], ...]:
    return tuple(order_of(part) for part in version.split(".") if part.isdecimal())
