"""A relay's coil on a GPIO line: it pulls as the line stands, owned or not; it must not share code with its driver."""

from hardware.sim.gpio import SimGpio
from hardware.sim.place import Params, Place


def attach(wire: SimGpio, params: Params, place: Place) -> None:
    """Act with full power while the line stands at the relay's active level."""

    def pull(level: bool) -> None:
        place.act(1.0 if level == params["active_high"] else 0.0)

    wire.on_level(params["pin"], pull)
