"""FRR's own ceiling: `ECMP Maximum` of `show zebra`, and the number that it was built with, of `show version`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Ceiling
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
from ecmpaudit.parsing.facts.ceilings import CeilingFact
from ecmpaudit.parsing.outside_values import LARGEST_CEILING, whole_number
from ecmpaudit.platforms.defaults import default_ceiling

if TYPE_CHECKING:
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_ZEBRA = re.compile(r"^[ \t]*ECMP Maximum[ \t]+(\d+)[ \t\r]*$", re.MULTILINE)
_VERSION = re.compile(r"^(?:FRRouting|Quagga|Zebra) (\d+(?:\.\d+)*)", re.MULTILINE)
_BUILT = re.compile(r"--enable-multipath=(\d+)")
_UNLIMITED = 0
"""`--enable-multipath=0` means as many as the program can hold."""


def read_zebra(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the ceiling of `show zebra`; FRR before 7.3 does not print it.

    Raises:
        DamagedOutputError: the number is none that a ceiling can be.
    """
    if found := _ZEBRA.search(capture.text):
        value = _ceiling(capture, found[1], "ECMP Maximum")
        return CaptureFacts(ceilings=(CeilingFact(Ceiling(value, f"`ECMP Maximum {value}` of zebra (`show zebra`)")),))
    return CaptureFacts()


def read_version(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the ceiling of the build.

    Raises:
        UnknownFormatError: this is not `show version`.
        DamagedOutputError: the number is none that a ceiling can be.
    """
    version = _VERSION.search(capture.text)
    if version is None:
        raise UnknownFormatError(f"{capture.source}: this is not `show version` of FRR")
    if built := _BUILT.search(capture.text):
        value = _ceiling(capture, built[1], "--enable-multipath", least=_UNLIMITED)
        source = f"built with `--enable-multipath={value}` (`show version`)"
        return CaptureFacts(ceilings=() if value == _UNLIMITED else (CeilingFact(Ceiling(value, source)),))
    if "configured with" not in capture.text:
        return CaptureFacts()
    default = default_ceiling("frr", "build", version[1])
    return CaptureFacts(ceilings=(CeilingFact(default),) if default else ())


def _ceiling(capture: Capture, digits: str, what: str, *, least: int = 1) -> int:
    try:
        return whole_number(digits, what, least=least, most=LARGEST_CEILING)
    except ValueError as error:
        raise DamagedOutputError(f"{capture.source}: {error}") from error
