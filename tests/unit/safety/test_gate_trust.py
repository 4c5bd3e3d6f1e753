"""What ends the gate's trust: a gap in time, and a place that is too hot."""

from dataclasses import replace

import pytest
from benches import APPLIED, REJECTED, GateBench, seconds
from fakes import an_actuator, heard

from alimante.config.keys import Role
from alimante.config.outputs import LimitsKeys, OutputKeys
from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import SafetyActed
from alimante.safety.gate import GAP_S, Gate
from alimante.safety.output import Decision
from tests.unit.safety.heating import good

FREE = LimitsKeys(min_on_s=0.0, min_off_s=0.0)
"""Nothing but trust keeps such an output from going on again at once."""

REST_S = 60.0


# After a gap in time.


@pytest.fixture
def pair():
    return GateBench(
        *(replace(an_actuator(name), role=Role.HEATER, output=OutputKeys(limits=FREE)) for name in ("heater", "other"))
    )


def pause(bench, for_s=GAP_S + 0.1):
    """Nothing is supervised for so long."""
    bench.clock.advance(for_s)
    bench.gate.tick()


def test_after_a_gap_nothing_goes_on_before_every_output_was_seen_safe_again(pair):
    async def main():
        assert pair.outcome(pair.command(1.0)) is APPLIED
        pair.far["other"].fault = "raise"
        pause(pair)
        assert pair.level == 0.0
        for _ in range(20):
            refused = pair.command(1.0)
            pair.gate.demand("heater", 1.0, source="control", reason="it is cold")
            await seconds(1.0)
            assert pair.answers(refused)[0].reason == "not armed: not yet known to be safe: other"
            assert pair.level == 0.0
        pair.far["other"].fault = ""
        await seconds(1.1)
        pair.gate.demand("heater", 1.0, source="control", reason="it is cold")
        await seconds(1.1)
        assert pair.level == 1.0

    pair.run(main)


def test_after_a_gap_only_what_was_not_safe_is_told_to_be_forced(pair):
    acted = heard(pair.bus, SafetyActed)

    async def main():
        pair.command(1.0)
        pair.gate.demand("other", 0.0, source="control", reason="it is warm")
        pause(pair, for_s=60.0)
        text = "nothing was supervised for 60 s"
        assert [(one.device, one.action, one.cause, one.text) for one in acted] == [
            ("heater", "forced_safe", "gap", text)
        ]
        assert all(output.reason == text and output.source == "gate" for output in pair.gate.outputs.values())
        assert Decision(at_s=pair.clock.mono(), text=text) in pair.output.decisions

    pair.run(main)


def test_a_pause_that_is_no_gap_changes_nothing(pair):
    async def main():
        pair.command(1.0)
        pause(pair, for_s=GAP_S)
        assert pair.level == 1.0

    pair.run(main)


def test_after_a_gap_readings_have_to_prove_themselves_again():
    heater = replace(
        an_actuator(), role=Role.HEATER, output=OutputKeys(limits=FREE, depends_on=["heater_probe.temperature"])
    )
    bench = Place(heater, readings={"heater_probe.temperature": 25.0})

    async def main():
        await all_wished(bench, 6.0)
        assert bench.level == 1.0
        pause(bench)
        assert bench.outcome(bench.command(1.0)) is REJECTED
        assert "has given 1 of 3 good readings in a row" in bench.answers("c1")[0].reason
        assert bench.level == 0.0
        await all_wished(bench, 4.0)
        assert bench.level == 1.0

    bench.run(main)


# Where it is too hot.


class Place(GateBench):
    """Outputs in zones, with `readings` that are measured anew each second."""

    def __init__(self, *devices, readings):
        super().__init__(*devices)
        self.readings = dict(readings)
        self._beliefs = {}
        self.build_gate = lambda handles, **given: Gate(
            handles, believed=self.believed, thermometers=dict.fromkeys(self.readings), wall=self.clock.wall, **given
        )

    def believed(self, name):
        at_s, value = self.clock.mono() // 1.0, self.readings[name]
        before = self._beliefs.get(name)
        if before is None or (before.measured_s, before.value) != (at_s, value):
            self._beliefs[name] = good(value, at_s=at_s)
        return self._beliefs[name]


def heats(name, *, max_c, zone="warm"):
    """A heater with a limit and a sensor of its own; only its limit can trip it."""
    probe = f"{name}_probe.temperature"
    keys = OutputKeys(
        depends_on=[probe],
        limits=FREE,
        limit=LimitKeys(max_c=max_c, cooldown_s=REST_S),
        verify=VerifyKeys(enabled=False, sensor=probe),
    )
    return replace(an_actuator(name), role=Role.HEATER, zone=zone, output=keys)


LIMITS = {"heater": 34.0, "mat": 60.0, "far": 34.0}


@pytest.fixture
def place():
    """A heater, a mat beside it that may get much hotter, and a heater in another zone."""
    zones = {"heater": "warm", "mat": "warm", "far": "cool"}
    return Place(
        *(heats(name, max_c=limit_c, zone=zones[name]) for name, limit_c in LIMITS.items()),
        readings={f"{name}_probe.temperature": 25.0 for name in LIMITS},
    )


def read(bench, name, value):
    bench.readings[f"{name}_probe.temperature"] = value


async def all_wished(bench, for_s):
    """Let controllers want all heaters on for so long."""
    for _ in range(round(for_s)):
        for name in bench.gate.outputs:
            bench.gate.demand(name, 1.0, source="control", reason="it is cold")
        await seconds(1.0)


def levels(bench):
    return {name: far.level for name, far in bench.far.items()}


@pytest.mark.parametrize(
    ("hot", "reads_c", "off"),
    [("heater", 34.5, ("heater", "mat")), ("mat", 63.0, ("heater", "mat")), ("far", 37.0, ("far",))],
)
def test_a_place_that_is_too_hot_for_one_heater_is_too_hot_for_all_heaters_there(place, hot, reads_c, off):
    """Whatever the others' own limits are: the heat of any of them keeps the place hot."""

    async def main():
        await all_wished(place, 6.0)
        assert levels(place) == dict.fromkeys(LIMITS, 1.0)
        read(place, hot, reads_c)
        await all_wished(place, 4.0)
        assert levels(place) == {name: float(name not in off) for name in LIMITS}
        tripped = {name: output.latch.causes for name, output in place.gate.outputs.items() if output.latch.is_tripped}
        assert tripped == dict.fromkeys(off, ["over_temperature"])

    place.run(main)


@pytest.mark.parametrize("still_c", [33.0, 33.9])
def test_a_trip_lasts_as_long_as_the_place_is_not_clearly_cooler_than_the_limit(place, still_c):
    """The rest being over is not enough: below the limit, but by less than a degree, it is still too hot."""

    async def main():
        await all_wished(place, 6.0)
        read(place, "heater", 35.0)
        await all_wished(place, 4.0)
        read(place, "heater", still_c)
        await all_wished(place, 3 * REST_S)
        assert levels(place) == {"heater": 0.0, "mat": 0.0, "far": 1.0}
        assert place.output.latch.is_tripped
        assert place.gate.outputs["mat"].latch.is_tripped
        read(place, "heater", 32.9)
        await all_wished(place, 4.0)
        assert levels(place) == dict.fromkeys(LIMITS, 1.0)

    place.run(main)


def test_a_trip_for_another_cause_does_not_end_where_it_is_too_hot(place):
    async def main():
        await all_wished(place, 6.0)
        place.gate.trip("mat", "no_response", "it does not warm")
        read(place, "heater", 35.0)
        await all_wished(place, 4.0)
        read(place, "heater", 33.5)
        assert place.gate.reset("heater", "anna")
        await all_wished(place, 2 * REST_S)
        assert place.gate.outputs["mat"].latch.is_tripped

    place.run(main)
