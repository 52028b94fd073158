"""Opening a bundle several times: where it is, or what was kept of a stream that can be read only once."""

from __future__ import annotations

import io
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors.bundles.archives import HEAD, TAR, ZIP
from ecmpaudit.collectors.compression import blocks, is_packed, unpacked
from ecmpaudit.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from ecmpaudit.collectors.bundles.limits import Limits

    Opened = Callable[[], AbstractContextManager[Any]]


@contextmanager
def reopened(form: str, path: Path | None, content: Iterator[bytes], limits: Limits) -> Iterator[Opened]:
    """Give what opens a bundle as often as it is wanted, for `Archive`.

    `path` is that of a file, `content` what comes out of it, unpacked; without a path that is kept within the budget.

    Raises:
        BudgetSpentError, BundleError: there is no room to keep it.
    """
    if path is not None and not (form == ZIP and _is_packed_file(path)):
        yield _opener(form, partial(open_plain, path))
        return
    buffer = limits.budget.buffer()
    try:
        for block in content:
            limits.unpack(len(block))
            buffer.append(block)
        file = buffer.close()
        yield _opener(form, partial(open_plain, Path(file)) if file else partial(io.BytesIO, buffer.content))
    finally:
        buffer.discard()


def _opener(form: str, opened: Opened) -> Callable[[], AbstractContextManager[Any]]:
    return partial(_blocks_of, opened) if form == TAR else opened


@contextmanager
def _blocks_of(opened: Opened) -> Iterator[Iterator[bytes]]:
    with opened() as file:
        head = file.read(HEAD)
        file.seek(0)
        yield unpacked(file, head) if is_packed(head) else blocks(file)


def _is_packed_file(path: Path) -> bool:
    with open_plain(path) as file:
        return is_packed(file.read(HEAD))
