"""The kernel's files of a DS18B20 probe; it must not know how the driver reads them.

The conversion time of 93.75 ms · 2^(bits − 9) is not modelled: a file in memory answers at once.
"""

from math import exp

from hardware.sim.place import Params, Place
from hardware.sim.sysfs import SimSysfs

# A TO-92 body of 0.12 g of epoxy (0.9 J/gK) and 0.9 cm² in air that a fan moves (40 W/m²K):
# 0.12 · 0.9 / (40 · 0.9e-4) = 30 s.
LAG_S = 30.0
NOISE_C = 0.03  # below one step of 12 bits, as the data sheet's typical error curve is smooth
_POWER_ON_BITS = 12


class _Probe:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._bits = _POWER_ON_BITS
        self._features = "0"
        self._body_c: float | None = None
        self._measured_at_s = 0.0

    def temperature(self) -> str:
        step_c = 2.0 ** -(self._bits - 8)  # 9 bits: 0.5 °C, 12 bits: 0.0625 °C
        heard_c = self._body() + self._place.noise(NOISE_C)
        limited_c = min(125.0, max(-55.0, round(heard_c / step_c) * step_c))
        return f"{int(limited_c * 1000)}\n"  # the kernel cuts off, it does not round

    def resolution(self) -> str:
        return f"{self._bits}\n"

    def set_resolution(self, text: str) -> None:
        if text.strip() in ("9", "10", "11", "12"):  # "anything else: do nothing", says the kernel's ABI
            self._bits = int(text)

    def features(self) -> str:
        return f"{self._features}\n"

    def set_features(self, text: str) -> None:
        self._features = text.strip()

    def _body(self) -> float:
        truth_c, now_s = self._place.sense("temperature"), self._place.now_s()
        if self._body_c is None:
            self._body_c = truth_c
        else:
            self._body_c += (truth_c - self._body_c) * (1.0 - exp((self._measured_at_s - now_s) / LAG_S))
        self._measured_at_s = now_s
        return self._body_c


class _Master:
    """The kernel's master of the bus: it forgets slaves, and finds those that are still plugged when it searches."""

    def __init__(self, wire: SimSysfs) -> None:
        wire.add("w1_bus_master1/w1_master_search", read="-1\n", write=lambda text: wire.show_hidden())
        wire.add("w1_bus_master1/w1_master_remove", read="\n", write=lambda slave: wire.hide(slave.strip()))


def attach(wire: SimSysfs, params: Params, place: Place) -> None:
    """Add the probe's folder below /sys/bus/w1/devices."""
    wire.model("w1_bus_master1", lambda: _Master(wire))
    probe, folder = _Probe(place), params["address"]
    wire.add(f"{folder}/temperature", read=probe.temperature)
    wire.add(f"{folder}/resolution", read=probe.resolution, write=probe.set_resolution)
    wire.add(f"{folder}/features", read=probe.features, write=probe.set_features)
