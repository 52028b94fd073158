"""Recipes for bundles, from `parsers/bundles.toml`: which file is the answer of which host to which command."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ecmpaudit.resources import parsers_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

_JOINED = re.compile(r"[_ ]+|(?<=[a-z0-9])-(?=[a-z])|-(?=-)")
"""What is between the words of a command in the name of a file: `show_ip_route`, `ip_-4_route`, `show-ip-route`."""


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """One kind of file in a bundle."""

    path: re.Pattern[str]
    """Matches the whole path from any folder on; its groups `root`, `host` and `command` are parts of it."""
    command: str | None
    heading: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of bundle."""

    title: str
    mark: re.Pattern[str]
    """Matches the whole path of a file by which a bundle of this kind is known; its group `root` is the folder."""
    files: tuple[RecipeFile, ...]
    host_file: re.Pattern[str] | None
    only: bool
    """All other files of such a bundle are skipped."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a file of a bundle is."""

    title: str
    """The kind of the bundle."""
    root: str
    host: str | None
    """None: the file of the bundle that names the host has it, if any."""
    command: str | None
    """None: the text shows it."""
    heading: re.Pattern[str] | None = None
    names_host: bool = False
    """It is no answer: its first line is the name of the host."""
    is_skipped: bool = False


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return the recipes in their order: of several that a file fits, the first counts."""
    text = (parsers_folder() / "bundles.toml").read_text(encoding="utf-8")
    return tuple(_recipe(entry) for entry in tomllib.loads(text)["recipe"])


def assigned(paths: Iterable[str]) -> dict[str, Assigned]:
    """Return what the files of a folder or bundle are, by their paths; one that no recipe knows is absent."""
    left = list(paths)
    found: dict[str, Assigned] = {}
    for recipe in recipes():
        roots = {match["root"] for path in left if (match := recipe.mark.fullmatch(path))}
        if roots:
            known = {path: known for path in left if (known := _by_recipe(recipe, path, roots)) is not None}
            found |= known
            left = [path for path in left if path not in known]
    return found


def _by_recipe(recipe: Recipe, path: str, roots: set[str]) -> Assigned | None:
    for file in recipe.files:
        match = file.path.fullmatch(path)
        if match and match["root"] in roots:
            groups = match.groupdict()
            words = groups.get("command")
            command = file.command or (_JOINED.sub(" ", words).strip() if words else None)
            return Assigned(recipe.title, match["root"], groups.get("host"), command, file.heading)
    if recipe.host_file and (match := recipe.host_file.fullmatch(path)) and match["root"] in roots:
        return Assigned(recipe.title, match["root"], None, None, names_host=True)
    if recipe.only and any(path.startswith(f"{root}/") for root in roots):
        return Assigned(recipe.title, "", None, None, is_skipped=True)
    return None


def _recipe(entry: dict[str, Any]) -> Recipe:
    root, host_file = entry["root"], entry.get("host_file")
    files = tuple(
        RecipeFile(_path(root, file["path"]), file.get("command"), _pattern(file.get("heading")))
        for file in entry["file"]
    )
    of_host = _path(root, host_file) if host_file else None
    return Recipe(entry["title"], _path(root, entry["mark"]), files, of_host, entry.get("only", False))


def _path(root: str, path: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<root>(?:.*?/)??{root})/(?:{path})")


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return re.compile(rf"^(?:{text})$", re.MULTILINE) if text else None
