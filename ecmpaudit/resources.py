"""Where `parsers/`, `reports/` and the schemas are: beside the package in a wheel, one level up in a checkout.

No other module builds such a path.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def parsers_folder() -> Path:
    """Return the folder of the TextFSM and TTP templates."""
    return _folder("parsers")


def reports_folder() -> Path:
    """Return the folder of the report templates."""
    return _folder("reports")


def schemas_folder() -> Path:
    """Return the folder of the schemas of our JSON forms."""
    in_wheel = _PACKAGE / "schemas"
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / "docs"


def _folder(name: str) -> Path:
    in_wheel = _PACKAGE / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name
