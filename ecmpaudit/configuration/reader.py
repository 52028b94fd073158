"""Finding `ecmpaudit.yaml` and reading it; all faults are reported at once, each with file, line and key.

Looking for the file costs nothing: pydantic and PyYAML are imported only when there is one to read.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.configuration.home import home, in_home
from ecmpaudit.configuration.texts import STANDARD_INPUT, content_of, decoded
from ecmpaudit.errors import ConfigurationError, TemplateError
from ecmpaudit.platforms.own_folder import OWN_PARSERS, check_own_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.yaml_source import Source

FILE_NAME = "ecmpaudit.yaml"
VARIABLE = "ECMPAUDIT_CONFIG"
LARGEST_FILE = 1024 * 1024
"""Bytes; 1,000 exceptions with comments are about a tenth of it."""


def find_configuration(explicit: Path | None) -> Path | None:
    """Return the configuration file in use, None if there is none; `-` is standard input.

    A file that was asked for by name (`explicit`, ECMPAUDIT_CONFIG) has to exist, or ConfigurationError.
    """
    if explicit is not None:
        return _existing(explicit, "--config")
    if os.environ.get(VARIABLE):
        return _existing(Path(os.environ[VARIABLE]), VARIABLE)
    return next((path for path in places_searched() if _is_readable_place(path)), None)


def places_searched() -> tuple[Path, ...]:
    """Return where the file is looked for when none is named, the first one wins."""
    here = Path(FILE_NAME)
    everyone = Path("/etc/ecmpaudit") / FILE_NAME
    folder = _user_folder()
    return (here, folder / "ecmpaudit" / FILE_NAME, everyone) if folder else (here, everyone)


def read_configuration(path: Path) -> Configuration:
    """Return the checked configuration without the hosts of its inventories.

    Raises:
        ConfigurationError: one line per fault, in the order of the file. Names of hosts are not checked where the
            file has inventories.
    """
    return configuration_of(read_source(path)[0], str(path))


def read_source(path: Path) -> tuple[Source, str]:
    """Return the values of the file and the SHA-256 of it; ConfigurationError where it has no sections."""
    # Imported here because most offline runs have no configuration file, and pydantic costs 50 ms.
    from ecmpaudit.configuration.problems import found_words  # noqa: PLC0415 - see above
    from ecmpaudit.configuration.schema import Configuration  # noqa: PLC0415 - see above
    from ecmpaudit.configuration.yaml_source import read_yaml  # noqa: PLC0415 - see above

    content = content_of(path, str(path), LARGEST_FILE, "; expected a configuration, not data")
    source = read_yaml(decoded(content, str(path)), str(path))
    sections = ", ".join(Configuration.model_fields)
    if source.values is None and not source.problems:
        raise ConfigurationError(f"{path}: empty; expected at least one of the sections {sections}")
    if not isinstance(source.values, dict):
        found = found_words(source.values, source.places[()])
        raise ConfigurationError(f"{path}:1: expected a mapping with the sections {sections}, found {found}")
    return source, hashlib.sha256(content).hexdigest()


def text_of(path: Path) -> str:
    """Return the text of a configuration; ConfigurationError where it cannot be read."""
    return decoded(content_of(path, str(path), LARGEST_FILE), str(path))


def names_in(text: str, name: str, sections: Iterable[str]) -> list[str]:
    """Return the names in sections of a configuration, whatever its values are; pydantic is not needed for that.

    Raises:
        ConfigurationError: it is no YAML, or a key is given twice, or is no text.
    """
    from ecmpaudit.configuration.yaml_source import read_yaml  # noqa: PLC0415 - as in read_source

    source = read_yaml(text, name)
    if source.problems:
        from ecmpaudit.configuration.problems import render  # noqa: PLC0415 - as in read_source

        raise ConfigurationError(render(source.problems, name))
    values = source.values if isinstance(source.values, dict) else {}
    found = [values.get(section) for section in sections]
    return [name for part in found if isinstance(part, dict) for name in part]


def configuration_of(source: Source, name: str, *, names_are_known: bool | None = None) -> Configuration:
    """Return the checked configuration of a source with this name; errors are read_configuration's.

    Names that one section has of another are checked where those of inventories are known: by default, where it has
    no inventory.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - as in read_source

    from ecmpaudit.configuration.problems import render, schema_problems  # noqa: PLC0415 - as above
    from ecmpaudit.configuration.schema import NAMES_ARE_KNOWN, Configuration  # noqa: PLC0415 - as above

    problems = list(source.problems)
    _use_own_platforms(source, name)
    try:
        context = {} if names_are_known is None else {NAMES_ARE_KNOWN: names_are_known}
        configuration = Configuration.model_validate(source.values, context=context)
    except ValidationError as error:
        problems += schema_problems(error, source)
        # Not chained: pydantic's message repeats the values, and one may be a password.
        raise ConfigurationError(render(problems, name)) from None
    if problems:
        raise ConfigurationError(render(problems, name))
    return configuration


def _use_own_platforms(source: Source, name: str) -> None:
    """Let the platforms of `parsers` be known to this process, before their names are checked.

    What is no text is refused with the other faults. A folder that the command line or the environment names is first.
    """
    folder = source.values.get("parsers") if isinstance(source.values, dict) else None
    if not folder or not isinstance(folder, str) or os.environ.get(OWN_PARSERS):
        return
    found = Path(name).parent / in_home(Path(folder))
    try:
        check_own_folder(found)
    except TemplateError as error:
        place = source.places.get(("parsers",))
        raise ConfigurationError(f"{name}:{place.line if place else 1}: parsers: {error}") from error
    os.environ[OWN_PARSERS] = str(found)


def _existing(path: Path, asked_by: str) -> Path:
    if path != STANDARD_INPUT and not path.exists():
        raise ConfigurationError(f"{asked_by} {path}: no such file")
    return path


def _is_readable_place(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # another user's home, when run with sudo -u
        return False


def _user_folder() -> Path | None:
    """The XDG base directory specification ignores a relative XDG_CONFIG_HOME."""
    xdg = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if xdg.is_absolute():
        return xdg
    of_user = home()
    return of_user / ".config" if of_user else None
