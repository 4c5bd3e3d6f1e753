"""One run of the supervisor: starts its parts, waits, and stops them with the outputs safe; it must not decide."""

import asyncio

from alimante.assembly import Assembly
from alimante.config.model import Mqtt
from alimante.config.secret import read_secret
from alimante.core.states import NodeState
from alimante.ending import GaveUp
from alimante.mqtt.link import Link, Will
from alimante.ports import Ports

__all__ = ["GaveUp", "Ports", "Supervisor", "paho_link"]


class Supervisor(Assembly):
    """One run with one configuration."""

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything, wait for `stop`, and stop everything with the outputs safe first.

        Whoever sets `stop` has told the service manager why. Raises what a component raised at its start, and `GaveUp`
        when it could not go on later: after that there is no other run in this process.
        """
        try:
            await self._start()
            await self.ending.wait(stop)
        except BaseException as error:
            self.ports.notices.ends(str(error) or type(error).__name__)
            raise
        finally:
            await self._end()

    async def _start(self) -> None:
        safe_mode = self.ports.safe_mode
        if safe_mode:
            self.gate.hold(safe_mode)
        await self.lifecycle.start()
        self.node.move(NodeState.SAFE if safe_mode else NodeState.RUNNING, safe_mode)
        if self.ports.watchdog_s is None and any(wire.backend != "sim" for wire in self.config.wires.values()):
            self.watchdog.tell_missing()
        self.ports.notices.begun(f"safe mode: {safe_mode}" if safe_mode else "running")

    async def _end(self) -> None:
        self.ending.close()
        self.node.move(NodeState.STOPPING)
        try:
            await self.outputs.hold("the supervisor is stopping")
            if why := self.gate.stranded(after_s=0.0):
                self.hand_over(why)
        except BaseException:
            self.ports.hand_over()
            raise
        finally:
            await self.supervision.stop()
            await self.lifecycle.stop()
            self.node.move(NodeState.STOPPED)
            for worker in (*self.workers.values(), self.disk):
                worker.close()


def paho_link(mqtt: Mqtt, will: Will, use_v5: bool, *, client_id: str) -> Link:
    """A real connection to the broker of `mqtt`. Raises `OSError` when a secret or a certificate cannot be read."""
    from alimante.mqtt.paho_link import PahoLink

    return PahoLink(mqtt, client_id=client_id, password=read_secret(mqtt.password), will=will, use_v5=use_v5)
