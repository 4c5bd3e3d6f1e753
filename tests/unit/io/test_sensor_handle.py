"""Whatever a driver does, a reading ends in a good fact or in a miss, and never in an old value."""

import asyncio
import math
import threading
from types import SimpleNamespace

import pytest
from fakes import HUMIDITY, TEMPERATURE, FakeContact, FakeSensor, FarSensor, a_sensor, heard, raising, until

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock, SystemClock
from alimante.core.events import DeviceStateChanged, EdgeSeen, Quality, ReadingMissed, ReadingTaken
from alimante.core.states import DeviceState
from alimante.io.handle import REOPEN_AFTER, SensorHandle
from alimante.io.worker import InlineWorker, ThreadWorker
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Sample
from hardware.errors import NoAnswer


class Bench:
    """One sensor on an inline worker in virtual time, and all that its handle says."""

    def __init__(self, far=None, **device):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.far = far or FarSensor()
        self.said = heard(self.bus, ReadingTaken, ReadingMissed)
        self.states = heard(self.bus, DeviceStateChanged)
        self._device = a_sensor(**device)

    def run(self, main):
        async def with_handle():
            worker = InlineWorker("i2c", clock=self.clock, on_wedged=lambda *told: None)
            self.handle = SensorHandle(self._device, wire=self.far, worker=worker, clock=self.clock, bus=self.bus)
            await main(self.handle)

        run_virtual(with_handle(), self.clock)

    def read(self, times=1):
        async def main(handle):
            for _ in range(times):
                await handle.read()

        self.run(main)
        return self.said


def sample(value, channel="temperature", age_s=0.0):
    return Sample(channel, value, age_s)


class TestGoodReadings:
    def test_a_reading_says_value_unit_quality_and_time(self):
        bench = Bench()
        measured_s = bench.clock.mono()
        assert bench.read() == [
            ReadingTaken(
                device="probe",
                channel="temperature",
                value=21.5,
                unit="°C",
                quality=Quality.GOOD,
                measured_s=measured_s,
                seq=1,
            )
        ]

    def test_a_reading_is_as_old_as_its_beginning_and_what_the_driver_adds(self):
        """Nobody knows when within the call the chip measured: the earliest moment is the safe one."""
        bench = Bench()
        bench.far.answer = lambda sleep: sleep(0.5) or [sample(21.5, age_s=2.0)]
        begun_s = bench.clock.mono()
        assert bench.read()[0].measured_s == begun_s - 2.0

    def test_every_channel_has_its_event_with_one_sequence_number(self):
        bench = Bench(channels=(TEMPERATURE, HUMIDITY))
        bench.far.answer = lambda sleep: (sample(21.5), sample(60, "humidity"))
        said = bench.read(times=3)
        assert [(event.channel, event.seq) for event in said] == [
            (channel, seq) for seq in (1, 2, 3) for channel in ("temperature", "humidity")
        ]
        assert said[1].value == 60.0
        assert type(said[1].value) is float

    @pytest.mark.parametrize("value", [-40.1, 125.1, 1e300, -1e300])
    def test_a_value_outside_the_chips_range_is_bad_and_says_why(self, value):
        bench = Bench()
        bench.far.answer = lambda sleep: [sample(value)]
        (event,) = bench.read()
        assert event.quality is Quality.BAD
        assert "range -40 to 125 °C" in event.reasons[0]

    @pytest.mark.parametrize("value", [-40.0, 0, 125.0])
    def test_a_value_at_the_edge_of_the_range_can_have_been_measured(self, value):
        bench = Bench()
        bench.far.answer = lambda sleep: [sample(value)]
        assert "range -40 to 125" not in str(bench.read()[0].reasons)

    def test_each_channel_is_judged_by_what_was_before(self):
        bench = Bench(channels=(TEMPERATURE, HUMIDITY))
        answers = iter([(20.0, 40.0), (35.0, 90.0)])
        bench.far.answer = lambda sleep: [
            sample(value, name) for value, name in zip(next(answers), ("temperature", "humidity"), strict=True)
        ]
        said = bench.read(times=2)
        assert [event.quality for event in said] == [Quality.GOOD, Quality.GOOD, Quality.BAD, Quality.GOOD]
        assert said[2].reasons == ("jumped by +15 at once",)

    def test_i16_seq_rises_through_misses_and_readings(self):
        bench = Bench()
        answers = iter([[sample(20.0)], "rubbish", "rubbish", [sample(21.0)]])
        bench.far.answer = lambda sleep: next(answers)
        assert [event.seq for event in bench.read(times=4)] == [1, 2, 3, 4]


BROKEN_ANSWERS = {
    "nothing": None,
    "a bare number": 21.5,
    "a text": "21.5",
    "no samples": [],
    "a generator": (number for number in (1,)),
    "a mapping": {"temperature": 21.5},
    "no samples but numbers": [21.5],
    "another channel": [Sample("humidity", 21.5)],
    "one channel twice": [Sample("temperature", 21.5)] * 2,
    "NaN": [Sample("temperature", math.nan)],
    "infinity": [Sample("temperature", math.inf)],
    "minus infinity": [Sample("temperature", -math.inf)],
    "a text as value": [Sample("temperature", "21.5")],
    "None as value": [Sample("temperature", None)],
    "True as value": [Sample("temperature", True)],
    "a complex value": [Sample("temperature", 1j)],
    "an integer beyond all floats": [Sample("temperature", 10**400)],
    "NaN as age": [Sample("temperature", 21.5, math.nan)],
    "an age in the future": [Sample("temperature", 21.5, -60.0)],
    "something with a channel only": [SimpleNamespace(channel="temperature")],
    "a very long text": "x" * 100_000,
}


class TestBrokenDrivers:
    @pytest.mark.parametrize("answer", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS)
    def test_f014_an_answer_that_is_no_measurement_is_a_miss_and_never_the_old_value(self, answer):
        bench = Bench()
        answers = iter([[sample(20.0)], answer, answer])
        bench.far.answer = lambda sleep: next(answers)
        said = bench.read(times=3)
        assert [type(event) for event in said] == [ReadingTaken, ReadingMissed, ReadingMissed]
        assert isinstance(bench.handle.latest["temperature"], ReadingMissed)
        assert 0 < len(said[1].reason) <= 200
        assert said[1].at_s == bench.clock.mono()

    @pytest.mark.parametrize(
        "error",
        [NoAnswer("nobody"), ValueError("oops"), SystemExit(1), KeyboardInterrupt(), RecursionError()],
        ids=repr,
    )
    def test_an_error_is_a_miss_of_every_channel_and_the_next_reading_works(self, error):
        bench = Bench(channels=(TEMPERATURE, HUMIDITY))
        good = [sample(20.0), sample(50.0, "humidity")]
        answers = iter([lambda sleep: good, raising(error), lambda sleep: good])
        bench.far.answer = lambda sleep: next(answers)(sleep)
        said = bench.read(times=3)
        assert [type(event).__name__[7:] for event in said] == ["Taken", "Taken", "Missed", "Missed", "Taken", "Taken"]
        assert {event.channel for event in said[2:4]} == {"temperature", "humidity"}

    def test_an_object_that_cannot_even_be_shown_is_a_miss(self):
        class Hostile:
            def __repr__(self):
                raise ValueError("no")

        bench = Bench()
        bench.far.answer = lambda sleep: Hostile()
        assert isinstance(bench.read()[0], ReadingMissed)

    def test_f027_a_driver_that_hangs_for_ever_is_a_miss_at_its_deadline(self):
        bench = Bench()
        bench.far.answer = lambda sleep: sleep(math.inf)

        async def main(handle):
            begun_s = bench.clock.mono()
            await handle.read()
            assert bench.clock.mono() - begun_s == pytest.approx(2.0)
            for _ in range(5):  # and from then on at once
                await handle.read()
            assert bench.clock.mono() - begun_s == pytest.approx(2.0)

        bench.run(main)
        assert [type(event) for event in bench.said] == [ReadingMissed] * 6
        assert bench.far.reads == 1

    def test_a_late_result_is_never_published(self):
        bench = Bench()
        bench.far.answer = lambda sleep: sleep(30.0) or [sample(99.0)]

        async def main(handle):
            await handle.read()
            await asyncio.sleep(60.0)
            assert isinstance(handle.latest["temperature"], ReadingMissed)
            bench.far.answer = lambda sleep: [sample(20.0)]
            await handle.read()

        bench.run(main)
        assert [getattr(event, "value", None) for event in bench.said] == [None, 20.0]

    def test_a_driver_that_cannot_be_opened_is_tried_again_each_time(self):
        bench = Bench()
        failures = iter([NoAnswer("not there"), ValueError("oops")])

        def on_open():
            for error in failures:
                raise error

        bench.far.on_open = on_open
        assert [type(event) for event in bench.read(times=3)] == [ReadingMissed, ReadingMissed, ReadingTaken]


class TestReopening:
    def test_a_driver_stays_open_while_it_works(self):
        bench = Bench()
        bench.read(times=10)
        assert (bench.far.opened, bench.far.closed) == (1, 0)

    def test_after_three_failures_in_a_row_the_driver_is_opened_anew(self):
        bench = Bench()
        bench.far.answer = raising(NoAnswer("nobody"))
        bench.read(times=REOPEN_AFTER)
        assert (bench.far.opened, bench.far.closed) == (1, 0)
        bench = Bench()
        bench.far.answer = raising(NoAnswer("nobody"))
        bench.read(times=2 * REOPEN_AFTER + 1)
        assert (bench.far.opened, bench.far.closed) == (3, 2)

    def test_failures_that_are_not_in_a_row_do_not_add_up(self):
        bench = Bench()
        answers = iter(["rubbish", "rubbish", [sample(20.0)]] * 5)
        bench.far.answer = lambda sleep: next(answers)
        bench.read(times=15)
        assert bench.far.opened == 1

    @pytest.mark.parametrize("how", ["close", "undo"])
    def test_one_exception_while_closing_never_silences_a_device_for_good(self, how):
        """The chip has lost its settings: only a newly opened driver can read it."""

        class Clumsy(FakeContact):
            def watch(self, on_edge):
                return raising(ValueError("no such edge")) if how == "undo" else super().watch(on_edge)

        bench = Bench(driver=Clumsy)
        if how == "close":
            bench.far.on_close = raising(ValueError("cannot close"))
        opened_when_lost = []

        def answer(sleep):
            if bench.far.reads == 1:
                opened_when_lost.append(bench.far.opened)
            if bench.far.opened == opened_when_lost[0]:
                raise NoAnswer("lost its settings")
            return [sample(20.0)]

        bench.far.answer = answer
        said = bench.read(times=3 * REOPEN_AFTER)
        assert isinstance(said[-1], ReadingTaken)

    def test_closing_lets_go_of_edges_and_driver(self):
        bench = Bench(driver=FakeContact)

        async def main(handle):
            await handle.read()
            assert len(bench.far.watchers) == 1
            handle.close()
            handle.close()

        bench.run(main)
        assert bench.far.watchers == []
        assert bench.far.closed == 1

    def test_a_reopened_driver_is_watched_once(self):
        bench = Bench(driver=FakeContact)
        answers = iter([*["rubbish"] * REOPEN_AFTER, [sample(1.0)], [sample(1.0)]])
        bench.far.answer = lambda sleep: next(answers)
        bench.read(times=REOPEN_AFTER + 2)
        assert bench.far.opened == 2
        assert len(bench.far.watchers) == 1


class TestState:
    def test_a_device_is_unknown_until_it_was_read(self):
        bench = Bench()
        bench.read(times=0)
        assert bench.handle.state.current is DeviceState.UNKNOWN
        assert bench.handle.latest == {}

    def test_it_is_told_on_the_edge_only(self):
        bench = Bench()
        answers = iter([[sample(20.0)], [sample(20.0)], "rubbish", "rubbish", [sample(20.0)]])
        bench.far.answer = lambda sleep: next(answers)
        bench.read(times=5)
        assert [change.new for change in bench.states] == [
            DeviceState.ONLINE,
            DeviceState.OFFLINE,
            DeviceState.ONLINE,
        ]
        assert "rubbish" in bench.states[1].reason


class TestDeadlines:
    @pytest.mark.parametrize(
        ("poll_s", "read_s", "deadline_s"), [(60.0, 0.1, 2.0), (1.0, 0.1, 0.5), (5.0, 2.0, 3.0), (0.2, 0.1, 0.15)]
    )
    def test_a_deadline_is_below_half_the_period_but_above_what_the_chip_needs(self, poll_s, read_s, deadline_s):
        bench = Bench(poll_s=poll_s, read_s=read_s)
        bench.read(times=0)
        assert bench.handle.deadline_s == pytest.approx(deadline_s)


class TestEdges:
    def test_a_storm_of_edges_is_told_once_until_it_was_served(self):
        bench = Bench(driver=FakeContact)
        edges = heard(bench.bus, EdgeSeen)

        async def main(handle):
            bench.bus.bind(asyncio.get_running_loop())
            await handle.read()
            for _ in range(10_000):
                bench.far.edge()
            await asyncio.sleep(0)
            assert edges == [EdgeSeen(device="probe")]
            assert handle.edges == 10_000
            handle.edge_served()
            bench.far.edge()
            await asyncio.sleep(0)
            assert len(edges) == 2

        bench.run(main)

    async def test_edges_from_another_thread_coalesce(self, bus):
        bus.bind(asyncio.get_running_loop())
        edges = heard(bus, EdgeSeen)
        far = FarSensor()
        clock = SystemClock()
        worker = ThreadWorker("gpio", clock=clock, on_wedged=lambda *told: None, sleep=lambda seconds: None)
        handle = SensorHandle(a_sensor(driver=FakeContact), wire=far, worker=worker, clock=clock, bus=bus)
        await handle.read()
        thread = threading.Thread(target=lambda: [far.edge() for _ in range(10_000)])
        thread.start()
        await until(lambda: edges and not thread.is_alive())
        worker.close()
        assert edges == [EdgeSeen(device="probe")]
        assert handle.edges == 10_000

    def test_how_long_to_settle_is_the_drivers_to_say(self):
        bench = Bench(driver=FakeContact)

        async def main(handle):
            assert handle.settle_s == 0.0
            await handle.read()
            assert handle.settle_s == 0.05
            handle.close()
            assert handle.settle_s == 0.0

        bench.run(main)

    @pytest.mark.parametrize("said", [math.nan, math.inf, "long", None, -1.0])
    def test_a_settling_time_that_is_none_counts_as_none(self, said):
        class Odd(FakeContact):
            settle_s = said

        bench = Bench(driver=Odd)

        async def main(handle):
            await handle.read()
            assert handle.settle_s == 0.0

        bench.run(main)

    def test_a_sensor_without_edges_has_nothing_to_settle(self):
        bench = Bench(driver=FakeSensor)
        bench.read()
        assert bench.handle.settle_s == 0.0
