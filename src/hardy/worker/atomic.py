"""``atomic=True``: the body and the end of its attempt share one transaction, so effects in it happen exactly once."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from hardy.conf import settings


def open_transaction() -> Callable[[BaseException | None], None]:
    """Begin a transaction on the ledger's database, and return the function that ends it.

    The body runs inside; the closing writes the end of the attempt inside as well, and then commits. Whatever goes
    wrong before that, a stale token included, undoes the body's effects too.
    """
    block = transaction.atomic(using=settings.DATABASE)
    block.__enter__()

    def settle(error: BaseException | None) -> None:
        if error is None:
            block.__exit__(None, None, None)
        else:
            block.__exit__(type(error), error, error.__traceback__)

    return settle
