"""The kinds of values in the configuration: what each key takes, in words that an error can repeat.

A check that raises ValueError gives the whole message. `expected` gives only its second half: the place of the value
and what was found are added by `problems`, which knows the file.
"""

import re
import shlex
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
    WrapValidator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ecmpaudit.configuration.addresses import canonical_address, canonical_prefix
from ecmpaudit.configuration.ages import age_of
from ecmpaudit.configuration.history_places import has_password
from ecmpaudit.configuration.host_names import JUMP_HOST, is_host_name
from ecmpaudit.configuration.memory import MOST_MEMORY

_DIGITS = re.compile(r"[0-9]{1,9}")
_TEXT_WANTED = frozenset({"string_type", "path_type"})


def expected(words: str, *, is_secret: bool = False) -> WrapValidator:
    """Return a validator that answers every refusal of the wrapped type with `expected WORDS`.

    A secret value is not repeated in the message.
    """

    def validate(value: Any, inner: Any) -> Any:
        try:
            return inner(value)
        except ValidationError as refused:
            wants_text = any(error["type"] in _TEXT_WANTED for error in refused.errors())
            context = {"words": words, "wants_text": wants_text, "is_secret": is_secret}
            raise PydanticCustomError("expected", "expected {words}", context) from None

    return WrapValidator(validate)


class NullAsEmpty:
    """A section whose lines are all commented out is null in YAML; it means the empty section."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_null_as_empty, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(core), {"type": "null"}]}


def _null_as_empty(value: Any) -> Any:
    return {} if value is None else value


class OneAsList:
    """A list of one entry may be written as the entry alone."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_one_as_list, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        several = handler(core)
        return {"anyOf": [several["items"], several]}


def _one_as_list(value: Any) -> Any:
    return value if value is None or isinstance(value, (list, tuple)) else (value,)


def _digits_as_number(value: Any) -> Any:
    """Return the number that a text such as "64" is: YAML of other tools often quotes it."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def _unsecret(name: str) -> str:
    if name.lower() == "password":
        raise ValueError(PASSWORD_REFUSED)
    return name


def _host_name(text: str) -> str:
    if not is_host_name(text):
        raise ValueError(text)
    return text


def _jump_hosts(text: str) -> str:
    for word in text.split(","):
        host = JUMP_HOST.fullmatch(word.strip())
        if host is None or not is_host_name(host["six"] or host["host"]):
            raise ValueError(text)
    return text


def _age(text: str) -> str:
    age_of(text)
    return text


def _place_without_password(place: str) -> str:
    if has_password(place):
        raise ValueError("no password belongs in the configuration: use ~/.pgpass, or ECMPAUDIT_HISTORY for the URL")
    return place


PASSWORD_REFUSED = "no password belongs in the configuration: name an environment variable with password_env"  # noqa: S105 - the message about one

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f=,+]+$"),
    expected("a name without blanks, commas, plus or equal signs"),
    AfterValidator(_unsecret),
]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$"), expected("a text in one line")]
HostName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$"),
    AfterValidator(_host_name),
    expected("a host name or an address"),
]
JumpHosts = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_:.,%@/\[\] -]+$"),
    AfterValidator(_jump_hosts),
    expected("jump hosts such as bastion or audit@bastion:2222, separated by commas"),
]
UserName = Annotated[
    str,
    # As OpenSSH: no character with a meaning to a shell, which `Match exec` may give the name to.
    StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f'`\"$;&<>|(){}-][^\s\x00-\x1f\x7f'`\"$;&<>|(){}]*$"),
    expected("a user name"),
]
FileName = Annotated[Path, expected("the path of a file")]
VariableName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"),
    expected("the name of an environment variable, never the password itself", is_secret=True),
]
Address = Annotated[str, expected("an IPv4 or IPv6 address"), AfterValidator(canonical_address)]
Prefix = Annotated[
    str, expected("a prefix such as 198.51.100.0/24 or 2001:db8:31::/64"), AfterValidator(canonical_prefix)
]
Count = Annotated[
    int, Field(strict=True, ge=1), expected("a whole number of 1 or more"), BeforeValidator(_digits_as_number)
]
Port = Annotated[
    int,
    Field(strict=True, ge=1, le=65535),
    expected("a port number from 1 to 65535"),
    BeforeValidator(_digits_as_number),
]
AtOnce = Annotated[
    int,
    Field(strict=True, ge=1, le=10),
    expected("a whole number from 1 to 10"),
    BeforeValidator(_digits_as_number),
]
"""Ten is what sshd allows on one connection unless it is configured (MaxSessions)."""
InASession = Annotated[
    int,
    Field(strict=True, ge=1, le=64),
    expected("a whole number from 1 to 64"),
    BeforeValidator(_digits_as_number),
]
Seconds = Annotated[
    float,
    Field(strict=True, gt=0, le=3600, allow_inf_nan=False),
    expected("a number of seconds, more than 0 and up to 3600"),
    BeforeValidator(_digits_as_number),
]
Mebibytes = Annotated[
    int,
    Field(strict=True, ge=1, le=MOST_MEMORY),
    expected(f"MiB, from 1 to {MOST_MEMORY}"),
    BeforeValidator(_digits_as_number),
]
Age = Annotated[str, expected("an age such as 90d, 12h or 2w"), AfterValidator(_age)]
HistoryPlace = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$"),
    expected("the name of a file, or a URL without a password", is_secret=True),
    AfterValidator(_place_without_password),
]


def _url_without_password(url: str) -> str:
    address = urlsplit(url)
    if "@" in address.netloc:
        raise ValueError("no password belongs in the configuration: name an environment variable with token_env")
    if not is_host_name(address.hostname or ""):
        raise ValueError("expected a URL such as https://netbox.example.net")
    return url


def _words(value: Any) -> Any:
    """Return the words that a shell makes of a text; a list is words already."""
    return tuple(shlex.split(value)) if isinstance(value, str) else value


Words = Annotated[
    tuple[Text, ...],
    BeforeValidator(_words, json_schema_input_type=Text | tuple[Text, ...]),
    expected('words, as a list such as [docker, exec, bgp] or as a text such as "docker exec bgp"'),
]
"""Words that are put before a command: each is one word for the host, whatever is in it."""
NetBoxUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s\x00-\x1f\x7f]+$"),
    expected("a URL such as https://netbox.example.net", is_secret=True),
    AfterValidator(_url_without_password),
]


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


GrowthText = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{0,3}%?$"),
    expected("a number of nodes such as 2, or a share such as 20%"),
    BeforeValidator(_number_as_text, json_schema_input_type=int | str),
]
Flag = Annotated[bool, Field(strict=True), expected("true or false")]
