"""Finds the gains of a loop by trying out how the enclosure answers; it must not go on when anything is doubtful.

Heat is switched fully on below the target and off above it, as a thermostat does. The oscillation that results tells
the gain and the period at which the loop would oscillate for good (K. J. Åström, T. Hägglund, Automatic tuning of
simple regulators with specifications on phase and amplitude margins, Automatica 20, 1984). Heating and cooling down
take unequal times, so the amplitude of the drive is that of the first harmonic of a rectangle with the measured share
of on-time, (2/π)·sin(π·share), and not the 4/π·½ of a symmetric one, with which both agree at a share of one half.

The rules from there to gains are the cautious ones of B. D. Tyreus and W. L. Luyben (Tuning PI controllers for
integrator/dead time processes, Ind. Eng. Chem. Res. 31, 1992): a third of the critical gain, 2.2 periods of integral.
"""

from collections.abc import Sequence
from math import inf, pi, sin
from typing import Final

from alimante.control.gains import Gains
from alimante.control.time_proportion import Timing

BAND_C: Final = 0.2
"""How far from the target heat is switched; more than three quanta of a DS18B20 (0.0625 °C)."""

MARGIN_C: Final = 1.0
"""Trying out ends so far below the heater's limit."""

LONGEST_S: Final = 4 * 3600.0
"""What has not settled by then will not."""

ALIKE: Final = 0.25
"""Cycles count as settled when period and amplitude differ by no more than this share of their means."""

CYCLES: Final = 3
"""How many settled cycles in a row are enough."""


class Autotune:
    """One attempt. `share` is what to heat with now, `told` what there is to tell, `found` the gains at its end."""

    def __init__(self, target_c: float, *, most: float, ceiling_c: float, timing: Timing) -> None:
        self.share = 0.0
        self.told = "waiting for the temperature to cross the target"
        self.is_over = False
        self.found: Gains | None = None
        self.mean_share = 0.0
        self._target_c = target_c
        self._most = most
        self._ceiling_c = ceiling_c - MARGIN_C
        self._timing = timing
        self._begun_s: float | None = None
        self._switched_s = -inf
        self._on_since_s: float | None = None
        self._on_s = 0.0
        self._highest_c, self._lowest_c = -inf, inf
        self._cycles: list[tuple[float, float, float]] = []

    def step(self, value_c: float | None, now_s: float) -> None:
        """Look at a good reading in °C; None is for any that is not good, and ends the attempt."""
        self._begun_s = now_s if self._begun_s is None else self._begun_s
        if self.is_over:
            return
        if value_c is None:
            self._fail("the reading was not good")
        elif value_c >= self._ceiling_c:
            self._fail(f"{value_c:.1f} °C came within {MARGIN_C:g} °C of the heater's limit")
        elif now_s - self._begun_s > LONGEST_S:
            self._fail(f"it did not settle within {LONGEST_S / 3600:g} hours")
        else:
            self._highest_c = max(self._highest_c, value_c)
            self._lowest_c = min(self._lowest_c, value_c)
            self._switch(value_c, now_s)

    def _switch(self, value_c: float, now_s: float) -> None:
        lasted_s = now_s - self._switched_s
        if self.share > 0.0:
            if value_c >= self._target_c + BAND_C and lasted_s >= self._timing.min_on_s:
                self.share, self._switched_s, self._on_s = 0.0, now_s, lasted_s
        elif value_c <= self._target_c - BAND_C and lasted_s >= self._timing.min_off_s:
            self._end_cycle(now_s)
            if not self.is_over:
                self.share, self._switched_s = self._most, now_s

    def _end_cycle(self, now_s: float) -> None:
        """A cycle goes from one switching on to the next; the way from the start is not like the others."""
        if self._on_since_s is not None:
            self._cycles.append((now_s - self._on_since_s, self._on_s, self._highest_c - self._lowest_c))
            self._cycles = self._cycles[-CYCLES:]
            self.told = f"{len(self._cycles)} of {CYCLES} cycles measured"
        self._on_since_s = now_s
        self._highest_c, self._lowest_c = -inf, inf
        if (
            len(self._cycles) == CYCLES
            and _alike([c[0] for c in self._cycles])
            and _alike([c[2] for c in self._cycles])
        ):
            self._finish()

    def _finish(self) -> None:
        period_s = sum(cycle[0] for cycle in self._cycles) / CYCLES
        on_share = sum(cycle[1] for cycle in self._cycles) / CYCLES / period_s
        amplitude_c = sum(cycle[2] for cycle in self._cycles) / CYCLES / 2.0
        self.mean_share = on_share * self._most
        critical_gain = 2.0 / pi * sin(pi * on_share) * self._most / amplitude_c
        self.found = Gains(gain=critical_gain / 3.2, integral_s=2.2 * period_s, derivative_s=0.0)
        self.is_over = True
        self.share = 0.0
        self.told = (
            f"found a gain of {self.found.gain:.3f} per °C and an integral time of {self.found.integral_s:.0f} s "
            f"from swings of ± {amplitude_c:.2f} °C in {period_s:.0f} s"
        )

    def _fail(self, why: str) -> None:
        self.is_over, self.share = True, 0.0
        self.told = f"not tuned: {why}"


def _alike(values: Sequence[float]) -> bool:
    mean = sum(values) / len(values)
    return mean > 0.0 and max(values) - min(values) <= ALIKE * mean
