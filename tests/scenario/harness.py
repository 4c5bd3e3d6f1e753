"""Runs the real supervisor on simulated wires in virtual time, for tests."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alimante.app import Ports, Supervisor
from alimante.config.build import build
from alimante.config.model import Config, Mqtt
from alimante.core.clock import ManualClock
from alimante.core.events import CommandFinished, CommandReceived, Event, Outcome
from alimante.core.files import Files
from alimante.core.rng import RandomStreams
from alimante.io.worker import InlineWorker
from alimante.mqtt.link import Link, Will
from alimante.services.notices import Notices
from alimante.services.systemd import RecordingNotifier
from alimante.simulation.virtual_time import run_virtual
from hardware.board import GENERIC
from tests.unit.fakes import FarComputer, MemoryFiles

WIRES = {
    "pins": {"kind": "gpio", "backend": "sim"},
    "bus": {"kind": "i2c", "backend": "sim"},
    "probes": {"kind": "onewire", "backend": "sim"},
    "soc": {"kind": "hwmon", "backend": "sim"},
}
PROBE = {"driver": "ds18b20", "wire": "probes", "address": "28-0316a2795bff", "zone": "warm"}
HEATER = {
    "driver": "relay",
    "wire": "pins",
    "pin": 17,
    "active_high": True,
    "role": "heater",
    "safe_value": "off",
    "zone": "warm",
    "limit": {"max_c": 36.0},
    "depends_on": ["warm_probe"],
}


READY_S = 16.0
"""How long after the start a heater may be on at the earliest: its probe has given three readings, 5 s apart."""


def config_of(*, extra: dict[str, Any] | None = None, **devices: dict[str, Any]) -> Config:
    """A configuration with `devices` on simulated wires, and the probe that a heater needs; `extra` are other keys."""
    if any("warm_probe" in device.get("depends_on", ()) for device in devices.values()):
        devices = {"warm_probe": PROBE, **devices}
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": WIRES,
        "devices": devices,
        **(extra or {}),
    }
    built = build(document, board=GENERIC)
    assert built.config is not None, built.errors
    return built.config


@dataclass
class Run:
    """One supervisor while it runs."""

    supervisor: Supervisor
    clock: ManualClock
    notifier: RecordingNotifier
    events: list[Event] = field(default_factory=list)
    _ids: int = 0

    @property
    def truth(self) -> Any:
        """The true state of the plant now."""
        world = self.supervisor.wires.world
        assert world is not None
        world.plant.advance()
        return world.plant.truth()

    def wire(self, name: str) -> Any:
        return self.supervisor.wires.opened[name]

    def seen(self, kind: type[Event], **fields: object) -> list[Any]:
        """The events of `kind` so far whose fields are as given."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
        ]

    async def command(self, device: str, value: float, *, ttl_s: float = 1800.0, id: str | None = None) -> Outcome:  # noqa: A002
        """Command as MQTT would, and the outcome."""
        self._ids += 1
        command_id = id or f"t{self._ids}"
        finished: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def on_finished(event: CommandFinished) -> None:
            if event.id == command_id and not finished.done():
                finished.set_result(event.outcome)

        undo = self.supervisor.bus.subscribe(CommandFinished, on_finished)
        expires_s = self.clock.mono() + 30.0
        self.supervisor.bus.publish(
            CommandReceived(id=command_id, device=device, value=value, source="test", expires_s=expires_s, ttl_s=ttl_s)
        )
        outcome = await finished
        undo()
        return outcome


def run_supervisor(
    config: Config,
    story: Callable[[Run], Awaitable[None]],
    *,
    seed: int = 1,
    before: Callable[[Run], None] = lambda run: None,
    files: Files | None = None,
    link: Callable[[Mqtt, Will, bool], Link] | None = None,
    clock: ManualClock | None = None,
) -> Run:
    """Do `before`, run `story` beside the supervisor of `config`, then stop it; returns what there is to look at.

    `files` is the disk: the same one again is a restart. `link` makes connections to a broker; None leaves MQTT out.
    `clock` is what time it is; the same one again goes on from there.
    """
    files = files or MemoryFiles()
    clock = clock or ManualClock()
    kept: list[Run] = []

    async def main() -> None:
        notifier = RecordingNotifier()
        ports = Ports(
            clock=clock,
            streams=RandomStreams(seed),
            notices=Notices(notifier, clock),
            worker=lambda wire, on_wedged: InlineWorker(wire, clock=clock, on_wedged=on_wedged),
            link=link,
            files=files,
            state_dir=Path("/state"),
            facts=FarComputer(),
        )
        supervisor = Supervisor(config, ports, on_address=lambda host, port: None)
        run = Run(supervisor, clock, notifier)
        kept.append(run)
        supervisor.bus.subscribe(Event, run.events.append)
        before(run)
        stop = asyncio.Event()
        running = asyncio.create_task(supervisor.run(stop))
        telling = asyncio.ensure_future(story(run))
        await asyncio.wait([running, telling], return_when=asyncio.FIRST_COMPLETED)
        ports.notices.ends("the test is over")
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            if not telling.done():
                telling.cancel()
            await telling
        await running

    run_virtual(main(), clock)
    return kept[0]
