"""The ways to reach a host, by the names that `transport:` of `ecmpaudit.yaml` and `--transport` take.

To add one: its name here, and a module in `ecmpaudit/collectors/transports`.
"""

import enum


class TransportName(enum.StrEnum):
    """A way to reach a host."""

    PARAMIKO = "paramiko"
    """SSH in this process."""
    OPENSSH = "openssh"
    """SSH by the program `ssh`, with all that its configuration may say."""
    NETMIKO = "netmiko"
    """SSH in this process, with a terminal: for command lines of vendors. Needs `ecmpaudit[netmiko]`."""
    LOCAL = "local"
    """The machine itself, without SSH."""


WITHOUT_HOST = frozenset({TransportName.LOCAL})
"""Those that need no host to log in to."""
