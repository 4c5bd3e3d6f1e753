"""Checks of channels and their limits against the rest of the configuration; it must not judge a running device."""

from collections.abc import Iterator
from itertools import pairwise

from alimante.config.corrections import PAIR, believable
from alimante.config.fahrenheit import asked
from alimante.config.faults import Path, Problem
from alimante.config.model import Device
from alimante.config.readings import ChannelKeys, freshness, plausible
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from hardware.api import Channel, Unit


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for device in scene.devices.values():
        if device.spec.kind != "sensor":
            continue
        yield from _ages(device)
        channels = {channel.name: channel for channel in device.channels}
        for name, keys in device.reading.channels.items():
            path: Path = ("devices", device.id, "channels", name)
            if name in channels:
                yield from _channel(path, channels[name], keys)
            else:
                message = f'a {device.driver} has no channel "{name}"; it has {", ".join(channels)}'
                yield Problem(path, message, did_you_mean(name, channels), at_key=True)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for device in scene.devices.values():
        for channel in device.channels if device.spec.kind == "sensor" else ():
            keys = device.reading.channels.get(channel.name)
            if keys is not None:
                yield from _alarms(device, channel, keys)


def _ages(device: Device) -> Iterator[Problem]:
    ages = freshness(device.reading, device.poll_s)
    if ages.stale_after_s <= device.poll_s:
        message = f"stale_after_s must be above poll_s, which is {device.poll_s:g}; it is {ages.stale_after_s:g}"
        yield Problem(
            ("devices", device.id, "stale_after_s"),
            message,
            "poll it more often: every reading is stale before the next",
        )
    if ages.lost_after_s <= ages.stale_after_s:
        message = f"lost_after_s ({ages.lost_after_s:g}) must be above stale_after_s ({ages.stale_after_s:g})"
        key = "lost_after_s" if device.reading.lost_after_s is not None else "stale_after_s"
        hint = f"a stale_after_s below {ages.lost_after_s:g}, and a poll_s of at most a third of that"
        yield Problem(("devices", device.id, key), message, hint)


def _channel(path: Path, channel: Channel, keys: ChannelKeys) -> Iterator[Problem]:
    low, high = plausible(channel, keys)
    if low >= high:
        key = "plausible_low" if keys.plausible_low is not None else "plausible_high"
        yield Problem((*path, key), f"plausible_low ({low:g}) must be below plausible_high ({high:g})")
    least, alarm_low, alarm_high = 2 * keys.alarm_hysteresis, keys.alarm_low, keys.alarm_high
    if alarm_low is not None and alarm_high is not None and alarm_high - alarm_low <= least:
        message = (
            f"alarm_low and alarm_high are {alarm_high - alarm_low:g} apart, and twice alarm_hysteresis is {least:g}: "
            "no alarm could ever end"
        )
        yield Problem((*path, "alarm_low"), message, "a lower alarm_low, or a smaller alarm_hysteresis")
    if keys.calibration is not None:
        yield from _calibration((*path, "calibration"), keys.calibration)


def _calibration(path: Path, points: list[list[float]]) -> Iterator[Problem]:
    hint = "[[0, 0.2], [50, 51]] when 0 was said at 0.2 and 50 at 51"
    odd = [index for index, point in enumerate(points) if len(point) != PAIR]
    for index in odd:
        yield Problem((*path, index), "a point is two numbers: what the sensor said and what was true", hint)
    if len(points) < PAIR:
        yield Problem(path, f"a calibration needs two points or more; it has {len(points)}", hint)
    elif not odd and any(left[0] >= right[0] for left, right in pairwise(points)):
        yield Problem(path, "what the sensor said must rise from each point of the calibration to the next", hint)


def _alarms(device: Device, channel: Channel, keys: ChannelKeys) -> Iterator[Problem]:
    low, high = believable(channel, keys)
    for key in ("alarm_low", "alarm_high"):
        limit: float | None = getattr(keys, key)
        if limit is not None and not low < limit < high:
            message = f"{key} is outside of what can be believed ({low:g} to {high:g}): it can never be told"
            hint = asked(limit) if channel.unit is Unit.CELSIUS else ""
            yield Problem(("devices", device.id, "channels", channel.name, key), message, hint)
