"""One tree of errors: raised in the library, caught once by the command line.

Every message says what is wrong, where, and if that helps, what to do.
"""


class EcmpauditError(Exception):
    """Base of all errors that ecmpaudit raises on purpose."""


class UnreadOutputError(EcmpauditError):
    """Who reads standard output has ended before all was written, as `head` does: no fault, and no message."""

    def __init__(self, message: str = "nobody reads standard output any more") -> None:
        super().__init__(message)


class ConfigurationError(EcmpauditError):
    """The configuration file or a command-line value cannot be used; the message names file, line and key."""


class TemplateError(EcmpauditError):
    """A parser template cannot be loaded; the message names the template and the rule."""


class SlowPatternError(TemplateError):
    """A pattern of one's own takes too long for a text; the message names the pattern and its place."""


class UnknownFormatError(EcmpauditError):
    """The text is no route table of any known platform; the message says what was expected."""


class DamagedOutputError(UnknownFormatError):
    """An answer arrived and has a value that cannot be: it is not understood, whatever it was asked for."""


class CollectionError(EcmpauditError):
    """A router or node could not be asked; the message says which, which step, and why."""


class SnapshotError(EcmpauditError):
    """A saved snapshot is damaged or of an unknown version; the message names the file."""


class HistoryError(EcmpauditError):
    """The history cannot be opened, read or written; the message names the database."""


class MissingHistoryError(HistoryError):
    """There is no history in its place yet."""


class UnusableHistoryError(HistoryError):
    """The place of the history refuses: a full or read-only disk, a lost connection, a damaged file."""


class ScanRunningError(HistoryError):
    """Another scan of the same configuration is running; the message names its process."""


class AlertError(EcmpauditError):
    """An alert cannot be sent; the message names the destination by its place in the list, never by its URL."""
