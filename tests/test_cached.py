"""A cached property computes its value once for each object, and those of two objects at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

from ecmpaudit.cached import cached_property


@dataclass(frozen=True)
class Counted:
    """An object with a property that waits until that of another one is computed too."""

    both: Barrier
    calls: list[int] = field(default_factory=list)

    @cached_property
    def number(self) -> int:
        """How often it was computed."""
        self.both.wait(timeout=60)
        self.calls.append(0)
        return len(self.calls)


def test_two_objects_do_not_wait_for_each_other_and_compute_once() -> None:
    objects = [Counted(both := Barrier(2)), Counted(both)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda each: each.number, objects)) == [1, 1]
    assert [each.number for each in objects] == [1, 1]
    assert isinstance(Counted.number, cached_property)
