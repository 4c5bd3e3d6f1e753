"""A write says what was read back, or why that is not known."""

import asyncio
import math

import pytest
from fakes import FarOutput, an_actuator, heard, raising

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import DeviceStateChanged
from alimante.core.states import DeviceState
from alimante.io.handle import REOPEN_AFTER, WRITE_DEADLINE_S, ActuatorHandle
from alimante.io.worker import DeadlinePassed, InlineWorker
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Range, Unit
from hardware.errors import BadData, DeviceError, TransferError, WireUnavailable


class Bench:
    """One actuator on an inline worker in virtual time."""

    def __init__(self, **device):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.far = FarOutput(self.clock.mono)
        self.states = heard(self.bus, DeviceStateChanged)
        self._device = an_actuator(**device)

    def run(self, main):
        async def with_handle():
            self.worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)
            self.handle = ActuatorHandle(
                self._device, wire=self.far, worker=self.worker, clock=self.clock, bus=self.bus
            )
            await main(self.handle)

        run_virtual(with_handle(), self.clock)

    async def write(self, value, **named):
        done = asyncio.get_running_loop().create_future()
        self.handle.write(value, done.set_result, **named)
        return await done

    def writes(self, *values):
        """How writing each of `values` in turn ended."""
        dones = []

        async def main(handle):
            for value in values:
                dones.append(await self.write(value))  # noqa: PERF401 - one after the other

        self.run(main)
        return dones


def test_a_write_ends_in_what_was_read_back():
    bench = Bench()
    (done,) = bench.writes(1.0)
    assert (done.value, done.error) == (1.0, None)
    assert bench.far.level == 1.0
    assert bench.handle.state.current is DeviceState.ONLINE


def test_the_driver_is_opened_at_the_value_that_is_wanted_so_that_nothing_blinks():
    bench = Bench(safe_value=1.0)
    bench.writes(1.0, 0.0)
    assert bench.far.opened_at == [1.0]


def test_what_was_read_back_is_told_also_when_it_is_not_what_was_written():
    bench = Bench(accepts=Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0))
    bench.far.fault, bench.far.lie = "lie", 40
    (done,) = bench.writes(80.0)
    assert (done.value, done.error) == (40.0, None)
    assert type(done.value) is float


@pytest.mark.parametrize("lie", [math.nan, math.inf, None, "on", True, 10**400], ids=repr)
def test_a_read_back_that_is_no_number_is_an_error(lie):
    bench = Bench()
    bench.far.fault, bench.far.lie = "lie", lie
    (done,) = bench.writes(1.0)
    assert done.value is None
    assert isinstance(done.error, BadData)


def test_an_error_of_the_wire_is_handed_on_and_takes_the_device_offline_once():
    bench = Bench()
    bench.far.fault = "raise"
    first, second = bench.writes(1.0, 1.0)
    assert isinstance(first.error, TransferError)
    assert second.value is None
    assert [change.new for change in bench.states] == [DeviceState.OFFLINE]


def test_f053_an_urgent_write_overtakes_a_waiting_one():
    bench = Bench()

    async def main(handle):
        bench.worker.submit(lambda: bench.worker.sleep(0.5), lambda done: None, label="read", deadline_s=2.0)
        ordinary = asyncio.ensure_future(bench.write(1.0))
        await asyncio.sleep(0)
        await bench.write(0.0, urgent=True)
        await ordinary
        assert [value for _, value in bench.far.begun] == [0.0, 1.0]

    bench.run(main)


def test_what_is_not_wanted_any_more_is_not_written():
    bench = Bench()

    async def main(handle):
        done = await bench.write(1.0, still_wanted=lambda: False)
        assert (done.value, done.error) == (None, None)
        assert bench.far.begun == []
        assert bench.far.opened_at == []

    bench.run(main)


def test_whether_it_is_wanted_is_asked_when_the_wire_is_free():
    bench = Bench()

    async def main(handle):
        wanted = [True]
        bench.worker.submit(lambda: bench.worker.sleep(0.5), lambda done: None, label="read", deadline_s=2.0)
        writing = asyncio.ensure_future(bench.write(1.0, still_wanted=lambda: wanted[0]))
        await asyncio.sleep(0.1)
        wanted[0] = False
        assert (await writing).value is None
        assert bench.far.begun == []

    bench.run(main)


def test_i15_what_was_not_written_is_no_evidence_that_the_device_works():
    bench = Bench()

    async def main(handle):
        await bench.write(1.0, still_wanted=lambda: False)
        assert handle.state.current is DeviceState.UNKNOWN
        bench.far.fault = "raise"
        await bench.write(1.0)
        await bench.write(1.0, still_wanted=lambda: False)
        assert handle.state.current is DeviceState.OFFLINE

    bench.run(main)


def test_f027_a_write_that_hangs_ends_at_its_deadline_and_says_that_it_had_begun():
    bench = Bench()
    bench.far.fault = "hang"
    begun_s = bench.clock.mono()
    (done,) = bench.writes(1.0)
    assert isinstance(done.error, DeadlinePassed)
    assert done.error.started
    assert bench.clock.mono() - begun_s == pytest.approx(WRITE_DEADLINE_S)


class TestReopening:
    def test_after_three_failures_in_a_row_the_driver_is_opened_anew_at_what_is_wanted(self):
        bench = Bench()

        async def main(handle):
            await bench.write(1.0)
            bench.far.fault = "raise"
            for _ in range(REOPEN_AFTER):
                await bench.write(1.0)
            bench.far.fault = ""
            await bench.write(0.0)

        bench.run(main)
        assert bench.far.opened_at == [1.0, 0.0]
        assert bench.far.closed == 1

    def test_two_failures_leave_it_open(self):
        bench = Bench()

        async def main(handle):
            for fault in ("raise", "raise", "", "raise", "raise", ""):
                bench.far.fault = fault
                await bench.write(1.0)

        bench.run(main)
        assert len(bench.far.opened_at) == 1

    @pytest.mark.parametrize("error", [ValueError("cannot close"), TransferError("gone"), SystemExit(1)], ids=repr)
    def test_an_exception_while_closing_costs_one_write_and_not_the_device(self, error, mocker):
        bench = Bench()
        mocker.patch("fakes.FakeActuator.close", raising(error))

        async def main(handle):
            await bench.write(0.0)
            bench.far.fault = "raise"
            for _ in range(REOPEN_AFTER):
                await bench.write(0.0)
            bench.far.fault = ""
            dones = [await bench.write(0.0) for _ in range(2)]
            assert dones[-1].value == 0.0
            assert all(done.error is None or isinstance(done.error, DeviceError) for done in dones)

        bench.run(main)

    def test_a_driver_that_works_again_is_not_closed_behind_a_write_that_succeeded(self):
        """Closing lets go of the line: whatever holds the output after that, it is not the supervisor."""
        bench = Bench()

        async def main(handle):
            await bench.write(0.0)
            bench.far.fault = "raise"
            for _ in range(REOPEN_AFTER - 1):
                await bench.write(0.0)
            bench.worker.submit(lambda: bench.worker.sleep(0.5), lambda done: None, label="read", deadline_s=2.0)
            third = asyncio.ensure_future(bench.write(0.0))
            healing = asyncio.ensure_future(bench.worker.run(self.healer(bench), label="heal", deadline_s=2.0))
            fourth = asyncio.ensure_future(bench.write(0.0))
            results = await asyncio.gather(third, healing, fourth)
            assert [result.error is None for result in results] == [False, True, True]
            await asyncio.sleep(10.0)
            assert len(bench.far.opened_at) == bench.far.closed + 1

        bench.run(main)

    @staticmethod
    def healer(bench):
        def heal():
            bench.far.fault = ""

        return heal


def test_a_look_tells_where_the_output_stands_and_writes_nothing():
    bench = Bench()
    dones = []

    async def main(handle):
        await bench.write(1.0)
        bench.far.level = 0.0
        handle.check(dones.append)
        bench.far.fault, bench.far.lie = "lie", math.nan
        handle.check(dones.append)

    bench.run(main)
    assert (dones[0].value, dones[0].error) == (0.0, None)
    assert isinstance(dones[1].error, BadData)
    assert [value for _, value in bench.far.begun] == [1.0]


def test_a_look_at_an_output_that_was_never_written_opens_nothing():
    bench = Bench()
    dones = []

    async def main(handle):
        handle.check(dones.append)

    bench.run(main)
    assert isinstance(dones[0].error, WireUnavailable)
    assert bench.far.opened_at == []
