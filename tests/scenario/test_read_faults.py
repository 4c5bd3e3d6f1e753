"""Reads that fail, hang or crash in the whole supervisor, in virtual time: what they cost, and how soon it is over."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from alimante.core.events import (
    BreakerChanged,
    ConditionChanged,
    DeviceStateChanged,
    ErrorSeen,
    Level,
    ReadingMissed,
    ReadingTaken,
    WireStateChanged,
)
from alimante.core.states import DeviceState, NodeState
from alimante.io.guards import Guards
from alimante.policy.breaker import BreakerState
from alimante.services.errors import ErrorRegistry, parts_of
from hardware.errors import BadData, NoAnswer, TransferError, WireUnavailable
from tests.scenario.harness import PROBE, Run, config_of, run_supervisor

P_S = 5.0
SECOND_PROBE = {**PROBE, "address": "28-0316a2795bf0"}
AIR = {"driver": "sht3x", "wire": "bus", "address": "0x44", "zone": "warm"}
TEMPERATURE = f"{PROBE['address']}/temperature"


class Story:
    """One run with its guards and its register of errors, which the supervisor may already have."""

    def __init__(self, run: Run) -> None:
        supervisor = run.supervisor
        self.run = run
        self.guards: Guards = getattr(supervisor, "guards", None) or Guards(
            supervisor.sensors,
            keys=supervisor.config.recovery,
            bus=supervisor.bus,
            clock=run.clock,
            streams=supervisor.ports.streams,
        )
        self.errors: ErrorRegistry | None = getattr(supervisor, "errors", None)
        if self.errors is None:
            rules = supervisor.config.recovery.errors.rules()
            self.errors = ErrorRegistry(parts_of(supervisor.config), rules=rules, bus=supervisor.bus, clock=run.clock)
            supervisor.lifecycle.add(self.errors)

    @property
    def now_s(self) -> float:
        return self.run.clock.mono()

    def probe_answers(self, answer: Callable[[], str], path: str = TEMPERATURE) -> None:
        """Have the kernel's file of a probe answer so."""
        self.run.wire("probes").add(path, read=answer)

    def wire_sleeps(self, seconds: float) -> None:
        """What a call that takes so long does to the wire of the probes."""
        self.run.supervisor.workers["probes"].sleep(seconds)

    def taken(self, device: str, since_s: float = 0.0) -> list[float]:
        """When `device` was measured, all its channels at once."""
        return sorted({e.measured_s for e in self.run.seen(ReadingTaken, device=device) if e.measured_s >= since_s})

    def breaker(self, component: str) -> str:
        report = self.guards.report()
        return (report["devices"] | report["wires"])[component]["state"]

    def open_conditions(self) -> dict[tuple[str, str], str]:
        """The conditions that hold now, of those that guards and errors tell, with their causes."""
        ours = ("breaker_open", "stuck", "defect")
        last = {(e.component, e.condition): e for e in self.run.seen(ConditionChanged) if e.condition in ours}
        return {key: e.cause for key, e in last.items() if e.level is not Level.CLEAR}


def tell(devices: dict[str, dict], story: Callable[[Story], Awaitable[None]]) -> Run:
    stories: list[Story] = []

    async def told(run: Run) -> None:
        await story(stories[0])

    return run_supervisor(config_of(**devices), told, before=lambda run: stories.append(Story(run)))


def gaps_s(times_s: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times_s)]


def raise_(error: BaseException) -> str:
    raise error


def test_f002_a_probe_that_returns_after_ten_minutes_is_good_three_times_within_20_s():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        address = PROBE["address"]
        wire = story.run.wire("probes")
        files = {path: file for path, file in wire._files.items() if path.startswith(address)}
        wire.remove(address)
        await asyncio.sleep(600)
        assert story.breaker("warm_probe") == "open"
        wire._files.update(files)
        back_s = story.now_s
        await asyncio.sleep(30)
        assert story.taken("warm_probe", back_s)[2] - back_s <= 20.0
        assert story.breaker("warm_probe") == "closed"
        assert story.open_conditions() == {}

    tell({"warm_probe": PROBE}, story)


@pytest.mark.parametrize("hours", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_f007_a_checksum_that_fails_now_and_then_is_absorbed_for_hours(hours: int):
    async def story(story: Story) -> None:
        rng = story.run.supervisor.ports.streams.stream("test")
        story.probe_answers(lambda: "" if rng.random() < 0.3 else "25000")
        begun_s = story.now_s
        await asyncio.sleep(hours * 3600)
        times_s = story.taken("warm_probe", begun_s)
        assert max(gaps_s(times_s)) < 25.0  # its readings are lost after 30 s
        assert len(times_s) > 0.94 * hours * 720  # 0.3³ of them end in a miss
        assert story.run.seen(BreakerChanged) == []

    tell({"warm_probe": PROBE}, story)


def test_f026_a_read_of_four_seconds_opens_its_breaker_and_costs_the_others_little():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.probe_answers(lambda: story.wire_sleeps(4.0) or "25000")
        slow_s = story.now_s
        await asyncio.sleep(600)
        opened = story.run.seen(BreakerChanged, component="warm_probe", new=BreakerState.OPEN)
        assert len(opened) == 1
        assert story.breaker("warm_probe") == "open"
        assert story.breaker("probes") == "closed"
        assert all(abs(gap - P_S) < 0.5 for gap in gaps_s(story.taken("air", slow_s)))
        assert max(gaps_s(story.taken("cool_probe", slow_s))) < 30.0  # never lost, though on the same wire
        served = len(story.taken("cool_probe", slow_s)) / (600 / P_S)
        assert served > 0.7
        story.probe_answers(lambda: "25000")
        well_s = story.now_s
        await asyncio.sleep(60)
        assert story.taken("warm_probe", well_s)[0] - well_s <= 30.0
        assert story.breaker("warm_probe") == "closed"
        assert story.open_conditions() == {}

    run = tell({"warm_probe": PROBE, "cool_probe": SECOND_PROBE, "air": AIR}, story)
    opened_at = next(i for i, e in enumerate(run.events) if isinstance(e, BreakerChanged))
    before = [e for e in run.events[:opened_at] if isinstance(e, ReadingMissed) and e.device == "warm_probe"]
    assert len(before) == 3  # one with each poll, and the fourth is told just after: within 20 s


def test_f027_a_read_that_hangs_for_ever_is_missed_after_two_seconds_and_named():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.probe_answers(lambda: story.wire_sleeps(math.inf) or "")
        hung_s = story.now_s
        await asyncio.sleep(60)
        first = next(e for e in story.run.seen(ReadingMissed, device="warm_probe") if e.at_s > hung_s)
        assert first.at_s - hung_s <= P_S + 2.0
        assert first.error == "DeadlinePassed"
        assert [e.wedged for e in story.run.seen(WireStateChanged, wire="probes")][:2] == [True, False]
        ours = ("breaker_open", "stuck")
        told = [
            (e.component, e.condition, e.cause)
            for e in story.run.seen(ConditionChanged)
            if e.condition in ours and e.level is not Level.CLEAR
        ]
        assert told[:3] == [
            ("probes", "stuck", ""),
            ("warm_probe", "breaker_open", "probes"),
            ("cool_probe", "breaker_open", "probes"),
        ]
        assert story.taken("cool_probe", hung_s + 20.0)  # served again beside the call that was given up
        assert all(abs(gap - P_S) < 0.5 for gap in gaps_s(story.taken("air", hung_s)))
        assert len(story.taken("air", hung_s)) == 12

    tell({"warm_probe": PROBE, "cool_probe": SECOND_PROBE, "air": AIR}, story)


@pytest.mark.parametrize("gone_s", [30, 600, pytest.param(7200, marks=pytest.mark.slow)])
def test_f040_a_1_wire_master_that_returns_is_read_within_ten_seconds_and_trusted_within_a_minute(gone_s: float):
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("probes").vanish(True)
        await asyncio.sleep(gone_s)
        assert story.breaker("probes") == "open"
        assert (story.breaker("warm_probe"), story.breaker("cool_probe")) == ("closed", "closed")
        assert story.open_conditions() == {
            ("probes", "breaker_open"): "",
            ("warm_probe", "breaker_open"): "probes",
            ("cool_probe", "breaker_open"): "probes",
        }
        story.run.wire("probes").vanish(False)
        back_s = story.now_s
        await asyncio.sleep(60)
        for device in ("warm_probe", "cool_probe"):
            assert story.taken(device, back_s)[0] - back_s <= 20.0
            assert story.run.supervisor.sensors[device].state.current is DeviceState.ONLINE
        assert min(story.taken(device, back_s)[0] for device in ("warm_probe", "cool_probe")) - back_s <= 10.0
        assert story.breaker("probes") == "closed"
        assert story.open_conditions() == {}

    run = tell({"warm_probe": PROBE, "cool_probe": SECOND_PROBE}, story)
    assert len(run.seen(BreakerChanged)) == 2
    critical = [e for e in run.seen(ConditionChanged) if e.condition == "breaker_open" and e.level is Level.CRITICAL]
    assert [e.component for e in critical] == ["probes"]


def test_f037_a_device_node_that_vanishes_is_found_again_within_a_minute(mocker):
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        gone = mocker.patch.object(story.run.wire("bus"), "transfer", side_effect=WireUnavailable("/dev/i2c-1"))
        gone_s = story.now_s
        await asyncio.sleep(300)
        assert story.breaker("bus") == "open"
        assert gone.call_count <= 6 + 300 / 4 * 2  # one probe in some four seconds, of at most two transfers
        mocker.stop(gone)
        back_s = story.now_s
        await asyncio.sleep(60)
        assert story.taken("air", back_s)[0] - back_s <= 10.0
        assert story.breaker("bus") == "closed"
        assert len(story.taken("warm_probe", gone_s)) == 72

    tell({"warm_probe": PROBE, "air": AIR, "air_two": {**AIR, "address": "0x45"}}, story)


def test_f038_of_five_devices_on_a_bus_only_the_one_that_does_not_answer_is_missed():
    five = {
        "air": AIR,
        "air_two": {**AIR, "address": "0x45"},
        "light": {"driver": "bh1750", "wire": "bus", "address": "0x23", "zone": "warm"},
        "weather": {"driver": "bme280", "wire": "bus", "address": "0x76", "zone": "warm"},
        "weather_two": {"driver": "bme280", "wire": "bus", "address": "0x77", "zone": "warm"},
    }

    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("bus").detach(0x44)
        gone_s = story.now_s
        await asyncio.sleep(600)
        assert {e.device for e in story.run.seen(ReadingMissed)} == {"air"}
        for device in five.keys() - {"air"}:
            assert all(abs(gap - P_S) < 0.5 for gap in gaps_s(story.taken(device, gone_s)))
        assert story.open_conditions() == {("air", "breaker_open"): ""}
        assert story.breaker("bus") == "closed"

    tell(five, story)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), RecursionError(), MemoryError()], ids=repr)
def test_f041_whatever_a_driver_raises_is_contained_and_over_with_the_next_poll(error: BaseException):
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.probe_answers(lambda: raise_(error))
        broken_s = story.now_s
        await asyncio.sleep(60)
        assert len(story.taken("cool_probe", broken_s)) == 12
        assert story.run.supervisor.node.current is NodeState.RUNNING
        assert story.open_conditions().keys() == {("warm_probe", "breaker_open"), ("warm_probe", "defect")}
        assert all(e.error == "DriverCrashed" for e in story.run.seen(ErrorSeen))
        story.probe_answers(lambda: "25000")
        well_s = story.now_s
        await asyncio.sleep(30)
        assert story.taken("warm_probe", well_s)[0] - well_s <= P_S + 0.1
        assert story.open_conditions() == {}

    tell({"warm_probe": PROBE, "cool_probe": SECOND_PROBE}, story)


@pytest.mark.parametrize("hours", [1, pytest.param(24, marks=pytest.mark.slow)])
def test_f046_a_crash_every_61_s_for_hours_is_one_warning_and_no_gap(hours: int):
    async def story(story: Story) -> None:
        crashed_s = [0.0]

        def answer() -> str:
            if story.now_s - crashed_s[0] >= 61.0:
                crashed_s[0] = story.now_s
                raise ZeroDivisionError("planted")
            return "25000"

        story.probe_answers(answer)
        begun_s = story.now_s
        await asyncio.sleep(hours * 3600)
        assert max(gaps_s(story.taken("warm_probe", begun_s))) <= 2 * P_S + 0.1
        assert story.run.seen(BreakerChanged) == []
        defects = story.run.seen(ConditionChanged, condition="defect")
        assert [e.level for e in defects] == [Level.WARNING]
        assert len(story.run.seen(ErrorSeen)) > 54 * hours
        changes = [e.new for e in story.run.seen(DeviceStateChanged, device="warm_probe")]
        assert set(changes) == {DeviceState.ONLINE, DeviceState.OFFLINE}

    tell({"warm_probe": PROBE}, story)


@pytest.mark.parametrize("error", [TransferError("EIO"), BadData("crc"), NoAnswer("gone")], ids=repr)
def test_f055_twenty_devices_that_fail_together_are_asked_a_bounded_number_of_times(error: Exception):
    twenty = {f"probe_{n}": {**PROBE, "address": f"28-0000000000{n:02x}"} for n in range(20)}

    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        asked_s: list[float] = []

        def answer() -> str:
            asked_s.append(story.now_s)
            raise error

        for device in twenty.values():
            story.probe_answers(answer, f"{device['address']}/temperature")
        begun_s = story.now_s
        await asyncio.sleep(300)
        for second in range(290):
            in_ten_s = sum(second <= at_s - begun_s < second + 10 for at_s in asked_s)
            assert in_ten_s <= 40 + 10 + 2  # each device twice, a full bucket, and what comes back in ten seconds
        assert sum(at_s - begun_s >= 60 for at_s in asked_s) <= (240 / P_S + 1) * 20  # both ends count

    tell(twenty, story)


def test_two_runs_with_all_of_this_are_the_same():
    async def story(story: Story) -> None:
        rng = story.run.supervisor.ports.streams.stream("test")
        story.probe_answers(lambda: "" if rng.random() < 0.6 else "25000")
        await asyncio.sleep(1800)

    first, second = (tell({"warm_probe": PROBE, "cool_probe": SECOND_PROBE}, story) for _ in range(2))
    assert first.seen(BreakerChanged)
    assert first.events == second.events
