"""One simulated actuator's true state and its account; it must not know the zones or the time.

True state is what the device does to the world, whatever it was told: oracles look here, never at the command.
"""

from collections.abc import Callable
from threading import RLock

from hardware.sim.settings import LoadSettings
from hardware.sim.truth import LoadTruth

_STROKE_OUT, _STROKE_HOME = 0.9, 0.1


class Load:
    """One actuator; `settings` is what it does now when it does all that it can.

    After each change of what it would do `changed(self)` is called, with `lock` held around both. `changed` must then
    `settle` and `run` it: until then it goes on as before.
    """

    def __init__(
        self,
        settings: LoadSettings,
        *,
        role: str,
        zone: str | None,
        at_s: float,
        lock: RLock,
        changed: Callable[["Load"], None],
    ) -> None:
        self.settings = settings
        self.has_effect = any((settings.heat_w, settings.light_lux, settings.airflow_m3_per_h, settings.water_g_per_s))
        """Whether it does something to its zone by itself."""
        self.is_inert = role != "cutoff" and not self.has_effect
        """Whether the zones feel nothing of it, whatever it does."""
        self.role = role
        self.zone = zone
        self.fraction = 0.0
        self.energy_j = self.on_s = self.longest_on_s = 0.0
        self.cycles = self.strokes = 0
        self._commanded = 0.0
        self._stuck: float | None = None
        self._full = self._next_settings = settings
        self._power = 1.0
        self._settled_s = at_s
        self._run_s = 0.0
        self._home = True
        self._lock = lock
        self._changed = changed

    @property
    def heat_w(self) -> float:
        """The heat that it gives to its zone now."""
        return self.settings.heat_w * self.fraction

    @property
    def commanded(self) -> float:
        """What the wire asks for, 0 to 1; raises `ValueError` for anything else."""
        return self._commanded

    @commanded.setter
    def commanded(self, fraction: float) -> None:
        _check(fraction)
        if fraction != self._commanded:
            with self._lock:
                self._commanded = fraction
                self._changed(self)

    @property
    def stuck(self) -> float | None:
        """A fault: the device does this, whatever it is told. 1.0 is welded on, 0.0 burnt out, None is healthy."""
        return self._stuck

    @stuck.setter
    def stuck(self, fraction: float | None) -> None:
        if fraction is not None:
            _check(fraction)
        with self._lock:
            self._stuck = fraction
            self._changed(self)

    @property
    def power(self) -> float:
        """An event: the multiple of its usual power, water, air and light that it has, from 0. 1.0 is as ever."""
        return self._power

    @power.setter
    def power(self, multiple: float) -> None:
        if not multiple >= 0.0:
            raise ValueError(f"a load has a multiple of its power from 0 on, not {multiple}")
        with self._lock:
            self._power = multiple
            self._next_settings = self._full if multiple == 1.0 else self._full.times(multiple)
            self._changed(self)

    @property
    def contact(self) -> float:
        """What it would do with power: its fault, else its command."""
        return self._commanded if self._stuck is None else self._stuck

    def settle(self, now_s: float) -> None:
        """Write down what it did up to `now_s`."""
        span_s = now_s - self._settled_s
        self._settled_s = now_s
        self.energy_j += self.heat_w * span_s
        if self.fraction > 0.0:
            self.on_s += span_s
            self._run_s += span_s
            self.longest_on_s = max(self.longest_on_s, self._run_s)

    def on_by_s(self, now_s: float) -> float:
        """How long it was on up to `now_s`, not before the last `settle`; nothing is written down."""
        return self.on_s + (now_s - self._settled_s if self.fraction > 0.0 else 0.0)

    def longest_on_by_s(self, now_s: float) -> float:
        """The same of the longest time at a stretch."""
        if self.fraction > 0.0:
            return max(self.longest_on_s, self._run_s + now_s - self._settled_s)
        return self.longest_on_s

    def run(self, fraction: float) -> None:
        """Do `fraction` from the settled moment on."""
        if fraction > 0.0 and self.fraction == 0.0:
            self.cycles += 1
            self._run_s = 0.0
        if self._home and fraction >= _STROKE_OUT:
            self.strokes += 1
        self._home = fraction < _STROKE_OUT if self._home else fraction <= _STROKE_HOME
        self.fraction = fraction
        self.settings = self._next_settings

    def truth(self) -> LoadTruth:
        """The state as of the last `settle`."""
        return LoadTruth(
            role=self.role,
            zone=self.zone,
            commanded=self._commanded,
            stuck=self._stuck,
            fraction=self.fraction,
            heat_w=self.heat_w,
            energy_j=self.energy_j,
            on_s=self.on_s,
            longest_on_s=self.longest_on_s,
            cycles=self.cycles,
            strokes=self.strokes,
        )


def _check(fraction: float) -> None:
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"a load takes a fraction from 0 to 1, not {fraction}")
