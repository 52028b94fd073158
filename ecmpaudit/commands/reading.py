"""What the files of a command say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.configuration.patterns import words_of
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.platforms.names import platform_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.commands.options import InputOptions


def named_or_filtered(inputs: InputOptions, filters: FilterOptions) -> tuple[InputOptions, FilterOptions]:
    """Return both; one plain name for `--router` also names a text that names no router, as `--router-name` does."""
    words = words_of(filters.only_routers)
    if inputs.router is not None or len(words) != 1 or set(words[0]) & set("*?["):
        return inputs, filters
    return replace(inputs, router=words[0]), replace(filters, only_routers=())


def read(
    inputs: InputOptions,
    *,
    only: Sequence[str] = (),
    nodes: Collection[str] = (),
    routers: Collection[str] = (),
    columns: frozenset[str] = frozenset(SCHEMA),
    memory: int | None = None,
) -> Material:
    """Return what the inputs say; `memory` is that of the configuration, the others are those of `read_material`.

    Raises:
        UnknownFormatError: no input can be read at all, which is a usage error and no incomplete audit: a wrong name.
    """
    budget = AnswerBudget(inputs.memory or memory)
    captures = read_inputs(inputs.files, budget)
    if captures and all(capture.failure and not capture.command and not capture.is_given_up for capture in captures):
        raise UnknownFormatError("\n".join(f"{capture.source}: {capture.failure}" for capture in captures))
    return read_material(
        captures,
        router=inputs.router,
        platform=platform_name(inputs.platform) if inputs.platform else None,
        only=only,
        nodes=nodes,
        routers=routers,
        columns=columns,
        budget=budget,
    )
