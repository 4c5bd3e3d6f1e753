"""A probe that nobody has named is reported, and never read."""

import asyncio

from alimante.core.events import ConditionChanged, Level, Quality, ReadingTaken
from tests.scenario.harness import PROBE, Run, config_of, run_supervisor

NEW = "28-0316a2795b00"


def told(run: Run) -> list[ConditionChanged]:
    return run.seen(ConditionChanged, condition="new_device")


def test_f031_a_probe_with_another_address_is_reported_within_a_minute_and_not_adopted():
    async def story(run: Run) -> None:
        await asyncio.sleep(45)
        run.wire("probes").remove(PROBE["address"])
        run.wire("probes").add(f"{NEW}/temperature", read="21000\n")
        await asyncio.sleep(60)
        (found,) = told(run)
        assert (found.component, found.level) == ("probes", Level.WARNING)
        assert NEW in found.text
        assert NEW in found.advice
        assert run.supervisor.readings.believed("warm_probe.temperature").quality is Quality.UNKNOWN
        changed_s = run.clock.mono() - 60
        assert [event for event in run.seen(ReadingTaken) if event.measured_s > changed_s] == []
        run.wire("probes").remove(NEW)
        await asyncio.sleep(35)

    run = run_supervisor(config_of(warm_probe=PROBE), story)
    assert [event.level for event in told(run)] == [Level.WARNING, Level.CLEAR]


def test_the_probes_of_the_configuration_and_the_bus_master_are_no_news():
    async def story(run: Run) -> None:
        run.wire("probes").add("w1_bus_master1/w1_master_slaves", read="")
        await asyncio.sleep(40)
        run.wire("probes").vanish(True)
        await asyncio.sleep(60)

    run = run_supervisor(config_of(warm_probe=PROBE), story)
    assert told(run) == []
