"""Lines of routes that are in a table twice, character for character: no router prints one so, but a copy may have it.

Only lines with the prefix of their route are compared: a line of a next hop below it may be that of many routes. A
connected route that is not selected is left out: Quagga's kin list it once for each address of its interface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columnar import LINE, TEXT
from ecmpaudit.parsing.contradictions import CONTRADICTS, FOUND, NOTHING_FOUND

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NO_LINE_TWICE = "no route line twice"
"""The name of this check in `platform.toml`."""
_NEEDED = {"vrf", "selected", "protocol"}
_KEY = ("table", "vrf", "family", TEXT)


def repeated_lines(
    routes: pl.DataFrame, lines: pl.DataFrame, invariants: Collection[str], starts: Sequence[int] = ()
) -> pl.DataFrame:
    """Return each line of a route that an earlier one equals; `starts` are the first lines of tables parsed as one."""
    if NO_LINE_TWICE not in invariants or not routes.height or not set(routes.columns) >= _NEEDED:
        return NOTHING_FOUND
    is_compared = pl.col("selected") | (pl.col("protocol") != "connected")
    firsts = routes.filter(pl.col("route").is_first_distinct(), is_compared).select("line", "prefix", "vrf", "family")
    texts = firsts.join(lines.select(line=LINE, **{TEXT: TEXT}), on="line", maintain_order="left")
    if texts[TEXT].n_unique() == texts.height:
        return NOTHING_FOUND
    table = pl.Series("table", starts, dtype=pl.UInt32).search_sorted(texts["line"], side="right")
    address = pl.col("prefix").str.split("/").list.first()
    has_prefix = pl.col(TEXT).str.to_lowercase().str.contains(address, literal=True) | pl.col(TEXT).str.contains(
        "default"
    )
    named = texts.with_columns(table=table).filter(has_prefix)
    again = named.with_columns(other=pl.col("line").first().over(_KEY)).filter(~pl.struct(_KEY).is_first_distinct())
    return again.select("line", "other", "prefix", reason=pl.lit(f"{CONTRADICTS}: the same line twice")).cast(FOUND)
