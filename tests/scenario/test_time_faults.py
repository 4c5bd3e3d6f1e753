"""Wrong, jumping and late clocks, with the real gate on simulated wires in virtual time; what counts is the plant."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from alimante.config.build import build
from alimante.control.days import days
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.component import Lifecycle, Phase
from alimante.core.events import ClockStepped, CommandReceived, ConditionChanged, Event, OutputChanged, SafetyActed
from alimante.core.tasks import Tasks
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import InlineWorker
from alimante.policy.belief import unknown
from alimante.safety.gate import Gate
from alimante.services.control import ControlService
from alimante.services.outputs import OutputService
from alimante.services.periodic import Periodic
from alimante.services.time_watch import TimeWatch
from alimante.simulation.virtual_time import run_virtual
from alimante.wiring import open_wires
from hardware.board import GENERIC
from hardware.sim.truth import LoadTruth
from tests.scenario.harness import Run, config_of, run_supervisor
from tests.unit.fakes import MemoryFiles

PARIS, LORD_HOWE = ZoneInfo("Europe/Paris"), ZoneInfo("Australia/Lord_Howe")
RELAY = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off", "zone": "warm"}
DOCUMENT = {
    "version": 1,
    "node": {"id": "test"},
    "mqtt": {"host": "127.0.0.1"},
    "wires": {"pins": {"kind": "gpio", "backend": "sim"}},
    "devices": {
        "lamp": {**RELAY, "pin": 17, "role": "light"},
        "feeder": {**RELAY, "pin": 27, "role": "feeder"},
        "bubbler": {**RELAY, "pin": 22, "role": "other"},
    },
    "controllers": {
        "light": {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"},
        "meals": {"kind": "feeding", "output": "feeder", "times": ["02:30", "09:00"], "pulse_s": 3},
    },
}


class Box:
    """One run of a node with a clock, a gate and the controllers of the clock, and what it did to its pins."""

    def __init__(self, clock: ManualClock, *, zone: ZoneInfo = PARIS, saved: str = "{}") -> None:
        built = build({**DOCUMENT, "location": {"timezone": zone.key}}, board=GENERIC)
        assert built.config is not None, built.errors
        self.clock, self.zone = clock, zone
        self.bus = EventBus()
        self.bus.bind(asyncio.get_running_loop())
        self.events: list[Event] = []
        self.bus.subscribe(Event, self.events.append)
        self.wires = open_wires(built.config, now=clock.mono)
        worker = InlineWorker("pins", clock=clock, on_wedged=lambda wedged, reason: None)
        handles = {
            device.id: ActuatorHandle(device, wire=self.wires.opened["pins"], worker=worker, clock=clock, bus=self.bus)
            for device in built.config.devices.values()
        }
        self.watch = TimeWatch(built.config.location, clock=clock, bus=self.bus)
        self.gate = Gate(handles, bus=self.bus, now=clock.mono, today=self.watch.today, wall=self.watch.wall)
        self.control = ControlService(
            list(days(built.config)[0].values()),
            believed=lambda name: unknown("nothing is measured"),
            local=self.watch.local,
            ask=self.gate.demand,
            bus=self.bus,
            clock=clock,
            tasks=Tasks(_on_failed),
            tick_s=1.0,
        )
        self._parts = {"time": self.watch, "gate": self.gate, "control": self.control}
        for name, part in json.loads(saved).items():
            self._parts[name].restore(part)
        self.lifecycle = Lifecycle(self.bus)
        for component in (
            Periodic("time", Phase.WIRES, self.watch.tick, every_s=1.0, tasks=Tasks(_on_failed)),
            OutputService(self.gate, bus=self.bus, tasks=Tasks(_on_failed), on_tick=lambda: None),
            self.control,
        ):
            self.lifecycle.add(component)
        self.fed: list[datetime] = []
        self.bus.subscribe(OutputChanged, self._note_feeding)

    def load(self, device: str) -> LoadTruth:
        """What the load behind an output truly does and has done."""
        world = self.wires.world
        assert world is not None
        world.plant.advance()
        return world.plant.truth().loads[device]

    def is_on(self, device: str) -> bool:
        return self.load(device).fraction > 0

    def seen(self, *kinds: type[Event]) -> list:
        return [event for event in self.events if isinstance(event, kinds)]

    def save(self) -> str:
        return json.dumps({name: part.snapshot() for name, part in self._parts.items()})

    async def run_until(self, text: str) -> None:
        """Let the time pass until the wall clock shows that local time."""
        await asyncio.sleep(wall(text, self.zone) - self.clock.wall())

    def command(self, device: str, *, ttl_s: float) -> None:
        expires_s = self.clock.mono() + 30
        self.bus.publish(
            CommandReceived(id="c1", device=device, value=1.0, source="test", expires_s=expires_s, ttl_s=ttl_s)
        )

    def _note_feeding(self, event: OutputChanged) -> None:
        if event.device == "feeder" and event.value:
            self.fed.append(datetime.fromtimestamp(self.clock.wall(), self.zone))


def _on_failed(task: str, error: BaseException) -> None:
    raise AssertionError(f"{task} died") from error


def wall(text: str, zone: ZoneInfo = PARIS) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


Story = Callable[[Box], Awaitable[None]]


def run(clock: ManualClock, story: Story, *, zone: ZoneInfo = PARIS, saved: str = "{}") -> Box:
    """Run `story` beside a node from its start to its stop."""
    kept: list[Box] = []

    async def main() -> None:
        box = Box(clock, zone=zone, saved=saved)
        kept.append(box)
        await box.lifecycle.start()
        await story(box)
        await box.lifecycle.stop()

    run_virtual(main(), clock)
    assert kept[0].load("feeder").cycles == len(kept[0].fed)
    return kept[0]


def clock_at(text: str, zone: ZoneInfo = PARIS, *, synced: bool = True) -> ManualClock:
    return ManualClock(wall_s=wall(text, zone), synced=synced)


def test_lamp_and_feeder_follow_the_clock():
    async def story(box: Box) -> None:
        await box.run_until("2026-05-01 08:00:05")
        assert box.is_on("lamp")
        await box.run_until("2026-05-01 09:05")

    box = run(clock_at("2026-05-01 07:50"), story)
    assert [moment.strftime("%H:%M") for moment in box.fed] == ["09:00"]
    assert box.load("feeder").on_s == pytest.approx(3.0, abs=1.0)


def test_f120_a_boot_in_1970_and_a_step_of_56_years_cause_nothing_but_the_fact_itself():
    async def story(box: Box) -> None:
        await asyncio.sleep(20)
        box.command("bubbler", ttl_s=60)
        await asyncio.sleep(30)
        assert not box.is_on("lamp")
        before = len(box.events)
        box.clock.step_wall(wall("2026-05-01 22:00") - box.clock.wall())
        box.clock.set_synced(True)
        await asyncio.sleep(20)
        assert [type(event) for event in box.events[before:]] == [ClockStepped]
        assert box.is_on("bubbler")
        await asyncio.sleep(15)
        assert not box.is_on("bubbler")  # its 60 seconds are no longer and no shorter
        await asyncio.sleep(3600)

    clock = ManualClock(wall_s=0.0, synced=False)
    box = run(clock, story)
    assert box.fed == []
    assert box.load("lamp").cycles == 0
    assert box.load("bubbler").on_s == pytest.approx(60.0, abs=1.1)
    assert box.seen(ConditionChanged, SafetyActed) == []
    assert len(box.seen(ClockStepped)) == 1


def test_f120_lamps_keep_their_phase_over_a_restart_without_a_clock_and_no_food_is_given():
    async def day(box: Box) -> None:
        await asyncio.sleep(60)
        assert box.is_on("lamp")
        saved.append(box.save())

    async def after_the_power_cut(box: Box) -> None:
        await asyncio.sleep(1800)
        assert box.is_on("lamp")
        box.clock.step_wall(wall("2026-05-01 20:30") - box.clock.wall())
        box.clock.set_synced(True)
        await asyncio.sleep(5)
        assert not box.is_on("lamp")

    saved: list[str] = []
    run(clock_at("2026-05-01 08:30"), day)
    box = run(ManualClock(wall_s=0.0, synced=False), after_the_power_cut, saved=saved[0])
    assert box.fed == []


def test_f121_a_clock_set_back_by_two_hours_stops_nothing_and_repeats_nothing():
    async def story(box: Box) -> None:
        await box.run_until("2026-05-01 09:10")
        assert len(box.fed) == 1
        rounds_s = box.control.completed_s
        box.clock.step_wall(-7200)
        await asyncio.sleep(30)
        assert box.control.completed_s is not None
        assert rounds_s is not None
        assert box.control.completed_s > rounds_s + 28
        assert not box.is_on("lamp")  # it is 07:10 again
        await box.run_until("2026-05-01 09:30")
        assert box.is_on("lamp")

    box = run(clock_at("2026-05-01 08:50"), story)
    assert len(box.fed) == 1
    assert [event.by_s for event in box.seen(ClockStepped)] == [pytest.approx(-7200)]
    assert box.seen(ConditionChanged, SafetyActed) == []


@pytest.mark.parametrize(
    ("zone", "start", "end", "at"),
    [
        (PARIS, "2026-03-29 01:50", "2026-03-29 03:40", "03:00"),
        (PARIS, "2026-10-25 01:50", "2026-10-25 03:40", "02:30"),
        (LORD_HOWE, "2026-10-04 01:50", "2026-10-04 03:40", "02:30"),
        (LORD_HOWE, "2026-04-05 01:20", "2026-04-05 03:40", "02:30"),
        (PARIS, "2028-02-29 02:20", "2028-02-29 03:40", "02:30"),
    ],
)
def test_f122_each_date_is_fed_once_when_the_clock_changes(zone, start, end, at):
    async def story(box: Box) -> None:
        await box.run_until(end)

    box = run(clock_at(start, zone), story, zone=zone)
    assert [moment.strftime("%H:%M") for moment in box.fed] == [at]
    assert box.seen(ClockStepped, ConditionChanged) == []


def test_f122_a_restart_in_another_time_zone_does_not_feed_the_same_date_again():
    async def breakfast(box: Box) -> None:
        await box.run_until("2026-05-01 09:10")
        saved.append(box.save())

    async def further_west(box: Box) -> None:
        await box.run_until("2026-05-01 09:10")

    saved: list[str] = []
    clock = clock_at("2026-05-01 08:55")
    assert len(run(clock, breakfast).fed) == 1
    clock.advance(wall("2026-05-01 08:55", ZoneInfo("Atlantic/Azores")) - clock.wall())
    assert run(clock, further_west, zone=ZoneInfo("Atlantic/Azores"), saved=saved[0]).fed == []


def test_a_restart_in_the_middle_of_a_feeding_does_not_feed_twice_and_tells_a_person():
    async def cut_off(box: Box) -> None:
        while not box.fed:
            await asyncio.sleep(0.5)
        saved.append(box.save())

    async def after(box: Box) -> None:
        await asyncio.sleep(600)

    saved: list[str] = []
    clock = clock_at("2026-05-01 08:59")
    run(clock, cut_off)
    clock.advance(20)
    box = run(clock, after, saved=saved[0])
    assert box.fed == []
    assert [event.condition for event in box.seen(ConditionChanged)] == ["missed_feeding"]


def feedings(since_s: float, until_s: float) -> set[str]:
    """Those whose time lies between two moments."""
    days = (date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2))
    names = [f"{day} {time}" for day in days for time in ("02:30", "09:00")]
    return {name for name in names if since_s < wall(name) < until_s}


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 4, 5, 6, 7, 8))])
def test_f124_a_drifting_and_jumping_clock_never_feeds_a_date_twice_nor_lights_too_long(seed):
    """It feeds at each time that the clock shows, and may leave one out over which it jumps."""
    shown: set[str] = set()
    begun: set[str] = set()

    async def story(box: Box) -> None:
        rng = Random(seed)
        for _ in range(6):
            since_s = box.clock.wall()
            for _ in range(60):
                await asyncio.sleep(60)
                box.clock.step_wall(60 * 0.05)  # told as jumps: 3 s at a time
            shown.update(feedings(since_s, box.clock.wall() - 5.0))
            box.clock.step_wall(rng.uniform(-4 * 3600, 4 * 3600))
        await asyncio.sleep(30)  # what was begun ends
        begun.update(json.loads(box.save())["control"]["meals"]["fed"])

    box = run(clock_at("2026-05-01 06:00"), story)
    assert shown <= begun
    assert len(box.fed) == len(begun)
    assert box.load("lamp").longest_on_s <= timedelta(hours=16).total_seconds()
    assert all(event.value in (0.0, 1.0) for event in box.seen(OutputChanged))


def test_a_power_cut_during_a_feeding_leaves_on_the_disk_that_it_was_begun():
    """The whole supervisor: what is on the disk when the feeder moves keeps the next run from feeding again."""

    async def until_it_moves(run: Run) -> None:
        for _ in range(300):
            await asyncio.sleep(1)
            if run.truth.loads["feeder"].fraction > 0:
                disk.contents = dict(run.supervisor.ports.files.contents)
                return

    async def next_run(run: Run) -> None:
        await asyncio.sleep(900)

    due = datetime.fromtimestamp(ManualClock().wall(), UTC) + timedelta(minutes=2)
    meals = {"kind": "feeding", "output": "feeder", "times": [due.strftime("%H:%M")], "pulse_s": 5}
    config = config_of(extra={"controllers": {"meals": meals}}, feeder=DOCUMENT["devices"]["feeder"])
    disk = MemoryFiles()
    first = run_supervisor(config, until_it_moves, files=MemoryFiles())
    assert first.truth.loads["feeder"].cycles == 1
    second = run_supervisor(config, next_run, files=disk)
    assert second.truth.loads["feeder"].cycles == 0
    assert second.seen(ConditionChanged, component="meals", condition="missed_feeding")
    assert run_supervisor(config, next_run, files=MemoryFiles()).truth.loads["feeder"].cycles == 1
