"""The name of a platform as people write it: one list for `--platform`, ecmpaudit.yaml and messages."""

from __future__ import annotations

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.wording import suggestion


def known_name(text: str) -> str | None:
    """Return the name of a platform as `ecmpaudit platforms` lists it, whatever its case; None for an unknown one."""
    return next((name for name in platforms() if name.casefold() == text.strip().casefold()), None)


def platform_called(word: str) -> str | None:
    """Return the platform that a word of an inventory means, by its name or one of `also_called`; None for none."""
    wanted = word.strip().casefold()
    others = (name for name, platform in platforms().items() if wanted in map(str.casefold, platform.also_called))
    return known_name(word) or next(others, None)


def platform_name(text: str) -> str:
    """Return the name as `known_name` does.

    Raises:
        ConfigurationError: there is no such platform; the message has the one that was meant, or all.
    """
    name = known_name(text)
    if name is None:
        meant = platform_called(text)
        near = f"; did you mean {meant}?" if meant else suggestion(text, platforms())
        raise ConfigurationError(f"platform {text}: expected one of {', '.join(platforms())}{near}")
    return name
