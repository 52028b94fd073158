"""What the readers of FRR's and Linux's JSON into columns share.

That no key is lost shows in the colons: what was decoded is written again, and has as many of them as the text. Each
key has one, and a text with an escape that could hide one is unusual.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from ecmpaudit.parsing.canonical import canonical_address
from ecmpaudit.parsing.canonical_columns import IPV4_ADDRESS, canonical_column
from ecmpaudit.parsing.columns import NOT_IN_FIB, SCHEMA
from ecmpaudit.parsing.json_shapes import Metric, Number, NumberOrText, Via, Whole
from ecmpaudit.parsing.json_tables import LINUX_MARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msgspec.structs import FieldInfo

ENCODER = msgspec.json.Encoder()


class UnusualError(Exception):
    """What only `json_tables` reads."""


def _marks_of_linux(flags: Sequence[str] | None) -> str:
    return " ".join(LINUX_MARKS[flag] for flag in flags or () if flag in LINUX_MARKS)


COLUMNS: dict[Any, tuple[pl.DataType, Callable[[Any], Any] | None]] = {
    bool | None: (pl.Boolean(), None),
    str: (pl.String(), None),
    str | None: (pl.String(), None),
    **dict.fromkeys((Whole, Number, Metric), (pl.Int64(), None)),
    NumberOrText: (pl.String(), lambda value: None if value is None else str(value)),
    Via | None: (pl.String(), lambda via: via and via.host),
    tuple[str, ...] | None: (pl.String(), _marks_of_linux),
}
"""What is made of a field that is read, by its type."""


def decoded(decoder: msgspec.json.Decoder[Any], content: bytes) -> Any:
    """Return the document of a text, of which no key was lost and none is null."""
    document = decoder.decode(content)
    if not document or ENCODER.encode(document).count(b":") != content.count(b":"):
        raise UnusualError
    return document


def nonblank_lines(content: bytes) -> int:
    """Return how many lines of JSON are not blank; between two values there are no other blanks than these."""
    lines = content.translate(None, b" \t\r")
    if b"\n\n" in lines:
        return len(lines.split())
    return lines.count(b"\n") + 1 - lines.startswith(b"\n") - lines.endswith(b"\n")


def lines_above(content: bytes) -> int:
    """Return how many lines are above the first that is not blank."""
    return content.count(b"\n", 0, len(content) - len(content.lstrip()))


def distinct(objects: Sequence[Any], read: Sequence[FieldInfo]) -> tuple[pl.DataFrame, pl.Series]:
    """Return a row for each object that differs in a field that is read, and which of them each object is.

    A table has far more next hops than differ. Columns have the names of JSON.
    """
    numbers: dict[tuple[Any, ...], int] = {}
    values_of = attrgetter(*(field.name for field in read))
    of_objects = [numbers.setdefault(values, len(numbers)) for values in map(values_of, objects)]
    columns = []
    for field, values in zip(read, zip(*numbers, strict=True) if numbers else [()] * len(read), strict=True):
        dtype, convert = COLUMNS[field.type]
        columns.append(pl.Series(field.encode_name, [convert(v) for v in values] if convert else values, dtype))
    return pl.DataFrame(columns), pl.Series(of_objects, dtype=pl.UInt32)


def numbers_of_routes(counts: pl.Series) -> pl.Series:
    """Return the number of its route for each next hop, from 0 on; `counts` are the next hops of each route."""
    routes, has_next_hops = pl.int_range(len(counts), dtype=pl.UInt32, eager=True), counts > 0
    return routes.filter(has_next_hops).repeat_by(counts.filter(has_next_hops)).explode().alias("route")


def may_forward(marks: pl.Expr) -> pl.Expr:
    """Return whether none of the marks of a next hop says that it does not."""
    return ~marks.str.contains(rf"\b(?:{'|'.join(sorted(NOT_IN_FIB))})\b")


def canonical_addresses(written: pl.Series) -> pl.Series:
    """Return the addresses of next hops in the form in which they are compared; null where there is none."""
    addresses = canonical_column(written.fill_null(""), IPV4_ADDRESS, canonical_address)
    if addresses.has_nulls() or written.eq("").any():
        raise UnusualError
    return addresses.replace("", None)


def canonical_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as the canonical table, of which every prefix is one."""
    if rows["prefix"].has_nulls():
        raise UnusualError
    is_v6 = pl.col("prefix").str.contains(":", literal=True)
    absent = {name: pl.lit(None) for name in SCHEMA.keys() - {"family", *rows.columns}}
    rows = rows.with_columns(family=pl.when(is_v6).then(6).otherwise(4), **absent)
    return rows.select(*SCHEMA).cast(pl.Schema(SCHEMA))
