"""Keeps the embedded broker running for as long as the supervisor does; a real one does not need it."""

import asyncio
import logging
from collections.abc import Callable

from alimante.config.model import Mqtt
from alimante.core.component import Phase
from alimante.core.tasks import Tasks
from alimante.mqtt import embedded

RESTART_S = 1.0

LINGER_S = 0.2
"""The broker acknowledges before it passes on: so long it lives after the last client has said good-bye."""

_log = logging.getLogger(__name__)


class DemoBroker:
    """The embedded broker as a component; its port is known, and told to `on_address`, once it has started.

    `start` raises `embedded.BrokerUnavailable`. A broker that dies is started again, on the
    same port if that is still free.
    """

    name = "broker"
    phase = Phase.LINKS

    def __init__(self, *, preferred_port: int, tasks: Tasks, on_address: Callable[[str, int], None]) -> None:
        self._preferred_port = preferred_port
        self._tasks = tasks
        self._on_address = on_address
        self._broker: embedded.EmbeddedBroker | None = None

    async def start(self) -> None:
        """Start the broker and wait until it listens."""
        self._broker = await embedded.start(preferred_port=self._preferred_port)
        self._on_address(self._broker.host, self._broker.port)
        self._tasks.spawn(self._keep(self._broker), name=self.name)

    async def stop(self) -> None:
        """End the broker."""
        await self._tasks.cancel()
        if self._broker is not None:
            await asyncio.sleep(LINGER_S)
            await self._broker.stop()

    def reached(self, settings: Mqtt) -> Mqtt:
        """`settings`, pointing at this broker."""
        if self._broker is None:
            return settings
        return settings.model_copy(update={"host": self._broker.host, "port": self._broker.port})

    async def _keep(self, broker: embedded.EmbeddedBroker) -> None:
        while True:
            await asyncio.shield(broker.exited)
            _log.error("the embedded broker has died and is started again")
            broker = self._broker = await self._start_again(broker.port)
            _log.warning("the embedded broker runs again at port %d", broker.port)

    async def _start_again(self, port: int) -> embedded.EmbeddedBroker:
        while True:
            await asyncio.sleep(RESTART_S)
            try:
                return await embedded.start(preferred_port=port)
            except embedded.BrokerUnavailable as error:  # outputs and sensors do not need it
                _log.error("%s", error)
