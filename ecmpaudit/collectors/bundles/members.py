"""What a member of a bundle is, and whether its name is one of a file inside of the bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_MOST_LINKS = 10
"""Links that lead to one another."""
_NAMED = 3
"""Members that a message names; further ones are counted."""
ABSOLUTE = "absolute name"
OUTSIDE = "its name leads out of the bundle"
ENCRYPTED = "encrypted: unpack the bundle with its password, and name the folder"
METHOD = "packed by a method that is not read: unpack the bundle, and name the folder"
NO_FILE = "a device, pipe or socket"
DEAD_LINK = "a link to what is not in the bundle"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive that is no folder."""

    number: int
    """Its place in the archive, from 0."""
    name: str
    """As the archive has it."""
    problem: str | None = None
    """Why it is not read, in a few words; None where it is read."""
    link: str | None = None
    """The name that a link leads to, below the root of the archive; None for a file."""


@dataclass(slots=True)
class Listing:
    """What an archive holds."""

    files: dict[PurePosixPath, int] = field(default_factory=dict)
    """The number of each file in the archive by its name, which is inside of it; of two with one name, the last."""
    problems: dict[str, list[str]] = field(default_factory=dict)
    """The names of members that are not read, by the reason."""
    damage: str | None = None
    """Why the archive could not be listed to its end."""

    def sentences(self) -> Iterator[str]:
        """Yield what is wrong with it, as messages without a place."""
        if self.damage:
            yield self.damage
        for reason, names in self.problems.items():
            yield f"{counted(len(names), 'member')} not read ({reason}): {listed(names, _NAMED)}"

    def add_problem(self, reason: str, name: str) -> None:
        """Note that a member is not read."""
        self.problems.setdefault(reason, []).append(name)


def listing_of(members: Iterator[Member]) -> Listing:
    """Return what an archive holds, by the names that its files have once it is unpacked."""
    listing = Listing()
    links: dict[PurePosixPath, tuple[str, str]] = {}
    for member in members:
        name, problem = _inside(member.name)
        if name is None or (problem or member.problem):
            listing.add_problem(problem or member.problem or OUTSIDE, member.name)
        elif member.link is not None:
            links[name] = member.link, member.name
        else:
            links.pop(name, None)
            listing.files[name] = member.number
    targets = {name: target for name, (target, _) in links.items()}
    folders = {folder for name in listing.files for folder in name.parents}
    found = {name: _followed(target, targets, listing.files) for name, target in targets.items()}
    for name, number in found.items():
        if _normal(targets[name]) in folders:  # as where folders are read, links to folders are not followed
            continue
        if number is None:
            listing.add_problem(DEAD_LINK, f"{links[name][1]} -> {links[name][0]}")
        else:
            listing.files[name] = number
    return listing


def _inside(name: str) -> tuple[PurePosixPath | None, str | None]:
    """Return the path of a member below the root of its archive, or why it has none."""
    if name.startswith("/") or _DRIVE.match(name):
        return None, ABSOLUTE
    path = PurePosixPath(name)
    if ".." in path.parts or "\0" in name or not path.parts:
        return None, OUTSIDE
    return path, None


def _followed(target: str, links: dict[PurePosixPath, str], files: dict[PurePosixPath, int]) -> int | None:
    """Return the number of the file that a link leads to; None where that is no file of the archive."""
    for _ in range(_MOST_LINKS):
        path = _normal(target)
        if path is None:
            return None
        if path in files:
            return files[path]
        if path not in links:
            return None
        target = links[path]
    return None


def _normal(target: str) -> PurePosixPath | None:
    """Return a path without `..`; None where it leads out of the archive."""
    if target.startswith("/"):
        return None
    parts: list[str] = []
    for part in PurePosixPath(target).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return PurePosixPath(*parts)
