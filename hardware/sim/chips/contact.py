"""A contact that something in the enclosure closes, without bounce; it must not share code with its driver.

An open contact lets the line float to the pull; with pull "none" a resistor outside holds it against the closed level.
"""

from hardware.sim.gpio import SimGpio
from hardware.sim.place import Params, Place


def attach(wire: SimGpio, params: Params, place: Place) -> None:
    """Follow the truth "contact"."""
    follow(wire, params, place, quantity="contact")


def follow(wire: SimGpio, params: Params, place: Place, *, quantity: str) -> None:
    """Put the contact into the state `one_when` whenever the truth `quantity` is 1, and into the other otherwise."""
    closed_level = params["closed_is"] == "high"
    open_level = not closed_level if params["pull"] == "none" else None

    def look() -> None:
        is_one = place.sense(quantity) >= 0.5
        closed = is_one if params["one_when"] == "closed" else not is_one
        wire.drive(params["pin"], closed_level if closed else open_level)

    wire.every_step(look)
    look()
