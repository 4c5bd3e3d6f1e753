"""One simulated computer in virtual time: its supervisor, life after life, its faults and what watches both.

It must not change what the supervisor does: everything that is simulated lies behind its ports or its wires.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any, Final

from alimante.app import Supervisor
from alimante.config.model import Config, Mqtt
from alimante.core.clock import ManualClock
from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    Event,
    HealthChanged,
    LinkChanged,
    ReadingTaken,
    SafetyActed,
)
from alimante.core.files import DiskFiles
from alimante.core.rng import RandomStreams
from alimante.mqtt.link import Link, Will
from alimante.rollout.store import ConfigStore
from alimante.simulation.broker import MemoryBroker
from alimante.simulation.computer import ScriptedFacts
from alimante.simulation.curves import Curves, every_s, heaters_of
from alimante.simulation.disk import SimDisk
from alimante.simulation.editions import Editions, unfounded
from alimante.simulation.elsewhere import Elsewhere
from alimante.simulation.faults import Fault
from alimante.simulation.ledger import FaultRecord, Ledger
from alimante.simulation.liveness import Liveness
from alimante.simulation.machine import Machine
from alimante.simulation.oracles import Oracles
from alimante.simulation.outside import Outside
from alimante.simulation.people import Commander
from alimante.simulation.process import STATE, Process, Surroundings
from alimante.simulation.secrecy import PASSWORD, PLACE, Secrecy
from alimante.simulation.trace import Trace
from alimante.simulation.virtual_time import running_virtual_loop
from alimante.simulation.wire_faults import WireFaults
from alimante.wiring import open_wires
from hardware.sim.sabotage import Sabotage

TASKS_S: Final = 600.0
CALM_S: Final = 3600.0
"""How often tasks are counted and what is kept is looked at; the second is for days without faults."""
UNSAVED_S: Final = 15.0
"""What is critical is saved ten seconds later, and a write takes some: so much a process loses that is killed."""
SAVED_AGAIN_S: Final = 60.0
"""So long after a fault of the disk it was tried again to save what could not be saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run: a configuration that is on simulated wires already, for how long, with which faults.

    `text` is what it was read from; empty where it was made without one.
    """

    config: Config
    text: bytes
    begins_wall_s: float
    for_s: float
    faults: tuple[Fault, ...] = ()
    seed: int = 1
    on_progress: Callable[[float], None] = lambda share: None
    on_look: "Callable[[Node], None]" = lambda node: None
    """Told after each look at the truth, about once a second."""
    moments: tuple[float, ...] = ()
    """When `on_moment` is asked for more faults, in seconds from the start; they may begin and end only then."""
    on_moment: "Callable[[Node, float], Iterable[Fault]]" = lambda node, at_s: ()


class Node:
    """Runs a plan once; afterwards everything that there is to know stands in its attributes.

    Must be made within the running loop of virtual time. Raises `BadFault` for a fault that the devices cannot have,
    and `CannotBuild`.
    """

    def __init__(self, plan: Plan, clock: ManualClock) -> None:
        self.plan = plan
        self.clock = clock
        self.start_s = clock.mono()
        self.broker = MemoryBroker(password=PASSWORD, on_taken=self._on_message)
        self.disk = SimDisk()
        self.disk.put(Path(str(PLACE.file)), PASSWORD.encode())
        self.facts = ScriptedFacts()
        self.secrecy = Secrecy((PASSWORD,), self._on_leak)
        self.trace = Trace(lambda text: self.secrecy.text("an event", text))
        self.wires = open_wires(plan.config, now=clock.mono)
        world = self.wires.world
        if world is None:
            raise ValueError("the configuration has no simulated wire")
        self.plant = world.plant
        self.oracles = Oracles(
            plan.config,
            self.plant.loads,
            temperature=self.plant.last_c,
            start_s=self.start_s,
            events=plan.faults,
        )
        self.ledger = Ledger(plan.config, self.plant.loads, self.start_s)
        self.liveness = Liveness(self.ledger, self.broker, start_s=self.start_s)
        self.curves = Curves(every_s(plan.for_s), heaters=heaters_of(plan.config))
        self.editions = Editions(plan.config, self.wires, self.disk, plan.text)
        self._streams = RandomStreams(plan.seed)
        at = Surroundings(
            clock=clock,
            streams=self._streams,
            files=DiskFiles(self.disk),
            facts=self.facts,
            editions=self.editions,
            connect=self._link,
        )
        self.machine = Machine(
            at,
            clock=clock,
            witness=self,
            sync=self._is_synced,
            has_battery_clock=plan.config.location.clock_is_trusted,  # what is said of the computer is so
        )
        self._elsewhere = Elsewhere(
            broker=self.broker,
            clock=clock,
            disk=self.disk,
            editions=self.editions,
            facts=self.facts,
            machine=self.machine,
            commander=Commander(plan.config, self.broker, self._streams.stream("people")),
            rng=self._streams.stream("power cuts"),
            on_pause=lambda: self.oracles.resumed(clock.mono()),
            crept_s=self.start_s,
        )
        self.ends: list[str] = []
        """Why processes ended before the run did."""
        self._sabotage = Sabotage(world, now=clock.mono, sleep=self._sleep, seed=plan.seed)
        self._unhear: Callable[[], None] = lambda: None
        self._born_s = self.start_s
        self._had_any = False
        self._loop = running_virtual_loop()
        self._look_s = max(1.0, plan.config.control.tick_s)
        self._can_break = bool(plan.faults or plan.moments)
        self._count_s = TASKS_S if self._can_break or plan.for_s <= 24 * CALM_S else CALM_S
        self._sampled_s = self._counted_s = self.start_s
        self._wire_faults = WireFaults(self.wires.opened, self._streams.stream("wires"), self._sleep)
        self._outside = Outside(self.plant)
        for fault in plan.faults:
            if fault.device is not None:
                self._sabotage.add(fault.device)
            elif fault.is_event:
                self._outside.check(fault)

    @property
    def supervisor(self) -> Supervisor | None:
        """The one that runs now, if any."""
        return None if self.machine.process is None else self.machine.process.supervisor

    def forked(self) -> None:
        """Go on in a child process, in which all of this is a copy of its own."""
        self._loop.forked()

    @property
    def starts(self) -> int:
        """How many processes were started."""
        return self.machine.starts

    async def run(self) -> None:
        """From the start to the end of the plan."""
        for fault in self.plan.faults:
            self._schedule(self.ledger.add(fault))
        for at_s in self.plan.moments:
            self._loop.call_at(self.start_s + at_s, self._come_to, at_s)
        self._sample()
        self._watch(self.start_s + self._look_s)
        await self.machine.run(self.start_s + self.plan.for_s)
        self._look(self.clock.mono())
        self._sample()
        self._look_at_configuration()
        self._search_disk()
        self.trace.add(repr(self.plant.truth()))
        self.trace.add(repr(sorted(self.broker.retained)))

    # What the machine tells.

    def life_began(self, process: Process) -> None:
        """See `Witness`."""
        supervisor = process.supervisor
        self._born_s = self.clock.mono()
        self._unhear = supervisor.bus.subscribe(Event, self._on_event)
        disk = process.workers["state"]
        self.disk.sleep = disk.sleep
        self.oracles.begin_life(supervisor, self.clock.mono())
        self._look_at_configuration()
        self.liveness.begin_life(supervisor)

    def life_ended(self, why: str, *, gave_up: bool = False, was_killed: bool = False) -> None:
        """See `Witness`."""
        self._unhear()
        self._unhear = lambda: None
        self.oracles.begin_life(None, self.clock.mono())
        self.liveness.begin_life(None)
        self.ledger.end_life()
        if why:
            self.ends.append(why)
            self.ledger.sometimes["process ended"] += 1
            self.oracles.ended(self.clock.mono(), gave_up=gave_up, unsaved_s=self._unsaved_s(was_killed=was_killed))
        if gave_up:
            self.ledger.sometimes["process gave up"] += 1

    def _unsaved_s(self, *, was_killed: bool) -> float:
        """Of how many seconds up to now what happened may not be on the disk, when the process ends."""
        at_s = self.clock.mono() - self.start_s
        disks = [record for record in self.ledger.faults if record.fault.target == "disk"]
        if any(each.is_active or (each.is_over and at_s <= each.fault.ends_s + SAVED_AGAIN_S) for each in disks):
            return inf
        return UNSAVED_S if was_killed else 0.0

    def rebooted(self) -> None:
        """See `Witness`."""
        self.ledger.sometimes["computer rebooted"] += 1
        self.oracles.rebooted(self.clock.mono())

    def _link(self, mqtt: Mqtt, will: Will, use_v5: bool) -> Link:
        password = None if mqtt.password is None else mqtt.password.file
        return self.broker.link(will, password="" if password is None else self.disk.read(Path(password)).decode())

    def _is_synced(self) -> bool:
        """Whether somebody vouches for the clock, as far as faults let him."""
        faults = (record.fault for record in self.ledger.faults if record.is_active)
        return not any(fault.target == "clock" and fault.kind == "unsynced" for fault in faults)

    def _sleep(self, broken: str, seconds: float) -> None:
        """Keep a wire busy, or that of a device; what hangs without end comes back when its fault is over."""
        now_s = self.clock.mono()
        ends_s = [
            self.start_s + record.fault.ends_s
            for record in self.ledger.faults
            if record.is_active and record.fault.target == broken
        ]
        if self.machine.process is None:  # the guard is at work, and its drivers do not sleep
            return
        device = self.plan.config.devices.get(broken)
        worker = self.machine.process.workers[broken if device is None else device.wire]
        if seconds == inf and ends_s:
            seconds = max(0.0, min(ends_s) - now_s - worker.slept_s)
        worker.sleep(seconds)

    def _on_event(self, event: Event) -> None:
        if self.machine.process is not None and self.machine.process.is_dead:
            return  # its tasks still say what becomes of them, and nobody hears it
        now_s = self.clock.mono()
        self.trace.event(now_s, event)
        kind = event.__class__
        if kind is ReadingTaken:
            self.oracles.on_reading(event, now_s)  # type: ignore[arg-type]
            return
        self.ledger.hear(event, now_s)
        if kind in _JUDGED:
            self._judge(event, now_s)

    def _judge(self, event: Any, now_s: float) -> None:
        match event:
            case SafetyActed():
                before = self.oracles.cold.false_trips
                self.oracles.on_acted(event, now_s)
                self.ledger.sometimes["false trip"] += self.oracles.cold.false_trips - before
            case HealthChanged():
                self.oracles.on_health(event, now_s)
            case CommandReceived():
                self.oracles.on_command(event)
            case CommandFinished():
                self.oracles.on_finished(event, now_s)
            case LinkChanged():
                self.liveness.on_link(connected=event.connected, now_s=now_s)

    # Looking.

    def _watch(self, due_s: float) -> None:
        """Look again and again. A timer without a task, which no cancellation reaches."""
        if due_s > self.start_s + self.plan.for_s:
            return
        self._loop.call_at(due_s, self._watched, due_s)

    def _watched(self, due_s: float) -> None:
        now_s = self.clock.mono()
        self._look(now_s)
        self._watch(max(due_s + self._look_s, now_s))

    def _look(self, now_s: float) -> None:
        for record in self.ledger.open:
            if record.is_active and record.fault.device is not None and not record.fault.is_event:
                self.oracles.taint(record.fault.target, now_s)
        wants_truth = self.oracles.wants_truth(now_s, also=self.liveness.waits_for_warmth)
        truth = self.plant.truth() if wants_truth else None
        self.oracles.look(now_s, truth)
        self.liveness.look(now_s, truth)
        if self._can_break:
            self.ledger.look(now_s)
            self._creep(now_s)
        self.plan.on_look(self)
        if now_s - self._sampled_s >= self.curves.every_s:
            self._sample()
        if now_s - self._counted_s >= self._count_s:
            self._counted_s = now_s
            self.oracles.tasks(len(asyncio.all_tasks()), now_s)
            self._search_disk()
            self._look_at_configuration()

    def _look_at_configuration(self) -> None:
        process = self.machine.process
        if process is None:
            return
        store = ConfigStore(STATE, files=DiskFiles(self.disk))
        fault = unfounded(process.rollout, store, had_any=self._had_any)
        self._had_any = self._had_any or bool(store.journal.committed)
        read = process.rollout.running.config
        self.oracles.configuration(process.supervisor.config, read, self.clock.mono(), fault)

    def _search_disk(self) -> None:
        """Look for secrets in what is kept."""
        for folder in (STATE, STATE / self.plan.config.node.id):
            if self.disk.is_folder(folder):
                for path in (folder / name for name in self.disk.names(folder)):
                    if not self.disk.is_folder(path):
                        self.secrecy.data(f"the file {path}", self.disk.read(path))

    def _on_message(self, topic: str, payload: bytes) -> None:
        self.secrecy.text("an MQTT topic", topic)
        self.secrecy.data(f"the MQTT topic {topic}", payload)

    def _on_leak(self, where: str) -> None:
        self.oracles.leaked(where, self.clock.mono())

    def _sample(self) -> None:
        self._sampled_s = self.clock.mono()
        at_s = self._sampled_s - self.start_s
        bounds = None if self.supervisor is None else self.supervisor.gate.bounds()
        self.curves.add(at_s, self.plant.truth(), bounds)
        self.plan.on_progress(min(at_s / self.plan.for_s, 1.0))

    # Breaking.

    def _schedule(self, record: FaultRecord) -> None:
        """Faults of one moment begin in one step: the loop calls them one after the other, as they are asked for."""
        fault = record.fault
        if fault.at_s == 0.0:  # before the first process, and not while it starts
            self._break(record)
        else:
            self._loop.call_at(self.start_s + fault.at_s, self._break, record)
        if isfinite(fault.ends_s) and fault.for_s > 0:
            self._loop.call_at(self.start_s + fault.ends_s, self._repair, record)

    def _come_to(self, at_s: float) -> None:
        """Begin faults that nobody knew of before this moment, and end such ones."""
        for fault in self.plan.on_moment(self, at_s):
            if fault.is_event:
                raise ValueError(f"{fault.spec}: what is no fault has to be known from the start")
            if fault.device is not None:
                self._sabotage.add(fault.device)
            self._break(self.ledger.add(fault))
        for record in self.ledger.faults:
            if record.is_active and record.fault.ends_s == at_s:
                self._repair(record)

    def _break(self, record: FaultRecord) -> None:
        fault = record.fault
        self.liveness.broken(record, self.plant.truth())
        self.ledger.begin(record)
        self.oracles.cold.broken(fault)
        self.ledger.sometimes[f"{'event' if fault.is_event else 'fault'} {fault.kind}"] += 1
        if fault.device is not None:
            if not fault.is_event:
                self.oracles.taint(fault.target, self.clock.mono())
            self._sabotage.step()
        elif fault.is_event:
            self._outside.begin(fault)
        elif fault.is_of_wire:
            self._wire_faults.break_(fault)
        else:
            self._elsewhere.break_(fault)
        if fault.for_s == 0:
            self._repair(record)

    def _repair(self, record: FaultRecord) -> None:
        record.is_active, record.is_over = False, True
        self.liveness.repaired(record, self.clock.mono())
        fault = record.fault
        self.oracles.cold.repaired(fault, self.clock.mono())
        if fault.device is not None:
            self._sabotage.step()
        elif fault.is_event:
            self._outside.end(fault)
        elif fault.is_of_wire:
            self._wire_faults.repair(fault)
        elif fault.for_s > 0:
            self._elsewhere.repair(fault)

    def _creep(self, now_s: float) -> None:
        """Let go on what grows while a fault is there."""
        active = [record.fault for record in self.ledger.open if record.is_active]
        self._elsewhere.creep([(each, max(self._born_s, self.start_s + each.at_s)) for each in active], now_s)


_JUDGED: Final = frozenset({SafetyActed, HealthChanged, CommandReceived, CommandFinished, LinkChanged})
