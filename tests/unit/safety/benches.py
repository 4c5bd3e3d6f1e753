"""A gate over scripted outputs on one wire; it must not know what is tested."""

import asyncio

from fakes import FarOutput, heard

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import CommandFinished, CommandReceived, Outcome, OutputChanged
from alimante.core.tasks import Tasks
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import InlineWorker
from alimante.safety.gate import Gate
from alimante.services.outputs import OutputService
from alimante.simulation.virtual_time import run_virtual


class GateBench:
    """The gate in virtual time, with the far side of each output and everything that was said."""

    def __init__(self, *devices, clock=None):
        self.clock = clock or ManualClock()
        self.bus = EventBus()
        self.devices = devices
        self.far = {device.id: FarOutput(self.clock.mono) for device in devices}
        self.finished = heard(self.bus, CommandFinished)
        self.changes = heard(self.bus, OutputChanged)
        self.deaths = []
        self.build_gate = Gate
        self._count = 0

    def build(self):
        """Make the parts that need a running loop."""
        self.worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)
        handles = {
            device.id: ActuatorHandle(
                device, wire=self.far[device.id], worker=self.worker, clock=self.clock, bus=self.bus
            )
            for device in self.devices
        }
        self.gate = self.build_gate(handles, bus=self.bus, now=self.clock.mono)
        self.service = OutputService(
            self.gate, bus=self.bus, tasks=Tasks(lambda *death: self.deaths.append(death)), on_tick=lambda: None
        )

    def run(self, main, *, start=True):
        """Run `main()` with the service started, and stop it."""

        async def with_gate():
            self.build()
            if start:
                await self.service.start()
            try:
                await main()
            finally:
                await self.service.stop()

        run_virtual(with_gate(), self.clock)
        assert self.deaths == []

    def command(self, value, *, device="heater", command_id=None, expires_in_s=30.0, ttl_s=1800.0, source="mqtt"):
        """Publish a command; returns its id."""
        self._count += 1
        command = CommandReceived(
            id=command_id or f"c{self._count}",
            device=device,
            value=value,
            source=source,
            expires_s=self.clock.mono() + expires_in_s,
            ttl_s=ttl_s,
        )
        self.bus.publish(command)
        return command.id

    def answers(self, command_id):
        return [finished for finished in self.finished if finished.id == command_id]

    def outcome(self, command_id):
        (finished,) = self.answers(command_id)
        return finished.outcome

    def occupy(self, seconds):
        """Let something else use the wire for so long."""
        self.worker.submit(lambda: self.worker.sleep(seconds), lambda done: None, label="read probe", deadline_s=60.0)

    @property
    def level(self):
        return self.far["heater"].level

    @property
    def output(self):
        return self.gate.outputs["heater"]


APPLIED, REJECTED, EXPIRED = Outcome.APPLIED, Outcome.REJECTED, Outcome.EXPIRED
SUPERSEDED, FAILED, UNKNOWN = Outcome.SUPERSEDED, Outcome.FAILED, Outcome.UNKNOWN


async def seconds(count):
    """Let virtual time pass."""
    await asyncio.sleep(count)
