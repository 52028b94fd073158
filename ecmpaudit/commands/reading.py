"""What the files of a command say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.parsing.columns import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.commands.options import InputOptions


def read(
    inputs: InputOptions,
    *,
    only: Sequence[str] = (),
    nodes: Collection[str] = (),
    routers: Collection[str] = (),
    columns: frozenset[str] = frozenset(SCHEMA),
) -> Material:
    """Return what the inputs say; the keyword arguments are those of `read_material`.

    Raises:
        UnknownFormatError: no input can be read at all, which is a usage error and no incomplete audit: a wrong name.
    """
    captures = read_inputs(inputs.files)
    if captures and all(capture.failure and not capture.command for capture in captures):
        raise UnknownFormatError("\n".join(f"{capture.source}: {capture.failure}" for capture in captures))
    return read_material(
        captures,
        router=inputs.router,
        platform=inputs.platform,
        only=only,
        nodes=nodes,
        routers=routers,
        columns=columns,
    )
