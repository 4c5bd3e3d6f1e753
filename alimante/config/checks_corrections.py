"""Checks that no correction makes a temperature look colder than was measured; it must not judge a reading."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from alimante.config.corrections import Corrected
from alimante.config.faults import Path, Problem
from alimante.config.model import Device
from alimante.config.readings import plausible
from alimante.config.scene import Scene
from hardware.api import Channel, Unit

FAR_C: Final = 3.0
"""A sensor that is wrong by more is broken or stands elsewhere. DS18B20, SHT3x, BME280 and DHT22 are wrong by 1 °C."""

APART_C: Final = 10.0
"""Reference points that are nearer to each other are one point that was measured twice."""

COLDEST_C: Final = 0.0
HOTTEST_C: Final = 60.0
"""The temperatures that matter in an enclosure, whatever is plausible."""

_EXACT_C: Final = 1e-6

_PROOF: Final = (
    f'measure it at two temperatures {APART_C:g} °C or more apart and say "calibration": '
    "[[what it said, what was true], …]; a sensor that is so wrong is better replaced"
)


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for path, channel, corrected, (low, high) in _temperatures(scene):
        if not corrected.knots():
            message = f"nothing that {channel.name} can be lies within its calibration"
            yield Problem((*path, "calibration"), message, "its points are [what the sensor said, what was true]")
        elif any(left[1] >= right[1] for left, right in pairwise(corrected.points)):
            message = "what was true must rise from each point to the next: else a warmer place looks colder"
            yield Problem((*path, "calibration"), message, "its points are [what the sensor said, what was true]")
        elif unproven := _unproven(corrected, low, high):
            key, why = unproven
            said, true_c = _coldest(corrected, low, high)
            yield Problem((*path, key), f"{said:g} °C would count as {true_c:g} °C{why}", _PROOF)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for path, _, corrected, (low, high) in _temperatures(scene):
        shifts = [corrected.value(said) - said for said in corrected.knots(low, high)]
        farthest_c = max(shifts, key=abs, default=0.0)
        if abs(farthest_c) > FAR_C + _EXACT_C and not _unproven(corrected, low, high):
            key = "calibration" if corrected.points else "offset"
            message = (
                f"the sensor is corrected by {farthest_c:g} °C: one that is so wrong is broken or stands elsewhere"
            )
            yield Problem((*path, key), message, "replace it, and put it where the animal is")


def _temperatures(scene: Scene) -> Iterator[tuple[Path, Channel, Corrected, tuple[float, float]]]:
    """Each corrected temperature with its place, and between what the chip says that matters."""
    for device in scene.devices.values():
        for name, keys in device.reading.channels.items():
            channel = device.channel(name)
            if channel is not None and channel.unit is Unit.CELSIUS and (keys.offset or keys.calibration):
                low, high = plausible(channel, keys)
                range_c = min(low, COLDEST_C), max(high, HOTTEST_C)
                yield _path(device, channel), channel, Corrected.of(channel, keys), range_c


def _path(device: Device, channel: Channel) -> Path:
    return ("devices", device.id, "channels", channel.name)


def _coldest(corrected: Corrected, low: float, high: float) -> tuple[float, float]:
    """What the chip says where it is moved down most, the warmest where several are, and what that counts as."""
    said = min(corrected.knots(low, high), key=lambda said: (round(corrected.value(said) - said, 6), -said))
    return said, corrected.value(said)


def _unproven(corrected: Corrected, low: float, high: float) -> tuple[str, str] | None:
    """The key that moves a temperature down by more than was measured, and what is lacking; None where none does."""
    knots = corrected.knots(low, high)
    far = [said for said in knots if corrected.value(said) - said < -FAR_C - _EXACT_C]
    if not far:
        return None
    if not corrected.points:
        return "offset", ", and nothing shows that the sensor is so wrong"
    if corrected.offset < 0.0:
        return "offset", ", which is less than its reference points say"
    if corrected.points[-1][0] - corrected.points[0][0] < APART_C:
        return "calibration", f", and its reference points are less than {APART_C:g} °C apart"
    beyond = [said for said in far if corrected.value(said) - said < corrected.measured_shift(said) - FAR_C - _EXACT_C]
    return ("calibrated_beyond", ", far outside of what was measured") if beyond else None
