"""What a shell offers for a word that is being typed: rule codes, platforms, hosts of the configuration, runs.

A completion that fails would print into the line that is being typed, so what cannot be read offers nothing.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import rich_click as click

    Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def _of_words(words: Callable[[click.Context], Iterable[str]]) -> Completion:
    """Return what completes the last word of a comma list from `words`."""

    def complete(context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
        before, comma, last = typed.rpartition(",")
        found: list[str] = []
        with contextlib.suppress(Exception):
            found = [f"{before}{comma}{word}" for word in words(context) if word.casefold().startswith(last.casefold())]
        return found

    return complete


def _codes(_context: click.Context) -> Iterable[str]:
    from ecmpaudit.commands import completion

    return completion.codes()


def _platforms(_context: click.Context) -> Iterable[str]:
    from ecmpaudit.platforms.registry import platforms

    return platforms()


def _of_section(*sections: str) -> Callable[[click.Context], Iterable[str]]:
    """Return what names the hosts in sections of the configuration."""

    def names(context: click.Context) -> Iterable[str]:
        from ecmpaudit.commands import completion

        return completion.hosts(context.params.get("config"), *sections)

    return names


def _runs(context: click.Context) -> Iterable[str]:
    from ecmpaudit.commands import completion

    return completion.runs(context.params.get("place"), context.params.get("config"))


codes = _of_words(_codes)
platforms = _of_words(_platforms)
routers = _of_words(_of_section("routers"))
nodes = _of_words(_of_section("nodes"))
hosts = _of_words(_of_section("routers", "nodes"))


def runs_and_files(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the runs of the history, and let the shell complete the names of files."""
    found = [CompletionItem(run) for run in _of_words(_runs)(context, parameter, typed)]
    return [*found, CompletionItem(typed, type="file")]
