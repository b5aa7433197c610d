"""The command `hostkeep`: sets Django up for the command line to work in."""

from __future__ import annotations

import os
import sys

from hostkeep.project.env import BadEnvironment


def main() -> None:
    """Run one command; exits with its code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostkeep.project.settings")
    try:
        from hostkeep.faces.cli.commands import run

        code = run(sys.argv[1:])  # the settings are read by the command that needs them
    except BadEnvironment as error:
        sys.stderr.write(f"hostkeep: {error}\n")
        sys.exit(2)
    sys.exit(code)


if __name__ == "__main__":
    main()
