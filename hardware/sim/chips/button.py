"""A push button that the simulated keeper presses; it must not know the keeper."""

from hardware.sim.chips.contact import follow
from hardware.sim.gpio import SimGpio
from hardware.sim.place import Params, Place


def attach(wire: SimGpio, params: Params, place: Place) -> None:
    """Follow the truth "button_pressed"."""
    follow(wire, params, place, quantity="button_pressed")
