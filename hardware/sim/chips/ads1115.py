"""A simulated ADS1115 with probes at its inputs, from TI's data sheet; it must not share code with the driver."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from hardware.sim.i2c import SimI2c
from hardware.sim.place import Params, Place

NOISE_STEPS = 0.3  # table 1 of the data sheet: at 128 samples/s the noise stays below one step

_SENSED = {"ppm": "air_quality", "%": "soil", "V": "voltage"}
_FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
_CONFIG_AT_RESET = 0x8583


def volts(calibration: Mapping[str, Any], value: float) -> float:
    """What a probe of this calibration gives at `value`; beyond a table's ends its last line goes on."""
    if calibration["kind"] == "linear":
        return float((value - calibration["offset"]) / calibration["scale"])
    lines = [line for line in pairwise(calibration["points"]) if line[0][1] != line[1][1]]
    (v0, y0), (v1, y1) = min(lines, key=lambda line: _distance(value, line[0][1], line[1][1]))
    return float(v0 + (value - y0) * (v1 - v0) / (y1 - y0))


def _distance(value: float, end: float, other_end: float) -> float:
    return max(min(end, other_end) - value, value - max(end, other_end), 0.0)


class Ads1115:
    """Four registers behind a pointer; a conversion is done when the controller comes back to ask."""

    def __init__(self, probes: Mapping[int, Mapping[str, Any]], place: Place) -> None:
        self._probes = probes
        self._place = place
        self._pointer = 0
        self._registers = [0, _CONFIG_AT_RESET, 0x8000, 0x7FFF]

    def write(self, data: bytes) -> None:
        """The pointer, and then perhaps a register's two bytes."""
        self._pointer = data[0] & 0b11
        if len(data) == 3 and self._pointer:
            self._registers[self._pointer] = int.from_bytes(data[1:], "big")
            if self._pointer == 1:
                self._convert(self._registers[1])

    def read(self, count: int) -> bytes:
        """The register at the pointer."""
        return self._registers[self._pointer].to_bytes(2, "big")

    def _convert(self, config: int) -> None:
        single_shot, start = config >> 8 & 1, config >> 15
        if not (single_shot and start):
            return
        step_v = _FULL_SCALE_V[config >> 9 & 0b111] / 0x8000
        mux = config >> 12 & 0b111
        code = round(self._input_v(mux - 4) / step_v + self._place.noise(NOISE_STEPS))
        self._registers[0] = min(0x7FFF, max(-0x8000, code)) & 0xFFFF

    def _input_v(self, number: int) -> float:
        probe = self._probes.get(number)
        if probe is None:
            return 0.0
        return volts(probe["calibration"], self._place.sense(_SENSED[probe["unit"]]))


def attach(wire: SimI2c, params: Params, place: Place) -> None:
    """Put the chip on the bus, with its probes wired."""
    probes = {probe["input"]: probe for probe in params["inputs"].values()}
    wire.attach(params["address"], Ads1115(probes, place))
