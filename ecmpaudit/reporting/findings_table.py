"""The findings as a table, one row each: CSV for spreadsheets, Parquet for data frames.

Parquet keeps what a device said as it is, except that a byte that was no UTF-8 becomes a visible escape.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ecmpaudit.reporting.cells import csv_text
from ecmpaudit.reporting.shown import with_rules_not_run

if TYPE_CHECKING:
    import pyarrow as pa

    from ecmpaudit.model import Audit, Evidence, Finding

COLUMNS = (
    "code", "severity", "inferred", "router", "vrf", "prefix", "expected", "actual",
    "missing", "unexpected", "message", "cause", "hint", "evidence",
)  # fmt: skip


def render_csv(audit: Audit) -> str:
    """Return one line per finding; several nodes or lines in one cell are parted by `; `."""
    rows = (
        [
            *_facts(finding),
            "; ".join(map(str, finding.missing)),
            "; ".join(map(str, finding.unexpected)),
            *_words(finding),
            "; ".join(map(_quoted, finding.evidence)),
        ]
        for finding in with_rules_not_run(audit)
    )
    return csv_text(COLUMNS, rows)


def render_parquet(audit: Audit) -> bytes:
    """Return the findings as one Parquet file; missing, unexpected and evidence are lists."""
    from pyarrow import parquet  # noqa: PLC0415 - costs 110 ms

    file = io.BytesIO()
    parquet.write_table(arrow_table(audit), file)
    return file.getvalue()


def arrow_table(audit: Audit) -> pa.Table:
    """Return the findings as an Arrow table; missing, unexpected and evidence are lists."""
    import pyarrow as pa  # noqa: PLC0415 - as in render_parquet

    text, number, texts = pa.string(), pa.int64(), pa.list_(pa.string())
    lines = pa.list_(pa.struct([("source", text), ("line", number), ("text", text)]))
    types = (text, text, pa.bool_(), text, text, text, number, number, texts, texts, text, text, text, lines)
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)))
    rows = [dict(zip(COLUMNS, _writable(_row(finding)), strict=True)) for finding in with_rules_not_run(audit)]
    return pa.Table.from_pylist(rows, schema)


def _row(finding: Finding) -> list[Any]:
    evidence = [{"source": line.source, "line": line.line, "text": line.text} for line in finding.evidence]
    missing, unexpected = ([str(it) for it in group] for group in (finding.missing, finding.unexpected))
    return [*_facts(finding), missing, unexpected, *_words(finding), evidence]


def _facts(finding: Finding) -> list[Any]:
    return [
        finding.code, finding.severity.value, finding.is_inferred, finding.router, finding.vrf, finding.prefix,
        finding.expected, finding.actual,
    ]  # fmt: skip


def _words(finding: Finding) -> list[str | None]:
    return [finding.message, finding.cause, finding.hint]


def _quoted(line: Evidence) -> str:
    return f"{line.source}:{line.line} {line.text}".rstrip()


def _writable(value: Any) -> Any:
    """Return the value with every lone surrogate as an escape: Parquet's text is UTF-8."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, list):
        return [_writable(it) for it in value]
    if isinstance(value, dict):
        return {key: _writable(it) for key, it in value.items()}
    return value
