"""Builds everything that one supervisor is made of, out of a configuration and ports; it must not run or decide."""

import asyncio
from collections import ChainMap
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from alimante import __version__
from alimante.config.model import Config, Mqtt
from alimante.control.roster import controllers
from alimante.core.bus import EventBus
from alimante.core.component import Lifecycle, Phase
from alimante.core.events import ConditionChanged, Level, NodeStateChanged, WireStateChanged
from alimante.core.ids import new_boot_id
from alimante.core.states import NODE, NodeState, Tracked
from alimante.core.tasks import Tasks
from alimante.ending import Ending
from alimante.io.guards import Guards
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.worker import Worker
from alimante.mqtt.announcements import Known
from alimante.mqtt.link import Link, Will
from alimante.mqtt.parts import Deeds, MqttParts
from alimante.policy.checkup import Check
from alimante.policy.heartbeats import Heartbeats
from alimante.ports import Ports
from alimante.safety.gate import Gate
from alimante.safety.watch import room_of, thermometers_of
from alimante.services.alerts import AlertService
from alimante.services.computer_checks import storage_check, system_check
from alimante.services.control import ControlService
from alimante.services.control_socket import SOCKET_NAME, ControlSocket
from alimante.services.edges import EdgeService
from alimante.services.errors import ErrorRegistry, gating_sensors, parts_of
from alimante.services.explain import Explainer
from alimante.services.fallbacks import fallbacks
from alimante.services.gauges import gauges_of_bus, gauges_of_oversight, gauges_of_workers
from alimante.services.groups import Groups, groups_of
from alimante.services.hands import Hands
from alimante.services.health import HealthService
from alimante.services.health_checks import (
    device_checks,
    disabled_check,
    error_checks,
    group_check,
    link_check,
    link_error_check,
    time_check,
)
from alimante.services.health_plugins import plugin_checks
from alimante.services.housekeeping import Housekeeping
from alimante.services.journal import Journal
from alimante.services.monitoring import Monitoring
from alimante.services.newcomers import Newcomers
from alimante.services.outputs import OutputService
from alimante.services.periodic import Periodic
from alimante.services.polling import PollingService
from alimante.services.questions import Parts, Questions
from alimante.services.readings import Readings
from alimante.services.recovery import RecoveryService
from alimante.services.repairs import Repairs
from alimante.services.state import StateStore
from alimante.services.status import Reports, Status
from alimante.services.supervision import Supervision
from alimante.services.time_watch import TimeWatch
from alimante.services.watchdog import Watchdog
from alimante.wiring import open_wires

STATUS_S = 30.0
"""How often the node's report is published when nothing changes."""

CONTROLLERS_S = 10.0
"""How often the reports of controllers are published where they have changed: measured values always do."""

PLANT_STEP_S = 0.5
"""How often the simulated physics move input lines by themselves, such as the float switch's."""


class Assembly:
    """The parts of one supervisor, wired to each other. `on_address(host, port)` is told where the broker is."""

    def __init__(self, config: Config, ports: Ports, *, on_address: Callable[[str, int], None]) -> None:
        self.config = config
        self.ports = ports
        self.ending = Ending()
        self._on_address = on_address
        self._lay_ground()
        self._build_senses()
        self._build_hands()
        self._build_oversight()
        self._build_voice()
        self._keep_state()
        self._add_checks()
        self._add_components()

    def _lay_ground(self) -> None:
        """What everything else stands on: the bus, lifetimes, wires, saved state and the time."""
        ports, clock = self.ports, self.ports.clock
        self.bus = EventBus()
        self.bus.bind(asyncio.get_running_loop())
        self.node = Tracked(NodeState.STARTING, NODE, self._announce)
        self.lifecycle = Lifecycle(self.bus, on_step=lambda: self.watchdog.step())
        self.supervision = Supervision(self.lifecycle, bus=self.bus, clock=clock, give_up=self.ending.request_exit)
        self.wires = ports.wires or open_wires(self.config, now=clock.mono)
        self.workers = {name: self._worker(name) for name in self.wires.opened}
        self.disk = ports.worker("state", self._on_disk)
        self.store = StateStore(
            ports.state_dir / self.config.node.id,  # trips and alerts of another node mean nothing here
            files=ports.files,
            worker=self.disk,
            clock=clock,
            bus=self.bus,
            tasks=self._tasks("state"),
        )
        self.time = TimeWatch(self.config.location, clock=clock, bus=self.bus, on_change=self.store.changed)

    def _build_senses(self) -> None:
        """From a chip to what is believed."""
        config, clock = self.config, self.ports.clock
        self.sensors: dict[str, SensorHandle] = self._handles("sensor", SensorHandle)
        self.guards = Guards(self.sensors, keys=config.recovery, bus=self.bus, clock=clock, streams=self.ports.streams)
        self.errors = ErrorRegistry(parts_of(config), rules=config.recovery.errors.rules(), bus=self.bus, clock=clock)
        self.readings, self.groups = self._readings()
        self.polled = Heartbeats(clock.mono)

    def _build_hands(self) -> None:
        """From what is believed to an output."""
        config = self.config
        self.gate = Gate(
            self._handles("actuator", ActuatorHandle),
            bus=self.bus,
            now=self.ports.clock.mono,
            believed=self.readings.believed,
            references=config.references,
            thermometers=thermometers_of(config),
            room=room_of(config),
            interlocks=config.interlocks,
            today=self.time.today,
            wall=self.time.wall,
        )
        self.control = self._control()
        self.outputs = OutputService(
            self.gate,
            bus=self.bus,
            tasks=self._tasks("outputs", is_critical=True, is_vital=True),
            on_tick=self._on_tick,
            on_safe=self.ports.beat,
            on_stranded=self.hand_over,
            tick_s=config.control.tick_s,
        )

    def _build_oversight(self) -> None:
        """What looks after all of it, and repairs it."""
        config, ports, clock = self.config, self.ports, self.ports.clock
        tick_s = config.control.tick_s
        self.alerts = AlertService(
            config.alerts.rules(),
            bus=self.bus,
            clock=clock,
            tasks=self._tasks("alerts"),
            on_change=self.store.changed,
        )
        self.bus.subscribe(ConditionChanged, self._on_maintenance)
        self.health = HealthService(
            config.health,
            bus=self.bus,
            clock=clock,
            tasks=self._tasks("health", is_critical=True),
            refusal=self.gate.refusal,
        )
        self._tell_outputs_live = self.health.expect("outputs", every_s=tick_s)
        self.control.on_tick = self.health.expect("control", every_s=tick_s)
        self.watchdog = Watchdog(
            self._late,
            interval_s=ports.watchdog_s,
            tick_s=tick_s,
            lag_limit_s=config.recovery.process.loop_lag_s,
            feed=ports.notices.lives,
            bus=self.bus,
            clock=clock,
        )
        self.gauges = gauges_of_bus(self.bus) | gauges_of_workers(self.workers, self.disk)
        self.monitoring = self._monitoring()
        self.recovery = self._recovery()
        self.gauges |= gauges_of_oversight(self.watchdog, self.guards, self.recovery)

    def _build_voice(self) -> None:
        """What tells people and programs."""
        self.reports = Reports(
            alerts=self.alerts.report,
            groups=self.groups.report,
            controllers=self.control.reports,
            errors=self.monitoring.errors,
            time=self.time.report,
            boot=self.ports.boot,
        )
        self.status = Status(
            node=self.node,
            sensors=self.sensors,
            believed=self.readings.believed,
            gate=self.gate,
            health=self.health,
            reports=self.reports,
            disabled=self.config.disabled,
            clock=self.ports.clock,
            boot_id=new_boot_id(self.ports.streams.stream("boot")),
            version=__version__,
        )
        self.questions = self._questions()

    def _add_components(self) -> None:
        add = self.lifecycle.add
        add(Journal(self.bus))
        add(self.alerts)  # before anybody tells of anything
        add(self.store)
        add(self._housekeeping())
        add(self.health)
        if self.wires.world is not None and self.wires.world.is_watched:
            add(Periodic("plant", Phase.WIRES, self.wires.world.step, every_s=PLANT_STEP_S, tasks=self._tasks("plant")))
        if self.ports.link is not None:
            self._add_mqtt(self.ports.link)
        add(self.errors)
        add(self.outputs)
        add(self.readings)
        add(self.groups)
        add(EdgeService(self.sensors, bus=self.bus, tasks=self._tasks("edges")))
        polling = self._tasks("polling", is_critical=True)
        add(PollingService(self.sensors, clock=self.ports.clock, tasks=polling, expect=self.polled.expect))
        add(self.control)
        add(self.monitoring)
        add(self.recovery)
        add(self._newcomers())
        add(
            Periodic(
                "time", Phase.SERVICES, self.time.tick, every_s=self.config.control.tick_s, tasks=self._tasks("time")
            )
        )
        if self.ports.runtime_dir is not None:
            hands = Hands(self.gate, bus=self.bus, clock=self.ports.clock)
            own = {**self.questions.answers(), **hands.answers(), **self.recovery.answers()}
            add(ControlSocket(self.ports.runtime_dir / SOCKET_NAME, ChainMap(own, self.ports.answers)))

    def _add_mqtt(self, connect: Callable[[Mqtt, Will, bool], Link]) -> None:
        config, add = self.config, self.lifecycle.add
        parts = MqttParts(
            config.mqtt,
            config.node.id,
            connect=connect,
            accepts={name: output.handle.accepts for name, output in self.gate.outputs.items()},
            devices=self.status.devices(),
            known=Known(
                groups=self.groups.report,
                healths=lambda: self.health.report()["components"],
                alerts=self.alerts.report,
                controllers=self.control.reports,
            ),
            deeds=Deeds(
                status=self.status.short,
                acknowledge=self.questions.acknowledge,
                maintain=self._maintain,
                metrics=self.monitoring.export,
                recover=self.recovery.ask,
            ),
            bus=self.bus,
            clock=self.ports.clock,
            rng=self.ports.streams.stream("mqtt"),
            tasks=self._tasks,
            on_address=self._on_address,
        )
        for component in parts.components:
            add(component)
        tell, announce = parts.bridge.publish_status, parts.announcements.publish_controllers
        add(Periodic("status", Phase.SERVICES, tell, every_s=STATUS_S, tasks=self._tasks("status")))
        add(Periodic("controllers", Phase.SERVICES, announce, every_s=CONTROLLERS_S, tasks=self._tasks("controllers")))
        if not config.mqtt.embedded:
            self._on_address(config.mqtt.host, config.mqtt.port)
        self.gauges |= parts.gauges()
        client, period_s = parts.client, config.health.period_s
        self.health.add_check(link_check(lambda: client.connected, lambda: client.trouble, period_s=period_s))
        self.health.add_check(link_error_check(self.errors.finding, period_s=period_s))

    def _questions(self) -> Questions:
        explain = Explainer(
            status=self.status,
            reports=self.reports,
            gate=self.gate,
            guards=self.guards,
            errors=self.errors,
            health=self.health,
            clock=self.ports.clock,
        )
        return Questions(
            Parts(
                node=self.node,
                status=self.status,
                explain=explain,
                outputs=self.outputs,
                alerts=self.alerts,
                health=self.health,
                errors=self.errors,
                monitoring=self.monitoring,
            )
        )

    def _maintain(self, for_s: float | None) -> None:
        if for_s is None:
            self.gate.end_maintenance()
        else:
            self.gate.maintain(for_s)

    def _on_maintenance(self, event: ConditionChanged) -> None:
        """Leave people in peace while one of them works in the enclosure."""
        if (event.component, event.condition) == ("node", "maintenance"):
            self.alerts.quiet(event.level is not Level.CLEAR)

    def _tasks(self, component: str, *, is_critical: bool = False, is_vital: bool = False) -> Tasks:
        """The tasks of `component`; a vital one is never restarted: the run ends at its first failure."""
        rules = self.config.recovery.process.services.rules()
        return self.supervision.tasks(
            component, is_critical=is_critical, rules=replace(rules, limit=0) if is_vital else rules
        )

    def _on_tick(self) -> None:
        """The gate has done its work once more, which is what others want to be sure of."""
        self._tell_outputs_live()
        self.ports.beat()
        self.watchdog.look()

    def hand_over(self, why: str) -> None:
        """Let the guard do what this process cannot; it is told first, for it waits for nothing that happens here."""
        self.ports.hand_over()
        self.ending.request_exit(why)

    def _late(self) -> list[str]:
        """A sentence for everything critical that gives no sign of life."""
        return [*self.health.late(), *self.polled.late()]

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
            tasks=self._tasks("readings", is_critical=True),
            outputs=outputs,
            groups={name: group.vote for name, group in groups.items()},
            members=[group.members for group in groups.values()],
            vital=gating_sensors(config),
        )
        return readings, Groups(
            groups, believed=readings.believed, bus=self.bus, clock=clock, tasks=self._tasks("groups", is_critical=True)
        )

    def _control(self) -> ControlService:
        return ControlService(
            controllers(self.config),
            believed=self.readings.believed,
            local=self.time.local,
            ask=self.gate.demand,
            bus=self.bus,
            clock=self.ports.clock,
            tasks=self._tasks("control", is_critical=True),
            tick_s=self.config.control.tick_s,
            on_change=self.store.changed,
        )

    def _keep_state(self) -> None:
        """Say what outlives a restart; everybody gets back what was kept."""
        self.store.add("time", self.time.snapshot, self.time.restore)
        self.store.add("gate", self.gate.snapshot, self.gate.restore)
        self.store.add("control", self.control.snapshot, self.control.restore)
        self.store.add("alerts", self.alerts.snapshot, self.alerts.restore)
        self.store.add("recovery", self.recovery.snapshot, self.recovery.restore)
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
        devices = [handle.device for handle in (*self.sensors.values(), *outputs.values())]
        add(error_checks(devices, self.errors.finding, period_s=period_s))
        add(self._computer_checks())
        add(plugin_checks(believed))

    def _computer_checks(self) -> list[Check]:
        told, age_s = self.monitoring.conditions, self.monitoring.age_s
        spans_s = {"period_s": self.config.health.period_s, "every_s": self.config.monitoring.period_s}
        return [
            system_check(lambda: told("system"), age_s, **spans_s),
            storage_check(lambda: told("storage"), age_s, lambda: self.store.trouble, **spans_s),
        ]

    def _recovery(self) -> RecoveryService:
        actuators = {name: output.handle for name, output in self.gate.outputs.items()}
        repairs = Repairs(
            self.config,
            sensors=self.sensors,
            actuators=actuators,
            wires=self.wires.opened,
            workers=self.workers,
            gate=self.gate,
        )
        return RecoveryService(
            self.config,
            repairs,
            actuators=actuators,
            workers=self.workers,
            vital=gating_sensors(self.config),
            fallback=fallbacks(self.config, self.readings.believed),
            bus=self.bus,
            clock=self.ports.clock,
            tasks=self._tasks("recovery"),
            end_process=self.ending.request_exit,
            on_change=self.store.changed,
        )

    def _monitoring(self) -> Monitoring:
        return Monitoring(
            self.config.monitoring,
            facts=self.ports.facts,
            gauges=self.gauges,
            worker=self.disk,
            bus=self.bus,
            clock=self.ports.clock,
            tasks=self._tasks("monitoring"),
            on_exhaustion=lambda text: self.ending.request_exit(f"before the memory runs out: {text}"),
        )

    def _housekeeping(self) -> Housekeeping:
        ports = self.ports
        folders = (ports.state_dir / self.config.node.id, ports.state_dir)
        return Housekeeping(folders, files=ports.files, worker=self.disk, tasks=self._tasks("housekeeping"))

    def _newcomers(self) -> Newcomers:
        wires, workers = self.wires.opened, self.workers
        return Newcomers(
            self.config.devices, wires=wires, workers=workers, bus=self.bus, tasks=self._tasks("newcomers")
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
