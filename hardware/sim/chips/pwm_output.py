"""A load dimmed by the mean level of a PWM pin; it must not share code with its driver."""

from hardware.sim.place import Params, Place
from hardware.sim.pwm_class import on_pin
from hardware.sim.sysfs import SimSysfs


def attach(wire: SimSysfs, params: Params, place: Place) -> None:
    """Act with the fraction of the time that the pin is high, or low for an inverted load; a dead pin is low."""

    def shine(channel: int, fraction: float, period_s: float, enabled: bool) -> None:
        place.act(1.0 - fraction if params["inverted"] else fraction)

    on_pin(wire, params, shine)
