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
        UnknownFormatError: nothing in the inputs is the output of a router, which is a usage error and no incomplete
            audit: a wrong file name, or a file of something else.
    """
    captures = read_inputs(inputs.files)
    material = read_material(
        captures,
        router=inputs.router,
        platform=inputs.platform,
        only=only,
        nodes=nodes,
        routers=routers,
        columns=columns,
    )
    is_output_of_a_router = any(capture.command for capture in material.failed)
    if not material.tables and material.failed and not is_output_of_a_router:
        reasons = dict.fromkeys(f"{capture.source}: {capture.failure}" for capture in material.failed)
        raise UnknownFormatError("\n".join(reasons))
    return material
