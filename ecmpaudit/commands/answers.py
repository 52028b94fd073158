"""What one finished audit answers, as JSON: the same as the commands of these names print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.auditing.explanation import wanted_prefix
from ecmpaudit.commands.diff import compared
from ecmpaudit.commands.explain import audit_with, explained
from ecmpaudit.commands.history import listed
from ecmpaudit.commands.output import encoded_text
from ecmpaudit.commands.routes import filters_of, shown_tables
from ecmpaudit.commands.run_history import place_in_use
from ecmpaudit.commands.what_if import change_of, outcome_of
from ecmpaudit.configuration.history_places import is_run
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.history.store import open_history
from ecmpaudit.reporting.differences import render_differences_json
from ecmpaudit.reporting.explanation import render_explanation_json
from ecmpaudit.reporting.history import render_history, render_history_json
from ecmpaudit.reporting.routes import routes_json
from ecmpaudit.reporting.what_if import render_what_if_json

if TYPE_CHECKING:
    import datetime as dt
    from contextlib import AbstractContextManager

    from ecmpaudit.auditing.explanation import Explanation
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.audit_run import Finished
    from ecmpaudit.commands.options import ChangeOptions, RouteOptions
    from ecmpaudit.history.store import History


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers from one audit, and from the history beside it; nothing is asked and nothing is written."""

    finished: Finished
    scope: ScopeOptions
    place: str | None = None
    """Of the history, as in `HistoryOptions`."""

    def explanation(self, prefix: str, filters: FilterOptions) -> Explanation:
        """Return the chains of a prefix or an address."""
        known, wanted = self.finished, wanted_prefix(prefix)
        audit = audit_with(wanted, known.audit, known.material, known.request, self.scope, known.rules, known.past)
        return explained(wanted, audit, known.material, known.request, filters)[0]

    def explain(self, prefix: str, filters: FilterOptions) -> bytes:
        """Return what `explain PREFIX --format json` prints."""
        return encoded_text(render_explanation_json(self.explanation(prefix, filters)))

    def routes(self, shown: FilterOptions, options: RouteOptions) -> bytes:
        """Return what `routes --format json` prints."""
        material = self.finished.material
        tables = shown_tables(material, shown, filters_of(shown, options))
        return encoded_text(routes_json(tables, material.unparsed, material.not_read))

    def what_if(self, options: ChangeOptions) -> bytes:
        """Return what `what-if --format json` prints."""
        result = outcome_of(change_of(options), options, self.finished.material, self.finished.request)
        return encoded_text(render_what_if_json(result))

    def runs(self, since: dt.timedelta | None, filters: FilterOptions) -> bytes:
        """Return what `history --format json` prints."""
        with self._history() as history:
            found = listed(history, self.finished.request.configuration, since, filters)
        return encoded_text(render_history_json(*found, filters.given))

    def history_text(self, filters: FilterOptions) -> str:
        """Return what `history -v` prints."""
        with self._history() as history:
            found = listed(history, self.finished.request.configuration, None, filters)
        return render_history(*found, filters.given)

    def diff(self, before: str, after: str, filters: FilterOptions) -> bytes:
        """Return what `diff RUN RUN --format json` prints.

        Raises:
            ConfigurationError: a side is no run: files are not read here.
        """
        for side in (before, after):
            if not is_run(side):
                raise ConfigurationError(f'expected a run such as 41, last or last-1, found "{side}"')
        with self._history() as history, history.at_one_moment() as then:
            sides = then.observation(before), then.observation(after)
        found = compared(sides, self.finished.rules, filters, self.finished.request.configuration)
        return encoded_text(render_differences_json(found))

    def _history(self) -> AbstractContextManager[History]:
        return open_history(place_in_use(self.place, self.finished.request.configuration), create=False)
