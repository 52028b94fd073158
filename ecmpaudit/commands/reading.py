"""What the files of a command say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.configuration.patterns import is_pattern, words_of
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.platforms.names import platform_name
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import InputOptions
    from ecmpaudit.model import Capture


def named_or_filtered(inputs: InputOptions, filters: FilterOptions) -> tuple[InputOptions, FilterOptions]:
    """Return both; one plain name for `--router` also names a text that names no router, as `--router-name` does."""
    words = words_of(filters.only_routers)
    if inputs.router is not None or len(words) != 1 or is_pattern(words[0]):
        return inputs, filters
    return replace(inputs, router=words[0]), replace(filters, only_routers=())


class Texts:
    """The inputs of a command, read once, when they are first needed."""

    def __init__(self, inputs: InputOptions) -> None:
        self._inputs = inputs
        self._captures: list[Capture] | None = None
        self._budget = AnswerBudget()

    def captures(self, memory: int | None) -> tuple[list[Capture], AnswerBudget]:
        """Return what the inputs have, and the budget of their texts; `memory` is that of the configuration."""
        if self._captures is None:
            self._budget = AnswerBudget(self._inputs.memory or memory)
            self._captures = read_inputs(self._inputs.files, self._budget)
        return self._captures, self._budget

    def of_cluster(self, memory: int | None) -> list[Capture]:
        """Return what kubectl answered when a snapshot among the inputs was taken."""
        return [capture for capture in self.captures(memory)[0] if capture.is_of_cluster]


def requested(inputs: InputOptions, scope: ScopeOptions) -> tuple[Request, Texts]:
    """Return what is expected, and the inputs; objects of a cluster that these have are used in place of a live one."""
    texts = Texts(inputs)
    return Request.of(scope, texts.of_cluster), texts


def read_for(request: Request, inputs: InputOptions, texts: Texts) -> Material:
    """Return what the inputs show that an audit of the request needs; errors are those of `read`.

    A name for a text that looks like a router's of the configuration, and is none, is noted.
    """
    material = read(
        inputs,
        texts,
        only=request.audited,
        nodes=request.nodes,
        routers=request.routers,
        memory=request.memory,
    )
    name = inputs.router
    near = suggestion(name, request.routers) if name and name not in request.routers else ""
    if not near:
        return material
    return replace(material, notes=(*material.notes, f"--router {name}: no router of the configuration{near}"))


def read(
    inputs: InputOptions,
    texts: Texts | None = None,
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
    captures, budget = (texts or Texts(inputs)).captures(memory)
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
