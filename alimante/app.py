"""The composition root: builds one supervisor out of a configuration and ports, and runs it; it must not decide."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alimante import __version__
from alimante.config.model import Config, Mqtt
from alimante.config.secret import read_secret
from alimante.control.roster import controllers
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Lifecycle, Phase
from alimante.core.events import ConditionChanged, Level, NodeStateChanged, WireStateChanged
from alimante.core.files import Files
from alimante.core.ids import new_boot_id
from alimante.core.rng import RandomStreams
from alimante.core.states import NODE, NodeState, Tracked
from alimante.core.tasks import Tasks
from alimante.io.guards import Guards
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.worker import Worker
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.client import MqttClient
from alimante.mqtt.demo_broker import DemoBroker
from alimante.mqtt.link import Link, Will
from alimante.mqtt.topics import Topics
from alimante.safety.gate import Gate
from alimante.safety.watch import thermometers_of
from alimante.services.alerts import AlertService
from alimante.services.control import ControlService
from alimante.services.control_socket import SOCKET_NAME, CannotAnswer, ControlSocket
from alimante.services.edges import EdgeService
from alimante.services.errors import ErrorRegistry, gating_sensors, parts_of
from alimante.services.groups import Groups, groups_of
from alimante.services.health import HealthService
from alimante.services.health_checks import device_checks, disabled_check, group_check, link_check, time_check
from alimante.services.health_plugins import plugin_checks
from alimante.services.journal import Journal
from alimante.services.monitoring import Monitoring
from alimante.services.newcomers import Newcomers
from alimante.services.outputs import OutputService
from alimante.services.periodic import Periodic
from alimante.services.polling import PollingService
from alimante.services.readings import Readings
from alimante.services.state import StateStore
from alimante.services.status import Status
from alimante.services.system_facts import SystemFacts
from alimante.services.systemd import READY, STOPPING, WATCHDOG, Notifier
from alimante.services.time_watch import TimeWatch
from alimante.wiring import Wires, open_wires

STATUS_S = 30.0
"""How often the node's report is published when nothing changes."""

TIME_S = 1.0
"""How often the two clocks are compared."""

PLANT_STEP_S = 0.5
"""How often the simulated physics move input lines by themselves, such as the float switch's."""

OnWedged = Callable[[bool, str], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a supervisor needs of the world outside it, real or simulated.

    `worker(wire, on_wedged)` makes the worker of a wire. `link(mqtt, will, use_v5)` makes one connection to the
    broker; None leaves MQTT out. `runtime_dir` is where the control socket lies; None leaves it out. `files` reaches
    `state_dir`, where state is kept. `facts` tells numbers about the computer. `wires` are
    those of an earlier run on the same simulated enclosure; None opens them.
    """

    clock: Clock
    streams: RandomStreams
    notifier: Notifier
    worker: Callable[[str, OnWedged], Worker]
    link: "Callable[[Mqtt, Will, bool], Link] | None"
    files: Files
    state_dir: Path
    facts: SystemFacts
    runtime_dir: Path | None = None
    wires: Wires | None = None


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
        self.wires = ports.wires or open_wires(config, now=ports.clock.mono)
        self.workers = {name: self._worker(name) for name in self.wires.opened}
        self.disk = ports.worker("state", self._on_disk)
        self.store = self._store()
        self.alerts = AlertService(
            config.alerts.rules(), bus=self.bus, clock=ports.clock, tasks=self._tasks(), on_change=self.store.changed
        )
        self.time = TimeWatch(config.location, clock=ports.clock, bus=self.bus, on_change=self.store.changed)
        self.sensors: dict[str, SensorHandle] = self._handles("sensor", SensorHandle)
        self.guards = Guards(self.sensors, keys=config.recovery, bus=self.bus, clock=ports.clock, streams=ports.streams)
        self.errors = ErrorRegistry(
            parts_of(config), rules=config.recovery.errors.rules(), bus=self.bus, clock=ports.clock
        )
        self.readings, self.groups = self._readings()
        self.gate = Gate(
            self._handles("actuator", ActuatorHandle),
            bus=self.bus,
            now=ports.clock.mono,
            believed=self.readings.believed,
            references=config.references,
            thermometers=thermometers_of(config),
            interlocks=config.interlocks,
            today=self.time.today,
            wall=self.time.wall,
        )
        self.control = self._control()
        self.health = HealthService(
            config.health, bus=self.bus, clock=ports.clock, tasks=self._tasks(), refusal=self.gate.refusal
        )
        self.monitoring = self._monitoring()
        self.outputs = OutputService(self.gate, bus=self.bus, tasks=self._tasks(), on_tick=self._on_tick)
        self.status = Status(
            node=self.node,
            sensors=self.sensors,
            believed=self.readings.believed,
            gate=self.gate,
            health=self.health,
            alerts=self.alerts.report,
            disabled=config.disabled,
            clock=ports.clock,
            boot_id=new_boot_id(ports.streams.stream("boot")),
            version=__version__,
        )
        self.lifecycle = Lifecycle(self.bus)
        self._keep_state()
        self._add_checks()
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
        add(self.alerts)
        add(self.health)
        if self.wires.world is not None:
            add(Periodic("plant", Phase.WIRES, self.wires.world.step, every_s=PLANT_STEP_S, tasks=self._tasks()))
        if self.ports.link is not None:
            self._add_mqtt(self.ports.link)
        add(self.errors)
        add(self.outputs)
        add(self.readings)
        add(self.groups)
        add(EdgeService(self.sensors, bus=self.bus, tasks=self._tasks()))
        add(PollingService(self.sensors, clock=self.ports.clock, tasks=self._tasks()))
        add(self.control)
        add(self.monitoring)
        add(self._newcomers())
        add(Periodic("time", Phase.SERVICES, self.time.tick, every_s=TIME_S, tasks=self._tasks()))
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
        self.health.add_check(link_check(lambda: client.connected, period_s=config.health.period_s))

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

    def _readings(self) -> tuple[Readings, Groups]:
        config, clock = self.config, self.ports.clock
        groups = groups_of(config)
        outputs = [device for device in config.devices.values() if device.spec.kind == "actuator"]
        readings = Readings(
            self.sensors,
            bus=self.bus,
            clock=clock,
            tasks=self._tasks(),
            outputs=outputs,
            groups={name: group.vote for name, group in groups.items()},
            members=[group.members for group in groups.values()],
            vital=gating_sensors(config),
        )
        return readings, Groups(groups, believed=readings.believed, bus=self.bus, clock=clock, tasks=self._tasks())

    def _control(self) -> ControlService:
        return ControlService(
            controllers(self.config),
            believed=self.readings.believed,
            local=self.time.local,
            ask=self.gate.demand,
            bus=self.bus,
            clock=self.ports.clock,
            tasks=self._tasks(),
            tick_s=self.config.control.tick_s,
            on_change=self.store.changed,
        )

    def _keep_state(self) -> None:
        """Say what outlives a restart; everybody gets back what was kept."""
        self.store.add("time", self.time.snapshot, self.time.restore)
        self.store.add("gate", self.gate.snapshot, self.gate.restore)
        self.store.add("control", self.control.snapshot, self.control.restore)
        self.store.add("alerts", self.alerts.snapshot, self.alerts.restore)
        self.gate.on_change(self.store.changed)

    def _add_checks(self) -> None:
        """What makes the health of the node, but for the link, which is there only with MQTT."""
        period_s = self.config.health.period_s
        outputs = {name: output.handle for name, output in self.gate.outputs.items()}
        add = self.health.add_checks
        believed, now = self.readings.believed, self.ports.clock.mono
        add(device_checks(self.sensors, outputs, believed=believed, now=now, period_s=period_s))
        add(group_check(group, believed, period_s=period_s) for group in self.config.groups)
        add(disabled_check(name, why, period_s=period_s) for name, why in self.config.disabled.items())
        add([time_check(lambda: self.time.local() is not None, period_s=period_s)])
        add(plugin_checks(believed))

    def _monitoring(self) -> Monitoring:
        return Monitoring(
            self.config.monitoring,
            facts=self.ports.facts,
            gauges={f"wire_{name}_late": lambda worker=worker: worker.late for name, worker in self.workers.items()},  # type: ignore[misc]
            worker=self.disk,
            bus=self.bus,
            clock=self.ports.clock,
            tasks=self._tasks(),
        )

    def _newcomers(self) -> Newcomers:
        wires, workers = self.wires.opened, self.workers
        return Newcomers(self.config.devices, wires=wires, workers=workers, bus=self.bus, tasks=self._tasks())

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
