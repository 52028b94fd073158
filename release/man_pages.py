"""Write a man page of each command into a folder, from its help: `python release/man_pages.py DIR`."""

import sys

from click import Context
from click_man.core import write_man_pages

from ecmpaudit.cli.main import app
from ecmpaudit.version import __version__

app.commands = {name: app.get_command(Context(app), name) for name in app.list_commands(Context(app))}
write_man_pages("ecmpaudit", app, version=__version__, target_dir=sys.argv[1])
