"""One pattern for every IPv4 network without host bits, so that millions of prefixes are checked in columns."""

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_OCTETS = 4


def network_pattern() -> str:
    """Return a pattern that matches `198.51.100.0/24` and not `198.51.100.1/24`."""
    return f"^(?:{'|'.join(map(_of_length, range(33)))})$"


def _of_length(length: int) -> str:
    """The octet in which the network ends is a multiple of what its host bits span; those behind it are 0."""
    whole, bits = divmod(length, 8)
    octets = [_OCTET] * whole
    if whole < _OCTETS:
        multiples = "|".join(str(value) for value in range(0, 256, 256 >> bits))
        octets += [f"(?:{multiples})", *["0"] * (_OCTETS - 1 - whole)]
    return "\\.".join(octets) + f"/{length}"
