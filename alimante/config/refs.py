"""Names of what can be believed: groups and sensor channels; it must not know their values."""

from collections.abc import Iterable, Mapping

from alimante.config.model import Device


def references(devices: Mapping[str, Device], groups: Iterable[str]) -> dict[str, str]:
    """Every way to name something that is believed, with its full name: a group's id or `sensor.channel`.

    A sensor of one channel may be named by its id alone.
    """
    named = {group: group for group in groups}
    for device in devices.values():
        if device.spec.kind != "sensor":
            continue
        channels = [f"{device.id}.{channel.name}" for channel in device.channels]
        named |= {channel: channel for channel in channels}
        if len(channels) == 1:
            named.setdefault(device.id, channels[0])
    return named
