"""Reads the facts of a capture with the reader that platform.toml names for its form.

Readers are registered in `platforms.fact_readers`, and imported when the first answer of their kind is read.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias, cast

from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
from ecmpaudit.parsing.resolved import Resolved, resolve
from ecmpaudit.platforms.fact_readers import FACT_READERS
from ecmpaudit.platforms.registry import FactFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.model import Capture

    ReadFacts: TypeAlias = Callable[[Capture, Resolved], CaptureFacts]


def read_facts(capture: Capture, resolved: Resolved | None = None) -> CaptureFacts:
    """Return the facts of a capture; none if it is no output of that kind.

    Raises:
        UnknownFormatError: it should be one and is not: an error of the program, or a text that is cut short.
    """
    known = resolved or resolve(capture)
    if not isinstance(known.form, FactFormat):
        return CaptureFacts()
    return function_of(FACT_READERS[known.form.reader].function)(capture, known)


@cache
def function_of(name: str) -> ReadFacts:
    """Return the function that `module:function` names."""
    module, _, function = name.partition(":")
    return cast("ReadFacts", getattr(import_module(module), function))
