"""A guarded sensor is tried again when that can help, left alone when it cannot, and never blocks an output."""

import asyncio
import math
import random

import pytest
from fakes import FarOutput, FarSensor, a_sensor, an_actuator, heard, raising

from alimante.config.supervision import BreakerKeys, RecoveryKeys, RetryKeys, TokenKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import (
    BreakerChanged,
    ConditionChanged,
    DeviceStateChanged,
    Level,
    ReadingMissed,
    ReadingTaken,
    WireStateChanged,
)
from alimante.core.rng import RandomStreams
from alimante.io.guards import Guards, NoBreaker
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.retrying import retry_on_error
from alimante.io.worker import InlineWorker
from alimante.policy.breaker import BreakerState
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Sample
from hardware.errors import BadData, NoAnswer, WirePermission, WireTimeout, WireUnavailable

GOOD = [Sample("temperature", 20.0)]


class Bench:
    """Some sensors on one wire in virtual time, with their guards and all that is said."""

    def __init__(self, *names, keys=None, **device):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.fars = {name: FarSensor(lambda sleep: GOOD) for name in names or ("probe",)}
        self.keys = keys or RecoveryKeys()
        self.told = heard(self.bus, BreakerChanged)
        self.conditions = heard(self.bus, ConditionChanged)
        self.readings = heard(self.bus, ReadingTaken, ReadingMissed)
        self.states = heard(self.bus, DeviceStateChanged)
        self._device = device

    @property
    def far(self):
        return self.fars["probe"]

    def run(self, main):
        async def with_handles():
            def on_wedged(wedged, reason):
                self.bus.publish(WireStateChanged(wire="i2c", wedged=wedged, reason=reason))

            self.worker = InlineWorker("i2c", clock=self.clock, on_wedged=on_wedged)
            self.handles = {
                name: SensorHandle(
                    a_sensor(name, **self._device), wire=far, worker=self.worker, clock=self.clock, bus=self.bus
                )
                for name, far in self.fars.items()
            }
            self.guards = Guards(self.handles, keys=self.keys, bus=self.bus, clock=self.clock, streams=RandomStreams(1))
            await main()

        run_virtual(with_handles(), self.clock)

    async def poll(self, times=1, every_s=5.0, *names):
        """Read the sensors in turn, `times` times."""
        for _ in range(times):
            begun_s = self.clock.mono()
            for name in names or self.handles:
                await self.handles[name].read()
            await asyncio.sleep(begun_s + every_s - self.clock.mono())

    def breaker(self, name):
        return self.guards.wires[name].breaker if name in self.guards.wires else self.handles[name].guard.breaker


def failing_first(*errors):
    """An answer that raises `errors` one after the other, and then is good."""
    left = iter(errors)

    def answer(sleep):
        for error in left:
            raise error
        return GOOD

    return answer


class TestRetry:
    @pytest.mark.parametrize("errors", [1, 2])
    def test_one_or_two_bad_attempts_are_absorbed(self, errors):
        bench = Bench()
        bench.far.answer = failing_first(*[BadData("crc")] * errors)
        bench.run(bench.poll)
        assert [type(event) for event in bench.readings] == [ReadingTaken]
        assert bench.far.reads == errors + 1
        assert bench.states[0].new == "online"

    def test_after_three_there_is_one_miss_that_names_the_error(self):
        bench = Bench()
        bench.far.answer = raising(BadData("crc"))
        bench.run(bench.poll)
        (missed,) = bench.readings
        assert (missed.error, missed.reason) == ("BadData", "crc")
        assert bench.far.reads == 3

    @pytest.mark.parametrize("error", [WirePermission("no"), ValueError("a defect"), SystemExit(1)], ids=repr)
    def test_what_no_repetition_helps_is_tried_once(self, error):
        bench = Bench()
        bench.far.answer = raising(error)
        bench.run(bench.poll)
        assert bench.far.reads == 1
        assert len(bench.readings) == 1

    @pytest.mark.parametrize("takes_s", [0.0, 0.3, 0.75, 1.4, 1.9, 5.0])
    def test_all_attempts_together_keep_to_the_deadline(self, takes_s):
        bench = Bench()

        def answer(sleep):
            sleep(takes_s)
            raise WireTimeout("no answer")

        bench.far.answer = answer

        async def main():
            begun_s = bench.clock.mono()
            await bench.handles["probe"].read()
            assert bench.clock.mono() - begun_s <= 2.0 + 1e-6
            assert bench.far.reads == {0.0: 3, 0.3: 3, 0.75: 2}.get(takes_s, 1)

        bench.run(main)

    def test_the_wait_between_attempts_holds_nobody_up(self):
        bench = Bench("probe", "other", keys=RecoveryKeys(retry=RetryKeys(base_s=1.0)))
        bench.fars["probe"].answer = failing_first(BadData("crc"))

        async def main():
            first = asyncio.create_task(bench.handles["probe"].read())
            await asyncio.sleep(0)
            begun_s = bench.clock.mono()
            await bench.handles["other"].read()
            assert bench.clock.mono() == begun_s
            await first

        bench.run(main)
        assert [event.device for event in bench.readings] == ["other", "probe"]

    def test_f055_when_many_fail_together_repetitions_end_and_first_attempts_go_on(self):
        names = [f"probe_{number}" for number in range(20)]
        keys = RecoveryKeys(breaker=BreakerKeys(consecutive=1000, min_calls=1000))
        bench = Bench(*names, keys=keys)
        for far in bench.fars.values():
            far.answer = raising(NoAnswer("the rail is down"))

        async def main():
            await bench.poll(2)
            early = sum(far.reads for far in bench.fars.values())
            assert 40 <= early <= 40 + 10 + 2
            await bench.poll(10)
            late = sum(far.reads for far in bench.fars.values()) - early
            assert 200 <= late <= 200 + 10 * 5 / 5 + 1  # a token comes back each second, and five buy one

        bench.run(main)

    def test_a_driver_that_repeats_by_itself_is_not_repeated_twice(self):
        """Three attempts here and three in the driver would be nine."""
        bench = Bench()
        calls = []

        def answer(sleep):
            again = retry_on_error(sleep=sleep, now=bench.clock.mono, rng=random.Random(1))

            def fetch():
                calls.append(1)
                raise BadData("crc")

            again(fetch)()

        bench.far.answer = answer
        bench.run(bench.poll)
        assert (len(calls), bench.far.reads) == (3, 3)

    def test_what_the_configuration_says_counts(self):
        bench = Bench(keys=RecoveryKeys(retry=RetryKeys(attempts=1, deadline_s=1.0)))
        bench.far.answer = raising(BadData("crc"))

        async def main():
            assert bench.handles["probe"].deadline_s == 1.0
            await bench.poll()

        bench.run(main)
        assert bench.far.reads == 1
        no_tokens = Bench(keys=RecoveryKeys(tokens=TokenKeys(capacity=4.0)))
        no_tokens.far.answer = raising(BadData("crc"))
        no_tokens.run(no_tokens.poll)
        assert no_tokens.far.reads == 1


class TestBreaker:
    def test_a_device_that_fails_opens_its_own_breaker_and_not_its_wires(self):
        bench = Bench("probe", "other")
        bench.fars["probe"].answer = raising(NoAnswer("gone"))

        async def main():
            await bench.poll(20)
            assert bench.breaker("probe").state is BreakerState.OPEN
            assert bench.breaker("i2c").state is BreakerState.CLOSED
            assert len([event for event in bench.readings if event.device == "other"]) == 20

        bench.run(main)
        assert [(event.component, event.new) for event in bench.told] == [("probe", "open")]
        (condition,) = bench.conditions
        assert (condition.component, condition.condition, condition.level) == ("probe", "breaker_open", Level.WARNING)
        assert condition.cause == ""
        assert condition.advice

    def test_an_open_breaker_has_no_repetitions(self):
        bench = Bench()
        bench.far.answer = raising(NoAnswer("gone"))

        async def main():
            await bench.poll(4)
            before = bench.far.reads
            await bench.poll(20)
            assert bench.far.reads - before == 20  # one probe with each poll

        bench.run(main)

    def test_f002_what_returns_is_read_with_the_next_poll_however_long_it_was_gone(self):
        bench = Bench()
        bench.far.answer = raising(NoAnswer("gone"))

        async def main():
            await bench.poll(120)
            back_s = bench.clock.mono()
            bench.far.answer = lambda sleep: GOOD
            await bench.poll(3)
            taken = [event.measured_s - back_s for event in bench.readings if isinstance(event, ReadingTaken)]
            assert taken == pytest.approx([0.0, 5.0, 10.0], abs=1e-3)
            assert bench.breaker("probe").state is BreakerState.CLOSED

        bench.run(main)
        assert [event.new for event in bench.told] == ["open", "closed"]
        assert [event.level for event in bench.conditions] == [Level.WARNING, Level.CLEAR]

    def test_f026_what_hangs_leaves_its_wire_alone_for_most_of_the_time(self):
        bench = Bench("probe", "other")
        bench.fars["probe"].answer = lambda sleep: sleep(4.0) or GOOD

        async def main():
            for _ in range(120):
                tasks = [asyncio.create_task(handle.read()) for handle in bench.handles.values()]
                await asyncio.sleep(5.0)
                await asyncio.gather(*tasks)
            assert bench.breaker("probe").state is BreakerState.OPEN
            assert bench.breaker("i2c").state is BreakerState.CLOSED

        bench.run(main)
        assert bench.far.reads <= 4 + 600 / 15
        late = bench.readings[-60:]
        served = [event for event in late if event.device == "other" and isinstance(event, ReadingTaken)]
        assert len(served) >= 0.7 * len([event for event in late if event.device == "other"])

    def test_a_refused_read_is_told_once_and_counted_each_time(self):
        bench = Bench()

        async def main():
            await bench.poll(2)
            bench.guards.force("probe", BreakerState.FORCED_OPEN, "it is being replaced")
            await bench.poll(10)
            assert bench.handles["probe"].refused == 10
            bench.guards.release("probe")
            await bench.poll(1)

        bench.run(main)
        assert [type(event) for event in bench.readings] == [ReadingTaken] * 2 + [ReadingMissed, ReadingTaken]
        assert bench.readings[2].error == "BreakerOpen"
        assert "it is being replaced" in bench.readings[2].reason
        assert [state.new for state in bench.states] == ["online", "offline", "online"]
        assert [event.seq for event in bench.readings] == [1, 2, 3, 4]

    def test_a_refusal_after_a_miss_is_no_news_and_one_after_a_reading_is(self):
        bench = Bench()
        bench.far.answer = failing_first(WirePermission("no"))

        async def main():
            await bench.poll(1)
            bench.guards.force("probe", BreakerState.FORCED_OPEN, "a test")
            await bench.poll(3)
            bench.guards.release("probe")
            await bench.poll(1)
            bench.guards.force("probe", BreakerState.FORCED_OPEN, "a test")
            await bench.poll(3)

        bench.run(main)
        assert [getattr(event, "error", "") for event in bench.readings] == ["WirePermission", "", "BreakerOpen"]

    def test_a_slow_chip_is_not_slow_as_long_as_it_keeps_its_own_time(self):
        bench = Bench(read_s=3.0)
        bench.far.answer = lambda sleep: sleep(2.9) or GOOD
        bench.run(lambda: bench.poll(20))
        assert bench.told == []

    def test_a_read_that_is_broken_off_leaves_room_for_the_next_probe(self):
        bench = Bench()
        bench.far.answer = raising(NoAnswer("gone"))

        async def main():
            await bench.poll(4)
            bench.far.answer = lambda sleep: sleep(1.0) or GOOD
            await asyncio.sleep(10.0)
            probe = asyncio.create_task(bench.handles["probe"].read())
            await asyncio.sleep(0.5)
            probe.cancel()
            await asyncio.sleep(5.0)
            await bench.poll(3)
            assert bench.breaker("probe").state is BreakerState.CLOSED

        bench.run(main)

    def test_nobody_else_has_a_breaker(self):
        async def main():
            with pytest.raises(NoBreaker, match=r"heater has no breaker; known are probe, i2c"):
                bench.guards.force("heater", BreakerState.FORCED_OPEN, "no")

        bench = Bench()
        bench.run(main)


class TestWire:
    def test_f037_a_wire_that_is_gone_is_one_fact_and_its_devices_name_it(self):
        bench = Bench("one", "two", "three")
        for far in bench.fars.values():
            far.answer = raising(WireUnavailable("no such bus"))

        async def main():
            await bench.poll(60)
            assert bench.breaker("i2c").state is BreakerState.OPEN
            assert {bench.breaker(name).state for name in bench.fars} == {BreakerState.CLOSED}
            asked = sum(far.reads for far in bench.fars.values())
            for far in bench.fars.values():
                far.answer = lambda sleep: GOOD
            await bench.poll(4)
            assert asked < 90  # of 180 polls
            assert {handle.state.current for handle in bench.handles.values()} == {"online"}

        bench.run(main)
        assert [(event.component, event.new) for event in bench.told] == [("i2c", "open"), ("i2c", "closed")]
        begun = [event for event in bench.conditions if event.level is not Level.CLEAR]
        assert [(event.component, event.level, event.cause) for event in begun] == [
            ("i2c", Level.CRITICAL, ""),
            ("one", Level.WARNING, "i2c"),
            ("two", Level.WARNING, "i2c"),
            ("three", Level.WARNING, "i2c"),
        ]
        assert len(bench.conditions) == 8

    def test_a_device_that_answers_wrongly_proves_that_the_wire_works(self):
        bench = Bench("one", "two")
        bench.fars["one"].answer = raising(WireTimeout("held low"))
        bench.fars["two"].answer = raising(NoAnswer("gone"))

        async def main():
            await bench.poll(20)
            assert bench.breaker("i2c").state is BreakerState.CLOSED

        bench.run(main)

    def test_a_locked_bus_is_the_wires_fault_once_most_devices_suffer(self):
        bench = Bench("one", "two", "three")
        for far in bench.fars.values():
            far.answer = raising(WireTimeout("held low"))

        async def main():
            await bench.poll(8)
            assert bench.breaker("i2c").state is BreakerState.OPEN
            assert {bench.breaker(name).state for name in bench.fars} == {BreakerState.CLOSED}

        bench.run(main)

    def test_a_wire_that_hangs_for_long_is_stuck_and_a_short_hang_is_not_told(self):
        bench = Bench("probe", "other")
        hang_s = 5.0

        async def main():
            nonlocal hang_s
            bench.fars["probe"].answer = lambda sleep: sleep(hang_s) or GOOD
            await bench.poll(2)
            assert [event for event in bench.conditions if event.condition == "stuck"] == []
            hang_s = 60.0
            await bench.poll(30)

        bench.run(main)
        stuck = [event for event in bench.conditions if event.condition == "stuck"]
        assert [event.level for event in stuck][:2] == [Level.CRITICAL, Level.CLEAR]
        other = [event for event in bench.conditions if event.component == "other"]
        assert [(event.level, event.cause) for event in other][:2] == [(Level.WARNING, "i2c"), (Level.CLEAR, "")]


class TestOutputs:
    def test_f053_off_is_written_while_every_breaker_is_held_open(self):
        bench = Bench()
        far = FarOutput(bench.clock.mono)

        async def main():
            output = ActuatorHandle(
                an_actuator(wire="i2c"), wire=far, worker=bench.worker, clock=bench.clock, bus=bench.bus
            )
            bench.guards.force("probe", BreakerState.FORCED_OPEN, "a test")
            bench.guards.force("i2c", BreakerState.FORCED_OPEN, "a test")
            while bench.guards.wires["i2c"].tokens.take(bench.clock.mono(), after_timeout=False):
                pass
            done = asyncio.get_running_loop().create_future()
            output.write(0.0, done.set_result, urgent=True)
            assert (await done).value == 0.0

        bench.run(main)
        assert far.level == 0.0


class TestReport:
    def test_it_says_what_each_breaker_does_in_plain_values(self):
        bench = Bench("probe", "other")
        bench.fars["probe"].answer = raising(NoAnswer("gone"))

        async def main():
            await bench.poll(5)
            report = bench.guards.report()
            assert report["devices"]["probe"] == {
                "state": "open",
                "reason": "asking it once more failed",
                "times_opened": 2,
                "rejected": 0,
                "attempts": bench.far.reads,
                "refused": 0,
            }
            assert report["devices"]["other"]["state"] == "closed"
            assert report["wires"]["i2c"]["retries"] == bench.far.reads - 5
            assert not math.isnan(report["wires"]["i2c"]["tokens"])

        bench.run(main)
