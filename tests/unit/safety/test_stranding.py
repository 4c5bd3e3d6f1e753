"""When an output that should be off is left to another process."""

import errno
import os
from dataclasses import replace

import pytest
from benches import GateBench, seconds
from fakes import FakeActuator, an_actuator, heard, raising

from alimante.config.model import Role
from alimante.core.events import ConditionChanged, DeviceStateChanged, OutputChanged
from alimante.safety.stranding import AFTER_S, UNANSWERED
from hardware.errors import from_oserror

HEATER = replace(an_actuator(), role=Role.HEATER)
CUTOFF = replace(an_actuator("cutoff"), role=Role.CUTOFF)

RESTED_S = 121.0
"""After so long off a heater may be on again."""

NOTHING_LEFT = [
    from_oserror(OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "the output"),
    OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
    MemoryError(),
    RuntimeError("can't start new thread"),
]


class Exhausted(FakeActuator):
    """A driver that fails with `error` at the step `at` while the wire is broken."""

    error: BaseException
    at: str

    def __init__(self, request):
        self._fail(request.wire, "open")
        super().__init__(request)

    def write(self, value):
        self._fail(self._far, "write")
        super().write(value)

    def read_back(self):
        self._fail(self._far, "read back")
        return super().read_back()

    def close(self):
        self._fail(self._far, "close")
        super().close()

    def _fail(self, far, step):
        if far.fault == "exhausted" and self.at == step:
            raise self.error


def exhausted(error, at):
    kind = type("Planted", (Exhausted,), {"error": error, "at": at})
    return replace(HEATER, spec=replace(HEATER.spec, open=kind))


async def turned_on(bench, *devices):
    for device in devices or ("heater",):
        bench.command(1.0, device=device)
    await seconds(0.1)
    assert all(bench.far[device].level == 1.0 for device in devices or ("heater",))


@pytest.mark.parametrize("error", NOTHING_LEFT, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", ["write", "read back"])
def test_f166_whatever_off_lacks_it_is_tried_four_times_and_then_left_to_another_process(error, step):
    bench = GateBench(exhausted(error, step))

    async def main():
        await turned_on(bench)
        bench.far["heater"].fault = "exhausted"
        bench.command(0.0)
        await seconds(AFTER_S - 0.1)
        assert bench.gate.stranded() == ""
        opened = len(bench.far["heater"].opened_at)
        await seconds(1.0)
        assert "heater cannot be seen to be OFF" in bench.gate.stranded()
        assert opened == 2  # a new driver was tried as well
        bench.far["heater"].fault = ""
        await seconds(1.0)
        assert (bench.level, bench.gate.stranded()) == (0.0, "")

    bench.run(main)


@pytest.mark.parametrize("error", NOTHING_LEFT, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", ["open", "close"])
def test_f166_what_only_a_new_driver_lacks_keeps_no_output_from_going_off(error, step):
    bench = GateBench(exhausted(error, step))

    async def main():
        await turned_on(bench)
        bench.far["heater"].fault = "exhausted"
        bench.command(0.0)
        await seconds(0.1)
        assert (bench.level, bench.gate.stranded(after_s=0.0)) == (0.0, "")

    bench.run(main)


def test_a_write_that_hangs_is_left_to_another_process():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.far["heater"].fault = "hang before"
        bench.command(0.0)
        await seconds(AFTER_S + 1.0)
        assert "heater cannot be seen to be OFF" in bench.gate.stranded()

    bench.run(main)


def test_an_answer_that_gets_lost_is_like_a_failure():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.output.handle.worker.submit = lambda *given, **named: None  # the thread died, and nobody will ever say so
        bench.command(0.0)
        await seconds(AFTER_S + 1.5)
        assert "heater cannot be seen to be OFF" in bench.gate.stranded()

    bench.run(main)


def test_a_failure_that_passes_is_none():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        for _ in range(3):
            bench.far["heater"].fault = "raise"
            bench.command(0.0)
            await seconds(2.0)
            bench.far["heater"].fault = ""
            await seconds(1.1)
            assert (bench.level, bench.gate.stranded(after_s=0.0)) == (0.0, "")
            await seconds(RESTED_S)
            await turned_on(bench)

    bench.run(main)


@pytest.mark.parametrize("fault", ["raise", "hang", "ignore"])
def test_f070_what_was_never_seen_off_ends_no_process(fault):
    bench = GateBench(HEATER)

    async def main():
        bench.far["heater"].fault = fault
        await bench.service.start()
        for _ in range(60):
            await seconds(1.0)
            assert bench.gate.stranded() == ""

    bench.run(main, start=False)


@pytest.mark.parametrize("role", [Role.HEATER, Role.LIGHT, Role.UVB, Role.OTHER])
def test_what_may_warm_is_left_to_another_process(role):
    bench = GateBench(replace(HEATER, role=role))

    async def main():
        await turned_on(bench)
        bench.far["heater"].fault = "raise"
        bench.command(0.0)
        await seconds(AFTER_S + 1.0)
        assert bench.gate.stranded()

    bench.run(main)


@pytest.mark.parametrize(
    "device", [*(replace(HEATER, role=role) for role in (Role.FAN, Role.MISTER)), an_actuator(safe_value=1.0)]
)
def test_a_broken_fan_and_what_is_safe_while_it_is_on_end_no_process(device):
    bench = GateBench(device)

    async def main():
        bench.command(1.0 - device.safe_value)
        await seconds(1.0)
        bench.far["heater"].fault = "raise"
        bench.command(device.safe_value)
        await seconds(60.0)
        assert bench.gate.stranded() == ""

    bench.run(main)


@pytest.mark.parametrize(("fault", "is_left"), [("", False), ("raise", True), ("ignore", True)])
def test_f056_a_heater_whose_cutoff_was_seen_open_is_left_to_nobody(fault, is_left):
    bench = GateBench(HEATER, CUTOFF)

    async def main():
        await seconds(11.0)  # the cutoff closes
        await turned_on(bench)
        bench.far["heater"].fault = "raise"
        bench.far["cutoff"].fault = fault
        bench.command(0.0)
        await seconds(AFTER_S + 1.0)
        assert bool(bench.gate.stranded()) is is_left
        assert bench.far["cutoff"].level == float(is_left)

    bench.run(main)


def test_a_cutoff_that_does_not_open_before_a_relay_that_is_welded_is_left_to_another_process():
    bench = GateBench(HEATER, CUTOFF)

    async def main():
        await seconds(11.0)
        bench.far["cutoff"].fault = "raise"
        bench.gate.make_safe("test", "no heat is needed")
        await seconds(30.0)
        assert bench.gate.stranded() == ""  # the heater itself is off
        bench.gate.trip("heater", "stuck_on", "it heats although it is off")
        await seconds(5.0)
        assert "cutoff cannot be opened" in bench.gate.stranded()

    bench.run(main)


def test_an_off_that_came_too_late_was_not_tried():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.occupy(0.9)
        bench.command(0.0, expires_in_s=0.2)
        await seconds(20.0)
        assert (bench.level, bench.gate.stranded()) == (1.0, "")
        bench.far["heater"].fault = "raise"
        bench.command(0.0)
        await seconds(1.5)
        assert bench.gate.stranded() == ""  # the time counts from this one

    bench.run(main)


def test_a_machine_that_was_paused_within_an_off_is_given_time_to_try_it():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.occupy(0.5)
        bench.command(0.0)
        bench.clock.advance(60.0)
        bench.gate.tick()
        assert bench.gate.stranded() == ""

    bench.run(main)


@pytest.mark.parametrize("error", NOTHING_LEFT, ids=lambda error: type(error).__name__)
def test_f166_nobody_who_is_told_of_an_output_keeps_it_from_going_off(error, monkeypatch):
    bench = GateBench(HEATER)
    kinds = (OutputChanged, ConditionChanged, DeviceStateChanged)

    async def main():
        await turned_on(bench)
        heard(bench.bus, *kinds)
        for kind in kinds:
            bench.bus.subscribe(kind, raising(error))
        monkeypatch.setattr("alimante.core.bus._log.error", raising(error))  # and not even that can be told
        bench.command(0.0)
        await seconds(0.1)
        assert bench.level == 0.0
        await seconds(RESTED_S)
        await turned_on(bench)

    bench.run(main)


def test_the_service_tells_of_it_at_each_tick():
    bench, told = GateBench(HEATER), []

    async def main():
        bench.service._on_stranded = told.append
        await turned_on(bench)
        bench.far["heater"].fault = "raise"
        bench.command(0.0)
        await seconds(AFTER_S - 0.1)
        assert told == []
        await seconds(1.0)
        assert told
        assert all("heater" in why for why in told)

    bench.run(main)


def test_one_try_that_failed_is_enough_once_its_time_is_over():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.far["heater"].fault = "raise"
        bench.command(0.0)
        bench.clock.advance(AFTER_S - 0.01)
        assert bench.gate.stranded() == ""
        bench.clock.advance(0.01)
        assert bench.gate.stranded().startswith("heater cannot be seen to be OFF: ")

    bench.run(main)


@pytest.mark.parametrize(("asks", "is_left"), [(UNANSWERED - 1, False), (UNANSWERED, True)])
def test_so_many_tries_without_an_answer_are_like_one_that_failed(asks, is_left):
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.occupy(0.5)
        bench.command(0.0)
        bench.clock.advance(AFTER_S)
        bench.output.unsafe_asks = asks
        assert bool(bench.gate.stranded()) is is_left

    bench.run(main)


def test_a_cutoff_that_protects_nothing_ends_no_process():
    bench = GateBench(CUTOFF)

    async def main():
        await turned_on(bench, "cutoff")
        bench.far["cutoff"].fault = "raise"
        bench.command(0.0, device="cutoff")
        bench.clock.advance(AFTER_S)
        assert bench.gate.outputs["cutoff"].failed_safe
        assert bench.gate.stranded() == ""

    bench.run(main)


def test_who_asks_may_be_more_patient():
    bench = GateBench(HEATER)

    async def main():
        await turned_on(bench)
        bench.far["heater"].fault = "raise"
        bench.command(0.0)
        bench.clock.advance(AFTER_S)
        assert bench.gate.stranded() != ""
        assert bench.gate.stranded(after_s=AFTER_S + 1.0) == ""

    bench.run(main)
