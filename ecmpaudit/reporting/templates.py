"""The Jinja2 templates in `reports/`: forms that are prose or markup.

A name that a template does not know is an error and not an empty place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.resources import reports_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def rendered(name: str, facts: Mapping[str, object], *, filters: Mapping[str, Callable[..., object]]) -> str:
    """Return the template filled in. Markup is escaped by itself in `.html.j2`, elsewhere by the filters given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - 30 ms

    environment = Environment(
        loader=FileSystemLoader(reports_folder()),
        autoescape=select_autoescape(("html.j2", "xml.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment.get_template(name).render(facts)
