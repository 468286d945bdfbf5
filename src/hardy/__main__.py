"""`python -m hardy init`: for a project that does not know hardy yet, so that its manage.py has no `hardy`."""

from __future__ import annotations

import argparse
import sys

import celery
import django

import hardy
from hardy.errors import HardyError
from hardy.management.verbs.init import Init


def main(words: list[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    version = f"hardy {hardy.__version__}, Django {django.__version__}, Celery {celery.__version__}"
    parser = argparse.ArgumentParser(
        "python -m hardy", description="Every other verb: python manage.py hardy --help"
    )
    parser.add_argument("--version", action="version", version=version)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb", title="verbs")
    init = Init()
    own = verbs.add_parser(init.name, help=init.summary(), description=init.summary())
    own.add_argument("--settings", help="the settings module, such as config.settings.production")
    init.add_arguments(own)
    try:
        init.run(vars(parser.parse_args(words)), sys.stdout)
    except HardyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
