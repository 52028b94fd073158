"""The version of this program, in a module of its own: reports need it, and nothing else of `ecmpaudit`."""

__version__ = "0.1.0"
