"""Rules between the keys of one object, on the plain JSON values; it must not look at other objects.

They stand apart from the models, which check them only once everything else is right: all faults are told at once.
"""

from collections.abc import Iterator
from typing import Any, Final

from alimante.config.faults import Problem

VERSION: Final = 1

_PLACES: Final = 'write {"file": "/etc/alimante/mqtt.password"}, {"env": "MQTT_PASSWORD"} or {"credential": "mqtt"}'


def broken(data: dict[str, Any]) -> Iterator[Problem]:
    """Every rule that `data`, the whole document, breaks."""
    yield from _version(data.get("version", VERSION))
    if isinstance(mqtt := data.get("mqtt"), dict):
        yield from _broker(mqtt)
        if mqtt.get("password") is not None:
            yield from _secret(mqtt["password"])
    for name, wire in _objects(data.get("wires")):
        yield from _pin_factory(name, wire)


def _version(version: Any) -> Iterator[Problem]:
    if version is True:  # which equals 1
        yield Problem(("version",), "version must be 1; it is true")
    elif type(version) is int and version > VERSION:
        message = f"this configuration has format {version}, and this Alimante reads format {VERSION}"
        yield Problem(("version",), message, "update Alimante, or go back to the configuration from before")


def _broker(mqtt: dict[str, Any]) -> Iterator[Problem]:
    is_embedded = mqtt.get("embedded") is True
    if is_embedded and "host" in mqtt:
        yield Problem(("mqtt", "embedded"), '"host" and "embedded": true exclude each other', "remove one of the two")
    if not is_embedded and "host" not in mqtt:
        hint = 'or "embedded": true for a small broker of its own, to try things out'
        yield Problem(("mqtt", "host"), 'mqtt needs "host"', hint)
    if mqtt.get("password") is not None and "username" not in mqtt:
        yield Problem(("mqtt", "password"), 'a "password" needs a "username"')


def _secret(secret: Any) -> Iterator[Problem]:
    path = ("mqtt", "password")
    if not isinstance(secret, dict):
        yield Problem(path, "a secret never stands in the configuration itself", _PLACES)
    elif sum(secret.get(place) is not None for place in ("file", "env", "credential")) != 1:
        yield Problem(path, 'password needs exactly one of "file", "env" and "credential"', _PLACES)


def _pin_factory(name: str, wire: dict[str, Any]) -> Iterator[Problem]:
    if wire.get("kind") == "gpio" and wire.get("backend") == "linux" and wire.get("factory") is None:
        message = f'{name} needs "factory": "lgpio", "rpigpio" or "mock"'
        yield Problem(
            ("wires", name, "factory"),
            message,
            "lgpio works on every Pi; it is never guessed, so that nothing else moves the pins",
        )


def _objects(value: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(name, item) for name, item in value.items() if isinstance(item, dict)] if isinstance(value, dict) else []
