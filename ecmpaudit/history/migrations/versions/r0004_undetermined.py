"""What answered has the rules that could not be judged, so that an older ecmpaudit refuses the history by its revision.

The texts in `contents` that older versions wrote stay as they are: `answers_from` reads both forms.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change no table."""
