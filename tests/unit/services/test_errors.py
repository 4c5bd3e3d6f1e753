"""Every failure becomes one classified fact and a line in the book."""

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from fakes import a_sensor, an_actuator, heard

from alimante.config.groups import GroupKeys
from alimante.config.keys import Role
from alimante.config.outputs import OutputKeys
from alimante.config.refs import references
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import (
    Category,
    CommandFinished,
    ConditionChanged,
    ControllerFailed,
    ErrorSeen,
    HandlerFailed,
    Level,
    LinkChanged,
    MailboxOverflowed,
    Outcome,
    ReadingMissed,
    ServiceFailed,
    Severity,
    WireStateChanged,
)
from alimante.policy.classify import Part
from alimante.policy.error_book import ErrorRules
from alimante.services.errors import ErrorRegistry, parts_of
from alimante.simulation.virtual_time import run_virtual

PARTS = {"probe": Part.GATING_SENSOR, "room": Part.SENSOR, "heater": Part.HEAT_OUTPUT, "fan": Part.OUTPUT}


class Bench:
    """A registry that listens, in virtual time."""

    def __init__(self, **rules):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.seen = heard(self.bus, ErrorSeen)
        self.conditions = heard(self.bus, ConditionChanged)
        self.registry = ErrorRegistry(PARTS, rules=ErrorRules(**rules), bus=self.bus, clock=self.clock)
        self._seq = 0

    def run(self, main):
        async def listening():
            await self.registry.start()
            await main()
            await self.registry.stop()

        run_virtual(listening(), self.clock)

    def say(self, *events):
        async def main():
            for event in events:
                self.bus.publish(event)

        self.run(main)
        return [(event.component, event.error, event.severity, event.category) for event in self.seen]

    def miss(self, device="probe", error="BadData", *, channel="temperature", again=False):
        self._seq += not again
        return ReadingMissed(
            device=device, channel=channel, unit="°C", reason="crc", at_s=self.clock.mono(), seq=self._seq, error=error
        )


def finished(outcome, device="heater"):
    return CommandFinished(id="1", device=device, outcome=outcome, reason="because", value=None)


def test_a_missed_reading_is_one_error_whatever_its_channels():
    bench = Bench()
    first = bench.miss()
    assert (
        bench.say(first, bench.miss(channel="humidity", again=True), bench.miss())
        == [("probe", "BadData", Severity.HIGH, Category.SENSOR)] * 2
    )


def test_the_part_of_a_sensor_decides_how_much_it_matters():
    bench = Bench()
    assert bench.say(bench.miss("room"))[0][2] is Severity.MEDIUM
    assert bench.say(bench.miss("probe"))[1][2] is Severity.HIGH


def test_a_read_that_a_breaker_refused_is_no_error():
    bench = Bench()
    assert bench.say(bench.miss(error="BreakerOpen")) == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN])
def test_a_command_that_failed_or_may_have_is_an_error(outcome):
    assert Bench().say(finished(outcome)) == [
        ("heater", f"Command{outcome.capitalize()}", Severity.CRITICAL, Category.ACTUATOR)
    ]


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.FAILED, Outcome.UNKNOWN}))
def test_a_command_that_was_applied_or_refused_is_none(outcome):
    assert Bench().say(finished(outcome)) == []


def test_everything_else_that_fails_is_written_down_under_its_component():
    said = Bench().say(
        WireStateChanged(wire="i2c", wedged=True, reason="stuck"),
        WireStateChanged(wire="i2c", wedged=False, reason="came back"),
        HandlerFailed(handler="Bridge.<locals>.put", event="ReadingTaken", error="ValueError: x"),
        MailboxOverflowed(mailbox="bridge of MQTT", capacity=1000),
        LinkChanged(connected=False, reason="no route"),
        LinkChanged(connected=True, reason=""),
        ServiceFailed(service="history", error="OSError: x", restarts=1, is_critical=False),
        ServiceFailed(service="control", error="OSError: x", restarts=1, is_critical=True),
        ControllerFailed(controller="warmth", error="ZeroDivisionError", text="the controller warmth failed"),
    )
    assert said == [
        ("i2c", "WireWedged", Severity.HIGH, Category.BUS),
        ("event_bus", "HandlerFailed", Severity.HIGH, Category.SYSTEM),
        ("event_bus", "MailboxOverflowed", Severity.LOW, Category.SYSTEM),
        ("mqtt", "LinkLost", Severity.LOW, Category.NETWORK),
        ("history", "ServiceFailed", Severity.MEDIUM, Category.SERVICE),
        ("control", "ServiceFailed", Severity.CRITICAL, Category.SERVICE),
        ("warmth", "ZeroDivisionError", Severity.HIGH, Category.SERVICE),
    ]


def test_the_report_is_json_and_says_counts_rates_and_the_last_ones():
    bench = Bench(recent=2)

    async def main():
        for _ in range(3):
            bench.bus.publish(bench.miss("room"))
            await asyncio.sleep(5.0)
        bench.bus.publish(finished(Outcome.FAILED))
        report = json.loads(json.dumps(bench.registry.report(), allow_nan=False))
        assert list(report) == ["heater", "room"]
        assert report["room"]["total"] == 3
        assert report["room"]["by_error"] == {"BadData": 3}
        assert (report["room"]["first_age_s"], report["room"]["last_age_s"]) == (15.0, 5.0)
        assert report["room"]["per_min"] == {"1min": 3.0, "10min": 0.3, "60min": 0.05}
        assert [noted["age_s"] for noted in report["room"]["recent"]] == [5.0, 10.0]
        assert report["heater"]["recent"][0]["severity"] == "critical"
        assert bench.registry.finding("room").level is Level.CLEAR
        assert bench.registry.finding("fan").level is Level.CLEAR

    bench.clock.advance(20.0)  # away from a turn of the minute: 1020 s
    bench.run(main)


def alternating(bench, *, count, error="BadData"):
    """Readings of the probe of which each second one fails."""
    for _ in range(count):
        bench.bus.publish(bench.miss(error=error))
        bench._seq += 1  # one that succeeded in between


def test_a_sensor_that_fails_and_works_in_turns_is_a_warning_with_the_last_reason():
    bench = Bench()

    async def main():
        alternating(bench, count=5)
        found = bench.registry.finding("probe", of=("ds18b20", "onewire"))
        assert (found.level, found.code) == (Level.WARNING, "fails_often")
        assert "5 times or more within 10 min" in found.text
        assert "crc" in found.text
        assert "three wires" in found.advice
        await asyncio.sleep(16.0)
        assert bench.registry.finding("probe").level is Level.CLEAR

    bench.run(main)


def test_a_sensor_that_is_gone_for_long_failed_once_and_its_breaker_tells_of_it():
    bench = Bench()

    async def main():
        for _ in range(4):
            bench.bus.publish(bench.miss(error="NoAnswer"))
        for _ in range(20):
            bench.bus.publish(bench.miss(error="BreakerOpen"))
            bench.bus.publish(bench.miss(error="NoAnswer"))
        assert bench.registry.finding("probe").level is Level.CLEAR
        assert bench.registry.report()["probe"]["total"] == 24

    bench.run(main)


def test_errors_are_forgotten_after_their_time():
    bench = Bench(forget_after_s=3600.0)

    async def main():
        bench.bus.publish(bench.miss())
        await asyncio.sleep(3601.0)
        assert bench.registry.report() == {}

    bench.run(main)


def test_f046_a_crash_every_61_seconds_is_one_warning_that_ends_after_a_longer_silence():
    bench = Bench()

    async def main():
        for _ in range(24 * 59):
            bench.bus.publish(bench.miss(error="DriverCrashed"))
            await asyncio.sleep(61.0)
        assert [event.level for event in bench.conditions] == [Level.WARNING]
        await asyncio.sleep(31.0)
        assert [event.level for event in bench.conditions] == [Level.WARNING, Level.CLEAR]

    bench.run(main)
    (begun, _) = bench.conditions
    assert (begun.component, begun.condition) == ("probe", "defect")
    assert begun.advice


def test_failures_that_are_no_crashes_are_left_to_the_conditions_of_their_own():
    bench = Bench()
    bench.say(*(bench.miss(error="NoAnswer") for _ in range(100)))
    assert bench.conditions == []


def test_a_registry_that_has_stopped_listens_no_more():
    bench = Bench()
    bench.say()
    bench.bus.publish(bench.miss())
    assert bench.seen == []


def test_a_sensor_gates_when_an_output_names_it_or_its_group():
    def output(name, role, *depends_on):
        keys = OutputKeys.model_construct(depends_on=list(depends_on))
        return replace(an_actuator(name), role=role, output=keys)

    devices = [a_sensor("one"), a_sensor("two"), a_sensor("three")]
    devices += [output("heater", Role.HEATER, "basking", "three"), output("fan", Role.FAN)]
    by_id = {device.id: device for device in devices}
    config = SimpleNamespace(
        wires={"i2c": None, "gpio": None},
        devices=by_id,
        groups={"basking": GroupKeys.model_construct(members=["one"])},
        references=references(by_id, ["basking"]),
    )
    assert parts_of(config) == {
        "i2c": Part.WIRE,
        "gpio": Part.WIRE,
        "one": Part.GATING_SENSOR,
        "two": Part.SENSOR,
        "three": Part.GATING_SENSOR,
        "heater": Part.HEAT_OUTPUT,
        "fan": Part.OUTPUT,
    }
