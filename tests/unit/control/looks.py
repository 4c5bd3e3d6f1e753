"""Looks at an enclosure that is not there, and controllers in a closed loop with the simulated one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alimante.control.controller import Controller, Look
from alimante.control.drive import Drive
from alimante.control.local_time import LocalTime
from alimante.core.events import Quality
from alimante.policy.belief import Belief, unknown
from hardware.sim.plant import Plant
from hardware.sim.settings import PlantSettings
from hardware.sim.truth import Truth

POLL_S = 5
QUANTUM = 1 / 16  # of a DS18B20, in °C

HEATER = Drive(output="heater", off=0.0, on=1.0, is_switch=True)
DIMMER = Drive(output="heater", off=0.0, on=100.0, is_switch=False)
COOLER = Drive(output="cooler", off=0.0, on=1.0, is_switch=True)
MISTER = Drive(output="mister", off=0.0, on=1.0, is_switch=True)
FAN = Drive(output="fan", off=0.0, on=100.0, is_switch=False)
SWITCHED_FAN = Drive(output="fan", off=0.0, on=1.0, is_switch=True)


def good(value: float, *, measured_s: float | None = None) -> Belief:
    return Belief(value=value, quality=Quality.GOOD, measured_s=measured_s)


def suspect(value: float) -> Belief:
    return Belief(value=value, quality=Quality.SUSPECT, reasons=("stale",))


LOST = unknown("lost")


def look(now_s: float = 0.0, *, local: LocalTime | None = None, **beliefs: Belief) -> Look:
    """A look at which everything is believed that has a name here."""
    return Look(now_s=now_s, believed=beliefs.__getitem__, local=local)


def at(hour: int, minute: int = 0, *, month: int = 6) -> LocalTime:
    moment = datetime(2026, month, 15, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))
    return LocalTime(moment.timestamp(), moment.tzinfo)


def asked(controller: Controller, seen: Look) -> dict[str, float]:
    """What the controller wishes for, by output."""
    return {demand.output: demand.value for demand in controller.decide(seen)}


class ClosedLoop:
    """Controllers on the simulated enclosure, with sensors that are read every 5 s and round to their quantum.

    `loads` are role and zone by output; `senses` zone, quantity and quantum by full name. An output that nobody wishes
    for is off at once.
    """

    def __init__(
        self,
        controllers: Sequence[Controller],
        *,
        loads: Mapping[str, tuple[str, str]],
        senses: Mapping[str, tuple[str, str, float]],
        full: Mapping[str, float] | None = None,
        settings: PlantSettings | None = None,
    ) -> None:
        self.now_s = 0
        self.plant = Plant(settings or PlantSettings(), now=lambda: float(self.now_s))
        for output, (role, zone) in loads.items():
            self.plant.add_load(output, role=role, zone=zone)
        self._controllers = controllers
        self._senses = senses
        self._full = dict(full or {})
        self._beliefs: dict[str, Belief] = {}

    def run(self, hours: float, *, watch: Callable[[Truth], None] = lambda truth: None) -> None:
        """Let time pass; `watch` is shown the truth once per poll."""
        until_s = self.now_s + int(hours * 3600)
        while self.now_s < until_s:
            if self.now_s % POLL_S == 0:
                self._sample()
                watch(self.plant.truth())
            wishes: dict[str, float] = {}
            for controller in self._controllers:
                wishes |= asked(controller, look(float(self.now_s), **self._beliefs))
            for output in self.plant.loads:
                self.plant.act(output, wishes.get(output, 0.0) / self._full.get(output, 1.0))
            self.now_s += 1

    def temperatures(self, hours: float, zone: str = "warm") -> list[float]:
        """The true temperatures of a zone in °C while so many hours pass."""
        found: list[float] = []
        self.run(hours, watch=lambda truth: found.append(truth.zones[zone].temperature_c))
        return found

    def _sample(self) -> None:
        for name, (zone, quantity, quantum) in self._senses.items():
            value = round(self.plant.sense(zone, quantity) / quantum) * quantum
            self._beliefs[name] = good(value, measured_s=float(self.now_s))
