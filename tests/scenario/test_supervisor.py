"""The whole supervisor on simulated wires, in virtual time; what counts is the true state of the plant."""

import asyncio

import pytest

from alimante.app import GaveUp
from alimante.core.component import STOP_S, Phase
from alimante.core.events import DeviceStateChanged, EdgeSeen, Outcome, OutputChanged, ReadingMissed, ReadingTaken
from alimante.core.states import DeviceState
from alimante.services.systemd import READY, STOPPING, WATCHDOG
from tests.scenario.harness import HEATER, PROBE, READY_S, Run, config_of, run_supervisor

SECOND_PROBE = {**PROBE, "address": "28-0316a2795bf0", "zone": "cool"}
AIR = {"driver": "sht3x", "wire": "bus", "address": "0x44", "zone": "warm"}
TANK = {"driver": "float_switch", "wire": "pins", "pin": 23}


def test_the_relay_on_its_pin_warms_what_the_probe_reads():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        before = run.truth.zones["warm"].temperature_c
        assert await run.command("heater", 1.0) is Outcome.APPLIED
        await asyncio.sleep(900)
        assert run.truth.zones["warm"].temperature_c > before + 5
        reading = run.seen(ReadingTaken, device="warm_probe")[-1]
        assert reading.value == pytest.approx(run.truth.zones["warm"].temperature_c, abs=1.0)

    run_supervisor(config_of(warm_probe=PROBE, heater=HEATER), story)


def test_a_command_holds_for_its_time_only():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0, ttl_s=60.0)
        await asyncio.sleep(59)
        assert run.truth.loads["heater"].heat_w > 0
        await asyncio.sleep(3)
        assert run.truth.loads["heater"].heat_w == 0

    run_supervisor(config_of(heater=HEATER), story)


def test_outputs_are_safe_before_anything_is_measured_and_after_the_end():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        assert run.truth.loads["heater"].heat_w > 0

    run = run_supervisor(config_of(warm_probe=PROBE, heater=HEATER), story)
    kinds = [type(event) for event in run.events]
    assert kinds.index(OutputChanged) < kinds.index(ReadingTaken)
    assert run.truth.loads["heater"].heat_w == 0
    assert run.notifier.sent[0] == READY
    stop = run.notifier.sent.index(STOPPING)
    assert WATCHDOG in run.notifier.sent[:stop]
    assert WATCHDOG not in run.notifier.sent[stop:]


def test_slow_parts_do_not_starve_the_watchdog_while_one_run_makes_room_for_another():
    fed: list[int] = []

    class Slow:
        phase = Phase.WIRES  # stopped when nothing ticks any more

        def __init__(self, number: int, run: Run) -> None:
            self.name, self._run = f"slow {number}", run

        async def start(self) -> None:
            pass

        async def stop(self) -> None:
            fed.append(self._run.notifier.sent.count(WATCHDOG))
            await asyncio.sleep(STOP_S - 1.0)

    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        run.supervisor.ports.notices.changes()
        await run.supervisor.lifecycle.stop()

    def before(run: Run) -> None:
        for number in range(5):
            run.supervisor.lifecycle.add(Slow(number, run))

    run_supervisor(config_of(heater=HEATER), story, before=before)
    assert fed == [fed[0] + count for count in range(5)]


def test_a_lost_probe_costs_its_siblings_nothing():
    async def story(run: Run) -> None:
        await asyncio.sleep(21)
        run.wire("probes").remove(PROBE["address"])
        lost_s = run.clock.mono()
        await asyncio.sleep(60)
        taken = [e.device for e in run.seen(ReadingTaken) if e.measured_s > lost_s]
        assert taken == ["cool_probe"] * 12
        assert len(run.seen(ReadingMissed, device="warm_probe")) == 12

    run = run_supervisor(config_of(warm_probe=PROBE, cool_probe=SECOND_PROBE), story)
    changes = [event.new for event in run.seen(DeviceStateChanged, device="warm_probe")]
    assert changes == [DeviceState.ONLINE, DeviceState.OFFLINE]


def test_a_wire_that_comes_back_is_found_by_the_next_reading():
    async def story(run: Run) -> None:
        await asyncio.sleep(12)
        run.wire("probes").vanish(True)
        await asyncio.sleep(30)
        run.wire("probes").vanish(False)
        await asyncio.sleep(6)
        assert run.seen(ReadingTaken, device="warm_probe")[-1].measured_s > run.clock.mono() - 6

    run = run_supervisor(config_of(warm_probe=PROBE), story)
    states = [event.new for event in run.seen(DeviceStateChanged, device="warm_probe")]
    assert states == [DeviceState.ONLINE, DeviceState.OFFLINE, DeviceState.ONLINE]


def test_a_hanging_wire_costs_its_own_devices_only_and_not_the_stop(mocker):
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        worker = run.supervisor.workers["bus"]
        hang = run.supervisor.sensors["air"]
        mocker.patch.object(hang._driver, "read", side_effect=lambda: worker.sleep(float("inf")))
        hung_s = run.clock.mono()
        await asyncio.sleep(30)
        assert run.seen(ReadingMissed, device="air")
        good = [e for e in run.seen(ReadingTaken, device="warm_probe") if e.measured_s > hung_s]
        assert len(good) == 6
        assert await run.command("heater", 1.0) is Outcome.APPLIED
        stopped.append(run.clock.mono())

    stopped: list[float] = []
    run = run_supervisor(config_of(warm_probe=PROBE, air=AIR, heater=HEATER), story)
    assert run.clock.mono() - stopped[0] < 2.0
    assert run.truth.loads["heater"].heat_w == 0


def test_a_gpio_chip_that_vanishes_makes_the_output_unknown_and_its_return_makes_it_safe():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        run.wire("pins").vanish()
        assert await run.command("heater", 1.0) is Outcome.FAILED
        assert run.seen(OutputChanged, device="heater")[-1].value is None
        await asyncio.sleep(3)
        run.wire("pins").return_()
        await asyncio.sleep(10)
        last = run.seen(OutputChanged, device="heater")[-1]
        assert (last.value, last.commanded) == (0.0, 0.0)
        assert run.truth.loads["heater"].heat_w == 0

    run_supervisor(config_of(heater=HEATER), story)


def test_a_gpio_chip_that_stays_away_while_a_heater_is_on_ends_the_run():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        run.wire("pins").vanish()
        assert await run.command("heater", 0.0) is Outcome.FAILED
        await asyncio.sleep(5)

    with pytest.raises(GaveUp, match="heater cannot be seen to be OFF"):
        run_supervisor(config_of(heater=HEATER), story)


def test_a_busy_line_at_start_keeps_the_node_from_arming_until_it_is_free():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        assert await run.command("heater", 1.0) is Outcome.REJECTED
        assert "heater" in run.supervisor.gate.refusal()
        run.wire("pins").busy(17, held=False)
        await asyncio.sleep(5)
        assert run.supervisor.gate.refusal() == ""
        assert await run.command("heater", 1.0) is Outcome.APPLIED

    run_supervisor(config_of(heater=HEATER), story, before=lambda run: run.wire("pins").busy(17))


def test_a_contact_that_moves_is_read_after_it_has_settled_without_waiting_for_the_poll():
    async def story(run: Run) -> None:
        await asyncio.sleep(7)
        world = run.supervisor.wires.world
        for closed in (True, False, True):
            run.wire("pins").drive(24, closed)
        moved_s = run.clock.mono()
        await asyncio.sleep(0.5)
        assert len(run.seen(EdgeSeen, device="door")) == 1
        seen = [e for e in run.seen(ReadingTaken, device="door") if e.measured_s >= moved_s]
        assert len(seen) == 1
        assert world is not None

    door = {"driver": "door_contact", "wire": "pins", "pin": 24, "poll_s": 3600.0}
    run_supervisor(config_of(door=door), story)


def test_a_gate_that_fails_ends_the_supervisor_with_safe_outputs(mocker):
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        runs.append(run)
        mocker.patch.object(run.supervisor.gate, "tick", side_effect=RuntimeError("planted"))
        await asyncio.sleep(3600)

    runs: list[Run] = []
    with pytest.raises(GaveUp, match="planted"):
        run_supervisor(config_of(heater=HEATER), story)
    assert runs[0].truth.loads["heater"].heat_w == 0


def test_the_same_seed_tells_the_same_story():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        await asyncio.sleep(900)

    config = config_of(warm_probe=PROBE, cool_probe=SECOND_PROBE, air=AIR, tank=TANK, heater=HEATER)
    first, second = (run_supervisor(config, story) for _ in range(2))
    assert len(first.events) > 500
    assert first.events == second.events
