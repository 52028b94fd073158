"""FRR's own ceiling: `ECMP Maximum` of `show zebra`, and the number that it was built with, of `show version`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Ceiling
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, host_of
from ecmpaudit.parsing.facts.ceilings import CeilingFact
from ecmpaudit.parsing.outside_values import LARGEST_CEILING, whole_number
from ecmpaudit.platforms.defaults import default_ceiling

if TYPE_CHECKING:
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_ZEBRA = re.compile(r"^[ \t]*ECMP Maximum[ \t]+(\d+)[ \t\r]*$", re.MULTILINE)
_VERSION = re.compile(r"^(?:FRRouting|Quagga|Zebra) (\d+(?:\.\d+)*)", re.MULTILINE)
_BUILT = re.compile(r"--enable-multipath=(\d+)(?=['\s])")
_OPTIONS = re.compile(r"^configured with:\s+(?:'[^']*'\s*)*\Z", re.MULTILINE)
"""The options of the build, which end the output: where the last one is cut, others may be missing."""
_OLD_ZEBRA = re.compile(r"^VRF +Installs +Removals", re.MULTILINE)
"""In every `show zebra`; that of FRR before 7.3 begins with it."""
_UNLIMITED = 0
"""`--enable-multipath=0` means as many as the program can hold."""


def read_zebra(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the ceiling of `show zebra`, which is never above that of the build; FRR before 7.3 does not print it.

    Raises:
        UnknownFormatError: this is not `show zebra`, or it is cut before the ceiling.
        DamagedOutputError: the number is none that a ceiling can be.
    """
    if found := _ZEBRA.search(capture.text):
        value = _ceiling(capture, found[1], "ECMP Maximum")
        ceiling = CeilingFact(Ceiling(value, f"`ECMP Maximum {value}` of zebra (`show zebra`)"))
        return CaptureFacts(_answering(capture, Question.MAXIMUM, Question.BUILD), ceilings=(ceiling,))
    if not _OLD_ZEBRA.search(capture.text):
        raise UnknownFormatError(f"{capture.source}: no `ECMP Maximum` as in `show zebra` of FRR")
    return CaptureFacts(_answering(capture, Question.MAXIMUM))


def read_version(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the ceiling of the build.

    Raises:
        UnknownFormatError: this is not `show version`.
        DamagedOutputError: the number is none that a ceiling can be.
    """
    version = _VERSION.search(capture.text)
    if version is None:
        raise UnknownFormatError(f"{capture.source}: this is not `show version` of FRR")
    answering = _answering(capture, Question.BUILD)
    if built := _BUILT.search(capture.text):
        value = _ceiling(capture, built[1], "--enable-multipath", least=_UNLIMITED)
        source = f"built with `--enable-multipath={value}` (`show version`)"
        return CaptureFacts(answering, ceilings=() if value == _UNLIMITED else (CeilingFact(Ceiling(value, source)),))
    if not _OPTIONS.search(capture.text):
        return CaptureFacts()
    default = default_ceiling("frr", "build", version[1])
    return CaptureFacts(answering, ceilings=(CeilingFact(default),) if default else ())


def _answering(capture: Capture, *questions: Question) -> Facts:
    return Facts(answered=frozenset((host_of(capture), question, None) for question in questions))


def _ceiling(capture: Capture, digits: str, what: str, *, least: int = 1) -> int:
    try:
        return whole_number(digits, what, least=least, most=LARGEST_CEILING)
    except ValueError as error:
        raise DamagedOutputError(f"{capture.source}: {error}") from error
