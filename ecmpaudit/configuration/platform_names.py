"""The name of a platform in `ecmpaudit.yaml`: any that is known when the file is read, one's own included."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ecmpaudit.platforms.names import known_name
from ecmpaudit.platforms.registry import platforms


def _known_name(name: Any) -> Any:
    found = known_name(name) if isinstance(name, str) else None
    if found is None:
        raise PydanticCustomError("expected", "expected {words}", {"words": f"one of {', '.join(platforms())}"})
    return found


PlatformName = Annotated[
    str,
    BeforeValidator(_known_name),
    WithJsonSchema({"type": "string", "examples": ["frr", "bird", "gobgp", "linux"]}),
]
"""Published as a text with examples: an editor does not know the platforms of `--parsers`."""
