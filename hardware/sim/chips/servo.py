"""A hobby servo's horn that turns between rest and active; it must not share code with its driver.

Without pulses the horn stays where it is. Angles count to 1 %: the dead band is 10 µs (TowerPro SG90 data sheet).
"""

from hardware.sim.place import Params, Place
from hardware.sim.pwm_class import on_pin
from hardware.sim.sysfs import SimSysfs


def attach(wire: SimSysfs, params: Params, place: Place) -> None:
    """Act with the fraction of the way from `rest_deg` to `active_deg`, at once and not beyond either."""
    shortest_ms, longest_ms = params["pulse_min_ms"], params["pulse_max_ms"]
    rest_deg, active_deg = params["rest_deg"], params["active_deg"]

    def turn(channel: int, fraction: float, period_s: float, enabled: bool) -> None:
        if not enabled:
            return
        pulse_ms = min(max(1000.0 * fraction * period_s, shortest_ms), longest_ms)
        angle_deg = (pulse_ms - shortest_ms) / (longest_ms - shortest_ms) * params["range_deg"]
        way = (angle_deg - rest_deg) / (active_deg - rest_deg)
        place.act(round(min(max(way, 0.0), 1.0), 2))

    place.act(0.0)
    on_pin(wire, params, turn)
