"""Masking of the secrets that texts hold: passwords of BGP and OSPF, keys, communities of SNMP, private keys, tokens.

A value in quotes is masked between them, so that bird.conf, Junos and JSON stay what they are; any other to the end of
its line, as FRR and IOS take it. What is a secret by its own form is masked wherever it is: a hash such as `$9$…`, a
token, each line of a private key. Masking twice changes nothing, lines stay lines, and the time is linear in the text.
"""

import re

MASK = "***"

_ANY = (
    r"pass(?:word|wd|phrase)(?:[_-]hash|-value)?|auth[_-]pass|pre[_-]?shared[_-]?(?:key|secret)|psk-?secret"
    r"|private[_-]?key|client-key-data|auth(?:entication)?[_-]?key|key-string|md5-key|wpa-psk|(?:tcp|ipsec)-secret"
    r"|api[_-]?key|shared-?(?:key|secret)|secret[_-]?(?:access[_-]?)?key|bindpw|[_-]pwd|psk(?=\s*[:=])"
)
"""What is followed by a secret wherever it ends a word: `area-password`, `authPassword`, `tcp-auth-key`."""
_IN_PLACE = (
    r"message-digest-key[ \t]+\d+[ \t]+\w+",
    r"hash-algo[ \t]+\S+[ \t]+key",
    r"snmp-server[ \t]+community",
    r"snmp-server[ \t]+host[ \t]+\S+",
    r"snmp-server[ \t]+user[ \t]+\S+",
    r"snmp-agent[ \t]+community(?:[ \t]+(?:read|write))?",
    r"snmp[ \t]+community",
    r"(?:ro|rw|trap)community6?",
    r"(?:snmp|usm)-community(?:[ \t]+\S+[ \t]+community-name)?",
    r"community-name",
    r"(?m:^[ \t]*)community(?=[ \t]+(?:\S+[ \t]*\{|\"[^\"\r\n]+\"[ \t]))",
    r"com2sec6?(?:[ \t]+-Cn[ \t]+\S+)?",
    r"(?:trap|trap2|inform)sink",
    r"createUser",
    r"securityname",
    r"cipher",
    r"authentication-mode[ \t]+\S+(?:[ \t]+\d+)?",
    r"authentication[ \t]+text",
    r"(?:standby|vrrp|glbp)(?:[ \t]+\d+)?[ \t]+authentication(?:[ \t]+text)?",
    r"md5sig[ \t]+key",
    r"md5[ \t]+\d+[ \t]+key",
    r"server-private[ \t]+\S+[ \t]+(?:[a-z-]+[ \t]+(?:\d+[ \t]+)?){0,6}key",
    r"key(?=[ \t]+[5-9][ \t]+\"?[0-9A-Za-z$./]{6})",
    r"bearer",
    r"token(?=\s*[\"':=])",
    r"authentication[ \t]+string",
    r"nhrp[ \t]+authentication",
    r"-server[ \t]+(?:host[ \t]+\S+[ \t]+(?:[a-z-]+[ \t]+(?:\d+[ \t]+)?){0,6})?key",
    r"(?:isakmp|isis[ \t]+authentication|pac|ao)[ \t]+key",
    r"key[ \t]+(?:config-key|authentication)[ \t]+\w[\w-]*",
    r"(?m:^[ \t]+)key(?=[ \t]+(?!chain\b|\d+[ \t]*(?:[\r\n{]|\Z))[^\s{])",
    r"key(?=[ \t]+(?:\"[^\"\r\n]+\"|(?!\d+[ \t]*;)[^\s;{}]+[ \t]*;))",
    r"(?m:^[ \t]*)set[ \t][^\r\n]*?[ \t](?:secret|key)",
    r"(?<![\w-])ENC(?=[ \t]+[0-9A-Za-z+/=]{8})",
    r"authorization[\"']?\s*:\s*[\"']?basic",
    r"spi[ \t]+\d+[ \t]+\w+",
    r"tcp[ \t]+authentication[ \t]+md5",
    r"enable[ \t]+secret",
    r"username[ \t]+\S+[ \t]+(?:[a-z][a-z0-9-]*[ \t]+[a-z0-9-]+[ \t]+){0,3}secret",
    r"-server[ \t]+\S+[ \t]+secret",
    r"secret(?=\s*[\"':=]|[ \t]+(?:[0-9]{1,2}|sha512|md5|ENC|encrypted|hex)[ \t]+\S|[ \t]+[^\s;{}]+[ \t]*;)",
)


def _pattern(rest: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{_ANY}|{'|'.join(_IN_PLACE)})(?![\w-])"
        r"(?:"
        r"[\"']?\s*(?:[:=]\s*)?\"(?P<quoted>(?:[^\"\\\r\n]|\\.)*)\"(?=[ \t]*(?:[;,{}\])#\r\n]|\Z))"
        r"|\\\"\s*:\s*\\\"(?P<escaped>(?:[^\"\\\r\n]|\\\\(?:\\.|[^\"\\\r\n]))*)(?=\\\")"  # JSON in a text of JSON
        r"|[\"']\s*:"  # a JSON value that is no text
        rf"|(?:[ \t]*[:=][ \t]*|[ \t]+)(?P<rest>{rest})"
        r")",
        re.IGNORECASE,
    )


_SECRET = _pattern(rest=r"[^\s;{}][^\r\n]*")
_SECRET_IN_JSON = _pattern(rest=r"(?:[^\s;{}\"\\]|\\.)(?:[^\r\n\"\\]|\\.)*")
_URL = re.compile(r"(?<=://)(?P<user>[^\s/@:\"']{1,100}):[^\s/@\"']{1,200}@")
_JSON = re.compile(r"\s*[{\[\"]")
_HASH = re.compile(r"\$(?:[0-9]{1,2}|2[aby]|sha1|y|apr1)\$[^\s\"';,]+")
"""What crypt(3), IOS and Junos write: `$6$…`, `$9$…`."""
_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*")
"""A JSON web token, as those of service accounts of Kubernetes."""
_PRIVATE_KEY = re.compile(
    r"(?P<begin>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?P<body>.*?)(?=-----END |\Z)", re.DOTALL
)
"""No possessive group: that of a lookahead is wrong in Python before 3.11.5, which Debian 12 has."""
_WORD = re.compile(r"\\n|(?:(?!\\n)\S)+")
"""A word of a key, or an end of a line in JSON."""
_LONG_WORD = re.compile(r"PRIVATE KEY|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{44}")
_KEY_LINE = re.compile(
    r"^(?P<blanks>[ \t]*+)(?=[^A-Z\n]*[A-Z])(?=[^a-z\n]*[a-z])[A-Za-z0-9+/]{44,}={0,2}(?=\r?$)", re.MULTILINE
)
"""A line of a key that is quoted alone: no router prints a word of this length and mixture."""
_HINTS = (
    "pass",
    "secret",
    "key",
    "community",
    "authentication",
    "cipher",
    "psk",
    "bearer",
    "token",
    "snmp",
    "$",
    "eyj",
    "://",
    "bindpw",
    "pwd",
    "com2sec",
    "createuser",
    "sink",
    "spi",
    "authorization",
    "enc ",
)
"""One of them is in every text with a secret; most lines have none, and looking for these is ten times as fast."""


def masked(text: str) -> str:
    """Return the text, one line or many, with the secrets in it replaced by `***`."""
    if _LONG_WORD.search(text):
        text = _KEY_LINE.sub(rf"\g<blanks>{MASK}", _PRIVATE_KEY.sub(_key_replacement, text))
    if not may_have_secrets(text):
        return text
    text = (_SECRET_IN_JSON if _JSON.match(text) else _SECRET).sub(_replacement, text)
    return _URL.sub(rf"\g<user>:{MASK}@", _TOKEN.sub(MASK, _HASH.sub(MASK, text)))


def may_have_secrets(text: str) -> bool:
    """Return False where a text has none of the words that secrets follow."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def _key_replacement(found: re.Match[str]) -> str:
    """Mask each word between the first and the last line of a key; in JSON, these are one line."""
    return found["begin"] + _WORD.sub(lambda word: word[0] if word[0] == r"\n" else MASK, found["body"])


def _replacement(found: re.Match[str]) -> str:
    if found["quoted"]:
        start, end = found.span("quoted")
    elif found["escaped"]:
        start, end = found.span("escaped")
    elif found["rest"]:
        start, end = found.span("rest")
    else:  # an empty text in quotes, or a JSON value that is no text
        return found[0]
    whole, at = found[0], found.start()
    return f"{whole[: start - at]}{MASK}{whole[end - at :]}"
