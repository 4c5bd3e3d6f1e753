"""A heater, its controller and its watch in a closed loop with the simulated plant, without the supervisor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, floor
from random import Random
from typing import Any

from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import Quality
from alimante.policy.belief import Belief
from alimante.safety.findings import Finding
from alimante.safety.verification import Seen, Verification
from hardware.sim.plant import Plant
from hardware.sim.settings import PlantSettings

DAY_S = 86400.0


def good(*values: float, at_s: float) -> Belief:
    """What sensors that read `values` make believed."""
    middle = sorted(values)[len(values) // 2]
    return Belief(
        value=middle,
        quality=Quality.GOOD,
        measured_s=at_s,
        highest=max(values),
        lowest=min(values),
        members=values,
    )


@dataclass
class BangBang:
    """A thermostat with a hysteresis."""

    band_c: float = 0.5
    is_on: bool = False

    def __call__(self, now_s: float, target_c: float, reading_c: float) -> float:
        if reading_c <= target_c - self.band_c:
            self.is_on = True
        elif reading_c >= target_c + self.band_c:
            self.is_on = False
        return float(self.is_on)


@dataclass
class Proportioned:
    """A PI controller whose duty is the share of each cycle for which the relay is on; a dimmer without a cycle."""

    gain: float = 0.25
    reset_s: float = 1800.0
    cycle_s: float = 240.0
    _integral: float = 0.0
    _before_s: float = 0.0

    def __call__(self, now_s: float, target_c: float, reading_c: float) -> float:
        error_c = target_c - reading_c
        span_s, self._before_s = now_s - self._before_s, now_s
        if abs(error_c) < 1.0 / self.gain:
            self._integral += self.gain * error_c * span_s / self.reset_s
        self._integral = min(max(self._integral, 0.0), 1.0)
        duty = min(max(self.gain * error_c + self._integral, 0.0), 1.0)
        if self.cycle_s == 0.0:
            return duty
        return float(now_s % self.cycle_s < duty * self.cycle_s)


@dataclass
class Bench:
    """One heater in the zone `warm`; the true temperature is `truth_c`, and `sensor` may spoil what is read."""

    loss_w_per_k: float = 1.2
    capacity_j_per_k: float = 3000.0
    heat_w: float = 60.0
    room_c: float = 21.0
    swing_c: float = 2.0
    lag_s: float = 30.0
    element_lag_s: float = 40.0
    step_c: float = 0.0625
    noise_c: float = 0.03
    every_s: float = 5.0
    limit: LimitKeys = field(default_factory=lambda: LimitKeys(max_c=34.0))
    verify: VerifyKeys = field(default_factory=VerifyKeys)
    control: Callable[[float, float, float], float] = field(default_factory=BangBang)
    target: Callable[[float], float] = lambda now_s: 30.0
    others: Callable[[float], dict[str, float]] = lambda now_s: {}
    sensor: Callable[[float, float], float | None] = lambda now_s, reading_c: reading_c
    is_watched: bool = True
    tells_target: bool = True
    roles: dict[str, str] = field(default_factory=dict)

    now_s: float = 0.0
    found: list[tuple[float, Finding]] = field(default_factory=list)
    off_s: float | None = None
    """Since when the watch keeps the heater off."""

    def __post_init__(self) -> None:
        zone = {
            "loss_w_per_k": self.loss_w_per_k,
            "heat_capacity_j_per_k": self.capacity_j_per_k,
        }
        settings: dict[str, Any] = {
            "zones": {"warm": zone, "cool": {}},
            "ambient": {"mean_c": self.room_c, "amplitude_c": self.swing_c},
            "loads": {"heater": {"heat_w": self.heat_w}},
            "element_lag_s": self.element_lag_s,
        }
        self.plant = Plant(PlantSettings.model_validate(settings), now=lambda: self.now_s)
        self.plant.add_load("heater", role="heater", zone="warm")
        for name, role in self.roles.items():
            self.plant.add_load(name, role=role, zone="warm")
        self.watch = Verification("heater", verify=self.verify, limit=self.limit, others=tuple(self.roles))
        self._random = Random(1)
        self._body_c = self.truth_c

    @property
    def truth_c(self) -> float:
        return self.plant.sense("warm", "temperature")

    @property
    def highest_c(self) -> float:
        return self.plant.truth().zones["warm"].highest_c

    def read(self) -> float | None:
        """What the sensor says: it lags, is noisy, and its steps are cut off."""
        gone = 1.0 - exp(-self.every_s / self.lag_s)
        self._body_c += (self.truth_c - self._body_c) * gone
        heard_c = self._body_c + self._random.gauss(0.0, self.noise_c)
        return self.sensor(self.now_s, floor(heard_c / self.step_c) * self.step_c)

    def step(self) -> list[Finding]:
        """Read, control, look."""
        self.now_s += self.every_s
        reading_c = self.read()
        target_c = self.target(self.now_s)
        others = self.others(self.now_s)
        for name, fraction in others.items():
            self.plant.act(name, fraction)
        duty = 0.0 if reading_c is None else self.control(self.now_s, target_c, reading_c)
        if self.off_s is not None:
            duty = 0.0
        self.plant.act("heater", duty)
        belief = Belief(value=None, quality=Quality.UNKNOWN) if reading_c is None else good(reading_c, at_s=self.now_s)
        seen = Seen(
            duty=duty,
            belief=belief,
            target_c=target_c if self.tells_target else None,
            others=others,
            heat_elsewhere=any(others.get(name, 0.0) > 0.0 for name, role in self.roles.items() if role != "fan"),
        )
        findings = self.watch.look(self.now_s, seen) if self.is_watched else []
        for finding in findings:
            if all(finding is not old for _, old in self.found):
                self.found.append((self.now_s, finding))
            if finding.is_trip and self.off_s is None:
                self.off_s = self.now_s
                self.plant.act("heater", 0.0)
        return findings

    def run(self, span_s: float) -> "Bench":
        """Go on for `span_s`."""
        end_s = self.now_s + span_s
        while self.now_s < end_s:
            self.step()
        return self
