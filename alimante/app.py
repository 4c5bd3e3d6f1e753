"""The composition root: builds one supervisor out of a configuration and ports, and runs it; it must not decide.

Only this file chooses between real and simulated wires.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alimante import __version__
from alimante.config.model import Config, Device, Mqtt
from alimante.config.secret import read_secret
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Lifecycle, Phase
from alimante.core.events import ConditionChanged, Level, NodeStateChanged, WireStateChanged
from alimante.core.files import Files
from alimante.core.ids import new_boot_id
from alimante.core.rng import RandomStreams
from alimante.core.states import NODE, NodeState, Tracked
from alimante.core.tasks import Tasks
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.worker import Worker
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.client import MqttClient
from alimante.mqtt.demo_broker import DemoBroker
from alimante.mqtt.link import Link, Will
from alimante.mqtt.topics import Topics
from alimante.safety.gate import Gate
from alimante.services.control_socket import SOCKET_NAME, CannotAnswer, ControlSocket
from alimante.services.edges import EdgeService
from alimante.services.journal import Journal
from alimante.services.outputs import OutputService
from alimante.services.periodic import Periodic
from alimante.services.polling import PollingService
from alimante.services.readings import Readings
from alimante.services.state import StateStore
from alimante.services.status import Status
from alimante.services.systemd import READY, STOPPING, WATCHDOG, Notifier
from hardware.api import WireKind

if TYPE_CHECKING:
    from hardware.sim.world import World

STATUS_S = 30.0
"""How often the node's report is published when nothing changes."""

PLANT_STEP_S = 0.5
"""How often the simulated physics move input lines by themselves, such as the float switch's."""

OnWedged = Callable[[bool, str], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a supervisor needs of the world outside it, real or simulated.

    `worker(wire, on_wedged)` makes the worker of a wire. `link(mqtt, will, use_v5)` makes one connection to the
    broker; None leaves MQTT out. `runtime_dir` is where the control socket lies; None leaves it out. `files` reaches
    `state_dir`, where state is kept.
    """

    clock: Clock
    streams: RandomStreams
    notifier: Notifier
    worker: Callable[[str, OnWedged], Worker]
    link: "Callable[[Mqtt, Will, bool], Link] | None"
    files: Files
    state_dir: Path
    runtime_dir: Path | None = None


class CannotBuild(Exception):
    """The configuration is sound, but something that it needs is not installed; the message says what."""


@dataclass
class Wires:
    """The opened wires of a configuration, and the simulated world behind those that are simulated."""

    opened: dict[str, Any] = field(default_factory=dict)
    world: "World | None" = None

    def close(self) -> None:
        """Let go of all lines."""
        for wire in self.opened.values():
            wire.close()


def open_wires(config: Config, *, now: Callable[[], float]) -> Wires:
    """The wires that devices use. Real ones are opened lazily, so an absent bus is found by its first reading."""
    wires = Wires()
    for device in config.devices.values():
        settings = config.wires[device.wire]
        if settings.backend == "sim" and wires.world is None:
            wires.world = _world(config, now)
        if device.wire not in wires.opened:
            simulated = settings.backend == "sim" and wires.world is not None
            wires.opened[device.wire] = (
                wires.world.wire(device.wire, WireKind(settings.kind))  # type: ignore[union-attr]
                if simulated
                else _linux_wire(settings)
            )
        if settings.backend == "sim" and wires.world is not None:
            _mount(wires.world, device, wires.opened[device.wire])
    return wires


def _mount(world: "World", device: Device, wire: Any) -> None:
    """Put the far side of `device` onto its simulated wire. Raises `CannotBuild`."""
    try:
        world.mount(
            device.id,
            device.driver,
            wire=wire,
            params=device.params.model_dump(),
            zone=device.zone,
            role=device.role,
        )
    except LookupError as error:  # no such zone, or no simulated chip for this driver
        raise CannotBuild(f"{device.id}: {error.args[0] if error.args else error}") from error


def _world(config: Config, now: Callable[[], float]) -> "World":
    from hardware.sim.settings import PlantSettings  # a real board never loads the physics
    from hardware.sim.world import World

    return World(PlantSettings.model_validate(config.simulation), now=now)


def _linux_wire(settings: Any) -> Any:
    """The real wire of `settings`; its module is imported only where it is used: gpiozero alone costs 65 ms."""
    if settings.kind == "gpio":
        from hardware.linux.gpio import LinuxGpio

        return LinuxGpio(settings.factory)
    if settings.kind == "i2c":
        from hardware.linux.i2c import LinuxI2c

        return LinuxI2c(settings.bus)
    from hardware.linux.sysfs import LinuxSysfs

    return LinuxSysfs(Path(settings.root))


class ServiceDied(Exception):
    """A task of a service ended with an error, and the supervisor with it."""


class Supervisor:
    """One run of the supervisor with one configuration. `on_address(host, port)` is told where the broker is."""

    def __init__(self, config: Config, ports: Ports, *, on_address: Callable[[str, int], None]) -> None:
        self.config = config
        self.ports = ports
        self._on_address = on_address
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.bus = EventBus()
        self.bus.bind(asyncio.get_running_loop())
        self.node = Tracked(NodeState.STARTING, NODE, self._announce)
        self.wires = open_wires(config, now=ports.clock.mono)
        self.workers = {name: self._worker(name) for name in self.wires.opened}
        self.disk = ports.worker("state", self._on_disk)
        self.store = self._store()
        self.sensors: dict[str, SensorHandle] = self._handles("sensor", SensorHandle)
        self.gate = Gate(self._handles("actuator", ActuatorHandle), bus=self.bus, now=ports.clock.mono)
        self.outputs = OutputService(self.gate, bus=self.bus, tasks=self._tasks(), on_tick=self._on_tick)
        self.readings = Readings(
            self.sensors,
            bus=self.bus,
            clock=ports.clock,
            tasks=self._tasks(),
            outputs=[device for device in config.devices.values() if device.spec.kind == "actuator"],
        )
        self.status = Status(
            node=self.node,
            sensors=self.sensors,
            believed=self.readings.believed,
            gate=self.gate,
            disabled=config.disabled,
            clock=ports.clock,
            boot_id=new_boot_id(ports.streams.stream("boot")),
            version=__version__,
        )
        self.lifecycle = Lifecycle(self.bus)
        self._add_components()

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything, wait for `stop`, and stop everything with the outputs safe first.

        Raises what a component raised at its start, and `ServiceDied` when a task of a service failed later.
        """
        try:
            await self.lifecycle.start()
            self.node.move(NodeState.RUNNING)
            self.ports.notifier.send(READY)
            await self._wait(stop)
        finally:
            self.ports.notifier.send(STOPPING)
            self.node.move(NodeState.STOPPING)
            await self.outputs.hold("the supervisor is stopping")
            await self.lifecycle.stop()
            self.node.move(NodeState.STOPPED)
            for worker in (*self.workers.values(), self.disk):
                worker.close()

    def _add_components(self) -> None:
        add = self.lifecycle.add
        add(Journal(self.bus))
        add(self.store)
        if self.wires.world is not None:
            add(Periodic("plant", Phase.WIRES, self.wires.world.step, every_s=PLANT_STEP_S, tasks=self._tasks()))
        if self.ports.link is not None:
            self._add_mqtt(self.ports.link)
        add(self.outputs)
        add(self.readings)
        add(EdgeService(self.sensors, bus=self.bus, tasks=self._tasks()))
        add(PollingService(self.sensors, clock=self.ports.clock, tasks=self._tasks()))
        if self.ports.runtime_dir is not None:
            add(ControlSocket(self.ports.runtime_dir / SOCKET_NAME, self._answers()))

    def _add_mqtt(self, link: Callable[[Mqtt, Will, bool], Link]) -> None:
        config, clock = self.config, self.ports.clock
        topics = Topics(config.mqtt.base, config.node.id)
        broker = DemoBroker(preferred_port=config.mqtt.port, tasks=self._tasks(), on_address=self._on_address)
        bridge = Bridge(
            topics=topics,
            send=lambda message: client.publish(message),
            accepts={name: output.handle.accepts for name, output in self.gate.outputs.items()},
            status=self.status.short,
            bus=self.bus,
            clock=clock,
        )
        will = Will(topics.availability, b"offline")
        client = MqttClient(
            lambda use_v5: link(broker.reached(config.mqtt), will, use_v5),
            topics=topics,
            protocol="3.1.1" if config.mqtt.embedded else config.mqtt.protocol,
            bus=self.bus,
            clock=clock,
            rng=self.ports.streams.stream("mqtt"),
            on_message=bridge.on_message,
            on_online=bridge.resend,
            tasks=self._tasks(),
        )
        self.lifecycle.add(bridge)
        tell = Periodic("status", Phase.SERVICES, bridge.publish_status, every_s=STATUS_S, tasks=self._tasks())
        self.lifecycle.add(tell)
        if config.mqtt.embedded:
            self.lifecycle.add(broker)
        else:
            self._on_address(config.mqtt.host, config.mqtt.port)
        self.lifecycle.add(client)

    def _answers(self) -> dict[str, Any]:
        async def status(request: dict[str, Any]) -> dict[str, Any]:
            return self.status.full()

        async def why(request: dict[str, Any]) -> dict[str, Any]:
            device = request.get("device")
            if device not in self.gate.outputs:
                known = ", ".join(self.gate.outputs) or "none"
                raise CannotAnswer(f"there is no actuator {device!r}; known are {known}")
            return self.status.why(device)

        async def safe(request: dict[str, Any]) -> dict[str, Any]:
            if self.node.current is NodeState.RUNNING:  # while stopping everything is made safe anyway
                self.node.move(NodeState.SAFE, "a person asked for it")
            await self.outputs.hold("a person put everything safe; restart the supervisor to go on")
            return self.status.full()

        return {"status": status, "why": why, "safe": safe}

    def _tasks(self) -> Tasks:
        return Tasks(self._on_failed)

    def _on_failed(self, task: str, error: BaseException) -> None:
        """A task that died takes the supervisor with it: outputs safe, and the service manager starts a new one."""
        _log.error("the task %r died", task, exc_info=error)
        if not self._failure.done():
            self._failure.set_exception(ServiceDied(f"{task}: {type(error).__name__}: {error}"))

    async def _wait(self, stop: asyncio.Event) -> None:
        async def until_stop() -> None:
            await stop.wait()

        stopping = asyncio.ensure_future(until_stop())
        await asyncio.wait([stopping, self._failure], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self._failure.done():
            self._failure.result()

    def _on_tick(self) -> None:
        self.ports.notifier.send(WATCHDOG)

    def _worker(self, wire: str) -> Worker:
        def on_wedged(wedged: bool, reason: str) -> None:
            self.bus.publish(WireStateChanged(wire=wire, wedged=wedged, reason=reason))

        return self.ports.worker(wire, on_wedged)

    def _store(self) -> StateStore:
        ports = self.ports
        return StateStore(
            ports.state_dir, files=ports.files, worker=self.disk, clock=ports.clock, bus=self.bus, tasks=self._tasks()
        )

    def _on_disk(self, wedged: bool, reason: str) -> None:
        level = Level.WARNING if wedged else Level.CLEAR
        advice = "the SD card may be worn out; keep a copy of it"
        self.bus.publish(
            ConditionChanged(component="storage", condition="disk_slow", level=level, text=reason, advice=advice)
        )

    def _handles(self, kind: str, handle: Any) -> dict[str, Any]:
        return {
            device.id: handle(
                device,
                wire=self.wires.opened[device.wire],
                worker=self.workers[device.wire],
                clock=self.ports.clock,
                bus=self.bus,
            )
            for device in self.config.devices.values()
            if device.spec.kind == kind
        }

    def _announce(self, old: NodeState, new: NodeState, reason: str) -> None:
        self.bus.publish(NodeStateChanged(old=old, new=new, reason=reason))


def paho_link(mqtt: Mqtt, will: Will, use_v5: bool, *, client_id: str) -> Link:
    """A real connection to the broker of `mqtt`. Raises `OSError` when a secret or a certificate cannot be read."""
    from alimante.mqtt.paho_link import PahoLink

    return PahoLink(mqtt, client_id=client_id, password=read_secret(mqtt.password), will=will, use_v5=use_v5)
