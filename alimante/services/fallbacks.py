"""Says how it goes on without a component: with the others of its groups, or in the safe state; it changes nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alimante.config.model import Config
from alimante.policy.belief import Believed


@dataclass(frozen=True, slots=True)
class Fallback:
    """`text` says how it goes on; `is_enough` whether nothing that works for the animal is missing."""

    text: str
    is_enough: bool


def fallbacks(config: Config, believed: Believed) -> Callable[[str], Fallback]:
    """A function that says it for a device or a wire, as things are when it is asked."""

    def find(component: str) -> Fallback:
        if component in config.wires:
            lost = [device.id for device in config.devices.values() if device.wire == component]
        else:
            lost = [component]
        groups, is_enough = _groups_with(config, lost), True
        texts = [f"{name} goes on with its other members" for name in groups if believed(name).value is not None]
        for output in config.devices.values():
            if output.id in lost and output.spec.kind == "actuator":
                texts.append(f"{output.id} is held at its safe value")
                is_enough = False
            elif missing := [ref for ref in output.output.needed if _is_lost(config, believed, ref, lost)]:
                texts.append(f"{output.id} stays safe until {', '.join(missing)} can be believed")
                is_enough = False
        return Fallback("; ".join(texts) or "nothing depends on it", is_enough)

    return find


def _groups_with(config: Config, lost: Iterable[str]) -> list[str]:
    """The groups of which a lost sensor is a member."""
    gone = set(lost)
    return [
        name
        for name, group in config.groups.items()
        if gone & {config.references.get(member, member).partition(".")[0] for member in group.members}
    ]


def _is_lost(config: Config, believed: Believed, ref: str, lost: Iterable[str]) -> bool:
    """Whether what `ref` names is not believed because of what is lost."""
    full = config.references.get(ref, ref)
    if full in config.groups:
        return full in _groups_with(config, lost) and believed(full).value is None
    return full.partition(".")[0] in lost
