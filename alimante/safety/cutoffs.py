"""When the safety relay in series with heaters has to be open; it must not open it."""

from collections.abc import Mapping

from alimante.config.model import Role
from alimante.safety.output import Output

Served = Mapping[str, list[Output]]
"""The heaters behind each cutoff, by its id."""


def served(outputs: Mapping[str, Output]) -> Served:
    """Which heaters stand behind which cutoff: the one that each names, or else the only one there is."""
    ids = [name for name, output in outputs.items() if output.rules.role is Role.CUTOFF]
    found: dict[str, list[Output]] = {name: [] for name in ids}
    for output in outputs.values():
        named = output.handle.device.output.cutoff or (ids[0] if len(ids) == 1 else None)
        if output.rules.role is Role.HEATER and named in found:
            found[named].append(output)
    return {name: heaters for name, heaters in found.items() if heaters}


def reason_to_open(heaters: list[Output]) -> str:
    """Why the cutoff before `heaters` may not be closed; empty when it may."""
    for heater in heaters:
        if heater.is_dangerous:
            return f"{heater.id}: {heater.trip}"
        if heater.failed_safe:
            return f"{heater.id} could not be seen to be off: {heater.reason}"
    return ""


def open_before(output: Output, cutoffs: Served, outputs: Mapping[str, Output]) -> str:
    """Why `output` has no power because of its cutoff; empty when that is closed or there is none."""
    for name, heaters in cutoffs.items():
        if output in heaters:
            cutoff = outputs[name]
            is_closed = cutoff.is_confirmed and not cutoff.waiting and cutoff.rules.is_on(cutoff.commanded)
            return "" if is_closed else f"{name} is open"
    return ""
