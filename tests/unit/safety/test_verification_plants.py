"""Five normal days in all sorts of enclosures: the watch over a heater that can do harm finds nothing.

Each plant is followed by a stuck sensor, so that a watch that is blind cannot pass.
"""

from typing import Any

import pytest

from alimante.config.verify import LimitKeys, VerifyKeys
from tests.unit.safety.heating import DAY_S, BangBang, Bench, Proportioned

HARM_C = 38.0


def hour(now_s: float) -> float:
    """The plant's day begins at 8 in the morning."""
    return (now_s / 3600.0 + 8.0) % 24.0


def day_and_night(now_s: float) -> float:
    return 30.0 if 7.0 <= hour(now_s) < 20.0 else 25.0


def lamp(now_s: float) -> dict[str, float]:
    return {"lamp": float(7.0 <= hour(now_s) < 19.0)}


def airing(now_s: float) -> dict[str, float]:
    return {"fan": 0.5 * (now_s % 7200.0 < 600.0)}


PLANTS: dict[str, dict[str, Any]] = {
    "default": {"every_s": 5.0},
    "default, duty": {"control": Proportioned()},
    "default, dimmer": {"control": Proportioned(cycle_s=0.0)},
    "small": {"capacity_j_per_k": 500.0, "heat_w": 30.0, "loss_w_per_k": 0.6, "every_s": 10.0},
    "small, slow sensor": {"capacity_j_per_k": 1000.0, "heat_w": 40.0, "loss_w_per_k": 0.6, "lag_s": 120.0},
    "small, slow sensor, duty": {
        "capacity_j_per_k": 1000.0,
        "heat_w": 40.0,
        "loss_w_per_k": 0.6,
        "lag_s": 120.0,
        "control": Proportioned(),
    },
    "large": {"capacity_j_per_k": 20_000.0, "heat_w": 100.0, "loss_w_per_k": 1.5, "room_c": 18.0},
    "large, coarse steps": {"capacity_j_per_k": 20_000.0, "heat_w": 100.0, "loss_w_per_k": 1.5, "step_c": 0.5},
    "cold room, hardly strong enough": {"room_c": 10.0, "heat_w": 40.0},
    "hot room": {"room_c": 28.0, "swing_c": 4.0},
    "coarse steps, duty": {"step_c": 0.5, "control": Proportioned()},
    "noise": {"noise_c": 0.2},
    "slow sensor, hardly strong enough": {"lag_s": 120.0, "room_c": 15.0, "heat_w": 40.0},
    "lamp by day, duty": {"roles": {"lamp": "light"}, "others": lamp, "control": Proportioned()},
    "lamp by day": {"roles": {"lamp": "light"}, "others": lamp},
    "fan now and then": {"roles": {"fan": "fan"}, "others": airing, "heat_w": 100.0},
}
TELLING = {"default, duty", "small, slow sensor", "large, coarse steps", "noise", "lamp by day", "fan now and then"}
"""One of each kind; the others are looked at by `make soak`."""


def bench(every_s: float = 20.0, **plant: Any) -> Bench:
    """A plant whose owner says its rate a third too high."""
    rate = 60.0 * plant.get("heat_w", 60.0) / plant.get("capacity_j_per_k", 3000.0)
    return Bench(
        every_s=every_s,
        limit=LimitKeys(max_c=34.0, max_rate_c_per_min=1.3 * rate),
        verify=VerifyKeys(resolution_c=plant.get("step_c", 0.0625)),
        target=day_and_night,
        tells_target=True,
        **plant,
    )


@pytest.mark.parametrize(
    "name", [name if name in TELLING else pytest.param(name, marks=pytest.mark.slow) for name in PLANTS]
)
def test_five_normal_days_trip_nothing_and_then_a_stuck_sensor_does(name: str):
    one = bench(**{"control": BangBang(), **PLANTS[name]})
    one.run(5 * DAY_S)
    assert one.found == []
    assert one.highest_c < HARM_C - 2.0
    one.sensor = lambda now_s, reading_c: 28.0  # two degrees below the target of the day
    one.run(4 * 3600.0)
    assert one.off_s is not None
    assert one.highest_c < HARM_C
