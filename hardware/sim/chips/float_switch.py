"""A float switch in the simulated tank; it must not know the tank."""

from hardware.sim.chips.contact import follow
from hardware.sim.gpio import SimGpio
from hardware.sim.place import Params, Place


def attach(wire: SimGpio, params: Params, place: Place) -> None:
    """Follow the truth "level_ok"."""
    follow(wire, params, place, quantity="level_ok")
