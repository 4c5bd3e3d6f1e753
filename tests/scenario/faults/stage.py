"""A warm enclosure with thermometers, a heater, a safety relay and a fan under the whole supervisor, to be broken.

The heater is on or off when the fault comes, and what is measured are times and temperatures of the true plant.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.model import Config, Mqtt
from alimante.core.events import AlertChanged, SafetyActed
from alimante.core.files import Files
from alimante.core.generations import Corrupt, decode, newest
from alimante.mqtt.link import Link, Will
from hardware.board import GENERIC
from hardware.sim.faults import parse
from hardware.sim.place import Meddle
from hardware.sim.sabotage import Sabotage
from tests.scenario.faults.oracle import Duties, Oracle
from tests.scenario.harness import Run, run_supervisor

POLL_S = 5.0
TARGET_C, MAX_C, HARM_C = 30.0, 36.0, 40.0
MIB = 2**20
READY_S = 25.0
"""By then a heater that is wanted is on: its sensors have given three readings, 5 s apart."""

WIRES = {
    "pins": {"kind": "gpio", "backend": "sim"},
    "probes": {"kind": "onewire", "backend": "sim"},
    "bus": {"kind": "i2c", "backend": "sim"},
    "kernel": {"kind": "iio", "backend": "sim"},
}
SWITCH = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off", "zone": "warm"}
AIR = {"driver": "sht3x", "wire": "bus", "address": "0x44", "zone": "warm"}
CUTOFF = {**{key: value for key, value in SWITCH.items() if key != "zone"}, "pin": 16, "role": "cutoff"}
MEASURES: list[tuple[str, float]] = []
"""What was measured in this test: of what, and how many seconds or degrees."""

STILL_ANSWERS = ("stuck", "wrong", "drift", "garbage", "delayed", "intermittent", "slow")


STATES = {True: "on", False: "off"}
Case = tuple[int, bool]
"""How many thermometers there are, and whether the heater is on when the fault comes."""


def cases(*quick: Case, counts: tuple[int, ...] = (1, 2, 3)) -> pytest.MarkDecorator:
    """Each count of thermometers with the heater on and off; all but those that are `quick` in the soak alone."""
    every = [(count, is_on) for count in counts for is_on in (True, False)]
    assert set(quick) <= set(every)
    return pytest.mark.parametrize(
        ("sensors", "is_on"),
        [
            pytest.param(
                count, is_on, marks=() if (count, is_on) in quick else pytest.mark.slow, id=f"{count}-{STATES[is_on]}"
            )
            for count, is_on in every
        ],
    )


everywhere = cases((1, True), (1, False), (3, True))


def probe(number: int, **keys: Any) -> dict[str, Any]:
    return {"driver": "ds18b20", "wire": "probes", "address": f"28-00000000000{number}", "zone": "warm", **keys}


def config(
    sensors: int = 1,
    *,
    kind: str = "thermostat",
    start_c: float = TARGET_C,
    heater: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    devices: dict[str, Any] | None = None,
    members: tuple[str, ...] | None = None,
    **more: Any,
) -> Config:
    """`sensors` probes p1, p2 … in the group warm, or `members`, of which three or more need two that are believed."""
    names = members or tuple(f"p{number + 1}" for number in range(sensors))
    limit = {"max_c": MAX_C, "fan": ["fan"]}
    thermal = {"pin": 17, "role": "heater", "depends_on": ["warm"], "limit": limit}
    controllers = {"warmth": {"kind": kind, "sensor": "warm", "heater": "heater", "target_c": TARGET_C}}
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": WIRES,
        "devices": {
            **{f"p{number + 1}": probe(number + 1) for number in range(sensors)},
            "heater": {**SWITCH, **thermal, **(heater or {})},
            "cutoff": CUTOFF,
            "fan": {**SWITCH, "pin": 22, "role": "fan", "zone": "cool"},
            **(devices or {}),
        },
        "groups": {"warm": {"members": list(names), "min_sensors": 2 if len(names) > 2 else 1}},
        "simulation": {
            "zones": {"warm": {"start_c": start_c}, "cool": {"start_c": start_c - 4.0}},
            "ambient": {"amplitude_c": 0.0},
        },
        **more,
    }
    document["controllers"] = {**controllers, **document.get("controllers", {})}
    if target is not None:
        document["controllers"]["warmth"] = {**controllers["warmth"], **target}
    built = build(document, board=GENERIC)
    assert built.config is not None, built.errors
    return built.config


class Stage:
    """One run with its oracle and its faults."""

    def __init__(self, run: Run, *, duties: Duties, seed: int) -> None:
        self.run = run
        group = run.supervisor.config.groups["warm"]
        sensors = tuple(member.split(".")[0] for member in group.members)
        self.sensors = sensors
        self.oracle = Oracle(run, sensors, needed=group.min_sensors, duties=duties)
        supervisor, world = run.supervisor, run.supervisor.wires.world
        assert world is not None
        devices, workers = supervisor.config.devices, supervisor.workers
        self.plant = world.plant
        self._sabotage = Sabotage(
            world, now=run.clock.mono, sleep=lambda name, s: workers[devices[name].wire].sleep(s), seed=seed
        )
        self.broken_s = self.now_s
        """When the last fault began."""
        self.repaired_s = 0.0

    # The true state.

    @property
    def now_s(self) -> float:
        return self.run.clock.mono()

    @property
    def is_heating(self) -> bool:
        """Whether the heater truly gives heat."""
        return self.run.truth.loads["heater"].heat_w > 0.0

    @property
    def temperature_c(self) -> float:
        return float(self.run.truth.zones["warm"].temperature_c)

    @property
    def max_c(self) -> float:
        return float(self.run.truth.zones["warm"].highest_c)

    # What is done to it.

    def break_(self, *texts: str) -> Callable[[], None]:
        """Begin faults such as "p1=off" now; returns the repair."""
        faults = [parse(f"{text}@0") for text in texts]
        undos = [self._sabotage.begin(fault) for fault in faults]
        names = {fault.device for fault in faults}
        mute = {
            text.partition("=")[0] for text in texts if text.partition("=")[2].partition("(")[0] not in STILL_ANSWERS
        }
        self.oracle.dark |= mute & set(self.sensors)
        self.oracle.broken |= names - set(self.sensors)
        self.mark()

        def repair() -> None:
            for undo in undos:
                undo()
            self.oracle.dark -= names
            self.repaired_s = self.now_s

        return repair

    def mark(self) -> None:
        """The fault begins now."""
        self.broken_s = self.now_s

    def meddle(self, device: str, answer: Meddle) -> Callable[[], None]:
        """Let `answer(what, ask)` stand between a sensor and its driver from now on; returns the repair."""
        assert self.run.supervisor.wires.world is not None
        mount = self.run.supervisor.wires.world.mounts[device]
        wire: Any = mount.wire
        wire.meddle(mount.folder, answer)
        self.mark()

        def repair() -> None:
            wire.meddle(mount.folder, None)
            self.oracle.dark.discard(device)
            self.repaired_s = self.now_s

        return repair

    def all(self, fault: str) -> list[str]:
        """The same fault for every thermometer of the group."""
        return [f"{name}={fault}" for name in self.sensors]

    # What must come within a time; each returns how long it took.

    async def within(
        self,
        seconds: float,
        condition: Callable[[], object],
        what: str,
        *,
        since_s: float | None = None,
        step_s: float = 0.5,
    ) -> float:
        """Wait for `condition`, for at most `seconds` from `since_s` or from now."""
        begun_s = self.now_s if since_s is None else since_s
        while not condition():
            assert self.now_s - begun_s < seconds, f"no {what} after {seconds:g} s, at {self.temperature_c:.1f} °C"
            await asyncio.sleep(step_s)
        took_s = self.now_s - begun_s
        MEASURES.append((what, took_s))
        return took_s

    async def heater_off_within(self, seconds: float) -> float:
        return await self.within(seconds, lambda: not self.is_heating, "heater off")

    async def heating_within(self, seconds: float) -> float:
        return await self.within(seconds, lambda: self.is_heating, "heater on")

    async def stays_off(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            assert not self.is_heating
            await asyncio.sleep(1.0)

    async def alert_within(self, component: str, condition: str, seconds: float) -> float:
        """Wait until the alert is published, counted from the fault, and until it is on the disk.

        A change may wait ten seconds for the disk.
        """

        def told() -> object:
            return list(self.run.seen(AlertChanged, component=component, condition=condition, state="active"))

        name = f"alert {component}/{condition}"
        took_s = await self.within(seconds, told, name, since_s=self.broken_s)
        await self.within(12.0, lambda: (component, condition) in saved_alerts(self.run), f"{name} on disk")
        return took_s

    async def healthy_within(self, seconds: float = 120.0) -> float:
        return await self.within(seconds, lambda: self.health == "HEALTHY", "health", step_s=1.0)

    @property
    def health(self) -> str:
        return str(self.run.supervisor.health.node().value)

    async def lives_on(self) -> float:
        """All is well after a repair: the health within two minutes, the breakers within five, then the warmth."""
        took_s = await self.healthy_within()
        await self.within(300.0 - took_s, self.breakers_closed, "closed breakers", step_s=2.0)
        band = TARGET_C - 0.8, TARGET_C + 0.8
        await self.within(3600.0, lambda: band[0] <= self.temperature_c <= band[1], "warmth", step_s=10.0)
        return took_s

    def breakers_closed(self) -> bool:
        report = self.run.supervisor.guards.report()
        return all(each["state"] == "closed" for part in ("devices", "wires") for each in report[part].values())

    # What was said.

    def alerts(self) -> set[tuple[str, str]]:
        return {(event.component, event.condition) for event in self.run.seen(AlertChanged)}

    def trips(self, device: str = "heater") -> list[SafetyActed]:
        return self.run.seen(SafetyActed, device=device, action="tripped")


def resident_bytes() -> int:
    """What this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def saved_alerts(run: Run) -> set[tuple[str, str]]:
    """The alerts in the saved state."""
    supervisor, found = run.supervisor, []
    for path in supervisor.store._paths:
        with contextlib.suppress(FileNotFoundError, Corrupt):
            found.append(decode(supervisor.ports.files.read(path)))
    counts = newest(found)
    sections = {} if counts is None else counts.sections
    json.dumps(sections, allow_nan=False)
    return {(each["component"], each["condition"]) for each in sections.get("alerts", {}).get("alerts", [])}


OFF_S = 35.0
"""Within this time the heat must have ended when nothing is known any more."""


async def blind(stage: Stage, *faults: str, for_s: float = 120.0) -> None:
    """What always follows when too few sensors can be believed, and what follows from the repair."""
    repair = stage.break_(*faults)
    await stage.heater_off_within(OFF_S)
    await stage.alert_within("warm", "too_few_sensors", OFF_S)
    await stage.stays_off(for_s)
    assert stage.health == "CRITICAL"
    repair()
    await stage.healthy_within()


Story = Callable[[Stage], Awaitable[None]]
MakeLink = Callable[[Mqtt, Will, bool], Link]


def play(
    story: Story,
    *,
    sensors: int = 1,
    is_on: bool | None = True,
    duties: Duties | None = None,
    files: Files | None = None,
    seed: int = 1,
    before: Callable[[Run], None] = lambda run: None,
    link: MakeLink | None = None,
    **keys: Any,
) -> Stage:
    """Let `story` happen with the heater on or off, or None from the very start, and ask the oracle at the end."""
    start_c = {True: TARGET_C - 1.0, False: TARGET_C + 0.8, None: TARGET_C}[is_on]
    stages: list[Stage] = []

    def make(run: Run) -> None:
        stages.append(Stage(run, duties=duties or Duties(harm_c=HARM_C), seed=seed))
        before(run)

    async def told(run: Run) -> None:
        stage = stages[0]
        watching = asyncio.ensure_future(stage.oracle.watch())
        if is_on is not None:
            await asyncio.sleep(READY_S)
            assert stage.is_heating is is_on, "the stage is not set"
        await story(stage)
        watching.cancel()
        stage.oracle.look()

    whole = config(sensors, **{"start_c": start_c, **keys})
    run_supervisor(whole, told, seed=seed, before=make, files=files, link=link)
    if stages[0].oracle.violations:
        pytest.fail("\n".join(stages[0].oracle.violations))
    MEASURES.append(("°C at most", stages[0].max_c))
    return stages[0]
