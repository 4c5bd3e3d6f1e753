"""Every sensor is read on time, for ever, whatever the others do."""

import asyncio
import math
from collections import Counter

import pytest
from fakes import FarSensor, a_sensor, heard, raising

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ReadingMissed, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.io.handle import SensorHandle
from alimante.io.worker import InlineWorker
from alimante.services.polling import PollingService, phases_s
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Sample
from hardware.errors import NoAnswer


class Bench:
    """Sensors on inline workers, polled in virtual time; `read_at` has when the driver of each was asked."""

    def __init__(self, *devices, start_s=1000.0):
        self.clock = ManualClock(mono_s=start_s)
        self.start_s = start_s
        self.bus = EventBus()
        self.devices = devices
        self.read_at = {device.id: [] for device in devices}
        self.takes_s = Counter()
        self.far = {device.id: FarSensor(self._answer(device.id)) for device in devices}
        self.said = heard(self.bus, ReadingTaken, ReadingMissed)
        self.deaths = []

    def _answer(self, name):
        def answer(sleep):
            self.read_at[name].append(self.clock.mono() - self.start_s)
            sleep(self.takes_s[name])
            return [Sample("temperature", 20.0)]

        return answer

    def run(self, for_s):
        async def main():
            wires = {device.wire for device in self.devices}
            workers = {
                wire: InlineWorker(wire, clock=self.clock, on_wedged=lambda *told: None) for wire in sorted(wires)
            }
            self.handles = {
                device.id: SensorHandle(
                    device, wire=self.far[device.id], worker=workers[device.wire], clock=self.clock, bus=self.bus
                )
                for device in self.devices
            }
            tasks = Tasks(lambda *death: self.deaths.append(death))
            self.service = PollingService(self.handles, clock=self.clock, tasks=tasks)
            await self.service.start()
            await asyncio.sleep(for_s)
            await self.service.stop()

        run_virtual(main(), self.clock)
        assert self.deaths == []


@pytest.mark.parametrize("period_s", [0.2, 5.0, 1 / 3])
@pytest.mark.parametrize("start_s", [1000.1, 3e7])
def test_ten_thousand_readings_do_not_drift(period_s, start_s):
    bench = Bench(a_sensor(poll_s=period_s), start_s=start_s)
    bench.run((10_000 + 0.5) * period_s)
    times_s = bench.read_at["probe"]
    assert len(times_s) == 10_001
    assert all(abs(time_s - n * period_s) < 1e-3 for n, time_s in enumerate(times_s))
    assert bench.service.skipped.total() == 0


def test_ten_thousand_slow_readings_do_not_drift():
    bench = Bench(a_sensor(poll_s=5.0))
    bench.takes_s["probe"] = 0.75
    bench.run(10_000 * 5.0)
    times_s = bench.read_at["probe"][1:]
    assert len(times_s) == 9_999
    assert all(abs(time_s - times_s[0] - n * 5.0) < 1e-3 for n, time_s in enumerate(times_s))


def test_sensors_of_one_wire_are_spread_over_their_period():
    bench = Bench(*[a_sensor(f"probe{n}", poll_s=5.0) for n in range(4)])
    bench.run(14.9)
    later = {name: [round(at_s, 3) for at_s in times_s[1:]] for name, times_s in bench.read_at.items()}
    assert later == {
        "probe0": [5.0, 10.0],
        "probe1": [6.25, 11.25],
        "probe2": [7.5, 12.5],
        "probe3": [8.75, 13.75],
    }


def test_phases_begin_in_the_second_period_and_stay_in_it():
    handles = [type("Handle", (), {"device": a_sensor(f"p{n}", poll_s=float(n + 1))}) for n in range(7)]
    for handle, phase_s in zip(handles, phases_s(handles), strict=True):
        assert handle.device.poll_s <= phase_s < 2 * handle.device.poll_s


def test_the_first_round_of_a_wire_is_one_after_the_other_and_at_once():
    bench = Bench(*[a_sensor(f"probe{n}", poll_s=60.0) for n in range(3)], a_sensor("other", wire="gpio"))
    for name in bench.far:
        bench.takes_s[name] = 0.5
    bench.run(4.0)
    assert {name: times_s[0] for name, times_s in bench.read_at.items()} == {
        "probe0": 0.0,
        "probe1": 0.5,
        "probe2": 1.0,
        "other": 0.0,
    }


def test_everything_was_read_once_before_the_first_poll_is_due():
    bench = Bench(*[a_sensor(f"probe{n}", poll_s=5.0) for n in range(5)])
    bench.run(0.1)
    assert [event.device for event in bench.said] == [f"probe{n}" for n in range(5)]


def test_f026_a_slow_reading_skips_its_missed_times_and_never_piles_up():
    """Each reading takes 2.5 periods: two of three times are skipped."""
    bench = Bench(a_sensor(poll_s=2.0, read_s=4.0))
    bench.takes_s["probe"] = 5.0
    bench.run(65.0)
    times_s = bench.read_at["probe"]
    assert times_s[:4] == pytest.approx([0.0, 7.0, 13.0, 19.0])
    assert bench.service.skipped["probe"] == 2 * (len(times_s) - 2)


def test_a_reading_that_takes_just_less_than_its_period_skips_nothing():
    bench = Bench(a_sensor(poll_s=2.0, read_s=4.0))
    bench.takes_s["probe"] = 1.9
    bench.run(100.0)
    assert bench.service.skipped.total() == 0


def test_f027_a_hanging_sensor_does_not_stop_other_wires():
    bench = Bench(a_sensor("stuck", wire="i2c"), a_sensor("fine", wire="gpio"))
    bench.takes_s["stuck"] = math.inf
    bench.run(1000.4)
    assert len(bench.read_at["fine"]) == 201
    assert all(abs(at_s - 5.0 * n) < 1e-3 for n, at_s in enumerate(bench.read_at["fine"]))
    misses = [event for event in bench.said if event.device == "stuck"]
    assert len(misses) > 190
    assert {type(event) for event in misses} == {ReadingMissed}
    assert len(bench.read_at["stuck"]) == 1


def test_a_hanging_sensor_costs_those_behind_it_one_deadline_and_they_are_told_missing():
    bench = Bench(a_sensor("stuck"), a_sensor("behind"))
    bench.takes_s["stuck"] = math.inf
    bench.run(3.0)
    assert [event.device for event in bench.said if isinstance(event, ReadingMissed)] == ["stuck", "behind"]


def test_a_wire_that_comes_back_is_read_again_within_a_period():
    bench = Bench(a_sensor("slow"), a_sensor("other"))
    bench.takes_s["slow"] = 100.0

    def heal_later(sleep, answer=bench.far["slow"].answer):
        result = answer(sleep)
        bench.takes_s["slow"] = 0.0
        return result

    bench.far["slow"].answer = heal_later
    bench.run(120.0)
    last = {event.device: event for event in bench.said}
    assert {type(event) for event in last.values()} == {ReadingTaken}
    returned_s = min(at_s for at_s in bench.read_at["slow"] if at_s > 0)
    assert returned_s <= 100.0 + 5.0 + 1e-3


def test_a_sensor_that_always_fails_keeps_its_pace():
    bench = Bench(a_sensor(poll_s=5.0))
    bench.far["probe"].answer = raising(NoAnswer("nobody"))
    bench.run(99.0)
    assert len(bench.said) == 20


def test_a_stopped_service_reads_no_more():
    bench = Bench(a_sensor(poll_s=1.0))

    async def main():
        await asyncio.sleep(50.0)

    bench.run(5.5)
    count = len(bench.read_at["probe"])
    run_virtual(main(), bench.clock)
    assert len(bench.read_at["probe"]) == count == 6


def test_without_sensors_there_is_nothing_to_do():
    Bench().run(10.0)


def test_sensors_whose_times_all_but_coincide_are_each_read_once_per_period():
    """A loop may fire a timer as much as its resolution too early: that is no second reading."""
    bench = Bench(a_sensor("quick", wire="i2c", poll_s=0.2), a_sensor("slow", wire="gpio", poll_s=0.6))
    bench.run(1000 * 0.6 + 0.1)
    assert len(bench.read_at["slow"]) == 1001
    assert len(bench.read_at["quick"]) == 3001
