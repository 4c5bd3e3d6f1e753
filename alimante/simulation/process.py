"""One simulated process of the supervisor, and what of it reaches its world; it must not outlive its death.

A process that is killed runs nothing more, not even its good-byes. Here its tasks are still there: they are ended, and
until they are, nothing that they do gets through.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alimante.app import Ports, Supervisor
from alimante.config.model import Mqtt
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.files import Files
from alimante.core.rng import RandomStreams
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import Done, InlineWorker, OnDone, Priority, WireWedged, Worker
from alimante.lives import oversee
from alimante.mqtt.link import Link, LinkFailed, Will
from alimante.rollout.rollout import Rollout
from alimante.services.boots import Boots
from alimante.services.notices import Notices
from alimante.services.system_facts import SystemFacts
from alimante.services.systemd import NullNotifier
from alimante.simulation.editions import Edition, Editions

STATE: Final = Path("/state")


class MortalWorker(InlineWorker):
    """A worker that runs nothing more once its process is dead."""

    is_dead = False

    def submit(
        self,
        work: Callable[[], Any],
        on_done: OnDone,
        *,
        label: str,
        deadline_s: float,
        priority: Priority = Priority.NORMAL,
    ) -> None:
        """See `Worker.submit`."""
        if self.is_dead:
            on_done(Done(None, WireWedged(f"{label}: the process is dead"), self._clock.mono()))
        else:
            super().submit(work, on_done, label=label, deadline_s=deadline_s, priority=priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every process on the simulated computer finds there."""

    clock: Clock
    streams: RandomStreams
    files: Files
    facts: SystemFacts
    editions: Editions
    connect: Callable[[Mqtt, Will, bool], Link]


@dataclass(slots=True, eq=False)
class Process:
    """One process of the supervisor, or one of its runs where it takes another configuration without an end.

    `workers` are those of its wires and its disk, by name. `is_to_reload` says that another run is to follow.
    """

    at: Surroundings
    boots: Boots
    rollout: Rollout
    is_to_reload: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    workers: dict[str, MortalWorker] = field(default_factory=dict)
    links: list[Any] = field(default_factory=list)
    is_dead: bool = False
    task: "asyncio.Task[None] | None" = None
    _supervisor: Supervisor | None = None

    @property
    def supervisor(self) -> Supervisor:
        """What runs in it."""
        if self._supervisor is None:
            raise RuntimeError("the process has not begun")
        return self._supervisor

    def begin(self) -> None:
        """Build the supervisor. Raises what that raises."""
        edition = self.at.editions.of(self.rollout.running.sha256)
        if edition.crashes:
            raise RuntimeError("the program does not survive this configuration")
        ports = Ports(
            clock=self.at.clock,
            streams=self.at.streams,
            notices=Notices(NullNotifier(), self.at.clock),
            worker=self._worker,
            link=self._link,
            files=self.at.files,
            state_dir=STATE,
            facts=self.at.facts,
            wires=edition.wires,
            safe_mode=self.boots.record.safe_mode,
        )
        self._supervisor = Supervisor(edition.config, ports, on_address=lambda host, port: None)
        oversee(
            self._supervisor,
            self.boots,
            self.rollout,
            news=self.at.editions.news,
            obstacle=lambda config: "",
            reload=self._reload,
        )

    def sever(self) -> None:
        """Let nothing that it does reach anything any more. Its wires stay as they are."""
        self.is_dead = True
        for worker in self.workers.values():
            worker.is_dead = True
            worker.close()
        for link in self.links:
            link.lose("the process is dead")
        if self.task is not None:
            self.task.cancel()

    def _reload(self) -> None:
        self.is_to_reload = True
        self.stop.set()

    def _worker(self, wire: str, on_wedged: Callable[[bool, str], None]) -> Worker:
        worker = self.workers[wire] = MortalWorker(wire, clock=self.at.clock, on_wedged=on_wedged)
        return worker

    def _link(self, mqtt: Mqtt, will: Will, use_v5: bool) -> Link:
        if self.is_dead:
            raise LinkFailed("the process is dead")
        link = self.at.connect(mqtt, will, use_v5)
        self.links[:] = [link]
        return link


def make_safe(edition: Edition, clock: Clock) -> bool:
    """Put every output to its safe value without a supervisor, as its guard does; whether all could be written."""
    bus = EventBus()
    ended: list[Done[float]] = []
    devices = [device for device in edition.config.devices.values() if device.spec.kind == "actuator"]
    for device in devices:
        worker = InlineWorker(device.wire, clock=clock, on_wedged=lambda wedged, reason: None)
        handle = ActuatorHandle(device, wire=edition.wires.opened[device.wire], worker=worker, clock=clock, bus=bus)
        handle.write(device.safe_value, ended.append, urgent=True)
    return len(ended) == len(devices) and all(done.error is None for done in ended)
