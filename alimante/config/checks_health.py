"""Checks of what is said about health against the rest of the configuration; it must not judge a running device."""

from collections.abc import Iterator

from alimante.config.faults import Problem
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    known = {*scene.device_names, *scene.wire_names, *scene.groups}
    for index, name in enumerate(scene.health.optional):
        if name not in known:
            message = f'there is no device, wire or group "{name}"'
            yield Problem(("health", "optional", index), message, did_you_mean(name, known))
    if scene.health.bad_to_critical < scene.health.bad_to_warning:
        message = f"bad_to_critical ({scene.health.bad_to_critical}) is less than bad_to_warning"
        yield Problem(("health", "bad_to_critical"), message)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    heaters = [name for name in scene.health.optional if _is_heater(scene, name)]
    for name in heaters:
        message = f"{name} is a heater, and health.optional makes its failure a mere warning"
        path = ("health", "optional", scene.health.optional.index(name))
        yield Problem(path, message, "take it off the list unless nothing depends on the heat")


def _is_heater(scene: Scene, name: str) -> bool:
    return name in scene.devices and scene.devices[name].role == "heater"
