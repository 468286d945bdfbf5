"""Redelivery on Redis: what workers have taken is remembered by the ledger, so Redis need not.

Kombu notes every message that it takes from Redis there, and strikes it out when it is acknowledged: two more round
trips per task, to deliver again after the visibility timeout, an hour, what a dead worker had. The ledger gives that
back within seconds. So hardy's workers switch Kombu's ``ack_emulation`` off, unless the project has set it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import celery

from hardy.broker import connection as broker
from hardy.broker.unreadable import reading_with_care
from hardy.duty import Duty
from hardy.errors import BrokerAway
from hardy.ledger.delivery import is_embedded

logger = logging.getLogger(__name__)

#: Messages put back at one look.
BATCH = 100


def left_to_the_ledger(connection: Any) -> Any:
    """Return a consumer's ``connection``, which on Redis remembers nothing that the ledger does."""
    if connection.transport_cls in broker.REDIS:
        connection.transport_options.setdefault("ack_emulation", False)
        return reading_with_care(connection)
    return connection


class RestoreLeftBehind(Duty):
    """Puts back what a worker without hardy had taken from Redis when it died, as other workers of its kind would.

    After a project has moved to hardy there are none left to do so.
    """

    every = timedelta(seconds=60)
    leader_only = True

    def tick(self) -> int:
        app = celery.current_app
        if is_embedded():
            return 0
        try:
            with broker.connection_to(app) as connection:
                if connection.transport_cls in broker.REDIS:
                    connection.default_channel.qos.restore_visible(num=BATCH, interval=1)
        except BrokerAway as error:
            logger.warning("The broker is away (%s); what was left behind there is looked for later", error)
        return 0
