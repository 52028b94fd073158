"""The results of the library: the things of the model, with tables, JSON and HTML of their own.

`to_json` and `to_html` return text, or write it to the file that they are given, as those of pandas do.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.explanation import Explanation
from ecmpaudit.auditing.run import Material
from ecmpaudit.commands.output import write_file
from ecmpaudit.library.values import path_of
from ecmpaudit.model import Audit, Severity
from ecmpaudit.model.runs import Differences
from ecmpaudit.parsing.route_table import all_routes
from ecmpaudit.platforms.registry import own_parsers
from ecmpaudit.reporting.differences import render_differences, render_differences_json
from ecmpaudit.reporting.explanation import render_explanation, render_explanation_json
from ecmpaudit.reporting.formats import Format, Settings, render
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import verdict
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.library.values import FilePath
    from ecmpaudit.model import Capture

_PAGE = '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n{body}\n</html>\n'
_ROWS_SHOWN = 200
"""Rows of a table in a notebook; further ones are counted below it."""
_INCIDENT = (
    "id", "severity", "title", "nodes", "routers", "prefixes", "findings", "link", "confidence", "cause",
    "since", "prefixes_short", "traffic_moved", "prefixes_without_next_hop", "next",
)  # fmt: skip
_PREFIX = ("router", "vrf", "prefix", "installed", "expected", "missing", "expectation_source")
_CHAIN = (
    "router", "vrf", "prefix", "node", "is_expected", "is_installed", "broken", "confidence", "cause", "undetermined",
)  # fmt: skip
_CHANGE = ("router", "vrf", "prefix", "before", "after", "gone", "come")


@dataclass(frozen=True, repr=False)
class Loaded(Material):
    """What was loaded: tables and facts, and the texts, which are read again where a configuration names hosts."""

    given: tuple[Capture, ...] = ()
    router: str | None = None
    platform: str | None = None
    parsers: Path | None = None
    """The folder of one's own platforms that they were read with."""
    budget: AnswerBudget | None = None

    def __repr__(self) -> str:
        tables, parts = (*self.tables, *self.node_tables), self.not_read
        left = f", {counted(len(parts), 'part')} not read" if parts else ""
        return f"<Loaded: {counted(len(tables), 'route table')}{left}>"

    @property
    def routes(self) -> pd.DataFrame:
        """All route tables as one DataFrame, one row per next hop in the order of the outputs."""
        with own_parsers(self.parsers):
            return all_routes((*self.tables, *self.node_tables))

    def to_frame(self) -> pd.DataFrame:
        """Return `routes`: one row per next hop."""
        return self.routes

    def to_json(self, path: FilePath | None = None) -> str | None:
        """Return the routes as `ecmpaudit routes -f json` prints them."""
        from ecmpaudit.reporting.routes import routes_json  # noqa: PLC0415 - only where it is wanted

        with own_parsers(self.parsers):
            text = routes_json((*self.tables, *self.node_tables), self.unparsed, self.not_read)
        return _written(text, path)

    def to_html(self, path: FilePath | None = None) -> str | None:
        """Return a page with all rows of `routes`."""
        return _written(_page("Routes", _table(self.routes, len(self.routes)) + self._not_read()), path)

    def _repr_html_(self) -> str:
        return _table(self.routes) + self._not_read()

    def _not_read(self) -> str:
        lines = [f"not read: {part.source}: {part.reason}" for part in self.not_read]
        return f"<pre>{_escaped(chr(10).join(lines))}</pre>" if lines else ""


@dataclass(frozen=True, slots=True, repr=False)
class AuditResult(Audit):
    """The audit of what was loaded or scanned."""

    material: Material = field(default_factory=Material, repr=False, compare=False)
    """What was audited."""

    def to_frame(self, of: str = "findings") -> pd.DataFrame:
        """Return the `findings`, `incidents` or audited `prefixes`, one row each; columns are those of the reports."""
        makers = {"findings": _findings, "incidents": incident_table, "prefixes": _prefixes}
        if of not in makers:
            raise ValueError(f"of: expected one of {', '.join(makers)}, found {of!r}")
        return makers[of](self)

    def to_json(self, path: FilePath | None = None) -> str | None:
        """Return the report as `-f json` prints it."""
        return _written(self._rendered(Format.JSON), path)

    def to_html(self, path: FilePath | None = None) -> str | None:
        """Return the report as one page, that of `-f html`."""
        return _written(self._rendered(Format.HTML), path)

    def __repr__(self) -> str:
        return f"<AuditResult: {safe(verdict(self))}>"

    def _rendered(self, form: Format) -> str:
        return render(form, self, Settings(Severity.WARNING)).decode()

    def __str__(self) -> str:
        return self._rendered(Format.TEXT)

    def _repr_html_(self) -> str:
        frame = _findings(self)[["code", "severity", "router", "prefix", "expected", "actual", "message", "cause"]]
        return f"<p><b>{_escaped(verdict(self))}</b></p>{_table(frame) if len(frame) else ''}"


@dataclass(frozen=True, slots=True, repr=False)
class ExplanationResult(Explanation):
    """One prefix on every router, with the chain of each node."""

    def __repr__(self) -> str:
        found = counted(len(self.findings), "finding")
        return f"<ExplanationResult: {self.prefix} on {counted(len(self.routers), 'router')}, {found}>"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per node on each router; `broken` is the first link that does not hold."""
        rows = []
        for router in self.routers:
            place = (router.prefix.router, router.prefix.vrf, router.prefix.prefix)
            for chain in router.chains:
                broken = chain.diagnosis.broken
                confidence = chain.diagnosis.confidence.value if broken else None
                why = (broken.link.value, confidence, broken.sentence) if broken else (None, None, None)
                rows.append((*place, chain.node.name, chain.is_expected, chain.is_installed, *why, chain.undetermined))
        return _frame(rows, _CHAIN)

    def to_json(self, path: FilePath | None = None) -> str | None:
        """Return the chains as `ecmpaudit explain -f json` prints them."""
        return _written(render_explanation_json(self), path)

    def to_html(self, path: FilePath | None = None) -> str | None:
        """Return a page with the tree of `ecmpaudit explain`."""
        return _written(_page(self.prefix, self._repr_html_()), path)

    def __str__(self) -> str:
        return render_explanation(self, width=0)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


@dataclass(frozen=True, slots=True, repr=False)
class DifferencesResult(Differences):
    """What changed between two audits."""

    def __repr__(self) -> str:
        parts = len(self.not_compared) + len(self.not_judged)
        left = f", {counted(parts, 'part')} not compared" if parts else ""
        return f"<DifferencesResult: {str(self).splitlines()[-1]}{left}>"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per changed prefix on a router; `gone` and `come` are lists of next hops."""
        rows = [(*c.place, c.before, c.after, list(c.removed), list(c.added)) for c in self.changes]
        return _frame(rows, _CHANGE).astype({"before": "Int64", "after": "Int64"})

    def to_json(self, path: FilePath | None = None) -> str | None:
        """Return the differences as `ecmpaudit diff -f json` prints them."""
        return _written(render_differences_json(self), path)

    def to_html(self, path: FilePath | None = None) -> str | None:
        """Return a page with the lines of `ecmpaudit diff`."""
        return _written(_page(f"From {self.before} to {self.after}", self._repr_html_()), path)

    def __str__(self) -> str:
        return render_differences(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def incident_table(audit: Audit) -> pd.DataFrame:
    """Return the incidents of an audit as a pandas DataFrame, one row each; columns are named as in the JSON report.

    `nodes`, `routers`, `prefixes` and `findings` are lists; the parts of cause and effect are columns of their own.
    """
    import pandas as pd  # noqa: PLC0415 - costs 0.3 s, and an audit needs it only for its routes

    rows = [
        (
            incident.id,
            incident.severity.value,
            incident.title,
            list(incident.nodes),
            list(incident.routers),
            list(incident.prefixes),
            list(incident.findings),
            incident.cause.link,
            incident.cause.confidence.value,
            incident.cause.text,
            pd.Timestamp(incident.since) if incident.since else pd.NaT,
            incident.effect.prefixes_short,
            incident.effect.traffic_moved,
            incident.effect.prefixes_without_next_hop,
            incident.next,
        )
        for incident in audit.incidents
    ]
    return _frame(rows, _INCIDENT)


def _findings(audit: Audit) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - as in incident_table

    from ecmpaudit.reporting.findings_table import arrow_table  # noqa: PLC0415 - pyarrow

    frame: pd.DataFrame = arrow_table(audit).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _prefixes(audit: Audit) -> pd.DataFrame:
    rows = [
        (
            prefix.router,
            prefix.vrf,
            prefix.prefix,
            len(prefix.installed),
            prefix.expected,
            [node.name for node in prefix.missing],
            prefix.expectation.source if prefix.expectation else None,
        )
        for prefix in audit.network.prefixes
    ]
    return _frame(rows, _PREFIX).astype({"installed": "Int64", "expected": "Int64"})


def _frame(rows: Sequence[tuple[object, ...]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - as in incident_table

    return pd.DataFrame(rows, columns=list(columns))


def _table(frame: pd.DataFrame, most: int = _ROWS_SHOWN) -> str:
    """Return the first rows as HTML, nothing cut; what a device printed is escaped."""
    shown = frame.head(most).astype(object)
    cells = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    head = "".join(f"<th>{_escaped(str(name))}</th>" for name in frame.columns)
    body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in cells)
    more = f"<p>{len(frame) - most:,} more rows: to_frame() has all</p>" if len(frame) > most else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>{more}"


def _cell(value: object) -> str:
    import pandas as pd  # noqa: PLC0415 - as in incident_table

    is_empty = value is None or value is pd.NA or value is pd.NaT
    return f"<td>{'' if is_empty else _escaped(str(value))}</td>"


def _escaped(text: str) -> str:
    return html.escape("\n".join(map(safe, text.split("\n"))))


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=_escaped(title), body=body)


def _written(text: str, path: FilePath | None) -> str | None:
    """Return the text; where a path is given, write the file and return None."""
    if path is None:
        return text
    write_file(Path(path_of("path", path)), text.encode(errors="backslashreplace"))
    return None
