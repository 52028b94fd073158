"""The columns `prefix` and `next_hop` of a template's rows, in the one form in which they are compared.

`default` is of the family that its own words, the command or the other prefixes of its table show; it is never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.canonical import canonical_address, canonical_prefix, ipv4_network_pattern, why_no_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4_ADDRESS = rf"^{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}$"


def with_prefixes(hops: pl.DataFrame, family: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the hops with canonical `prefix` and `next_hop`, and the lines where one is impossible."""
    hops = _with_default_spelled_out(hops, family)
    hops = hops.with_columns(
        prefix=canonical_column(hops["PREFIX"], ipv4_network_pattern(), canonical_prefix),
        next_hop=canonical_column(hops["NEXTHOP"], IPV4_ADDRESS, canonical_address),
    )
    bad, good = divided(hops, pl.col("prefix").is_null() | (pl.col("next_hop").is_null() & (pl.col("NEXTHOP") != "")))
    if not bad.height:
        return good, bad.select("line", reason="prefix")
    of_default = pl.lit("nothing shows whether this default is of IPv4 or of IPv6")
    whys = bad["PREFIX"].map_elements(why_no_prefix, return_dtype=pl.String)
    of_prefix = pl.when(pl.col("PREFIX") == "default").then(of_default).otherwise(whys)
    of_address = pl.format("{} is no IP address", "NEXTHOP")
    return good, bad.select("line", reason=pl.when(pl.col("prefix").is_null()).then(of_prefix).otherwise(of_address))


def canonical_column(column: pl.Series, plainly_right: str, canonical: Callable[[str], str | None]) -> pl.Series:
    """Return the column in canonical form; values that match a pattern are canonical already."""
    right = column.str.contains(plainly_right)
    if right.all():
        return column
    others = column.filter(~right).unique()
    forms = pl.Series([canonical(text) for text in others], dtype=pl.String)
    return column.replace(others, forms)


def _with_default_spelled_out(hops: pl.DataFrame, family: int | None) -> pl.DataFrame:
    """Write out `default`, which Linux prints in both families: that of its own words, the command, or the table.

    Where none of these shows the family, `default` stays, which is no prefix.
    """
    if not hops["PREFIX"].eq("default").any():
        return hops
    is_via = (pl.col("NEXTHOP") != "") & (pl.col("VIA_FAMILY") == "")
    # Only IPv6 routes have a preference or an error, and only IPv6 routes that reject packets have an interface.
    is_ipv6_only = (pl.col("IPV6_ONLY") != "") | (~pl.col("KIND").is_in(["", "unicast"]) & (pl.col("INTERFACE") != ""))
    own = pl.when(is_ipv6_only).then(statement=True).when(is_via).then(pl.col("NEXTHOP").str.contains(":"))
    is_v6 = own.max().over("route").fill_null(pl.lit(_is_ipv6_table(hops, family), dtype=pl.Boolean))
    spelled = pl.when(is_v6).then(pl.lit("::/0")).when(~is_v6).then(pl.lit("0.0.0.0/0")).otherwise("PREFIX")
    return hops.with_columns(PREFIX=pl.when(pl.col("PREFIX") == "default").then(spelled).otherwise("PREFIX"))


def _is_ipv6_table(hops: pl.DataFrame, family: int | None) -> bool | None:
    """Return whether a table is of IPv6, by its command or by all its other prefixes; None where these do not agree."""
    if family is not None:
        return family == 6  # noqa: PLR2004 - IP version
    others = hops.filter(pl.col("PREFIX") != "default")["PREFIX"].str.contains(":").unique()
    return bool(others[0]) if len(others) == 1 else None


def divided(rows: pl.DataFrame, holds: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows for which a condition holds, and the others; costs nothing where it holds for none or all."""
    mask = rows.select(holds).to_series()
    if not mask.any():
        return rows.clear(), rows
    if mask.all():
        return rows, rows.clear()
    return rows.filter(mask), rows.filter(~mask)
