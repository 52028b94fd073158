"""List the platforms, and the templates that parse their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from pathlib import Path


def platform_list(*, with_engines: bool) -> str:
    """Return one line per platform and template; with its engine, and the reason for the slower one."""
    known = platforms().values()
    margin = max(len(platform.name) for platform in known) + 2
    width = max(len(template.name) for platform in known for template in platform.templates) + 2
    lines = []
    for platform in known:
        lines.append(f"{platform.name:{margin}}{platform.title}")
        for template in platform.templates:
            engine = _engine(template) if with_engines else ""
            lines.append(f"{'':{margin}}{template.name:{width}}{engine}".rstrip())
    return "\n".join(lines)


def _engine(template: Path) -> str:
    from ecmpaudit.parsing.template import engine_of  # noqa: PLC0415 - polars costs 175 ms, and only -v needs it

    reason = engine_of(template).reason
    return f"textfsm library: {reason}" if reason else "in columns"
