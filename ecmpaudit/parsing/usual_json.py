"""JSON of the usual shape: the same table as `json_tables` reads, in a tenth of the time.

None is returned where anything in a text is unusual: a key that is not known, a value of another type, a key twice, a
prefix that is none. `json_tables` reads that, with all of its checks, and says what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from ecmpaudit.parsing.frr_json import frr_table
from ecmpaudit.parsing.json_columns import UnusualError
from ecmpaudit.parsing.linux_json import linux_table

if TYPE_CHECKING:
    from ecmpaudit.parsing.json_tables import JsonTable

_UNUSUAL = (UnusualError, msgspec.MsgspecError, OverflowError, RecursionError, UnicodeError, pl.exceptions.PolarsError)


def read_usual_json(content: bytes, family: int | None) -> JsonTable | None:
    """Return the same as `read_json` of a text in UTF-8, or None where something in it is unusual.

    `family` is that of the route `default` of Linux where no next hop shows it.
    """
    if b"\\" in content and content.count(b"\\") != content.count(rb"\/"):  # the slash of a prefix may be an escape
        return None
    try:
        return linux_table(content, family) if content.lstrip()[:1] == b"[" else frr_table(content)
    except _UNUSUAL:
        return None
