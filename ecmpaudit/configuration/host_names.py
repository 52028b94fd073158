"""Host names as RFC 1123 has them, and addresses: nothing else is looked up, logged in to, or put into a command."""

import re

from ecmpaudit.model.addressing import is_address

# An underscore is no part of a host name, but of many aliases in ssh configurations.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_.-]{1,15}", re.ASCII)
_LONGEST = 253
JUMP_HOST = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?:\[(?P<six>[^]]+)\]|(?P<host>[^:]+))(?::(?P<port>\d+))?/?")
"""One jump host as after `ssh -J`: `user@host:port`, an IPv6 address in brackets."""


def is_host_name(text: str) -> bool:
    """Return whether a text is a host name, an alias in the form of one, or an address; an IPv6 zone is allowed."""
    if len(text) > _LONGEST:
        return False
    address, percent, zone = text.partition("%")
    if is_address(address):
        return not percent or (":" in address and _ZONE.fullmatch(zone) is not None)
    labels = text.removesuffix(".").split(".")
    # A last label of digits is an address with a mistake in it, which some resolvers read as another address.
    return all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
