"""The captured outputs in fixtures/dumps.tar.xz: real FRR, BIRD and Linux versions in many states, and what is true.

MANIFEST.json inside says for every file which program, command, router and state it is of; `states[…].truth` is what
the kernel forwards with, known by how the lab was built and checked against `ip -j route`.
"""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

ARCHIVE = Path(__file__).parent / "fixtures" / "dumps.tar.xz"
_ROUTE_COMMANDS = re.compile(r"show (?:ip|ipv6) (?:route|fib)|show route|ip .*route(?! get)")
_COUNTS_ONLY = re.compile(r"summary.* json|summary.*json")


@cache
def _archive() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        files = {member.name.removeprefix("./"): archive.extractfile(member) for member in archive if member.isfile()}
        return {name: content.read() for name, content in files.items() if content is not None}


def text(file: str) -> str:
    """Return a dump's text, unpacked where it is stored as .gz."""
    content = _archive()[file]
    return (gzip.decompress(content) if file.endswith(".gz") else content).decode(errors="replace")


def names() -> frozenset[str]:
    """Return the names of all files that are kept."""
    return frozenset(_archive())


@cache
def manifest() -> dict[str, Any]:
    """Return MANIFEST.json."""
    loaded: dict[str, Any] = json.loads(_archive()["MANIFEST.json"])
    return loaded


def route_files() -> list[dict[str, Any]]:
    """Return the manifest's entries of all files that are answers to a route command."""
    return [
        entry
        for entry in manifest()["files"]
        if _ROUTE_COMMANDS.match(entry["command"] or "") and " get " not in entry["command"]
    ]


def truth(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what is true of the router and state of a file, by prefix; empty where the manifest does not know."""
    of_state: dict[str, Any] = manifest()["states"].get(entry["state"], {}).get("truth", {}).get(entry["router"], {})
    return of_state
