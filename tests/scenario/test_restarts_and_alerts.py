"""What a restart must not silence: a trip that waits for a person, and maintenance."""

import asyncio

from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, Level, PeopleTold
from tests.scenario.harness import HEATER, Run, config_of, run_supervisor
from tests.unit.fakes import MemoryFiles

TRIP = "heater/over_temperature"


def restarted(first, second):
    """Run `first`, then `second` in a new supervisor with the same disk."""
    files = MemoryFiles()
    config = config_of(heater=HEATER)
    run_supervisor(config, first, files=files)
    return run_supervisor(config, second, files=files)


def alerts(run: Run) -> list[str]:
    return [row["alert"] for row in run.supervisor.alerts.report()]


async def trip(run: Run) -> None:
    await asyncio.sleep(20)
    run.supervisor.gate.trip("heater", "over_temperature", "41 °C are too hot", is_for_person=True)
    await asyncio.sleep(60)


def test_the_alert_of_a_trip_lives_as_long_as_the_trip_over_a_restart_and_is_told_once():
    async def later(run: Run) -> None:
        await asyncio.sleep(1200)
        assert TRIP in alerts(run)
        assert run.supervisor.health.report()["components"]["heater"]["health"] == "CRITICAL"
        assert [event.kind for event in run.seen(PeopleTold) if TRIP in event.alerts] == []
        run.supervisor.gate.reset("heater", "Kim")
        await asyncio.sleep(400)
        assert TRIP not in alerts(run)

    run = restarted(trip, later)
    assert len(run.seen(ConditionChanged, component="heater", condition="over_temperature", level=Level.CRITICAL)) == 1


def test_maintenance_over_a_restart_keeps_its_alert_its_quiet_and_its_end():
    async def begin(run: Run) -> None:
        await asyncio.sleep(20)
        run.supervisor.gate.maintain(3600)
        await asyncio.sleep(60)

    async def later(run: Run) -> None:
        await asyncio.sleep(1200)
        assert "node/maintenance" in alerts(run)
        assert run.supervisor.alerts.book.is_quiet
        await asyncio.sleep(2400)
        assert not run.supervisor.alerts.book.is_quiet
        await asyncio.sleep(400)
        assert "node/maintenance" not in alerts(run)

    restarted(begin, later)


def test_maintenance_is_over_once_the_clock_says_that_the_power_was_off_for_longer():
    async def begin(run: Run) -> None:
        await asyncio.sleep(20)
        run.supervisor.gate.maintain(3600)
        await asyncio.sleep(60)

    async def later(run: Run) -> None:
        await asyncio.sleep(100)
        assert "node/maintenance" in alerts(run)
        assert run.supervisor.time.wall() is None
        clock.step_wall(86400.0 + 7200.0)
        clock.set_synced(True)
        await asyncio.sleep(100)
        assert run.supervisor.gate.maintenance_left_s() is None
        run.supervisor.gate.maintain(3600)
        await asyncio.sleep(100)
        assert run.supervisor.gate.maintenance_left_s() is not None

    files, clock = MemoryFiles(), ManualClock()
    config = config_of(heater=HEATER)
    run_supervisor(config, begin, files=files, clock=clock)
    clock.set_synced(False)
    clock.step_wall(-86400.0)
    run_supervisor(config, later, files=files, clock=clock)
