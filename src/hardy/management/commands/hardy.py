"""`manage.py hardy <verb>`: finds the verb and lets it run. The verbs are in `hardy.management.verbs`."""

from __future__ import annotations

from argparse import SUPPRESS
from typing import Any, cast

import celery
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils.module_loading import import_string

import hardy
from hardy.db.failures import DATABASE_ERRORS, is_missing_schema, is_outage
from hardy.errors import HardyError
from hardy.ledger.enqueue import MISSING_TABLES
from hardy.management.arguments import require_text
from hardy.management.json_errors import JSONError, VerbParser
from hardy.management.verb import Verb
from hardy.management.verbs import VERBS


class Command(BaseCommand):
    help = "Run and look after hardy: `manage.py hardy <verb> --help` explains a verb."
    # The processes that a verb starts check the project themselves.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        self.verbs = [cast("type[Verb]", import_string(path))() for path in VERBS]
        self.parser = parser
        choices = parser.add_subparsers(dest="verb", metavar="verb", title="verbs", parser_class=VerbParser)
        for verb in self.verbs:
            own = choices.add_parser(
                verb.name, help=verb.summary(), description=verb.summary(), parents=[anywhere()]
            )
            verb.add_arguments(own)

    def handle(self, *args: Any, **options: Any) -> None:
        verb = next((verb for verb in self.verbs if verb.name == options["verb"]), None)
        if verb is None:
            self.stdout.write(self.parser.format_help())
            return
        try:
            require_text(options)
            verb.run(options, cast("Any", self.stdout))
        except HardyError as error:
            raise _refusal(str(error), options) from error
        except DATABASE_ERRORS as error:
            raise _refusal(_said(error), options) from error

    def get_version(self) -> str:
        return f"hardy {hardy.__version__}, Django {super().get_version()}, Celery {celery.__version__}"


def _refusal(said: str, options: dict[str, Any]) -> CommandError:
    return JSONError(said) if options.get("json") else CommandError(said)


def _said(error: Error) -> str:
    """Return what a person can do about an error of the database."""
    if is_missing_schema(error):
        return MISSING_TABLES
    if is_outage(error):
        return f"The database does not answer: {error}\nCheck DATABASES, and that its server runs; then try again."
    return f"The database refused this: {error}"


def anywhere() -> VerbParser:
    """Django's own options, which people write behind the verb as well as before it."""
    parser = VerbParser(add_help=False, argument_default=SUPPRESS)
    group = parser.add_argument_group("Django's options")
    group.add_argument("--settings", help="the settings module, such as config.settings.production")
    group.add_argument("--pythonpath", help="a folder to import from")
    group.add_argument("--traceback", action="store_true", help="show the traceback of an error")
    group.add_argument("--no-color", action="store_true", help="never colour the output")
    group.add_argument("--force-color", action="store_true", help="colour the output in a pipe too")
    return parser
