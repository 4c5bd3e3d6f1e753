"""A reed contact at the simulated door; it must not know the door."""

from hardware.sim.chips.contact import follow
from hardware.sim.gpio import SimGpio
from hardware.sim.place import Params, Place


def attach(wire: SimGpio, params: Params, place: Place) -> None:
    """Follow the truth "door_open"."""
    follow(wire, params, place, quantity="door_open")
