"""How many nodes will be added: the value of `--growth` and of `growth` in ecmpaudit.yaml."""

from __future__ import annotations

import re

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Growth

_GROWTH = re.compile(r"(?P<amount>[1-9][0-9]{0,3})(?P<percent>%?)")


def parse_growth(text: str) -> Growth:
    """Return the growth that `2` or `20%` means.

    Raises:
        ConfigurationError: it is neither.
    """
    found = _GROWTH.fullmatch(text.strip())
    if found is None:
        raise ConfigurationError(f'--growth {text}: expected a number of nodes such as 2, or a share such as "20%"')
    return Growth(int(found["amount"]), is_percentage=bool(found["percent"]))
