"""What a simulated chip may know of the world it stands in; it must not know the physics behind it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Place(Protocol):
    """Where one device is mounted in the simulated enclosure."""

    def sense(self, quantity: str) -> float:
        """The true value of `quantity` here and now, in the unit of `hardware.api.Channel` for that quantity.

        Raises `KeyError` for a quantity that the physics does not know.
        """
        ...

    def act(self, fraction: float) -> None:
        """What the device does to its surroundings from now on, from 0.0 (nothing) to 1.0 (full power)."""
        ...

    def noise(self, sigma: float) -> float:
        """One draw of zero-mean Gaussian noise from this device's own seeded stream, in the unit of `sigma`."""
        ...

    def now_s(self) -> float:
        """The monotonic time in seconds."""
        ...


Meddle = Callable[[str, Callable[[], Any]], Any]
"""What stands between a driver and its chip while something is broken: `meddle(what, ask)`.

`what` is the path of a file, "read", "write" or "claim"; `ask()` does what was meant and returns the answer. It may ask
or not, return something else, raise a `DeviceError` or take its time.
"""

Params = Mapping[str, Any]
"""A driver's parameters with their defaults filled in, as plain JSON values."""

# Every module of `hardware.sim.chips` has one function
#     def attach(wire, params: Params, place: Place) -> None
# which puts the far side of the driver of the same name onto the simulated wire.
