"""A place whose truths a test says itself; it must not know any physics."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from hardware import registry
from hardware.api import OpenRequest


class FixedPlace:
    """A `Place` of constant truths without noise; `sleep` moves its clock on and writes down each wait."""

    def __init__(self, **truths: float) -> None:
        self.truths: dict[str, float] = truths
        self.acts: list[float] = []
        self.slept_s: list[float] = []
        self.time_s = 0.0

    def sense(self, quantity: str) -> float:
        return self.truths[quantity]

    def act(self, fraction: float) -> None:
        self.acts.append(fraction)

    def noise(self, sigma: float) -> float:
        return 0.0

    def now_s(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.time_s += seconds


def open_driver(name: str, wire: Any, params: Mapping[str, Any], place: FixedPlace, *, initial: float = 0.0) -> Any:
    """The shipped driver `name` on `wire`, as the supervisor opens it."""
    spec = registry.get(name)
    request = OpenRequest(wire=wire, params=spec.params.model_validate(params), sleep=place.sleep, initial=initial)
    return spec.open(request)


def attach_chip(name: str, wire: Any, params: Mapping[str, Any], place: FixedPlace) -> None:
    """Put the simulated chip `name` onto the far side of `wire`."""
    filled_in = registry.get(name).params.model_validate(params).model_dump(mode="json")
    import_module(f"hardware.sim.chips.{name}").attach(wire, filled_in, place)
