"""The room around the simulated enclosure: its day, its weather and its air; it must not know what stands in it."""

from math import cos, exp, pi, sin
from typing import Final

from hardware.sim.settings import AmbientSettings

_RADIANS_PER_DAY: Final = 2.0 * pi / 86_400.0


def saturation_g_per_m3(temperature_c: float) -> float:
    """The most vapour that air of this temperature holds over water.

    Magnus formula with Sonntag's constants (611.2 Pa, 17.62, 243.12 °C; WMO Guide No. 8, annex 4.B; made for -45 to
    60 °C, held at -80 °C so that it always has a value), and the gas law with 0.4615 J/(g·K) for vapour.
    """
    bounded_c = max(temperature_c, -80.0)
    return 611.2 / 0.4615 * exp(17.62 * bounded_c / (243.12 + bounded_c)) / (273.15 + bounded_c)


class Room:
    """The room's air as of the last `at`; what never changes is a plain attribute.

    `start_s` is the moment on the injected clock at which the day stands at `start_hour`.
    """

    __slots__ = (
        "_amplitude_c", "_mean_c", "_peak_s", "_settings", "_start_s", "_time_s", "co2_ppm", "temperature_c",
        "vapour_g_per_m3",
    )  # fmt: skip

    def __init__(self, settings: AmbientSettings, *, start_s: float) -> None:
        self._settings = settings
        self._start_s = start_s
        self._peak_s = start_s - 3600.0 * (settings.start_hour - settings.peak_hour)
        self._mean_c, self._amplitude_c = settings.mean_c, settings.amplitude_c
        self.co2_ppm = settings.co2_ppm
        self.vapour_g_per_m3 = saturation_g_per_m3(settings.mean_c) * settings.humidity_pct / 100.0
        self.at(start_s)

    def at(self, time_s: float) -> None:
        """Let it be `time_s`."""
        self._time_s = time_s
        self.temperature_c = self._mean_c + self._amplitude_c * self._sun()

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
