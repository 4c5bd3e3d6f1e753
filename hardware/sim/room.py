"""The room around the simulated enclosure: its day, its weather and its air; it must not know what stands in it.

What happens in it, such as a heating that fails, comes on top of the day as steps.
"""

from math import cos, exp, expm1, pi, sin
from typing import Final

from hardware.sim.settings import AmbientSettings

EDGE_S: Final = 300.0
"""The time constant of a step's edges: a room of some 50 m³ follows an open window or a radiator in minutes."""

WARMEST_DAY: Final = 201
"""The day of the year when it is warmest in the middle of Europe: 20 July."""

_DAY_S: Final = 86_400.0
_RADIANS_PER_DAY: Final = 2.0 * pi / _DAY_S
_RADIANS_PER_YEAR: Final = _RADIANS_PER_DAY / 365.25


def saturation_g_per_m3(temperature_c: float) -> float:
    """The most vapour that air of this temperature holds over water.

    Magnus formula with Sonntag's constants (611.2 Pa, 17.62, 243.12 °C; WMO Guide No. 8, annex 4.B; made for -45 to
    60 °C, held at -80 °C so that it always has a value), and the gas law with 0.4615 J/(g·K) for vapour.
    """
    bounded_c = max(temperature_c, -80.0)
    return 611.2 / 0.4615 * exp(17.62 * bounded_c / (243.12 + bounded_c)) / (273.15 + bounded_c)


class Step:
    """The room is by `by_c` warmer, with a soft edge, from `begun_s` on until it is over, with another."""

    __slots__ = ("_begun_s", "_by_c", "_over_s")

    def __init__(self, by_c: float, begun_s: float) -> None:
        self._by_c = by_c
        self._begun_s = begun_s
        self._over_s: float | None = None

    def end(self, over_s: float) -> None:
        """It is over; the room goes back."""
        self._over_s = over_s

    def is_past(self, time_s: float) -> bool:
        """Whether less than a thousandth of it is left for good."""
        return self._over_s is not None and time_s - self._over_s > 10.0 * EDGE_S

    def c_at(self, time_s: float) -> float:
        """By how much it makes the room warmer now."""
        if self._over_s is None:
            return -self._by_c * expm1((self._begun_s - time_s) / EDGE_S)
        reached_c = -self._by_c * expm1((self._begun_s - self._over_s) / EDGE_S)
        return reached_c * exp((self._over_s - time_s) / EDGE_S)


class Room:
    """The room's air as of the last `at`; what never changes is a plain attribute.

    `start_s` is the moment on the injected clock at which it is `start_hour` on `start_day`.
    """

    __slots__ = (
        "_amplitude_c", "_has_weather", "_mean_c", "_midsummer_s", "_peak_s", "_season_c", "_settings", "_start_s",
        "_steps", "_time_s", "co2_ppm", "sun_w_per_m2", "temperature_c", "vapour_g_per_m3",
    )  # fmt: skip

    def __init__(self, settings: AmbientSettings, *, start_s: float) -> None:
        self._settings = settings
        self._start_s = start_s
        self._peak_s = start_s - 3600.0 * (settings.start_hour - settings.peak_hour)
        self._midsummer_s = self._peak_s - _DAY_S * (settings.start_day - WARMEST_DAY)
        self._mean_c, self._amplitude_c = settings.mean_c, settings.amplitude_c
        self._season_c = settings.season_c
        self._steps: list[Step] = []
        self._has_weather = settings.sun_w_per_m2 > 0.0
        self.sun_w_per_m2 = 0.0
        self.co2_ppm = settings.co2_ppm
        self.vapour_g_per_m3 = saturation_g_per_m3(settings.mean_c) * settings.humidity_pct / 100.0
        self.at(start_s)

    def at(self, time_s: float) -> None:
        """Let it be `time_s`."""
        self._time_s = time_s
        self.temperature_c = self.usual_c(time_s)
        if self._has_weather:
            self.temperature_c += sum(step.c_at(time_s) for step in self._steps)
            self.sun_w_per_m2 = self._settings.sun_w_per_m2 * max(self._sun(), 0.0)

    def step(self, by_c: float) -> Step:
        """From now on the room is warmer by so much, or colder: something that `end`s."""
        step = Step(by_c, self._time_s)
        self._steps = [each for each in self._steps if not each.is_past(self._time_s)] + [step]
        self._has_weather = True
        return step

    def usual_c(self, time_s: float) -> float:
        """What it is at `time_s` by the day and the year alone."""
        usual_c = self._mean_c + self._amplitude_c * cos(_RADIANS_PER_DAY * (time_s - self._peak_s))
        if self._season_c:
            usual_c += self._season_c * cos(_RADIANS_PER_YEAR * (time_s - self._midsummer_s))
        return usual_c

    @property
    def daylight_lux(self) -> float:
        """None from six hours after the peak to six hours before the next."""
        return self._settings.daylight_lux * max(self._sun(), 0.0)

    @property
    def humidity_pct(self) -> float:
        """Relative humidity, 0 to 100."""
        return min(100.0 * self.vapour_g_per_m3 / saturation_g_per_m3(self.temperature_c), 100.0)

    @property
    def pressure_hpa(self) -> float:
        """The weather's slow swing around the mean."""
        turn = 2.0 * pi * (self._time_s - self._start_s) / (3600.0 * self._settings.pressure_period_h)
        return self._settings.pressure_hpa + self._settings.pressure_amplitude_hpa * sin(turn)

    def _sun(self) -> float:
        """1 at the peak hour, -1 twelve hours later."""
        return cos(_RADIANS_PER_DAY * (self._time_s - self._peak_s))
