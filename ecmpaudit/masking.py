"""Masking of the secrets that router configurations hold: passwords of BGP and OSPF, keys, communities of SNMP.

A value in quotes is masked between them, so that bird.conf, Junos and JSON stay what they are; any other to the end of
its line, as FRR and IOS take it. Masking twice changes nothing, lines stay lines, and the time is linear in the text.
"""

import re

MASK = "***"

_ANY = r"pass(?:word|wd|phrase)|pre-?shared-key|private-?key|auth(?:entication)?-key|key-string"
"""What is followed by a secret wherever it ends a word: `area-password`, `authPassword`, `tcp-auth-key`."""
_IN_PLACE = (
    r"message-digest-key[ \t]+\d+[ \t]+\w+",
    r"hash-algo[ \t]+\S+[ \t]+key",
    r"snmp-server[ \t]+community",
    r"authentication[ \t]+string",
    r"nhrp[ \t]+authentication",
    r"-server[ \t]+(?:host[ \t]+\S+[ \t]+)?key",
    r"isakmp[ \t]+key",
    r"enable[ \t]+secret",
    r"username[ \t]+\S+[ \t]+(?:privilege[ \t]+\d+[ \t]+)?secret",
    r"secret(?=\s*[\"':=])",
)


def _pattern(rest: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{_ANY}|{'|'.join(_IN_PLACE)})(?![\w-])"
        r"(?:"
        r"[\"']?\s*(?:[:=]\s*)?\"(?P<quoted>(?:[^\"\\\r\n]|\\.)*)\"(?=[ \t]*(?:[;,{}\])#\r\n]|\Z))"
        r"|[\"']\s*:"  # a JSON value that is no text
        rf"|(?:[ \t]*[:=][ \t]*|[ \t]+)(?P<rest>{rest})"
        r")",
        re.IGNORECASE,
    )


_SECRET = _pattern(rest=r"[^\s;{}][^\r\n]*")
_SECRET_IN_JSON = _pattern(rest=r"(?:[^\s;{}\"\\]|\\.)(?:[^\r\n\"\\]|\\.)*")
_JSON = re.compile(r"\s*[{\[\"]")
_HINTS = ("pass", "secret", "key", "community", "authentication")
"""One of them is in every text with a secret; most lines have none, and looking for these is ten times as fast."""


def masked(text: str) -> str:
    """Return the text, one line or many, with the secrets in it replaced by `***`."""
    if not may_have_secrets(text):
        return text
    return (_SECRET_IN_JSON if _JSON.match(text) else _SECRET).sub(_replacement, text)


def may_have_secrets(text: str) -> bool:
    """Return False where a text has none of the words that secrets follow."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def _replacement(found: re.Match[str]) -> str:
    if found["quoted"]:
        start, end = found.span("quoted")
    elif found["rest"]:
        start, end = found.span("rest")
    else:  # an empty text in quotes, or a JSON value that is no text
        return found[0]
    whole, at = found[0], found.start()
    return f"{whole[: start - at]}{MASK}{whole[end - at :]}"
