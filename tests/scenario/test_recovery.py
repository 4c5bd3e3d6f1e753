"""Repairs in the whole supervisor, in virtual time: what is tried, how often, and when a person is asked."""

import asyncio
import json
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from alimante.app import GaveUp
from alimante.commands.sentences import of_repairs
from alimante.core.events import ConditionChanged, Level, OutputChanged, ReadingTaken, RecoveryFinished
from alimante.services.control_socket import CannotAnswer
from alimante.services.patients import Strategy
from alimante.services.recovery import RecoveryService
from alimante.services.ward import UnknownComponent
from hardware.errors import NoAnswer, WirePermission, WireUnavailable
from tests.scenario.harness import HEATER, PROBE, WIRES, Run, config_of, run_supervisor

SECOND_PROBE = {**PROBE, "address": "28-0316a2795bf0"}
AIR = {"driver": "sht3x", "wire": "bus", "address": "0x44", "zone": "warm"}
LIGHT_METER = {"driver": "bh1750", "wire": "bus", "address": "0x23", "zone": "warm"}
RAIL = {"driver": "relay", "wire": "pins", "pin": 22, "active_high": True, "role": "other", "safe_value": "on"}
TEMPERATURE = f"{PROBE['address']}/temperature"


class Story:
    """One run with its recovery; the ends of the process are only written down."""

    def __init__(self, run: Run, saved: dict[str, Any] | None = None) -> None:
        self.run = run
        self.ended: list[tuple[float, str]] = []
        self.recovery: RecoveryService = run.supervisor.recovery
        self.recovery._end_process = lambda reason: self.ended.append((self.now_s, reason))
        if saved is not None:
            self.recovery.restore(saved)

    @property
    def now_s(self) -> float:
        return self.run.clock.mono()

    def probe_answers(self, answer: Callable[[], str], path: str = TEMPERATURE) -> None:
        """Have the kernel's file of a probe answer so, whatever is searched or opened anew."""
        self.run.wire("probes").add(path, read=answer)

    def hang(self, wire: str = "probes") -> str:
        self.run.supervisor.workers[wire].sleep(math.inf)
        return "25000"

    def finished(self, component: str | None = None) -> list[RecoveryFinished]:
        return [e for e in self.run.seen(RecoveryFinished) if component in (None, e.component)]

    def counts(self, component: str) -> Counter[str]:
        """How many attempts of each size there were, from the history and what is under way."""
        return Counter(
            e["level"]
            for e in self.recovery.history
            if e["component"] == component and e["strategy"] in ("restart", "reset")
        )

    def asks_person(self, component: str) -> bool:
        told = self.run.seen(ConditionChanged, component=component, condition="needs_person")
        return bool(told) and told[-1].level is not Level.CLEAR


def tell(
    devices: dict[str, Any],
    story: Callable[[Story], Awaitable[None]],
    *,
    extra: dict[str, Any] | None = None,
    saved: dict[str, Any] | None = None,
) -> Story:
    stories: list[Story] = []

    async def told(run: Run) -> None:
        await story(stories[0])

    run_supervisor(config_of(extra=extra, **devices), told, before=lambda run: stories.append(Story(run, saved)))
    return stories[0]


def raise_(error: BaseException) -> str:
    raise error


def unplug(story: Story, address: str = PROBE["address"]) -> Callable[[], None]:
    """Pull a probe out, so that no search finds it; returns how to plug it in again."""
    wire = story.run.wire("probes")
    files = {path: file for path, file in wire._files.items() if path.startswith(address)}
    wire.remove(address)
    return lambda: wire._files.update(files)


def test_f031_an_unplugged_probe_ends_with_a_person_and_never_ends_the_process():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        unplug(story)
        await asyncio.sleep(2 * 3600)
        assert story.counts("warm_probe") == {"device": 5, "wire": 3}
        assert story.ended == []
        assert story.asks_person("warm_probe")
        (told,) = story.run.seen(ConditionChanged, condition="needs_person")
        assert told.level is Level.CRITICAL
        assert "heater stays safe" in told.text
        assert "pull-up" in told.advice

    tell({"heater": HEATER}, story)


def test_f002_a_probe_that_returns_is_healed_and_told_once():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        plug = unplug(story)
        await asyncio.sleep(600)
        assert story.asks_person("warm_probe")
        plug()
        await asyncio.sleep(30)
        assert not story.asks_person("warm_probe")
        assert story.recovery.report()["ill"] == {}
        await asyncio.sleep(60)
        assert sum(e.succeeded for e in story.finished("warm_probe") if e.strategy != "fallback") <= 1

    tell({"heater": HEATER}, story)


def test_f031_a_probe_that_the_kernel_has_lost_is_found_by_a_search():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("probes").write("w1_bus_master1/w1_master_remove", PROBE["address"])
        await asyncio.sleep(150)
        (healed,) = [e for e in story.finished("warm_probe") if e.succeeded]
        assert healed.strategy == "reset"
        assert "searched again" in healed.action
        assert not story.asks_person("warm_probe")

    tell({"heater": HEATER}, story)


def test_f045_a_driver_that_crashes_with_every_call_gets_five_three_and_one():
    async def story(story: Story) -> None:
        await asyncio.sleep(121)
        story.probe_answers(lambda: raise_(RuntimeError("a defect")))
        begun_s = story.now_s
        await asyncio.sleep(3600)
        assert story.counts("warm_probe") == {"device": 5, "wire": 3, "process": 1}
        assert len(story.ended) == 1
        assert story.ended[0][0] - begun_s > 5 * 10 + 3 * 15
        assert story.asks_person("warm_probe")

    tell({"heater": HEATER}, story)


def test_f045_a_crashing_driver_that_nothing_depends_on_never_ends_the_process():
    async def story(story: Story) -> None:
        await asyncio.sleep(121)
        story.probe_answers(lambda: raise_(RuntimeError("a defect")))
        await asyncio.sleep(3600)
        assert story.counts("warm_probe") == {"device": 5, "wire": 3}
        assert story.ended == []
        (told,) = story.run.seen(ConditionChanged, condition="needs_person")
        assert told.level is Level.WARNING

    tell({"warm_probe": PROBE}, story)


def test_f046_a_crash_every_61_s_is_repaired_each_time_and_never_escalates():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        due_s = story.now_s
        good = story.run.wire("probes")._files[TEMPERATURE].read

        def answer() -> str:
            nonlocal due_s
            if story.now_s >= due_s:
                due_s += 61.0
                raise RuntimeError("now and then")
            return good().strip()

        story.probe_answers(answer)
        await asyncio.sleep(3600)
        done = story.finished("warm_probe")
        assert len(done) >= 57
        assert all(e.succeeded and e.strategy == "restart" for e in done)
        assert max(e.attempt for e in done) == 5
        assert story.ended == []
        assert not story.asks_person("warm_probe")

    tell({"heater": HEATER}, story)


def test_f052_removing_and_adding_a_component_refunds_nothing():
    async def story(story: Story) -> None:
        calls: list[float] = []

        async def restart() -> str:
            calls.append(story.now_s)
            story.recovery.failed("camera", "Broken", "still dark")
            return "plugged the camera in again"

        for _ in range(20):
            story.recovery.register("camera", Strategy.RESTART, restart)
            for _ in range(3):
                story.recovery.failed("camera", "Broken", "dark")
            await asyncio.sleep(14)
            story.recovery.unregister("camera")
        assert len(calls) == 5

    tell({"warm_probe": PROBE}, story)


def test_an_action_that_raises_anything_is_an_attempt_that_failed():
    async def story(story: Story) -> None:
        async def restart() -> str:
            raise RuntimeError("a defect in the action")

        story.recovery.register("camera", Strategy.RESTART, restart)
        for _ in range(3):
            story.recovery.failed("camera", "Broken", "dark")
        await asyncio.sleep(300)
        assert story.counts("camera") == {"device": 5}
        assert "a defect in the action" in story.finished("camera")[0].action
        assert story.run.supervisor.lifecycle.states()["recovery"] == "running"

    tell({"warm_probe": PROBE}, story)


def test_many_wishes_for_a_repair_are_one_repair_each_ten_seconds():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        for _ in range(60):
            story.recovery.ask("warm_probe", "anna")
            await asyncio.sleep(1)
        assert len(story.finished("warm_probe")) <= 6

    tell({"warm_probe": PROBE}, story)


def test_a_registered_component_is_healed_by_its_own_action():
    async def story(story: Story) -> None:
        async def restart() -> str:
            for _ in range(3):
                asyncio.get_running_loop().call_later(1.0, story.recovery.worked, "camera")
            return "plugged the camera in again"

        story.recovery.register("camera", Strategy.RESTART, restart)
        for _ in range(3):
            story.recovery.failed("camera", "Broken", "dark")
        await asyncio.sleep(5)
        (done,) = story.finished("camera")
        assert (done.succeeded, done.attempt, done.allowed) == (True, 1, 5)
        assert done.action == "plugged the camera in again"

    tell({"warm_probe": PROBE}, story)


def test_f027_a_wire_that_hangs_for_ever_is_served_again_beside_the_call():
    async def story(story: Story) -> None:
        await asyncio.sleep(121)
        good = story.run.wire("probes")._files[TEMPERATURE].read
        story.probe_answers(story.hang)
        await asyncio.sleep(6)
        story.probe_answers(lambda: good().strip())
        await asyncio.sleep(60)
        assert story.run.supervisor.workers["probes"].given_up == 1
        (healed,) = story.finished("probes")
        assert (healed.succeeded, healed.strategy) == (True, "reset")
        assert "gave up the call that hangs" in healed.action
        assert story.ended == []

    tell({"heater": HEATER}, story)


def test_f137_the_process_ends_when_four_calls_hang():
    async def story(story: Story) -> None:
        await asyncio.sleep(121)
        await until_ended(story)
        assert story.counts("probes") == {"wire": 3, "process": 1}
        workers = story.run.supervisor.workers
        assert sum(worker.given_up + worker.wedged for worker in workers.values()) == 4

    told = tell({"heater": HEATER}, story)
    assert "does not come back" in told.ended[0][1]


def test_a_wire_that_still_hangs_in_the_next_process_asks_for_a_person_and_does_not_end_that_one_too():
    """One bad chip must not stop the light and the heat again and again, and lead to the safe mode in the end."""
    first = tell({"heater": HEATER}, until_ended)
    saved = json.loads(json.dumps(first.recovery.snapshot()))

    async def next_process(story: Story) -> None:
        story.probe_answers(story.hang)
        await asyncio.sleep(3600)
        assert story.ended == []
        assert story.asks_person("probes")
        assert story.counts("probes")["wire"] == 3  # of the first run: none was refunded

    tell({"heater": HEATER}, next_process, saved=saved)


async def until_ended(story: Story) -> None:
    story.probe_answers(story.hang)
    async with asyncio.timeout(1200):
        while not story.ended:
            await asyncio.sleep(1)


def test_a_wire_that_hangs_for_sensors_that_nothing_needs_ends_with_a_person():
    async def story(story: Story) -> None:
        await asyncio.sleep(121)
        story.probe_answers(story.hang)
        await asyncio.sleep(3600)
        assert story.counts("probes") == {"wire": 3}
        assert story.ended == []
        assert story.asks_person("probes")

    tell({"warm_probe": PROBE}, story)


def test_f037_a_bus_that_vanishes_and_returns_is_healed_without_a_person():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("probes").vanish(True)
        await asyncio.sleep(60)
        story.run.wire("probes").vanish(False)
        back_s = story.now_s
        await asyncio.sleep(60)
        taken = [e.measured_s for e in story.run.seen(ReadingTaken, device="warm_probe") if e.measured_s > back_s]
        assert taken[2] - back_s <= 60.0
        assert story.ended == []
        assert story.recovery.report()["ill"] == {}

    tell({"heater": HEATER}, story)


def test_f038_one_absent_chip_of_two_has_no_effect_on_the_other():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("bus").detach(0x44)
        begun_s = story.now_s
        await asyncio.sleep(1800)
        assert story.counts("air") == {"device": 5}
        times_s = [e.measured_s for e in story.run.seen(ReadingTaken, device="light_meter") if e.measured_s > begun_s]
        assert all(later - earlier <= 5.01 for earlier, later in pairwise(times_s))
        assert story.asks_person("air")
        assert not story.asks_person("bus")

    tell({"air": AIR, "light_meter": LIGHT_METER}, story)


def test_a_chip_that_holds_the_data_line_is_freed_with_clocks():
    wires = {**WIRES, "bus": {**WIRES["bus"], "recovery_pins": {"scl": 3, "sda": 2}}}

    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("bus").hold_data(story.run.wire("pins"), scl=3, sda=2, clocks=7)
        await asyncio.sleep(120)
        healed = [e for e in story.finished() if e.succeeded]
        assert "came free after 7 clocks" in healed[0].action
        assert healed[0].component == "bus"

    tell({"air": AIR, "light_meter": LIGHT_METER, "rail": RAIL}, story, extra={"wires": wires})


def test_an_adapter_that_is_stuck_is_opened_anew():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("bus").lock(True, until_reopened=True)
        await asyncio.sleep(120)
        (healed,) = [e for e in story.finished() if e.succeeded]
        assert (healed.component, healed.strategy) == ("bus", "reset")
        assert healed.action.endswith("opened air, light_meter anew")  # in the order of the configuration

    tell({"air": AIR, "light_meter": LIGHT_METER}, story)


def test_a_sensor_with_a_supply_of_its_own_is_switched_off_and_on():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        wire, levels = story.run.wire("bus"), []
        chip = wire._chips[0x44]
        wire.detach(0x44)
        story.run.wire("pins").on_level(22, lambda level: levels.append((story.now_s, level)))

        def on_level(level: bool) -> None:
            if level and len(levels) > 1:
                wire.attach(0x44, chip)  # it only needed to lose its power

        story.run.wire("pins").on_level(22, on_level)
        await asyncio.sleep(180)
        (healed,) = [e for e in story.finished("air") if e.succeeded]
        assert "took the power of rail away for 5 s" in healed.action
        (off_s, off), (on_s, on) = levels[1:3]
        assert (off, on) == (False, True)
        assert on_s - off_s == pytest.approx(5.0, abs=1.5)
        assert {e.source for e in story.run.seen(OutputChanged, device="rail", commanded=0.0)} == {"recovery"}

    tell({"air": {**AIR, "power": "rail"}, "rail": RAIL}, story)


def test_what_only_a_person_can_give_is_asked_for_at_once_and_nothing_is_tried():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.probe_answers(lambda: raise_(WirePermission("not allowed")))
        await asyncio.sleep(60)
        assert story.counts("warm_probe") == {}
        assert story.counts("probes") == {}
        assert story.asks_person("probes") or story.asks_person("warm_probe")

    tell({"heater": HEATER}, story)


def test_a_group_goes_on_with_its_other_member_and_that_is_told():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        unplug(story)
        await asyncio.sleep(600)
        (fallback,) = [e for e in story.finished("warm_probe") if e.strategy == "fallback"]
        assert "warm goes on with its other members" in fallback.action
        assert fallback.succeeded
        (told,) = story.run.seen(ConditionChanged, condition="needs_person")
        assert told.level is Level.WARNING

    devices = {"warm_probe": PROBE, "other_probe": SECOND_PROBE, "heater": {**HEATER, "depends_on": ["warm"]}}
    tell(devices, story, extra={"groups": {"warm": {"members": ["warm_probe", "other_probe"]}}})


def test_a_person_who_acknowledges_gets_a_new_attempt_and_no_refund():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        plug = unplug(story)
        await asyncio.sleep(600)
        plug_in_s = story.now_s
        plug()
        assert "begun anew" in story.recovery.ask("warm_probe", "anna")
        assert not story.asks_person("warm_probe")
        await asyncio.sleep(20)
        (healed,) = [e for e in story.finished("warm_probe") if e.succeeded and e.strategy == "manual"]
        assert story.now_s - plug_in_s <= 20
        assert healed.attempt == healed.allowed == 1
        assert story.recovery.report()["budgets"]["device warm_probe"]["is_spent"]

    tell({"heater": HEATER}, story)


def test_a_person_who_acknowledges_in_vain_is_asked_again():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        unplug(story)
        await asyncio.sleep(600)
        story.recovery.ask("warm_probe", "anna")
        assert not story.asks_person("warm_probe")
        await asyncio.sleep(60)
        assert story.asks_person("warm_probe")
        assert story.counts("warm_probe") == {"device": 5, "wire": 3}

    tell({"heater": HEATER}, story)


def test_what_is_not_there_cannot_be_repaired():
    async def story(story: Story) -> None:
        with pytest.raises(UnknownComponent, match="known are probes, pins"):
            story.recovery.ask("nonsense", "anna")

    tell({"heater": HEATER}, story)


def test_a_single_missed_reading_is_no_reason_to_repair():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        good = story.run.wire("probes")._files[TEMPERATURE].read
        answers = iter([False] * 6)
        story.probe_answers(lambda: good().strip() if next(answers, True) else raise_(NoAnswer("gone")))
        await asyncio.sleep(120)
        assert story.finished() == []

    tell({"heater": HEATER}, story)


def test_outputs_of_a_wire_that_is_reset_do_not_blink():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        await story.run.command("rail", 1.0)
        levels: list[bool] = []
        story.run.wire("pins").on_level(22, levels.append)
        story.recovery.ask("pins", "anna")
        await asyncio.sleep(60)
        assert levels == [True]

    tell({"warm_probe": PROBE, "rail": RAIL}, story)


def test_an_output_that_does_not_answer_ends_with_a_person_and_is_safe():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.run.wire("pins").busy(17)
        story.run.wire("pins").vanish()
        await asyncio.sleep(1)
        story.run.wire("pins").return_()
        await asyncio.sleep(300)
        assert story.counts("heater") == {"device": 5, "wire": 3}
        assert story.ended == []
        assert story.asks_person("heater")
        story.run.wire("pins").busy(17, held=False)
        await asyncio.sleep(30)
        assert not story.asks_person("heater")

    tell({"heater": HEATER}, story)


def test_the_history_outlives_a_restart_and_stays_short():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        unplug(story)
        await asyncio.sleep(600)

    first = tell({"heater": HEATER}, story)
    saved = json.loads(json.dumps(first.recovery.snapshot()))
    assert len(saved["history"]) == 9  # five, three and the fallback

    async def nothing(story: Story) -> None:
        await asyncio.sleep(1)

    again = tell({"heater": HEATER}, nothing, saved=saved, extra={"recovery": {"repair": {"history": 4}}})
    assert list(again.recovery.history) == saved["history"][-4:]
    assert {"component", "why", "strategy", "attempt", "allowed", "result", "took_s"} <= saved["history"][0].keys()


def test_a_wire_that_is_gone_is_one_patient_and_its_devices_wait():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        story.probe_answers(lambda: raise_(WireUnavailable("no such folder")))
        await asyncio.sleep(3600)
        assert story.counts("probes") == {"wire": 3}
        assert story.counts("warm_probe")["wire"] == 0
        assert story.ended == []
        assert story.asks_person("probes")

    tell({"heater": HEATER}, story)


def test_the_console_asks_for_a_repair_and_reads_what_was_done():
    async def story(story: Story) -> None:
        await asyncio.sleep(21)
        unplug(story)
        await asyncio.sleep(600)
        answers = story.recovery.answers()
        broken = json.loads(json.dumps(await answers["repairs"]({})))
        assert of_repairs(broken)[1].endswith("alimante recover warm_probe")
        assert "begun anew" in (await answers["recover"]({"device": "warm_probe"}))["text"]
        with pytest.raises(CannotAnswer, match="nothing called 'nonsense'"):
            await answers["recover"]({"device": "nonsense"})
        plain = of_repairs(await answers["repairs"]({}))
        assert any("restart 5 of 5" in line for line in plain)

    tell({"heater": HEATER}, story)


def test_a_wire_that_hangs_for_good_ends_the_real_run_with_the_heater_off():
    """The service manager starts a new process; this one has put its outputs safe before."""
    ended: list[float] = []

    async def story(run: Run) -> None:
        await asyncio.sleep(121)
        run.wire("probes").add(TEMPERATURE, read=lambda: run.supervisor.workers["probes"].sleep(math.inf) or "25000")
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(run.clock.mono())
            assert run.truth.loads["heater"].commanded == 0.0

    with pytest.raises(GaveUp, match="probes could not be repaired in this process"):
        run_supervisor(config_of(heater=HEATER), story)
    assert ended[0] <= 1121.0 + 60.0
