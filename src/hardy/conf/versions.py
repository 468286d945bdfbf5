"""Which Celery hardy runs on. Importing this refuses an older one."""

from __future__ import annotations

import celery

#: The oldest that has the hooks hardy hangs on (`celery.contrib.django`); tests run from here to the newest.
OLDEST = (5, 4)
#: From here on a hard time limit tells `on_failure` and `task_failure`.
TELLS_OF_HARD_LIMITS = (5, 7)


class UnsupportedCelery(ImportError):
    """The Celery that is installed is older than hardy can run on."""


def require_celery(installed: tuple[int, ...], version: str) -> None:
    """Raise :class:`UnsupportedCelery`, with the remedy, for a Celery before 5.4."""
    if tuple(installed[:2]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UnsupportedCelery(
            f"hardy needs Celery {oldest} or newer, and {version} is installed here: pip install 'celery>={oldest}'"
        )


require_celery(celery.VERSION, celery.__version__)
