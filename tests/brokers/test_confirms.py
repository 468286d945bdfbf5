"""Publishing to RabbitMQ: a batch is safe when it has been confirmed, and one that is refused is no success."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from amqp.exceptions import FrameSyntaxError
from kombu import Connection
from kombu.exceptions import ChannelError

from hardy.broker.confirms import confirmed
from tests.brokers.brokers import OWN, Broker
from tests.brokers.proxy import Proxy

pytestmark = pytest.mark.services("rabbitmq")


@pytest.fixture(scope="module")
def rabbitmq() -> Iterator[Broker]:
    with OWN["rabbitmq"]() as broker:
        yield broker


def declared(connection: Any, **arguments: Any) -> str:
    queue = connection.default_channel.queue_declare("", durable=True, exclusive=False, arguments=arguments)
    return str(queue.queue)


def publish(connection: Any, queue: str, count: int, *, seconds: float = 5) -> None:
    producer = connection.Producer(auto_declare=False)
    with confirmed(connection, producer.channel, seconds):
        for number in range(count):
            producer.publish({"number": number}, routing_key=queue)


def test_every_message_of_a_confirmed_batch_is_in_its_queue(rabbitmq: Broker) -> None:
    with Connection(rabbitmq.url) as connection:
        queue = declared(connection)

        for batch in (300, 1, 200):
            publish(connection, queue, batch)

        assert rabbitmq.waiting(queue) == 501


def test_a_batch_of_which_one_message_is_refused_is_no_success_and_the_next_one_may_be(
    rabbitmq: Broker,
) -> None:
    with Connection(rabbitmq.url) as connection:
        full = declared(connection, **{"x-max-length": 2, "x-overflow": "reject-publish"})

        with pytest.raises(ChannelError, match="refused"):
            publish(connection, full, 3)

        publish(connection, declared(connection), 3)


def test_a_message_that_cannot_be_written_leaves_the_count_right(rabbitmq: Broker) -> None:
    with Connection(rabbitmq.url) as connection:
        queue = declared(connection)
        publish(connection, queue, 1)

        with pytest.raises(FrameSyntaxError):
            connection.Producer(auto_declare=False).publish({}, routing_key=queue, headers={"odd": object()})

        publish(connection, queue, 2)
        assert rabbitmq.waiting(queue) == 3


def test_a_broker_that_confirms_nothing_is_waited_for_no_longer_than_said(rabbitmq: Broker) -> None:
    proxy = Proxy(rabbitmq.url)
    try:
        with Connection(proxy.url) as connection:
            queue = declared(connection)
            publish(connection, queue, 1)
            proxy.black_hole()

            with pytest.raises(TimeoutError):
                publish(connection, queue, 1, seconds=0.5)
            proxy.heal()
    finally:
        proxy.close()
